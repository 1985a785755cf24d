//! The static codec beside the Fory derive, prost and the table codec: the same values, the same work.
//!
//! `aster.rs` is what `asterc build benches/schema/bench.aster --lang rust` writes; the peers' types are written by hand
//! as their own generators would.

#[rustfmt::skip]
pub mod aster;
pub mod cases;
pub mod fory;
pub mod prost;
pub mod table;
pub mod values;
