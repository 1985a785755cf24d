//! Which failed calls are made again, when, and how many of them.
//!
//! Source: runtime, "Client".

use crate::client::link::{Link, NOT_SENT, SENT};
use crate::status::{Code, Status};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Tokens are counted in parts, so that a call can add less than one.
const TOKEN: u32 = 100;
/// Retries that a client has saved up at most, and begins with.
const SAVED: u32 = 10 * TOKEN;

/// How a client repeats calls that failed. Begin with the default, or with [`RetryPolicy::off`], and change members.
///
/// A call that its server refused before anything was done is repeated, and a unary call of a method that is
/// `@idempotent` is where the server was unavailable. Always the same request and metadata are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// How often a call is made at most, the first time included: 3.
    pub attempts: u32,
    /// The shortest pause: 50 ms.
    pub least: Duration,
    /// The longest pause: 2 s. Pauses are drawn from a range that doubles up to it.
    pub most: Duration,
    /// How many retries there may be for 100 calls: 10. Ten are allowed in advance.
    pub percent: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 3,
            least: Duration::from_millis(50),
            most: Duration::from_secs(2),
            percent: 10,
        }
    }
}

impl RetryPolicy {
    /// No call is repeated.
    #[must_use]
    pub fn off() -> Self {
        Self {
            attempts: 1,
            ..Self::default()
        }
    }
}

/// A pause after so many failures: at least the shortest, below a bound that doubles.
pub(crate) fn pause(policy: &RetryPolicy, failures: u32) -> Duration {
    let doubled = 1u32.checked_shl(failures).unwrap_or(u32::MAX);
    let bound = policy.least.saturating_mul(doubled).min(policy.most);
    let range = bound.saturating_sub(policy.least);
    policy.least.min(policy.most) + range.mul_f64(fastrand::f64())
}

/// What a failed call did at the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The failure would be the same again.
    Final,
    /// The server has not begun with the call.
    Unprocessed,
    /// Nobody knows.
    Unknown,
}

/// A call that failed.
pub(crate) struct Failure {
    pub(crate) status: Status,
    pub(crate) fate: Fate,
    /// The connection on which the call was refused.
    pub(crate) refused_on: Option<Arc<Link>>,
}

impl Failure {
    pub(crate) fn new(fate: Fate, status: Status) -> Self {
        Self {
            status,
            fate,
            refused_on: None,
        }
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::new(Fate::Final, status)
    }
}

impl Failure {
    /// Whether the server has not begun with the call.
    pub(crate) fn is_unprocessed(&self) -> bool {
        self.fate == Fate::Unprocessed
    }
}

/// The policy of one client, and the retries that it has left.
#[derive(Debug)]
pub(crate) struct Retries {
    policy: RetryPolicy,
    tokens: AtomicU32,
}

impl Retries {
    pub(crate) fn new(policy: RetryPolicy) -> Self {
        Self {
            policy,
            tokens: AtomicU32::new(SAVED),
        }
    }

    /// Whether calls are made again at all.
    pub(crate) fn is_on(&self) -> bool {
        self.policy.attempts > 1
    }

    /// A call that begins: it earns its part of a retry.
    pub(crate) fn call(&self) -> Attempts {
        // while none is missing, calls of many threads share a number that does not change
        if self.tokens.load(Ordering::Relaxed) < SAVED {
            let earn = |tokens: u32| Some(tokens.saturating_add(self.policy.percent).min(SAVED));
            // the closure never refuses
            let _ = self
                .tokens
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, earn);
        }
        Attempts {
            failed: 0,
            sent: false,
        }
    }

    /// Takes one retry from those that are left; the status is the answer if there is none.
    fn charge(&self, status: Status) -> Result<(), Status> {
        let spend = |tokens: u32| tokens.checked_sub(TOKEN);
        let spent = self
            .tokens
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend);
        if spent.is_ok() { Ok(()) } else { Err(status) }
    }
}

/// The attempts of one call.
pub(crate) struct Attempts {
    failed: u32,
    /// Whether the server may have handled one that failed.
    sent: bool,
}

impl Attempts {
    /// Which attempt is the next; the first is 1.
    pub(crate) fn number(&self) -> u32 {
        self.failed + 1
    }

