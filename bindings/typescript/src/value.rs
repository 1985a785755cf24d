//! What the runtime's thread hands over to JavaScript, until it is made there.

use bytes::Bytes;
use napi::bindgen_prelude::ToNapiValue;
use napi::{Env, Result, check_status, sys};
use std::ffi::c_void;
use std::ptr;

/// From so many bytes on, what arrived is given to JavaScript as it lies in memory; less is copied.
pub(crate) const LARGE: usize = 32 * 1024;

/// A value to be.
pub(crate) enum Value {
    Undefined,
    Bool(bool),
    Number(f64),
    Big(u64),
    Text(String),
    Bytes(Bytes),
    List(Vec<Value>),
    Record(Vec<(&'static str, Value)>),
    /// An instance of a class, which is made on the thread of the environment.
    Object(Make),
}

/// Makes an object, on the thread of its environment.
pub(crate) type Make = Box<dyn FnOnce(&Env) -> Result<sys::napi_value> + Send>;

impl Value {
    pub(crate) fn text(text: impl ToString) -> Self {
        Self::Text(text.to_string())
    }

    pub(crate) fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(|text| Self::Text(text.into())).collect())
    }

    /// An instance of a class of this module.
    pub(crate) fn object<T: ToNapiValue + Send + 'static>(object: T) -> Self {
        Self::Object(Box::new(move |env| {
            // SAFETY: the environment is the one that this runs in
            unsafe { T::to_napi_value(env.raw(), object) }
        }))
    }

    pub(crate) fn or_undefined(value: Option<Self>) -> Self {
        value.unwrap_or(Self::Undefined)
    }

    /// Makes it, in the environment whose thread this is.
    ///
    /// # Errors
    /// The environment ends, or has no memory left.
    pub(crate) fn make(self, env: &Env) -> Result<sys::napi_value> {
        let raw = env.raw();
        let mut made = ptr::null_mut();
        // SAFETY: `raw` is the environment whose thread this is, and pointers are to what lives over each call
        unsafe {
            match self {
                Self::Undefined => check_status!(sys::napi_get_undefined(raw, &raw mut made))?,
                Self::Bool(value) => check_status!(sys::napi_get_boolean(raw, value, &raw mut made))?,
                Self::Number(value) => check_status!(sys::napi_create_double(raw, value, &raw mut made))?,
                Self::Big(value) => check_status!(sys::napi_create_bigint_uint64(raw, value, &raw mut made))?,
                Self::Text(text) => {
                    let length = text.len().cast_signed();
                    check_status!(sys::napi_create_string_utf8(
                        raw,
                        text.as_ptr().cast(),
                        length,
                        &raw mut made
                    ))?;
                }
                Self::Bytes(bytes) => return self::bytes(raw, bytes),
                Self::List(values) => {
                    check_status!(sys::napi_create_array_with_length(
                        raw,
                        values.len(),
                        &raw mut made
                    ))?;
                    for (place, value) in (0..).zip(values) {
                        let value = value.make(env)?;
                        check_status!(sys::napi_set_element(raw, made, place, value))?;
                    }
                }
                Self::Record(fields) => {
                    check_status!(sys::napi_create_object(raw, &raw mut made))?;
                    for (name, value) in fields {
                        let value = value.make(env)?;
                        let name = Self::text(name).make(env)?;
                        check_status!(sys::napi_set_property(raw, made, name, value))?;
                    }
                }
                Self::Object(make) => return make(env),
            }
        }
        Ok(made)
    }
}

/// A `Uint8Array`.
fn bytes(raw: sys::napi_env, bytes: Bytes) -> Result<sys::napi_value> {
    if bytes.len() < LARGE {
        return copied(raw, bytes.len(), |room| room.copy_from_slice(&bytes));
    }
    let (mut buffer, mut made) = (ptr::null_mut(), ptr::null_mut());
    let length = bytes.len();
    // nobody else holds what was read of a stream: JavaScript may write to it
    let data = bytes.as_ptr().cast_mut();
    let hint = Box::into_raw(Box::new(bytes));
    // SAFETY: the memory lives until `drop_bytes` takes the box, which it does once, on success
    let given = unsafe {
        sys::napi_create_external_arraybuffer(
            raw,
            data.cast(),
            length,
            Some(drop_bytes),
            hint.cast(),
            &raw mut buffer,
        )
    };
    if given != sys::Status::napi_ok {
        // such as an environment that takes no memory of others
        // SAFETY: the call has failed, so that nobody else takes the box
        let bytes = unsafe { Box::from_raw(hint) };
        return copied(raw, length, |room| room.copy_from_slice(&bytes));
    }
    // SAFETY: the buffer was made above, of that length
    check_status!(unsafe { sys::napi_create_typedarray(raw, UINT8, length, buffer, 0, &raw mut made) })?;
    Ok(made)
}

const UINT8: sys::napi_typedarray_type = sys::TypedarrayType::uint8_array;

unsafe extern "C" fn drop_bytes(_env: sys::napi_env, _data: *mut c_void, hint: *mut c_void) {
    // SAFETY: the box that was given with the buffer
    drop(unsafe { Box::from_raw(hint.cast::<Bytes>()) });
}

/// A `Uint8Array` of memory of its own, which `fill` fills.
///
/// # Errors
/// There is no such memory.
pub(crate) fn copied(
    raw: sys::napi_env,
    length: usize,
    fill: impl FnOnce(&mut [u8]),
) -> Result<sys::napi_value> {
    let (mut data, mut buffer, mut made) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    // SAFETY: the environment is the one whose thread this is
    check_status!(unsafe { sys::napi_create_arraybuffer(raw, length, &raw mut data, &raw mut buffer) })?;
    if length > 0 {
        // SAFETY: the buffer has that length, and is zeroed; nobody else has it
        fill(unsafe { std::slice::from_raw_parts_mut(data.cast::<u8>(), length) });
    }
    // SAFETY: the buffer was made above, of that length
    check_status!(unsafe { sys::napi_create_typedarray(raw, UINT8, length, buffer, 0, &raw mut made) })?;
    Ok(made)
}
