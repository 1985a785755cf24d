//! A payload becomes instances of the generated classes.

use super::classes::{Classes, MessageClass};
use super::values::{Types, raised};
use aster_runtime::codec::table::{
    Case, EnumType, EnumValue, Field, Key, MessageType, Sequence, Sink, UnionType,
};
use aster_runtime::codec::{CodecError, CodecErrorKind, CodecResult};
use aster_runtime::contract::model::Primitive;
use bigdecimal::BigDecimal;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyList, PySet, PyString};

pub(super) struct Objects<'a, 'py> {
    pub(super) py: Python<'py>,
    pub(super) classes: &'a Classes,
    pub(super) types: &'a Types,
}

/// A message that is being read.
pub(super) struct Message<'a, 'py> {
    object: Bound<'py, PyAny>,
    class: &'a MessageClass,
}

/// A map that is being read, with the key whose value comes next.
pub(super) struct Map<'py> {
    dict: Bound<'py, PyDict>,
    key: Option<Bound<'py, PyAny>>,
}

impl<'a, 'py> Objects<'a, 'py> {
    fn kept<T>(&self, result: PyResult<T>) -> CodecResult<T> {
        result.map_err(|error| raised(self.py, &error))
    }

    /// A new reference of the interpreter's.
    fn owned(&self, object: *mut ffi::PyObject) -> CodecResult<Bound<'py, PyAny>> {
        // SAFETY: the callers hand over what a function of the interpreter has returned as new, or null
        let object = unsafe { Bound::from_owned_ptr_or_err(self.py, object) };
        self.kept(object)
    }

    fn set(&self, message: &Message<'a, 'py>, field: &Field, value: *mut ffi::PyObject) -> CodecResult<()> {
        let attribute = message.class.attribute(field.place());
        // SAFETY: the callers hold the value
        let set = unsafe { attribute.set(&message.object, value) };
        self.kept(set)
    }
}

impl<'a, 'py> Sink for Objects<'a, 'py> {
    type Value = Bound<'py, PyAny>;
    type Message = Message<'a, 'py>;
    type List = Bound<'py, PyAny>;
    type Map = Map<'py>;

    fn bool(&mut self, value: bool) -> CodecResult<Self::Value> {
        Ok(PyBool::new(self.py, value).to_owned().into_any())
    }

    fn signed(&mut self, _: Primitive, value: i64) -> CodecResult<Self::Value> {
        // SAFETY: the interpreter is held
        self.owned(unsafe { ffi::PyLong_FromLongLong(value) })
    }

    fn unsigned(&mut self, _: Primitive, value: u64) -> CodecResult<Self::Value> {
        // SAFETY: the interpreter is held
        self.owned(unsafe { ffi::PyLong_FromUnsignedLongLong(value) })
    }

    fn float32(&mut self, value: f32) -> CodecResult<Self::Value> {
        Ok(PyFloat::new(self.py, value.into()).into_any())
    }

    fn float64(&mut self, value: f64) -> CodecResult<Self::Value> {
        Ok(PyFloat::new(self.py, value).into_any())
    }

    fn string(&mut self, value: &str) -> CodecResult<Self::Value> {
        Ok(PyString::new(self.py, value).into_any())
    }

    fn bytes(&mut self, value: &[u8]) -> CodecResult<Self::Value> {
        Ok(PyBytes::new(self.py, value).into_any())
    }

    fn timestamp(&mut self, value: Timestamp) -> CodecResult<Self::Value> {
        self.kept(self.types.make_timestamp(self.py, value))
    }

    fn duration(&mut self, value: SignedDuration) -> CodecResult<Self::Value> {
        self.kept(self.types.make_duration(self.py, value))
    }

    fn date(&mut self, value: Date) -> CodecResult<Self::Value> {
        self.kept(self.types.make_date(self.py, value))
    }

    fn decimal(&mut self, value: BigDecimal) -> CodecResult<Self::Value> {
        self.kept(self.types.make_decimal(self.py, &value))
    }

    fn enumeration(&mut self, of: &EnumType, value: &EnumValue) -> CodecResult<Self::Value> {
        let class = self.classes.enumeration(of.index(), of.name())?;
        Ok(class.member(value.number()).bind(self.py).clone())
    }

