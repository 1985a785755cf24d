//! A server: calls that arrive at the runtime become tasks of an event loop.

use crate::accept::Connection;
use crate::bridge::EventLoop;
use crate::builtin;
use crate::codec::ServiceInfo;
use crate::context::{self, SERVES};
use crate::error;
use crate::executor;
use crate::health::HealthReport;
use crate::metadata;
use crate::node::Node;
use crate::served::{PerSession, Shared, Target};
use aster_runtime as runtime;
use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple, PyType};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long calls may go on after a server was left.
const GRACE: Duration = Duration::from_secs(10);

/// The services of one node.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Server {
    server: runtime::Server,
    /// What the runtime's server holds of Python: methods, what makes sessions, interceptors.
    asked: Vec<Arc<Py<PyAny>>>,
    process: u64,
}

impl Server {
    fn get(&self) -> PyResult<&runtime::Server> {
        executor::check(self.process)?;
        Ok(&self.server)
    }

    fn end<'py>(&self, py: Python<'py>, grace: Duration) -> PyResult<Bound<'py, PyAny>> {
        let server = self.get()?.clone();
        EventLoop::run(py, async move { server.shutdown(grace).await }, |py, ()| {
            Ok(py.None())
        })
    }
}

#[pymethods]
impl Server {
    /// Serves `services` at a node: instances of generated classes, and what their `per_session` makes.
    #[new]
    #[pyo3(signature = (node, services, /, *, interceptors = vec![], describe = true, uncompressed = vec![]))]
    fn new(
        py: Python<'_>,
        node: &Node,
        services: &Bound<'_, PyAny>,
        interceptors: Vec<Py<PyAny>>,
        describe: bool,
        uncompressed: Vec<String>,
    ) -> PyResult<Self> {
        let events = EventLoop::current(py)?;
        let module = context::service(py)?;
        let mut asked = Vec::new();
        let mut builder = runtime::Server::builder(node.get()?).describe(describe);
        let of_session = module.getattr("PerSession")?;
        for service in services.try_iter()? {
            let service = service?;
            let per_session = service.is_instance(&of_session)?;
            let info = service
                .getattr(if per_session { "info" } else { "__aster__" })
                .ok();
            // a class has the information as well, but no methods that could be called
            let info = info.filter(|_| !service.is_instance_of::<PyType>());
            let info = info.and_then(|info| info.cast_into::<ServiceInfo>().ok());
            let Some(info) = info else {
                let name = service.get_type().qualname()?;
                return Err(pyo3::exceptions::PyTypeError::new_err(format!(
                    "{name} is no service: expected an instance of a class that derives from a generated one, or what its \
                     `per_session(…)` returns"
                )));
            };
            let facts = info.get();
            let is_session = facts.info.scope == runtime::contract::model::Scope::Session;
            if is_session && !per_session {
                return Err(pyo3::exceptions::PyTypeError::new_err(format!(
                    "`{}` has an instance for each session: serve `{}.per_session(…)`",
                    facts.info.name,
                    service.get_type().qualname()?
                )));
            }
            let mut target = Target {
                info: facts.info,
                types: Arc::clone(&facts.types),
                facts: Arc::clone(&facts.methods),
                methods: Arc::new([]),
                events: events.clone(),
            };
            if per_session {
                let overlaps = service.getattr("overlapping")?.is_truthy()?;
                let per_session = Arc::new(service.unbind());
                asked.push(Arc::clone(&per_session));
                builder = builder.add(PerSession {
                    target,
                    per_session,
                    overlaps,
                });
            } else {
                let methods = module.call_method1("methods_of", (&info, &service))?;
                let methods = methods.cast_into::<PyList>()?;
                let methods: Vec<_> = methods.iter().map(|method| Arc::new(method.unbind())).collect();
                asked.extend(methods.iter().cloned());
                target.methods = methods.into();
                builder = builder.add(Shared(target));
            }
        }
        for interceptor in interceptors {
            builder = builtin::at_server(builder, interceptor.bind(py), &events, &mut asked)?;
        }
        for path in uncompressed {
            builder = builder.uncompressed(path);
        }
        let server = builder.build().map_err(|error| error::start(error.to_string()))?;
        SERVES.store(true, Ordering::Relaxed);
        Ok(Self {
            server,
            asked,
            process: executor::process(),
        })
    }

    /// Serves until `shutdown()`, or until the node closes.
    ///
    /// Raises `StartError` if another server or accept loop has the node's connections.
    fn serve<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let server = self.get()?.clone();
        EventLoop::run(
            py,
            async move { server.serve().await },
            |py, served| match served {
                Ok(()) => Ok(py.None()),
                Err(error) => Err(error::start(error.to_string())),
            },
        )
    }

    /// Says to peers how the services do.
    #[getter]
    fn health(&self) -> PyResult<HealthReport> {
        Ok(HealthReport(self.get()?.health().clone()))
    }

    /// Serves one connection to its end: for those who bring their own accept loop.
    fn handle<'py>(&self, py: Python<'py>, connection: &Connection) -> PyResult<Bound<'py, PyAny>> {
        let server = self.get()?.clone();
        let connection = connection.take()?;
        EventLoop::run(py, async move { server.handle(connection).await }, |py, ()| {
            Ok(py.None())
        })
    }

    /// Takes no more calls, lets those that run end, and returns when all peers have gone. What is still open after `grace` seconds
    /// is closed.
    #[pyo3(signature = (grace = None))]
    fn shutdown<'py>(
        &self,
        py: Python<'py>,
        grace: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let grace = metadata::duration(grace)?.unwrap_or(GRACE);
        self.end(py, grace)
    }

    /// Serves in the background, until the block is left.
    fn __aenter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let server = slf.get().get()?.clone();
        let (told, begun) = oneshot::channel();
        executor::runtime()?.spawn(async move {
            let serving = server.serve();
            let mut serving = std::pin::pin!(serving);
            // with its first step it has the node's connections, or not
            let first = std::future::poll_fn(|cx| std::task::Poll::Ready(serving.as_mut().poll(cx))).await;
            match first {
                std::task::Poll::Ready(Err(error)) => {
                    let _ = told.send(Err(error.to_string()));
                }
                std::task::Poll::Ready(Ok(())) => {
                    let _ = told.send(Ok(()));
                }
                std::task::Poll::Pending => {
                    let _ = told.send(Ok(()));
                    if let Err(error) = serving.await {
                        tracing::error!(%error, "a server ended");
                    }
                }
            }
        });
        let object = slf.clone().unbind().into_any();
        EventLoop::run(py, begun, move |_, begun| match begun {
            Ok(Ok(())) => Ok(object),
            Ok(Err(error)) => Err(error::start(error)),
            Err(_) => Err(error::start("the runtime has ended".to_owned())),
        })
    }

    #[pyo3(signature = (*_raised))]
    fn __aexit__<'py>(&self, py: Python<'py>, _raised: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        self.end(py, GRACE)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // whoever is served may ask them
        if !self.server.is_unshared() {
            return Ok(());
        }
        for asked in &self.asked {
            // one is here, one at the runtime's server; a third is in the queue of a loop, which will call it
            if Arc::strong_count(asked) <= 2 {
                visit.call(&**asked)?;
            }
        }
        Ok(())
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.server)
    }
}
