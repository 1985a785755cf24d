//! Payloads in JSON at a server: requests become XLANG before generated code decodes them, its messages become JSON before
//! they are sent.
//!
//! Source: codec, "JSON (mode 3 and tools)".

use crate::codec::table::{Table, TableError, TypeIndex};
use crate::codec::{CodecError, CodecErrorKind};
use crate::compress::INLINE;
use crate::metadata::Metadata;
use crate::payload::Open;
use crate::service::{Mode, ServiceInfo};
use crate::status::Status;
use crate::streaming::{MessageSource, violation};
use aster_contract::described::Described;
use bytes::Bytes;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::thread::available_parallelism;
use tokio::sync::Semaphore;

/// Why a service that takes JSON cannot be served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DefinitionsError {
    /// There are none.
    #[error("there are none")]
    Missing,
    /// They are not those of the service's contract.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The service has a method that its contract has not.
    #[error("the contract has no method `{0}`")]
    Method(&'static str),
}

/// What the services of one server share.
#[derive(Clone)]
pub(crate) struct Bounds {
    /// How many bytes a payload may have, in JSON and in XLANG.
    limit: usize,
    /// Large payloads that are worked on: each takes several times its size while it is.
    large: Arc<Semaphore>,
}

impl Bounds {
    pub(crate) fn new(limit: usize) -> Self {
        let at_once = available_parallelism().map_or(1, usize::from);
        Self {
            limit,
            large: Arc::new(Semaphore::new(at_once)),
        }
    }
}

/// The messages of one service.
pub(crate) struct JsonService {
    table: Table,
    /// Request and response of each method, by its index.
    methods: Box<[(TypeIndex, TypeIndex)]>,
    bounds: Bounds,
}

impl JsonService {
    /// What a service needs to take JSON, if it does.
    pub(crate) fn build(info: &ServiceInfo, bounds: &Bounds) -> Result<Option<Arc<Self>>, DefinitionsError> {
        if !info.modes.contains(&Mode::Json) {
            return Ok(None);
        }
        if info.definitions.contract.is_empty() {
            return Err(DefinitionsError::Missing);
        }
        let described = Described {
            contract: info.definitions.contract,
            types: info.definitions.types.to_vec(),
            nested: info.definitions.nested.to_vec(),
        };
        let table = Table::build(info.contract_id, &described)?;
        let types = |name| {
            let mut methods = table.contract().methods.iter();
            let method = methods.find(|method| method.name == name)?;
            Some((
                table.type_of(method.request_type)?,
                table.type_of(method.response_type)?,
            ))
        };
        let methods = info.methods.iter().map(|method| {
            let types = types(method.name);
            types.ok_or(DefinitionsError::Method(method.name))
        });
        let methods = methods.collect::<Result<_, _>>()?;
        Ok(Some(Arc::new(Self {
            table,
            methods,
            bounds: bounds.clone(),
        })))
    }
}

/// A call whose payloads are in JSON.
#[derive(Clone)]
pub(crate) struct JsonCall {
    service: Arc<JsonService>,
    method: usize,
}

impl JsonCall {
    /// A call of the method of that index.
    pub(crate) fn new(service: &Arc<JsonService>, method: usize) -> Self {
        Self {
            service: Arc::clone(service),
            method,
        }
    }

    /// The payload of a request.
    ///
    /// # Errors
    /// A text that does not fit the contract, or whose payload is over the limit.
    pub(crate) async fn request(&self, text: Bytes) -> Result<Bytes, Status> {
        let length = text.len();
        let read = move |call: &Self| {
            let (service, (request, _)) = (&call.service, call.types());
            let limit = service.bounds.limit;
            service.table.json_to_payload_within(request, &text, limit)
        };
        match self.work(length, read).await? {
            Ok(payload) => Ok(payload.into()),
            Err(error) if error.kind() == CodecErrorKind::OverLimit => {
                Err(Status::resource_exhausted(error.to_string()))
            }
            Err(error) => Err(violation(&error)),
        }
    }

    /// A response in JSON.
    ///
    /// # Errors
    /// A text that is over the limit.
    pub(crate) async fn response(&self, message: Open) -> Result<Open, Status> {
        let length = message.payload().len();
        let write = move |call: &Self| {
            let (service, (_, response)) = (&call.service, call.types());
            let limit = service.bounds.limit;
            let text = service
                .table
                .payload_to_json_within(response, message.payload(), limit)?;
            Ok(Open::holding(text.as_bytes()))
        };
        let written: Result<Open, CodecError> = self.work(length, write).await?;
        written.map_err(|error| {
            let message = format!("the message cannot be sent in JSON: {error}");
            match error.kind() {
                CodecErrorKind::OverLimit => Status::resource_exhausted(message),
                _ => Status::internal(message),
            }
        })
    }

    fn types(&self) -> (TypeIndex, TypeIndex) {
        self.service.methods[self.method]
    }

    /// Does work on so many bytes, large ones away from this thread.
    async fn work<T: Send + 'static>(
        &self,
        size: usize,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, Status> {
        if size <= INLINE {
            return Ok(work(self));
        }
        let call = self.clone();
        let turn = Arc::clone(&self.service.bounds.large).acquire_owned().await;
        let work = move || {
            let worked = work(&call);
            drop(turn);
            worked
        };
        let worked = tokio::task::spawn_blocking(work).await;
        worked.map_err(|_| Status::internal("the work on a payload in JSON failed"))
    }
}

/// The requests of a streaming call, each made into a payload when it is asked for.
pub(crate) struct JsonMessages {
    texts: Box<dyn MessageSource>,
    call: JsonCall,
    making: Option<Making>,
}

type Making = Pin<Box<dyn Future<Output = Result<Bytes, Status>> + Send>>;

impl JsonMessages {
    pub(crate) fn new(texts: Box<dyn MessageSource>, call: JsonCall) -> Self {
        Self {
            texts,
            call,
            making: None,
        }
    }
}

impl MessageSource for JsonMessages {
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Status>>> {
        loop {
            if let Some(making) = &mut self.making {
                let made = ready!(making.as_mut().poll(cx));
                self.making = None;
                if let Err(status) = &made {
                    self.texts.spoiled(status);
                }
                return Poll::Ready(Some(made));
            }
            match ready!(self.texts.poll_message(cx)) {
                Some(Ok(text)) => {
                    let call = self.call.clone();
                    self.making = Some(Box::pin(async move { call.request(text).await }));
                }
                ended => return Poll::Ready(ended),
            }
        }
    }

    fn spoiled(&mut self, status: &Status) {
        self.texts.spoiled(status);
    }

    fn header(&self) -> &Metadata {
        self.texts.header()
    }

    fn trailer(&self) -> Option<&Metadata> {
        self.texts.trailer()
    }
}
