//! Docs: key-value documents that several nodes write.

use crate::blobs::{digits, done, shortened};
use crate::bridge::EventLoop;
use crate::doc::Doc;
use crate::failure::Failure;
use crate::feed::{Ahead, Events, Item};
use crate::node::Node;
use futures_util::{StreamExt as _, TryStreamExt as _};
use iroh_docs::{AuthorId, DocTicket, NamespaceId};
use pyo3::call::PyCallArgs;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyString};

/// What `get` reads of one value without being told otherwise.
pub(crate) const LIMIT: u64 = 64 * 1024 * 1024;

static STORES: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// An object of a class of `aster_runtime._stores`.
pub(crate) fn object(
    py: Python<'_>,
    class: &str,
    arguments: impl for<'py> PyCallArgs<'py>,
) -> PyResult<Py<PyAny>> {
    let module = STORES.get_or_try_init(py, || {
        py.import("aster_runtime._stores")
            .map(|module| module.into_any().unbind())
    })?;
    Ok(module.bind(py).getattr(class)?.call1(arguments)?.unbind())
}

/// The documents of a node, and the authors that it writes as.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Docs {
    node: Py<Node>,
}

impl Docs {
    pub(crate) fn of(node: &Bound<'_, Node>) -> PyResult<Self> {
        node.get().get()?;
        Ok(Self {
            node: node.clone().unbind(),
        })
    }

    fn api(&self) -> PyResult<iroh_docs::protocol::Docs> {
        Ok(self.node.get().get()?.docs().clone())
    }

    /// Runs work that leads to a document.
    fn opening<'py>(
        &self,
        py: Python<'py>,
        work: impl Future<Output = Result<iroh_docs::api::Doc, Failure>> + Send + 'static,
    ) -> PyResult<Bound<'py, PyAny>> {
        let node = self.node.clone_ref(py);
        EventLoop::run(py, work, |py, doc| match doc {
            Ok(doc) => Ok(Bound::new(py, Doc::new(doc, node))?.into_any().unbind()),
            Err(failure) => Err(failure.raise(py)),
        })
    }
}

/// Something as the text that it is shown as.
pub(crate) fn text(py: Python<'_>, shown: Result<impl ToString, Failure>) -> PyResult<Py<PyAny>> {
    match shown {
        Ok(shown) => Ok(PyString::new(py, &shown.to_string()).into_any().unbind()),
        Err(failure) => Err(failure.raise(py)),
    }
}

pub(crate) fn author(text: &str) -> PyResult<AuthorId> {
    digits(text).map(|bytes| AuthorId::from(&bytes)).ok_or_else(|| {
        PyValueError::new_err(format!(
            "`{}` is no id of an author: they have 64 hexadecimal digits",
            shortened(text)
        ))
    })
}

fn document(text: &str) -> PyResult<NamespaceId> {
    digits(text)
        .map(|bytes| NamespaceId::from(&bytes))
        .ok_or_else(|| {
            PyValueError::new_err(format!(
                "`{}` is no id of a document: they have 64 hexadecimal digits",
                shortened(text)
            ))
        })
}

/// What the store of documents says. A document that is only read has no key to write with.
pub(crate) fn failed(error: impl std::fmt::Display) -> Failure {
    let text = format!("{error:#}");
    if text.contains("read only") {
        let text =
            "the document can only be read here: to write, `join` it with a ticket of `share(write=True)`";
        return Failure::Class("PermissionDenied", text.to_owned());
    }
    Failure::store(text)
}

#[pymethods]
impl Docs {
    /// Makes a document.
    fn create<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let docs = self.api()?;
        self.opening(py, async move { docs.create().await.map_err(failed) })
    }

    /// Opens a document that is here. Raises `NotFound` for another one.
    fn open<'py>(&self, py: Python<'py>, id: &str) -> PyResult<Bound<'py, PyAny>> {
        let (docs, id) = (self.api()?, document(id)?);
        self.opening(py, async move {
            // the store makes no difference between what is not there and what cannot be opened
            let known = docs.list().await.map_err(failed)?;
            let known: Vec<_> = known.try_collect().await.map_err(failed)?;
            let missing =
                || Failure::not_found(format!("the document {id} is not here: `join` it with a ticket"));
            if !known.iter().any(|(known, _)| *known == id) {
                return Err(missing());
            }
            docs.open(id).await.map_err(failed)?.ok_or_else(missing)
        })
    }

    /// Opens the document of a ticket, and begins to sync with the peers that it names.
    fn join<'py>(&self, py: Python<'py>, ticket: &str) -> PyResult<Bound<'py, PyAny>> {
        let docs = self.api()?;
        let shown = shortened(ticket);
        let ticket = ticket.trim().parse::<DocTicket>().map_err(|_| {
            PyValueError::new_err(format!(
                "`{shown}` is no whole ticket of a document: copy it again from where `share` printed it"
            ))
        })?;
        self.opening(py, async move { docs.import(ticket).await.map_err(failed) })
    }

    /// The ids of the documents that are here, and whether each can be written: `"write"` or `"read"`.
    fn list<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Events>> {
        let docs = self.api()?;
        let source = async move {
            let known = docs.list().await.map_err(failed)?;
            Ok(known.map(|known| {
                let (id, kind) = known.map_err(failed)?;
                let kind = match kind {
                    iroh_docs::CapabilityKind::Write => "write",
                    iroh_docs::CapabilityKind::Read => "read",
                };
                let item: Item =
                    Box::new(move |py| Ok((id.to_string(), kind).into_pyobject(py)?.into_any().unbind()));
                Ok((0, item))
            }))
        };
        let keep = self.node.clone_ref(py).into_any();
        Events::follow(py, Ahead::EVENTS, keep, self.node.get().closing(), source)
    }

    /// Removes a document, with all its entries, from this node.
    fn drop<'py>(&self, py: Python<'py>, id: &str) -> PyResult<Bound<'py, PyAny>> {
        let (docs, id) = (self.api()?, document(id)?);
        EventLoop::run(py, async move { docs.drop_doc(id).await.map_err(failed) }, done)
    }

    /// Makes an author, and gives its id. Its key stays with this node.
    fn create_author<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let docs = self.api()?;
        EventLoop::run(
            py,
            async move { docs.author_create().await.map_err(failed) },
            text,
        )
    }

    /// The id of the author that this node has without being asked.
    fn default_author<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let docs = self.api()?;
        EventLoop::run(
            py,
            async move { docs.author_default().await.map_err(failed) },
            text,
        )
    }

    /// The ids of the authors whose keys are here.
    fn authors<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let docs = self.api()?;
        EventLoop::run(
            py,
            async move {
                let authors = docs.author_list().await.map_err(failed)?;
                authors.try_collect::<Vec<_>>().await.map_err(failed)
            },
            |py, authors| match authors {
                Ok(authors) => {
                    let authors = authors.iter().map(ToString::to_string);
                    Ok(PyList::new(py, authors.collect::<Vec<_>>())?.into_any().unbind())
                }
                Err(failure) => Err(failure.raise(py)),
            },
        )
    }

    fn __repr__(&self) -> String {
        format!("<docs of {}>", self.node.get().shown())
    }
}
