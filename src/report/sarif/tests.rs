//! Held against the published schema.

use super::super::fixture::{assert_snapshot, broken, healthy, two};
use super::*;
use irsa_doctor_checks::registry;
use irsa_doctor_checks::report::Verdict;

fn sarif(report: &Report) -> Value {
    let mut out = Vec::new();
    write(report, &Run::default(), &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

/// The log without its rules, which are long and of the registry.
fn without_rules(mut log: Value) -> String {
    log["runs"][0]["tool"]["driver"]["rules"] = Value::Null;
    let text = serde_json::to_string_pretty(&log).unwrap();
    text.replace(env!("CARGO_PKG_VERSION"), "VERSION") + "\n"
}

#[test]
fn looks_as_it_did() {
    assert_snapshot("sarif-broken.json", &without_rules(sarif(&broken())));
}

#[test]
fn is_sarif() {
    // One pattern of the published schema, of languages, is no regular expression: a bracket too many.
    let schema = include_str!("../../../tests/schema/sarif-2.1.0.json").replace("{2}]?$", "{2}$");
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    for report in [broken(), healthy(), two()] {
        let log = sarif(&report);
        let errors: Vec<String> = schema.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn every_fault_is_a_rule_and_every_result_points_to_its_own() {
    let log = sarif(&broken());
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: Vec<&str> = registry::ALL.iter().flat_map(|check| check.faults.iter().map(|fault| fault.id)).collect();
    assert_eq!(rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect::<Vec<_>>(), ids);
    for rule in rules {
        let text = rule["fullDescription"]["text"].as_str().unwrap();
        assert!(!text.starts_with('#') && text.len() > 10, "{}: {text}", rule["id"]);
    }
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], rules[index]["id"]);
    }
}

#[test]
fn what_decides_and_was_not_read_is_an_error_of_the_run() {
    let log = sarif(&broken());
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let levels: Vec<&Value> =
        invocation["toolExecutionNotifications"].as_array().unwrap().iter().map(|one| &one["level"]).collect();
    assert_eq!(levels, ["error", "note"]);
    assert_eq!(sarif(&healthy())["runs"][0]["invocations"][0]["executionSuccessful"], true);
    // Even where no gap says why.
    let mut report = healthy();
    report.targets[0].verdict = Verdict::Inconclusive;
    let invocation = &sarif(&report)["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"][0]["descriptor"]["id"], "gap/inconclusive");
}

#[test]
fn a_hostile_text_is_no_link() {
    let message = Message::new(&["[click](https://evil.example) \u{1b}[2J\u{202e}".to_owned()]);
    assert_eq!(message.text, "[click] (https://evil.example) \\x1b[2J\\u{202e}");
}
