//! `golden/`: what `asterc` makes of `idl-examples/`.

#[path = "../../golden/altered/rust/mod.rs"]
#[rustfmt::skip]
pub mod altered_tree;
#[path = "../../golden/corners/rust/mod.rs"]
#[rustfmt::skip]
#[expect(clippy::allow_attributes, reason = "deprecation is allowed wherever it may be met")]
pub mod corners_tree;
#[path = "../../golden/fleet/rust/mod.rs"]
#[rustfmt::skip]
#[expect(clippy::allow_attributes, reason = "as in `corners_tree`")]
pub mod fleet_tree;
#[path = "../../golden/hello/rust/mod.rs"]
#[rustfmt::skip]
pub mod hello_tree;

/// `fleet` in one file, as a build script makes it.
#[expect(clippy::allow_attributes, reason = "as in `corners_tree`")]
pub mod fleet_file {
    include!("../../golden/fleet/single/fleet.control.rs");
}
