//! Damaged files: whatever is read, something is said of it, and nothing panics.

use super::*;
use irsa_doctor_checks::diagnose::diagnose;
use irsa_doctor_checks::report::Verdict;

/// The kept files.
const KEPT: [&str; 6] = [
    include_str!("../../tests/lint/manifests/app.yaml"),
    include_str!("../../tests/lint/policies/trust.json"),
    include_str!("../../tests/lint/policies/orders.json"),
    include_str!("../../tests/lint/cloudformation/role.yaml"),
    include_str!("../../tests/lint/plans/irsa-module.json"),
    include_str!("../../tests/lint/plans/cloudposse-module.json"),
];

/// What a text comes to; `None`: it was refused.
fn lint(text: &str) -> Option<(Linted, Verdict)> {
    let linted = of_text(text).ok()?;
    let mut report = diagnose(&linted.snapshot);
    report.place(|locus| linted.places.place(locus));
    Some((linted, report.verdict))
}

/// A number that is the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }
}

#[test]
fn whole_files_are_understood() {
    for text in KEPT {
        let (linted, _) = lint(text).expect("it is one");
        assert!(!linted.snapshot.asked.targets.is_empty(), "{text}");
    }
}

#[test]
fn a_damaged_file_is_refused_or_judged() {
    const PIECES: [&str; 14] =
        ["", "{", "}", "[", "]", "\"", ":", "\n", "null", "-1e999", "\u{0}", "\u{202e}", "&a *a", "{\"Ref\": \"CheckoutRole\"}"];
    let (mut judged, mut refused) = (0, 0);
    for (seed, text) in (0..).zip(KEPT) {
        let mut numbers = Numbers(seed);
        for _ in 0..120 {
            let chars: Vec<char> = text.chars().collect();
            let at = numbers.below(chars.len());
            let to = (at + numbers.below(40)).min(chars.len());
            let piece = PIECES[numbers.below(PIECES.len())];
            let damaged: String = chars[..at].iter().chain(&piece.chars().collect::<Vec<_>>()).chain(&chars[to..]).collect();
            match lint(&damaged) {
                Some(_) => judged += 1,
                None => refused += 1,
            }
        }
    }
    assert!(judged > 50 && refused > 50, "{judged} judged, {refused} refused");
}

#[test]
fn values_of_another_type_are_no_harm() {
    for text in KEPT.iter().filter(|text| text.starts_with('{')) {
        let whole: serde_json::Value = serde_json::from_str(text).unwrap();
        let mut places = Vec::new();
        pointers(&whole, "", &mut places);
        for place in places {
            for other in [serde_json::json!(7), serde_json::json!([]), serde_json::json!({}), serde_json::json!([[{"a": "b"}]])] {
                let mut changed = whole.clone();
                *changed.pointer_mut(&place).unwrap() = other;
                let _ = lint(&changed.to_string());
            }
        }
    }
}

/// Every tenth place of a document; all would take minutes.
fn pointers(value: &serde_json::Value, path: &str, found: &mut Vec<String>) {
    use serde_json::Value;
    if path.len().is_multiple_of(10) {
        found.push(path.to_owned());
    }
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                pointers(value, &format!("{path}/{}", escaped(key)), found);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                pointers(value, &format!("{path}/{at}"), found);
            }
        }
        _ => {}
    }
}
