//! The law of files: every scenario, taken for something that is yet to be deployed, has no error that the running thing
//! doesn't have, runs no command, and holds no gate up for what nobody could know.

#![expect(clippy::print_stdout, reason = "a test: it says how many it knows")]

use irsa_doctor_checks::diagnose::{GateOptions, apply_gate, diagnose};
use irsa_doctor_checks::fault::Severity;
use irsa_doctor_checks::report::{Gate, Report, TargetReport};
use irsa_doctor_checks::snapshot::{GapCause, Snapshot};
use irsa_doctor_test_support::Scenario;
use std::collections::BTreeSet;

fn errors(target: &TargetReport) -> BTreeSet<&'static str> {
    let errors = target.findings.iter().filter(|found| found.finding.severity == Severity::Error);
    errors.map(|found| found.finding.fault.id).collect()
}

fn both(scenario: &Scenario) -> (Report, Report) {
    let running: Snapshot = scenario.snapshot();
    let files = Snapshot { from_files: true, ..running.clone() };
    (diagnose(&running), diagnose(&files))
}

#[test]
fn files_have_no_error_that_what_runs_has_not() {
    let mut wrong = Vec::new();
    let mut known = 0;
    for scenario in Scenario::all() {
        let (running, files) = both(&scenario);
        for (live, file) in running.targets.iter().zip(&files.targets) {
            let more: Vec<_> = errors(file).difference(&errors(live)).copied().collect();
            // What the running pod hides (it was injected, it has another role) a file can't know.
            if !more.is_empty() && live.verdict < file.verdict {
                wrong.push(format!("{}: {more:?}", scenario.name));
            }
            known += errors(file).len();
        }
    }
    println!("{known} errors are seen in files, too");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(known > 100, "{known}");
}

#[test]
fn nothing_in_a_file_is_mended_by_a_command() {
    for scenario in Scenario::all() {
        let (_, files) = both(&scenario);
        for found in files.targets.iter().flat_map(|target| &target.findings) {
            let fix = found.finding.fix.as_ref();
            let runs = fix.is_some_and(|fix| !fix.commands.is_empty() || !fix.undo.is_empty());
            assert!(!runs, "{}: {}", scenario.name, found.finding.fault.id);
        }
        assert!(files.targets.iter().all(|target| target.hand_over.is_empty()), "{}", scenario.name);
    }
}

#[test]
fn a_gate_hangs_on_no_gap_that_is_beyond_the_files() {
    for scenario in Scenario::all() {
        let (_, mut files) = both(&scenario);
        apply_gate(&mut files, &GateOptions::default());
        let gaps = files.targets.iter().flat_map(|target| &target.gaps).filter(|gap| gap.found.decisive);
        let causes: BTreeSet<GapCause> = gaps.map(|gap| gap.found.gap.cause).collect();
        assert!(!causes.contains(&GapCause::NotCollected), "{}", scenario.name);
        if files.gate == Gate::Inconclusive {
            assert!(causes.iter().any(|cause| *cause != GapCause::NotInFiles), "{}: {causes:?}", scenario.name);
        }
    }
}
