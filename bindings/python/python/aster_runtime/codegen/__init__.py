"""What generated code may name, by version."""
