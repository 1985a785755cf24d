//! Which sessions of a connection are open, which end, and which ids are closed for good.
//!
//! It knows neither instances nor tasks: what it returns is for the caller to end, each session once.

use crate::service::SessionEnd;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// Closed ids above the low-water mark that are remembered.
const CLOSED: usize = 1024;

/// The sessions of one connection. `S` is what the caller keeps for each.
pub(super) struct Book<S> {
    /// Sessions that take calls.
    open: BTreeMap<u64, Entry<S>>,
    /// Sessions that take no more calls, until [`Book::ended`].
    ending: BTreeMap<u64, (Entry<S>, SessionEnd)>,
    closed: ClosedIds,
    /// The connection has ended.
    over: bool,
    limit: usize,
    idle: Duration,
}

#[derive(Clone)]
struct Entry<S> {
    session: S,
    running: usize,
    /// When the last call ended.
    since: Instant,
}

/// Why a call may not enter a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The session has ended, or its id is too old to be remembered.
    Closed,
    /// As many sessions as may be are open or end.
    Full,
    /// The connection has ended.
    Lost,
}

/// What is left to do for a session that is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing<S> {
    /// Nothing: there is no such session.
    Nothing,
    /// The caller ends it.
    Now(S),
    /// It ends elsewhere: behind its running calls, or already.
    Elsewhere(S),
}

impl<S: Clone> Book<S> {
    pub(super) fn new(limit: usize, idle: Duration) -> Self {
        Self {
            open: BTreeMap::new(),
            ending: BTreeMap::new(),
            closed: ClosedIds::default(),
            over: false,
            limit,
            idle,
        }
    }

    /// Says whether a call may enter the session.
    pub(super) fn check(&self, id: u64) -> Result<(), Refused> {
        // an open session is served even if the mark has passed it
        if self.open.contains_key(&id) {
            Ok(())
        } else if self.over {
            Err(Refused::Lost)
        } else if self.closed.contains(id) {
            Err(Refused::Closed)
        } else if self.open.len() + self.ending.len() >= self.limit {
            Err(Refused::Full)
        } else {
            Ok(())
        }
    }

    /// Begins a call; the first one of a session opens it with what `make` gives.
    pub(super) fn enter(&mut self, id: u64, now: Instant, make: impl FnOnce() -> S) -> Result<S, Refused> {
        self.check(id)?;
        let entry = self.open.entry(id).or_insert_with(|| Entry {
            session: make(),
            running: 0,
            since: now,
        });
        entry.running += 1;
        Ok(entry.session.clone())
    }

    /// Ends a call. Returns the session if it was the last one before the session's end.
    pub(super) fn leave(&mut self, id: u64, now: Instant) -> Option<(S, SessionEnd)> {
        if let Some(entry) = self.open.get_mut(&id) {
            entry.running -= 1;
            entry.since = now;
            return None;
        }
        let (entry, end) = self.ending.get_mut(&id)?;
        entry.running -= 1;
        (entry.running == 0).then(|| (entry.session.clone(), *end))
    }

    /// Closes an id for good, whether there was such a session or not.
    pub(super) fn close(&mut self, id: u64) -> Closing<S> {
        self.closed.insert(id);
        if let Some((entry, _)) = self.ending.get(&id) {
            return Closing::Elsewhere(entry.session.clone());
        }
        let Some(entry) = self.open.remove(&id) else {
            return Closing::Nothing;
        };
        let (session, running) = (entry.session.clone(), entry.running);
        self.ending.insert(id, (entry, SessionEnd::Closed));
        if running == 0 {
            Closing::Now(session)
        } else {
            Closing::Elsewhere(session)
        }
    }

