//! Services without generated code: their server describes them, and messages are JSON.

use crate::error;
use crate::failure::Failure;
use crate::feed;
use crate::metadata;
use crate::queue::Bridge;
use crate::service::pattern;
use crate::value::Value;
use aster_bindings::describe::Asking;
use aster_bindings::sending::is_ours;
use aster_runtime as runtime;
use aster_runtime::contract::model::{ContractId, Pattern};
use aster_runtime::{ServiceError, Status};
use futures_util::{StreamExt as _, stream};
use napi::{Env, Result};
use napi_derive::napi;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// So many requests of a stream wait for the network.
const AHEAD: usize = 16;

type Requests = mpsc::Receiver<String>;
type Sender = mpsc::Sender<String>;

/// A service that its server has described.
#[napi]
pub struct DynamicService {
    service: runtime::DynamicService,
    bridge: Bridge,
}

/// A method of it.
#[napi]
pub struct DynamicMethod {
    method: runtime::DynamicMethod,
    bridge: Bridge,
    /// The requests that streams are sent, by the token of their call.
    uploads: Arc<Mutex<HashMap<u32, Sender>>>,
}

/// Asks a server to describe a service.
pub(crate) fn describe(
    env: &Env,
    bridge: &Bridge,
    token: u32,
    asking: Asking,
    name: String,
    contract_id: Option<String>,
) -> Result<()> {
    let contract_id = contract_id.map(|id| id.parse::<ContractId>()).transpose();
    let contract_id = contract_id.map_err(|error| {
        error::failure(env, Failure::range(format_args!("`contractId` is none: {error}")))
    })?;
    let of = bridge.clone();
    bridge.run(
        env,
        token,
        async move { asking.service(&name, contract_id).await.map_err(refused) },
        |service| Value::object(DynamicService { service, bridge: of }),
    )
}

fn refused(error: ServiceError) -> Failure {
    let text = error.to_string();
    match error {
        ServiceError::Stub(stub) => stub.into(),
        ServiceError::Call { status, .. } => Status::new(status.code(), text).into(),
        _ => Failure::Class("FailedPrecondition", text),
    }
}

#[napi]
impl DynamicService {
    /// The full name, `package.Name`.
    #[napi(getter)]
    pub fn name(&self) -> String {
        self.service.name().to_owned()
    }

    /// The id of the contract, to which all that was described was verified.
    #[napi(getter)]
    pub fn contract_id(&self) -> String {
        self.service.contract_id().to_string()
    }

    /// The names of the methods.
    #[napi(getter)]
    pub fn methods(&self) -> Vec<String> {
        let methods = self.service.methods();
        methods.map(|method| method.name().to_owned()).collect()
    }

    /// The method of that name.
    #[napi]
    pub fn method(&self, env: Env, name: String) -> Result<DynamicMethod> {
        let method = self.service.method(&name);
        let method = method.map_err(|status| error::failure(&env, status.into()))?;
        Ok(DynamicMethod {
            method,
            bridge: self.bridge.clone(),
            uploads: Arc::default(),
        })
    }
}

/// What goes with a call.
#[napi(object)]
pub struct DynamicOptions {
    pub timeout_ms: Option<f64>,
    pub metadata: Option<Vec<String>>,
    pub within: Option<u32>,
}

macro_rules! with_options {
    ($call:expr, $deadline:expr, $metadata:expr) => {{
        let mut call = $call;
        if let Some(deadline) = $deadline {
            call = call.deadline(deadline);
        }
        for (key, value) in metadata::entries($metadata) {
            call = call.metadata(key, value);
        }
        call
    }};
}

#[napi]
impl DynamicMethod {
    /// The name.
    #[napi(getter)]
    pub fn name(&self) -> String {
        self.method.name().to_owned()
    }

