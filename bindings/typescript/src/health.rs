//! How the services of a server do: said there, asked for by clients.

use crate::error;
use crate::failure::Failure;
use crate::queue::Bridge;
use crate::value::Value;
use aster_runtime as runtime;
use aster_runtime::aster_node::{Health, HealthReporter, NodeClient};
use napi::{Env, Result};
use napi_derive::napi;

/// Says to peers how the services of a server do.
#[napi]
pub struct HealthReport(pub(crate) HealthReporter);

#[napi]
impl HealthReport {
    /// The service of that full name can be called, or not; without a name, the whole server.
    #[napi]
    pub fn set(&self, env: Env, service: String, serving: bool) -> Result<()> {
        let told = if serving {
            self.0.set_serving(&service)
        } else {
            self.0.set_not_serving(&service)
        };
        told.map_err(|error| error::failure(&env, Failure::not_found(error.to_string())))
    }

    /// How it does.
    #[napi]
    pub fn get(&self, service: String) -> &'static str {
        shown(self.0.get(&service))
    }
}

fn shown(health: Health) -> &'static str {
    match health {
        Health::Serving => "serving",
        Health::NotServing => "not serving",
        _ => "unknown",
    }
}

/// Asks a server how a service does; without a name, how the whole server does.
pub(crate) fn ask(
    env: &Env,
    bridge: &Bridge,
    token: u32,
    client: &runtime::Client,
    service: String,
) -> Result<()> {
    let node = NodeClient::new(client).map_err(|error| error::failure(env, error.into()))?;
    bridge.run(
        env,
        token,
        async move { node.health(service).await.map_err(Failure::from) },
        |health| Value::text(shown(health)),
    )
}
