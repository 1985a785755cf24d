//! What the runtime says of itself, for Python's `logging`.
//!
//! The thread that says something puts it into a bounded queue and wakes a loop, as for anything else that has happened. It never
//! takes the interpreter's lock, and waits for no handler of the program's: what finds the queue full is counted.

use crate::bridge::{self, EventLoop};
use crate::lock::lock;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicPtr, AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, Once};
use std::time::{SystemTime, UNIX_EPOCH};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// So many records wait for a loop.
const RECORDS: usize = 4096;

/// What is let through, as [`rank`] numbers levels: of Aster's own crates, and of those below them.
static OWN: AtomicU8 = AtomicU8::new(0);
static OTHERS: AtomicU8 = AtomicU8::new(0);

static INSTALLED: Once = Once::new();

/// The records of this process. One that comes out of a fork gets its own: the lock of the parent's may be held for ever there.
static RECORDED: AtomicPtr<Mutex<Recorded>> = AtomicPtr::new(std::ptr::null_mut());

#[derive(Default)]
struct Recorded {
    waiting: VecDeque<Said>,
    dropped: u64,
    /// The loop that hands them on.
    events: Option<EventLoop>,
    /// Whether that loop has been woken for what is here.
    told: bool,
}

/// An event of `tracing`.
struct Said {
    level: Level,
    target: &'static str,
    message: String,
    fields: Vec<(&'static str, Value)>,
    /// The fields of the spans around it, from the outermost on.
    spans: Vec<(&'static str, Value)>,
    at: SystemTime,
    file: Option<&'static str>,
    line: Option<u32>,
    thread: Option<String>,
}

#[derive(Clone)]
enum Value {
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Bool(bool),
    Text(String),
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

/// A loop has begun: it hands records on, if no other does.
pub(crate) fn offered(events: &EventLoop) {
    if !INSTALLED.is_completed() {
        return;
    }
    let mut recorded = lock(recorded());
    if !recorded.events.as_ref().is_some_and(EventLoop::is_open) {
        recorded.events = Some(events.clone());
        recorded.told = false;
    }
    wake(recorded);
}

/// A loop has ended. What it was woken for is handed on here, and another loop does it from now on.
pub(crate) fn left(py: Python<'_>) {
    if !INSTALLED.is_completed() {
        return;
    }
    let other = bridge::any_open();
    {
        let mut recorded = lock(recorded());
        if recorded.events.as_ref().is_some_and(EventLoop::is_open) {
            return;
        }
        recorded.events = other;
        recorded.told = false;
    }
    hand_on(py);
}

fn wake(mut recorded: MutexGuard<'_, Recorded>) {
    if recorded.told || recorded.waiting.is_empty() && recorded.dropped == 0 {
        return;
    }
    let Some(events) = recorded.events.clone() else {
        return;
    };
    recorded.told = true;
    drop(recorded);
    events.push(Box::new(hand_on));
}

/// Gives all that waits to `logging`.
fn hand_on(py: Python<'_>) {
    let (waiting, dropped) = {
        let mut recorded = lock(recorded());
        recorded.told = false;
        let waiting = std::mem::take(&mut recorded.waiting);
        (waiting, std::mem::take(&mut recorded.dropped))
    };
    if waiting.is_empty() && dropped == 0 {
        return;
    }
    let given = (|| {
        let records: Vec<_> = waiting
            .into_iter()
            .map(|said| said.shown(py))
            .collect::<PyResult<_>>()?;
        let module = py.import("aster_runtime._logging")?;
        module.call_method1("emit", (PyList::new(py, records)?, dropped))?;
        Ok::<_, PyErr>(())
    })();
    if let Err(error) = given {
        error.write_unraisable(py, None);
    }
}

impl Said {
    fn shown<'py>(self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let at = self.at.duration_since(UNIX_EPOCH).unwrap_or_default();
        (
            number(self.level),
            self.target,
            self.message,
            dictionary(py, self.fields)?,
            dictionary(py, self.spans)?,
            at.as_secs_f64(),
            self.file.unwrap_or_default(),
            self.line.unwrap_or_default(),
            self.thread,
        )
            .into_pyobject(py)
    }
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
    let (own, others) = (rank_of(own), rank_of(others));
    if own == 0 && others == 0 && !INSTALLED.is_completed() {
        return Ok(());
    }
    let mut installed = Ok(());
    INSTALLED.call_once(|| {
        let subscriber = tracing_subscriber::registry().with(ToLogging);
        installed = tracing::subscriber::set_global_default(subscriber);
        lock(recorded()).events = bridge::any_open();
    });
    installed.map_err(|error| PyRuntimeError::new_err(format!("nothing can be logged: {error}")))?;
    OWN.store(own, Ordering::Relaxed);
    OTHERS.store(others, Ordering::Relaxed);
    // each place in the code that says something remembers whether anybody listens
    tracing::callsite::rebuild_interest_cache();
    Ok(())
}

/// Hands on what waits: for the end of the process, when no loop runs.
#[pyfunction]
pub(crate) fn log_flush(py: Python<'_>) {
    if INSTALLED.is_completed() {
        hand_on(py);
    }
}

/// A level of `logging` as a number that grows with what is let through; 0 for none.
fn rank_of(level: u32) -> u8 {
    match level {
        0..=5 => 5,
        6..=10 => 4,
        11..=20 => 3,
        21..=30 => 2,
        31..=40 => 1,
        _ => 0,
    }
}

fn rank(level: Level) -> u8 {
    match level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        Level::TRACE => 5,
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

/// Whether a target is of this project: `aster`, `aster_runtime::…`, and the binding itself.
fn is_own(target: &str) -> bool {
    let root = target.split("::").next().unwrap_or(target);
    root == "aster" || root == "_native" || root.starts_with("aster_")
}

struct ToLogging;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for ToLogging {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        let level = if is_own(metadata.target()) { &OWN } else { &OTHERS };
        rank(*metadata.level()) <= level.load(Ordering::Relaxed)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let most = OWN.load(Ordering::Relaxed).max(OTHERS.load(Ordering::Relaxed));
        Some(match most {
            0 => LevelFilter::OFF,
            1 => LevelFilter::ERROR,
            2 => LevelFilter::WARN,
            3 => LevelFilter::INFO,
            4 => LevelFilter::DEBUG,
            _ => LevelFilter::TRACE,
        })
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        // a queue that is full costs no more than this
        if lock(recorded()).is_full() {
            return;
        }
        let metadata = event.metadata();
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut spans = Vec::new();
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<Fields>() {
                spans.splice(0..0, fields.values.iter().cloned());
            }
        }
        let said = Said {
            level: *metadata.level(),
            target: metadata.target(),
            message: fields.message,
            fields: fields.values,
            spans,
            at: SystemTime::now(),
            file: metadata.file(),
            line: metadata.line(),
            thread: std::thread::current().name().map(ToOwned::to_owned),
        };
        let mut recorded = lock(recorded());
        if !recorded.is_full() {
            recorded.waiting.push_back(said);
        }
        wake(recorded);
    }
}

impl Recorded {
    /// Whether there is no room; counts what is dropped then.
    fn is_full(&mut self) -> bool {
        let full = self.waiting.len() >= RECORDS;
        self.dropped += u64::from(full);
        full
    }
}

/// Collects the fields of an event or a span.
#[derive(Default)]
struct Fields {
    message: String,
    values: Vec<(&'static str, Value)>,
}

impl Fields {
    fn set(&mut self, field: &Field, value: Value) {
        match self.values.iter_mut().find(|(name, _)| *name == field.name()) {
            Some((_, before)) => *before = value,
            None => self.values.push((field.name(), value)),
        }
    }
}

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, Value::Signed(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, Value::Unsigned(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, Value::Float(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, Value::Bool(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.set(field, Value::Text(value.to_owned()));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            self.set(field, Value::Text(format!("{value:?}")));
        }
    }
}
