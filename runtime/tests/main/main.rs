//! Servers and clients over real endpoints on loopback.

mod support;
mod unary;
