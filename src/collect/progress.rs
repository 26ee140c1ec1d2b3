//! How far a run is: counted while it goes on, for whoever wants to show it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What was read so far, and how much there is to read as far as it is known. Shared by all parts of a run.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    counts: Mutex<BTreeMap<&'static str, Count>>,
}

/// Of one kind of things.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// How many were read.
    pub(crate) read: u64,
    /// How many there are, as far as it is known; never less than were read.
    pub(crate) all: u64,
}

impl Progress {
    /// So many more are to be read.
    pub(crate) fn expect(&self, what: &'static str, more: u64) {
        let mut counts = self.counts();
        let count = counts.entry(what).or_default();
        count.all = count.all.saturating_add(more);
    }

    /// So many were read, of those that were expected or beyond.
    pub(crate) fn read(&self, what: &'static str, more: u64) {
        let mut counts = self.counts();
        let count = counts.entry(what).or_default();
        count.read = count.read.saturating_add(more);
        count.all = count.all.max(count.read);
    }

    /// All counts, by what is read.
    pub(crate) fn now(&self) -> BTreeMap<&'static str, Count> {
        self.counts().clone()
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<&'static str, Count>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_never_less_than_were_read() {
        let progress = Progress::default();
        progress.read("pods", 500);
        progress.expect("pods", 700);
        progress.read("pods", 900);
        progress.read("roles", 1);
        for _ in 0..2 {
            progress.expect("bad", u64::MAX);
        }
        let counts = progress.now();
        assert_eq!((counts["pods"], counts["roles"]), (Count { read: 1400, all: 1400 }, Count { read: 1, all: 1 }));
        assert_eq!(counts["bad"].all, u64::MAX);
    }
}
