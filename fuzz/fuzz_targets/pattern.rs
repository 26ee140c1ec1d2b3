//! The matcher agrees with one that follows every state, on any pattern and text.

#![no_main]

use irsa_doctor_iam::Context;
use irsa_doctor_iam::pattern::Pattern;
use libfuzzer_sys::fuzz_target;

/// Reaches from every state to all others that the next character allows.
fn by_states(pattern: &[char], text: &[char]) -> bool {
    let mut states = vec![false; pattern.len() + 1];
    states[0] = true;
    let close = |states: &mut Vec<bool>| {
        for (index, c) in pattern.iter().enumerate() {
            states[index + 1] |= *c == '*' && states[index];
        }
    };
    close(&mut states);
    for c in text {
        let mut next = vec![false; states.len()];
        for (index, p) in pattern.iter().enumerate().filter(|(index, _)| states[*index]) {
            match p {
                '*' => next[index] = true,
                '?' => next[index + 1] = true,
                p => next[index + 1] |= p == c,
            }
        }
        close(&mut next);
        states = next;
    }
    states[pattern.len()]
}

fuzz_target!(|input: (&str, &str, &str)| {
    let (pattern, text, value) = input;
    if pattern.len() > 512 || text.len() > 512 {
        return;
    }
    let context = Context::new().with("aws:username", value);
    let chars: Vec<char> = pattern.chars().collect();
    let expected = by_states(&chars, &text.chars().collect::<Vec<_>>());
    assert_eq!(Pattern::glob(pattern).matches(text, &context), expected.into());
    for variables in [true, false] {
        let resource = Pattern::resource(pattern, variables).matches(text, &context);
        assert!(variables || !resource.is_true() || expected, "a resource is stricter than a glob");
        let _ = Pattern::template(pattern, true, variables).resolved(&context);
        let _ = Pattern::template(pattern, false, variables).equals_ignoring_case(text, &context);
    }
});
