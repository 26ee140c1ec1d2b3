//! Every scenario of `tests/scenarios/` gives what it expects, and the registry keeps its laws in all of them.

#![expect(clippy::indexing_slicing, reason = "a test: it may fail loudly")]

#[path = "scenarios/compare.rs"]
mod compare;
#[path = "scenarios/locus.rs"]
mod locus;

use irsa_doctor_checks::diagnose::diagnose;
use irsa_doctor_checks::fault::Severity;
use irsa_doctor_checks::finding::Finding;
use irsa_doctor_checks::registry;
use irsa_doctor_checks::report::TargetReport;
use irsa_doctor_test_support::Scenario;
use std::collections::BTreeSet;

#[test]
fn every_scenario_gives_what_it_expects() {
    let mut wrong = Vec::new();
    for scenario in Scenario::all() {
        let report = diagnose(&scenario.snapshot());
        let problems = compare::problems(&scenario, &report.targets[0]);
        if !problems.is_empty() {
            wrong.push(format!("{}:\n    {}", scenario.name, problems.join("\n    ")));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_fault_has_a_scenario_that_reports_it() {
    let mut reported = BTreeSet::new();
    for scenario in Scenario::all() {
        let expected = scenario.expect["findings"].as_object().unwrap().keys().cloned();
        reported.extend(expected.filter(|_| scenario.name.starts_with("faults/")));
    }
    let all = registry::ALL.iter().flat_map(|check| check.faults.iter().map(|fault| fault.id));
    let without: Vec<&str> = all.filter(|id| !reported.contains(*id)).collect();
    assert!(without.is_empty(), "no scenario under faults/ reports {without:?}");
}

#[test]
fn every_fault_has_a_page_under_its_name() {
    for fault in registry::ALL.iter().flat_map(|check| check.faults) {
        let title = format!("# {}\n", fault.id);
        assert!(fault.page.starts_with(&title), "the page of {} doesn't begin with its id", fault.id);
        assert!(fault.page.len() > title.len() + 100, "the page of {} says nothing", fault.id);
    }
}

/// Every finding of every scenario, those of `after_restart` among them.
fn for_each_finding(mut look: impl FnMut(&Scenario, &Finding) -> Result<(), String>) {
    let mut wrong = BTreeSet::new();
    for scenario in Scenario::all() {
        let report = diagnose(&scenario.snapshot());
        for finding in report.targets.iter().flat_map(findings) {
            if let Err(problem) = look(&scenario, finding) {
                wrong.insert(format!("{}: {}: {problem}", scenario.name, finding.fault.id));
            }
        }
    }
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn findings(target: &TargetReport) -> impl Iterator<Item = &Finding> {
    let later = target.after_restart.iter().flat_map(|after| &after.findings);
    target.findings.iter().chain(later).map(|found| &found.finding)
}

#[test]
fn every_place_is_there() {
    for_each_finding(|scenario, finding| locus::resolves(&scenario.bundle, &finding.locus));
}

#[test]
fn every_error_can_be_mended_or_decided() {
    for_each_finding(|_, finding| {
        let mended = finding.fix.as_ref().is_some_and(|fix| !fix.commands.is_empty() || fix.needs_decision.is_some());
        let is_error = finding.severity == Severity::Error;
        if mended || !is_error { Ok(()) } else { Err("no commands and nobody to decide".to_owned()) }
    });
}

#[test]
fn no_fix_does_what_must_not_be_done() {
    const FORBIDDEN: [&str; 10] = [
        "delete-open-id-connect-provider",
        "delete-pod-identity-association",
        "delete mutatingwebhookconfiguration",
        "detach-role-policy",
        "delete-role-policy",
        "delete-role-permissions-boundary",
        "delete-role",
        "\"Resource\":\"*\"",
        "\"Resource\": \"*\"",
        "\"Principal\":\"*\"",
    ];
    for_each_finding(|_, finding| {
        let commands = finding.fix.iter().flat_map(|fix| &fix.commands).map(|command| command.argv.join(" "));
        let bad =
            commands.filter_map(|command| FORBIDDEN.iter().find(|word| command.contains(**word)).map(|word| (*word, command)));
        bad.into_iter().next().map_or(Ok(()), |(word, command)| Err(format!("{word} in {command}")))
    });
}

#[test]
fn the_same_snapshot_gives_the_same_report() {
    for scenario in Scenario::all() {
        let snapshot = scenario.snapshot();
        let (first, second) = (format!("{:?}", diagnose(&snapshot)), format!("{:?}", diagnose(&snapshot)));
        assert_eq!(first, second, "{}", scenario.name);
    }
}
