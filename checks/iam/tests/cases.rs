//! Recorded decisions with their right answers, decided alike by two independent evaluators.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "../examples/decide/case.rs"]
mod case;

use serde_json::Value;

const IDENTITY: &str = include_str!("cases/identity.jsonl");
const TRUST: &str = include_str!("cases/trust.jsonl");

fn sorted(matched: &Value) -> Vec<String> {
    let mut names: Vec<String> = matched.as_array().into_iter().flatten().map(Value::to_string).collect();
    names.sort();
    names
}

/// Every case whose decision or matched statements differ.
fn differing(lines: &str) -> (usize, Vec<String>) {
    let mut count = 0;
    let mut wrong = Vec::new();
    for line in lines.lines() {
        count += 1;
        let case: Value = serde_json::from_str(line).unwrap();
        let answer = case::decide(&case).unwrap();
        let expected = &case["expected"];
        let same = answer["decision"] == expected["decision"]
            && answer["layers"] == expected.get("layers").cloned().unwrap_or(answer["layers"].clone())
            && sorted(&answer["matched"]) == sorted(&expected["matched"]);
        if !same {
            wrong.push(format!("{}: {answer}, expected {expected}", case["id"]));
        }
    }
    (count, wrong)
}

#[test]
fn identity_cases_are_decided_right() {
    let (count, wrong) = differing(IDENTITY);
    assert_eq!(count, 750);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn trust_cases_are_decided_right() {
    let (count, wrong) = differing(TRUST);
    assert_eq!(count, 292);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
