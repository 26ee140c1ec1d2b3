use super::{Bearer, ResourceKind, ResourcePolicy, arn_to_name, bearers, may_bear_policy};
use crate::permissions::permissions;
use crate::snapshot::{Gap, GapCause, Observed, RequiredAction, ResourceEvidence, Snapshot};
use crate::testing::{POLICY, account, evidence, healthy, role, set_policy};
use irsa_doctor_iam::Verdict;
use serde_json::{Value, json};

const BUCKET: &str = "arn:aws:s3:::my-test-bucket";
const ALIAS: &str = "arn:aws:kms:us-east-1:123456789012:alias/app";
const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/1234abcd";

fn ask(action: &str, resource: &str) -> RequiredAction {
    RequiredAction { action: action.to_owned(), resource: resource.to_owned(), ..RequiredAction::default() }
}

#[test]
fn what_bears_a_policy() {
    let place = "us-east-1:123456789012";
    for (action, resource, kind, name) in [
        ("s3:GetObject", "arn:aws:s3:::b/a/*".to_owned(), ResourceKind::Bucket, "b"),
        ("S3:listbucket", "arn:aws-cn:s3:::b".to_owned(), ResourceKind::Bucket, "b"),
        ("kms:Decrypt", format!("arn:aws:kms:{place}:key/1"), ResourceKind::Key, "key/1"),
        ("kms:Decrypt", format!("arn:aws:kms:{place}:alias/a/b"), ResourceKind::Key, "alias/a/b"),
        ("sqs:SendMessage", format!("arn:aws:sqs:{place}:jobs.fifo"), ResourceKind::Queue, "jobs.fifo"),
        ("sns:Unsubscribe", format!("arn:aws:sns:{place}:t:0-1"), ResourceKind::Topic, "t"),
        (
            "secretsmanager:GetSecretValue",
            format!("arn:aws:secretsmanager:{place}:secret:a/b-AbCdEf"),
            ResourceKind::Secret,
            "a/b-AbCdEf",
        ),
        ("ecr:BatchGetImage", format!("arn:aws:ecr:{place}:repository/a/b"), ResourceKind::Repository, "a/b"),
        ("lambda:InvokeFunction", format!("arn:aws:lambda:{place}:function:f:PROD"), ResourceKind::Function, "f:PROD"),
    ] {
        let bearer = Bearer::of(action, &resource).unwrap_or_else(|| panic!("{resource}"));
        assert_eq!((bearer.kind, bearer.name.as_str()), (kind, name));
        assert!(resource.starts_with(&bearer.arn) && bearer.arn.ends_with(name), "{bearer:?}");
        assert!(bearer.kind.operation().starts_with(&format!("{}:", bearer.arn.split(':').nth(2).unwrap())));
        assert!(may_bear_policy(&ask(action, &resource)));
    }
}

#[test]
fn what_bears_none_that_is_read() {
    for (action, resource) in [
        ("s3:ListAllMyBuckets", BUCKET),
        ("kms:Decrypt", BUCKET),
        ("s3:GetObject", "*"),
        ("s3:GetObject", "arn:aws:s3:::my-*/x"),
        ("s3:GetObject", "arn:aws:s3:us-east-1:123456789012:accesspoint/a/object/x"),
        ("s3express:CreateSession", "arn:aws:s3express:us-east-1:123456789012:bucket/b--use1-az4--x-s3"),
        ("kms:CreateAlias", ALIAS),
        ("kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/*"),
        ("kms:Decrypt", "arn:aws:kms:us-east-1::key/1"),
        ("sqs:SendMessage", "arn:aws:sqs:*:123456789012:jobs"),
        ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-??????"),
        ("lambda:GetLayerVersion", "arn:aws:lambda:us-east-1:123456789012:layer:l:1"),
        ("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:123456789012:table/t"),
    ] {
        assert_eq!(Bearer::of(action, resource), None, "{action} {resource}");
    }
}

#[test]
fn what_may_let_somebody_in_by_itself() {
    let table = "arn:aws:dynamodb:us-east-1:123456789012:table/t";
    assert!(may_bear_policy(&ask("dynamodb:GetItem", table)), "it has one, that isn't read");
    assert!(may_bear_policy(&ask("S3:GetObject", "arn:aws:s3:::b/x")));
    assert!(!may_bear_policy(&ask("s3:GetObject", "*")), "no resource in particular");
    assert!(!may_bear_policy(&ask("iam:GetUser", "arn:aws:iam::123456789012:user/me")));
}

#[test]
fn each_kind_has_its_words() {
    for (kind, noun, words) in [
        (ResourceKind::Bucket, "bucket", "bucket policy"),
        (ResourceKind::Key, "key", "key policy"),
        (ResourceKind::Queue, "queue", "queue policy"),
        (ResourceKind::Topic, "topic", "topic policy"),
        (ResourceKind::Secret, "secret", "secret's policy"),
        (ResourceKind::Repository, "repository", "repository policy"),
        (ResourceKind::Function, "function", "function policy"),
    ] {
        assert_eq!((kind.noun(), kind.words()), (noun, words));
    }
}

#[test]
fn each_bearer_is_read_once() {
    let object = |key: &str| ask("s3:GetObject", &format!("{BUCKET}/{key}"));
    assert!(bearers(&[object("a"), object("b"), ask("s3:ListBucket", BUCKET)]).keys().eq([BUCKET]));
}

/// A snapshot with what was read of a resource's policy.
fn read(arn: &str, policy: Observed<String>, key: Option<Observed<String>>) -> Snapshot {
    let mut snapshot = healthy();
    let read = ResourceEvidence { policy, key, ..ResourceEvidence::default() };
    snapshot.resource_policies.insert(arn.to_owned(), read);
    snapshot
}

