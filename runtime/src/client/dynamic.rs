//! A service without generated code: its server describes it, and its messages are JSON.
//!
//! Nothing of a description is believed: the contract that the server lists is the one its bytes hash to, and each type
//! that the contract reaches is verified like it. Payloads are XLANG on the wire, as between generated stubs.
//!
//! Source: wire protocol, "The reserved service `aster.Node`".

mod describe;
mod error;

pub use error::ServiceError;

pub(crate) use describe::Description;

use crate::aster_node::Description as Definitions;
use crate::client::Client;
use crate::client::callee::{Callee, Method};
use crate::client::session::Session;
use crate::client::stream::{BidiCall, ClientStreamCall, ServerStreamCall};
use crate::client::stub::{Request, Stub};
use crate::client::unary::UnaryCall;
use crate::codec::table::{Table, TypeIndex};
use crate::payload::Open;
use crate::status::Status;
use crate::streaming::Decode;
use aster_contract::model::{ContractId, Pattern, Scope, ServiceContract};
use futures_util::{Stream, StreamExt as _};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A service that its server has described: every method can be called, with JSON text in and out.
///
/// Cheap to clone. Texts are as the book's page "JSON" has them: strict, and exact in both directions. Fields come in the order of
/// the contract.
///
/// ```no_run
/// # async fn with(client: &aster_runtime::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let control = client.service("fleet.Control").await?;
/// let status = control.method("status")?.unary(r#"{"agent": "anna"}"#).await?;
/// println!("{status}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct DynamicService {
    stub: Stub,
    description: Arc<Description>,
}

/// A method of a [`DynamicService`]. It is called by the function that is named like its pattern; another one fails with
/// `INVALID_ARGUMENT`, and sends nothing.
#[derive(Clone)]
pub struct DynamicMethod {
    stub: Stub,
    description: Arc<Description>,
    index: usize,
}

impl Client {
    /// The service of that name, as the server describes it: the full name, `package.Name`, or the last part of it where that is
    /// enough. It asks the server each time.
    ///
    /// # Errors
    /// [`ServiceError`], where the server does not describe its services above all.
    pub async fn service(&self, name: &str) -> Result<DynamicService, ServiceError> {
        DynamicService::new(self, None, name, None).await
    }

    /// The same under one of several contracts.
    ///
    /// # Errors
    /// As for [`Client::service`].
    pub async fn service_under(
        &self,
        name: &str,
        contract_id: ContractId,
    ) -> Result<DynamicService, ServiceError> {
        DynamicService::new(self, None, name, Some(contract_id)).await
    }
}

impl Session {
    /// The service of that name, as the server describes it. Its calls are made in this session.
    ///
    /// # Errors
    /// As for [`Client::service`].
    pub async fn service(&self, name: &str) -> Result<DynamicService, ServiceError> {
        DynamicService::new(self.client(), Some(self), name, None).await
    }

    /// The same under one of several contracts.
    ///
    /// # Errors
    /// As for [`Client::service`].
    pub async fn service_under(
        &self,
        name: &str,
        contract_id: ContractId,
    ) -> Result<DynamicService, ServiceError> {
        DynamicService::new(self.client(), Some(self), name, Some(contract_id)).await
    }
}

impl DynamicService {
    async fn new(
        client: &Client,
        session: Option<&Session>,
        name: &str,
        contract_id: Option<ContractId>,
    ) -> Result<Self, ServiceError> {
        let listed = describe::find(&client.services(), name, contract_id)?;
        let description = Arc::new(describe::describe(client, listed).await?);
        match (description.contract().scope, session) {
            (Scope::Shared, None) | (Scope::Session, Some(_)) => {}
            (scope, _) => {
                let service = description.name.to_string();
                return Err(ServiceError::Scope { service, scope });
            }
        }
        let callee = Callee::Described(Arc::clone(&description));
        let stub = Stub::make(client, session.cloned(), callee)?;
        Ok(Self { stub, description })
    }

    /// The full name, `package.Name`, as the server lists it. The package is no part of the contract.
    pub fn name(&self) -> &str {
        &self.description.name
    }

    /// The contract.
    pub fn contract(&self) -> &ServiceContract {
        self.description.contract()
    }

    /// The id of the contract, to which all that was described was verified.
    pub fn contract_id(&self) -> ContractId {
        self.description.table.contract_id()
    }

    /// What the server described, as canonical bytes. It was verified.
    pub fn definitions(&self) -> &Definitions {
        &self.description.definitions
    }

    /// Every type that the contract reaches.
    pub fn table(&self) -> &Table {
        &self.description.table
    }

    /// The methods, by name.
    pub fn methods(&self) -> impl ExactSizeIterator<Item = DynamicMethod> {
        (0..self.description.methods.len()).map(|index| self.at(index))
    }

