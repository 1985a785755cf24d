//! Who may connect to a node, and what the node shows of itself.

use crate::address;
use crate::blobs::done;
use crate::bridge::EventLoop;
use crate::failure::Failure;
use crate::metadata;
use aster_runtime as runtime;
use aster_runtime::Admission;
use aster_runtime::node::RevokeError;
use aster_runtime::trust::{Credential, Revocation, RootPublicKey};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

fn invalid(error: impl fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

pub(crate) fn add_credential(node: &runtime::Node, credential: &str) -> PyResult<()> {
    let credential = Credential::from_json(credential).map_err(invalid)?;
    node.add_credential(credential).map_err(invalid)
}

pub(crate) fn bring_revocation<'py>(
    py: Python<'py>,
    node: &runtime::Node,
    address: &Bound<'py, PyAny>,
    revocation: &str,
    root: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let address = address::peer(address)?;
    let root = root.parse::<RootPublicKey>().map_err(invalid)?;
    let revocation = Revocation::from_json(revocation.trim(), &root).map_err(invalid)?;
    let node = node.clone();
    EventLoop::run(
        py,
        async move {
            node.bring_revocation(address, &revocation)
                .await
                .map_err(|error| {
                    let class = match error {
                        RevokeError::NotTaken => "FailedPrecondition",
                        _ => "ConnectError",
                    };
                    Failure::Class(class, error.to_string())
                })
        },
        done,
    )
}

pub(crate) fn admit(
    node: &runtime::Node,
    peer: &Bound<'_, PyAny>,
    roles: &[String],
    attributes: Option<&Bound<'_, PyAny>>,
    time: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    let mut admission = Admission::new();
    for (key, value) in metadata::entries(attributes)? {
        admission = admission.attribute(key, value);
    }
    if !roles.is_empty() {
        admission = admission.roles(roles.iter().map(String::as_str));
    }
    if let Some(time) = metadata::duration(time)? {
        // what is past the end of time has no end
        admission.expires = SystemTime::now().checked_add(time);
    }
    let peer = address::peer(peer)?.id;
    node.admit(peer, admission).map_err(invalid)
}

/// The keys of the peers that are admitted now, with what is known of each.
pub(crate) fn admitted<'py>(py: Python<'py>, node: &runtime::Node) -> PyResult<Bound<'py, PyDict>> {
    let shown = PyDict::new(py);
    for peer in node.admitted() {
        let attributes: BTreeMap<_, _> = peer.attributes.iter().collect();
        shown.set_item(peer.peer.to_string(), attributes)?;
    }
    Ok(shown)
}
