//! What a node has now, and what it has counted.

use aster_runtime::node::Stats;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// As Python has it: a dictionary with a number for each counter, and the connections with the ways that they can take.
pub(crate) fn shown<'py>(py: Python<'py>, stats: &Stats) -> PyResult<Bound<'py, PyDict>> {
    let shown = PyDict::new(py);
    macro_rules! numbers {
        ($($name:ident)*) => {
            $(shown.set_item(stringify!($name), stats.$name)?;)*
        };
    }
    numbers! {
        calls_in_flight bytes_in_use sessions admitted
        not_admitted expired revoked queue_full too_many admission_failed protocol_errors slow over_limit permission_denied panics
    }
    let connections = stats.connections.iter().map(|connection| {
        let paths = connection.paths.iter().map(|path| {
            let shown = PyDict::new(py);
            shown.set_item("address", &path.address)?;
            shown.set_item("relayed", path.relayed)?;
            shown.set_item("selected", path.selected)?;
            shown.set_item("round_trip", path.round_trip.as_secs_f64())?;
            Ok(shown)
        });
        let shown = PyDict::new(py);
        shown.set_item("peer", connection.peer.to_string())?;
        shown.set_item("protocol", &connection.protocol)?;
        shown.set_item("dialled", connection.dialled)?;
        shown.set_item("paths", paths.collect::<PyResult<Vec<_>>>()?)?;
        Ok(shown)
    });
    shown.set_item("connections", connections.collect::<PyResult<Vec<_>>>()?)?;
    Ok(shown)
}
