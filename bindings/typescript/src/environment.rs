//! An environment of Node.js: the main thread, or a worker. What is called for each message and each call is here.

use crate::error;
use crate::metadata;
use crate::queue::Bridge;
use crate::server::Answer;
use aster_runtime::raw::Payload;
use aster_runtime::{Code, Metadata, Status};
use napi::bindgen_prelude::{FromNapiValue, Function, JsValue as _, Uint8Array};
use napi::{Env, Result};
use napi_derive::napi;

/// What crosses between the runtime's thread and that of an environment.
#[napi]
pub struct Environment {
    pub(crate) bridge: Bridge,
}

/// What a thrown status has.
#[napi(object)]
pub struct Thrown {
    pub code: u32,
    pub message: String,
    pub detail_names: Vec<String>,
    pub details: Vec<Uint8Array>,
    pub metadata: Vec<String>,
}

impl From<Thrown> for Status {
    fn from(thrown: Thrown) -> Self {
        let mut status = Self::new(Code(thrown.code), thrown.message);
        for (name, value) in thrown.detail_names.into_iter().zip(thrown.details) {
            status = status.with_detail(name, value.to_vec());
        }
        status.with_metadata(metadata::kept(metadata::entries(Some(thrown.metadata))))
    }
}

#[napi]
impl Environment {
    /// `drain` gets the records of each wake-up, and the values that they name.
    #[napi(constructor)]
    pub fn new(env: Env, drain: Function<'_, (), ()>) -> Result<Self> {
        Ok(Self {
            bridge: Bridge::new(&env, drain.raw())?,
        })
    }

    /// The process exits, which Node.js does without ending its environments: peers are told that all of this one is over.
    #[napi]
    pub fn leave(&self) {
        self.bridge.close();
    }

    /// Ends what has that token. Nothing is told of it any more.
    #[napi]
    pub fn cancel(&self, env: Env, token: u32) {
        self.bridge.cancel(&env, token);
    }

    /// Ends what has the token `of`; the promise of `token` is fulfilled once it is let go.
    #[napi]
    pub fn release(&self, env: Env, token: u32, of: u32) -> Result<()> {
        let task = self
            .bridge
            .running()
            .tasks
            .get(&of)
            .map(|task| task.abort.clone());
        self.bridge.cancel(&env, of);
        self.bridge.run(
            &env,
            token,
            async move {
                if let Some(task) = task {
                    // it is dropped when the runtime comes to it next
                    while !task.is_finished() {
                        tokio::task::yield_now().await;
                    }
                }
                Ok(())
            },
            |()| crate::value::Value::Undefined,
        )
    }

    /// Messages of a stream that are here, each after its length. Without any, they are told of when they come.
    #[napi(ts_return_type = "Uint8Array | undefined")]
    pub fn pull(&self, env: Env, token: u32) -> Option<Uint8Array> {
        let inbox = self.bridge.running().inboxes.get(&token).cloned();
        let messages = inbox.and_then(|inbox| inbox.pull());
        if messages.is_some() {
            self.bridge.resume(&env, token);
        }
        self.bridge.expect(&env);
        messages.map(Uint8Array::new)
    }

    /// A message of a stream does not fit the contract, which ends it.
    #[napi]
    pub fn refuse(&self, env: Env, token: u32, expected: String, found: String) {
        let inbox = self.bridge.running().inboxes.remove(&token);
        if let Some(inbox) = inbox {
            inbox.refuse(expected, found);
        }
        // the call of a peer is still to be answered; what it has of responses ends with that
        if token.is_multiple_of(2) {
            self.bridge.leave(&env, token);
        }
    }

    /// Lets items of a feed be told when they are there.
    #[napi]
    pub fn take(&self, env: Env, token: u32) {
        let feed = self.bridge.running().feeds.get(&token).cloned();
        if let Some(feed) = feed {
            feed.ask();
            self.bridge.expect(&env);
        }
    }

    /// Sends a message of a stream: 0 if there is room for another, 1 if the next is to wait until it is told so, 2 if nobody takes
    /// it.
    #[napi]
    pub fn put(&self, token: u32, payload: &[u8]) -> u32 {
        let outbox = self.bridge.running().outboxes.get(&token).cloned();
        match outbox {
            Some(outbox) => outbox.put(Payload::holding(payload)) as u32,
            None => 2,
        }
    }

