//! Spares a server that fails: calls end here for a while, then one tries whether it is back.

use super::{Before, ClientCall, ClientInterceptor, Outcome};
use crate::status::{Code, Status};
use crate::trust::PeerId;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Circuits that are kept apart, at most. Calls beyond it pass unwatched.
const MAX_CIRCUITS: usize = 4096;

/// Ends calls of a service at a peer with `UNAVAILABLE` after `failures` in a row, for `pause`; the detail `retry-after-ms` says
/// how long that still is. Then one call is let through: if it succeeds the circuit is closed, else it is open for another pause.
///
/// Failures are `UNAVAILABLE`, `DEADLINE_EXCEEDED`, `RESOURCE_EXHAUSTED`, `INTERNAL` and `UNKNOWN`: those that say something of the
/// server. A retry that succeeds is no failure. A call that its caller dropped says nothing.
#[derive(Debug)]
pub struct CircuitBreaker {
    failures: u32,
    pause: Duration,
    circuits: Mutex<FxHashMap<Key, Circuit>>,
}

type Key = (PeerId, Cow<'static, str>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Circuit {
    /// Calls pass; so many of the last ones failed in a row.
    Closed(u32),
    /// Calls end until then.
    Open(Instant),
    /// One call tries whether the server is back, and it is that one. If it has not ended then, the next one tries too.
    Trying(u64, Instant),
}

impl CircuitBreaker {
    /// Opens after `failures` in a row, at least 1, for `pause`.
    #[must_use]
    pub fn new(failures: u32, pause: Duration) -> Self {
        Self {
            failures: failures.max(1),
            pause,
            circuits: Mutex::default(),
        }
    }

    /// Lets a call pass, or says how long none does.
    fn enter(&self, key: &Key, call: u64, now: Instant) -> Result<(), Duration> {
        let mut circuits = self.circuits.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(circuit) = circuits.get_mut(key) else {
            return Ok(());
        };
        match *circuit {
            Circuit::Closed(_) => Ok(()),
            Circuit::Open(until) | Circuit::Trying(_, until) if now < until => Err(until - now),
            Circuit::Open(_) | Circuit::Trying(..) => {
                *circuit = Circuit::Trying(call, self.after_pause(now));
                Ok(())
            }
        }
    }

    fn after_pause(&self, now: Instant) -> Instant {
        now.checked_add(self.pause).unwrap_or(now)
    }

    /// Takes how a call ended; `None` says nothing of the server.
    fn leave(&self, key: Key, call: u64, failed: Option<bool>, now: Instant) {
        let mut circuits = self.circuits.lock().unwrap_or_else(PoisonError::into_inner);
        let open = || Circuit::Open(self.after_pause(now));
        let circuit = match (circuits.get(&key).copied().unwrap_or(Circuit::Closed(0)), failed) {
            // what began before the circuit opened says nothing of the server now
            (Circuit::Trying(trying, _), _) if trying != call => return,
            (Circuit::Open(_), _) | (Circuit::Closed(_), None) => return,
            // nobody learned anything: the next call tries
            (Circuit::Trying(..), None) => Circuit::Open(now),
            (Circuit::Trying(..), Some(true)) => open(),
            (Circuit::Closed(before), Some(true)) if before + 1 >= self.failures => open(),
            (Circuit::Closed(before), Some(true)) => Circuit::Closed(before + 1),
            (Circuit::Closed(_) | Circuit::Trying(..), Some(false)) => Circuit::Closed(0),
        };
        if circuit == Circuit::Closed(0) {
            // nothing is known of a server that does its work
            circuits.remove(&key);
        } else if circuits.len() < MAX_CIRCUITS || circuits.contains_key(&key) {
            circuits.insert(key, circuit);
        }
    }
}

fn says_something_of_the_server(outcome: &Outcome<'_>) -> Option<bool> {
    let status = outcome.status?;
    match status.code() {
        Code::UNAVAILABLE
        | Code::DEADLINE_EXCEEDED
        | Code::RESOURCE_EXHAUSTED
        | Code::INTERNAL
        | Code::UNKNOWN => Some(true),
        Code::CANCELLED => None,
        _ => Some(false),
    }
}

