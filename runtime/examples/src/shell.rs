//! A shell: one for each session, which knows where it is.

use crate::control::{CdRequest, Listing, LsRequest, Shell};
use aster_runtime::{Context, Status};
use std::sync::{Mutex, PoisonError};

/// Where a session is in a small tree of folders.
#[derive(Default)]
pub struct Place(Mutex<String>);

const TREE: [(&str, &[&str]); 3] = [
    ("/", &["etc", "var"]),
    ("/etc", &["fleet.toml"]),
    ("/var", &["fleet.log", "spool"]),
];

impl Shell for Place {
    async fn cd(&self, request: CdRequest, _context: &Context) -> Result<(), Status> {
        if !TREE.iter().any(|(path, _)| *path == request.path) {
            return Err(Status::not_found(format!(
                "there is no folder `{}`",
                request.path
            )));
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = request.path;
        Ok(())
    }

    async fn ls(&self, _request: LsRequest, _context: &Context) -> Result<Listing, Status> {
        let here = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let here = if here.is_empty() { "/" } else { here.as_str() };
        let names = TREE
            .iter()
            .find(|(path, _)| *path == here)
            .map_or(&[][..], |(_, names)| *names);
        Ok(Listing::new(
            here,
            names.iter().map(|name| (*name).to_owned()).collect(),
        ))
    }
}
