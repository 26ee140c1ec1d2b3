//! Laws that hold for every policy and every request.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod generate;

use generate::{asked, complete, context, document, policy, statement};
use irsa_doctor_iam::pattern::Pattern;
use irsa_doctor_iam::{Context, KeyValue, Layer, Policy, PolicyKind, PolicySet, Principal, Request, Verdict, authorize, decide};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

fn parse(document: &Value) -> Policy {
    Policy::parse(&document.to_string(), PolicyKind::Identity).unwrap()
}

fn request((action, resource): (&str, &str), context: Context) -> Request {
    let principal = Principal::AssumedRole { session_arn: None, role_arn: Some("arn:aws:iam::111122223333:role/app".to_owned()) };
    Request::new(principal, action, resource).resource_account("111122223333").with_context(context)
}

fn verdict(request: &Request, policies: &[Value], boundary: Option<&Value>) -> Verdict {
    let policies: Vec<Policy> = policies.iter().map(parse).collect();
    let boundary = boundary.map(parse);
    let mut set = policies.iter().fold(PolicySet::new(), |set, policy| set.identity("p", policy));
    if let Some(boundary) = &boundary {
        set = set.boundary("b", boundary);
    }
    let quick = decide(request, &set);
    let decision = authorize(request, &set);
    assert_eq!(quick, decision.outcome.verdict(), "the trace contradicts the verdict");
    quick
}

/// A policy with one more statement in front.
fn with_statement(policy: &Value, statement: &Value) -> Value {
    let mut policy = policy.clone();
    policy["Statement"].as_array_mut().unwrap().insert(0, statement.clone());
    policy
}

fn with_effect(statement: &Value, effect: &str) -> Value {
    let mut statement = statement.clone();
    statement["Effect"] = effect.into();
    statement
}

