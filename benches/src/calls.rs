//! Calls of every pattern beside bare iroh, which carries them: two processes for each contender, one of them this one.
//!
//! Both contenders of a row have the same transport settings and the same kind of runtime. What they send has a number
//! in it, and whoever receives it counts: a side that loses, repeats or skips something fails the run.

pub mod bare;
pub mod case;
pub mod client;
pub mod contender;
pub mod payload;
pub mod report;
pub mod server;
pub mod service;
