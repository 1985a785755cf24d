//! A token bucket for each peer, service or method, in a table of bounded size.

use super::{Before, ClientCall, ClientInterceptor, ServerInterceptor};
use crate::context::Context;
use crate::status::Status;
use crate::trust::PeerId;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Buckets that are kept apart, at most: as many as there are admitted peers.
const MAX_BUCKETS: usize = 65_536;

/// Looking at every bucket takes its time: not more often than this, whoever calls.
const SWEEP: Duration = Duration::from_secs(1);

/// Lets calls through at a rate, at a server or at a client, and refuses the others with `RESOURCE_EXHAUSTED`; the detail
/// `retry-after-ms` says when the next one has a chance.
#[derive(Debug)]
pub struct RateLimit {
    per: RateLimitPer,
    rate: f64,
    burst: f64,
    buckets: Mutex<Buckets>,
}

/// What has a bucket of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateLimitPer {
    /// Each peer: who calls at a server, who is called at a client.
    Peer,
    /// Each service, whoever the peer is.
    Service,
    /// Each method, whoever the peer is.
    Method,
    /// Each method for each peer.
    PeerAndMethod,
}

type Key = (Option<PeerId>, Cow<'static, str>, Cow<'static, str>);

#[derive(Debug, Default)]
struct Buckets {
    known: FxHashMap<Key, Bucket>,
    /// What all have together who come when the table is full.
    rest: Option<Bucket>,
    /// When full buckets were let go last.
    swept: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl RateLimit {
    /// `rate` calls a second, and up to `burst` at once, which is at least 1.
    ///
    /// # Panics
    /// `rate` is not a positive number.
    pub fn new(per: RateLimitPer, rate: f64, burst: u32) -> Self {
        assert!(rate.is_finite() && rate > 0.0, "a rate limit lets calls through");
        Self {
            per,
            rate,
            burst: f64::from(burst.max(1)),
            buckets: Mutex::default(),
        }
    }

    fn key(&self, peer: PeerId, service: Cow<'static, str>, method: Cow<'static, str>) -> Key {
        let none = Cow::Borrowed("");
        match self.per {
            RateLimitPer::Peer => (Some(peer), none.clone(), none),
            RateLimitPer::Service => (None, service, none),
            RateLimitPer::Method => (None, service, method),
            RateLimitPer::PeerAndMethod => (Some(peer), service, method),
        }
    }

    fn limit(&self, key: Key) -> Before<'_> {
        let outcome = self.take(key, Instant::now()).map_err(|wait| {
            let milliseconds = wait.as_millis().saturating_add(1).to_string();
            Status::resource_exhausted("too many calls in a short time")
                .with_detail("retry-after-ms", milliseconds)
        });
        Box::pin(std::future::ready(outcome))
    }

    /// Takes a token, or says when there will be one.
    fn take(&self, key: Key, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let full = Bucket {
            tokens: self.burst,
            at: now,
        };
        let is_full = !buckets.known.contains_key(&key) && buckets.known.len() >= MAX_BUCKETS;
        if is_full
            && buckets
                .swept
                .is_none_or(|swept| now.saturating_duration_since(swept) >= SWEEP)
        {
            // a bucket that is full again says nothing that a new one does not
            buckets.swept = Some(now);
            buckets
                .known
                .retain(|_, bucket| self.filled(*bucket, now).tokens < self.burst);
        }
        let bucket = if buckets.known.len() < MAX_BUCKETS || buckets.known.contains_key(&key) {
            buckets.known.entry(key).or_insert(full)
        } else {
            buckets.rest.get_or_insert(full)
        };
        *bucket = self.filled(*bucket, now);
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        Err(Duration::try_from_secs_f64((1.0 - bucket.tokens) / self.rate).unwrap_or(Duration::MAX))
    }

    fn filled(&self, bucket: Bucket, now: Instant) -> Bucket {
        let elapsed = now.saturating_duration_since(bucket.at).as_secs_f64();
        Bucket {
            tokens: (bucket.tokens + elapsed * self.rate).min(self.burst),
            at: now.max(bucket.at),
        }
    }
}

impl ServerInterceptor for RateLimit {
    fn before<'a>(&'a self, call: &'a Context) -> Before<'a> {
        let (service, method) = (call.service().into(), call.method().into());
        self.limit(self.key(call.peer(), service, method))
    }
}

impl ClientInterceptor for RateLimit {
    fn before<'a>(&'a self, call: &'a mut ClientCall) -> Before<'a> {
        let (service, method) = call.names();
        self.limit(self.key(call.peer(), service, method))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(number: u32) -> Key {
        let mut id = [0; 32];
        id[..4].copy_from_slice(&number.to_le_bytes());
        (Some(PeerId(id)), Cow::Borrowed(""), Cow::Borrowed(""))
    }

    #[test]
    fn a_burst_passes_then_one_at_a_time() {
        let limit = RateLimit::new(RateLimitPer::Peer, 10.0, 3);
        let begin = Instant::now();
        for _ in 0..3 {
            assert_eq!(limit.take(peer(1), begin), Ok(()));
        }
        assert_eq!(limit.take(peer(1), begin), Err(Duration::from_millis(100)));
        assert_eq!(limit.take(peer(2), begin), Ok(()), "another peer has its own");
        let later = begin + Duration::from_millis(101);
        assert_eq!(limit.take(peer(1), later), Ok(()));
        assert!(limit.take(peer(1), later).is_err());
        let much_later = begin + Duration::from_secs(3600);
        for _ in 0..3 {
            assert_eq!(limit.take(peer(1), much_later), Ok(()));
        }
        assert!(
            limit.take(peer(1), much_later).is_err(),
            "no more than the burst is saved"
        );
    }

    #[test]
    fn the_table_is_bounded_and_a_full_one_fails_closed() {
        let limit = RateLimit::new(RateLimitPer::Peer, 1.0, 2);
        let begin = Instant::now();
        let most = u32::try_from(MAX_BUCKETS).unwrap();
        for number in 0..most {
            assert_eq!(limit.take(peer(number), begin), Ok(()));
        }
        let passed = (0..100)
            .filter(|number| limit.take(peer(most + number), begin).is_ok())
            .count();
        assert_eq!(passed, 2, "those who come too late share one bucket");
        assert_eq!(limit.buckets.lock().unwrap().known.len(), MAX_BUCKETS);
        let later = begin + Duration::from_secs(10);
        assert_eq!(limit.take(peer(most), later), Ok(()));
        assert_eq!(
            limit.buckets.lock().unwrap().known.len(),
            1,
            "full buckets are let go"
        );
    }
}
