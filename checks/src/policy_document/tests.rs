use super::CHECK;
use crate::check::Status;
use crate::snapshot::{Gap, GapCause, Observed, PolicyVersion};
use crate::testing::{POLICY, account, faults, findings, gaps, healthy, role_evidence, run, set_policy};
use serde_json::json;

fn policy(snapshot: &mut crate::snapshot::Snapshot) -> &mut crate::snapshot::PolicyEvidence {
    account(snapshot).policies.get_mut(POLICY).unwrap()
}

#[test]
fn a_plain_policy_passes() {
    let outcome = run(&CHECK, &healthy());
    assert_eq!((outcome.status(), faults(&outcome)), (Status::Pass, vec![]));
}

#[test]
fn a_document_that_is_not_a_policy_has_a_line_and_a_column() {
    let mut snapshot = healthy();
    let text =
        "{\"Version\": \"2012-10-17\",\n \"Statement\": [{\"Effect\": \"Allow\", \"Actoin\": \"s3:*\", \"Resource\": \"*\"}]}";
    policy(&mut snapshot).documents.insert("v1".to_owned(), Observed::Present(text.to_owned()));
    let outcome = run(&CHECK, &snapshot);
    assert_eq!(faults(&outcome), ["policy-malformed"]);
    assert_eq!(findings(&outcome)[0].locus.line, Some(2));
    policy(&mut snapshot).documents.insert("v1".to_owned(), Observed::Present("<html>".to_owned()));
    assert_eq!(faults(&run(&CHECK, &snapshot)), ["policy-malformed"]);
}

#[test]
fn a_newer_version_is_worth_knowing() {
    let mut snapshot = healthy();
    let version = |id: &str, is_default| PolicyVersion { id: id.to_owned(), is_default, create_date: None };
    policy(&mut snapshot).versions = Observed::Present(vec![version("v10", false), version("v9", false), version("v1", true)]);
    let outcome = run(&CHECK, &snapshot);
    assert_eq!((faults(&outcome), outcome.status()), (vec!["policy-newer-version-not-default"], Status::Pass));
    assert!(findings(&outcome)[0].detail.contains("v10"));
    policy(&mut snapshot).versions = Observed::Unavailable(Gap::new("iam:ListPolicyVersions", GapCause::Denied));
    let outcome = run(&CHECK, &snapshot);
    assert_eq!(outcome.status(), Status::Pass, "a hint that could not be had");
    assert_eq!(gaps(&outcome), [("iam:ListPolicyVersions", false)]);
}

#[test]
fn an_unread_document_is_unknown() {
    let mut snapshot = healthy();
    policy(&mut snapshot)
        .documents
        .insert("v1".to_owned(), Observed::Unavailable(Gap::new("iam:GetPolicyVersion", GapCause::Throttled)));
    let outcome = run(&CHECK, &snapshot);
    assert_eq!((outcome.status(), gaps(&outcome)), (Status::Unknown, vec![("iam:GetPolicyVersion", true)]));
    role_evidence(&mut snapshot).inline_names = Observed::Unavailable(Gap::new("iam:ListRolePolicies", GapCause::Denied));
    assert_eq!(run(&CHECK, &snapshot).status(), Status::Unknown);
}

#[test]
fn everything_on_everything_is_too_much() {
    let mut snapshot = healthy();
    set_policy(
        &mut snapshot,
        &json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}),
    );
    assert_eq!(faults(&run(&CHECK, &snapshot)), ["policy-allows-everything"]);
    set_policy(
        &mut snapshot,
        &json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": "a"}}}}),
    );
    assert!(faults(&run(&CHECK, &snapshot)).is_empty());
}

#[test]
fn resources_of_another_partition_never_match() {
    let mut snapshot = healthy();
    let with = |resource: &str| json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": [resource]}});
    set_policy(&mut snapshot, &with("arn:aws-cn:s3:::b"));
    let outcome = run(&CHECK, &snapshot);
    assert_eq!(faults(&outcome), ["policy-resource-partition"]);
    assert_eq!(findings(&outcome)[0].locus.path, "$['Statement']['Resource'][0]");
    for fine in ["arn:*:s3:::b", "arn:aws*:s3:::b", "arn:aws:s3:::b", "*"] {
        set_policy(&mut snapshot, &with(fine));
        assert!(!faults(&run(&CHECK, &snapshot)).contains(&"policy-resource-partition"), "{fine}");
    }
}

fn linted(statement: &serde_json::Value) -> Vec<&'static str> {
    let mut snapshot = healthy();
    set_policy(&mut snapshot, &json!({"Version": "2012-10-17", "Statement": statement}));
    let outcome = run(&CHECK, &snapshot);
    assert_ne!(outcome.status(), Status::Fail);
    faults(&outcome)
}

fn allow(actions: &serde_json::Value, resources: &serde_json::Value) -> serde_json::Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": resources})
}

#[test]
fn actions_and_services_that_do_not_exist() {
    assert_eq!(linted(&allow(&json!(["s3:GetObjets", "s3:GetObject"]), &json!("*"))), ["policy-unknown-action"]);
    assert_eq!(linted(&allow(&json!("s3:Gett*"), &json!("*"))), ["policy-unknown-action"]);
    assert_eq!(linted(&allow(&json!("s4:GetObject"), &json!("*"))), ["policy-unknown-service"]);
    for fine in [json!("s3:*"), json!("S3:getobject"), json!("*:GetObject"), json!("s?:GetObject"), json!("s3:Get*")] {
        assert!(linted(&allow(&fine, &json!("*"))).is_empty(), "{fine}");
    }
}

#[test]
fn actions_that_can_not_apply_to_the_resources() {
    let (bucket, objects) = (json!("arn:aws:s3:::b"), json!("arn:aws:s3:::b/*"));
    assert_eq!(linted(&allow(&json!(["s3:ListBucket", "s3:GetBucketLocation"]), &objects)), ["policy-resource-type-mismatch"]);
    assert_eq!(linted(&allow(&json!("s3:GetObject"), &bucket)), ["policy-resource-type-mismatch"]);
    assert_eq!(
        linted(&allow(&json!("sqs:SendMessage"), &json!("arn:aws:sns:us-east-1:123456789012:t"))),
        ["policy-resource-type-mismatch"]
    );
    assert_eq!(linted(&allow(&json!("s3:ListAllMyBuckets"), &bucket)), ["policy-needs-resource-star"]);
    for fine in [
        allow(&json!(["s3:ListBucket", "s3:GetObject"]), &json!(["arn:aws:s3:::b", "arn:aws:s3:::b/*"])),
        allow(&json!("s3:*"), &objects),
        allow(&json!("s3:ListBucket"), &json!("arn:aws:s3:::*")),
        allow(&json!("s3:GetObject"), &json!("arn:aws:s3:::${aws:PrincipalTag/team}/*")),
        // The other statement grants it as it should.
        json!([allow(&json!(["s3:ListBucket", "s3:GetObject"]), &objects), allow(&json!("s3:ListBucket"), &bucket)]),
        json!([
            allow(&json!(["s3:GetObject", "s3:ListAllMyBuckets"]), &objects),
            allow(&json!("s3:ListAllMyBuckets"), &json!("*"))
        ]),
        json!({"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b"}),
        json!({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::b"}),
        json!({"Effect": "Allow", "NotAction": "s3:Nothing", "Resource": "*"}),
    ] {
        assert!(linted(&fine).is_empty(), "{fine}");
    }
}
