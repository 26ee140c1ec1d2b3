//! Of every scenario and recording: without its names it is diagnosed as with them, and none of them is left.

use irsa_doctor_checks::anonymize::{anonymize, same_diagnosis};
use irsa_doctor_checks::diagnose::diagnose;
use irsa_doctor_checks::snapshot::Snapshot;
use irsa_doctor_test_support::Scenario;
use std::collections::BTreeSet;

const KEYS: [[u64; 2]; 2] = [[0x5eed, 1], [0xcafe, 2]];

#[test]
fn every_scenario_is_diagnosed_as_it_was() {
    let mut wrong = Vec::new();
    for scenario in Scenario::all() {
        let original: Snapshot = scenario.snapshot();
        for key in KEYS {
            let done = anonymize(&original, key).unwrap();
            if let Err(difference) = same_diagnosis(&diagnose(&original), &diagnose(&done.snapshot)) {
                wrong.push(format!("{}: {difference}", scenario.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn no_name_is_left() {
    let mut left = BTreeSet::new();
    for scenario in Scenario::all() {
        let original: Snapshot = scenario.snapshot();
        let done = anonymize(&original, KEYS[0]).unwrap();
        let text = serde_json::to_string(&done.snapshot).unwrap().to_lowercase();
        let words: BTreeSet<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
        // A short word may be another's substitute.
        let found = done.words.iter().filter(|word| word.len() > 5 && words.contains(word.as_str()));
        left.extend(found.map(|word| format!("{}: {word}", scenario.name)));
        left.extend(
            ["123456789012", "210987654321"]
                .iter()
                .filter(|account| text.contains(*account))
                .map(|account| format!("{}: {account}", scenario.name)),
        );
    }
    assert!(left.is_empty(), "{left:#?}");
}
