//! (nearly empty)
