//! What was said of a scenario, held against what was expected.

use super::load::Scenario;
use irsa_doctor_checks::report::TargetReport;
use serde_json::{Value, json};

/// What differs, in words.
pub(crate) fn problems(scenario: &Scenario, target: &TargetReport) -> Vec<String> {
    let expect = &scenario.expect;
    let mut problems = Vec::new();
    let mut differs = |what: &str, wanted: &Value, had: Value| {
        if *wanted != had {
            problems.push(format!("{what} is {had}, wanted {wanted}"));
        }
    };
    differs("verdict", &expect["verdict"], json!(target.verdict.as_str()));
    differs("findings", &expect["findings"], findings(target));
    if let Some(wanted) = expect.get("first_broken") {
        differs("first_broken", wanted, json!(target.first_broken));
    }
    if let Some(wanted) = expect.get("gaps") {
        differs("gaps that decide", wanted, decisive(target));
    }
    for (id, wanted) in expect["checks"].as_object().into_iter().flatten() {
        let status = target.checks.iter().find(|check| check.id == id).map(|check| check.status.as_str());
        differs(id, wanted, json!(status));
    }
    for (id, wanted) in expect["confidence"].as_object().into_iter().flatten() {
        let found = target.findings.iter().find(|found| found.finding.fault.id == id);
        differs(&format!("confidence of {id}"), wanted, json!(found.map(|found| found.finding.confidence.as_str())));
    }
    if let Some(wanted) = expect.get("identity") {
        let first = target.identities.first();
        let had = first.map(|identity| json!({"mode": identity.mode.as_str(), "role": identity.role_arn}));
        differs("identity", wanted, json!(had));
    }
    if let Some(wanted) = expect.get("after_restart") {
        let had = target.after_restart.as_ref().map(|after| json!({"role": after.role_arn, "verdict": after.verdict.as_str()}));
        differs("after_restart", wanted, json!(had));
    }
    let fix = target.findings.iter().find_map(|found| found.finding.fix.as_ref());
    if let Some(wanted) = expect.get("managed_by") {
        differs("owner of the first fix", wanted, json!(fix.and_then(|fix| fix.managed_by.as_deref())));
    }
    if let Some(wanted) = expect.get("restart") {
        differs("restart of the first fix", wanted, json!(fix.map(|fix| fix.restart)));
    }
    for (what, wanted) in [("durable", &expect["durable"]), ("affects", &expect["affects"])] {
        let Some(wanted) = wanted.as_str() else { continue };
        let had = fix.map(|fix| if what == "durable" { fix.durable.iter().cloned().collect() } else { fix.affects.join("; ") });
        let had: String = had.unwrap_or_default();
        if !had.contains(wanted) {
            differs(what, &json!(wanted), json!(had));
        }
    }
    if !problems.is_empty() {
        problems.push(format!("said: {}", target.sentence));
    }
    problems
}

/// Every fault that was found, with its worst severity.
fn findings(target: &TargetReport) -> Value {
    let mut found: Vec<_> = target.findings.iter().map(|found| (found.finding.fault.id, found.finding.severity)).collect();
    found.sort_by_key(|(_, severity)| *severity);
    json!(found.into_iter().map(|(id, severity)| (id, severity.as_str())).collect::<std::collections::BTreeMap<_, _>>())
}

fn decisive(target: &TargetReport) -> Value {
    let gaps = target.gaps.iter().filter(|gap| gap.found.decisive);
    json!(gaps.map(|gap| gap.found.gap.operation.as_str()).collect::<std::collections::BTreeSet<_>>())
}