/// The rules for wildcards in resources, word by word, in exponential time.
fn naive(pattern: &[char], colons: usize, text: &[char]) -> bool {
    let inside = colons < 5;
    match pattern.first() {
        None => text.is_empty(),
        Some('*') => {
            let ends_segment = pattern.get(1).is_none_or(|c| *c == ':');
            let takes = |c: &char| *c != ':' || !inside || ends_segment;
            naive(&pattern[1..], colons, text) || text.first().is_some_and(takes) && naive(pattern, colons, &text[1..])
        }
        Some('?') => text.first().is_some_and(|c| *c != ':' || !inside) && naive(&pattern[1..], colons, &text[1..]),
        Some(c) => text.first() == Some(c) && naive(&pattern[1..], colons + usize::from(*c == ':'), &text[1..]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn adding_a_deny_never_grants(
        policies in vec(policy(), 1..3), extra in statement(), asked in asked(),
        keys in complete(), withheld in vec(any::<bool>(), 8),
    ) {
        let request = request(asked, context(&keys, &withheld));
        let before = verdict(&request, &policies, None);
        let mut more = policies.clone();
        more[0] = with_statement(&policies[0], &with_effect(&extra, "Deny"));
        let after = verdict(&request, &more, None);
        prop_assert!(after != Verdict::Allowed || before == Verdict::Allowed);
        prop_assert!(before != Verdict::ExplicitDeny || after == Verdict::ExplicitDeny);
    }

    #[test]
    fn adding_an_allow_never_revokes(
        policies in vec(policy(), 1..3), extra in statement(), asked in asked(),
        keys in complete(), withheld in vec(any::<bool>(), 8),
    ) {
        let request = request(asked, context(&keys, &withheld));
        let before = verdict(&request, &policies, None);
        let mut more = policies.clone();
        more[0] = with_statement(&policies[0], &with_effect(&extra, "Allow"));
        let after = verdict(&request, &more, None);
        prop_assert!(before != Verdict::Allowed || after == Verdict::Allowed);
        prop_assert!(after != Verdict::ExplicitDeny || before == Verdict::ExplicitDeny);
    }

    #[test]
    fn a_boundary_never_grants(
        policies in vec(policy(), 1..3), boundary in policy(), asked in asked(), keys in complete(),
    ) {
        let request = request(asked, context(&keys, &[]));
        let without = verdict(&request, &policies, None);
        let with = verdict(&request, &policies, Some(&boundary));
        prop_assert!(with != Verdict::Allowed || without == Verdict::Allowed);
    }

    #[test]
    fn order_does_not_matter(
        policies in vec(policy(), 1..4), asked in asked(), keys in complete(), withheld in vec(any::<bool>(), 8),
    ) {
        let request = request(asked, context(&keys, &withheld));
        let mut turned: Vec<Value> = policies.iter().rev().cloned().collect();
        for policy in &mut turned {
            policy["Statement"].as_array_mut().unwrap().reverse();
        }
        prop_assert_eq!(verdict(&request, &policies, None), verdict(&request, &turned, None));
    }

    #[test]
    fn a_definite_decision_holds_under_every_completion(
        policies in vec(policy(), 1..3), boundary in proptest::option::of(policy()), asked in asked(),
        keys in complete(), others in complete(), withheld in vec(any::<bool>(), 8),
    ) {
        let boundary = boundary.as_ref();
        let before = verdict(&request(asked, context(&keys, &withheld)), &policies, boundary);
        // A key whose presence is known stays present in every completion.
        let completed: Vec<(&str, KeyValue)> = keys.iter().zip(&others).zip(&withheld).map(|((own, other), withheld)| {
            match (withheld, &other.1) {
                (true, KeyValue::Absent) | (false, _) => (own.0, own.1.clone()),
                (true, value) => (own.0, value.clone()),
            }
        }).collect();
        for keys in [&keys, &completed] {
            let after = verdict(&request(asked, context(keys, &[])), &policies, boundary);
            match before {
                Verdict::Allowed | Verdict::ExplicitDeny => prop_assert_eq!(after, before),
                Verdict::ImplicitDeny => prop_assert!(after != Verdict::Allowed),
                Verdict::Unknown => {}
            }
        }
    }

    #[test]
    fn a_definite_decision_holds_whatever_an_unreadable_policy_says(
        policies in vec(policy(), 1..3), hidden in policy(), asked in asked(), keys in complete(),
    ) {
        let request = request(asked, context(&keys, &[]));
        let parsed: Vec<Policy> = policies.iter().map(parse).collect();
        let set = parsed.iter().fold(PolicySet::new(), |set, policy| set.identity("p", policy));
        let set = set.unreadable(Layer::Identity, "hidden", "denied");
        let before = decide(&request, &set);
        prop_assert_eq!(before, authorize(&request, &set).outcome.verdict());
        let after = verdict(&request, &[policies, vec![hidden]].concat(), None);
        prop_assert!(before == Verdict::Unknown || before == after);
        prop_assert!(before != Verdict::Allowed, "the hidden policy may deny");
    }

    #[test]
    fn printing_and_reading_is_the_identity(policy in policy()) {
        let parsed = parse(&policy);
        let printed = parsed.to_json();
        prop_assert_eq!(&serde_json::from_str::<Value>(&printed).unwrap(), &policy);
        let again = Policy::parse(&printed, PolicyKind::Identity).unwrap();
        prop_assert_eq!(again.to_json(), printed);
    }

    #[test]
    fn a_single_statement_is_a_list_of_one(statement in statement(), asked in asked(), keys in complete()) {
        let request = request(asked, context(&keys, &[]));
        let list = document(Some("2012-10-17"), std::slice::from_ref(&statement));
        let mut single = list.clone();
        single["Statement"] = statement;
        prop_assert_eq!(verdict(&request, &[list], None), verdict(&request, &[single], None));
    }

    #[test]
    fn every_path_of_a_trace_leads_to_its_element(policy in policy(), asked in asked(), keys in complete()) {
        let request = request(asked, context(&keys, &[]));
        let parsed = parse(&policy);
        let decision = authorize(&request, &PolicySet::new().identity("p", &parsed));
        for statement in &decision.statements {
            prop_assert!(policy.pointer(&pointer(&statement.place.path)).is_some());
            for element in &statement.elements {
                let found = policy.pointer(&pointer(&element.path));
                prop_assert!(found.is_some(), "{}", element.path);
                for wanted in &element.wanted {
                    let found = policy.pointer(&pointer(&wanted.place.path)).unwrap();
                    prop_assert_eq!(found.as_str().unwrap(), &wanted.text);
                }
            }
        }
    }

    #[test]
    fn the_matcher_agrees_with_a_naive_one(pattern in "(arn|[ab:*?]){0,9}", text in "(arn|[ab:é]){0,9}") {
        let chars: Vec<char> = pattern.chars().collect();
        let expected = naive(&chars, 0, &text.chars().collect::<Vec<_>>());
        let matched = Pattern::resource(&pattern, false).matches(&text, &Context::new());
        prop_assert_eq!(matched.is_true(), expected);
    }

    #[test]
    fn nothing_panics_on_any_text(text in any::<String>(), kind in 0_usize..3) {
        let kind = [PolicyKind::Identity, PolicyKind::Trust, PolicyKind::Resource][kind];
        let _ = Policy::parse(&text, kind);
        let _ = Pattern::resource(&text, true).matches(&text, &Context::new());
    }
}

/// A normalized path without escapes as a JSON pointer.
fn pointer(path: &str) -> String {
    let inner = path.trim_start_matches('$').replace("']['", "\n").replace("'][", "\n").replace("]['", "\n");
    let inner = inner.trim_start_matches("['").trim_end_matches(['\'', ']']);
    inner.split('\n').fold(String::new(), |pointer, part| pointer + "/" + &part.replace('~', "~0").replace('/', "~1"))
}
