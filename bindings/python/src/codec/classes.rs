//! The classes of generated code, each beside its type of the table.

use aster_runtime::codec::table::{MessageType, TypeIndex};
use aster_runtime::codec::{CodecError, CodecErrorKind, CodecResult};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};
use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::OnceLock;

/// The class of a type, once its module was imported.
pub(crate) struct Classes(Box<[OnceLock<Class>]>);

pub(crate) enum Class {
    Message(MessageClass),
    Enum(EnumClass),
    Union(UnionClass),
}

/// The dataclass of a message.
pub(crate) struct MessageClass {
    pub(crate) class: Py<PyType>,
    /// Makes an instance without calling anything of Python's.
    alloc: Alloc,
    /// The attributes, by the place of the field.
    attributes: Box<[Attribute]>,
}

/// An attribute of a dataclass.
pub(crate) struct Attribute {
    name: Py<PyString>,
    slot: Option<Slot>,
}

/// A member of `__slots__`: its descriptor, and what that calls. An instance of just this class needs no look-up.
struct Slot {
    descriptor: Py<PyAny>,
    get: ffi::descrgetfunc,
    set: ffi::descrsetfunc,
}

impl Attribute {
    fn new(class: &Bound<'_, PyType>, name: &str) -> PyResult<Self> {
        Ok(Self {
            name: PyString::intern(class.py(), name).unbind(),
            slot: Slot::of(class, name)?,
        })
    }

    /// The value of an object; `exact` says that it is of just the class, and of none that derives from it.
    #[inline]
    pub(crate) fn get<'py>(&self, object: &Bound<'py, PyAny>, exact: bool) -> PyResult<Bound<'py, PyAny>> {
        let value = match &self.slot {
            // SAFETY: all are alive; it returns a new reference or sets an error
            Some(slot) if exact => unsafe {
                (slot.get)(
                    slot.descriptor.as_ptr(),
                    object.as_ptr(),
                    object.get_type_ptr().cast(),
                )
            },
            // SAFETY: both are alive; it returns a new reference or sets an error
            _ => unsafe { ffi::PyObject_GetAttr(object.as_ptr(), self.name.as_ptr()) },
        };
        // SAFETY: as said above
        unsafe { Bound::from_owned_ptr_or_err(object.py(), value) }
    }

    /// Sets the attribute of an object of just the class.
    ///
    /// # Safety
    /// `value` is an object that is alive.
    #[inline]
    pub(crate) unsafe fn set(&self, object: &Bound<'_, PyAny>, value: *mut ffi::PyObject) -> PyResult<()> {
        let set = match &self.slot {
            // SAFETY: all are alive
            Some(slot) => unsafe { (slot.set)(slot.descriptor.as_ptr(), object.as_ptr(), value) },
            // SAFETY: all are alive
            None => unsafe { ffi::PyObject_SetAttr(object.as_ptr(), self.name.as_ptr(), value) },
        };
        if set == 0 {
            Ok(())
        } else {
            Err(PyErr::fetch(object.py()))
        }
    }
}

impl Slot {
    /// The slot of that name, if the class itself has one.
    fn of(class: &Bound<'_, PyType>, name: &str) -> PyResult<Option<Self>> {
        let py = class.py();
        let descriptor = match class.getattr(intern!(py, "__dict__"))?.get_item(name) {
            Ok(descriptor) => descriptor,
            Err(_) => return Ok(None),
        };
        let kind = py.import("types")?.getattr("MemberDescriptorType")?;
        if !descriptor.get_type().is(&kind) {
            return Ok(None);
        }
        // SAFETY: a type is asked for two of its slots, which hold functions of these kinds
        unsafe {
            let class = descriptor.get_type_ptr();
            let (get, set) = (
                ffi::PyType_GetSlot(class, ffi::Py_tp_descr_get),
                ffi::PyType_GetSlot(class, ffi::Py_tp_descr_set),
            );
            if get.is_null() || set.is_null() {
                return Ok(None);
            }
            Ok(Some(Self {
                descriptor: descriptor.unbind(),
                get: std::mem::transmute::<*mut c_void, ffi::descrgetfunc>(get),
                set: std::mem::transmute::<*mut c_void, ffi::descrsetfunc>(set),
            }))
        }
    }
}

type Alloc = unsafe extern "C" fn(*mut ffi::PyTypeObject, ffi::Py_ssize_t) -> *mut ffi::PyObject;

/// The `IntEnum` of an enum.
pub(crate) struct EnumClass {
    pub(crate) class: Py<PyType>,
    /// By number, as the values of the type.
    members: Box<[(u32, Py<PyAny>)]>,
    /// Places in `members`, by the address of the member.
    places: HashMap<usize, usize>,
}

/// The dataclasses of a union's cases, in the order of the type; an empty one where its module is being imported.
pub(crate) struct UnionClass {
    cases: Box<[OnceLock<Py<PyType>>]>,
}

impl Classes {
    pub(crate) fn new(count: usize) -> Self {
        Self((0..count).map(|_| OnceLock::new()).collect())
    }

    /// Says what the class of a type is.
    ///
    /// # Errors
    /// It has one.
    pub(crate) fn set(&self, index: TypeIndex, name: &str, class: Class) -> PyResult<()> {
        self.0[index.place()]
            .set(class)
            .map_err(|_| PyTypeError::new_err(format!("`{name}` has a class already")))
    }

