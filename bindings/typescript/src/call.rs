//! Calls that generated clients make.

use crate::inbox::Inbox;
use crate::metadata;
use crate::outbox::{Outbox, Taken};
use crate::queue::{Bridge, Event};
use aster_bindings::sending::is_ours;
use aster_runtime::client::{self, BidiCall, ClientStreamCall, RawResponse, ServerStreamCall, UnaryCall};
use aster_runtime::raw::Payload;
use aster_runtime::{Context, Status};
use bytes::Bytes;
use futures_util::StreamExt as _;
use napi::{Env, Result};
use napi_derive::napi;
use std::sync::Arc;
use std::time::Duration;

/// Calls one service.
#[napi]
pub struct Stub {
    stub: client::Stub,
    bridge: Bridge,
}

/// What goes with a call.
struct Options {
    deadline: Option<Duration>,
    metadata: Vec<(String, String)>,
    /// The call whose handler makes this one.
    within: Option<Context>,
}

/// Sets deadline and metadata of any pattern's call.
macro_rules! with_options {
    ($call:expr, $options:expr) => {{
        let mut call = $call;
        if let Some(deadline) = $options.deadline {
            call = call.deadline(deadline);
        }
        for (key, value) in $options.metadata {
            call = call.metadata(key, value);
        }
        call
    }};
}

impl Stub {
    pub(crate) fn new(stub: client::Stub, bridge: &Bridge) -> Self {
        Self {
            stub,
            bridge: bridge.clone(),
        }
    }

    fn options(
        &self,
        env: &Env,
        timeout: Option<f64>,
        metadata: Option<Vec<String>>,
        within: Option<u32>,
    ) -> Result<Options> {
        Ok(Options {
            deadline: metadata::duration(env, timeout)?,
            metadata: metadata::entries(metadata),
            within: within.and_then(|call| self.bridge.context(call)),
        })
    }

    /// Begins a call with one response.
    fn answered(
        &self,
        env: &Env,
        token: u32,
        within: Option<Context>,
        call: impl Future<Output = std::result::Result<RawResponse, Status>> + Send + 'static,
    ) -> Result<()> {
        let bridge = self.bridge.clone();
        let work = async move {
            // JavaScript decodes it: for interceptors the call has ended with its arrival
            let response = call
                .await
                .and_then(|response| response.decode(|bytes| Ok(bytes.clone())));
            bridge.push(match response {
                Ok(response) => Event::Answer(token, Box::new(response)),
                Err(status) => Event::Failed(token, status.into()),
            });
        };
        self.spawn(env, token, within, work)
    }

    fn spawn(
        &self,
        env: &Env,
        token: u32,
        within: Option<Context>,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> Result<()> {
        match within {
            Some(context) => self.bridge.spawn(env, token, context.scope(work)),
            None => self.bridge.spawn(env, token, work),
        }
    }

    fn inbox(&self, token: u32) -> Arc<Inbox> {
        let inbox = Inbox::of_responses(&self.bridge, token);
        self.bridge.running().inboxes.insert(token, Arc::clone(&inbox));
        inbox
    }

    fn outbox(&self, token: u32) -> Taken {
        let outbox = Outbox::new(&self.bridge, token);
        self.bridge.running().outboxes.insert(token, Arc::clone(&outbox));
        Taken(outbox)
    }
}

#[napi]
impl Stub {
    /// A request for a response. `timeout` is in milliseconds, `metadata` names and values one after the other, `within` the call
    /// whose handler makes this one.
    #[napi]
    pub fn unary(
        &self,
        env: Env,
        token: u32,
        method: u32,
        payload: &[u8],
        timeout: Option<f64>,
        metadata: Option<Vec<String>>,
        within: Option<u32>,
    ) -> Result<()> {
        let options = self.options(&env, timeout, metadata, within)?;
        let within = options.within;
        let call: UnaryCall<Bytes> = self.stub.raw_unary(method as usize, Payload::holding(payload));
        let call = with_options!(call, options);
        self.answered(&env, token, within, call.undecoded())
    }

    /// A request for a stream of responses.
    #[napi]
    pub fn server_stream(
        &self,
        env: Env,
        token: u32,
        method: u32,
        payload: &[u8],
        timeout: Option<f64>,
        metadata: Option<Vec<String>>,
        within: Option<u32>,
    ) -> Result<()> {
        let options = self.options(&env, timeout, metadata, within)?;
        let within = options.within;
        let call: ServerStreamCall<Bytes> = self
            .stub
            .raw_server_stream(method as usize, Payload::holding(payload));
        let call = with_options!(call, options);
        let inbox = self.inbox(token);
        let work = async move {
            match call.await {
                Ok(stream) => inbox.feed(stream, true).await,
                Err(status) => inbox.failed(status),
            }
        };
        self.spawn(&env, token, within, work)
    }

    /// A stream of requests, which are put, for a response.
    #[napi]
    pub fn client_stream(
        &self,
        env: Env,
        token: u32,
        method: u32,
        timeout: Option<f64>,
        metadata: Option<Vec<String>>,
        within: Option<u32>,
    ) -> Result<()> {
        let options = self.options(&env, timeout, metadata, within)?;
        let within = options.within;
        let taken = self.outbox(token);
        let call: ClientStreamCall<Bytes> = self.stub.raw_client_stream(method as usize, taken);
        let call = with_options!(call, options);
        self.answered(&env, token, within, call.undecoded())
    }

    /// A stream of requests, which are put, for a stream of responses.
    #[napi]
    pub fn bidi_stream(
        &self,
        env: Env,
        token: u32,
        method: u32,
        timeout: Option<f64>,
        metadata: Option<Vec<String>>,
        within: Option<u32>,
    ) -> Result<()> {
        let options = self.options(&env, timeout, metadata, within)?;
        let within = options.within;
        let call: BidiCall<Payload, Bytes> = self.stub.raw_bidi_stream(method as usize);
        let call = with_options!(call, options);
        let (taken, inbox) = (self.outbox(token), self.inbox(token));
        self.spawn(&env, token, within, both(call, taken, inbox))
    }
}

/// Sends the requests of a call while its responses are read.
async fn both(call: BidiCall<Payload, Bytes>, mut taken: Taken, inbox: Arc<Inbox>) {
    let (mut sender, stream) = match call.await {
        Ok(both) => both,
        Err(status) => return inbox.failed(status),
    };
    let told = Arc::clone(&inbox);
    let sending = async move {
        while let Some(message) = taken.next().await {
            let payload = match message {
                Ok(payload) => payload,
                Err(status) => {
                    told.failed(status.clone());
                    // the server is not to take what it has for all
                    sender.cancel();
                    return Err(status);
                }
            };
            match sender.send(payload).await {
                Ok(()) => {}
                Err(status) if is_ours(&status) => {
                    told.failed(status.clone());
                    return Err(status);
                }
                // the responses say why
                Err(_) => return Ok(()),
            }
        }
        sender.finish();
        Ok(())
    };
    let reading = inbox.feed(stream, false);
    let (mut sending, mut reading) = (std::pin::pin!(sending), std::pin::pin!(reading));
    tokio::select! {
        () = &mut reading => {}
        sent = &mut sending => if sent.is_ok() {
            reading.await;
        }
    }
}
