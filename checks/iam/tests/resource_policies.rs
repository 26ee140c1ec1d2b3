//! Resource policies and what is special about those of keys: examples of AWS's documentation with the answers that it
//! gives.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use irsa_doctor_iam::{Layer, Outcome, Policy, PolicyKind, PolicySet, Request, Verdict, authorize, decide};

const ACCOUNT: &str = "111122223333";
const YES: Verdict = Verdict::Allowed;
const NO: Verdict = Verdict::ImplicitDeny;

fn parse(statement: &str, kind: PolicyKind) -> Policy {
    Policy::parse(&format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#), kind).unwrap()
}

fn identity(statement: &str) -> Policy {
    parse(statement, PolicyKind::Identity)
}

fn resource(statement: &str) -> Policy {
    parse(statement, PolicyKind::Resource)
}

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const ROLE: &str = "arn:aws:iam::111122223333:role/app";

fn decrypt() -> Request {
    Request::role_session(ROLE, "kms:Decrypt", KEY)
}

fn key_policy(principal: &str) -> Policy {
    resource(&format!(r#"{{"Effect": "Allow", "Principal": {{"AWS": "{principal}"}}, "Action": "kms:*", "Resource": "*"}}"#))
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>: "Unless the key policy explicitly allows it,
/// you cannot use IAM policies to allow access to a KMS key."
#[test]
fn a_key_policy_that_leaves_nothing_to_iam() {
    let own = identity(r#"{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}"#);
    let admin = key_policy("arn:aws:iam::111122223333:role/admin");
    let decision = authorize(&decrypt(), &PolicySet::new().identity("own", &own).resource("key", &admin));
    assert_eq!(decision.outcome, Outcome::ImplicitDeny { layer: Layer::Resource });
    let queue = Request::role_session(ROLE, "sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:jobs");
    let own = identity(r#"{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}"#);
    assert_eq!(decide(&queue, &PolicySet::new().identity("own", &own).resource("queue", &admin)), YES, "other services");
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#key-policy-default-allow-root-enable-iam>:
/// the account's principal "enables IAM policies" and by itself gives no role access.
#[test]
fn a_key_policy_that_enables_iam_policies() {
    let own = identity(r#"{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}"#);
    for root in ["111122223333", "arn:aws:iam::111122223333:root"] {
        let key = key_policy(root);
        let set = PolicySet::new().resource("key", &key);
        let alone = authorize(&decrypt(), &set).outcome;
        assert_eq!(alone, Outcome::ImplicitDeny { layer: Layer::Identity });
        assert_eq!(decide(&decrypt(), &set.identity("own", &own)), YES);
    }
    let other = key_policy("444455556666");
    assert_eq!(decide(&decrypt(), &PolicySet::new().resource("key", &other).identity("own", &own)), NO);
}

/// The same page: a key policy that names the role is enough; `kms:CallerAccount` is the account that calls
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-caller-account>).
#[test]
fn a_key_policy_that_names_the_role() {
    assert_eq!(decide(&decrypt(), &PolicySet::new().resource("key", &key_policy(ROLE))), YES);
    let caller = |account: &str| {
        resource(&format!(
            r#"{{"Effect": "Allow", "Principal": {{"AWS": "*"}}, "Action": "kms:*", "Resource": "*",
                "Condition": {{"StringEquals": {{"kms:CallerAccount": "{account}"}}}}}}"#
        ))
    };
    assert_eq!(decide(&decrypt(), &PolicySet::new().resource("key", &caller(ACCOUNT))), YES);
    assert_eq!(decide(&decrypt(), &PolicySet::new().resource("key", &caller("444455556666"))), NO);
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html>: "the key policy ...
/// and IAM policies in the external account": both.
#[test]
fn a_key_of_another_account() {
    let request = Request::role_session(ROLE, "kms:Decrypt", &KEY.replace(ACCOUNT, "444455556666"));
    let own = identity(r#"{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}"#);
    let (external, theirs) = (key_policy(ROLE), key_policy("444455556666"));
    assert_eq!(decide(&request, &PolicySet::new().resource("key", &external)), NO);
    assert_eq!(decide(&request, &PolicySet::new().resource("key", &external).identity("own", &own)), YES);
    assert_eq!(decide(&request, &PolicySet::new().resource("key", &theirs).identity("own", &own)), NO);
}

/// A canonical user ID stands for an account that can't be told from it
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-bucket-user-policy-specifying-principal-intro.html>).
#[test]
fn a_canonical_user_may_be_any_account() {
    let bucket = resource(r#"{"Effect": "Allow", "Principal": {"CanonicalUser": "79a5"}, "Action": "s3:*", "Resource": "*"}"#);
    let own = identity(r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#);
    let request = |owner: &str| Request::role_session(ROLE, "s3:GetObject", "arn:aws:s3:::b/k").resource_account(owner);
    let set = PolicySet::new().resource("bucket", &bucket).identity("own", &own);
    assert_eq!(decide(&request("444455556666"), &set), Verdict::Unknown);
    assert_eq!(decide(&request(ACCOUNT), &set), YES);
    assert_eq!(decide(&request(ACCOUNT), &PolicySet::new().resource("bucket", &bucket)), NO, "an account delegates");
}

/// The boundary limits what a resource's policy gives to a role, and is then what refuses
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>).
#[test]
fn a_boundary_that_limits_a_resource_policy_refuses() {
    let queue =
        resource(&format!(r#"{{"Effect": "Allow", "Principal": {{"AWS": "{ROLE}"}}, "Action": "sqs:*", "Resource": "*"}}"#));
    let boundary = identity(r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#);
    let request = Request::role_session(ROLE, "sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:jobs");
    let set = PolicySet::new().resource("queue", &queue).boundary("boundary", &boundary);
    assert_eq!(authorize(&request, &set).outcome, Outcome::ImplicitDeny { layer: Layer::Boundary });
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles>: boundaries
/// and session policies "do not limit permissions granted using the `aws:PrincipalArn` condition key with a wildcard(*) in
/// the Principal element". Of a wildcard alone it says nothing.
#[test]
fn a_boundary_does_not_limit_what_everyone_with_the_roles_arn_is_given() {
    let queue = |condition: &str| {
        resource(&format!(
            r#"{{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*", "Condition": {condition}}}"#
        ))
    };
    let request = Request::role_session(ROLE, "sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:jobs");
    let boundary = identity(r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#);
    let limited = |queue: &Policy| {
        let set = PolicySet::new().examined(Layer::Identity).resource("queue", queue);
        decide(&request, &set.boundary("boundary", &boundary))
    };
    let by_arn = queue(&format!(r#"{{"ArnEquals": {{"aws:principalarn": "{ROLE}"}}}}"#));
    assert_eq!(limited(&by_arn), YES);
    let other = queue(r#"{"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/other"}}"#);
    assert_eq!(limited(&other), NO);
    let everyone = queue("{}");
    assert_eq!(limited(&everyone), Verdict::Unknown);
    let unlimited = PolicySet::new().examined(Layer::Identity).resource("queue", &everyone);
    assert_eq!(decide(&request, &unlimited), YES);
}