    pub(crate) fn message(&self, index: TypeIndex, name: &str) -> CodecResult<&MessageClass> {
        match self.0[index.place()].get() {
            Some(Class::Message(class)) => Ok(class),
            _ => Err(not_imported(name)),
        }
    }

    pub(crate) fn enumeration(&self, index: TypeIndex, name: &str) -> CodecResult<&EnumClass> {
        match self.0[index.place()].get() {
            Some(Class::Enum(class)) => Ok(class),
            _ => Err(not_imported(name)),
        }
    }

    pub(crate) fn union(&self, index: TypeIndex, name: &str) -> CodecResult<&UnionClass> {
        match self.0[index.place()].get() {
            Some(Class::Union(class)) => Ok(class),
            _ => Err(not_imported(name)),
        }
    }

    /// The union's cases, to which one is added.
    pub(crate) fn union_of(&self, index: TypeIndex, cases: usize) -> Option<&UnionClass> {
        let class = self.0[index.place()].get_or_init(|| {
            Class::Union(UnionClass {
                cases: (0..cases).map(|_| OnceLock::new()).collect(),
            })
        });
        match class {
            Class::Union(class) => Some(class),
            _ => None,
        }
    }
}

#[cold]
fn not_imported(name: &str) -> CodecError {
    CodecError::new(
        CodecErrorKind::Refused,
        format!("the class of `{name}`"),
        "none: the module that generated code has it in is not imported",
    )
}

impl MessageClass {
    /// `renamed` has the attributes whose names are not the fields'.
    ///
    /// # Errors
    /// An attribute of a field that the message does not have.
    pub(crate) fn new(
        class: &Bound<'_, PyType>,
        of: &MessageType,
        mut renamed: HashMap<String, String>,
    ) -> PyResult<Self> {
        let mut attributes: Vec<_> = of.fields().iter().map(|_| None).collect();
        for field in of.fields() {
            let attribute = renamed.remove(field.name());
            let attribute = attribute.as_deref().unwrap_or_else(|| field.name());
            attributes[field.place()] = Some(Attribute::new(class, attribute)?);
        }
        if let Some(field) = renamed.keys().next() {
            return Err(PyValueError::new_err(format!(
                "`{}` has no field `{field}`",
                of.name()
            )));
        }
        // SAFETY: `class` is a type, and the slot of an allocator holds a function of this kind
        let alloc = unsafe {
            let slot: *mut c_void = ffi::PyType_GetSlot(class.as_type_ptr(), ffi::Py_tp_alloc);
            if slot.is_null() {
                return Err(PyTypeError::new_err("the class of a message cannot be allocated"));
            }
            std::mem::transmute::<*mut c_void, Alloc>(slot)
        };
        Ok(Self {
            class: class.clone().unbind(),
            alloc,
            attributes: attributes.into_iter().flatten().collect(),
        })
    }

    /// An instance of which no attribute is set.
    pub(crate) fn allocate<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        // SAFETY: the allocator is that of the class, which is no variable-sized object's; it returns a new reference or sets an error
        unsafe {
            let object = (self.alloc)(self.class.as_ptr().cast(), 0);
            Bound::from_owned_ptr_or_err(py, object)
        }
    }

    pub(crate) fn attribute(&self, place: usize) -> &Attribute {
        &self.attributes[place]
    }
}

impl EnumClass {
    pub(crate) fn new(class: &Bound<'_, PyType>, members: Vec<(u32, Py<PyAny>)>) -> Self {
        let places = members.iter().enumerate();
        Self {
            class: class.clone().unbind(),
            places: places
                .map(|(place, (_, member))| (member.as_ptr() as usize, place))
                .collect(),
            members: members.into(),
        }
    }

    /// The member with a number of the type.
    pub(crate) fn member(&self, number: u32) -> &Py<PyAny> {
        // many enums count from 0
        match self.members.get(number as usize) {
            Some((other, member)) if *other == number => member,
            _ => {
                let place = self.members.partition_point(|(other, _)| *other < number);
                &self.members[place].1
            }
        }
    }

    /// The place of a member; `None` for what is none.
    pub(crate) fn place(&self, object: &Bound<'_, PyAny>) -> Option<usize> {
        self.places.get(&(object.as_ptr() as usize)).copied()
    }
}

impl UnionClass {
    /// # Errors
    /// The case has a class.
    pub(crate) fn set(&self, place: usize, class: &Bound<'_, PyType>) -> PyResult<()> {
        self.cases[place]
            .set(class.clone().unbind())
            .map_err(|_| PyTypeError::new_err("a case of a union has a class already"))
    }

    pub(crate) fn case(&self, place: usize) -> Option<&Py<PyType>> {
        self.cases[place].get()
    }

    /// The place of the case whose class an object has.
    pub(crate) fn place(&self, object: &Bound<'_, PyAny>) -> Option<usize> {
        let class = object.get_type_ptr();
        let is = |case: &OnceLock<Py<PyType>>| case.get().is_some_and(|case| case.as_ptr() == class.cast());
        self.cases.iter().position(is)
    }
}
