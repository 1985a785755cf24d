//! The generated code that the examples use.

/// `idl-examples/hello.aster`.
pub mod hello {
    aster_runtime::include_schema!("hello");
}

/// `idl-examples/altered/hello.aster`: the same package after an edit that nobody told the server about.
pub mod altered {
    include!(concat!(env!("OUT_DIR"), "/altered/hello.rs"));
}
