//! A client: admitted at one server, and connected to it.

use crate::address;
use crate::builtin::{self, Interceptors};
use crate::call::Stub;
use crate::dynamic;
use crate::environment::Environment;
use crate::error;
use crate::failure::Failure;
use crate::health;
use crate::metadata;
use crate::node::Node;
use crate::queue::Bridge;
use crate::service::{Service, Shown};
use crate::session::Session;
use crate::value::Value;
use aster_bindings::describe::Asking;
use aster_runtime as runtime;
use aster_runtime::trust::RootPublicKey;
use aster_runtime::{RetryPolicy, client};
use napi::{Env, Result};
use napi_derive::napi;

/// A connection to one server that has admitted this node.
#[napi]
pub struct Client {
    client: runtime::Client,
    bridge: Bridge,
}

/// How a client connects.
#[napi(object)]
pub struct ClientOptions {
    pub timeout_ms: Option<f64>,
    pub retry: Option<bool>,
    pub uncompressed: Option<Vec<String>>,
    pub mesh: Option<String>,
    pub trust_address: Option<bool>,
}

/// Makes a client.
#[napi]
pub struct ClientBuilder {
    builder: Option<runtime::ClientBuilder>,
    bridge: Bridge,
}

#[napi]
impl ClientBuilder {
    #[napi(constructor)]
    pub fn new(env: Env, environment: &Environment, node: &Node, options: ClientOptions) -> Result<Self> {
        let mut builder = runtime::Client::builder(node.node());
        if let Some(time) = metadata::duration(&env, options.timeout_ms)? {
            builder = builder.connect_time(time);
        }
        if options.retry == Some(false) {
            builder = builder.retry(RetryPolicy::off());
        }
        for path in options.uncompressed.unwrap_or_default() {
            builder = builder.uncompressed(path);
        }
        if let Some(mesh) = options.mesh {
            let mesh = mesh.parse::<RootPublicKey>();
            builder = builder.mesh(mesh.map_err(|error| error::range(&env, format!("mesh: {error}")))?);
        }
        if options.trust_address == Some(true) {
            builder = builder.trust_address();
        }
        Ok(Self {
            builder: Some(builder),
            bridge: environment.bridge.clone(),
        })
    }

    /// Adds an interceptor: one of the runtime's, or the number of one in JavaScript.
    #[napi]
    pub fn intercept(&mut self, env: Env, interceptor: Interceptors<'_>) -> Result<()> {
        if let Some(builder) = self.builder.take() {
            self.builder = Some(builtin::at_client(&env, builder, &self.bridge, interceptor)?);
        }
        Ok(())
    }

    /// Connects to the server at an address.
    #[napi]
    pub fn connect(&mut self, env: Env, token: u32, address: String) -> Result<()> {
        let address = address::peer(&env, &address)?;
        let builder = self.builder.take();
        let builder = builder.ok_or_else(|| error::plain("a client is connected once"))?;
        let bridge = self.bridge.clone();
        self.bridge.run(
            &env,
            token,
            async move { builder.connect(address).await.map_err(Failure::from) },
            move |client| Value::object(Client { client, bridge }),
        )
    }
}

#[napi]
impl Client {
    /// The server's key, in hexadecimal digits.
    #[napi(getter)]
    pub fn peer(&self) -> String {
        self.client.peer().to_string()
    }

    /// Names, versions and contract ids of the services, one after the other.
    #[napi(getter, ts_return_type = "[string, number, string][]")]
    pub fn services(&self) -> Shown {
        let services = self.client.services();
        Shown(Value::List(
            services
                .iter()
                .map(|entry| {
                    Value::List(vec![
                        Value::text(&entry.name),
                        Value::Number(f64::from(entry.version)),
                        Value::text(&entry.contract_id),
                    ])
                })
                .collect(),
        ))
    }

    /// Calls a service.
    #[napi]
    pub fn stub(&self, env: Env, service: &Service) -> Result<Stub> {
        match client::Stub::new(&self.client, service.info) {
            Ok(stub) => Ok(Stub::new(stub, &self.bridge)),
            Err(error) => Err(error::failure(&env, error.into())),
        }
    }

    /// The service of that name, as the server describes it.
    #[napi]
    pub fn service(&self, env: Env, token: u32, name: String, contract_id: Option<String>) -> Result<()> {
        let asking = Asking::Client(self.client.clone());
        dynamic::describe(&env, &self.bridge, token, asking, name, contract_id)
    }

    /// How a service of the server does; without a name, how the whole server does.
    #[napi]
    pub fn health(&self, env: Env, token: u32, service: String) -> Result<()> {
        health::ask(&env, &self.bridge, token, &self.client, service)
    }

    /// A session.
    #[napi]
    pub fn session(&self, overlapping: bool) -> Session {
        let session = self.client.session();
        let session = if overlapping {
            session.overlapping()
        } else {
            session
        };
        Session {
            session,
            bridge: self.bridge.clone(),
        }
    }

    /// Ends the connection, for good.
    #[napi]
    pub fn close(&self) {
        self.client.close();
    }
}
