//! Many runs of a program at once: most of a run is waiting.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::server::lock;

/// Checks all items in some threads, each once; what is wrong with any of them, sorted.
pub fn side_by_side<T: Sync>(items: &[T], threads: usize, check: impl Fn(&T) -> Vec<String> + Sync) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let problems = check(item);
                    lock(&wrong).extend(problems);
                }
            });
        }
    });
    let mut wrong = std::mem::take(&mut *lock(&wrong));
    wrong.sort();
    wrong
}
