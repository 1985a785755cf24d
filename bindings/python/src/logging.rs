//! What the runtime says of itself, for Python's `logging`.
//!
//! The thread that says something puts it into a bounded queue and wakes the loops, as for anything else that has happened: one that
//! is open need not run, and the first that does hands on all there is. That thread never takes the interpreter's lock, and waits for
//! no handler of the program's: what finds the queue full is counted.

use crate::bridge::{self, EventLoop};
use crate::lock::lock;
use aster_bindings::log::{self, Said, Sink, Value, WAITING};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::UNIX_EPOCH;
use tracing::Level;
use tracing::level_filters::LevelFilter;

/// The records of this process. One that comes out of a fork gets its own: the lock of the parent's may be held for ever there.
static RECORDED: AtomicPtr<Mutex<Recorded>> = AtomicPtr::new(std::ptr::null_mut());

#[derive(Default)]
struct Recorded {
    waiting: VecDeque<Said>,
    dropped: u64,
    /// The loops that hand them on.
    loops: Vec<Woken>,
    last: u64,
    /// Whether a thread hands some on: they stay in their order.
    handing: bool,
}

/// A loop that hands records on.
struct Woken {
    events: EventLoop,
    number: u64,
    /// Whether it has been woken, and has not come to it yet.
    told: bool,
}

fn recorded() -> &'static Mutex<Recorded> {
    let known = RECORDED.load(Ordering::Acquire);
    if known.is_null() {
        let made = Box::into_raw(Box::default());
        let before =
            RECORDED.compare_exchange(std::ptr::null_mut(), made, Ordering::AcqRel, Ordering::Acquire);
        return match before {
            // SAFETY: it came out of a box a moment ago, and is never freed.
            Ok(_) => unsafe { &*made },
            Err(other) => {
                // SAFETY: nobody else has seen `made`.
                drop(unsafe { Box::from_raw(made) });
                // SAFETY: what another thread has put there is never freed.
                unsafe { &*other }
            }
        };
    }
    // SAFETY: what was put there is never freed.
    unsafe { &*known }
}

/// In a process that came out of a fork: what waited is the parent's.
pub(crate) fn forget() {
    RECORDED.store(std::ptr::null_mut(), Ordering::Release);
}

/// A loop has begun: it hands records on, too.
pub(crate) fn offered(events: &EventLoop) {
    if log::listens() {
        let mut recorded = lock(recorded());
        recorded.add(events.clone());
        wake(recorded);
    }
}

/// A loop has ended. What it was woken for is handed on here.
pub(crate) fn left(py: Python<'_>) {
    if !log::listens() {
        return;
    }
    let gone: Vec<_> = {
        let mut recorded = lock(recorded());
        recorded
            .loops
            .extract_if(.., |woken| !woken.events.is_open())
            .collect()
    };
    drop(gone);
    hand_on(py, None);
}

fn wake(mut recorded: MutexGuard<'_, Recorded>) {
    if recorded.waiting.is_empty() && recorded.dropped == 0 {
        return;
    }
    let untold = recorded.loops.iter_mut().filter(|woken| !woken.told);
    let untold: Vec<_> = untold
        .map(|woken| {
            woken.told = true;
            (woken.events.clone(), woken.number)
        })
        .collect();
    drop(recorded);
    for (events, number) in untold {
        events.push(Box::new(move |py| hand_on(py, Some(number))));
    }
}

