//! One call of a client, told to its span and to the interceptors, from its beginning to its end.

use crate::client::stub::Request;
use crate::client::unary::Raw;
use crate::interceptor::{ClientCall, WatchedClientCall};
use crate::metadata::Metadata;
use crate::status::{Code, Status};
use crate::trace::{self, End};
use std::sync::Arc;
use tokio::time::Instant;
use tracing::Span;

/// Dropped without an end, the call was given up by its caller.
pub(crate) struct Observed {
    span: Span,
    watched: Option<Box<WatchedClientCall>>,
    ended: bool,
}

impl Observed {
    /// A call begins: it gets its number.
    pub(crate) fn begin(request: &mut Request, deadline: Option<Instant>) -> Self {
        let client = Arc::clone(&request.stub.client);
        let callee = &request.stub.callee;
        request.call_id = client.call_id();
        let span = trace::client_span(client.peer, callee.name(), request.method().name);
        let watched = (!client.interceptors.is_empty()).then(|| {
            client.interceptors.watch(ClientCall {
                peer: client.peer,
                callee: callee.clone(),
                method: request.method,
                id: request.call_id,
                began: Instant::now(),
                deadline,
                metadata: std::mem::take(&mut request.metadata),
            })
        });
        request.span = span.clone();
        Self {
            span,
            watched,
            ended: false,
        }
    }

    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Asks the interceptors; what they want sent along is in the request then.
    pub(crate) async fn before(&mut self, request: &mut Request) -> Result<(), Status> {
        if let Some(watched) = &mut self.watched {
            request.metadata = watched.before().await?;
        }
        Ok(())
    }

    /// The call is sent, for the first time or again.
    pub(crate) fn attempt(&self, attempt: u32) {
        if attempt > 1 {
            tracing::debug!(parent: &self.span, attempt, "the call is made again");
        }
        if let Some(watched) = &self.watched {
            watched.attempt(attempt);
        }
    }

    /// What a call with one response came to: it has ended, or ends when the response is decoded.
    pub(crate) fn result(self, result: Result<Raw, Status>) -> Result<Raw, Status> {
        match result {
            Ok(raw) => Ok(Raw {
                observed: Some(self),
                ..raw
            }),
            Err(status) => {
                self.failed(&status);
                Err(status)
            }
        }
    }

    /// The caller gets its response, or has its last message.
    pub(crate) fn succeeded(mut self, trailer: &Metadata) {
        self.record(Code::OK);
        if let Some(watched) = self.watched.take() {
            watched.ended(&Status::ok("").with_metadata(trailer.clone()));
        }
    }

    /// The caller gets an error.
    pub(crate) fn failed(mut self, status: &Status) {
        self.record(status.code());
        if let Some(watched) = self.watched.take() {
            watched.ended(status);
        }
    }

    fn record(&mut self, code: Code) {
        self.ended = true;
        trace::ended(&self.span, code, End::Client);
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        if !self.ended {
            self.record(Code::CANCELLED);
        }
    }
}
