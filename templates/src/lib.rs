//! Views and templates of the code asterc generates.
//!
//! A view holds text that is ready to print: names are escaped, lines broken, documentation lines
//! carry their comment marks. A template only puts it in order.

pub mod python;
pub mod rust;
pub mod typescript;
