use super::CHECK;
use crate::check::Status;
use crate::snapshot::{Gap, GapCause, ManagedPolicy, Observed, PolicyEvidence, RequiredAction, Snapshot};
use crate::testing::{account, faults, findings, gaps, healthy, role, role_evidence, run, set_policy};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/boundary";

fn bounded(statement: &Value) -> Snapshot {
    let mut snapshot = healthy();
    role(&mut snapshot).permissions_boundary = Some(BOUNDARY.to_owned());
    let document = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
    let policy = ManagedPolicy {
        arn: BOUNDARY.to_owned(),
        name: "boundary".to_owned(),
        default_version_id: "v1".to_owned(),
        ..ManagedPolicy::default()
    };
    let evidence = PolicyEvidence {
        policy: Observed::Present(policy),
        versions: Observed::Present(vec![]),
        documents: BTreeMap::from([("v1".to_owned(), Observed::Present(document))]),
    };
    account(&mut snapshot).policies.insert(BOUNDARY.to_owned(), evidence);
    snapshot
}

fn allow(actions: &Value) -> Value {
    json!([{"Effect": "Allow", "Action": actions, "Resource": "*"}])
}

#[test]
fn a_role_without_a_boundary_has_no_such_link() {
    assert_eq!(run(&CHECK, &healthy()).status(), Status::NotApplicable);
}

#[test]
fn a_boundary_that_lets_the_service_through_passes() {
    for actions in [json!("*"), json!(["ec2:*", "s3:Get*"]), json!("s*:*"), json!("S3:*")] {
        assert!(faults(&run(&CHECK, &bounded(&allow(&actions)))).is_empty(), "{actions}");
    }
    let not = json!([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]);
    assert!(faults(&run(&CHECK, &bounded(&not))).is_empty());
}

#[test]
fn a_boundary_without_the_service_is_worth_knowing_and_more_when_asked() {
    let mut snapshot = bounded(&allow(&json!(["ec2:*", "sqs:*"])));
    let outcome = run(&CHECK, &snapshot);
    assert_eq!((faults(&outcome), outcome.status()), (vec!["boundary-blocks-service"], Status::Pass));
    let detail = format!("boundary {BOUNDARY} lets nothing through of 1 service that the role's policies allow: s3");
    assert_eq!(findings(&outcome)[0].detail, detail);
    snapshot.asked.actions =
        vec![RequiredAction { action: "s3:ListBucket".to_owned(), resource: "*".to_owned(), ..RequiredAction::default() }];
    assert_eq!(run(&CHECK, &snapshot).status(), Status::Warn);
    let denied =
        json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]);
    assert_eq!(faults(&run(&CHECK, &bounded(&denied))), ["boundary-blocks-service"]);
}

#[test]
fn a_boundary_that_is_gone_lets_nothing_through() {
    let mut snapshot = bounded(&allow(&json!("*")));
    let gone = PolicyEvidence { policy: Observed::Absent, ..PolicyEvidence::default() };
    account(&mut snapshot).policies.insert(BOUNDARY.to_owned(), gone);
    assert_eq!(faults(&run(&CHECK, &snapshot)), ["boundary-missing"]);
}

#[test]
fn what_could_not_be_read_is_unknown() {
    let mut snapshot = bounded(&allow(&json!("*")));
    let denied = PolicyEvidence {
        policy: Observed::Unavailable(Gap::new("iam:GetPolicy", GapCause::Denied)),
        ..PolicyEvidence::default()
    };
    account(&mut snapshot).policies.insert(BOUNDARY.to_owned(), denied);
    let outcome = run(&CHECK, &snapshot);
    assert_eq!((outcome.status(), gaps(&outcome)), (Status::Unknown, vec![("iam:GetPolicy", true)]));
    role_evidence(&mut snapshot).role = Observed::Unavailable(Gap::new("iam:GetRole", GapCause::Denied));
    assert_eq!(gaps(&run(&CHECK, &snapshot)), vec![("iam:GetRole", true)]);
}

#[test]
fn a_boundary_that_denies_only_some_of_a_service_lets_it_through() {
    let with = |deny: &Value| {
        let mut deny = deny.clone();
        deny["Effect"] = json!("Deny");
        faults(&run(&CHECK, &bounded(&json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}, deny]))))
    };
    for deny in [
        json!({"Action": "s3:Put*", "Resource": "*"}),
        json!({"Action": "sqs:*", "Resource": "*"}),
        json!({"NotAction": "s3:*", "Resource": "*"}),
        json!({"Action": "s3:*", "Resource": "arn:aws:s3:::other/*"}),
        json!({"Action": "s3:*", "NotResource": "*"}),
        json!({"Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
    ] {
        assert_eq!(with(&deny), [""; 0], "{deny}");
    }
    for deny in [json!({"Action": "*", "Resource": "*"}), json!({"Action": ["sqs:*", "s?:**"], "Resource": "*"})] {
        assert_eq!(with(&deny), ["boundary-blocks-service"], "{deny}");
    }
    let not = json!([{"Effect": "Allow", "NotAction": ["iam:*", "s3:*"], "Resource": "*"}]);
    assert_eq!(faults(&run(&CHECK, &bounded(&not))), ["boundary-blocks-service"]);
}

#[test]
fn the_services_that_count_are_those_that_the_policies_allow_by_name() {
    let blocked = |statement: &Value| {
        let mut snapshot = bounded(&allow(&json!("sqs:*")));
        set_policy(&mut snapshot, &json!({"Version": "2012-10-17", "Statement": statement}));
        let outcome = run(&CHECK, &snapshot);
        findings(&outcome).iter().map(|finding| finding.detail.clone()).collect::<Vec<_>>().join("; ")
    };
    let both = format!("boundary {BOUNDARY} lets nothing through of 2 services that the role's policies allow: ec2, s3");
    assert_eq!(blocked(&allow(&json!(["S3:Get*", "ec2:*", "sqs:*", "s3:List*"]))), both);
    for none in [
        json!([{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]),
        json!({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}),
        allow(&json!("*")),
    ] {
        assert_eq!(blocked(&none), "", "{none}");
    }
}
