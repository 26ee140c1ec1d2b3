//! Which fixes are run, which wait, and what the script looks like.

use super::plan::Plan;
use super::*;
use crate::report::fixture::{assert_snapshot, broken, healthy, two};
use irsa_doctor_checks::fix::Fix;

fn script(report: &Report) -> String {
    let mut out = Vec::new();
    write(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The fixture, whose fix needs nobody's decision any more.
fn decided() -> Report {
    let mut report = broken();
    for fix in report.targets[0].findings.iter_mut().filter_map(|found| found.finding.fix.as_mut()) {
        fix.needs_decision = None;
    }
    report
}

#[test]
fn looks_as_it_did() {
    assert_snapshot("fix-script.sh", &script(&decided()));
    assert_snapshot("fix-script-waiting.sh", &script(&broken()));
    assert_snapshot("fix-script-nothing.sh", &script(&healthy()));
}

#[test]
fn lets_no_hostile_text_through() {
    for report in [decided(), broken(), two()] {
        let text = script(&report);
        let bad = text.chars().find(|&c| c != '\n' && irsa_doctor_checks::fix::acts_on_terminal(c));
        assert_eq!(bad, None, "{text}");
    }
}

/// The fix of the first finding, and what the plan makes of all.
fn planned(change: impl FnOnce(&mut Report)) -> (Vec<String>, Vec<String>) {
    let mut report = decided();
    change(&mut report);
    let plan = Plan::of(&report);
    let ids = |planned: &[Planned<'_>]| planned.iter().map(|planned| planned.fix.id.clone()).collect();
    (ids(&plan.live), plan.waiting.iter().map(|planned| planned.why_not.clone()).collect())
}

fn first(report: &mut Report) -> &mut Fix {
    report.targets[0]
        .findings
        .iter_mut()
        .find_map(|found| found.finding.fix.as_mut().filter(|fix| fix.document.is_some()))
        .unwrap()
}

#[test]
fn a_fix_of_several_findings_is_run_once() {
    let (live, _) = planned(|_| {});
    assert_eq!(live.len(), 1, "{live:?}");
}

#[test]
fn two_writes_of_one_document_are_not_both_run() {
    let (live, waiting) = planned(|report| {
        let mut other = report.targets[0].clone();
        for fix in other.findings.iter_mut().filter_map(|found| found.finding.fix.as_mut()) {
            fix.id = "another".to_owned();
            for command in &mut fix.commands {
                command.argv.push("another".to_owned());
            }
        }
        report.targets.push(other);
    });
    assert_eq!(live.len(), 1, "{live:?}");
    assert!(waiting.iter().any(|why| why.contains("run irsa-doctor again after that")), "{waiting:?}");
}

#[test]
fn what_needs_a_decision_waits() {
    let (live, waiting) = planned(|report| {
        for fix in report.targets[0].findings.iter_mut().filter_map(|found| found.finding.fix.as_mut()) {
            fix.needs_decision = Some("somebody".to_owned());
        }
    });
    assert!(live.is_empty() && waiting.iter().any(|why| why == "somebody must decide or act first"), "{waiting:?}");
}

#[test]
fn a_document_that_cannot_be_compared_says_so() {
    let mut report = decided();
    first(&mut report).document.as_mut().unwrap().before = Some("no JSON".to_owned());
    let text = script(&report);
    assert!(text.contains("# Look first whether the document has changed since 2026-11-23T03:12:44Z"), "{text}");
    assert!(!text.contains("if due"), "{text}");
}
