//! A node: one endpoint that carries calls, blobs, docs and gossip.

use crate::accept;
use crate::blobs::Blobs;
use crate::docs::Docs;
use crate::environment::Environment;
use crate::error;
use crate::executor;
use crate::failure::Failure;
use crate::gossip::Gossip;
use crate::metadata;
use crate::queue::Bridge;
use crate::service::Shown;
use crate::stats;
use crate::trust;
use crate::value::Value;
use aster_runtime as runtime;
use aster_runtime::node::{Lookup, Placement, Relay};
use aster_runtime::trust::{Credential, DevRoles, RootPublicKey};
use aster_runtime::{Limits, NodeBuilder};
use napi::bindgen_prelude::Uint8Array;
use napi::{Env, Result};
use napi_derive::napi;
use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// One endpoint with everything on it.
#[napi]
pub struct Node {
    of: OpenNode,
}

/// A node that is open, with the bridge to the environment that has opened it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct OpenNode(Arc<Opened>);

struct Opened {
    node: runtime::Node,
    bridge: Bridge,
    /// Turns true when the node begins to close: what still listens to its stores would hold them up.
    closing: watch::Sender<bool>,
}

impl OpenNode {
    pub(crate) fn node(&self) -> &runtime::Node {
        &self.0.node
    }

    pub(crate) fn bridge(&self) -> &Bridge {
        &self.0.bridge
    }

    /// Turns true when the node begins to close.
    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.0.closing.subscribe()
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        // a node that is dropped closes itself on the runtime of who drops it
        if let Ok(runtime) = executor::runtime() {
            let _entered = runtime.enter();
            let node = self.node.clone();
            runtime.spawn(async move { drop(node) });
        }
    }
}

/// What a node can be told.
#[napi(object)]
pub struct NodeOptions {
    pub secret_key: Option<Uint8Array>,
    pub bind: Option<String>,
    pub lan: Option<bool>,
    pub relay: Option<Vec<String>>,
    pub lookup: Option<String>,
    pub folder: Option<String>,
    pub dev_roles: Option<Vec<String>>,
    pub trust: Option<String>,
    pub credentials: Option<Vec<String>>,
    pub revocations: Option<String>,
    pub limits: Option<HashMap<String, f64>>,
    pub uncompressed: Option<bool>,
}

fn configure(env: &Env, mut builder: NodeBuilder, options: NodeOptions) -> Result<NodeBuilder> {
    let invalid = |name: &str, error: &dyn fmt::Display| error::range(env, format!("{name}: {error}"));
    if let Some(key) = options.secret_key {
        let key: [u8; 32] = key
            .as_ref()
            .try_into()
            .map_err(|_| invalid("secretKey", &"a secret key is 32 bytes"))?;
        builder = builder.secret_key(iroh::SecretKey::from_bytes(&key));
    }
    if let Some(text) = options.bind {
        let address = text.parse::<SocketAddr>();
        builder = builder.bind(address.map_err(|error| invalid("bind", &error))?);
    }
    if options.lan == Some(true) {
        builder = builder.lan();
    }
    if let Some(relay) = options.relay {
        builder = builder.relay(match relay.as_slice() {
            [text] if text == "disabled" => Relay::disabled(),
            [text] if text == "n0" => Relay::n0(),
            urls => Relay::urls(urls.iter().map(String::as_str)),
        });
    }
    if let Some(lookup) = options.lookup {
        builder = builder.lookup(match lookup.as_str() {
            "none" => Lookup::none(),
            "n0" => Lookup::n0(),
            other => {
                let text = format!(
                    "`{}` is no look-up: expected `none` or `n0`",
                    other.escape_debug()
                );
                return Err(invalid("lookup", &text));
            }
        });
    }
    if let Some(folder) = options.folder {
        builder = builder.folder(folder);
    }
    if let Some(roles) = options.dev_roles {
        builder = builder.dev_roles(DevRoles::Only(roles));
    }
    if let Some(root) = options.trust {
        let root = root.parse::<RootPublicKey>();
        builder = builder.trust(root.map_err(|error| invalid("trust", &error))?);
    }
    for credential in options.credentials.unwrap_or_default() {
        let credential = Credential::from_json(&credential);
        builder = builder.credential(credential.map_err(|error| invalid("credentials", &error))?);
    }
    if let Some(path) = options.revocations {
        builder = builder.revocations(path);
    }
    if let Some(values) = options.limits {
        builder = builder.limits(limits(env, values)?);
    }
    if options.uncompressed == Some(true) {
        builder = builder.uncompressed();
    }
    Ok(builder)
}

fn limits(env: &Env, values: HashMap<String, f64>) -> Result<Limits> {
    let mut limits = Limits::default();
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(|one, other| one.0.cmp(&other.0));
    for (name, value) in values {
        let count = || {
            if value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value) {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "it was looked at above"
                )]
                return Ok(value as u32);
            }
            let text = format!(
                "limits: `{name}` is a whole number up to {}, not {value}",
                u32::MAX
            );
            Err(error::range(env, text))
        };
        let time = || metadata::duration(env, Some(value)).map(Option::unwrap_or_default);
        let counted: &mut usize = match name.as_str() {
            "frame" => &mut limits.frame,
            "callsPerPeer" => &mut limits.calls_per_peer,
            "calls" => &mut limits.calls,
            "sessions" => &mut limits.sessions,
            "bytesPerPeer" => &mut limits.bytes_per_peer,
            "bytes" => &mut limits.bytes,
            "queue" => &mut limits.queue,
            "connections" => &mut limits.connections,
            "connectionsPerPeer" => &mut limits.connections_per_peer,
            "unadmitted" => &mut limits.unadmitted,
            "streams" => {
                limits.streams = count()?;
                continue;
            }
            _ => {
                let timed: &mut Duration = match name.as_str() {
                    "sessionIdleMs" => &mut limits.session_idle,
                    "bytesWaitMs" => &mut limits.bytes_wait,
                    "headerTimeMs" => &mut limits.header_time,
                    "requestTimeMs" => &mut limits.request_time,
                    "unaryTimeMs" => &mut limits.unary_time,
                    "admissionTimeMs" => &mut limits.admission_time,
                    "silenceMs" => &mut limits.silence,
                    _ => {
                        let text = format!("there is no limit `{}`", name.escape_debug());
                        return Err(error::wrong_type(env, text));
                    }
                };
                *timed = time()?;
                continue;
            }
        };
        *counted = count()? as usize;
    }
    Ok(limits)
}

