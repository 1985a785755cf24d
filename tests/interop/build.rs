//! Generates the code of every example, and of the service that echoes their types.

fn main() {
    asterc_build::Builder::new()
        .root("matrix.aster")
        .import_root("../../idl-examples")
        .compile();
}
