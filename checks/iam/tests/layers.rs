//! How the layers of policies work together
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use irsa_doctor_iam::{
    KeyValue, Layer, Outcome, Policy, PolicyKind, PolicySet, Principal, Request, Unresolved, Verdict, authorize, decide,
};

const ROLE: &str = "arn:aws:iam::111122223333:role/app";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:jobs";

fn policy(effect: &str, action: &str, kind: PolicyKind) -> Policy {
    let principal = if kind.has_principal() { r#""Principal": "*","# } else { "" };
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "{effect}", {principal}
            "Action": "{action}", "Resource": "*"}}}}"#
    );
    Policy::parse(&text, kind).unwrap()
}

fn allow(action: &str) -> Policy {
    policy("Allow", action, PolicyKind::Identity)
}

fn request() -> Request {
    let principal = Principal::AssumedRole { session_arn: None, role_arn: Some(ROLE.to_owned()) };
    Request::new(principal, "sqs:SendMessage", QUEUE)
}

/// The layer that refuses, if it is an implicit denial.
fn refusing(set: &PolicySet<'_>) -> Option<Layer> {
    match authorize(&request(), set).outcome {
        Outcome::ImplicitDeny { layer } => Some(layer),
        _ => None,
    }
}

fn unresolved(set: &PolicySet<'_>) -> Vec<Unresolved> {
    match authorize(&request(), set).outcome {
        Outcome::Unknown { unresolved } => unresolved,
        _ => Vec::new(),
    }
}

#[test]
fn every_limiting_layer_has_to_allow() {
    let own = allow("sqs:*");
    let (same, other) = (allow("sqs:SendMessage"), allow("s3:*"));
    for layer in [Layer::Boundary, Layer::Session, Layer::ServiceControl, Layer::VpcEndpoint] {
        let set = PolicySet::new().identity("own", &own);
        assert_eq!(decide(&request(), &set.clone().with(layer, "same", &same)), Verdict::Allowed, "{layer}");
        assert_eq!(refusing(&set.clone().with(layer, "other", &other)), Some(layer));
        let both = set.with(layer, "other", &other).with(layer, "same", &same);
        assert_eq!(decide(&request(), &both), Verdict::Allowed, "one policy of {layer} is enough");
    }
}

#[test]
fn of_layers_that_refuse_the_identity_policies_come_first() {
    let (own, limit) = (allow("s3:*"), allow("s3:*"));
    assert_eq!(refusing(&PolicySet::new().identity("own", &own).boundary("limit", &limit)), Some(Layer::Identity));
    // A resource's policy that names the role grants, and in its account makes identity policies superfluous.
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Principal": {{"AWS": "{ROLE}"}}, "Action": "sqs:*", "Resource": "*"}}}}"#
    );
    let queue = Policy::parse(&text, PolicyKind::Resource).unwrap();
    let set = PolicySet::new().identity("own", &own).resource("queue", &queue);
    assert_eq!(refusing(&set.clone().boundary("limit", &limit)), Some(Layer::Boundary));
    let across = request().resource_account("444455556666");
    let outcome = authorize(&across, &set.boundary("limit", &limit)).outcome;
    assert_eq!(outcome, Outcome::ImplicitDeny { layer: Layer::Identity });
}

#[test]
fn a_session_policy_limits() {
    let (own, other) = (allow("sqs:*"), allow("s3:*"));
    assert_eq!(refusing(&PolicySet::new().identity("own", &own).session("session", &other)), Some(Layer::Session));
}

/// A Deny that may match takes nothing from a refusal, and grants nothing.
#[test]
fn a_deny_of_the_resource_that_may_match_grants_nothing() {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Deny", "Principal": {{"AWS": "{ROLE}"}}, "Action": "sqs:*",
            "Resource": "*", "Condition": {{"StringEquals": {{"aws:x": "y"}}}}}}}}"#
    );
    let queue = Policy::parse(&text, PolicyKind::Resource).unwrap();
    let request = request().with_key("aws:x", KeyValue::Unknown("not read".to_owned()));
    let set = PolicySet::new().resource("queue", &queue);
    assert_eq!(decide(&request, &set), Verdict::ImplicitDeny);
    let own = allow("sqs:*");
    assert_eq!(decide(&request, &set.identity("own", &own)), Verdict::Unknown);
}

#[test]
fn an_action_that_takes_no_resource_needs_a_statement_for_all() {
    let with = |resource: &str| {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "sqs:*", "Resource": "{resource}"}}}}"#
        );
        let policy = Policy::parse(&text, PolicyKind::Identity).unwrap();
        decide(&request().without_resource(), &PolicySet::new().identity("own", &policy))
    };
    assert_eq!((with("*"), with(QUEUE)), (Verdict::Allowed, Verdict::ImplicitDeny));
}

#[test]
fn layers_have_names_of_their_own() {
    let names: BTreeSet<String> = Layer::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(names.len(), Layer::ALL.len());
}

#[test]
fn resource_control_policies_limit_and_grant_nothing() {
    let own = allow("sqs:*");
    let control = policy("Allow", "*", PolicyKind::ResourceControl);
    let set = PolicySet::new().with(Layer::ResourceControl, "full", &control);
    assert_eq!(refusing(&set), Some(Layer::Identity));
    assert_eq!(decide(&request(), &set.identity("own", &own)), Verdict::Allowed);
}

#[test]
fn a_layer_that_was_looked_at_and_is_empty_refuses() {
    let own = allow("sqs:*");
    let set = PolicySet::new().identity("own", &own);
    assert_eq!(decide(&request(), &set), Verdict::Allowed);
    assert_eq!(refusing(&set.examined(Layer::ServiceControl)), Some(Layer::ServiceControl));
}

#[test]
fn an_unreadable_policy_is_unknown_only_where_nothing_else_decides() {
    let own = allow("sqs:*");
    let deny = policy("Deny", "sqs:*", PolicyKind::Identity);
    let hidden = || PolicySet::new().unreadable(Layer::Boundary, "limits", "access denied");
    assert_eq!(refusing(&hidden()), Some(Layer::Identity), "no policy could allow it");
    assert_eq!(decide(&request(), &hidden().identity("own", &own)), Verdict::Unknown);
    assert_eq!(decide(&request(), &hidden().identity("deny", &deny)), Verdict::ExplicitDeny);
    let found = unresolved(&hidden().identity("own", &own));
    let named: Vec<_> = found.iter().map(|input| (input.layer, input.policy.as_str(), input.statement)).collect();
    assert_eq!(named, [(Layer::Boundary, "limits", None)]);
}

#[test]
fn an_unknown_owner_matters_only_where_the_sides_differ() {
    let queue = policy("Allow", "sqs:*", PolicyKind::Resource);
    let own = allow("sqs:*");
    let principal = Principal::AssumedRole { session_arn: None, role_arn: Some(ROLE.to_owned()) };
    let bucket = Request::new(principal, "sqs:SendMessage", "arn:aws:s3:::bucket");
    let set = PolicySet::new().resource("bucket", &queue);
    assert_eq!(decide(&bucket, &set), Verdict::Unknown);
    assert!(matches!(authorize(&bucket, &set).outcome, Outcome::Unknown { unresolved } if unresolved.len() == 1));
    assert_eq!(decide(&bucket, &set.identity("own", &own)), Verdict::Allowed);
}
