//! A greeting service, and a client of it.

/// What `build.rs` makes of `schema/hello.aster`.
pub mod hello {
    aster_runtime::include_schema!("hello");
}

pub mod client;
pub mod server;