    /// Waits until the call is to be made again, or says that it is not, with its status.
    pub(crate) async fn again(
        &mut self,
        retries: &Retries,
        failure: Failure,
        idempotent: bool,
        deadline: Option<Instant>,
    ) -> Result<(), Status> {
        self.failed += 1;
        self.sent |= failure.fate == Fate::Unknown;
        let status = self.told(failure.status);
        let safe = match failure.fate {
            Fate::Final => false,
            Fate::Unprocessed => true,
            Fate::Unknown => idempotent && status.code() == Code::UNAVAILABLE,
        };
        let policy = &retries.policy;
        if !safe || self.failed >= policy.attempts {
            return Err(status);
        }
        let pause = pause(policy, self.failed);
        let ends = Instant::now().checked_add(pause);
        if deadline.is_some_and(|deadline| ends.is_none_or(|ends| ends >= deadline)) {
            return Err(status);
        }
        let Some(link) = failure.refused_on else {
            retries.charge(status)?;
            tokio::time::sleep(pause).await;
            return Ok(());
        };
        tokio::time::sleep(pause).await;
        // a server that drains refuses what was under way to it, once: going elsewhere is no burden to anybody
        if link.is_usable() {
            retries.charge(status)?;
        }
        Ok(())
    }

    /// The status of the last attempt, as that of the call: the request was sent if any attempt has sent it.
    fn told(&self, status: Status) -> Status {
        match status.message().strip_suffix(NOT_SENT) {
            Some(message) if self.sent => Status::new(status.code(), format!("{message}{SENT}")),
            _ => status,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(fate: Fate) -> Failure {
        Failure::new(fate, Status::unavailable("gone"))
    }

    #[test]
    fn pauses_grow_within_their_bounds() {
        let policy = RetryPolicy::default();
        for failures in 1..40 {
            let bound = policy.most.min(policy.least * (1 << failures.min(10)));
            for _ in 0..20 {
                let pause = pause(&policy, failures);
                assert!((policy.least..=bound).contains(&pause), "{failures}: {pause:?}");
            }
        }
    }

    async fn again(retries: &Retries, attempts: &mut Attempts, fate: Fate, idempotent: bool) -> bool {
        attempts
            .again(retries, failure(fate), idempotent, None)
            .await
            .is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_was_not_processed_or_may_be_repeated_is_made_again() {
        let retries = Retries::new(RetryPolicy::default());
        for (fate, idempotent, expected) in [
            (Fate::Unprocessed, false, true),
            (Fate::Unprocessed, true, true),
            (Fate::Unknown, true, true),
            (Fate::Unknown, false, false),
            (Fate::Final, true, false),
        ] {
            let made = again(&retries, &mut retries.call(), fate, idempotent).await;
            assert_eq!(made, expected, "{fate:?} {idempotent}");
        }
        let internal = Failure::new(Fate::Unknown, Status::internal("x"));
        assert!(
            retries
                .call()
                .again(&retries, internal, true, None)
                .await
                .is_err()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_is_made_three_times_and_never_beyond_its_deadline() {
        let retries = Retries::new(RetryPolicy::default());
        let mut attempts = retries.call();
        for expected in [true, true, false] {
            assert_eq!(
                again(&retries, &mut attempts, Fate::Unprocessed, false).await,
                expected
            );
        }
        let soon = Some(Instant::now() + Duration::from_millis(40));
        let result = retries
            .call()
            .again(&retries, failure(Fate::Unprocessed), false, soon)
            .await;
        assert!(result.is_err());
        let off = Retries::new(RetryPolicy::off());
        assert!(!again(&off, &mut off.call(), Fate::Unprocessed, false).await);
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_in_ten_is_made_again() {
        let retries = Retries::new(RetryPolicy::default());
        let count = async |calls: usize| {
            let mut made = 0;
            for _ in 0..calls {
                made += usize::from(again(&retries, &mut retries.call(), Fate::Unprocessed, false).await);
            }
            made
        };
        let first = count(100).await;
        assert!((19..=20).contains(&first), "ten in advance, ten earned: {first}");
        let later = count(1000).await;
        assert!((99..=101).contains(&later), "{later}");
    }
}
