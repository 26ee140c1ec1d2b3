//! The law of the unseen: withholding any single piece of evidence never turns a fail or an unknown
//! into a pass, and never adds an error.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test: it may fail loudly")]

#[path = "recordings/accounts.rs"]
mod accounts;
#[path = "recordings/faults.rs"]
mod faults;
#[expect(dead_code, reason = "the law needs no right answers")]
#[path = "recordings/load.rs"]
mod load;

use irsa_doctor_checks::check::Status;
use irsa_doctor_checks::diagnose::diagnose;
use irsa_doctor_checks::fault::Severity;
use irsa_doctor_checks::report::TargetReport;
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
    if errors(after).len() > errors(before).len() {
        broken.push(format!("errors {:?} where there were {:?}", errors(after), errors(before)));
    }
    let after_statuses = statuses(after);
    for (id, status) in statuses(before) {
        let now = after_statuses[id];
        if matches!(status, Status::Fail | Status::Unknown) && matches!(now, Status::Pass | Status::Warn) {
            broken.push(format!("{id} was {} and is {}", status.as_str(), now.as_str()));
        }
    }
    broken
}

#[test]
fn what_is_withheld_is_never_taken_for_good() {
    let mut broken = BTreeSet::new();
    for scenario in Scenario::all().iter().filter(|scenario| scenario.setup["kind"] != "refusal") {
        let snapshot = scenario.snapshot();
        let before = diagnose(&snapshot);
        let whole = serde_json::to_value(&snapshot).unwrap();
        let mut places = Vec::new();
        observed(&whole, "", &mut places);
        for place in places {
            let mut withheld = whole.clone();
            *withheld.pointer_mut(&place).unwrap() = json!({"unavailable": {"operation": "withheld", "cause": "denied"}});
            let snapshot: Snapshot = serde_json::from_value(withheld).unwrap();
            let after = diagnose(&snapshot);
            let (Some(before), Some(after)) = (before.targets.first(), after.targets.first()) else { continue };
            for law in broken_laws(before, after) {
                broken.insert(format!("{} without {place}: {law}", scenario.name));
            }
        }
    }
    let broken: Vec<String> = broken.into_iter().collect();
    assert!(broken.is_empty(), "{} broken:\n{}", broken.len(), broken.join("\n"));
}
