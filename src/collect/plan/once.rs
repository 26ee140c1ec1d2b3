//! Each thing is fetched once a run, however many ask for it.

use irsa_doctor_checks::snapshot::{Gap, GapCause, Observed};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// Answers by key. Whoever asks first fetches; the others wait for the same answer.
#[derive(Debug)]
pub(super) struct Once<T> {
    cells: Mutex<BTreeMap<String, Arc<OnceCell<Observed<T>>>>>,
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self { cells: Mutex::default() }
    }
}

impl<T: Clone> Once<T> {
    /// The answer for a key, fetched if nobody has asked yet. The fetching lives on the heap: futures of futures would
    /// otherwise fill the stack.
    pub(super) async fn get(&self, key: &str, fetch: impl AsyncFnOnce() -> Observed<T>) -> Observed<T> {
        self.cell(key).get_or_init(|| Box::pin(fetch())).await.clone()
    }

    /// An answer that a list brought; one that is there already stays.
    pub(super) fn put(&self, key: &str, value: T) {
        // An error means that the cell has its answer, or that somebody is just fetching it: both are as good.
        let _kept = self.cell(key).set(Observed::Present(value));
    }

    /// The same of something that a list proves not to be there.
    pub(super) fn put_absent(&self, key: &str) {
        let _kept = self.cell(key).set(Observed::Absent);
    }

    /// Cells that hold these answers. A gap is none: what one couldn't read another may.
    pub(super) fn of(answers: &BTreeMap<String, Observed<T>>) -> Self {
        let once = Self::default();
        for (key, answer) in answers.iter().filter(|(_, answer)| answer.gap().is_none()) {
            // INVARIANT: keys are unique, so each cell is empty.
            let _kept = once.cell(key).set(answer.clone());
        }
        once
    }

    /// The same for what there is only one of.
    pub(super) fn of_one(answer: &Observed<T>) -> Self {
        Self::of(&BTreeMap::from([(String::new(), answer.clone())]))
    }

    /// Takes all answers out, without copying what a large cluster has. What was being fetched when time ran out is a gap.
    pub(super) fn take(&self, operation: &str) -> BTreeMap<String, Observed<T>> {
        let cells = std::mem::take(&mut *self.cells.lock().unwrap_or_else(PoisonError::into_inner));
        let answer = |(key, cell): (String, Arc<OnceCell<Observed<T>>>)| {
            let answer = answered(&key, cell, operation);
            (key, answer)
        };
        cells.into_iter().map(answer).collect()
    }

    /// The answer for a key, if somebody asked for it.
    pub(super) fn answer(&self, key: &str, operation: &str) -> Observed<T> {
        let cell = self.cells.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        match cell {
            None => Observed::Unavailable(Gap::not_collected(operation)),
            Some(cell) => cell.get().cloned().unwrap_or_else(|| Observed::Unavailable(unfinished(operation))),
        }
    }

    /// Takes the answer for a key out; `None` where nobody asked for it.
    pub(super) fn take_one(&self, key: &str, operation: &str) -> Option<Observed<T>> {
        let cell = self.cells.lock().unwrap_or_else(PoisonError::into_inner).remove(key)?;
        Some(answered(key, cell, operation))
    }

    /// Whether one of the answers that are there is so.
    pub(super) fn any(&self, is_so: impl Fn(&Observed<T>) -> bool) -> bool {
        let cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        cells.values().filter_map(|cell| cell.get()).any(is_so)
    }

    /// The first gap among the answers that are there.
    pub(super) fn first_gap(&self) -> Option<Gap> {
        let cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        cells.values().find_map(|cell| cell.get()?.gap().cloned())
    }

    fn cell(&self, key: &str) -> Arc<OnceCell<Observed<T>>> {
        Arc::clone(self.cells.lock().unwrap_or_else(PoisonError::into_inner).entry(key.to_owned()).or_default())
    }
}

/// What a cell holds; a copy only where somebody still holds on to it, as a call whose answer nobody waits for any more.
fn answered<T: Clone>(key: &str, cell: Arc<OnceCell<Observed<T>>>, operation: &str) -> Observed<T> {
    let answer = Arc::try_unwrap(cell).map_or_else(|shared| shared.get().cloned(), OnceCell::into_inner);
    answer.unwrap_or_else(|| Observed::Unavailable(unfinished(operation).about(key)))
}

/// The gap of something that was still being fetched when the run's time was up, or when somebody ended it.
pub(super) fn unfinished(operation: &str) -> Gap {
    let detail = "the run was over before there was an answer";
    Gap::new(operation, GapCause::TimedOut).detail(detail).remedy("give the run longer with --timeout")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[tokio::test]
    async fn fetches_once() {
        let once = Once::<u8>::default();
        let fetched = Cell::new(0);
        let fetch = async || {
            fetched.set(fetched.get() + 1);
            tokio::task::yield_now().await;
            Observed::Present(7)
        };
        let (first, second) = tokio::join!(once.get("a", &fetch), once.get("a", &fetch));
        assert_eq!((first, second, fetched.get()), (Observed::Present(7), Observed::Present(7), 1));
        once.put("a", 9);
        assert_eq!(once.answer("a", "get"), Observed::Present(7), "what is there stays");
    }

    #[tokio::test]
    async fn what_is_not_finished_is_a_gap() {
        let once = Once::<u8>::default();
        let slow = once.get("a", async || std::future::pending().await);
        assert!(tokio::time::timeout(std::time::Duration::from_millis(1), slow).await.is_err());
        let gap = once.take("get").remove("a").unwrap();
        assert_eq!(gap.gap().map(|gap| gap.cause), Some(GapCause::TimedOut));
        assert_eq!(once.answer("b", "get").gap().map(|gap| gap.cause), Some(GapCause::NotCollected));
    }
}
