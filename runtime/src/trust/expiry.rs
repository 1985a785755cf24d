//! When an admission ends, by two clocks.

use std::time::{Duration, Instant, SystemTime};

/// One reading of both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) wall: SystemTime,
    pub(crate) monotonic: Instant,
}

/// When something ends: as soon as either clock says so.
///
/// An expiry is a time of the wall clock, and that can be set. So an admission also ends when as much monotonic time has
/// passed as was left when it was given: a wall clock that is set back does not lengthen it, one that is set forward
/// ends it, and so does the time that a machine slept through, in which a monotonic clock may stand still. Only a wall
/// clock that was wrong when the admission was given is believed, until the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) wall: Option<SystemTime>,
    pub(crate) monotonic: Option<Instant>,
}

impl Due {
    /// At that time of the wall clock; `None` if it has passed.
    pub(crate) fn at(wall: SystemTime, now: Now) -> Option<Self> {
        let left = wall.duration_since(now.wall).ok()?;
        (!left.is_zero()).then(|| Self {
            wall: Some(wall),
            // beyond what the clock can count the other one decides alone
            monotonic: now.monotonic.checked_add(left),
        })
    }

    /// So long after that moment, whatever the wall clock says.
    pub(crate) fn after(moment: Instant, time: Duration) -> Self {
        Self {
            wall: None,
            monotonic: moment.checked_add(time),
        }
    }

    pub(crate) fn has_passed(&self, now: Now) -> bool {
        self.wall.is_some_and(|wall| wall <= now.wall)
            || self.monotonic.is_some_and(|moment| moment <= now.monotonic)
    }

    /// The time that is left as the clocks stand; `None` for ever.
    pub(crate) fn left(&self, now: Now) -> Option<Duration> {
        let wall = self
            .wall
            .map(|wall| wall.duration_since(now.wall).unwrap_or_default());
        let monotonic = self
            .monotonic
            .map(|moment| moment.saturating_duration_since(now.monotonic));
        wall.into_iter().chain(monotonic).min()
    }

    /// Whether it comes before the other on either clock.
    pub(crate) fn is_sooner(&self, other: &Self) -> bool {
        fn sooner<T: Ord>(one: Option<T>, other: Option<T>) -> bool {
            match (one, other) {
                (Some(one), Some(other)) => one < other,
                (one, other) => one.is_some() && other.is_none(),
            }
        }
        sooner(self.wall, other.wall) || sooner(self.monotonic, other.monotonic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn now() -> Now {
        Now {
            wall: SystemTime::UNIX_EPOCH + HOUR * 500_000,
            monotonic: Instant::now(),
        }
    }

    /// Time goes on by `passed`, and the wall clock is set by `set` hours.
    fn later(now: Now, passed: Duration, set: i32) -> Now {
        let wall = now.wall + passed;
        let by = HOUR * set.unsigned_abs();
        Now {
            wall: if set < 0 { wall - by } else { wall + by },
            monotonic: now.monotonic + passed,
        }
    }

    #[test]
    fn it_ends_at_its_time_and_not_before() {
        let start = now();
        let due = Due::at(start.wall + HOUR, start).unwrap();
        let nearly = later(start, HOUR - Duration::from_nanos(1), 0);
        assert!(!due.has_passed(start) && !due.has_passed(nearly));
        assert_eq!(due.left(nearly), Some(Duration::from_nanos(1)));
        assert!(due.has_passed(later(start, HOUR, 0)));
        assert_eq!(due.left(later(start, HOUR * 2, 0)), Some(Duration::ZERO));
    }

    #[test]
    fn a_wall_clock_that_is_set_back_does_not_lengthen_it() {
        let start = now();
        let due = Due::at(start.wall + HOUR, start).unwrap();
        let back = later(start, HOUR / 2, -100);
        assert!(!due.has_passed(back));
        assert_eq!(due.left(back), Some(HOUR / 2));
        assert!(due.has_passed(later(start, HOUR, -100)));
    }

    #[test]
    fn a_wall_clock_that_is_set_forward_ends_it() {
        let start = now();
        let due = Due::at(start.wall + HOUR * 10, start).unwrap();
        assert_eq!(due.left(later(start, HOUR, 8)), Some(HOUR));
        assert!(due.has_passed(later(start, HOUR, 9)));
    }

    #[test]
    fn a_monotonic_clock_that_stood_still_does_not_lengthen_it() {
        let start = now();
        let due = Due::at(start.wall + HOUR, start).unwrap();
        let slept = Now {
            wall: start.wall + HOUR,
            ..start
        };
        assert!(due.has_passed(slept));
    }

    #[test]
    fn what_has_passed_is_not_given() {
        let start = now();
        assert_eq!(Due::at(start.wall, start), None);
        assert_eq!(Due::at(start.wall - HOUR, start), None);
        // as far off as the wall clock can say: nothing overflows
        let mut far = start.wall;
        for shift in (0..64).rev() {
            far = far.checked_add(Duration::from_secs(1 << shift)).unwrap_or(far);
        }
        assert!(!Due::at(far, start).unwrap().has_passed(later(start, HOUR, 0)));
    }

    #[test]
    fn the_sooner_is_sooner_on_either_clock() {
        let start = now();
        let due = |hours| Due::at(start.wall + HOUR * hours, start).unwrap();
        assert!(due(1).is_sooner(&due(2)) && !due(2).is_sooner(&due(1)) && !due(1).is_sooner(&due(1)));
        assert!(due(1).is_sooner(&Due::default()) && !Due::default().is_sooner(&due(1)));
        let moment = Due::after(start.monotonic, HOUR / 2);
        assert!(moment.is_sooner(&due(1)));
        assert_eq!(moment.left(later(start, Duration::ZERO, 1000)), Some(HOUR / 2));
        assert_eq!(Due::default().left(start), None);
    }
}
