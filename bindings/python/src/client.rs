//! A client: admitted at one server, and connected to it.

use crate::address;
use crate::awaitable::Ready;
use crate::bridge::EventLoop;
use crate::builtin;
use crate::dynamic;
use crate::error;
use crate::executor;
use crate::health;
use crate::keeper::Kept;
use crate::metadata;
use crate::node::{Node, opening};
use crate::session::Session;
use aster_bindings::describe::Asking;
use aster_runtime as runtime;
use aster_runtime::RetryPolicy;
use aster_runtime::trust::RootPublicKey;
use pyo3::PyTraverseError;
use pyo3::exceptions::PyValueError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// A connection to one server that has admitted this node. Clients of services are made of it.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Client {
    client: runtime::Client,
    kept: Kept,
    process: u64,
}

impl Client {
    pub(crate) fn get(&self) -> PyResult<&runtime::Client> {
        executor::check(self.process)?;
        Ok(&self.client)
    }

    pub(crate) fn kept(&self) -> &Kept {
        &self.kept
    }
}

#[pymethods]
impl Client {
    /// Connects to the server at an address: a ticket or an endpoint id.
    #[staticmethod]
    #[pyo3(signature = (node, address, **options))]
    fn connect<'py>(
        py: Python<'py>,
        node: &Bound<'py, PyAny>,
        address: &Bound<'py, PyAny>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        opening::<Self>(py, "_connect", (node, address), options)
    }

    #[staticmethod]
    #[pyo3(signature = (node, address, *, timeout = None, retry = true, interceptors = vec![], uncompressed = vec![],
        mesh = None, trust_address = false))]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python's")]
    fn _connect<'py>(
        py: Python<'py>,
        node: &Node,
        address: &Bound<'py, PyAny>,
        timeout: Option<&Bound<'py, PyAny>>,
        retry: bool,
        interceptors: Vec<Py<PyAny>>,
        uncompressed: Vec<String>,
        mesh: Option<&str>,
        trust_address: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let address = address::peer(address)?;
        let mut builder = runtime::Client::builder(node.get()?);
        if let Some(time) = metadata::duration(timeout)? {
            builder = builder.connect_time(time);
        }
        if !retry {
            builder = builder.retry(RetryPolicy::off());
        }
        for path in uncompressed {
            builder = builder.uncompressed(path);
        }
        if let Some(mesh) = mesh {
            let mesh = mesh.parse::<RootPublicKey>();
            builder = builder.mesh(mesh.map_err(|error| PyValueError::new_err(error.to_string()))?);
        }
        if trust_address {
            builder = builder.trust_address();
        }
        let events = EventLoop::current(py)?;
        let mut asked = Vec::new();
        for interceptor in interceptors {
            builder = builtin::at_client(builder, interceptor.bind(py), &events, &mut asked)?;
        }
        let kept = Kept::new(py, asked)?;
        EventLoop::run(
            py,
            async move { builder.connect(address).await },
            move |py, connected| match connected {
                Ok(client) => {
                    let made = Self {
                        client,
                        kept,
                        process: executor::process(),
                    };
                    Ok(Bound::new(py, made)?.into_any().unbind())
                }
                Err(error) => Err(error::connect(py, &error)),
            },
        )
    }

    /// The server's key, in hexadecimal digits.
    #[getter]
    fn peer(&self) -> String {
        self.client.peer().to_string()
    }

    /// What the server told of its services: names, versions and contract ids.
    #[getter]
    fn services<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let services = self.client.services();
        let services = services
            .iter()
            .map(|entry| (&entry.name, entry.version, &entry.contract_id));
        PyTuple::new(py, services.collect::<Vec<_>>())
    }

    /// The service of that name, as the server describes it: the full name, `package.Name`, or the last part of it where that is
    /// enough; the id of its contract, where it is served under several. Its messages are what `json` reads and writes.
    #[pyo3(signature = (name, contract_id = None))]
    fn service<'py>(
        &self,
        py: Python<'py>,
        name: String,
        contract_id: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let asking = Asking::Client(self.get()?.clone());
        dynamic::describe(py, asking, &self.kept, name, contract_id)
    }

    /// How a service of the server does; without a name, how the whole server does.
    #[pyo3(signature = (service = String::new()))]
    fn health<'py>(&self, py: Python<'py>, service: String) -> PyResult<Bound<'py, PyAny>> {
        health::ask(py, self.get()?, self.kept.running(), service)
    }

    /// A session: clients of services with the scope `session` are made of it.
    #[pyo3(signature = (*, overlapping = false))]
    fn session(&self, py: Python<'_>, overlapping: bool) -> PyResult<Session> {
        let session = self.get()?.session();
        let session = if overlapping {
            session.overlapping()
        } else {
            session
        };
        Ok(Session {
            session,
            kept: self.kept.share(py),
            process: self.process,
        })
    }

    /// Ends the connection, for good: calls that run or come later end as `Cancelled`.
    fn close(&self) -> PyResult<()> {
        self.get()?.close();
        Ok(())
    }

    fn __aenter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Ready::give(slf.py(), slf.clone().into_any())
    }

    #[pyo3(signature = (*_raised))]
    fn __aexit__<'py>(&self, py: Python<'py>, _raised: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        self.close()?;
        Ready::give(py, py.None().into_bound(py))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.kept.traverse(&visit)
    }

    fn __repr__(&self) -> String {
        format!("<client of {}>", self.client.peer())
    }
}
