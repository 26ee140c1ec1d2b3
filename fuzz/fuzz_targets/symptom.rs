//! Any text is read without a panic, and what is read out of it stands in it.

#![no_main]

use irsa_doctor_checks::symptom::{Reading, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Reading::Aws(symptom) = read(text) else { return };
    let (line, column) = symptom.place;
    assert!(line >= 1 && column >= 1);
    if let Some(whom) = &symptom.whom {
        assert!(whom.role.is_some() || whom.arn.is_some() || whom.account.is_none());
    }
    assert!(symptom.action.as_ref().is_none_or(|action| action.contains(':') && !action.contains(char::is_whitespace)));
    assert!(symptom.resource.as_ref().is_none_or(|resource| !resource.is_empty()));
    // The same text is read the same way.
    assert_eq!(read(text), Reading::Aws(symptom));
});