#[napi]
impl Environment {
    /// Opens a node: the preset `"dev"`, `"spawn"`, `"identity"` with the path of its file, or `"config"` with a folder.
    #[napi]
    pub fn open_node(
        &self,
        env: Env,
        token: u32,
        preset: String,
        path: String,
        options: NodeOptions,
    ) -> Result<()> {
        let builder = match preset.as_str() {
            "dev" => runtime::Node::dev(),
            "identity" => runtime::Node::from_identity(path)
                .map_err(|error| error::failure(&env, Failure::start(error)))?,
            "config" => {
                let config = runtime::config::NodeConfig::load(path);
                let config = config.map_err(|error| error::failure(&env, Failure::start(error)))?;
                let builder = config.builder();
                builder.map_err(|error| error::failure(&env, Failure::start(error)))?
            }
            _ => runtime::Node::builder(),
        };
        // the runtime is a thread of its own already: no other one between it and the sockets
        let builder = configure(&env, builder, options)?.placement(Placement::Inline);
        let bridge = self.bridge.clone();
        self.bridge.run(
            &env,
            token,
            async move { builder.spawn().await.map_err(Failure::start) },
            move |node| {
                let of = OpenNode(Arc::new(Opened {
                    node,
                    bridge: bridge.clone(),
                    closing: watch::Sender::new(false),
                }));
                let open = Arc::downgrade(&of.0);
                bridge.at_end(Box::new(move || {
                    let endpoint = open.upgrade()?.node.endpoint().clone();
                    Some(Box::pin(async move { endpoint.close().await }))
                }));
                Value::object(Node { of })
            },
        )
    }
}

impl Node {
    pub(crate) fn node(&self) -> &runtime::Node {
        self.of.node()
    }
}

#[napi]
impl Node {
    /// The public key that the node is known by, in hexadecimal digits.
    #[napi(getter)]
    pub fn id(&self) -> String {
        self.node().id().to_string()
    }

    /// Where the node can be dialled now: a ticket, as text.
    #[napi(getter)]
    pub fn address(&self) -> String {
        self.node().address().to_string()
    }

    #[napi(getter)]
    pub fn blobs(&self) -> Blobs {
        Blobs::of(&self.of)
    }

    #[napi(getter)]
    pub fn docs(&self) -> Docs {
        Docs::of(&self.of)
    }

    #[napi(getter)]
    pub fn gossip(&self) -> Gossip {
        Gossip::of(&self.of)
    }

    /// The connections of Aster's three protocols: a feed, each item read when it is asked for.
    #[napi]
    pub fn accept_aster(&self, env: Env, token: u32) -> Result<()> {
        accept::connections(&env, &self.of, token)
    }

    /// Adds a credential, JSON as files have it.
    #[napi]
    pub fn add_credential(&self, env: Env, credential: String) -> Result<()> {
        trust::add_credential(&env, self.node(), &credential)
    }

    /// Brings a server what the operator of its mesh has revoked.
    #[napi]
    pub fn bring_revocation(
        &self,
        env: Env,
        token: u32,
        address: String,
        revocation: String,
        root: String,
    ) -> Result<()> {
        trust::bring_revocation(&env, &self.of, token, &address, &revocation, &root)
    }

    /// Admits a peer with these roles and attributes, for so many milliseconds.
    #[napi]
    pub fn admit(
        &self,
        env: Env,
        peer: String,
        roles: Vec<String>,
        attributes: Vec<String>,
        time: Option<f64>,
    ) -> Result<()> {
        trust::admit(&env, self.node(), &peer, &roles, attributes, time)
    }

    /// Ends the admission of a peer, and closes its connections at once. Says whether it was admitted.
    #[napi]
    pub fn revoke(&self, env: Env, peer: String) -> Result<bool> {
        let peer = crate::address::peer(&env, &peer)?;
        Ok(self.node().revoke(peer.id))
    }

    /// The peers that are admitted now, and what is known of them.
    #[napi(ts_return_type = "[string, string[]][]")]
    pub fn admitted(&self) -> Shown {
        Shown(trust::admitted(self.node()))
    }

    /// What the node has now, and what it has counted.
    #[napi(ts_return_type = "Record<string, unknown>")]
    pub fn stats(&self) -> Shown {
        Shown(stats::shown(&self.node().stats()))
    }

    /// Closes the node: no new calls, time for those that run, then the protocols and the endpoint.
    #[napi]
    pub fn close(&self, env: Env, token: u32) -> Result<()> {
        let node = self.node().clone();
        self.of.0.closing.send_replace(true);
        self.of.bridge().run(
            &env,
            token,
            async move {
                node.close().await;
                Ok(())
            },
            |()| Value::Undefined,
        )
    }
}
