//! Instances of the generated classes become a payload.

use super::classes::{Classes, MessageClass};
use super::values::{Types, found, raised, wrong_type};
use aster_runtime::codec::table::{Case, EnumType, EnumValue, MessageType, Sequence, Source, UnionType};
use aster_runtime::codec::{CodecError, CodecErrorKind, CodecResult};
use aster_runtime::contract::model::Primitive;
use bigdecimal::BigDecimal;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use pyo3::exceptions::PyOverflowError;
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PySet, PyString};
use std::borrow::Cow;

/// What is known while a message is encoded.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) classes: &'a Classes,
    pub(super) types: &'a Types,
}

/// A value of Python's. Held, as properties and other threads may change what it is taken from.
#[derive(Clone)]
pub(super) struct Object<'a, 'py> {
    pub(super) known: Known<'a>,
    pub(super) object: Bound<'py, PyAny>,
}

impl<'a, 'py> Object<'a, 'py> {
    fn with(&self, object: Bound<'py, PyAny>) -> Self {
        Self {
            known: self.known,
            object,
        }
    }

    /// The integer, which is no `bool`.
    fn integer(&self) -> CodecResult<&Bound<'py, PyInt>> {
        match self.object.cast::<PyInt>() {
            Ok(integer) if !self.object.is_instance_of::<PyBool>() => Ok(integer),
            _ => Err(wrong_type("an int", &self.object)),
        }
    }

    #[cold]
    fn out_of_range(&self, primitive: Primitive) -> CodecError {
        let expected = format!("an int in the range of {primitive}");
        CodecError::new(CodecErrorKind::OutOfRange, expected, found(&self.object))
    }

    /// A float, or an integer that is near one.
    fn float(&self) -> CodecResult<f64> {
        if let Ok(float) = self.object.cast::<PyFloat>() {
            return Ok(float.value());
        }
        if self.object.is_instance_of::<PyInt>() && !self.object.is_instance_of::<PyBool>() {
            return self.object.extract().map_err(|_| self.beyond());
        }
        Err(wrong_type("a float", &self.object))
    }

    #[cold]
    fn beyond(&self) -> CodecError {
        let expected = "a number that is not beyond the largest one";
        CodecError::new(CodecErrorKind::OutOfRange, expected, found(&self.object))
    }

    fn raised(&self, error: &PyErr) -> CodecError {
        raised(self.object.py(), error)
    }
}

impl<'a, 'py> Source for Object<'a, 'py> {
    /// Python's sets and dicts are.
    const DISTINCT: bool = true;
    /// The class, and whether the object is of just that.
    type Fields = (&'a MessageClass, bool);
    type Elements = Elements<'a, 'py>;
    type Entries = Entries<'a, 'py>;

    fn is_null(&self) -> bool {
        self.object.is_none()
    }

    fn bool(&self) -> CodecResult<bool> {
        match self.object.cast::<PyBool>() {
            Ok(value) => Ok(value.is_true()),
            Err(_) => Err(wrong_type("a bool", &self.object)),
        }
    }

    fn signed(&self, primitive: Primitive) -> CodecResult<i64> {
        self.integer()?;
        // SAFETY: the object is an integer, and alive
        let value = unsafe { ffi::PyLong_AsLongLong(self.object.as_ptr()) };
        if value == -1
            && let Some(error) = PyErr::take(self.object.py())
        {
            return Err(if error.is_instance_of::<PyOverflowError>(self.object.py()) {
                self.out_of_range(primitive)
            } else {
                self.raised(&error)
            });
        }
        Ok(value)
    }

    fn unsigned(&self, primitive: Primitive) -> CodecResult<u64> {
        self.integer()?;
        // SAFETY: the object is an integer, and alive
        let value = unsafe { ffi::PyLong_AsUnsignedLongLong(self.object.as_ptr()) };
        if value == u64::MAX && PyErr::take(self.object.py()).is_some() {
            return Err(self.out_of_range(primitive));
        }
        Ok(value)
    }

    fn float32(&self) -> CodecResult<f32> {
        let value = self.float()?;
        // the nearest; what is beyond the largest is not near any
        let narrow = value as f32;
        if narrow.is_infinite() && value.is_finite() {
            return Err(self.beyond());
        }
        Ok(narrow)
    }

    fn float64(&self) -> CodecResult<f64> {
        self.float()
    }

    fn string(&self) -> CodecResult<Cow<'_, str>> {
        let Ok(text) = self.object.cast::<PyString>() else {
            return Err(wrong_type("a str", &self.object));
        };
        text.to_str()
            .map(Cow::Borrowed)
            .map_err(|_| CodecError::new(CodecErrorKind::InvalidText, "text", "a lone surrogate"))
    }

