//! Trust without a network: the committed vectors, and what no root key has signed.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

mod mutations;
mod page;
mod vectors;
