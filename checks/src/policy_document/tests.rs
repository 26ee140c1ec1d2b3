use super::CHECK;
use crate::check::Status;
use crate::finding::Compared;
use crate::snapshot::{AttachedPolicy, Gap, GapCause, ManagedPolicy, Observed, PolicyEvidence, PolicyVersion};
use crate::testing::{POLICY, account, faults, findings, gaps, healthy, inside, role, role_evidence, run, set_policy};
use serde_json::json;
use std::collections::BTreeMap;

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
    assert!(!linted(&allow(&json!("*"), &json!("arn:aws:s3:::b"))).contains(&"policy-allows-everything"), "on one bucket");
    let mut allows_all_but = allow(&json!("*"), &json!("*"));
    allows_all_but["NotResource"] = allows_all_but["Resource"].take();
    allows_all_but.as_object_mut().unwrap().remove("Resource");
    assert!(!linted(&allows_all_but).contains(&"policy-allows-everything"), "on nothing");
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
fn what_nobody_here_wrote_and_what_grants_nothing_is_not_linted() {
    let everything = json!({"Version": "2012-10-17", "Statement": allow(&json!("*"), &json!("*"))}).to_string();
    let read = |arn: &str| PolicyEvidence {
        policy: Observed::Present(ManagedPolicy {
            arn: arn.to_owned(),
            default_version_id: "v1".to_owned(),
            ..ManagedPolicy::default()
        }),
        versions: Observed::Present(vec![]),
        documents: BTreeMap::from([("v1".to_owned(), Observed::Present(everything.clone()))]),
    };
    let (aws, own) = ("arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::123456789012:policy/all");
    let with = |arn: &str, boundary: bool| {
        let mut snapshot = healthy();
        account(&mut snapshot).policies.insert(arn.to_owned(), read(arn));
        if boundary {
            role(&mut snapshot).permissions_boundary = Some(arn.to_owned());
        } else {
            let attached = AttachedPolicy { arn: arn.to_owned(), name: "all".to_owned() };
            inside(&mut role_evidence(&mut snapshot).attached).push(attached);
        }
        faults(&run(&CHECK, &snapshot))
    };
    assert_eq!(with(own, false), ["policy-allows-everything"]);
    assert_eq!(with(own, true), [""; 0], "a boundary limits");
    assert_eq!(with(aws, false), [""; 0], "AWS means what it writes");
    assert_eq!(with(aws, true), [""; 0]);
}

/// The only finding's words, and what would be right.
fn said(statement: &serde_json::Value) -> (String, Option<Compared>) {
    let mut snapshot = healthy();
    set_policy(&mut snapshot, &json!({"Version": "2012-10-17", "Statement": statement}));
    let outcome = run(&CHECK, &snapshot);
    let [finding] = findings(&outcome) else { panic!("{:?}", faults(&outcome)) };
    (finding.detail.clone(), finding.expected.clone())
}

#[test]
fn what_is_odd_is_said_with_what_would_be_right() {
    let date = irsa_doctor_iam::services::date();
    let one = |value: &str| Some(Compared::One(value.to_owned()));
    let (detail, expected) = said(&allow(&json!("s3:GetObjects"), &json!("*")));
    let start =
        format!("policy {POLICY} allows s3:GetObjects, which is no action of Amazon S3 (list of {date}); nearest: s3:GetObject");
    assert!(detail.starts_with(&start), "{detail}");
    assert!(matches!(&expected, Some(Compared::Many(near)) if near[0] == "s3:GetObject"), "{expected:?}");
    let (detail, expected) = said(&allow(&json!("s3:Xyzzyxyzzyxyzzy*"), &json!("*")));
    let alone = format!("policy {POLICY} allows s3:Xyzzyxyzzyxyzzy*, which matches no action of Amazon S3 (list of {date})");
    assert_eq!((detail, expected), (alone, Some(Compared::Nothing)), "nothing is near");
    let topic = json!("arn:aws:sns:us-east-1:123456789012:t");
    let (detail, expected) = said(&allow(&json!(["sqs:SendMessage", "sqs:ReceiveMessage"]), &topic));
    let queue = "arn:${Partition}:sqs:${Region}:${Account}:${QueueName}";
    let wanted = format!(
        "policy {POLICY} allows sqs:SendMessage, sqs:ReceiveMessage on arn:aws:sns:us-east-1:123456789012:t, and no such action applies there: it takes {queue} (list of {date})"
    );
    assert_eq!((detail, expected), (wanted, one(queue)));
    let (detail, expected) = said(&allow(&json!(["sqs:SendMessage", "kinesis:PutRecord"]), &topic));
    let both = format!("{queue}, arn:${{Partition}}:kinesis:${{Region}}:${{Account}}:stream/${{StreamName}}");
    assert!(detail.contains(&format!("it takes {both} (")), "each of the actions is named, so is what each takes: {detail}");
    assert_eq!(expected, one(&both));
    let buckets = json!(["arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::c"]);
    let (detail, expected) = said(&allow(&json!("s3:ListAllMyBuckets"), &buckets));
    let wanted = format!(
        "policy {POLICY} allows s3:ListAllMyBuckets on arn:aws:s3:::a and 2 more, but it takes no resource: only * grants it (list of {date})"
    );
    assert_eq!((detail, expected), (wanted, one("*")));
}

#[test]
fn another_statement_helps_only_where_it_grants_that_action_there() {
    let (bucket, objects) = (json!("arn:aws:s3:::b"), json!("arn:aws:s3:::b/*"));
    let beside = |other: serde_json::Value| linted(&json!([allow(&json!("s3:ListBucket"), &objects), other]));
    let but = |resource: &str| json!({"Effect": "Allow", "Action": "s3:ListBucket", "NotResource": resource});
    for fine in [
        allow(&json!("s3:List*"), &bucket),
        allow(&json!(["sqs:*", "s3:ListBucket"]), &json!(["arn:aws:s3:::b", "arn:aws:sqs:us-east-1:123456789012:q"])),
        allow(&json!("*"), &bucket),
        allow(&json!("*:*"), &bucket),
        allow(&json!("S*:List*"), &bucket),
        but("arn:aws:s3:::secret"),
        but("arn:aws:s3:::secret/*"),
    ] {
        assert_eq!(beside(fine.clone()), [""; 0], "{fine}");
    }
    for (other, what) in [
        (allow(&json!("s3:GetBucketLocation"), &bucket), "another action"),
        (allow(&json!("sqs:*"), &json!("*")), "another service"),
        (allow(&json!("s3:GetObject"), &objects), "another action, where it suits"),
        (json!({"Effect": "Deny", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b"}), "nothing"),
    ] {
        assert_eq!(beside(other), ["policy-resource-type-mismatch"], "{what}");
    }
    let twice = ["policy-resource-type-mismatch"; 2];
    assert_eq!(beside(allow(&json!("s3:ListBucket"), &json!("arn:aws:s3:::c/*"))), twice, "both on objects");
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
