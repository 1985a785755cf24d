//! A stub: one service of one server, its contract checked before anything is sent.

use crate::admission::ServiceEntry;
use crate::aster_node;
use crate::client::callee::{Callee, Method};
use crate::client::link::Link;
use crate::client::session::Session;
use crate::client::stream::{BidiCall, ClientStreamCall, ServerStreamCall};
use crate::client::unary::UnaryCall;
use crate::client::{Client, Inner};
use crate::codec::Message;
use crate::compress::{NEVER, Shrinks};
use crate::metadata::Metadata;
use crate::payload::Open;
use crate::service::ServiceInfo;
use crate::status::Status;
use crate::streaming::decoder;
use aster_contract::model::ContractId;
use futures_util::Stream;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tracing::Span;

/// What generated clients are made of: a connection and a contract that its server has.
#[derive(Clone)]
pub struct Stub {
    pub(crate) inner: Arc<StubInner>,
}

pub(crate) struct StubInner {
    pub(crate) client: Arc<Inner>,
    pub(crate) session: Option<Session>,
    pub(crate) callee: Callee,
    shrinks: Vec<Shrinks>,
    /// The number of the connection whose list was found to have the contract.
    checked: AtomicU64,
}

/// Why a service cannot be called at a server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StubError {
    /// The server has the service, but with another contract.
    #[error(
        "the contract of `{service}` does not match: this client has {ours}, the server has {}. \
         `asterc diff` names the edits between the two schemas. Generate both sides from the same one, then build and \
         restart the older",
        list(theirs)
    )]
    ContractMismatch {
        /// The full name.
        service: String,
        /// The contract this client was generated from.
        ours: ContractId,
        /// The contracts under which the server has the service.
        theirs: Vec<ContractId>,
    },
    /// The server does not have the service.
    #[error("the server does not have the service `{service}`; {}", served(services))]
    ServiceNotFound {
        /// The full name.
        service: String,
        /// The full names of what it has.
        services: Vec<String>,
    },
}

impl From<StubError> for Status {
    fn from(error: StubError) -> Self {
        let message = error.to_string();
        match error {
            StubError::ServiceNotFound { .. } => Self::not_found(message),
            StubError::ContractMismatch { ours, theirs, .. } => {
                let status = Self::failed_precondition(message).with_detail("requested", ours.to_string());
                theirs
                    .iter()
                    .fold(status, |status, id| status.with_detail("served", id.to_string()))
            }
        }
    }
}

/// Looks for the contract among what a server lists.
fn check(callee: &Callee, services: &[ServiceEntry]) -> Result<(), StubError> {
    let entries = || services.iter().filter(|entry| entry.name == callee.name());
    if entries().next().is_none() {
        return Err(not_found(callee.name(), services));
    }
    if !entries().any(|entry| entry.contract() == Some(callee.contract_id())) {
        let theirs = entries().filter_map(ServiceEntry::contract).collect();
        return Err(StubError::ContractMismatch {
            service: callee.name().to_owned(),
            ours: callee.contract_id(),
            theirs,
        });
    }
    Ok(())
}

/// What a client says of a service that is not among those that a server lists.
pub(crate) fn not_found(service: &str, services: &[ServiceEntry]) -> StubError {
    // what every node serves says nothing of this one
    let entries = services.iter().filter(|entry| entry.name != aster_node::SERVICE);
    let mut services: Vec<_> = entries.map(|entry| entry.name.clone()).collect();
    services.dedup();
    StubError::ServiceNotFound {
        service: service.to_owned(),
        services,
    }
}

fn list(ids: &[ContractId]) -> String {
    ids.iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" and ")
}

fn served(services: &[String]) -> String {
    if services.is_empty() {
        return "it serves nothing".to_owned();
    }
    let names: Vec<_> = services
        .iter()
        .map(|name| format!("`{}`", name.escape_debug()))
        .collect();
    format!("it serves {}", names.join(", "))
}

impl Stub {
    /// Checks the contract against what the server listed when it admitted this node.
    ///
    /// # Errors
    /// [`StubError`].
    pub fn new(client: &Client, info: &'static ServiceInfo) -> Result<Self, StubError> {
        Self::make(client, None, Callee::Generated(info))
    }

    /// The same for a service whose scope is `session`: every call is made in this one.
    ///
    /// # Errors
    /// [`StubError`].
    pub fn in_session(session: &Session, info: &'static ServiceInfo) -> Result<Self, StubError> {
        Self::make(session.client(), Some(session.clone()), Callee::Generated(info))
    }

