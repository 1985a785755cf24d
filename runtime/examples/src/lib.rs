//! What the examples share: the generated code, and a server in a process of its own.

pub mod process;

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
