use super::{anonymize, same_diagnosis};
use crate::diagnose::diagnose;
use crate::testing::healthy;

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
