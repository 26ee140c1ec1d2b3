//! The end that somebody puts to a run (Ctrl-C): what was read by then is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// Whether the run is to end now. Clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt {
    asked: Arc<AtomicBool>,
    wake: Arc<Notify>,
}

impl Interrupt {
    /// Asks for the end. `false`: it was asked for before.
    pub(crate) fn ask(&self) -> bool {
        let first = !self.asked.swap(true, Ordering::SeqCst);
        self.wake.notify_waiters();
        first
    }

    /// Whether somebody asked.
    pub(crate) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// Waits until somebody asks.
    pub(crate) async fn asked(&self) {
        let woken = self.wake.notified();
        tokio::pin!(woken);
        // Registered before the look at the flag, so that nobody's call falls between the two.
        woken.as_mut().enable();
        if !self.is_asked() {
            woken.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_waits_is_woken_and_whoever_comes_later_does_not_wait() {
        let interrupt = Interrupt::default();
        let other = interrupt.clone();
        let waiting = tokio::spawn(async move { other.asked().await });
        tokio::task::yield_now().await;
        assert!(interrupt.ask() && !interrupt.ask());
        waiting.await.unwrap();
        interrupt.asked().await;
    }
}
