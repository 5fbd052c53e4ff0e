//! Work that threads share once there is nothing left to begin with.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Work that threads with much left share with threads that wait.
pub(super) struct WorkQueue<T> {
    state: Mutex<QueueState<T>>,
    wake: Condvar,
    has_waiting: AtomicBool,
}

struct QueueState<T> {
    tasks: Vec<T>,
    /// Threads that have begun. The pool may begin with one when another has ended.
    begun: usize,
    /// Threads of those that wait or have ended.
    idle: usize,
}

impl<T> WorkQueue<T> {
    pub(super) fn new() -> Self {
        let state = Mutex::new(QueueState { tasks: Vec::new(), begun: 0, idle: 0 });
        Self { state, wake: Condvar::new(), has_waiting: AtomicBool::new(false) }
    }

    /// Counts a thread that begins.
    pub(super) fn begin(&self) {
        self.lock().begun += 1;
    }

    /// Whether a thread waits for work.
    pub(super) fn has_waiting(&self) -> bool {
        self.has_waiting.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, QueueState<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for work; `None` when all threads that have begun wait: one that begins later has none to share.
    pub(super) fn wait(&self) -> Option<T> {
        let mut state = self.lock();
        state.idle += 1;
        loop {
            if let Some(task) = state.tasks.pop() {
                state.idle -= 1;
                return Some(task);
            }
            if state.idle == state.begun {
                self.wake.notify_all();
                return None;
            }
            self.has_waiting.store(true, Ordering::Relaxed);
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Hands work to a thread that waits.
    pub(super) fn give(&self, task: T) {
        let mut state = self.lock();
        state.tasks.push(task);
        let more = state.idle > state.tasks.len();
        drop(state);
        self.has_waiting.store(more, Ordering::Relaxed);
        self.wake.notify_one();
    }
}