    /// The method of that name.
    ///
    /// # Errors
    /// `UNIMPLEMENTED`, with the names of the methods that there are.
    pub fn method(&self, name: &str) -> Result<DynamicMethod, Status> {
        let mut names = self.description.methods.iter().map(|method| &*method.name);
        if let Some(index) = names.position(|has| has == name) {
            return Ok(self.at(index));
        }
        let names: Vec<_> = self
            .description
            .methods
            .iter()
            .map(|method| &*method.name)
            .collect();
        let message = format!(
            "service `{}` has no method `{}`; it has {}",
            self.name(),
            name.escape_debug(),
            error::names(&names)
        );
        Err(Status::unimplemented(message))
    }

    fn at(&self, index: usize) -> DynamicMethod {
        DynamicMethod {
            stub: self.stub.clone(),
            description: Arc::clone(&self.description),
            index,
        }
    }
}

impl DynamicMethod {
    /// The name.
    pub fn name(&self) -> &str {
        self.method().name
    }

    /// Which sides stream.
    pub fn pattern(&self) -> Pattern {
        self.method().pattern
    }

    /// Whether a call may be repeated.
    pub fn is_idempotent(&self) -> bool {
        self.method().idempotent
    }

    /// The deadline of calls that set none.
    pub fn timeout(&self) -> Option<Duration> {
        self.method().timeout
    }

    /// The full name of the request's type.
    pub fn request(&self) -> &str {
        self.description
            .message_name(self.description.methods[self.index].request)
    }

    /// The full name of the response's type.
    pub fn response(&self) -> &str {
        self.description
            .message_name(self.description.methods[self.index].response)
    }

    /// One request, one response.
    pub fn unary(&self, request: impl AsRef<str>) -> UnaryCall<String> {
        UnaryCall::new(self.call(Pattern::Unary, Some(request.as_ref())), self.decode())
    }

    /// One request, a stream of responses.
    pub fn server_stream(&self, request: impl AsRef<str>) -> ServerStreamCall<String> {
        ServerStreamCall::new(
            self.call(Pattern::ServerStream, Some(request.as_ref())),
            self.decode(),
        )
    }

    /// A stream of requests, one response. A request that does not fit ends the call.
    pub fn client_stream<S>(&self, requests: S) -> ClientStreamCall<String>
    where
        S: Stream<Item: AsRef<str>> + Send + 'static,
    {
        let encode = self.encode();
        let requests = requests.map(move |json| encode(json.as_ref()));
        ClientStreamCall::new(
            self.call(Pattern::ClientStream, None),
            Box::pin(requests),
            self.decode(),
        )
    }

    /// A stream of requests and a stream of responses.
    pub fn bidi_stream(&self) -> BidiCall<String, String> {
        let encode = self.encode();
        BidiCall::new(
            self.call(Pattern::BidiStream, None),
            Box::new(move |json: String| encode(&json)),
            self.decode(),
        )
    }

    fn method(&self) -> Method<'_> {
        self.description.methods[self.index].method()
    }

    fn call(&self, pattern: Pattern, json: Option<&str>) -> Request {
        let mut request = self.stub.request(self.index, None);
        if self.pattern() == pattern {
            request.message = json.map(self.encode());
        } else {
            request.refused = Some(self.other_pattern(pattern));
        }
        request
    }

    fn other_pattern(&self, asked: Pattern) -> Status {
        let (name, pattern) = (self.name(), self.pattern().name());
        let message = format!(
            "method `{name}` has the pattern `{pattern}` and was called as `{}`",
            asked.name()
        );
        Status::invalid_argument(message)
    }

    fn encode(&self) -> impl Fn(&str) -> Result<Open, Status> + Send + Sync + 'static {
        let (description, request) = (
            Arc::clone(&self.description),
            self.description.methods[self.index].request,
        );
        move |json| {
            let payload = description.table.json_to_payload(request, json.as_bytes());
            let payload = payload.map_err(|error| {
                Status::contract_violation(format!("the request does not fit the contract: {error}"))
            })?;
            Ok(Open::holding(&payload))
        }
    }

    fn decode(&self) -> Decode<String> {
        let (description, response) = (
            Arc::clone(&self.description),
            self.description.methods[self.index].response,
        );
        Box::new(move |payload| description.table.payload_to_json(response, payload))
    }
}

impl Description {
    fn message_name(&self, index: TypeIndex) -> &str {
        self.table.message(index).map_or("", |message| message.name())
    }
}

impl fmt::Debug for DynamicService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamicService")
            .field("name", &self.name())
            .field("contract_id", &self.contract_id())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for DynamicMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamicMethod")
            .field("name", &self.name())
            .field("pattern", &self.pattern())
            .field("request", &self.request())
            .field("response", &self.response())
            .finish_non_exhaustive()
    }
}
