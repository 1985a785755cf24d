//! A node: one endpoint that carries calls, blobs, docs and gossip.

use crate::accept;
use crate::address;
use crate::awaitable::Ready;
use crate::blobs::Blobs;
use crate::bridge::EventLoop;
use crate::docs::Docs;
use crate::error;
use crate::executor;
use crate::feed::Events;
use crate::gossip::Gossip;
use crate::metadata;
use crate::stats;
use crate::trust;
use aster_runtime as runtime;
use aster_runtime::node::{Lookup, Placement, Relay};
use aster_runtime::trust::{Credential, DevRoles, RootPublicKey};
use aster_runtime::{Limits, NodeBuilder};
use pyo3::PyClass;
use pyo3::call::PyCallArgs;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::sync::watch;

/// One endpoint with everything on it: calls, blobs, docs and gossip share its key and its address.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Node {
    node: runtime::Node,
    process: u64,
    /// Turns true when the node begins to close: what still listens to its stores would hold them up.
    closing: watch::Sender<bool>,
}

impl Node {
    /// Turns true when the node begins to close.
    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    pub(crate) fn shown(&self) -> String {
        self.node.id().to_string()
    }

    pub(crate) fn get(&self) -> PyResult<&runtime::Node> {
        executor::check(self.process)?;
        Ok(&self.node)
    }

    fn start<'py>(
        py: Python<'py>,
        builder: NodeBuilder,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let builder = configure(builder, options)?;
        // the runtime is a thread of its own already: no other one between it and the sockets
        let builder = builder.placement(Placement::Inline);
        EventLoop::run(py, async move { builder.spawn().await }, |py, node| match node {
            Ok(node) => {
                let process = executor::process();
                let closing = watch::Sender::new(false);
                Ok(Bound::new(
                    py,
                    Self {
                        node,
                        process,
                        closing,
                    },
                )?
                .into_any()
                .unbind())
            }
            Err(error) => Err(error::start(error.to_string())),
        })
    }
}

/// What begins with a function of the class when it is awaited, or entered.
pub(crate) fn opening<'py, T: PyClass>(
    py: Python<'py>,
    function: &str,
    arguments: impl PyCallArgs<'py>,
    options: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let begin = py.get_type::<T>().getattr(function)?;
    let class = OPENING.get_or_try_init(py, || {
        py.import("aster_runtime._node")?
            .getattr("begin")
            .map(Bound::unbind)
    })?;
    let opening = class.bind(py).call1((begin,))?;
    opening.call(arguments, options)
}

static OPENING: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Sets what keywords say.
fn configure(mut builder: NodeBuilder, options: Option<&Bound<'_, PyDict>>) -> PyResult<NodeBuilder> {
    let Some(options) = options else {
        return Ok(builder);
    };
    for (name, value) in options {
        if value.is_none() {
            continue;
        }
        let name: String = name.extract()?;
        let invalid = |error: &dyn std::fmt::Display| PyValueError::new_err(format!("{name}: {error}"));
        builder = match name.as_str() {
            "secret_key" => {
                let key: [u8; 32] = value
                    .extract()
                    .map_err(|_| PyTypeError::new_err("secret_key: a secret key is 32 bytes"))?;
                builder.secret_key(iroh::SecretKey::from_bytes(&key))
            }
            "bind" => {
                let address = value.extract::<String>()?.parse::<SocketAddr>();
                builder.bind(address.map_err(|error| invalid(&error))?)
            }
            "lan" if value.is_truthy()? => builder.lan(),
            "lan" => builder,
            "relay" => builder.relay(relay(&value)?),
            "lookup" => builder.lookup(match value.extract::<String>()?.as_str() {
                "none" => Lookup::none(),
                "n0" => Lookup::n0(),
                other => {
                    return Err(invalid(&format!(
                        "`{other}` is no look-up: expected `none` or `n0`"
                    )));
                }
            }),
            "folder" => builder.folder(value.extract::<PathBuf>()?),
            "dev_roles" => builder.dev_roles(DevRoles::Only(value.extract()?)),
            "trust" => {
                let root = value.extract::<String>()?.parse::<RootPublicKey>();
                builder.trust(root.map_err(|error| invalid(&error))?)
            }
            "credentials" => {
                for credential in value.try_iter()? {
                    let text: String = credential?.extract()?;
                    let credential = Credential::from_json(&text).map_err(|error| invalid(&error))?;
                    builder = builder.credential(credential);
                }
                builder
            }
            "revocations" => builder.revocations(value.extract::<PathBuf>()?),
            "limits" => builder.limits(limits(value.cast::<PyDict>()?)?),
            "uncompressed" if value.is_truthy()? => builder.uncompressed(),
            "uncompressed" => builder,
            _ => return Err(PyTypeError::new_err(format!("a node has no option `{name}`"))),
        };
    }
    Ok(builder)
}

