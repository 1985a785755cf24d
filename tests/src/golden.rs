//! `golden/`: what `asterc` makes of `idl-examples/`. It passes more of clippy than our own code has to.
#![warn(clippy::pedantic)]

#[path = "../../golden/altered/rust/mod.rs"]
#[rustfmt::skip]
pub mod altered_tree;
#[path = "../../golden/corners/rust/mod.rs"]
#[rustfmt::skip]
#[expect(clippy::allow_attributes, reason = "deprecation is allowed wherever it may be met")]
#[expect(
    clippy::doc_markdown,
    clippy::many_single_char_names,
    clippy::pub_underscore_fields,
    clippy::too_many_lines,
    clippy::type_complexity,
    clippy::used_underscore_binding,
    reason = "the words, names, types and sizes are the schema's"
)]
pub mod corners_tree;
#[path = "../../golden/fleet/rust/mod.rs"]
#[rustfmt::skip]
#[expect(clippy::allow_attributes, reason = "as in `corners_tree`")]
pub mod fleet_tree;
#[path = "../../golden/hello/rust/mod.rs"]
#[rustfmt::skip]
pub mod hello_tree;

/// `hello` with a client and no server.
#[path = "../../golden/hello/client/mod.rs"]
#[rustfmt::skip]
pub mod hello_client;
/// `hello` with a server and no client.
#[path = "../../golden/hello/server/mod.rs"]
#[rustfmt::skip]
pub mod hello_server;
/// `hello` with neither.
#[path = "../../golden/hello/types/mod.rs"]
#[rustfmt::skip]
pub mod hello_types;

/// `fleet` in one file, as a build script makes it.
#[expect(clippy::allow_attributes, reason = "as in `corners_tree`")]
pub mod fleet_file {
    include!("../../golden/fleet/single/fleet.control.rs");
}
