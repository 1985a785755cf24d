//! The figures of calls, for Python.

use aster_bindings::metrics::{Figures, Series, Value};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::sync::Arc;

/// Counts and times calls, at a server and at a client: an interceptor that runs without the interpreter.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Metrics(pub(crate) Arc<Figures>);

#[pymethods]
impl Metrics {
    /// `buckets` are the upper ends of those of histograms, in seconds.
    #[new]
    #[pyo3(signature = (*, buckets = None))]
    fn new(buckets: Option<Vec<f64>>) -> PyResult<Self> {
        let figures = Figures::new(buckets).map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(Self(Arc::new(figures)))
    }

    /// What was counted until now.
    fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let shown = PyList::empty(py);
        for Series { name, labels, value } in self.0.snapshot() {
            let of = PyDict::new(py);
            for (label, value) in labels {
                of.set_item(label, value)?;
            }
            match value {
                Value::Counter(count) => shown.append(("counter", name, of, count))?,
                Value::Gauge(level) => shown.append(("gauge", name, of, level))?,
                Value::Histogram { ends, counts, sum } => {
                    shown.append(("histogram", name, of, (ends, counts, sum)))?;
                }
            }
        }
        py.import("aster_runtime._metrics")?
            .call_method1("snapshot", (shown,))
    }
}
