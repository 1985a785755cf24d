//! The services of `matrix.aster`: every type back as it came, and what a peer can do otherwise.

use crate::generated::{
    Any, Bare, BareServer, Echo, EchoServer, EndlessRequest, FailRequest, GoneRequest, MadeRequest, Moments,
    MomentsRequest, Peer, PeerServer, ServerStreamRequest, UnaryRequest, Value, echo,
};
use crate::itself::Itself;
use aster_runtime::codegen::v1;
use aster_runtime::raw::Payload;
use aster_runtime::{Code, Context, Metadata, ServerBuilder, Status, Streaming};
use futures_util::Stream;
use futures_util::stream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Notify;

/// Serves them.
pub(crate) fn add(server: ServerBuilder) -> ServerBuilder {
    server
        .add(EchoServer::new(Echoes))
        .add(BareServer::new(Echoes))
        .add(PeerServer::new(Behaviour::default()))
        .add(Itself)
}

struct Echoes;

async fn last<T>(mut requests: Streaming<T>) -> Result<T, Status> {
    let mut last = None;
    while let Some(request) = requests.message().await? {
        last = Some(request);
    }
    last.ok_or_else(|| Status::invalid_argument("there is no last"))
}

impl Echo for Echoes {
    async fn unary(&self, request: Any, _: &Context) -> Result<Any, Status> {
        Ok(request)
    }

    async fn server_stream(
        &self,
        request: Any,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<Any, Status>> + Send, Status> {
        Ok(stream::iter([request.clone(), request.clone(), request].map(Ok)))
    }

    async fn client_stream(&self, requests: Streaming<Any>, _: &Context) -> Result<Any, Status> {
        last(requests).await
    }

    async fn bidi(
        &self,
        requests: Streaming<Any>,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<Any, Status>> + Send, Status> {
        Ok(requests)
    }
}

impl Bare for Echoes {
    async fn unary(&self, request: UnaryRequest, _: &Context) -> Result<Value, Status> {
        Ok(request.value)
    }

    async fn server_stream(
        &self,
        ServerStreamRequest { value }: ServerStreamRequest,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<Value, Status>> + Send, Status> {
        Ok(stream::iter([value.clone(), value.clone(), value].map(Ok)))
    }

    async fn client_stream(&self, requests: Streaming<Value>, _: &Context) -> Result<Value, Status> {
        last(requests).await
    }

    async fn bidi(
        &self,
        requests: Streaming<Value>,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<Value, Status>> + Send, Status> {
        Ok(requests)
    }
}

#[derive(Default)]
struct Behaviour {
    gone: Arc<Notify>,
    made: Arc<AtomicU64>,
}

/// Says that a handler has ended.
struct Guard(Arc<Notify>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Peer for Behaviour {
    async fn fail(&self, request: FailRequest, _: &Context) -> Result<(), Status> {
        let mut metadata = Metadata::new();
        for (key, value) in request.trailer {
            metadata
                .insert(key, value)
                .map_err(|error| Status::invalid_argument(error.to_string()))?;
        }
        let status = Status::new(Code(request.code), request.message).with_metadata(metadata);
        Err(request
            .details
            .into_iter()
            .fold(status, |status, (key, value)| status.with_detail(key, value)))
    }

    async fn endless(
        &self,
        _: EndlessRequest,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<u64, Status>> + Send, Status> {
        let guard = Guard(Arc::clone(&self.gone));
        let made = Arc::clone(&self.made);
        Ok(stream::repeat_with(move || {
            let _ = &guard;
            Ok(made.fetch_add(1, Ordering::Relaxed))
        }))
    }

    async fn swallow(&self, mut requests: Streaming<Vec<u8>>, _: &Context) -> Result<u64, Status> {
        let _guard = Guard(Arc::clone(&self.gone));
        let mut count = 0;
        while requests.message().await?.is_some() {
            count += 1;
            self.made.fetch_add(1, Ordering::Relaxed);
        }
        Ok(count)
    }

    async fn gone(&self, _: GoneRequest, _: &Context) -> Result<(), Status> {
        self.gone.notified().await;
        self.made.store(0, Ordering::Relaxed);
        Ok(())
    }

    async fn made(&self, _: MadeRequest, _: &Context) -> Result<u64, Status> {
        Ok(self.made.load(Ordering::Relaxed))
    }

    async fn moments(
        &self,
        _: MomentsRequest,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<Moments, Status>> + Send, Status> {
        Ok(stream::iter(moments().map(Ok)))
    }
}

/// Times that are finer than what other languages have.
pub(crate) fn moments() -> [Moments; 4] {
    [
        (1_700_000_000, 123_456_789),
        (0, 999),
        (-1, 999_999_999),
        (-62_135_596_800, 1),
    ]
    .map(|(seconds, nanos)| Moments {
        at: v1::Timestamp::constant(seconds, nanos),
        within: v1::SignedDuration::from_secs(seconds) + v1::SignedDuration::from_nanos(nanos.into()),
    })
}

/// A server that answers with the bytes it was given, without a look at them.
pub(crate) struct Liar;

impl v1::Service for Liar {
    fn info(&self) -> &'static v1::ServiceInfo {
        echo()
    }

    /// The payload of the answer is what the metadata of the call has.
    fn call(&self, method: usize, call: v1::ServerCall) -> v1::CallFuture {
        match method {
            0 => call.raw_unary(async |_, context: Context| lie(&context)),
            1 => call.raw_server_stream(async |_, context: Context, out| out.send_raw(lie(&context)?).await),
            _ => call.unknown_method(),
        }
    }
}

fn lie(context: &Context) -> Result<Payload, Status> {
    context
        .metadata()
        .get_bytes("payload-bin")
        .map(|payload| Payload::holding(&payload))
        .ok_or_else(|| Status::invalid_argument("the metadata has no payload"))
}
