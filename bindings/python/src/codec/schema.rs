//! What generated code says of itself: its types, the classes that stand for them, its services.

use super::GENERATION;
use super::classes::{Class, Classes, EnumClass, MessageClass};
use super::sink::Objects;
use super::source::{Known, Object};
use super::values;
use crate::error;
use aster_runtime::codec::table::{self, TypeIndex, TypeKind};
use aster_runtime::codec::{CodecError, CodecErrorKind, CodecResult};
use aster_runtime::contract::model::ContractId;
use aster_runtime::raw::{Payload, service_info};
use aster_runtime::service;
use pyo3::exceptions::{PyImportError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple, PyType};
use std::collections::HashMap;
use std::sync::Arc;

/// The types of a generated package.
pub(crate) struct Types {
    table: table::Types,
    classes: Classes,
    /// As they are hashed, for peers that ask.
    definitions: Vec<Vec<u8>>,
    nested: Vec<Vec<u8>>,
}

impl Types {
    /// Encodes an instance as the message `index`.
    pub(crate) fn encode(&self, index: TypeIndex, object: &Bound<'_, PyAny>) -> PyResult<Payload> {
        let py = object.py();
        let source = Object {
            known: Known {
                classes: &self.classes,
                types: values::Types::get(py)?,
            },
            object: object.clone(),
        };
        Payload::encode(&self.table, index, &source).map_err(|error| error::message(py, &error))
    }

    /// Decodes a payload as the message `index`.
    pub(crate) fn decode<'py>(
        &self,
        py: Python<'py>,
        index: TypeIndex,
        payload: &[u8],
    ) -> CodecResult<Bound<'py, PyAny>> {
        let types = values::Types::get(py).map_err(|error| values::raised(py, &error))?;
        let mut sink = Objects {
            py,
            classes: &self.classes,
            types,
        };
        self.table.decode(index, payload, &mut sink)
    }

    /// An instance whose one field is `value`, that of a message made for a bare value.
    pub(crate) fn wrap<'py>(
        &self,
        index: TypeIndex,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = value.py();
        let class = self.classes.message(index, "the message of a value");
        let class = class.map_err(|error| error::message(py, &error))?;
        let object = class.allocate(py)?;
        object.setattr(intern!(py, "value"), value)?;
        Ok(object)
    }

    /// An instance of a message without fields.
    pub(crate) fn nothing<'py>(&self, py: Python<'py>, index: TypeIndex) -> PyResult<Bound<'py, PyAny>> {
        let class = self.classes.message(index, "the message of nothing");
        class.map_err(|error| error::message(py, &error))?.allocate(py)
    }

    fn named(&self, name: &str) -> PyResult<TypeKind<'_>> {
        let index = self.table.type_named(name);
        let kind = index.and_then(|index| self.table.kinds().nth(index.place()));
        kind.ok_or_else(|| PyValueError::new_err(format!("the schema has no type `{name}`")))
    }
}

/// Every type of a generated package. Its modules say which class stands for which type.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Schema {
    types: Arc<Types>,
}

#[pymethods]
impl Schema {
    #[new]
    #[pyo3(signature = (*, generation, types, nested))]
    fn new(generation: u32, types: Vec<Vec<u8>>, nested: Vec<Vec<u8>>) -> PyResult<Self> {
        if generation != GENERATION {
            return Err(PyImportError::new_err(format!(
                "this code is of generation {generation}, and aster_runtime {} has {GENERATION}: generate it with the asterc of \
                 the same version, or install the aster_runtime that fits",
                env!("CARGO_PKG_VERSION")
            )));
        }
        let borrowed: Vec<_> = types.iter().map(Vec::as_slice).collect();
        let within: Vec<_> = nested.iter().map(Vec::as_slice).collect();
        let table = table::Types::build(&borrowed, &within).map_err(|error| {
            PyImportError::new_err(format!(
                "the definitions of the types are damaged, generate the code again: {error}"
            ))
        })?;
        Ok(Self {
            types: Arc::new(Types {
                classes: Classes::new(types.len()),
                table,
                definitions: types,
                nested,
            }),
        })
    }

    /// Decorates the dataclass of a message.
    #[pyo3(signature = (name, renamed = None, /))]
    fn message(&self, name: String, renamed: Option<HashMap<String, String>>) -> Register {
        Register {
            types: Arc::clone(&self.types),
            name,
            kind: Kind::Message(renamed.unwrap_or_default()),
        }
    }

    /// Decorates the `IntEnum` of an enum.
    #[pyo3(name = "enum", signature = (name, /))]
    fn enumeration(&self, name: String) -> Register {
        Register {
            types: Arc::clone(&self.types),
            name,
            kind: Kind::Enum,
        }
    }

    /// Decorates the dataclass of a union's case.
    #[pyo3(signature = (name, number, /))]
    fn case(&self, name: String, number: u32) -> Register {
        Register {
            types: Arc::clone(&self.types),
            name,
            kind: Kind::Case(number),
        }
    }

