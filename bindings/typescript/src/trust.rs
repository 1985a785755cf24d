//! Who may connect to a node, and what the node shows of itself.

use crate::address;
use crate::error;
use crate::failure::Failure;
use crate::metadata;
use crate::node::OpenNode;
use crate::value::Value;
use aster_runtime as runtime;
use aster_runtime::Admission;
use aster_runtime::node::RevokeError;
use aster_runtime::trust::{Credential, Revocation, RootPublicKey};
use napi::{Env, Result};
use std::time::SystemTime;

pub(crate) fn add_credential(env: &Env, node: &runtime::Node, credential: &str) -> Result<()> {
    let credential = Credential::from_json(credential).map_err(|error| error::range(env, error))?;
    node.add_credential(credential)
        .map_err(|error| error::range(env, error))
}

pub(crate) fn bring_revocation(
    env: &Env,
    of: &OpenNode,
    token: u32,
    address: &str,
    revocation: &str,
    root: &str,
) -> Result<()> {
    let address = address::peer(env, address)?;
    let root = root.parse::<RootPublicKey>();
    let root = root.map_err(|error| error::range(env, error))?;
    let revocation = Revocation::from_json(revocation.trim(), &root);
    let revocation = revocation.map_err(|error| error::range(env, error))?;
    let node = of.node().clone();
    of.bridge().run(
        env,
        token,
        async move {
            let brought = node.bring_revocation(address, &revocation).await;
            brought.map_err(|error| {
                let class = match error {
                    RevokeError::NotTaken => "FailedPrecondition",
                    _ => "ConnectError",
                };
                Failure::Class(class, error.to_string())
            })
        },
        |_| Value::Undefined,
    )
}

pub(crate) fn admit(
    env: &Env,
    node: &runtime::Node,
    peer: &str,
    roles: &[String],
    attributes: Vec<String>,
    time: Option<f64>,
) -> Result<()> {
    let mut admission = Admission::new();
    for (key, value) in metadata::entries(Some(attributes)) {
        admission = admission.attribute(key, value);
    }
    if !roles.is_empty() {
        admission = admission.roles(roles.iter().map(String::as_str));
    }
    if let Some(time) = metadata::duration(env, time)? {
        // what is past the end of time has no end
        admission.expires = SystemTime::now().checked_add(time);
    }
    let peer = address::peer(env, peer)?.id;
    node.admit(peer, admission)
        .map_err(|error| error::range(env, error))
}

/// The keys of the peers that are admitted now, each with names and values of what is known of it.
pub(crate) fn admitted(node: &runtime::Node) -> Value {
    let peers = node.admitted().into_iter().map(|peer| {
        let attributes = peer.attributes.iter();
        Value::List(vec![
            Value::text(peer.peer),
            Value::texts(attributes.flat_map(|(name, value)| [name, value])),
        ])
    });
    Value::List(peers.collect())
}