    fn bytes(&self) -> CodecResult<Cow<'_, [u8]>> {
        match self.object.cast::<PyBytes>() {
            Ok(bytes) => Ok(Cow::Borrowed(bytes.as_bytes())),
            Err(_) => Err(wrong_type("bytes", &self.object)),
        }
    }

    fn timestamp(&self) -> CodecResult<Timestamp> {
        self.known.types.timestamp(&self.object)
    }

    fn duration(&self) -> CodecResult<SignedDuration> {
        self.known.types.duration(&self.object)
    }

    fn date(&self) -> CodecResult<Date> {
        self.known.types.date(&self.object)
    }

    fn decimal(&self) -> CodecResult<BigDecimal> {
        self.known.types.decimal(&self.object)
    }

    fn enumeration<'t>(&self, of: &'t EnumType) -> CodecResult<&'t EnumValue> {
        let class = self.known.classes.enumeration(of.index(), of.name())?;
        class
            .place(&self.object)
            .map(|place| &of.values()[place])
            .ok_or_else(|| {
                let name = class.class.bind(self.object.py()).qualname();
                let name = name.map_or_else(|_| of.name().to_owned(), |name| name.to_string());
                wrong_type(format!("a member of {name}"), &self.object)
            })
    }

    fn message(&self, of: &MessageType) -> CodecResult<Self::Fields> {
        let class = self.known.classes.message(of.index(), of.name())?;
        let expected = class.class.bind(self.object.py());
        if self.object.get_type_ptr().cast() == expected.as_ptr() {
            return Ok((class, true));
        }
        if self.object.is_instance(expected).unwrap_or(false) {
            return Ok((class, false));
        }
        let name = expected.qualname();
        let name = name.map_or_else(|_| of.name().to_owned(), |name| name.to_string());
        Err(wrong_type(format!("an instance of {name}"), &self.object))
    }

    fn field(
        &self,
        (class, exact): &Self::Fields,
        of: &MessageType,
        index: usize,
    ) -> CodecResult<Option<Self>> {
        let field = &of.fields()[index];
        let value = match class.attribute(field.place()).get(&self.object, *exact) {
            Ok(value) => value,
            Err(error) => return Err(self.raised(&error)),
        };
        if value.is_none() && field.is_optional() {
            return Ok(None);
        }
        Ok(Some(self.with(value)))
    }

    fn case<'t>(&self, of: &'t UnionType) -> CodecResult<(&'t Case, Self)> {
        let class = self.known.classes.union(of.index(), of.name())?;
        let Some(place) = class.place(&self.object) else {
            return Err(wrong_type(format!("a case of `{}`", of.name()), &self.object));
        };
        match self.object.getattr(intern!(self.object.py(), "value")) {
            Ok(value) => Ok((&of.cases()[place], self.with(value))),
            Err(error) => Err(self.raised(&error)),
        }
    }

    fn elements(&self, sequence: Sequence) -> CodecResult<Elements<'a, 'py>> {
        let list = match sequence {
            Sequence::List => match self.object.cast::<PyList>() {
                Ok(list) => list.clone(),
                Err(_) => return Err(wrong_type("a list", &self.object)),
            },
            Sequence::Set => {
                let Ok(set) = self.object.cast::<PySet>() else {
                    return Err(wrong_type("a set", &self.object));
                };
                match PyList::new(self.object.py(), set.iter()) {
                    Ok(list) => list,
                    Err(error) => return Err(self.raised(&error)),
                }
            }
        };
        Ok(Elements {
            known: self.known,
            left: list.len(),
            list,
            next: 0,
        })
    }

    fn entries(&self) -> CodecResult<Entries<'a, 'py>> {
        match self.object.cast::<PyDict>() {
            Ok(dict) => Ok(Entries {
                known: self.known,
                items: dict.items(),
                next: 0,
            }),
            Err(_) => Err(wrong_type("a dict", &self.object)),
        }
    }
}

/// Elements of a list, whose length is that of when they were asked for.
#[derive(Clone)]
pub(super) struct Elements<'a, 'py> {
    known: Known<'a>,
    list: Bound<'py, PyList>,
    next: usize,
    left: usize,
}

impl<'a, 'py> Iterator for Elements<'a, 'py> {
    type Item = Object<'a, 'py>;

    fn next(&mut self) -> Option<Object<'a, 'py>> {
        let left = self.left.checked_sub(1)?;
        let object = self.list.get_item(self.next).ok()?;
        self.next += 1;
        self.left = left;
        Some(Object {
            known: self.known,
            object,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Elements<'_, '_> {}

/// Keys and values of a dict, as they were when they were asked for.
#[derive(Clone)]
pub(super) struct Entries<'a, 'py> {
    known: Known<'a>,
    items: Bound<'py, PyList>,
    next: usize,
}

impl<'a, 'py> Iterator for Entries<'a, 'py> {
    type Item = (Object<'a, 'py>, Object<'a, 'py>);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = self.items.get_item(self.next).ok()?.extract().ok()?;
        self.next += 1;
        let object = |object| Object {
            known: self.known,
            object,
        };
        Some((object(key), object(value)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.items.len().saturating_sub(self.next);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Entries<'_, '_> {}
