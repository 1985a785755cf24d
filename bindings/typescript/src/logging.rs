//! What the runtime says of itself, for a function of JavaScript's.
//!
//! The thread that says something puts it into a bounded queue and wakes the environment that listens, as for anything else that has
//! happened. It waits for no function of the program's: what finds the queue full is counted.

use crate::environment::Environment;
use crate::queue::Bridge;
use crate::record::Kind;
use crate::value::Value;
use aster_bindings::log::{self, Said, Sink, WAITING};
use napi::bindgen_prelude::Unknown;
use napi::{Env, Error, Result};
use napi_derive::napi;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::UNIX_EPOCH;
use tracing::Level;
use tracing::level_filters::LevelFilter;

/// The events of this process, whose environments share its runtime.
static RECORDED: Mutex<Recorded> = Mutex::new(Recorded {
    waiting: VecDeque::new(),
    dropped: 0,
    listener: None,
    told: false,
});

struct Recorded {
    waiting: VecDeque<Said>,
    dropped: u64,
    /// Who hands events on: an environment, and the number of what it knows for it.
    listener: Option<(Bridge, u32)>,
    /// Whether that has been woken for what is here.
    told: bool,
}

fn recorded() -> MutexGuard<'static, Recorded> {
    RECORDED.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Queue;

impl Sink for Queue {
    fn has_room(&self) -> bool {
        !recorded().is_full()
    }

    fn put(&self, said: Said) {
        let mut recorded = recorded();
        if recorded.is_full() {
            return;
        }
        recorded.waiting.push_back(said);
        if std::mem::replace(&mut recorded.told, true) {
            return;
        }
        let listener = recorded.listener.clone();
        drop(recorded);
        if let Some((bridge, target)) = listener {
            let word = Value::List(vec![Value::Number(f64::from(target)), Value::text("log")]);
            bridge.record(move |records| records.value(Kind::Hook, 0, word));
        }
    }
}

impl Recorded {
    /// Whether there is no room; counts what is dropped then.
    fn is_full(&mut self) -> bool {
        let full = self.listener.is_none() || self.waiting.len() >= WAITING;
        self.dropped += u64::from(full);
        full
    }
}

/// An environment ends: what it has listened to is said to nobody.
pub(crate) fn left(bridge: &Bridge) {
    let gone = {
        let mut recorded = recorded();
        recorded.listener.take_if(|(other, _)| other.is(bridge))
    };
    if gone.is_some() {
        // an error says that there never was a listener
        let _ = log::listen(LevelFilter::OFF, LevelFilter::OFF, || Queue);
    }
}

#[napi]
impl Environment {
    /// Lets `target` hear that something was said, from these levels on: by Aster's own crates, and by the libraries below them.
    #[napi]
    pub fn listen(&self, target: u32, own: String, others: String) -> Result<()> {
        let (own, others) = (filter(&own)?, filter(&others)?);
        {
            let mut recorded = recorded();
            let before = recorded.listener.replace((self.bridge.clone(), target));
            if !before.is_some_and(|(other, _)| other.is(&self.bridge)) {
                recorded.told = false;
                recorded.waiting.clear();
                recorded.dropped = 0;
            }
        }
        log::listen(own, others, || Queue)
            .map_err(|error| Error::from_reason(format!("nothing can be logged: {error}")))
    }

    /// Nothing more is said here. What another environment listens to goes on.
    #[napi]
    pub fn hush(&self) -> Result<()> {
        let listener = recorded().listener.clone();
        if !listener.is_some_and(|(other, _)| other.is(&self.bridge)) {
            return Ok(());
        }
        log::listen(LevelFilter::OFF, LevelFilter::OFF, || Queue)
            .map_err(|error| Error::from_reason(error.to_string()))
    }

    /// What was said since the last time, and how much of it there was no room for; nothing where another environment listens.
    #[napi(ts_return_type = "[unknown[], number]")]
    pub fn said<'env>(&self, env: Env) -> Result<Unknown<'env>> {
        let (waiting, dropped) = {
            let mut recorded = recorded();
            let ours = recorded
                .listener
                .as_ref()
                .is_some_and(|(bridge, _)| bridge.is(&self.bridge));
            if ours {
                recorded.told = false;
                (
                    std::mem::take(&mut recorded.waiting),
                    std::mem::take(&mut recorded.dropped),
                )
            } else {
                (VecDeque::new(), 0)
            }
        };
        let said = waiting.into_iter().map(shown).collect();
        #[expect(clippy::cast_precision_loss, reason = "nobody waits for 2^53 of them")]
        let dropped = Value::Number(dropped as f64);
        let made = Value::List(vec![Value::List(said), dropped]).make(&env)?;
        // SAFETY: the value was made a moment ago, in this environment
        Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), made) })
    }
}

/// An event as `lib/logging.ts` reads it.
fn shown(said: Said) -> Value {
    let at = said.at.duration_since(UNIX_EPOCH).unwrap_or_default();
    Value::List(vec![
        Value::text(name(said.level)),
        Value::text(said.target),
        Value::Text(said.message),
        fields(said.fields),
        fields(said.spans),
        Value::Number(at.as_secs_f64() * 1e3),
    ])
}

/// Names and values, one after the other.
fn fields(fields: Vec<(&'static str, log::Value)>) -> Value {
    let flat = fields
        .into_iter()
        .flat_map(|(name, value)| [Value::text(name), field(value)]);
    Value::List(flat.collect())
}

/// Whole numbers are numbers as long as those are exact.
#[expect(clippy::cast_precision_loss, reason = "it is none up to 2^53")]
fn field(value: log::Value) -> Value {
    const EXACT: u64 = 1 << 53;
    match value {
        log::Value::Signed(value) if value.unsigned_abs() <= EXACT => Value::Number(value as f64),
        log::Value::Unsigned(value) if value <= EXACT => Value::Number(value as f64),
        log::Value::Signed(value) => Value::text(value),
        log::Value::Unsigned(value) => Value::text(value),
        log::Value::Float(value) => Value::Number(value),
        log::Value::Bool(value) => Value::Bool(value),
        log::Value::Text(value) => Value::Text(value),
    }
}

fn name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

fn filter(level: &str) -> Result<LevelFilter> {
    match level {
        "off" => Ok(LevelFilter::OFF),
        "error" => Ok(LevelFilter::ERROR),
        "warn" => Ok(LevelFilter::WARN),
        "info" => Ok(LevelFilter::INFO),
        "debug" => Ok(LevelFilter::DEBUG),
        "trace" => Ok(LevelFilter::TRACE),
        other => Err(Error::from_reason(format!(
            "no level: `{}`",
            other.escape_debug()
        ))),
    }
}
