//! Laws for resource policies, where it isn't known which session of a role asks.

#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

mod generate;

use generate::{asked, complete, context, document, policy, statement};
use irsa_doctor_iam::{Policy, PolicyKind, PolicySet, Principal, Request, Verdict, authorize, decide};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::111122223333:role/app";
const SESSIONS: [&str; 2] = ["arn:aws:sts::111122223333:assumed-role/app/one", "arn:aws:sts::111122223333:assumed-role/app/two"];

/// A statement of a resource policy.
fn with_principal() -> impl Strategy<Value = Value> {
    let principals = vec![
        json!("*"),
        json!({"AWS": "111122223333"}),
        json!({"AWS": ROLE}),
        json!({"AWS": [SESSIONS[0]]}),
        json!({"AWS": [SESSIONS[1], "444455556666"]}),
        json!({"AWS": [SESSIONS[0], ROLE, "arn:aws:iam::111122223333:root"]}),
        json!({"Service": "ec2.amazonaws.com"}),
    ];
    (statement(), select(principals), 0..5).prop_map(|(mut statement, principal, negated)| {
        let negated = negated == 0 && statement["Effect"] == "Deny";
        statement[if negated { "NotPrincipal" } else { "Principal" }] = principal;
        statement
    })
}

fn request((action, resource): (&str, &str), session: Option<&str>, owner: &str) -> Request {
    let principal = Principal::AssumedRole { session_arn: session.map(str::to_owned), role_arn: Some(ROLE.to_owned()) };
    Request::new(principal, action, resource).resource_account(owner)
}

fn verdict(request: &Request, resource: &Policy, own: &Policy, boundary: Option<&Policy>) -> Verdict {
    let mut set = PolicySet::new().resource("resource", resource).identity("own", own);
    if let Some(boundary) = boundary {
        set = set.boundary("boundary", boundary);
    }
    let quick = decide(request, &set);
    assert_eq!(quick, authorize(request, &set).outcome.verdict(), "the trace contradicts the verdict");
    quick
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_definite_decision_holds_for_every_session(
        statements in vec(with_principal(), 1..5), own in policy(), boundary in proptest::option::of(policy()),
        asked in asked(), keys in complete(), withheld in vec(any::<bool>(), 8),
        owner in select(vec!["111122223333", "444455556666"]),
    ) {
        let parse = |value: &Value, kind| Policy::parse(&value.to_string(), kind).unwrap();
        let resource = parse(&document(Some("2012-10-17"), &statements), PolicyKind::Resource);
        let own = parse(&own, PolicyKind::Identity);
        let boundary = boundary.map(|value| parse(&value, PolicyKind::Boundary));
        let unknown = request(asked, None, owner).with_context(context(&keys, &withheld));
        let before = verdict(&unknown, &resource, &own, boundary.as_ref());
        for session in SESSIONS {
            let known = request(asked, Some(session), owner).with_context(context(&keys, &[]));
            let after = verdict(&known, &resource, &own, boundary.as_ref());
            match before {
                Verdict::Allowed | Verdict::ExplicitDeny => prop_assert_eq!(after, before),
                Verdict::ImplicitDeny => prop_assert!(after != Verdict::Allowed),
                Verdict::Unknown => {}
            }
        }
    }

    #[test]
    fn another_account_never_gets_more(
        statements in vec(with_principal(), 1..5), own in policy(), asked in asked(), keys in complete(),
    ) {
        let parse = |value: &Value, kind| Policy::parse(&value.to_string(), kind).unwrap();
        let resource = parse(&document(Some("2012-10-17"), &statements), PolicyKind::Resource);
        let own = parse(&own, PolicyKind::Identity);
        let decide_for = |owner| {
            let request = request(asked, Some(SESSIONS[0]), owner).with_context(context(&keys, &[]));
            verdict(&request, &resource, &own, None)
        };
        let (home, abroad) = (decide_for("111122223333"), decide_for("444455556666"));
        prop_assert!(abroad != Verdict::Allowed || home == Verdict::Allowed);
        prop_assert_eq!(abroad == Verdict::ExplicitDeny, home == Verdict::ExplicitDeny);
    }
}
