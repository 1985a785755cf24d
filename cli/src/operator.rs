//! What an operator keeps on a workstation: profiles, and the root key of each.

pub(crate) mod atomic;
pub(crate) mod confirm;
pub(crate) mod identity_files;
pub(crate) mod profiles;
pub(crate) mod root_keys;
