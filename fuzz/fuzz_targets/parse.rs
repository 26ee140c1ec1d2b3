//! No text makes the parser panic, and what it reads it can print and read again.

#![no_main]

use irsa_doctor_iam::{Policy, PolicyKind};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for kind in [PolicyKind::Identity, PolicyKind::Trust, PolicyKind::Resource] {
        match Policy::parse(text, kind) {
            Ok(policy) => {
                let printed = policy.to_json();
                let again = Policy::parse(&printed, kind).expect("a printed policy is a policy");
                assert_eq!(again.to_json(), printed);
            }
            Err(errors) => assert!(!errors.errors.is_empty()),
        }
    }
});