    /// Closes the sessions that no call has used for too long; the caller ends them.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<S> {
        let idle = self.idle;
        let expired = |entry: &Entry<S>| entry.running == 0 && now.duration_since(entry.since) >= idle;
        let ids: Vec<u64> = self
            .open
            .iter()
            .filter(|(_, entry)| expired(entry))
            .map(|(id, _)| *id)
            .collect();
        for id in &ids {
            self.closed.insert(*id);
        }
        ids.into_iter()
            .filter_map(|id| self.end(id, SessionEnd::Idle))
            .collect()
    }

    /// The earliest time at which a session may have been idle for too long; `None` if none is open.
    pub(super) fn next_expiry(&self, now: Instant) -> Option<Instant> {
        let quiet_since = |entry: &Entry<S>| if entry.running == 0 { entry.since } else { now };
        let since = self.open.values().map(quiet_since).min()?;
        // a time that the clock cannot tell is far enough to look again in a day
        let far = || now + Duration::from_secs(24 * 3600);
        Some(since.checked_add(self.idle).unwrap_or_else(far))
    }

    /// The connection has ended: closes every session. The caller ends those that are returned; the others end with
    /// their last calls.
    pub(super) fn end_all(&mut self) -> Vec<S> {
        self.over = true;
        let ids: Vec<u64> = self.open.keys().copied().collect();
        ids.into_iter()
            .filter_map(|id| self.end(id, SessionEnd::Lost))
            .collect()
    }

    /// The session has been ended, and counts no more.
    pub(super) fn ended(&mut self, id: u64) {
        self.ending.remove(&id);
    }

    fn end(&mut self, id: u64, end: SessionEnd) -> Option<S> {
        let entry = self.open.remove(&id)?;
        let session = (entry.running == 0).then(|| entry.session.clone());
        self.ending.insert(id, (entry, end));
        session
    }
}

/// Ids that are closed for good, in bounded memory: all up to a mark, and some above it.
#[derive(Debug, Default)]
struct ClosedIds {
    low: u64,
    above: BTreeSet<u64>,
}

impl ClosedIds {
    fn contains(&self, id: u64) -> bool {
        id <= self.low || self.above.contains(&id)
    }

