//! What the runtime says of itself: events of `tracing`, for what a language has for logging.
//!
//! A [`Sink`] gets them on the thread that says something, and is to give them to another: it waits for nobody.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;
use tracing::dispatcher::SetGlobalDefaultError;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// So many events may wait for a program; further ones are to be dropped, and counted.
pub const WAITING: usize = 4096;

/// What takes events.
pub trait Sink: Send + Sync + 'static {
    /// Whether there is room for one; counts it as dropped otherwise.
    fn has_room(&self) -> bool;
    /// Takes one.
    fn put(&self, said: Said);
}

/// An event.
pub struct Said {
    /// How much it matters.
    pub level: Level,
    /// The module that says it, `aster_runtime::server`.
    pub target: &'static str,
    /// Its text.
    pub message: String,
    /// Its fields.
    pub fields: Vec<(&'static str, Value)>,
    /// The fields of the spans around it, from the outermost on.
    pub spans: Vec<(&'static str, Value)>,
    /// When it happened.
    pub at: SystemTime,
    /// Where in the sources it is said.
    pub file: Option<&'static str>,
    /// The line there.
    pub line: Option<u32>,
    /// The name of the thread.
    pub thread: Option<String>,
}

/// The value of a field.
#[derive(Clone)]
pub enum Value {
    /// A number with a sign.
    Signed(i64),
    /// A number without one.
    Unsigned(u64),
    /// A number with a fraction.
    Float(f64),
    /// Yes or no.
    Bool(bool),
    /// A text, or the `Debug` of anything else.
    Text(String),
}

/// What is let through, as [`rank`] numbers levels: of Aster's own crates, and of those below them.
static OWN: AtomicU8 = AtomicU8::new(0);
static OTHERS: AtomicU8 = AtomicU8::new(0);

static LISTENS: AtomicBool = AtomicBool::new(false);
static LISTENING: Mutex<()> = Mutex::new(());

/// Whether a sink has been given.
pub fn listens() -> bool {
    LISTENS.load(Ordering::Acquire)
}

/// Lets a sink have what is said from these levels on: by Aster's own crates, and by the libraries below them. The first sink of a
/// process stays; with `OFF` for both nothing is even looked at.
///
/// # Errors
/// Somebody else in this process listens to `tracing` already.
pub fn listen<K: Sink>(
    own: LevelFilter,
    others: LevelFilter,
    sink: impl FnOnce() -> K,
) -> Result<(), SetGlobalDefaultError> {
    let _one = LISTENING.lock().unwrap_or_else(PoisonError::into_inner);
    if !listens() {
        if own == LevelFilter::OFF && others == LevelFilter::OFF {
            return Ok(());
        }
        let subscriber = tracing_subscriber::registry().with(Listener(sink()));
        tracing::subscriber::set_global_default(subscriber)?;
        LISTENS.store(true, Ordering::Release);
    }
    OWN.store(rank(own), Ordering::Relaxed);
    OTHERS.store(rank(others), Ordering::Relaxed);
    // each place in the code that says something remembers whether anybody listens
    tracing::callsite::rebuild_interest_cache();
    Ok(())
}

fn rank(level: LevelFilter) -> u8 {
    match level {
        LevelFilter::OFF => 0,
        LevelFilter::ERROR => 1,
        LevelFilter::WARN => 2,
        LevelFilter::INFO => 3,
        LevelFilter::DEBUG => 4,
        LevelFilter::TRACE => 5,
    }
}

/// Whether a target is of this project: `aster`, `aster_runtime::…`, and the bindings themselves.
fn is_own(target: &str) -> bool {
    let root = target.split("::").next().unwrap_or(target);
    root == "aster" || root == "_native" || root.starts_with("aster_")
}

struct Listener<K>(K);

impl<K: Sink, S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Listener<K> {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        let level = if is_own(metadata.target()) { &OWN } else { &OTHERS };
        rank((*metadata.level()).into()) <= level.load(Ordering::Relaxed)
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
        // what has no room costs no more than this
        if !self.0.has_room() {
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
        self.0.put(said);
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
