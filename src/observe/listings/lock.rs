//! What several tasks share.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is behind these locks is whole at every instant, so whoever died holding one left nothing broken.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
