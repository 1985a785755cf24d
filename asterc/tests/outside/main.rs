//! Crates outside of the workspace, built by cargo as a user's are.

#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

mod build_script;
mod cargo;
mod starter;
