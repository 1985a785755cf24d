//! Whether the server at the other end of a connection still lives, while calls wait for it.
//!
//! Source: wire protocol, "Liveness and draining".

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Unanswered questions after which the server is dead.
const UNANSWERED: usize = 3;

/// What calls say of their connection. They pay for it with a few stores.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    calls: AtomicUsize,
    /// Whether a frame has arrived since the last look.
    heard: AtomicBool,
    /// Whether the watch waits for a call.
    resting: AtomicBool,
    wake: Notify,
}

impl Pulse {
    /// A call begins.
    pub(crate) fn enter(&self) {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.resting.load(Ordering::SeqCst) && self.resting.swap(false, Ordering::SeqCst) {
            self.wake.notify_one();
        }
    }

    /// A call ends. Says whether it was the last.
    pub(crate) fn leave(&self) -> bool {
        self.calls.fetch_sub(1, Ordering::SeqCst) == 1
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.calls.load(Ordering::SeqCst) == 0
    }

    /// A frame has arrived.
    pub(crate) fn hear(&self) {
        self.heard.store(true, Ordering::Relaxed);
    }

    /// Lets the watch rest if no call is open: then [`Pulse::woken`] tells when one is.
    pub(crate) fn rest(&self) -> bool {
        self.resting.store(true, Ordering::SeqCst);
        let idle = self.is_idle();
        if !idle {
            self.resting.store(false, Ordering::SeqCst);
        }
        idle
    }

    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    fn has_heard(&self) -> bool {
        self.heard.swap(false, Ordering::Relaxed)
    }
}

/// What is to be done for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Nothing,
    /// Ask the server with these bytes.
    Ask([u8; 8]),
    /// The server is dead.
    GiveUp,
}

/// The silence of one connection.
#[derive(Debug)]
pub(crate) struct Watch {
    interval: Duration,
    silent_since: Option<Instant>,
    asked: Option<Instant>,
    unanswered: Vec<[u8; 8]>,
}

impl Watch {
    pub(crate) fn new(interval: Duration) -> Self {
        Self {
            interval,
            silent_since: None,
            asked: None,
            unanswered: Vec::new(),
        }
    }

    /// How often to look.
    pub(crate) fn pace(&self) -> Duration {
        (self.interval / 6).max(Duration::from_millis(1))
    }

    /// Looks at the connection.
    pub(crate) fn look(&mut self, pulse: &Pulse, now: Instant, random: impl FnOnce() -> [u8; 8]) -> Action {
        let (idle, heard) = (pulse.is_idle(), pulse.has_heard());
        if idle || heard {
            self.unanswered.clear();
        }
        if idle {
            self.silent_since = None;
            return Action::Nothing;
        }
        let since = *self.silent_since.get_or_insert(now);
        if heard {
            self.silent_since = Some(now);
            return Action::Nothing;
        }
        let waits = |from: Instant| now.saturating_duration_since(from) < self.interval;
        if waits(since) || self.asked.is_some_and(waits) {
            return Action::Nothing;
        }
        if self.unanswered.len() == UNANSWERED {
            return Action::GiveUp;
        }
        let bytes = random();
        self.unanswered.push(bytes);
        self.asked = Some(now);
        Action::Ask(bytes)
    }

    /// The server has answered. Bytes that nobody asked with say nothing.
    pub(crate) fn answer(&mut self, bytes: [u8; 8]) {
        if self.unanswered.contains(&bytes) {
            self.unanswered.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(3);

    /// Looks every half second, and tells when what was done, in half seconds.
    fn run(looks: u32, mut each: impl FnMut(u32, &Pulse, &mut Watch)) -> Vec<(u32, Action)> {
        let (pulse, start) = (Pulse::default(), Instant::now());
        let mut watch = Watch::new(INTERVAL);
        let mut done = Vec::new();
        for look in 0..looks {
            each(look, &pulse, &mut watch);
            let random = || u64::from(look).to_le_bytes();
            match watch.look(&pulse, start + watch.pace() * look, random) {
                Action::Nothing => {}
                action => done.push((look, action)),
            }
        }
        done
    }

    fn ask(look: u32) -> (u32, Action) {
        (look, Action::Ask(u64::from(look).to_le_bytes()))
    }

    #[test]
    fn silence_is_asked_three_times_and_then_is_death() {
        let done = run(25, |look, pulse, _| {
            if look == 0 {
                pulse.enter();
            }
        });
        assert_eq!(done, [ask(6), ask(12), ask(18), (24, Action::GiveUp)]);
    }

    #[test]
    fn an_answer_is_life_and_other_bytes_are_nothing() {
        let done = run(60, |look, pulse, watch| match look {
            0 => pulse.enter(),
            _ => watch.answer([255; 8]),
        });
        assert_eq!(done[2..4], [ask(18), (24, Action::GiveUp)]);
        let done = run(60, |look, pulse, watch| match look {
            0 => pulse.enter(),
            _ => watch.answer(u64::from(look - 1).to_le_bytes()),
        });
        assert_eq!(done, (1..10).map(|time| ask(time * 6)).collect::<Vec<_>>());
    }

    #[test]
    fn frames_and_rest_are_not_silence() {
        let done = run(60, |look, pulse, _| {
            if look == 0 {
                pulse.enter();
            }
            if look % 5 == 0 {
                pulse.hear();
            }
        });
        assert_eq!(done, []);
        assert_eq!(run(60, |_, _, _| ()), []);
        let done = run(12, |look, pulse, _| match look {
            0 => pulse.enter(),
            5 => drop(pulse.leave()),
            6 => pulse.enter(),
            _ => {}
        });
        assert_eq!(
            done,
            [],
            "the silence of a call that has ended is not that of the next"
        );
    }

    #[tokio::test]
    async fn a_call_wakes_who_rests() {
        let pulse = Pulse::default();
        assert!(pulse.rest());
        pulse.enter();
        pulse.woken().await;
        assert!(!pulse.rest());
        assert!(pulse.leave());
    }
}