impl ClientInterceptor for CircuitBreaker {
    fn before<'a>(&'a self, call: &'a mut ClientCall) -> Before<'a> {
        let key = (call.peer(), call.names().0);
        let outcome = self.enter(&key, call.call_id(), Instant::now()).map_err(|wait| {
            let milliseconds = wait.as_millis().saturating_add(1).to_string();
            let message = format!(
                "`{}` has failed {} times in a row, it is not called for a while; the request was not sent",
                call.service(),
                self.failures
            );
            Status::unavailable(message).with_detail("retry-after-ms", milliseconds)
        });
        Box::pin(std::future::ready(outcome))
    }

    fn after(&self, call: &ClientCall, outcome: &Outcome<'_>) {
        let failed = says_something_of_the_server(outcome);
        self.leave(
            (call.peer(), call.names().0),
            call.call_id(),
            failed,
            Instant::now(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: Key = (PeerId([1; 32]), Cow::Borrowed("a.A"));
    const PAUSE: Duration = Duration::from_secs(5);

    struct Calls {
        breaker: CircuitBreaker,
        begin: Instant,
        next: u64,
    }

    impl Calls {
        fn new() -> Self {
            Self {
                breaker: CircuitBreaker::new(3, PAUSE),
                begin: Instant::now(),
                next: 0,
            }
        }

        fn enter(&mut self, seconds: u64) -> Result<u64, Duration> {
            self.next += 1;
            let now = self.begin + Duration::from_secs(seconds);
            self.breaker.enter(&SERVER, self.next, now).map(|()| self.next)
        }

        fn leave(&self, call: u64, failed: Option<bool>, seconds: u64) {
            let now = self.begin + Duration::from_secs(seconds);
            self.breaker.leave(SERVER, call, failed, now);
        }

        fn fail(&mut self, times: u32, seconds: u64) {
            for _ in 0..times {
                let call = self.enter(seconds).unwrap();
                self.leave(call, Some(true), seconds);
            }
        }
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_one_call_tries() {
        let mut calls = Calls::new();
        calls.fail(2, 0);
        let call = calls.enter(0).unwrap();
        calls.leave(call, Some(false), 0);
        calls.fail(3, 0);
        assert_eq!(calls.enter(1), Err(Duration::from_secs(4)));
        let other = calls
            .breaker
            .enter(&(PeerId([2; 32]), "a.A".into()), 99, calls.begin);
        assert_eq!(other, Ok(()), "another server has its own");
        let trying = calls.enter(5).unwrap();
        assert_eq!(calls.enter(5), Err(PAUSE), "one tries, not all");
        calls.leave(trying, Some(true), 6);
        assert_eq!(calls.enter(10), Err(Duration::from_secs(1)));
        let trying = calls.enter(11).unwrap();
        calls.leave(trying, Some(false), 11);
        assert!(calls.enter(11).is_ok() && calls.enter(11).is_ok());
        assert!(calls.breaker.circuits.lock().unwrap().is_empty());
    }

    #[test]
    fn a_call_that_tries_without_end_holds_up_nobody_for_longer_than_a_pause() {
        let mut calls = Calls::new();
        calls.fail(3, 0);
        let long = calls.enter(5).unwrap();
        assert!(calls.enter(9).is_err());
        let next = calls.enter(10).unwrap();
        calls.leave(long, Some(true), 10);
        calls.leave(next, Some(false), 10);
        assert!(calls.enter(10).is_ok());
    }

    #[test]
    fn a_call_that_was_dropped_or_is_older_decides_nothing() {
        let mut calls = Calls::new();
        let old = calls.enter(0).unwrap();
        calls.fail(3, 0);
        calls.leave(old, Some(false), 1);
        assert!(calls.enter(1).is_err(), "an old success does not close it");
        let trying = calls.enter(5).unwrap();
        calls.leave(trying, None, 5);
        let next = calls.enter(5).unwrap();
        calls.leave(next, Some(false), 5);
        assert!(calls.enter(5).is_ok());
    }

    #[test]
    fn the_table_is_bounded() {
        let breaker = CircuitBreaker::new(1, PAUSE);
        let now = Instant::now();
        for number in 0..u32::try_from(MAX_CIRCUITS).unwrap() + 100 {
            let mut id = [0; 32];
            id[..4].copy_from_slice(&number.to_le_bytes());
            breaker.leave((PeerId(id), "a.A".into()), 1, Some(true), now);
        }
        assert_eq!(breaker.circuits.lock().unwrap().len(), MAX_CIRCUITS);
    }
}