    fn null(&mut self) -> CodecResult<Self::Value> {
        Ok(self.py.None().into_bound(self.py))
    }

    fn begin_message(&mut self, of: &MessageType) -> CodecResult<Self::Message> {
        let class = self.classes.message(of.index(), of.name())?;
        let object = self.kept(class.allocate(self.py))?;
        Ok(Message { object, class })
    }

    fn absent(&mut self, message: &mut Self::Message, field: &Field) -> CodecResult<()> {
        // SAFETY: `None` is always there
        self.set(message, field, unsafe { ffi::Py_None() })
    }

    fn begin_field(&mut self, _: &mut Self::Message, _: &Field) -> CodecResult<()> {
        Ok(())
    }

    fn field(&mut self, message: &mut Self::Message, field: &Field, value: Self::Value) -> CodecResult<()> {
        self.set(message, field, value.as_ptr())
    }

    fn end_message(&mut self, _: &MessageType, message: Self::Message) -> CodecResult<Self::Value> {
        Ok(message.object)
    }

    fn begin_case(&mut self, _: &UnionType, _: &Case) -> CodecResult<()> {
        Ok(())
    }

    fn end_case(&mut self, of: &UnionType, case: &Case, value: Self::Value) -> CodecResult<Self::Value> {
        let class = self.classes.union(of.index(), of.name())?;
        let place = of.cases().partition_point(|other| other.number() < case.number());
        let Some(class) = class.case(place) else {
            return Err(CodecError::new(
                CodecErrorKind::Refused,
                "the class of the case",
                "none: its module is not imported",
            ));
        };
        self.kept(class.bind(self.py).call1((value,)))
    }

    fn begin_list(&mut self, sequence: Sequence, _: usize) -> CodecResult<Self::List> {
        match sequence {
            Sequence::List => Ok(PyList::empty(self.py).into_any()),
            Sequence::Set => self.kept(PySet::empty(self.py)).map(Bound::into_any),
        }
    }

    fn begin_element(&mut self, _: &mut Self::List) -> CodecResult<()> {
        Ok(())
    }

    fn element(&mut self, list: &mut Self::List, value: Self::Value) -> CodecResult<()> {
        // SAFETY: both are alive, and the list is one of the two that `begin_list` makes
        let result = unsafe {
            if ffi::PyList_Check(list.as_ptr()) != 0 {
                ffi::PyList_Append(list.as_ptr(), value.as_ptr())
            } else {
                ffi::PySet_Add(list.as_ptr(), value.as_ptr())
            }
        };
        if result == 0 {
            return Ok(());
        }
        Err(raised(self.py, &PyErr::fetch(self.py)))
    }

    fn end_list(&mut self, list: Self::List) -> CodecResult<Self::Value> {
        Ok(list)
    }

    fn begin_map(&mut self, _: usize) -> CodecResult<Self::Map> {
        Ok(Map {
            dict: PyDict::new(self.py),
            key: None,
        })
    }

    fn key(&mut self, map: &mut Self::Map, key: &Key<'_>) -> CodecResult<()> {
        let key = match key {
            Key::Bool(value) => self.bool(*value)?,
            // SAFETY: the interpreter is held
            Key::Signed(value) => self.owned(unsafe { ffi::PyLong_FromLongLong(*value) })?,
            // SAFETY: the interpreter is held
            Key::Unsigned(value) => self.owned(unsafe { ffi::PyLong_FromUnsignedLongLong(*value) })?,
            Key::Text(value) => self.string(value)?,
            Key::Enum(value) => {
                let class = self.classes.enumeration(value.of(), "the key of a map")?;
                class.member(value.number()).bind(self.py).clone()
            }
            _ => {
                return Err(CodecError::new(
                    CodecErrorKind::Refused,
                    "a key that this version knows",
                    "another",
                ));
            }
        };
        map.key = Some(key);
        Ok(())
    }

    fn entry(&mut self, map: &mut Self::Map, value: Self::Value) -> CodecResult<()> {
        let Some(key) = map.key.take() else {
            return Err(CodecError::new(
                CodecErrorKind::Malformed,
                "a key before its value",
                "none",
            ));
        };
        self.kept(map.dict.set_item(key, value))
    }

    fn end_map(&mut self, map: Self::Map) -> CodecResult<Self::Value> {
        Ok(map.dict.into_any())
    }
}
