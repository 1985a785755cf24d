//! The interceptors of one client, and one call on its way through them.

use super::{ClientInterceptor, Outcome};
use crate::client::Callee;
use crate::metadata::{Metadata, MetadataError};
use crate::status::Status;
use crate::trust::PeerId;
use std::borrow::Cow;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A call that a client makes.
pub struct ClientCall {
    pub(crate) peer: PeerId,
    pub(crate) callee: Callee,
    pub(crate) method: usize,
    pub(crate) id: u64,
    pub(crate) began: Instant,
    pub(crate) deadline: Option<Instant>,
    pub(crate) metadata: Metadata,
}

impl ClientCall {
    /// The key of the server.
    pub fn peer(&self) -> PeerId {
        self.peer
    }

    /// The full name of the service, `package.Name`.
    pub fn service(&self) -> &str {
        self.callee.name()
    }

    /// The method.
    pub fn method(&self) -> &str {
        self.callee.method(self.method).name
    }

    /// Service and method, to be kept beyond the call.
    pub(crate) fn names(&self) -> (Cow<'static, str>, Cow<'static, str>) {
        (self.callee.kept_name(), self.callee.kept_method(self.method))
    }

    /// Whether the method may be repeated without harm: it is `@idempotent`.
    pub fn is_idempotent(&self) -> bool {
        self.callee.method(self.method).idempotent
    }

    /// The client's number of the call, as the server has it too.
    pub fn call_id(&self) -> u64 {
        self.id
    }

    /// The time left until the client gives up; `None` if it waits without end.
    pub fn deadline(&self) -> Option<Duration> {
        self.deadline
            .map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// What is sent along.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Sends an entry along, in each attempt.
    ///
    /// # Errors
    /// [`MetadataError`]: the entry is against the rules.
    pub fn add_metadata(
        &mut self,
        key: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<(), MetadataError> {
        self.metadata.insert(key, value)
    }
}

impl fmt::Debug for ClientCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("ClientCall");
        out.field("peer", &self.peer)
            .field("service", &self.service())
            .field("method", &self.method());
        out.field("call_id", &self.id).finish_non_exhaustive()
    }
}

/// All interceptors of a client in their order. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct ClientChain(Arc<[Arc<dyn ClientInterceptor>]>);

impl ClientChain {
    pub(crate) fn new(interceptors: Vec<Arc<dyn ClientInterceptor>>) -> Self {
        Self(interceptors.into())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Watches a call. Boxed: a call that nobody watches carries no room for it.
    pub(crate) fn watch(&self, call: ClientCall) -> Box<WatchedClientCall> {
        Box::new(WatchedClientCall {
            chain: self.clone(),
            call,
            passed: 0,
        })
    }
}

/// One call with the interceptors that let it through. Dropped without an outcome, its caller gave up.
pub(crate) struct WatchedClientCall {
    chain: ClientChain,
    call: ClientCall,
    passed: usize,
}

impl WatchedClientCall {
    /// Asks the interceptors, and says what is to be sent along then.
    pub(crate) async fn before(&mut self) -> Result<Metadata, Status> {
        for interceptor in self.chain.0.iter() {
            interceptor.before(&mut self.call).await?;
            self.passed += 1;
        }
        Ok(self.call.metadata.clone())
    }

    pub(crate) fn attempt(&self, attempt: u32) {
        for interceptor in &self.chain.0[..self.passed] {
            interceptor.on_attempt(&self.call, attempt);
        }
    }

    pub(crate) fn ended(mut self, status: &Status) {
        self.tell(Some(status));
    }

    fn tell(&mut self, status: Option<&Status>) {
        let passed = std::mem::take(&mut self.passed);
        let outcome = Outcome {
            status,
            elapsed: Instant::now().duration_since(self.call.began),
        };
        for interceptor in self.chain.0[..passed].iter().rev() {
            // this also runs where a call is dropped: a panic there could end the process
            let after = || interceptor.after(&self.call, &outcome);
            if catch_unwind(AssertUnwindSafe(after)).is_err() {
                tracing::error!(
                    service = self.call.service(),
                    method = self.call.method(),
                    "an interceptor panicked after a call"
                );
            }
        }
    }
}

impl Drop for WatchedClientCall {
    fn drop(&mut self) {
        self.tell(None);
    }
}