    /// A service of the package.
    #[pyo3(signature = (name, contract_id, contract, methods, /))]
    fn service(
        &self,
        name: &str,
        contract_id: &str,
        contract: &[u8],
        methods: &Bound<'_, PyTuple>,
    ) -> PyResult<ServiceInfo> {
        let id = contract_id.parse::<ContractId>();
        let id = id.map_err(|_| PyImportError::new_err(format!("`{contract_id}` is no contract id")))?;
        ServiceInfo::new(&self.types, name, id, contract, methods)
    }
}

enum Kind {
    Message(HashMap<String, String>),
    Enum,
    Case(u32),
}

/// Says of a class which type it is.
#[pyclass(frozen)]
struct Register {
    types: Arc<Types>,
    name: String,
    kind: Kind,
}

#[pymethods]
impl Register {
    fn __call__<'py>(&self, class: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyType>> {
        let py = class.py();
        let wrong = |what: &str| PyTypeError::new_err(format!("`{}` is not {what} of the schema", self.name));
        let classes = &self.types.classes;
        match (self.types.named(&self.name)?, &self.kind) {
            (TypeKind::Message(of), Kind::Message(renamed)) => {
                let made = MessageClass::new(class, of, renamed.clone())?;
                classes.set(of.index(), &self.name, Class::Message(made))?;
                class.setattr(
                    "__aster__",
                    Bound::new(py, MessageInfo::new(&self.types, of.index()))?,
                )?;
            }
            (TypeKind::Enum(of), Kind::Enum) => {
                let member = |number: u32| {
                    let member = class.call1((number,)).map_err(|_| wrong("complete: the enum"))?;
                    Ok::<_, PyErr>((number, member.unbind()))
                };
                let members = of.values().iter().map(|value| member(value.number()));
                let made = EnumClass::new(class, members.collect::<Result<_, _>>()?);
                classes.set(of.index(), &self.name, Class::Enum(made))?;
            }
            (TypeKind::Union(of), Kind::Case(number)) => {
                let place = of.cases().iter().position(|case| case.number() == *number);
                let place = place.ok_or_else(|| wrong("a union with that case"))?;
                let made = classes.union_of(of.index(), of.cases().len());
                made.ok_or_else(|| wrong("a union"))?.set(place, class)?;
            }
            (_, Kind::Message(_)) => return Err(wrong("a message")),
            (_, Kind::Enum) => return Err(wrong("an enum")),
            (_, Kind::Case(_)) => return Err(wrong("a union")),
        }
        Ok(class.clone())
    }
}

/// Which message a class is.
#[pyclass(frozen)]
struct MessageInfo {
    types: Arc<Types>,
    index: TypeIndex,
}

impl MessageInfo {
    fn new(types: &Arc<Types>, index: TypeIndex) -> Self {
        Self {
            types: Arc::clone(types),
            index,
        }
    }

    fn of<'py>(class: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Self>> {
        let info = class.getattr(intern!(class.py(), "__aster__")).ok();
        info.and_then(|info| info.cast_into::<Self>().ok())
            .ok_or_else(|| {
                PyTypeError::new_err(
                    "this is no message: expected a class that asterc generated for one, or an instance",
                )
            })
    }
}

/// The payload of a message, in Apache Fory XLANG.
///
/// Raises `MessageError` if the message does not fit its type.
#[pyfunction]
#[pyo3(signature = (message, /))]
pub(crate) fn encode<'py>(message: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let info = MessageInfo::of(message.get_type().as_any())?;
    let info = info.get();
    let payload = info.types.encode(info.index, message)?;
    Ok(PyBytes::new(message.py(), payload.bytes()))
}

/// The message of a payload.
///
/// Raises `ContractViolation`, with the path to what does not fit.
#[pyfunction]
#[pyo3(signature = (kind, payload, /))]
pub(crate) fn decode<'py>(kind: &Bound<'py, PyType>, payload: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let info = MessageInfo::of(kind.as_any())?;
    let info = info.get();
    let decoded = info.types.decode(kind.py(), info.index, payload);
    decoded.map_err(|error| {
        let status = aster_runtime::Status::contract_violation(error.to_string());
        error::status(kind.py(), &status)
    })
}

/// A service: what servers and clients know of it.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct ServiceInfo {
    pub(crate) info: &'static service::ServiceInfo,
    pub(crate) types: Arc<Types>,
    /// In the order of the contract.
    pub(crate) methods: Arc<[MethodFacts]>,
    /// The places in `methods` of those that generated code counts.
    pub(crate) declared: Box<[usize]>,
}

/// How Python has a method.
pub(crate) struct MethodFacts {
    pub(crate) attribute: String,
    pub(crate) request: TypeIndex,
    pub(crate) response: TypeIndex,
    takes_value: bool,
    returns_value: bool,
    returns_nothing: bool,
}

