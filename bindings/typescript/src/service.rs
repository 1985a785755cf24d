//! Services, as generated code describes them.

use crate::error;
use crate::value::Value;
use aster_runtime as runtime;
use aster_runtime::codec::table::Types;
use aster_runtime::contract::model::{ContractId, Pattern, Scope};
use aster_runtime::raw::service_info;
use napi::bindgen_prelude::Uint8Array;
use napi::{Env, Result, sys};
use napi_derive::napi;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Those of the process: what is known of a service stays, once for all workers that load its code.
static KNOWN: Mutex<Option<HashMap<Key, &'static runtime::service::ServiceInfo>>> = Mutex::new(None);

type Key = (String, ContractId);

/// A service: what servers and clients know of it.
#[napi]
pub struct Service {
    pub(crate) info: &'static runtime::service::ServiceInfo,
}

pub(crate) fn pattern(pattern: Pattern) -> &'static str {
    match pattern {
        Pattern::Unary => "unary",
        Pattern::ServerStream => "serverStream",
        Pattern::ClientStream => "clientStream",
        Pattern::BidiStream => "bidiStream",
    }
}

#[napi]
impl Service {
    /// The service of that name and contract; `types` and `nested` are the definitions of its package, as they are hashed.
    #[napi(constructor)]
    pub fn new(
        name: String,
        contract_id: String,
        contract: Uint8Array,
        types: Vec<Uint8Array>,
        nested: Vec<Uint8Array>,
    ) -> Result<Self> {
        let id = contract_id.parse::<ContractId>();
        let id = id.map_err(|_| error::plain(format!("`{contract_id}` is no contract id")))?;
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get_or_insert_default();
        let key = (name, id);
        if let Some(info) = known.get(&key) {
            return Ok(Self { info });
        }
        let damaged = |what: &str, error: &dyn std::fmt::Display| {
            error::plain(format!(
                "the {what} of `{}` are damaged, generate the code again: {error}",
                key.0
            ))
        };
        let types: Vec<&[u8]> = types.iter().map(|bytes| &**bytes).collect();
        let nested: Vec<&[u8]> = nested.iter().map(|bytes| &**bytes).collect();
        let table = Types::build(&types, &nested).map_err(|error| damaged("types", &error))?;
        let info = service_info(&table, &key.0, id, &contract, &types, &nested)
            .map_err(|error| damaged("methods", &error))?;
        known.insert(key, info);
        Ok(Self { info })
    }

    /// Whether each session has an instance of its own.
    #[napi(getter)]
    pub fn is_session(&self) -> bool {
        self.info.scope == Scope::Session
    }

    /// The names of the methods, in the order of the contract.
    #[napi(getter)]
    pub fn methods(&self) -> Vec<&'static str> {
        self.info.methods.iter().map(|method| method.name).collect()
    }
}

/// A value for JavaScript at once.
pub struct Shown(pub(crate) Value);

impl napi::bindgen_prelude::ToNapiValue for Shown {
    unsafe fn to_napi_value(env: sys::napi_env, shown: Self) -> Result<sys::napi_value> {
        shown.0.make(&Env::from_raw(env))
    }
}
