//! What was said of a scenario, held against what was expected.

use irsa_doctor_checks::report::TargetReport;
use irsa_doctor_test_support::Scenario;
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
    if let Some(wanted) = expect.get("not_examined") {
        differs("not_examined", wanted, json!(target.not_examined));
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
    problems.extend(runtime_problems(expect, target));
    problems.extend(fix_problems(expect, target));
    if !problems.is_empty() {
        problems.push(format!("said: {}", target.sentence));
    }
    problems
}

/// What differs of the first finding's fix, in words.
fn fix_problems(expect: &Value, target: &TargetReport) -> Vec<String> {
    let fix = target.findings.iter().find_map(|found| found.finding.fix.as_ref());
    let mut problems = Vec::new();
    for (what, had) in
        [("managed_by", json!(fix.and_then(|fix| fix.managed_by.as_deref()))), ("restart", json!(fix.map(|fix| fix.restart)))]
    {
        if let Some(wanted) = expect.get(what).filter(|wanted| **wanted != had) {
            problems.push(format!("{what} of the first fix is {had}, wanted {wanted}"));
        }
    }
    let durable = fix.and_then(|fix| fix.durable.clone()).unwrap_or_default();
    let affects = fix.map(|fix| fix.affects.join("; ")).unwrap_or_default();
    for (what, had) in [("durable", durable), ("affects", affects)] {
        if let Some(wanted) = expect[what].as_str().filter(|wanted| !had.contains(wanted)) {
            problems.push(format!("{what} of the first fix says {had:?}, and not {wanted:?}"));
        }
    }
    problems
}

/// What differs of the run-time evidence, in words.
fn runtime_problems(expect: &Value, target: &TargetReport) -> Vec<String> {
    let mut problems = Vec::new();
    for (what, had) in [("events", events(target)), ("opinions", opinions(target))] {
        if let Some(wanted) = expect.get(what).filter(|wanted| **wanted != had) {
            problems.push(format!("{what} is {had}, wanted {wanted}"));
        }
    }
    let events = target.usage.as_ref().and_then(|usage| usage.events.as_ref());
    let remarks = events.map(|events| events.remarks.join("\n")).unwrap_or_default();
    let wanted = expect["remarks"].as_array().into_iter().flatten().filter_map(Value::as_str);
    problems
        .extend(wanted.filter(|wanted| !remarks.contains(wanted)).map(|wanted| format!("no remark says {wanted}: {remarks}")));
    problems
}

/// Every fault that was found, with its worst severity.
fn findings(target: &TargetReport) -> Value {
    let mut found: Vec<_> = target.findings.iter().map(|found| (found.finding.fault.id, found.finding.severity)).collect();
    found.sort_by_key(|(_, severity)| *severity);
    json!(found.into_iter().map(|(id, severity)| (id, severity.as_str())).collect::<std::collections::BTreeMap<_, _>>())
}

/// Of CloudTrail's events: how many, how they ended, and what isn't as it should be.
fn events(target: &TargetReport) -> Value {
    let events = target.usage.as_ref().and_then(|usage| usage.events.as_ref());
    let group = |group: &irsa_doctor_checks::report::EventGroup| json!([group.count, group.error, group.differs]);
    json!(events.map(|events| events.by.iter().map(group).collect::<Vec<_>>()))
}

/// Our decision on each asked action, and the simulator's.
fn opinions(target: &TargetReport) -> Value {
    let both = |decision: &irsa_doctor_checks::report::ActionDecision| {
        json!([decision.decision, decision.second_opinion.as_ref().map(|opinion| opinion.decision.as_str())])
    };
    json!(target.decisions.iter().map(both).collect::<Vec<_>>())
}

fn decisive(target: &TargetReport) -> Value {
    let gaps = target.gaps.iter().filter(|gap| gap.found.decisive);
    json!(gaps.map(|gap| gap.found.gap.operation.as_str()).collect::<std::collections::BTreeSet<_>>())
}
