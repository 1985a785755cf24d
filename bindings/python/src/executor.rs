//! The one tokio runtime of the process, on a thread of its own.

use crate::error;
use pyo3::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::runtime::{Builder, Handle};

/// How often this process came out of a fork: what was made before belongs to the parent.
static FORKS: AtomicU64 = AtomicU64::new(0);

static RUNTIME: Mutex<Option<Started>> = Mutex::new(None);

struct Started {
    handle: Handle,
    forks: u64,
}

/// The runtime, which starts with its first use. Everything of the network runs there: the endpoint, the calls, the handlers'
/// waiting. The thread takes no lock of the interpreter while it waits for anything.
///
/// # Errors
/// The thread cannot be started.
pub(crate) fn runtime() -> PyResult<Handle> {
    let mut runtime = lock();
    let forks = FORKS.load(Ordering::Relaxed);
    if let Some(started) = &*runtime
        && started.forks == forks
    {
        return Ok(started.handle.clone());
    }
    let handle =
        start().map_err(|error| error::start(format!("the runtime's thread cannot be started: {error}")))?;
    // that of the parent has no thread here: it is left as it is
    std::mem::forget(runtime.replace(Started {
        handle: handle.clone(),
        forks,
    }));
    Ok(handle)
}

fn lock() -> MutexGuard<'static, Option<Started>> {
    RUNTIME.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Which process this is, counted in forks: to be compared with [`check`] later.
pub(crate) fn process() -> u64 {
    FORKS.load(Ordering::Relaxed)
}

/// Refuses what was made before a fork.
///
/// # Errors
/// The object belongs to the parent process.
pub(crate) fn check(made_in: u64) -> PyResult<()> {
    if made_in == process() {
        return Ok(());
    }
    Err(error::start(
        "this was made before `fork()` and belongs to the parent process: make nodes and clients after it, or start processes \
         with the method `spawn`"
            .to_owned(),
    ))
}

/// The interpreter calls it in a process that came out of a fork.
#[pyfunction]
pub(crate) fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
    crate::bridge::forget_all();
}
