//! The figures of calls, for TypeScript.

use crate::error;
use aster_bindings::metrics::{Figures, Value};
use napi::{Env, Result};
use napi_derive::napi;
use std::sync::Arc;

/// Counts and times calls, at a server and at a client: an interceptor that runs without JavaScript.
#[napi]
pub struct Metrics(pub(crate) Arc<Figures>);

/// One figure.
#[napi(object, object_from_js = false)]
pub struct Series {
    pub kind: &'static str,
    pub name: String,
    /// Names and values, one after the other.
    pub labels: Vec<String>,
    /// How many; of a histogram the sum.
    pub value: f64,
    /// The upper ends of a histogram's buckets, of which there is one more.
    pub ends: Vec<f64>,
    pub counts: Vec<f64>,
}

#[expect(clippy::cast_precision_loss, reason = "counters are exact up to 2^53")]
fn number(count: u64) -> f64 {
    count as f64
}

#[napi]
impl Metrics {
    /// `buckets` are the upper ends of those of histograms, in seconds.
    #[napi(constructor)]
    pub fn new(env: Env, buckets: Option<Vec<f64>>) -> Result<Self> {
        let figures = Figures::new(buckets).map_err(|error| error::range(&env, error))?;
        Ok(Self(Arc::new(figures)))
    }

    /// What was counted until now.
    #[napi]
    pub fn snapshot(&self) -> Vec<Series> {
        let series = self.0.snapshot().into_iter().map(|series| {
            let (kind, value, ends, counts) = match series.value {
                Value::Counter(count) => ("counter", number(count), Vec::new(), Vec::new()),
                Value::Gauge(level) => ("gauge", level, Vec::new(), Vec::new()),
                Value::Histogram { ends, counts, sum } => {
                    let counts = counts.into_iter().map(number).collect();
                    ("histogram", sum, ends, counts)
                }
            };
            Series {
                kind,
                name: series.name,
                labels: series
                    .labels
                    .into_iter()
                    .flat_map(|(name, value)| [name, value])
                    .collect(),
                value,
                ends,
                counts,
            }
        });
        series.collect()
    }
}
