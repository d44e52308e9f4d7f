//! Ending in between: what is under way comes to its end, and nothing new is begun.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tokio::sync::Notify;

/// Whether the user wants it to end.
#[derive(Debug, Default)]
pub struct Interrupt {
    is_guarded: AtomicBool,
    is_wanted: AtomicBool,
    wanted: Notify,
}

impl Interrupt {
    /// Says that from now on something is written, which is not to be broken off.
    pub fn guard(&self) {
        self.is_guarded.store(true, Relaxed);
    }

    /// Returns whether something is written.
    pub fn is_guarded(&self) -> bool {
        self.is_guarded.load(Relaxed)
    }

    /// Asks for the end.
    pub fn interrupt(&self) {
        self.is_wanted.store(true, Relaxed);
        self.wanted.notify_waiters();
    }

    /// Returns whether the end is asked for.
    pub fn is_wanted(&self) -> bool {
        self.is_wanted.load(Relaxed)
    }

    /// Waits until the end is asked for.
    pub async fn wanted(&self) {
        let wanted = self.wanted.notified();
        if !self.is_wanted() {
            wanted.await;
        }
    }
}