/// `"disabled"`, `"n0"`, or the URLs of relays.
fn relay(value: &Bound<'_, PyAny>) -> PyResult<Relay> {
    if let Ok(text) = value.extract::<String>() {
        return Ok(match text.as_str() {
            "disabled" => Relay::disabled(),
            "n0" => Relay::n0(),
            url => Relay::urls([url]),
        });
    }
    Ok(Relay::urls(value.extract::<Vec<String>>()?))
}

macro_rules! limits {
    ($limits:ident, $name:ident, $value:ident; $($number:ident)*; $($time:ident)*) => {
        match $name.as_str() {
            $(stringify!($number) => $limits.$number = $value.extract()?,)*
            $(stringify!($time) => if let Some(time) = metadata::duration(Some(&$value))? {
                $limits.$time = time;
            },)*
            _ => return Err(PyTypeError::new_err(format!("there is no limit `{}`", $name))),
        }
    };
}

fn limits(values: &Bound<'_, PyDict>) -> PyResult<Limits> {
    let mut limits = Limits::default();
    for (name, value) in values {
        let name: String = name.extract()?;
        limits!(limits, name, value;
            frame streams calls_per_peer calls sessions bytes_per_peer bytes queue connections
                connections_per_peer unadmitted;
            session_idle bytes_wait header_time request_time unary_time admission_time silence
        );
    }
    Ok(limits)
}

#[pymethods]
impl Node {
    /// A node for development: a new key, loopback only, in memory, its gates open.
    #[staticmethod]
    #[pyo3(signature = (**options))]
    fn dev<'py>(py: Python<'py>, options: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>> {
        opening::<Self>(py, "_dev", (), options)
    }

    /// A node with explicit options. Its gates are closed: `trust` names the root key whose credentials it admits.
    #[staticmethod]
    #[pyo3(signature = (**options))]
    fn spawn<'py>(py: Python<'py>, options: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>> {
        opening::<Self>(py, "_spawn", (), options)
    }

