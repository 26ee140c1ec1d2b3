//! `--wait` and `--watch`: looking again until the gate passes, or until somebody ends it, and saying what changed.
//!
//! IAM is eventually consistent: a change may take minutes to be seen everywhere.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>

use super::diagnose::{Plan, Round};
use super::interrupt;
use crate::collect::{INTERRUPTED, Interrupt};
use crate::error::Error;
use crate::output;
use crate::report::Changes;
use irsa_doctor_checks::report::Gate;
use std::time::{Duration, Instant};

/// The longest that is waited between two looks with `--wait`.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// The shortest: neither API is to be pestered.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);

/// Looks again and again; gives the exit code of the last look.
///
/// # Errors
///
/// Whatever keeps the last look from a report, or what can't be written.
pub(super) fn run(plan: &mut Plan<'_>) -> Result<u8, Error> {
    let (wait, watch) = (plan.args.repeat.wait, plan.args.repeat.watch);
    let started = Instant::now();
    let deadline = wait.map(|wait| started + wait);
    let pause = watch.unwrap_or_else(|| wait.map_or(LONGEST_PAUSE, |wait| wait / 20).min(LONGEST_PAUSE)).max(SHORTEST_PAUSE);
    let mut last: Option<Round> = None;
    let mut said = None;
    loop {
        let looked = plan.round();
        let is_over = deadline.is_some_and(|deadline| Instant::now() + pause >= deadline);
        match looked {
            Ok(round) => {
                let passes = round.report.gate == Gate::Pass && !round.run.interrupted;
                let ends = round.run.interrupted || (wait.is_some() && (passes || is_over));
                said = None;
                show(plan, last.as_ref(), &round, ends)?;
                if ends {
                    if !passes && !round.run.interrupted {
                        say(plan, &format!("the time is up ({} s)", started.elapsed().as_secs()));
                    }
                    return Ok(round.exit());
                }
                last = Some(round);
            }
            // A pod may not be there yet, an API not be reachable for a while.
            Err(error) if error.may_pass() && !is_over => {
                let text = error.to_string();
                if said.as_ref() != Some(&text) {
                    say(plan, &format!("{text}; looking again"));
                    said = Some(text);
                }
            }
            Err(error) => return Err(error),
        }
        if paused(pause) {
            return Ok(INTERRUPTED);
        }
    }
}

/// The first report in full, then what changed. A format for programs gets whole documents: with `--wait` the last alone.
fn show(plan: &Plan<'_>, last: Option<&Round>, round: &Round, ends: bool) -> Result<(), Error> {
    if last.is_none() {
        plan.say_notes(round);
    }
    let changes = last.map(|last| Changes::between(&last.report, &round.report));
    let changed = changes.as_ref().is_none_or(|changes| !changes.is_empty());
    let writes = ends || (plan.args.repeat.watch.is_some() && changed);
    let tells = plan.outputs.tells_changes() && !plan.args.output.prints_no_report();
    match changes {
        None if tells => plan.print(round)?,
        Some(changes) if tells => {
            let look = plan.outputs.look();
            output::stream(look.color, |out| changes.write(look, out))?;
        }
        _ if writes => plan.print(round)?,
        _ => {}
    }
    if writes { plan.write_files(round) } else { Ok(()) }
}

/// Waits; `true` if somebody ended it.
fn paused(pause: Duration) -> bool {
    const STEP: Duration = Duration::from_millis(50);
    let interrupt = Interrupt::default();
    let _watched = interrupt::watch(&interrupt);
    let until = Instant::now() + pause;
    while !interrupt.is_asked() && Instant::now() < until {
        std::thread::sleep(STEP.min(until.saturating_duration_since(Instant::now())));
    }
    interrupt.is_asked()
}

fn say(plan: &Plan<'_>, what: &str) {
    if !plan.args.output.report.quiet {
        output::say(&format!("note: {what}"));
    }
}
