//! Ctrl-C: while evidence is collected it ends the collecting, and what was found is reported; else it ends the process.

use crate::collect::{INTERRUPTED, Interrupt};
use std::sync::{Mutex, Once, PoisonError};

/// What a signal is to end first.
static COLLECTING: Mutex<Option<Interrupt>> = Mutex::new(None);
static INSTALL: Once = Once::new();

/// For as long as it lives, a signal ends the collecting.
pub(super) struct Watched;

impl Drop for Watched {
    fn drop(&mut self) {
        *COLLECTING.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Lets signals (SIGINT; SIGTERM as a Job is stopped with; Ctrl-C on Windows) end this collecting. A second one ends the
/// process, as does any that comes after it.
pub(super) fn watch(interrupt: &Interrupt) -> Watched {
    *COLLECTING.lock().unwrap_or_else(PoisonError::into_inner) = Some(interrupt.clone());
    // Without the handler a signal ends the process as ever.
    INSTALL.call_once(|| drop(ctrlc::set_handler(signal)));
    Watched
}

#[expect(clippy::exit, reason = "the user asked for the end, and nothing is left that must be finished")]
fn signal() {
    let collecting = COLLECTING.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if !collecting.is_some_and(|interrupt| interrupt.ask()) {
        crate::output::say("error: ended before the report was written");
        std::process::exit(i32::from(INTERRUPTED));
    }
}
