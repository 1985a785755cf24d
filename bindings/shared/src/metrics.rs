//! The figures of calls: the runtime's `Metrics` records them into a recorder of its own for each object of a language.

use aster_runtime as runtime;
use aster_runtime::interceptor::{self, Before, ClientInterceptor, ServerInterceptor};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit, with_local_recorder,
};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The upper ends of the buckets of histograms, in seconds: those of Prometheus' clients, with three below them, since calls over
/// loopback take less than 5 ms.
const BUCKETS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// What was counted into one object.
pub struct Figures {
    series: Mutex<BTreeMap<Name, Figure>>,
    buckets: Arc<[f64]>,
}

/// A name, and its labels.
type Name = (String, Vec<(String, String)>);

/// One figure, as it was at a moment.
pub struct Series {
    /// The name, such as `aster_server_calls_total`.
    pub name: String,
    /// Names and values.
    pub labels: Vec<(String, String)>,
    /// What was counted.
    pub value: Value,
}

/// What was counted of one kind.
pub enum Value {
    /// So many.
    Counter(u64),
    /// So many now.
    Gauge(f64),
    /// So many in each bucket.
    Histogram {
        /// The upper ends of the buckets, in seconds; a last one has no end.
        ends: Vec<f64>,
        /// How many are in each bucket: one more than there are ends.
        counts: Vec<u64>,
        /// All of them together, in seconds.
        sum: f64,
    },
}

/// Buckets that do not grow, or whose ends are not finite.
#[derive(Debug)]
pub struct BadBuckets;

impl fmt::Display for BadBuckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the upper ends of buckets are finite numbers of seconds, each greater than the one before",
        )
    }
}

impl std::error::Error for BadBuckets {}

impl Figures {
    /// Nothing is counted yet. `buckets` are the upper ends of those of histograms, in seconds.
    ///
    /// # Errors
    /// They do not grow, or are not finite.
    pub fn new(buckets: Option<Vec<f64>>) -> Result<Self, BadBuckets> {
        let buckets = buckets.unwrap_or_else(|| BUCKETS.to_vec());
        let grows = buckets.windows(2).all(|pair| pair[0] < pair[1]);
        if !grows || buckets.iter().any(|end| !end.is_finite()) {
            return Err(BadBuckets);
        }
        Ok(Self {
            series: Mutex::default(),
            buckets: buckets.into(),
        })
    }

    /// What was counted until now, by name and labels.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Series> {
        let series = lock(&self.series).clone();
        let shown = series.into_iter().map(|((name, labels), figure)| Series {
            name,
            labels,
            value: match figure {
                Figure::Counter(count) => Value::Counter(count.0.load(Ordering::Relaxed)),
                Figure::Gauge(level) => Value::Gauge(f64::from_bits(level.0.load(Ordering::Relaxed))),
                Figure::Histogram(times) => {
                    let Distribution { counts, sum } = lock(&times.state).clone();
                    Value::Histogram {
                        ends: times.buckets.to_vec(),
                        counts: counts.into_vec(),
                        sum,
                    }
                }
            },
        });
        shown.collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone)]
enum Figure {
    Counter(Arc<Count>),
    Gauge(Arc<Level>),
    Histogram(Arc<Times>),
}

#[derive(Default)]
struct Count(AtomicU64);

/// The bits of a floating point number.
#[derive(Default)]
struct Level(AtomicU64);

struct Times {
    state: Mutex<Distribution>,
    buckets: Arc<[f64]>,
}

#[derive(Clone)]
struct Distribution {
    /// How many there are in each bucket; the last has no upper end.
    counts: Box<[u64]>,
    sum: f64,
}

impl CounterFn for Count {
    fn increment(&self, value: u64) {
        self.0.fetch_add(value, Ordering::Relaxed);
    }

    fn absolute(&self, value: u64) {
        self.0.fetch_max(value, Ordering::Relaxed);
    }
}

impl Level {
    fn update(&self, change: impl Fn(f64) -> f64) {
        let change = |bits| Some(change(f64::from_bits(bits)).to_bits());
        // it always changes, so that there is no error
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
    }
}

impl GaugeFn for Level {
    fn increment(&self, value: f64) {
        self.update(|level| level + value);
    }

    fn decrement(&self, value: f64) {
        self.update(|level| level - value);
    }

    fn set(&self, value: f64) {
        self.update(|_| value);
    }
}

impl HistogramFn for Times {
    fn record(&self, value: f64) {
        let place = self.buckets.partition_point(|end| *end < value);
        let mut state = lock(&self.state);
        state.counts[place] += 1;
        state.sum += value;
    }
}

impl Figures {
    fn figure(&self, key: &Key, make: impl FnOnce(&Self) -> Figure) -> Figure {
        let labels = key.labels();
        let labels = labels.map(|label| (label.key().to_owned(), label.value().to_owned()));
        let name = (key.name().to_owned(), labels.collect());
        let mut series = lock(&self.series);
        series.entry(name).or_insert_with(|| make(self)).clone()
    }
}

/// Names are of one kind each: another one is not recorded.
impl Recorder for Figures {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        match self.figure(key, |_| Figure::Counter(Arc::default())) {
            Figure::Counter(counter) => Counter::from_arc(counter),
            _ => Counter::noop(),
        }
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        match self.figure(key, |_| Figure::Gauge(Arc::default())) {
            Figure::Gauge(gauge) => Gauge::from_arc(gauge),
            _ => Gauge::noop(),
        }
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let make = |figures: &Self| {
            let state = Mutex::new(Distribution {
                counts: vec![0; figures.buckets.len() + 1].into(),
                sum: 0.0,
            });
            let buckets = Arc::clone(&figures.buckets);
            Figure::Histogram(Arc::new(Times { state, buckets }))
        };
        match self.figure(key, make) {
            Figure::Histogram(histogram) => Histogram::from_arc(histogram),
            _ => Histogram::noop(),
        }
    }
}

/// The runtime's interceptor, with these figures as what it records into.
pub struct Measured(pub Arc<Figures>);

impl ServerInterceptor for Measured {
    fn before<'a>(&'a self, call: &'a runtime::Context) -> Before<'a> {
        with_local_recorder(&*self.0, || {
            ServerInterceptor::before(&interceptor::Metrics, call)
        })
    }

    fn after(&self, call: &runtime::Context, outcome: &interceptor::Outcome<'_>) {
        with_local_recorder(&*self.0, || {
            ServerInterceptor::after(&interceptor::Metrics, call, outcome);
        });
    }
}

impl ClientInterceptor for Measured {
    fn before<'a>(&'a self, call: &'a mut interceptor::ClientCall) -> Before<'a> {
        with_local_recorder(&*self.0, || {
            ClientInterceptor::before(&interceptor::Metrics, call)
        })
    }

    fn on_attempt(&self, call: &interceptor::ClientCall, attempt: u32) {
        with_local_recorder(&*self.0, || interceptor::Metrics.on_attempt(call, attempt));
    }

    fn after(&self, call: &interceptor::ClientCall, outcome: &interceptor::Outcome<'_>) {
        with_local_recorder(&*self.0, || {
            ClientInterceptor::after(&interceptor::Metrics, call, outcome);
        });
    }
}
