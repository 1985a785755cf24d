//! When a credential counts.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How far two clocks may be apart: a credential counts that much sooner, and that much longer.
pub const SKEW: Duration = Duration::from_secs(60);
/// The last second that a credential may name, as in JSON no larger number is exact everywhere.
pub const MAX_TIME: u64 = (1 << 53) - 1;

/// From when and until when a credential counts, in seconds of the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first second.
    pub not_before: u64,
    /// The second in which it counts no more.
    pub expires_at: u64,
}

/// When a credential does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outside {
    Before,
    After,
}

impl Validity {
    /// From that moment on, for so long; both are cut to whole seconds.
    pub fn lasting(from: SystemTime, time: Duration) -> Self {
        let not_before = seconds(from);
        Self {
            not_before,
            expires_at: not_before.saturating_add(time.as_secs()),
        }
    }

    /// Whether it is now, give or take the skew.
    pub(super) fn holds(&self, now: SystemTime) -> Result<(), Outside> {
        let now = seconds(now);
        if now.saturating_add(SKEW.as_secs()) < self.not_before {
            return Err(Outside::Before);
        }
        if is_over(self.expires_at, now) {
            return Err(Outside::After);
        }
        Ok(())
    }

    /// How long it is.
    pub(super) fn length(&self) -> Duration {
        Duration::from_secs(self.expires_at.saturating_sub(self.not_before))
    }

    /// When it ends for good; `None` beyond what a clock can say.
    pub(super) fn end(&self) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(Duration::from_secs(self.expires_at) + SKEW)
    }
}

/// Whether what expires then has expired for every clock that is right within the skew.
pub(super) fn is_over(expires_at: u64, now: u64) -> bool {
    expires_at.saturating_add(SKEW.as_secs()) <= now
}

/// The second of the Unix epoch in which a moment is; before it, the first.
pub(super) fn seconds(moment: SystemTime) -> u64 {
    moment
        .duration_since(UNIX_EPOCH)
        .map_or(0, |passed| passed.as_secs())
}

/// A second for people.
pub(super) fn date(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok();
    match time.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()) {
        Some(time) => time.to_string(),
        None => format!("second {seconds}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_minute_is_granted_on_either_side() {
        let validity = Validity::lasting(at(1000) + Duration::from_millis(999), Duration::from_secs(100));
        assert_eq!((validity.not_before, validity.expires_at), (1000, 1100));
        let nearly = Duration::from_nanos(1);
        assert_eq!(validity.holds(at(940) - nearly), Err(Outside::Before));
        assert_eq!(validity.holds(at(940)), Ok(()));
        assert_eq!(validity.holds(at(1160) - nearly), Ok(()));
        assert_eq!(validity.holds(at(1160)), Err(Outside::After));
        assert_eq!(validity.end(), Some(at(1160)));
    }

    #[test]
    fn no_time_overflows() {
        let all = Validity {
            not_before: 0,
            expires_at: u64::MAX,
        };
        assert_eq!(all.holds(at(1 << 40)), Ok(()));
        assert_eq!(all.holds(UNIX_EPOCH - Duration::from_secs(5)), Ok(()));
        let late = Validity {
            not_before: u64::MAX,
            expires_at: u64::MAX,
        };
        assert_eq!(late.holds(at(1 << 40)), Err(Outside::Before));
        assert_eq!(Validity::lasting(at(5), Duration::MAX).expires_at, u64::MAX);
        assert_eq!(
            (date(1_800_000_000), date(MAX_TIME)),
            ("2027-01-15T08:00:00Z".into(), format!("second {MAX_TIME}"))
        );
    }
}