fn state(snapshot: &Snapshot, asked: &RequiredAction) -> (bool, Option<GapCause>) {
    evidence(snapshot, |evidence| {
        let resource = ResourcePolicy::of(evidence, asked).unwrap();
        (resource.is_examined(), resource.gap().map(|gap| gap.cause))
    })
}

#[test]
fn what_was_not_read_is_not_examined() {
    let asked = ask("s3:ListBucket", BUCKET);
    let policy = r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket", "Resource": "*"}}"#.to_owned();
    let denied = Observed::Unavailable(Gap::new("s3:GetBucketPolicy", GapCause::Denied));
    assert_eq!(state(&healthy(), &asked), (false, None), "an older bundle");
    assert_eq!(state(&read(BUCKET, Observed::default(), None), &asked), (false, None));
    assert_eq!(state(&read(BUCKET, denied, None), &asked), (false, Some(GapCause::Denied)));
    assert_eq!(state(&read(BUCKET, Observed::Present("<html>".to_owned()), None), &asked), (false, Some(GapCause::Malformed)));
    assert_eq!(state(&read(BUCKET, Observed::Absent, None), &asked), (true, None));
    assert_eq!(state(&read(BUCKET, Observed::Present(policy), None), &asked), (true, None));
    assert_eq!(state(&read(KEY, Observed::Absent, None), &ask("kms:Decrypt", KEY)), (false, None), "every key has one");
}

#[test]
fn a_build_without_them_says_so() {
    let unbuilt = Gap::not_collected("s3:GetBucketPolicy").detail("this build can't read resource policies");
    let snapshot = read(BUCKET, Observed::Unavailable(unbuilt), None);
    assert_eq!(state(&snapshot, &ask("s3:ListBucket", BUCKET)), (false, Some(GapCause::NotCollected)));
}

#[test]
fn a_policy_has_to_name_the_key_behind_an_alias() {
    let asked = ask("kms:Decrypt", ALIAS);
    let name = |snapshot: &Snapshot| evidence(snapshot, |evidence| arn_to_name(evidence, &asked));
    assert_eq!(name(&read(ALIAS, Observed::default(), Some(Observed::Present(KEY.to_owned())))).as_deref(), Some(KEY));
    assert_eq!(name(&healthy()), None);
}

#[test]
fn a_policy_is_named_after_what_bears_it() {
    let name = |snapshot: &Snapshot, asked: &RequiredAction| {
        evidence(snapshot, |evidence| ResourcePolicy::of(evidence, asked).unwrap().name())
    };
    assert_eq!(name(&healthy(), &ask("s3:GetObject", &format!("{BUCKET}/x"))), format!("the bucket policy of {BUCKET}"));
    let alias = ask("kms:Decrypt", ALIAS);
    assert_eq!(name(&healthy(), &alias), format!("the key policy of {ALIAS}"));
    let known = read(ALIAS, Observed::default(), Some(Observed::Present(KEY.to_owned())));
    assert_eq!(name(&known, &alias), format!("the key policy of {KEY}"), "an alias has none");
}

#[test]
fn a_statement_about_a_key_may_be_about_the_key_behind_an_alias() {
    let verdict = |key: bool, statement: &Value| {
        let mut snapshot =
            if key { read(ALIAS, Observed::default(), Some(Observed::Present(KEY.to_owned()))) } else { healthy() };
        set_policy(&mut snapshot, &json!({"Version": "2012-10-17", "Statement": statement}));
        let asked = ask("kms:Decrypt", ALIAS);
        evidence(&snapshot, |evidence| permissions(evidence).unwrap().decide(evidence, &asked).outcome.verdict())
    };
    let allow = |action: &str, resource: &str| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    assert_eq!(verdict(false, &allow("kms:Decrypt", KEY)), Verdict::Unknown, "which key it is was not read");
    let other = "arn:aws:kms:us-east-1:123456789012:key/9876";
    assert_eq!(verdict(true, &allow("kms:Decrypt", other)), Verdict::ImplicitDeny, "it was, and is another");
    assert_eq!(verdict(false, &allow("kms:Decrypt", "arn:aws:kms:*:*:key/*")), Verdict::Allowed, "whichever it is");
    for no_matter_which in [
        allow("kms:Encrypt", "*"),
        allow("kms:Encrypt", KEY),
        json!([{"Effect": "Deny", "Action": "kms:Decrypt", "Resource": KEY}, allow("s3:*", "*")]),
    ] {
        assert_eq!(verdict(false, &no_matter_which), Verdict::ImplicitDeny, "{no_matter_which}");
    }
}

#[test]
fn what_a_boundary_leaves_out_hangs_on_no_key() {
    let mut snapshot = healthy();
    set_policy(
        &mut snapshot,
        &json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}),
    );
    let boundary = "arn:aws:iam::123456789012:policy/boundary";
    role(&mut snapshot).permissions_boundary = Some(boundary.to_owned());
    let mut policy = account(&mut snapshot).policies[POLICY].clone();
    let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}"#;
    policy.documents.insert("v1".to_owned(), Observed::Present(text.to_owned()));
    account(&mut snapshot).policies.insert(boundary.to_owned(), policy);
    let asked = ask("kms:Decrypt", ALIAS);
    let outcome = evidence(&snapshot, |evidence| permissions(evidence).unwrap().decide(evidence, &asked).outcome);
    assert_eq!(outcome.verdict(), Verdict::ImplicitDeny);
}