    fn insert(&mut self, id: u64) {
        if id <= self.low {
            return;
        }
        self.above.insert(id);
        if self.above.len() > CLOSED
            && let Some(lowest) = self.above.pop_first()
        {
            self.low = lowest;
        }
        while let Some(next) = self.low.checked_add(1)
            && self.above.remove(&next)
        {
            self.low = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const IDLE: Duration = Duration::from_secs(60);

    fn book() -> (Book<u64>, Instant) {
        (Book::new(4, IDLE), Instant::now())
    }

    #[test]
    fn the_first_call_opens_a_session_and_the_others_find_it() {
        let (mut book, now) = book();
        assert_eq!(book.enter(7, now, || 70), Ok(70));
        assert_eq!(book.enter(7, now, || unreachable!("it is open")), Ok(70));
        assert_eq!(
            book.enter(2, now, || 20),
            Ok(20),
            "the order of the ids does not count"
        );
    }

    #[test]
    fn a_closed_session_ends_once_behind_its_last_call_and_stays_closed() {
        let (mut book, now) = book();
        for _ in 0..2 {
            book.enter(1, now, || 10).unwrap();
        }
        assert_eq!(book.close(1), Closing::Elsewhere(10));
        assert_eq!(book.check(1), Err(Refused::Closed));
        assert_eq!(book.leave(1, now), None);
        assert_eq!(book.leave(1, now), Some((10, SessionEnd::Closed)));
        assert_eq!(
            book.close(1),
            Closing::Elsewhere(10),
            "who closes again waits too"
        );
        book.ended(1);
        assert_eq!(book.close(1), Closing::Nothing);
        assert_eq!(book.enter(1, now, || 11), Err(Refused::Closed));
    }

    #[test]
    fn sessions_that_end_count_until_they_have_ended() {
        let (mut book, now) = book();
        for id in 1..=4 {
            book.enter(id, now, || id).unwrap();
        }
        assert_eq!(book.enter(5, now, || 5), Err(Refused::Full));
        book.leave(4, now);
        assert_eq!(book.close(4), Closing::Now(4));
        assert_eq!(book.check(5), Err(Refused::Full));
        book.ended(4);
        assert_eq!(book.enter(5, now, || 5), Ok(5));
    }

    #[test]
    fn a_session_expires_from_its_last_call_on_and_not_while_one_runs() {
        let (mut book, now) = book();
        assert_eq!(book.next_expiry(now), None);
        for id in [1, 2] {
            book.enter(id, now, || id).unwrap();
        }
        book.leave(1, now + IDLE / 2);
        assert_eq!(
            book.next_expiry(now + IDLE),
            Some(now + IDLE / 2 + IDLE),
            "the running one is looked at later"
        );
        assert!(book.expire(now + IDLE).is_empty());
        assert_eq!(book.expire(now + IDLE * 2), [1]);
        assert_eq!(book.check(1), Err(Refused::Closed));
        assert_eq!(book.leave(2, now + IDLE * 2), None);
        assert_eq!(book.expire(now + IDLE * 3), [2]);
        assert_eq!(book.next_expiry(now + IDLE * 3), None);
    }

    #[test]
    fn everything_ends_with_the_connection() {
        let (mut book, now) = book();
        for id in 1..=3 {
            book.enter(id, now, || id).unwrap();
        }
        book.leave(1, now);
        book.close(2);
        assert_eq!(book.end_all(), [1]);
        assert_eq!(book.leave(2, now), Some((2, SessionEnd::Closed)));
        assert_eq!(book.leave(3, now), Some((3, SessionEnd::Lost)));
        assert_eq!(book.enter(9, now, || 9), Err(Refused::Lost));
        assert!(book.end_all().is_empty());
    }

    #[test]
    fn an_open_session_outlives_the_mark() {
        let (mut book, now) = book();
        book.enter(1, now, || 1).unwrap();
        for id in (3..5000).step_by(2) {
            assert_eq!(book.close(id), Closing::Nothing);
        }
        assert!(book.closed.low > 1000 && book.closed.above.len() <= CLOSED);
        assert_eq!(book.check(2), Err(Refused::Closed), "never used, but forgotten");
        assert_eq!(book.enter(1, now, || 0), Ok(1));
    }

    #[test]
    fn ids_that_are_closed_in_order_take_no_memory() {
        let mut closed = ClosedIds::default();
        for id in [2, 3, 1, 4, 5, u64::MAX] {
            closed.insert(id);
        }
        assert_eq!((closed.low, closed.above.len()), (5, 1));
        assert!(!closed.contains(6));
        for id in 0..3000 {
            closed.insert(u64::MAX - 2 * id);
        }
        closed.insert(0);
        assert_eq!(closed.above.len(), CLOSED);
        for id in closed.low..=u64::MAX {
            closed.insert(id);
        }
        assert_eq!((closed.low, closed.above.len()), (u64::MAX, 0));
    }

    proptest! {
        #[test]
        fn closed_ids_stay_closed_in_bounded_memory(ids in proptest::collection::vec(1u64..5000, 0..4000)) {
            let mut closed = ClosedIds::default();
            for id in &ids {
                closed.insert(*id);
                prop_assert!(closed.above.len() <= CLOSED);
            }
            prop_assert!(ids.iter().all(|id| closed.contains(*id)));
        }

        #[test]
        fn every_session_is_ended_once(steps in proptest::collection::vec((0u8..5, 1u64..6), 0..200)) {
            let (mut book, mut now) = book();
            let mut opened = 0u64;
            let mut running = Vec::new();
            let mut ended = Vec::new();
            for (step, id) in steps {
                now += IDLE / 4;
                match step {
                    0 | 1 => {
                        let entered = book.enter(id, now, || { opened += 1; opened });
                        running.extend(entered.ok().map(|_| id));
                    }
                    2 => {
                        if !running.is_empty() {
                            let id = running.swap_remove(usize::try_from(id).unwrap() % running.len());
                            ended.extend(book.leave(id, now).map(|(session, _)| session));
                        }
                    }
                    3 => {
                        if let Closing::Now(session) = book.close(id) {
                            ended.push(session);
                        }
                    }
                    _ => ended.extend(book.expire(now)),
                }
            }
            ended.extend(book.end_all());
            for id in running {
                ended.extend(book.leave(id, now).map(|(session, _)| session));
            }
            ended.sort_unstable();
            prop_assert_eq!(ended, (1..=opened).collect::<Vec<_>>());
        }
    }
}
