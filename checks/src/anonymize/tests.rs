use super::{anonymize, same_diagnosis};
use crate::diagnose::diagnose;
use crate::testing::{healthy, role};

const KEY: [u64; 2] = [7, 11];

#[test]
fn no_name_is_left_and_the_diagnosis_is_the_same() {
    let original = healthy();
    let done = anonymize(&original, KEY).unwrap();
    assert!(done.snapshot.anonymized);
    let text = serde_json::to_string(&done.snapshot).unwrap();
    for name in ["123456789012", "my-test-bucket", "my-test-role", "my-service-account", "awscli"] {
        assert!(!text.contains(name), "{name}");
    }
    same_diagnosis(&diagnose(&original), &diagnose(&done.snapshot)).unwrap();
}

#[test]
fn another_key_gives_other_names_and_the_same_key_the_same() {
    let original = healthy();
    let text = |key| serde_json::to_string(&anonymize(&original, key).unwrap().snapshot).unwrap();
    assert_eq!(text(KEY), text(KEY));
    assert_ne!(text(KEY), text([7, 12]));
}

#[test]
fn the_words_that_were_replaced_are_named() {
    let words = anonymize(&healthy(), KEY).unwrap().words;
    for (word, is_name) in [("awscli", true), ("test", true), ("role", false), ("default", false)] {
        assert_eq!(words.contains(&word.to_owned()), is_name, "{word}");
    }
}

#[test]
fn a_difference_between_two_reports_is_told() {
    let broken = |from: &str, to: &str| {
        let mut snapshot = healthy();
        let role = role(&mut snapshot);
        assert!(role.trust_policy.contains(from));
        role.trust_policy = role.trust_policy.replace(from, to);
        diagnose(&snapshot)
    };
    let (fine, subject) = (diagnose(&healthy()), broken("my-service-account", "other"));
    assert_eq!(same_diagnosis(&subject, &subject), Ok(()));
    assert_eq!(same_diagnosis(&fine, &subject), Err("the verdict: healthy and broken".to_owned()));
    let mut twice = subject.clone();
    twice.targets.extend(subject.targets.clone());
    assert_eq!(same_diagnosis(&subject, &twice), Err("1 and 2 targets".to_owned()));
    let told = same_diagnosis(&subject, &broken("sts.amazonaws.com", "other")).unwrap_err();
    let (ours, theirs) = told.split_once("; and not: ").unwrap();
    assert!(ours.starts_with("what is said of a target: ") && ours.contains("trust-subject-mismatch"), "{ours}");
    assert!(theirs.contains("trust-audience-mismatch") && !theirs.contains("trust-subject-mismatch"), "{theirs}");
}