/// Gives all that waits to `logging`, in a loop that was woken for it.
fn hand_on(py: Python<'_>, woken: Option<u64>) {
    loop {
        let (waiting, dropped) = {
            let mut recorded = lock(recorded());
            let woken = recorded
                .loops
                .iter_mut()
                .find(|other| Some(other.number) == woken);
            if let Some(woken) = woken {
                woken.told = false;
            }
            // whoever is at it takes these as well
            if recorded.handing || recorded.waiting.is_empty() && recorded.dropped == 0 {
                return;
            }
            recorded.handing = true;
            let waiting = std::mem::take(&mut recorded.waiting);
            (waiting, std::mem::take(&mut recorded.dropped))
        };
        let given = (|| {
            let records: Vec<_> = waiting
                .into_iter()
                .map(|said| shown(py, said))
                .collect::<PyResult<_>>()?;
            let module = py.import("aster_runtime._logging")?;
            module.call_method1("emit", (PyList::new(py, records)?, dropped))?;
            Ok::<_, PyErr>(())
        })();
        lock(recorded()).handing = false;
        if let Err(error) = given {
            error.write_unraisable(py, None);
        }
    }
}

fn shown(py: Python<'_>, said: Said) -> PyResult<Bound<'_, PyTuple>> {
    let at = said.at.duration_since(UNIX_EPOCH).unwrap_or_default();
    (
        number(said.level),
        said.target,
        said.message,
        dictionary(py, said.fields)?,
        dictionary(py, said.spans)?,
        at.as_secs_f64(),
        said.file.unwrap_or_default(),
        said.line.unwrap_or_default(),
        said.thread,
    )
        .into_pyobject(py)
}

fn dictionary<'py>(py: Python<'py>, fields: Vec<(&'static str, Value)>) -> PyResult<Bound<'py, PyDict>> {
    let shown = PyDict::new(py);
    for (name, value) in fields {
        match value {
            Value::Signed(value) => shown.set_item(name, value),
            Value::Unsigned(value) => shown.set_item(name, value),
            Value::Float(value) => shown.set_item(name, value),
            Value::Bool(value) => shown.set_item(name, value),
            Value::Text(value) => shown.set_item(name, value),
        }?;
    }
    Ok(shown)
}

/// Lets `logging` have what the runtime says, from these levels on. Without a level of either, nothing is even looked at.
///
/// # Errors
/// Somebody else in this process listens to `tracing` already.
#[pyfunction]
pub(crate) fn log_levels(own: u32, others: u32) -> PyResult<()> {
    let sink = || {
        let open = bridge::all_open();
        let mut recorded = lock(recorded());
        open.into_iter().for_each(|events| recorded.add(events));
        Queue
    };
    log::listen(filter_of(own), filter_of(others), sink)
        .map_err(|error| PyRuntimeError::new_err(format!("nothing can be logged: {error}")))
}

/// Hands on what waits: for the end of the process, when no loop runs.
#[pyfunction]
pub(crate) fn log_flush(py: Python<'_>) {
    if log::listens() {
        hand_on(py, None);
    }
}

/// What a level of `logging` lets through.
fn filter_of(level: u32) -> LevelFilter {
    match level {
        0..=5 => LevelFilter::TRACE,
        6..=10 => LevelFilter::DEBUG,
        11..=20 => LevelFilter::INFO,
        21..=30 => LevelFilter::WARN,
        31..=40 => LevelFilter::ERROR,
        _ => LevelFilter::OFF,
    }
}

/// A level as `logging` numbers it.
fn number(level: Level) -> u32 {
    match level {
        Level::ERROR => 40,
        Level::WARN => 30,
        Level::INFO => 20,
        Level::DEBUG => 10,
        Level::TRACE => 5,
    }
}

/// The queue of this process.
struct Queue;

impl Sink for Queue {
    fn has_room(&self) -> bool {
        !lock(recorded()).is_full()
    }

    fn put(&self, said: Said) {
        let mut recorded = lock(recorded());
        if !recorded.is_full() {
            recorded.waiting.push_back(said);
        }
        wake(recorded);
    }
}

impl Recorded {
    fn add(&mut self, events: EventLoop) {
        self.last += 1;
        self.loops.push(Woken {
            events,
            number: self.last,
            told: false,
        });
    }

    /// Whether there is no room; counts what is dropped then.
    fn is_full(&mut self) -> bool {
        let full = self.waiting.len() >= WAITING;
        self.dropped += u64::from(full);
        full
    }
}
