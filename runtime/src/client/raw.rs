//! Calls whose messages are encoded and decoded by who makes them.

use crate::client::stream::{BidiCall, ClientStreamCall, ServerStreamCall, upload};
use crate::client::stub::Stub;
use crate::client::unary::{Raw, Response, UnaryCall, call};
use crate::codec::CodecResult;
use crate::raw::Payload;
use crate::status::Status;
use crate::streaming::Decode;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use std::fmt;

impl Stub {
    /// The payload of one request, that of one response.
    pub fn raw_unary(&self, method: usize, request: Payload) -> UnaryCall<Bytes> {
        UnaryCall::new(self.request(method, Some(Ok(request.into_open()))), as_it_is())
    }

    /// The payload of one request, those of a stream of responses.
    pub fn raw_server_stream(&self, method: usize, request: Payload) -> ServerStreamCall<Bytes> {
        ServerStreamCall::new(self.request(method, Some(Ok(request.into_open()))), as_it_is())
    }

    /// The payloads of a stream of requests, of which an error ends the call; that of one response.
    pub fn raw_client_stream<S>(&self, method: usize, requests: S) -> ClientStreamCall<Bytes>
    where
        S: Stream<Item = Result<Payload, Status>> + Send + 'static,
    {
        let requests = requests.map(|request| request.map(Payload::into_open));
        ClientStreamCall::new(self.request(method, None), Box::pin(requests), as_it_is())
    }

    /// The payloads of a stream of requests and of a stream of responses.
    pub fn raw_bidi_stream(&self, method: usize) -> BidiCall<Payload, Bytes> {
        let encode = Box::new(|request: Payload| Ok(request.into_open()));
        BidiCall::new(self.request(method, None), encode, as_it_is())
    }
}

/// A response as it arrived. The call has ended at the server, and for interceptors it ends when this is decoded, or dropped.
pub struct RawResponse(Raw);

impl RawResponse {
    /// The payload.
    pub fn payload(&self) -> &Bytes {
        &self.0.payload
    }

    /// Decodes the response.
    ///
    /// # Errors
    /// `CONTRACT_VIOLATION` where `decode` fails, which is how the call ends then.
    pub fn decode<O>(mut self, decode: impl FnOnce(&Bytes) -> CodecResult<O>) -> Result<Response<O>, Status> {
        let message = self.0.message(decode)?;
        Ok(Response {
            message,
            metadata: self.0.header,
            trailer: self.0.trailer,
        })
    }
}

impl fmt::Debug for RawResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawResponse").finish_non_exhaustive()
    }
}

impl UnaryCall<Bytes> {
    /// Makes the call; its response is not decoded.
    ///
    /// # Errors
    /// The status of the call.
    pub async fn undecoded(self) -> Result<RawResponse, Status> {
        call(self.into_request()).await.map(RawResponse)
    }
}

impl ClientStreamCall<Bytes> {
    /// Makes the call; its response is not decoded.
    ///
    /// # Errors
    /// The status of the call.
    pub async fn undecoded(self) -> Result<RawResponse, Status> {
        let (request, requests) = self.into_parts();
        upload(request, requests).await.map(RawResponse)
    }
}

fn as_it_is() -> Decode<Bytes> {
    Box::new(|payload| Ok(payload.clone()))
}
