use serde_json::json;

use super::*;

fn expect(change: &Value) -> Expect {
    let mut expect = json!({
        "verdict": ["broken"], "exit": [1], "first_broken": ["trust-policy"], "faults": [["a", "b"]], "only_errors": true,
        "allow": ["c"], "absent": ["d"], "severity": {"a": ["error"]}, "confidence": {"a": ["certain"]},
        "checks": {"role": ["pass", "warn"]}, "identity": {"mode": ["irsa"], "role_arn": "arn:r"}, "gaps": true, "error": null,
    });
    for (field, value) in change.as_object().unwrap() {
        expect[field.as_str()] = value.clone();
    }
    serde_json::from_value(expect).unwrap()
}

fn finding(fault: &str, severity: &str) -> Value {
    json!({"fault": fault, "severity": severity, "confidence": "certain"})
}

fn report() -> Value {
    json!({
        "verdict": "broken", "gate": "fail",
        "targets": [{
            "verdict": "broken", "first_broken": "trust-policy",
            "identities": [{"container": "x", "mode": "irsa", "role_arn": "arn:r"}],
            "checks": [{"id": "role", "status": "pass"}],
            "findings": [finding("a", "error"), finding("c", "error")],
            "gaps": [{"operation": "x"}],
        }],
    })
}

#[test]
fn the_right_answer_passes() {
    assert_eq!(expect(&json!({})).check(&report(), 1), Ok(()));
}

#[test]
fn each_field_is_looked_at() {
    for (pointer, value, complaint) in [
        ("/targets/0/verdict", json!("healthy"), "verdict is"),
        ("/verdict", json!("healthy"), "at the top"),
        ("/gate", json!("pass"), "gate"),
        ("/targets/0/first_broken", json!("role"), "first_broken is"),
        ("/targets/0/identities/0/mode", json!("none"), "identity's mode"),
        ("/targets/0/identities/0/role_arn", json!("arn:x"), "identity's role"),
        ("/targets/0/checks/0/status", json!("fail"), "status of role"),
        ("/targets/0/checks", json!([]), "check role is not reported"),
        ("/targets/0/gaps", json!([]), "no gap"),
        ("/targets/0/findings", json!([]), "wanted of each"),
        ("/targets/0/findings/1", finding("z", "error"), "z is an error that"),
        ("/targets/0/findings/1", finding("d", "info"), "d is reported"),
        ("/targets/0/findings/0/severity", json!("info"), "has the severity"),
        ("/targets/0/findings/0/confidence", json!("likely"), "has the confidence"),
        ("/targets", json!([]), "no targets"),
    ] {
        let mut report = report();
        *report.pointer_mut(pointer).unwrap() = value;
        let wrong = expect(&json!({})).check(&report, 1).unwrap_err();
        assert!(wrong.iter().any(|line| line.contains(complaint)), "{pointer}: {wrong:?}");
    }
    assert!(expect(&json!({})).check(&report(), 0).unwrap_err()[0].contains("exit code 0"));
}

#[test]
fn two_lists_want_two_faults() {
    let twice = expect(&json!({"faults": [["a", "b"], ["a"]]}));
    assert!(twice.check(&report(), 1).is_err());
    let mut both = report();
    both["targets"][0]["findings"][1] = finding("b", "error");
    assert_eq!(twice.check(&both, 1), Ok(()));
}

#[test]
fn no_error_where_nothing_can_be_broken() {
    let healthy = expect(&json!({"verdict": ["healthy"], "exit": [0], "first_broken": null, "only_errors": false, "checks": {}}));
    let mut report = report();
    report["verdict"] = json!("healthy");
    report["gate"] = json!("pass");
    report["targets"][0]["verdict"] = json!("healthy");
    let wrong = healthy.check(&report, 0).unwrap_err();
    assert!(wrong.iter().all(|line| line.ends_with("is an error where nothing is broken")), "{wrong:?}");
}

#[test]
fn a_refusal_prints_an_error_document() {
    let refusal = expect(&json!({"verdict": [], "exit": [5], "error": {"mentions": ["say \"checkout-api\""]}}));
    let document = json!({"schema_version": 1, "error": {"code": "not_found", "message": "no pod", "help": "say \"checkout-api\"", "retryable": false}});
    assert_eq!(refusal.check(&document, 5), Ok(()));
    assert!(refusal.check(&report(), 5).is_err());
    let silent = json!({"schema_version": 1, "error": {"code": "not_found", "message": "no pod"}});
    assert!(refusal.check(&silent, 5).unwrap_err()[0].contains("does not mention"));
}
