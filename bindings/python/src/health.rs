//! How the services of a server do: said there, asked for by clients.

use crate::bridge::EventLoop;
use crate::docs::object;
use crate::error;
use crate::failure::Failure;
use crate::keeper::Running;
use aster_runtime as runtime;
use aster_runtime::aster_node::{Health, HealthReporter, NodeClient};
use pyo3::prelude::*;

/// Says to peers how the services of a server do. All serve from the beginning.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct HealthReport(pub(crate) HealthReporter);

#[pymethods]
impl HealthReport {
    /// The service of that full name can be called; without a name, the whole server. Raises `NotFound` for one that is not served.
    #[pyo3(signature = (service = ""))]
    fn set_serving(&self, py: Python<'_>, service: &str) -> PyResult<()> {
        let told = self.0.set_serving(service);
        told.map_err(|error| error::make(py, "NotFound", (error.to_string(),)))
    }

    /// It is not to be called now. Calls that come all the same are answered.
    #[pyo3(signature = (service = ""))]
    fn set_not_serving(&self, py: Python<'_>, service: &str) -> PyResult<()> {
        let told = self.0.set_not_serving(service);
        told.map_err(|error| error::make(py, "NotFound", (error.to_string(),)))
    }

    /// How it does.
    #[pyo3(signature = (service = ""))]
    fn get(&self, py: Python<'_>, service: &str) -> PyResult<Py<PyAny>> {
        shown(py, self.0.get(service))
    }
}

fn shown(py: Python<'_>, health: Health) -> PyResult<Py<PyAny>> {
    let name = match health {
        Health::Serving => "serving",
        Health::NotServing => "not serving",
        _ => "unknown",
    };
    object(py, "Health", (name,))
}

/// Asks a server how a service does; without a name, how the whole server does.
pub(crate) fn ask<'py>(
    py: Python<'py>,
    client: &runtime::Client,
    asks: Option<Running>,
    service: String,
) -> PyResult<Bound<'py, PyAny>> {
    let node = NodeClient::new(client).map_err(|error| error::stub(py, &error))?;
    EventLoop::run(
        py,
        async move {
            let _asks = asks;
            node.health(service).await.map_err(Failure::from)
        },
        |py, health| match health {
            Ok(health) => shown(py, health),
            Err(failure) => Err(failure.raise(py)),
        },
    )
}
