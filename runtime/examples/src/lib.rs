//! What the examples and the book share: the generated code, services to call, and a server in a process of its own.

pub mod agents;
pub mod book;
pub mod process;
pub mod shell;

/// `idl-examples/hello.aster`.
pub mod hello {
    aster_runtime::include_schema!("hello");
}

/// `idl-examples/altered/hello.aster`: the same package after an edit that nobody told the server about.
pub mod altered {
    include!(concat!(env!("OUT_DIR"), "/altered/hello.rs"));
}

/// `idl-examples/fleet/control.aster`.
#[expect(
    clippy::allow_attributes,
    reason = "generated code allows what only some schemas need"
)]
pub mod control {
    aster_runtime::include_schema!("fleet.control");
}