    /// The node whose identity file this is, with its key and its credentials.
    #[staticmethod]
    #[pyo3(signature = (path = PathBuf::from(".aster-identity"), /, **options))]
    fn from_identity<'py>(
        py: Python<'py>,
        path: PathBuf,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        opening::<Self>(py, "_from_identity", (path,), options)
    }

    /// The node that `ASTER_…` variables, and `aster.toml` in a folder, describe.
    #[staticmethod]
    #[pyo3(signature = (folder = PathBuf::from("."), /, **options))]
    fn from_config<'py>(
        py: Python<'py>,
        folder: PathBuf,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        opening::<Self>(py, "_from_config", (folder,), options)
    }

    #[staticmethod]
    #[pyo3(signature = (**options))]
    fn _dev<'py>(py: Python<'py>, options: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>> {
        Self::start(py, runtime::Node::dev(), options)
    }

    #[staticmethod]
    #[pyo3(signature = (**options))]
    fn _spawn<'py>(py: Python<'py>, options: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>> {
        Self::start(py, runtime::Node::builder(), options)
    }

    #[staticmethod]
    #[pyo3(signature = (path, **options))]
    fn _from_identity<'py>(
        py: Python<'py>,
        path: PathBuf,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let builder = runtime::Node::from_identity(path).map_err(|error| error::start(error.to_string()))?;
        Self::start(py, builder, options)
    }

    #[staticmethod]
    #[pyo3(signature = (folder, **options))]
    fn _from_config<'py>(
        py: Python<'py>,
        folder: PathBuf,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let config =
            runtime::config::NodeConfig::load(folder).map_err(|error| error::start(error.to_string()))?;
        let builder = config
            .builder()
            .map_err(|error| error::start(error.to_string()))?;
        Self::start(py, builder, options)
    }

    /// The public key that the node is known by, in hexadecimal digits.
    #[getter]
    fn id(&self) -> PyResult<String> {
        Ok(self.get()?.id().to_string())
    }

    /// Where the node can be dialled now: a ticket, as text.
    #[getter]
    fn address(&self) -> PyResult<String> {
        Ok(self.get()?.address().to_string())
    }

    /// Content by its hash.
    #[getter]
    fn blobs(slf: &Bound<'_, Self>) -> PyResult<Blobs> {
        Blobs::of(slf)
    }

    /// Key-value documents that several nodes share.
    #[getter]
    fn docs(slf: &Bound<'_, Self>) -> PyResult<Docs> {
        Docs::of(slf)
    }

    /// Broadcast to everybody in a topic.
    #[getter]
    fn gossip(slf: &Bound<'_, Self>) -> PyResult<Gossip> {
        Gossip::of(slf)
    }

    /// The connections of Aster's three protocols, for those who bring their own accept loop: an asynchronous iterator. Another one
    /// begins when this one was closed or dropped.
    ///
    /// Raises `AlreadyServing` while a server or another loop takes them.
    fn accept_aster<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Events>> {
        accept::connections(slf)
    }

    /// Adds a credential, JSON as files have it, that the node shows: clients that are connected show it when they renew their
    /// admission.
    ///
    /// Raises `ValueError` for one that it cannot show.
    fn add_credential(&self, credential: &str) -> PyResult<()> {
        trust::add_credential(self.get()?, credential)
    }

    /// Brings a server what the operator of its mesh, whose root key that is, has revoked: a line of JSON as `aster revoke` prints it.
    fn bring_revocation<'py>(
        &self,
        py: Python<'py>,
        address: &Bound<'py, PyAny>,
        revocation: &str,
        root: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        trust::bring_revocation(py, self.get()?, address, revocation, root)
    }

    /// Admits a peer, over every protocol of the node, with these roles and attributes, for so many seconds.
    #[pyo3(signature = (peer, *, roles = vec![], attributes = None, time = None))]
    #[expect(clippy::needless_pass_by_value, reason = "arguments of Python's")]
    fn admit(
        &self,
        peer: &Bound<'_, PyAny>,
        roles: Vec<String>,
        attributes: Option<&Bound<'_, PyAny>>,
        time: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        trust::admit(self.get()?, peer, &roles, attributes, time)
    }

    /// Ends the admission of a peer, and closes its connections at once. Says whether it was admitted.
    fn revoke(&self, peer: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.get()?.revoke(address::peer(peer)?.id))
    }

    /// The peers that are admitted now, and what is known of them.
    fn admitted<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        trust::admitted(py, self.get()?)
    }

    /// What the node has now, and what it has counted.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        stats::shown(py, &self.get()?.stats())
    }

    /// Closes the node: no new calls, time for those that run, then the protocols and the endpoint.
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let node = self.get()?.clone();
        self.closing.send_replace(true);
        EventLoop::run(py, async move { node.close().await }, |py, ()| Ok(py.None()))
    }

    fn __aenter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Ready::give(slf.py(), slf.clone().into_any())
    }

    #[pyo3(signature = (*_raised))]
    fn __aexit__<'py>(&self, py: Python<'py>, _raised: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        self.close(py)
    }

    fn __repr__(&self) -> String {
        format!("<node {}>", self.node.id())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // a node that is dropped closes itself on the runtime of who drops it
        if self.process == executor::process()
            && let Ok(runtime) = executor::runtime()
        {
            let _entered = runtime.enter();
            let node = self.node.clone();
            runtime.spawn(async move { drop(node) });
        }
    }
}
