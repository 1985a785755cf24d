//! The static codec beside the Fory derive and prost: the same values, the same work.

pub mod aster;
pub mod cases;
pub mod fory;
pub mod prost;
pub mod values;
