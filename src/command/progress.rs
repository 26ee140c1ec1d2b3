//! How far the collecting is, on stderr: for people who wait, and for nobody else.

use crate::collect::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Work that is done sooner shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often it is drawn anew.
const EVERY: Duration = Duration::from_millis(100);

/// A bar that is there until this is dropped; then its line is empty again.
pub(super) struct Bar {
    ended: Arc<(Mutex<bool>, Condvar)>,
    drawer: Option<JoinHandle<()>>,
}

/// Shows how far it is, if stderr is a terminal and nobody wants it quiet. A CI's log is no place for it
/// (<https://docs.github.com/actions/reference/workflows-and-actions/variables>: `CI` is always set; GitLab and others too).
pub(super) fn show(progress: &Arc<Progress>, quiet: bool) -> Option<Bar> {
    let is_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0");
    if quiet || is_ci || !std::io::stderr().is_terminal() {
        return None;
    }
    let ended = Arc::new((Mutex::new(false), Condvar::new()));
    let (watched, progress) = (Arc::clone(&ended), Arc::clone(progress));
    let drawer = thread::Builder::new().name("progress".to_owned()).spawn(move || draw(&watched, &progress)).ok()?;
    Some(Bar { ended, drawer: Some(drawer) })
}

impl Drop for Bar {
    fn drop(&mut self) {
        *self.ended.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.ended.1.notify_all();
        // The line must be empty before anything else is written to stderr.
        let _drawn = self.drawer.take().map(JoinHandle::join);
    }
}

fn draw(ended: &(Mutex<bool>, Condvar), progress: &Progress) {
    let wait = |time| {
        let guard = ended.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = ended.1.wait_timeout_while(guard, time, |ended| !*ended);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    };
    if wait(PATIENCE) {
        return;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    // INVARIANT: the template is a constant that a test draws.
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} reading {msg}") {
        bar.set_style(style);
    }
    loop {
        bar.set_message(words(progress));
        bar.tick();
        if wait(EVERY) {
            bar.finish_and_clear();
            return;
        }
    }
}

/// "pods 3500 of 10000, roles 12 of 40"; what is all read isn't named, unless nothing else is.
fn words(progress: &Progress) -> String {
    let counts = progress.now();
    let going = counts.iter().filter(|(_, count)| count.read < count.all);
    let mut parts: Vec<String> = going.map(|(what, count)| format!("{what} {} of {}", count.read, count.all)).collect();
    if parts.is_empty() {
        parts.extend(counts.iter().map(|(what, count)| format!("{what} {}", count.read)));
    }
    if parts.is_empty() { "the cluster".to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_read_and_how_many_of_how_many() {
        let progress = Progress::default();
        assert_eq!(words(&progress), "the cluster");
        progress.read("service accounts", 20);
        progress.expect("pods", 1200);
        progress.read("pods", 500);
        assert_eq!(words(&progress), "pods 500 of 1200");
        progress.read("pods", 700);
        assert_eq!(words(&progress), "pods 1200, service accounts 20");
    }

    #[test]
    fn the_template_can_be_drawn() {
        assert!(ProgressStyle::with_template("{spinner} {elapsed} reading {msg}").is_ok());
    }
}
