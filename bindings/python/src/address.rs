//! Whatever names a peer: a ticket, its text, or an endpoint id.

use aster_runtime as runtime;
use aster_runtime::PeerAddress as _;
use iroh::{EndpointAddr, EndpointId, RelayUrl, TransportAddr};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyType;
use std::net::SocketAddr;

/// The address of a node: its id, the addresses that it is bound to, and its relay. `str()` of it is the ticket.
#[pyclass(frozen, eq, hash, module = "aster_runtime")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Ticket {
    address: EndpointAddr,
}

impl Ticket {
    fn relay_urls(&self) -> impl Iterator<Item = String> {
        self.address.relay_urls().map(ToString::to_string)
    }
}

#[pymethods]
impl Ticket {
    /// The address of the node of that id.
    ///
    /// Raises `ValueError` for what is no id, no address or no URL.
    #[new]
    #[pyo3(signature = (id, *, addresses = vec![], relay = None))]
    #[expect(clippy::needless_pass_by_value, reason = "arguments of Python's")]
    fn new(id: &str, addresses: Vec<String>, relay: Option<&str>) -> PyResult<Self> {
        let wrong =
            |what: &str, text: &str| PyValueError::new_err(format!("`{}` is no {what}", text.escape_debug()));
        let key = id.trim().parse::<EndpointId>();
        let key = key.map_err(|_| wrong("endpoint id: they have 64 hexadecimal digits", id))?;
        let mut all = Vec::with_capacity(addresses.len() + 1);
        for text in &addresses {
            let address = text.parse::<SocketAddr>();
            let address = address.map_err(|_| {
                wrong(
                    "address: expected one as `192.0.2.1:4433` or `[2001:db8::1]:4433`",
                    text,
                )
            })?;
            all.push(TransportAddr::Ip(address));
        }
        if let Some(text) = relay {
            let url = text.parse::<RelayUrl>();
            all.push(TransportAddr::Relay(
                url.map_err(|_| wrong("URL of a relay", text))?,
            ));
        }
        Ok(Self {
            address: EndpointAddr::from_parts(key, all),
        })
    }

    /// Reads a ticket, or an endpoint id.
    ///
    /// Raises `ValueError`, which says whether the text is damaged or something else.
    #[staticmethod]
    fn parse(text: &str) -> PyResult<Self> {
        let address = text.to_endpoint_addr();
        let address = address.map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(Self { address })
    }

    /// The public key of the node, in hexadecimal digits.
    #[getter]
    fn id(&self) -> String {
        self.address.id.to_string()
    }

    /// Where it can be dialled directly.
    #[getter]
    fn addresses(&self) -> Vec<String> {
        self.address.ip_addrs().map(ToString::to_string).collect()
    }

    /// The URL of its relay; `None` if it has none.
    #[getter]
    fn relay(&self) -> Option<String> {
        self.relay_urls().next()
    }

    fn __str__(&self) -> String {
        runtime::Ticket::from(self.address.clone()).to_string()
    }

    fn __repr__(&self) -> String {
        format!("<ticket of {} at {:?}>", self.address.id, self.addresses())
    }

    /// Tickets are pickled as their text.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        let parse = PyType::new::<Self>(slf.py()).getattr("parse")?;
        Ok((parse, (slf.get().__str__(),)))
    }
}

/// The address of a peer.
///
/// # Errors
/// `ValueError` for text that names none, and `TypeError` for what is neither text nor a ticket.
pub(crate) fn peer(value: &Bound<'_, PyAny>) -> PyResult<EndpointAddr> {
    if let Ok(ticket) = value.cast::<Ticket>() {
        return Ok(ticket.get().address.clone());
    }
    let Ok(text) = value.extract::<String>() else {
        return Err(PyTypeError::new_err(format!(
            "a peer is named by a ticket or an endpoint id, not by {}",
            value.get_type().qualname()?
        )));
    };
    text.to_endpoint_addr()
        .map_err(|error| PyValueError::new_err(error.to_string()))
}

/// The addresses of several.
///
/// # Errors
/// As for [`peer`]. One text is not several.
pub(crate) fn peers(values: &Bound<'_, PyAny>) -> PyResult<Vec<EndpointAddr>> {
    if values.cast::<pyo3::types::PyString>().is_ok() || values.cast::<Ticket>().is_ok() {
        return Ok(vec![peer(values)?]);
    }
    values.try_iter()?.map(|value| peer(&value?)).collect()
}
