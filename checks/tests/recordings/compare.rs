//! A report held against a scenario's `expect.json`.

use super::load::Scenario;
use irsa_doctor_checks::fault::Severity;
use irsa_doctor_checks::registry;
use irsa_doctor_checks::report::{Report, TargetReport};
use serde_json::Value;

/// Whether every wanted fault belongs to a check that is built.
pub(crate) fn in_registry(scenario: &Scenario) -> bool {
    let wanted = lists(&scenario.expect["faults"]);
    wanted.iter().all(|any| any.iter().any(|id| registry::fault(id).is_some()))
}

/// What differs, in words.
pub(crate) fn problems(scenario: &Scenario, report: &Report) -> Vec<String> {
    let expect = &scenario.expect;
    let Some(target) = report.targets.first() else {
        // A scan without anything to judge.
        return if one_of(&expect["verdict"], "not_applicable") { vec![] } else { vec!["no target".to_owned()] };
    };
    let mut problems = vec![];
    let mut must = |holds: bool, problem: String| {
        if !holds {
            problems.push(problem);
        }
    };
    let verdict = target.verdict.as_str();
    must(one_of(&expect["verdict"], verdict), format!("verdict {verdict}, wanted {} ({})", expect["verdict"], target.sentence));
    if !expect["first_broken"].is_null() {
        let broken = target.first_broken.unwrap_or("nothing");
        must(one_of(&expect["first_broken"], broken), format!("first broken {broken}, wanted {}", expect["first_broken"]));
    }
    let found = found(target);
    for any in lists(&expect["faults"]) {
        must(any.iter().any(|id| found.iter().any(|(fault, _)| fault == id)), format!("none of {any:?} found, but {found:?}"));
    }
    for id in strings(&expect["absent"]) {
        must(found.iter().all(|(fault, _)| *fault != id), format!("{id} found"));
    }
    errors(expect, &found, &mut must);
    by_fault(expect, target, &mut must);
    if expect["gaps"] == true {
        must(!target.gaps.is_empty(), "no gap".to_owned());
    }
    problems
}

fn errors(expect: &Value, found: &[(&str, Severity)], must: &mut impl FnMut(bool, String)) {
    let bad = one_of(&expect["verdict"], "broken") || one_of(&expect["verdict"], "inconclusive");
    let allowed: Vec<String> = lists(&expect["faults"]).into_iter().flatten().chain(strings(&expect["allow"])).collect();
    for (fault, severity) in found.iter().filter(|(_, severity)| *severity == Severity::Error) {
        if !bad {
            must(false, format!("error {fault} ({})", severity.as_str()));
        } else if expect["only_errors"] == true {
            must(allowed.iter().any(|id| id == fault), format!("error {fault} besides {allowed:?}"));
        }
    }
}

fn by_fault(expect: &Value, target: &TargetReport, must: &mut impl FnMut(bool, String)) {
    for (id, wanted) in expect["severity"].as_object().into_iter().flatten() {
        for found in target.findings.iter().filter(|found| found.finding.fault.id == id) {
            let severity = found.finding.severity.as_str();
            must(one_of(wanted, severity), format!("{id} is {severity}, wanted {wanted}"));
        }
    }
    for (id, wanted) in expect["confidence"].as_object().into_iter().flatten() {
        for found in target.findings.iter().filter(|found| found.finding.fault.id == id) {
            let confidence = found.finding.confidence.as_str();
            must(one_of(wanted, confidence), format!("{id} is {confidence}, wanted {wanted}"));
        }
    }
    for (id, wanted) in expect["checks"].as_object().into_iter().flatten() {
        let status = target.checks.iter().find(|check| check.id == id).map_or("missing", |check| check.status.as_str());
        must(one_of(wanted, status), format!("check {id} is {status}, wanted {wanted}"));
    }
    let identity = &expect["identity"];
    if let (Some(_), Some(first)) = (identity["mode"].as_array(), target.identities.first()) {
        must(
            one_of(&identity["mode"], first.mode.as_str()),
            format!("mode {}, wanted {}", first.mode.as_str(), identity["mode"]),
        );
        if let Some(role) = identity["role_arn"].as_str() {
            must(first.role_arn.as_deref() == Some(role), format!("role {:?}, wanted {role}", first.role_arn));
        }
    }
}

fn found(target: &TargetReport) -> Vec<(&'static str, Severity)> {
    target.findings.iter().map(|found| (found.finding.fault.id, found.finding.severity)).collect()
}

fn one_of(list: &Value, wanted: &str) -> bool {
    list.as_array().is_some_and(|list| list.iter().any(|item| item == wanted))
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(|item| item.as_str().unwrap().to_owned()).collect()
}

fn lists(list: &Value) -> Vec<Vec<String>> {
    list.as_array().into_iter().flatten().map(strings).collect()
}