impl ServiceInfo {
    fn new(
        types: &Arc<Types>,
        name: &str,
        id: ContractId,
        bytes: &[u8],
        methods: &Bound<'_, PyTuple>,
    ) -> PyResult<Self> {
        let damaged = |text: String| {
            PyImportError::new_err(format!(
                "the contract of `{name}` is damaged, generate the code again: {text}"
            ))
        };
        let contract = types
            .table
            .contract(id, bytes)
            .map_err(|error| damaged(error.to_string()))?;
        let definitions: Vec<_> = types.definitions.iter().map(Vec::as_slice).collect();
        let nested: Vec<_> = types.nested.iter().map(Vec::as_slice).collect();
        let info = service_info(&types.table, name, id, bytes, &definitions, &nested)
            .map_err(|error| damaged(error.to_string()))?;
        let mut facts: Vec<Option<MethodFacts>> = contract.methods.iter().map(|_| None).collect();
        let mut declared = Vec::new();
        for method in methods {
            let name: String = method.getattr("name")?.extract()?;
            let place = contract.methods.iter().position(|other| other.name == name);
            let place = place.ok_or_else(|| damaged(format!("it has no method `{name}`")))?;
            let of = &contract.methods[place];
            let index = |hash| {
                let index = types.table.type_of(hash);
                index.ok_or_else(|| damaged(format!("a type of the method `{name}` is missing")))
            };
            let attribute: Option<String> = method.getattr("attribute")?.extract()?;
            facts[place] = Some(MethodFacts {
                request: index(of.request_type)?,
                response: index(of.response_type)?,
                takes_value: method.getattr("takes_value")?.is_truthy()?,
                returns_value: method.getattr("returns_value")?.is_truthy()?,
                returns_nothing: method.getattr("returns_nothing")?.is_truthy()?,
                attribute: attribute.unwrap_or(name),
            });
            declared.push(place);
        }
        let count = facts.len();
        let facts: Vec<_> = facts.into_iter().flatten().collect();
        if facts.len() != count {
            return Err(damaged("the code lacks a method of it".to_owned()));
        }
        Ok(Self {
            info,
            types: Arc::clone(types),
            methods: facts.into(),
            declared: declared.into(),
        })
    }
}

#[pymethods]
impl ServiceInfo {
    /// The full name, `package.Name`.
    #[getter]
    fn name(&self) -> &str {
        self.info.name
    }

    /// The version.
    #[getter]
    fn version(&self) -> i32 {
        self.info.version
    }

    /// The id of the contract.
    #[getter]
    fn contract_id(&self) -> String {
        self.info.contract_id.to_string()
    }

    /// Names and attributes of the methods, in the order of the contract.
    #[getter]
    fn methods<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let names = self.info.methods.iter().zip(&*self.methods);
        let names: Vec<_> = names.map(|(info, facts)| (info.name, &facts.attribute)).collect();
        PyTuple::new(py, names)
    }

    fn __repr__(&self) -> String {
        format!("<service {} version {}>", self.info.name, self.info.version)
    }
}

impl MethodFacts {
    /// The payload of a request, or of an item of a stream of requests.
    pub(crate) fn encode_request(&self, types: &Types, object: &Bound<'_, PyAny>) -> PyResult<Payload> {
        if self.takes_value {
            return types.encode(self.request, &types.wrap(self.request, object)?);
        }
        types.encode(self.request, object)
    }

    /// The payload of a response, or of an item of a stream of responses.
    pub(crate) fn encode_response(&self, types: &Types, object: &Bound<'_, PyAny>) -> PyResult<Payload> {
        let py = object.py();
        if self.returns_nothing {
            if !object.is_none() {
                let error = CodecError::new(CodecErrorKind::WrongType, "None", values::found(object));
                return Err(error::message(py, &error));
            }
            return types.encode(self.response, &types.nothing(py, self.response)?);
        }
        if self.returns_value {
            return types.encode(self.response, &types.wrap(self.response, object)?);
        }
        types.encode(self.response, object)
    }

    /// What a handler gets of a request.
    pub(crate) fn decode_request<'py>(
        &self,
        types: &Types,
        py: Python<'py>,
        payload: &[u8],
    ) -> CodecResult<Bound<'py, PyAny>> {
        let message = types.decode(py, self.request, payload)?;
        if self.takes_value {
            bare(&message)
        } else {
            Ok(message)
        }
    }

    /// What a caller gets of a response.
    pub(crate) fn decode_response<'py>(
        &self,
        types: &Types,
        py: Python<'py>,
        payload: &[u8],
    ) -> CodecResult<Bound<'py, PyAny>> {
        let message = types.decode(py, self.response, payload)?;
        if self.returns_nothing {
            return Ok(py.None().into_bound(py));
        }
        if self.returns_value {
            bare(&message)
        } else {
            Ok(message)
        }
    }
}

/// The value of a message that was made for it.
fn bare<'py>(message: &Bound<'py, PyAny>) -> CodecResult<Bound<'py, PyAny>> {
    let py = message.py();
    message
        .getattr(intern!(py, "value"))
        .map_err(|error| values::raised(py, &error))
}