    pub(crate) fn make(client: &Client, session: Option<Session>, callee: Callee) -> Result<Self, StubError> {
        check(&callee, &client.services())?;
        let shrinks = callee.methods();
        let shrinks = shrinks.map(|method| client.inner().shrinks(callee.name(), method.name));
        let shrinks = shrinks.collect();
        let inner = StubInner {
            client: Arc::clone(client.inner()),
            session,
            callee,
            shrinks,
            checked: AtomicU64::new(0),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// One request, one response, of which `out` makes what the caller gets.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "stubs hand over what they were given"
    )]
    pub fn unary<Q: Message, P: Message, O>(
        &self,
        method: usize,
        request: Q,
        out: impl Fn(P) -> O + Send + Sync + 'static,
    ) -> UnaryCall<O> {
        UnaryCall::new(self.request(method, Some(Open::encode(&request))), decoder(out))
    }

    /// One request, a stream of responses.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "stubs hand over what they were given"
    )]
    pub fn server_stream<Q: Message, P: Message, O>(
        &self,
        method: usize,
        request: Q,
        out: impl Fn(P) -> O + Send + Sync + 'static,
    ) -> ServerStreamCall<O> {
        ServerStreamCall::new(self.request(method, Some(Open::encode(&request))), decoder(out))
    }

    /// A stream of requests, each made into a message by `wrap`; one response.
    pub fn client_stream<S, Q: Message, P: Message, O>(
        &self,
        method: usize,
        requests: S,
        wrap: impl Fn(S::Item) -> Q + Send + 'static,
        out: impl Fn(P) -> O + Send + Sync + 'static,
    ) -> ClientStreamCall<O>
    where
        S: Stream + Send + 'static,
    {
        use futures_util::StreamExt as _;
        let requests = requests.map(move |item| Open::encode(&wrap(item)));
        ClientStreamCall::new(self.request(method, None), Box::pin(requests), decoder(out))
    }

    /// A stream of requests and a stream of responses.
    pub fn bidi_stream<I, Q: Message, P: Message, O>(
        &self,
        method: usize,
        wrap: impl Fn(I) -> Q + Send + Sync + 'static,
        out: impl Fn(P) -> O + Send + Sync + 'static,
    ) -> BidiCall<I, O> {
        let encode = Box::new(move |item: I| Open::encode(&wrap(item)));
        BidiCall::new(self.request(method, None), encode, decoder(out))
    }

    pub(crate) fn request(&self, method: usize, message: Option<Result<Open, Status>>) -> Request {
        Request {
            stub: Arc::clone(&self.inner),
            method,
            message,
            deadline: None,
            metadata: Metadata::new(),
            refused: None,
            uncompressed: false,
            call_id: 0,
            span: Span::none(),
        }
    }
}

impl fmt::Debug for Stub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let callee = &self.inner.callee;
        let mut out = f.debug_struct("Stub");
        out.field("service", &callee.name())
            .field("contract_id", &callee.contract_id())
            .finish_non_exhaustive()
    }
}

/// A call that has not begun: what every pattern needs.
pub(crate) struct Request {
    pub(crate) stub: Arc<StubInner>,
    pub(crate) method: usize,
    /// The one request; streams have none here.
    pub(crate) message: Option<Result<Open, Status>>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) metadata: Metadata,
    /// What is wrong with it, such as metadata against the rules: the call fails with it.
    pub(crate) refused: Option<Status>,
    /// Whether what it sends is never compressed.
    pub(crate) uncompressed: bool,
    /// The number and the span of the call, once it has begun.
    pub(crate) call_id: u64,
    pub(crate) span: Span,
}

impl Request {
    pub(crate) fn add_metadata(&mut self, key: impl Into<String>, value: impl Into<String>) {
        if let Err(error) = self.metadata.insert(key, value) {
            self.refused.get_or_insert_with(|| error.into());
        }
    }

    pub(crate) fn method(&self) -> Method<'_> {
        self.stub.callee.method(self.method)
    }
}

impl StubInner {
    /// Checks the contract against the list of a connection, once for each.
    pub(crate) fn check(&self, link: &Link) -> Result<(), Status> {
        if self.checked.load(Ordering::Relaxed) != link.number {
            check(&self.callee, &link.services).map_err(|error| self.mismatch(error))?;
            self.checked.store(link.number, Ordering::Relaxed);
        }
        Ok(())
    }

    fn mismatch(&self, error: StubError) -> Status {
        match (&self.callee, &error) {
            (Callee::Described(_), StubError::ContractMismatch { service, .. }) => {
                let message = format!(
                    "`{service}` has another contract than when it was described: ask the client for the service again"
                );
                Status::failed_precondition(message)
            }
            _ => error.into(),
        }
    }

    /// Whether requests of that method shrink, unless the call is not to be compressed.
    pub(crate) fn shrinks(&self, method: usize, uncompressed: bool) -> &Shrinks {
        if uncompressed {
            &NEVER
        } else {
            &self.shrinks[method]
        }
    }
}