    /// Which sides stream.
    #[napi(getter)]
    pub fn pattern(&self) -> &'static str {
        pattern(self.method.pattern())
    }

    /// The full name of the request's type.
    #[napi(getter)]
    pub fn request(&self) -> String {
        self.method.request().to_owned()
    }

    /// The full name of the response's type.
    #[napi(getter)]
    pub fn response(&self) -> String {
        self.method.response().to_owned()
    }

    /// Calls the method: with a request, or with requests that are put under the same token; for a response or for a feed of them.
    #[napi]
    pub fn call(&self, env: Env, token: u32, request: Option<String>, options: DynamicOptions) -> Result<()> {
        let deadline = metadata::duration(&env, options.timeout_ms)?;
        let scope = options.within.and_then(|call| self.bridge.context(call));
        let request = request.unwrap_or_default();
        let item = |json: std::result::Result<String, Status>| {
            let json = json?;
            Ok::<_, Failure>((json.len(), Value::Text(json)))
        };
        match self.method.pattern() {
            Pattern::Unary => {
                let call = with_options!(self.method.unary(request), deadline, options.metadata);
                let work = within(scope, async move { call.await.map_err(Failure::from) });
                self.bridge.run(&env, token, work, Value::Text)
            }
            Pattern::ClientStream => {
                let requests = self.upload(token);
                let requests = stream::unfold(requests, async |mut requests| {
                    let json = requests.recv().await?;
                    Some((json, requests))
                });
                let call = with_options!(self.method.client_stream(requests), deadline, options.metadata);
                let work = within(scope, async move { call.await.map_err(Failure::from) });
                self.bridge.run(&env, token, work, Value::Text)
            }
            Pattern::ServerStream => {
                let call = self.method.server_stream(request);
                let call = with_options!(call, deadline, options.metadata);
                let source = async move {
                    let messages = within(scope, async move { call.await }).await?;
                    Ok(messages.map(item))
                };
                feed::of_call(&env, &self.bridge, token, source)
            }
            Pattern::BidiStream => {
                let mut requests = self.upload(token);
                let call = with_options!(self.method.bidi_stream(), deadline, options.metadata);
                let source = async move {
                    let (mut sender, messages) = within(scope, async move { call.await }).await?;
                    let sending = async move {
                        while let Some(json) = requests.recv().await {
                            match sender.send(json).await {
                                Ok(()) => {}
                                Err(status) if is_ours(&status) => return Some(Err(Failure::from(status))),
                                // the responses say why
                                Err(_) => return None,
                            }
                        }
                        sender.finish();
                        None
                    };
                    // a request that cannot be sent ends the stream; the end of the requests does not
                    let sending = stream::once(sending).filter_map(std::future::ready);
                    let ended = messages
                        .map(move |message| Some(item(message)))
                        .chain(stream::iter([None]));
                    let both = stream::select(ended, sending.map(Some));
                    Ok(both
                        .take_while(|next| std::future::ready(next.is_some()))
                        .filter_map(std::future::ready))
                };
                feed::of_call(&env, &self.bridge, token, source)
            }
        }
    }

    /// Sends a request of the call `of`. The promise of `token` becomes whether more are taken.
    #[napi]
    pub fn put(&self, env: Env, token: u32, of: u32, request: String) -> Result<()> {
        let sender = self.lock().get(&of).cloned();
        let work = async move {
            match sender {
                // the call may be over; what it ended with is told there
                Some(sender) => Ok(sender.send(request).await.is_ok()),
                None => Ok(false),
            }
        };
        self.bridge.run(&env, token, work, Value::Bool)
    }

    /// No request comes after these.
    #[napi]
    pub fn finish(&self, of: u32) {
        self.lock().remove(&of);
    }
}

impl DynamicMethod {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u32, Sender>> {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn upload(&self, token: u32) -> Requests {
        let (sender, receiver) = mpsc::channel(AHEAD);
        self.lock().insert(token, sender);
        receiver
    }
}

/// Runs work as a part of the call whose handler asks for it.
async fn within<T>(scope: Option<runtime::Context>, work: impl Future<Output = T>) -> T {
    match scope {
        Some(context) => context.scope(work).await,
        None => work.await,
    }
}
