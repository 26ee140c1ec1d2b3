//! The law of the unseen: withholding any single piece of evidence never turns a fail or an unknown
//! into a pass, and never adds an error.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test: it may fail loudly")]

#[path = "recordings/accounts.rs"]
mod accounts;
#[path = "recordings/faults.rs"]
mod faults;
#[path = "recordings/load.rs"]
#[expect(dead_code, reason = "what is expected is another test's matter")]
mod load;
#[path = "withholding/needs.rs"]
mod needs;

use irsa_doctor_checks::check::Status;
use irsa_doctor_checks::diagnose::diagnose;
use irsa_doctor_checks::fault::{Confidence, Severity};
use irsa_doctor_checks::report::{TargetReport, Verdict};
use irsa_doctor_checks::snapshot::Snapshot;
use load::Scenario;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Every place of a snapshot's JSON where something was observed.
fn observed(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text == "absent" => found.push(path.to_owned()),
        Value::Object(members) if members.len() == 1 && members.contains_key("present") => {
            found.push(path.to_owned());
            observed(&members["present"], &format!("{path}/present"), found);
        }
        Value::Object(members) => {
            for (key, member) in members {
                observed(member, &format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                observed(item, &format!("{path}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn errors(target: &TargetReport) -> BTreeSet<&'static str> {
    let errors = target.findings.iter().filter(|found| found.finding.severity == Severity::Error);
    errors.map(|found| found.finding.fault.id).collect()
}

fn statuses(target: &TargetReport) -> BTreeMap<&'static str, Status> {
    target.checks.iter().map(|check| (check.id, check.status)).collect()
}

fn broken_laws(before: &TargetReport, after: &TargetReport) -> Vec<String> {
    let mut broken = Vec::new();
    let (errors_before, errors_now) = (errors(before), errors(after));
    if errors_now.len() > errors_before.len() {
        broken.push(format!("errors {errors_now:?} where there were {errors_before:?}"));
    }
    // Less is known of one broken thing, so it may have a less specific name, at another link: it stays broken.
    let renamed = errors_now.iter().any(|id| !errors_before.contains(id));
    let good = |verdict| matches!(verdict, Verdict::Healthy | Verdict::Degraded | Verdict::NotApplicable);
    if !good(before.verdict) && good(after.verdict) {
        broken.push(format!("the verdict was {} and is {}", before.verdict.as_str(), after.verdict.as_str()));
    }
    let after_statuses = statuses(after);
    for (id, status) in statuses(before) {
        let now = after_statuses[id];
        let was_good = status == Status::Fail && renamed || !matches!(status, Status::Fail | Status::Unknown);
        if !was_good && matches!(now, Status::Pass | Status::Warn) {
            broken.push(format!("{id} was {} and is {}", status.as_str(), now.as_str()));
        }
    }
    broken
}

/// Whether a scenario's fault is that what is withheld contradicts the rest: without it there is nothing wrong.
fn is_the_contradiction(name: &str, place: &str) -> bool {
    name == "faults/cluster-mismatch" && place.ends_with("/eks")
}

/// A resource's own policy that can't be read decides nothing: it is named among what was not examined, and an action
/// that it alone allows is `likely` not allowed.
fn resource_policy_laws(before: &TargetReport, after: &TargetReport) -> Vec<String> {
    let mut broken = Vec::new();
    if !after.not_examined.contains(&"resource-policy") {
        broken.push(format!("it counts as examined: {:?}", after.not_examined));
    }
    let known = errors(before);
    let added = after.findings.iter().map(|found| &found.finding).filter(|finding| finding.severity == Severity::Error);
    for finding in added.filter(|finding| !known.contains(finding.fault.id)) {
        if finding.confidence != Confidence::Likely {
            broken.push(format!("{} is {}", finding.fault.id, finding.confidence.as_str()));
        }
    }
    broken
}

/// Every recording that is no refusal, and every scenario: name and snapshot.
fn all() -> Vec<(String, Snapshot)> {
    let recordings = Scenario::all().into_iter().filter(|scenario| scenario.setup["kind"] != "refusal");
    let recordings = recordings.map(|scenario| (scenario.name.clone(), scenario.snapshot()));
    let scenarios =
        irsa_doctor_test_support::Scenario::all().into_iter().map(|scenario| (scenario.name.clone(), scenario.snapshot()));
    recordings.chain(scenarios).collect()
}

#[test]
fn what_is_withheld_is_never_taken_for_good() {
    let mut broken = BTreeSet::new();
    for (name, snapshot) in all() {
        let before = diagnose(&snapshot);
        let whole = serde_json::to_value(&snapshot).unwrap();
        let mut places = Vec::new();
        observed(&whole, "", &mut places);
        for place in places.into_iter().filter(|place| !is_the_contradiction(&name, place)) {
            let mut withheld = whole.clone();
            *withheld.pointer_mut(&place).unwrap() = json!({"unavailable": {"operation": "withheld", "cause": "denied"}});
            let snapshot: Snapshot = serde_json::from_value(withheld).unwrap();
            let after = diagnose(&snapshot);
            let (Some(before), Some(after)) = (before.targets.first(), after.targets.first()) else { continue };
            let of_resource = place.starts_with("/resource_policies/") && !before.not_examined.contains(&"resource-policy");
            let laws = if of_resource { resource_policy_laws(before, after) } else { broken_laws(before, after) };
            for law in laws.into_iter().chain(needs::unnamed(&place, before, after)) {
                broken.insert(format!("{name} without {place}: {law}"));
            }
        }
    }
    let broken: Vec<String> = broken.into_iter().collect();
    assert!(broken.is_empty(), "{} broken:\n{}", broken.len(), broken.join("\n"));
}
