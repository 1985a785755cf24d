//! A node: one endpoint that carries calls, blobs, docs and gossip.

use crate::bridge::EventLoop;
use crate::call::Ready;
use crate::error;
use crate::executor;
use crate::metadata;
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

/// One endpoint with everything on it: calls, blobs, docs and gossip share its key and its address.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Node {
    node: runtime::Node,
    process: u64,
}

impl Node {
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
                Ok(Bound::new(py, Self { node, process })?.into_any().unbind())
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
            frame streams calls_per_peer calls sessions bytes_per_peer bytes queue;
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

    /// What the node has now, and what it has counted.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let stats = self.get()?.stats();
        let shown = PyDict::new(py);
        shown.set_item("calls_in_flight", stats.calls_in_flight)?;
        shown.set_item("bytes_in_use", stats.bytes_in_use)?;
        shown.set_item("sessions", stats.sessions)?;
        shown.set_item("admitted", stats.admitted)?;
        let connections = stats.connections.iter().map(|connection| {
            let shown = PyDict::new(py);
            shown.set_item("peer", connection.peer.to_string())?;
            Ok(shown)
        });
        shown.set_item("connections", connections.collect::<PyResult<Vec<_>>>()?)?;
        Ok(shown)
    }

    /// Closes the node: no new calls, time for those that run, then the protocols and the endpoint.
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let node = self.get()?.clone();
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
