//! What the role's policies decide together with what EKS Pod Identity puts on the session.

use super::*;
use crate::evidence::ROLE_ANNOTATION;
use crate::snapshot::{Association, Snapshot};
use crate::testing::{self, ROLE, associate};
use irsa_doctor_iam::Verdict;
use serde_json::{Value, json};

/// The healthy pod, with EKS Pod Identity in place of IRSA.
fn pod_identity(change: impl FnOnce(&mut Association)) -> Snapshot {
    let mut snapshot = testing::healthy();
    testing::annotate(&mut snapshot, ROLE_ANNOTATION, None);
    testing::uninject(&mut snapshot);
    testing::container(&mut snapshot).env = testing::read(&json!([
        {"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://169.254.170.23/v1/credentials"},
        {"name": "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "value": "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token"},
    ]));
    associate(&mut snapshot, change);
    snapshot
}

/// The verdict on listing the bucket, which the role's own policy allows.
fn verdict(snapshot: &Snapshot) -> Verdict {
    testing::evidence(snapshot, |evidence| {
        let resource = "arn:aws:s3:::my-test-bucket".to_owned();
        let asked = RequiredAction { action: "s3:ListBucket".to_owned(), resource, ..RequiredAction::default() };
        permissions(evidence).unwrap().decide(evidence, &asked).outcome.verdict()
    })
}

fn policy(action: &str) -> String {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}).to_string()
}

#[test]
fn the_session_policy_of_an_association_limits_its_sessions() {
    let limited = |text: &str| pod_identity(|association| association.session_policy = Some(text.to_owned()));
    assert_eq!(verdict(&pod_identity(|_| {})), Verdict::Allowed);
    assert_eq!(verdict(&limited(&policy("s3:List*"))), Verdict::Allowed);
    assert_eq!(verdict(&limited(&policy("sqs:*"))), Verdict::ImplicitDeny);
    assert_eq!(verdict(&limited("no policy")), Verdict::Unknown);
}

#[test]
fn an_association_that_is_not_used_limits_nothing() {
    let mut irsa = testing::healthy();
    associate(&mut irsa, |association| association.session_policy = Some(policy("sqs:*")));
    assert_eq!(verdict(&irsa), Verdict::Allowed);
}

/// Gives the role's policy a condition on the tags that EKS gives a session.
fn wants_tags(snapshot: &mut Snapshot, tags: &Value) {
    let statement = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": tags}});
    testing::set_policy(snapshot, &json!({"Version": "2012-10-17", "Statement": [statement]}));
}

#[test]
fn pod_identity_sessions_alone_have_tags() {
    let tags = json!({"aws:PrincipalTag/kubernetes-namespace": "default", "aws:PrincipalTag/kubernetes-service-account": "my-service-account"});
    let with = |mut snapshot: Snapshot| {
        wants_tags(&mut snapshot, &tags);
        verdict(&snapshot)
    };
    assert_eq!(with(pod_identity(|_| {})), Verdict::Allowed);
    assert_eq!(with(pod_identity(|association| association.disable_session_tags = true)), Verdict::ImplicitDeny);
    let mut irsa = testing::healthy();
    associate(&mut irsa, |_| {});
    assert_eq!(with(irsa), Verdict::ImplicitDeny);
}

#[test]
fn known_tags_are_those_with_a_value() {
    let tags = testing::evidence(&pod_identity(|_| {}), |evidence| known_tags(evidence, &permissions(evidence).unwrap()));
    assert_eq!(tags.get("aws:PrincipalTag/kubernetes-namespace"), Some(&vec!["default".to_owned()]));
    assert!(tags.values().flatten().all(|value| !value.is_empty()));
    let none = testing::evidence(&testing::healthy(), |evidence| known_tags(evidence, &permissions(evidence).unwrap()));
    assert!(none.keys().all(|key| !key.contains("kubernetes")), "{none:?}");
}

#[test]
fn a_target_role_is_judged_where_the_association_is_used() {
    const TARGET: &str = "arn:aws:iam::123456789012:role/target";
    let judged_arn = |snapshot: &Snapshot| {
        testing::evidence(snapshot, |evidence| judged(evidence).role.map(|role| role.arn).unwrap_or_default())
    };
    assert_eq!(judged_arn(&pod_identity(|association| association.target_role_arn = Some(TARGET.to_owned()))), TARGET);
    let mut irsa = testing::healthy();
    associate(&mut irsa, |association| association.target_role_arn = Some(TARGET.to_owned()));
    assert_eq!(judged_arn(&irsa), ROLE);
}

#[test]
fn a_role_has_no_policy_only_where_both_lists_were_read_and_are_empty() {
    let has_none = |change: fn(&mut Snapshot)| {
        let mut snapshot = testing::healthy();
        change(&mut snapshot);
        testing::evidence(&snapshot, |evidence| permissions(evidence).unwrap().has_none())
    };
    let none = |snapshot: &mut Snapshot| testing::role_evidence(snapshot).attached = Observed::Present(vec![]);
    assert!(!has_none(|_| {}));
    assert!(has_none(none));
    assert!(!has_none(|snapshot| {
        testing::role_evidence(snapshot).attached = Observed::Present(vec![]);
        testing::role_evidence(snapshot).inline_names = denied("iam:ListRolePolicies");
    }));
    assert!(!has_none(|snapshot| testing::role_evidence(snapshot).attached = denied("iam:ListAttachedRolePolicies")));
}

fn denied<T>(operation: &str) -> Observed<T> {
    Observed::Unavailable(Gap::new(operation, GapCause::Denied))
}

#[test]
fn what_an_answer_hangs_on_says_why_it_was_not_read() {
    let mut snapshot = testing::healthy();
    testing::role_evidence(&mut snapshot).attached = denied("iam:ListAttachedRolePolicies");
    let asked = RequiredAction { action: "s3:ListBucket".to_owned(), resource: "*".to_owned(), ..RequiredAction::default() };
    let gap = testing::evidence(&snapshot, |evidence| {
        let decision = permissions(evidence).unwrap().decide(evidence, &asked);
        let irsa_doctor_iam::Outcome::Unknown { unresolved } = decision.outcome else { panic!("{decision:?}") };
        unresolved_gap(&asked, &unresolved)
    });
    assert_eq!(gap.detail, "attached policies (iam:ListAttachedRolePolicies denied)");
}
