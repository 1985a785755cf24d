//! Where a node's endpoint runs: beside the application, or on a thread of its own.
//!
//! Source: runtime, "Where it runs".

use std::io;
use std::sync::Mutex;
use tokio::runtime::{Builder, Handle, RuntimeFlavor};
use tokio::sync::oneshot;

/// Where the endpoint and its connections run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Placement {
    /// On the runtime that starts the node. On a current-thread runtime this has the least latency, and makes the most calls; a
    /// handler that blocks holds up everything.
    Inline,
    /// On a thread of its own. Handlers run on the application's runtime: one that blocks delays no connection of others.
    Separate,
}

impl Placement {
    /// [`Separate`](Self::Separate) on a multi-thread runtime, whose threads would hand each packet around; else
    /// [`Inline`](Self::Inline).
    pub(crate) fn here() -> Self {
        match Handle::try_current().map(|handle| handle.runtime_flavor()) {
            Ok(RuntimeFlavor::MultiThread) => Self::Separate,
            _ => Self::Inline,
        }
    }
}

/// A thread of a node, with what runs there and ends with it.
pub(crate) struct Host {
    handle: Handle,
    /// Taken when the thread is to end.
    stop: Mutex<Option<oneshot::Sender<()>>>,
}

impl Host {
    /// Starts the thread.
    pub(crate) fn start(name: &str) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            // a sender that is dropped says the same
            let _ = runtime.block_on(stopped);
        })?;
        Ok(Self {
            handle,
            stop: Mutex::new(Some(stop)),
        })
    }

    /// Runs a future on the thread.
    ///
    /// # Panics
    /// As the future does.
    pub(crate) async fn run<F>(&self, future: F) -> F::Output
    where
        F: Future<Output: Send> + Send + 'static,
    {
        // dropped by its caller, the work ends with it
        let mut task = AbortOnDrop(self.handle.spawn(future));
        match (&mut task.0).await {
            Ok(output) => output,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // the thread has ended: nothing of the node answers any more
                Err(_) => std::future::pending().await,
            },
        }
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Ends the thread, with what still runs there.
    pub(crate) fn stop(&self) {
        let mut stop = self
            .stop
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(stop) = stop.take() {
            // a thread that has ended needs no telling
            let _ = stop.send(());
        }
    }
}

struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs a future on the node's thread where it has one, else here.
pub(crate) async fn on<F>(host: Option<&Host>, future: F) -> F::Output
where
    F: Future<Output: Send> + Send + 'static,
{
    match host {
        Some(host) => host.run(future).await,
        None => future.await,
    }
}
