//! Interleaved rounds in one process: in each round every contender runs once, so that a busy moment of the machine
//! meets them all.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::{Duration, Instant};

/// One side of a comparison: does the work once.
pub type Work<'a> = Box<dyn FnMut() + 'a>;

/// How long and how often.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How many times each contender is measured; the median counts.
    pub rounds: usize,
    /// How long one measurement takes.
    pub sample: Duration,
}

/// What one contender needs for its work once.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Nanoseconds, the median of all rounds.
    pub time: f64,
    /// Calls of the allocator, counted apart from the time.
    pub allocations: u64,
}

/// Measures all `contenders` in turns.
pub fn compare(contenders: &mut [Work<'_>], effort: Effort) -> Vec<Cost> {
    let repeats: Vec<u32> = contenders
        .iter_mut()
        .map(|work| calibrate(work, effort.sample))
        .collect();
    let mut times = vec![Vec::with_capacity(effort.rounds); contenders.len()];
    for round in 0..effort.rounds {
        for turn in 0..contenders.len() {
            // Nobody is always first.
            let index = (round + turn) % contenders.len();
            let elapsed = time(&mut contenders[index], repeats[index]);
            times[index].push(elapsed.as_nanos() as f64 / f64::from(repeats[index]));
        }
    }
    let allocations: Vec<u64> = contenders.iter_mut().map(count_allocations).collect();
    times
        .into_iter()
        .zip(allocations)
        .map(|(times, allocations)| Cost {
            time: median(times),
            allocations,
        })
        .collect()
}

/// How often `work` is to be repeated to fill about `sample`.
fn calibrate(work: &mut Work<'_>, sample: Duration) -> u32 {
    let mut repeats = 1_u32;
    loop {
        let elapsed = time(work, repeats);
        if elapsed * 4 >= sample || repeats >= 1 << 28 {
            let ideal = sample.as_secs_f64() / elapsed.as_secs_f64().max(1e-9) * f64::from(repeats);
            return (ideal as u32).max(1);
        }
        repeats *= 2;
    }
}

fn time(work: &mut Work<'_>, repeats: u32) -> Duration {
    // Once before the clock runs: caches and the allocator's free memory are as the contender before left them.
    work();
    let start = Instant::now();
    for _ in 0..repeats {
        work();
    }
    start.elapsed()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// The system's allocator; it counts the calls of this thread while it is asked to.
#[derive(Debug)]
pub struct CountingAllocator;

thread_local! {
    static COUNTING: Cell<bool> = const { Cell::new(false) };
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

fn count_allocations(work: &mut Work<'_>) -> u64 {
    CALLS.set(0);
    COUNTING.set(true);
    work();
    COUNTING.set(false);
    CALLS.get()
}

#[inline]
fn count() {
    if COUNTING.get() {
        CALLS.set(CALLS.get() + 1);
    }
}

#[expect(unsafe_code, reason = "an allocator can be written in no other way")]
// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        unsafe { System.dealloc(place, layout) }
    }
}
