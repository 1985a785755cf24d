//! Sessions at a client.

use crate::call::Stub;
use crate::dynamic;
use crate::error;
use crate::failure::Failure;
use crate::queue::Bridge;
use crate::service::{Service, Shown};
use crate::value::Value;
use aster_bindings::describe::Asking;
use aster_runtime as runtime;
use aster_runtime::client;
use napi::{Env, Result};
use napi_derive::napi;

/// Calls that share state at the server.
#[napi]
pub struct Session {
    pub(crate) session: runtime::Session,
    pub(crate) bridge: Bridge,
}

#[napi]
impl Session {
    /// The number of the session on its connection; `undefined` before the first call.
    #[napi(getter, ts_return_type = "bigint | undefined")]
    pub fn id(&self) -> Shown {
        Shown(Value::or_undefined(self.session.id().map(Value::Big)))
    }

    /// Calls a service in the session.
    #[napi]
    pub fn stub(&self, env: Env, service: &Service) -> Result<Stub> {
        match client::Stub::in_session(&self.session, service.info) {
            Ok(stub) => Ok(Stub::new(stub, &self.bridge)),
            Err(error) => Err(error::failure(&env, error.into())),
        }
    }

    /// The service of that name, as the server describes it; its calls are made in the session.
    #[napi]
    pub fn service(&self, env: Env, token: u32, name: String, contract_id: Option<String>) -> Result<()> {
        let asking = Asking::Session(self.session.clone());
        dynamic::describe(&env, &self.bridge, token, asking, name, contract_id)
    }

    /// Ends the session, after its running calls.
    #[napi]
    pub fn close(&self, env: Env, token: u32) -> Result<()> {
        let session = self.session.clone();
        self.bridge.run(
            &env,
            token,
            async move { session.close().await.map_err(Failure::from) },
            |()| Value::Undefined,
        )
    }
}
