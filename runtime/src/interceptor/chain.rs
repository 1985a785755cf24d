//! The interceptors of one server, and one call on its way through them.

use super::{Outcome, ServerInterceptor};
use crate::context::{Call, Context};
use crate::service::CallFuture;
use crate::status::Status;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::time::Instant;

/// All interceptors in their order. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Chain(Arc<[Arc<dyn ServerInterceptor>]>);

impl Chain {
    pub(crate) fn new(interceptors: Vec<Arc<dyn ServerInterceptor>>) -> Self {
        Self(interceptors.into())
    }

    /// Watches a call; a server without interceptors does not.
    /// Boxed: a call that nobody watches carries no room for it.
    pub(crate) fn watch(&self, call: &Arc<Call>) -> Option<Box<Watched>> {
        (!self.0.is_empty()).then(|| {
            Box::new(Watched {
                chain: self.clone(),
                context: Context::new(Arc::clone(call)),
                passed: Arc::default(),
            })
        })
    }
}

/// One call with the interceptors that let it through. Dropped without an outcome, its caller gave up.
pub(crate) struct Watched {
    chain: Chain,
    context: Context,
    passed: Arc<AtomicUsize>,
}

impl Watched {
    /// The handler, behind every interceptor's `before`.
    pub(crate) fn around(&self, handler: CallFuture) -> CallFuture {
        let (chain, context, passed) = (self.chain.clone(), self.context.clone(), Arc::clone(&self.passed));
        Box::pin(async move {
            for interceptor in chain.0.iter() {
                interceptor.before(&context).await?;
                passed.fetch_add(1, Ordering::Release);
            }
            handler.await
        })
    }

    /// Tells the interceptors that let the call through how it ended.
    pub(crate) fn ended(mut self, status: &Status) {
        self.tell(Some(status));
    }

    fn tell(&mut self, status: Option<&Status>) {
        let passed = self.passed.swap(0, Ordering::AcqRel);
        let outcome = Outcome {
            status,
            elapsed: Instant::now().duration_since(self.context.call().arrival),
        };
        for interceptor in self.chain.0[..passed].iter().rev() {
            let after = || interceptor.after(&self.context, &outcome);
            if catch_unwind(AssertUnwindSafe(after)).is_err() {
                tracing::error!(
                    service = self.context.service(),
                    method = self.context.method(),
                    "an interceptor panicked after a call"
                );
            }
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.tell(None);
    }
}
