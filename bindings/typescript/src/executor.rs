//! The one tokio runtime of the process, on a thread of its own.

use crate::error;
use std::sync::{Mutex, PoisonError};
use tokio::runtime::{Builder, Handle};

static RUNTIME: Mutex<Option<Handle>> = Mutex::new(None);

/// The runtime, which starts with its first use. Everything of the network runs there, for the main thread and for all workers: the
/// endpoint, the calls, the handlers' waiting.
///
/// # Errors
/// The thread cannot be started.
pub(crate) fn runtime() -> napi::Result<Handle> {
    let mut runtime = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*runtime {
        return Ok(handle.clone());
    }
    let handle =
        start().map_err(|error| error::plain(format!("the runtime's thread cannot be started: {error}")))?;
    *runtime = Some(handle.clone());
    Ok(handle)
}

fn start() -> std::io::Result<Handle> {
    // one thread: packets go from the socket to the call that waits for them without another thread in between
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    std::thread::Builder::new()
        .name("aster".to_owned())
        .spawn(move || runtime.block_on(std::future::pending::<()>()))?;
    Ok(handle)
}