    /// No message comes after those that were sent.
    #[napi]
    pub fn finish(&self, token: u32) {
        let outbox = self.bridge.running().outboxes.remove(&token);
        if let Some(outbox) = outbox {
            outbox.end(Ok(()));
        }
    }

    /// The source of the requests failed: the call ends.
    #[napi]
    pub fn spoil(&self, token: u32) {
        let outbox = self.bridge.running().outboxes.remove(&token);
        if let Some(outbox) = outbox {
            outbox.end(Err(Status::cancelled("the source of the requests failed")));
        }
    }

    /// Answers a call with a response.
    #[napi]
    pub fn reply(&self, call: u32, payload: &[u8]) {
        self.give(call, Ok(Answer::Payload(Payload::holding(payload))));
    }

    /// A call has no response, or has sent all, or a hook has ended.
    #[napi]
    pub fn end(&self, call: u32) {
        self.give(call, Ok(Answer::Nothing));
    }

    /// An interceptor lets a call go on, with these entries of metadata.
    #[napi]
    pub fn pass(&self, call: u32, added: Vec<String>) {
        self.give(call, Ok(Answer::Added(metadata::entries(Some(added)))));
    }

    /// A session has its instance.
    #[napi]
    pub fn opened(&self, call: u32, target: u32) {
        self.give(call, Ok(Answer::Target(target)));
    }

    /// A call fails.
    #[napi]
    pub fn fail(&self, call: u32, thrown: Thrown) {
        self.give(call, Err(thrown.into()));
    }

    /// Adds an entry to what goes before the first response; afterwards it goes with the trailer.
    #[napi]
    pub fn set_header(&self, env: Env, call: u32, name: String, value: String) -> Result<()> {
        match self.context(call) {
            Some(context) => context
                .set_header(name, value)
                .map_err(|error| error::range(&env, error)),
            None => Ok(()),
        }
    }

    /// Adds an entry to what goes with the status.
    #[napi]
    pub fn set_trailer(&self, env: Env, call: u32, name: String, value: String) -> Result<()> {
        match self.context(call) {
            Some(context) => context
                .set_trailer(name, value)
                .map_err(|error| error::range(&env, error)),
            None => Ok(()),
        }
    }

    /// Sends the responses of a call from here on without compression.
    #[napi]
    pub fn uncompressed(&self, call: u32) {
        if let Some(context) = self.context(call) {
            context.uncompressed();
        }
    }

    /// Throws a `RangeError` for metadata that is against the rules.
    #[napi]
    pub fn check_metadata(&self, env: Env, flat: Vec<String>) -> Result<()> {
        let mut all = Metadata::new();
        for (name, value) in metadata::entries(Some(flat)) {
            all.insert(name, value)
                .map_err(|error| error::range(&env, error))?;
        }
        Ok(())
    }
}

impl Environment {
    /// The call of that token, if it runs.
    pub(crate) fn context(&self, call: u32) -> Option<aster_runtime::Context> {
        self.bridge.context(call)
    }

    fn give(&self, call: u32, answer: std::result::Result<Answer, Status>) {
        let (sender, outbox) = {
            let mut running = self.bridge.running();
            let outbox = running.outboxes.remove(&call);
            (running.call(call).and_then(|call| call.answer.take()), outbox)
        };
        if let Some(outbox) = outbox {
            outbox.end(answer.as_ref().map(|_| ()).map_err(Clone::clone));
        }
        if let Some(sender) = sender {
            // the call may have ended
            let _ = sender.send(answer);
        }
    }
}

/// Bytes that JavaScript has, copied.
///
/// # Errors
/// Something else.
pub(crate) fn bytes(env: &Env, value: napi::Unknown<'_>, what: &str) -> Result<bytes::Bytes> {
    // SAFETY: the value is of this environment; the slice is copied before JavaScript runs again
    let slice = unsafe { <&[u8]>::from_napi_value(env.raw(), value.raw()) };
    match slice {
        Ok(slice) => Ok(bytes::Bytes::copy_from_slice(slice)),
        Err(_) => Err(error::wrong_type(env, format!("{what}: expected a Uint8Array"))),
    }
}
