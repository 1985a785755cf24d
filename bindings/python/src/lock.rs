//! The lock of what a panic has left as it was.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex; what it holds is right after every statement, so that nobody minds whether another thread has panicked.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
