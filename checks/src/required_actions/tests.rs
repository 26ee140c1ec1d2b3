use super::CHECK;
use crate::actions::decisions;
use crate::check::Status;
use crate::fault::Confidence;
use crate::finding::Finding;
use crate::snapshot::{Gap, GapCause, ManagedPolicy, Observed, PolicyEvidence, RequiredAction, ResourceEvidence, Snapshot};
use crate::testing::{POLICY, account, evidence, faults, findings, gaps, healthy, role, run, set_policy};
use serde_json::json;
use std::collections::BTreeMap;

const BUCKET: &str = "arn:aws:s3:::my-test-bucket";

fn asking(action: &str, resource: &str) -> Snapshot {
    let mut snapshot = healthy();
    snapshot.asked.actions =
        vec![RequiredAction { action: action.to_owned(), resource: resource.to_owned(), ..RequiredAction::default() }];
    snapshot
}

#[test]
fn what_the_policies_allow_passes_and_is_shown() {
    let snapshot = asking("s3:ListBucket", BUCKET);
    assert_eq!(run(&CHECK, &snapshot).status(), Status::Pass);
    let decisions = evidence(&snapshot, decisions);
    assert_eq!((decisions[0].decision.as_str(), decisions[0].by.len()), ("allow", 1));
    assert_eq!(run(&CHECK, &healthy()).status(), Status::NotApplicable, "nothing was asked");
}

#[test]
fn what_a_role_may_do_is_nothing_that_a_container_without_it_may_do() {
    let mut snapshot = asking("s3:ListBucket", BUCKET);
    let sidecar = crate::testing::read(&json!({"name": "side", "image": "i"}));
    crate::testing::pod(&mut snapshot).spec.containers.push(sidecar);
    assert_eq!(run(&CHECK, &snapshot).status(), Status::Pass, "nobody asked about the other");
    snapshot.asked.container = Some("side".to_owned());
    assert_eq!(run(&CHECK, &snapshot).status(), Status::NotApplicable);
    assert!(evidence(&snapshot, decisions).is_empty());
    // With nothing in any of them it is the role that new pods get.
    crate::testing::uninject(&mut snapshot);
    assert_eq!(run(&CHECK, &snapshot).status(), Status::Pass);
}

#[test]
fn a_grant_on_the_objects_does_not_list_the_bucket() {
    let mut snapshot = asking("s3:ListBucket", BUCKET);
    set_policy(
        &mut snapshot,
        &json!({"Version": "2012-10-17", "Statement": [{"Sid": "All", "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::my-test-bucket/*"}]}),
    );
    let outcome = run(&CHECK, &snapshot);
    assert_eq!(faults(&outcome), ["action-not-allowed"]);
    let finding = &findings(&outcome)[0];
    assert_eq!((finding.confidence, finding.locus.path.as_str()), (Confidence::Likely, "$['Statement'][0]['Resource']"));
    assert!(finding.detail.contains("statement All of"), "{}", finding.detail);
    let fix = finding.fix.as_ref().unwrap();
    assert_eq!(
        fix.commands[0].argv.last().unwrap(),
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:ListBucket"],"Resource":"arn:aws:s3:::my-test-bucket"}]}"#
    );
}

#[test]
fn an_explicit_deny_decides_whatever_else_is_unreadable() {
    let mut snapshot = asking("s3:ListBucket", BUCKET);
    set_policy(
        &mut snapshot,
        &json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}),
    );
    crate::testing::role_evidence(&mut snapshot).inline_names =
        Observed::Unavailable(Gap::new("iam:ListRolePolicies", GapCause::Denied));
    let outcome = run(&CHECK, &snapshot);
    assert_eq!(faults(&outcome), ["action-denied"]);
    assert!(findings(&outcome)[0].fix.as_ref().unwrap().commands.is_empty(), "nobody's Deny is removed");
}

#[test]
fn an_unread_policy_leaves_a_refusal_open() {
    let mut snapshot = asking("s3:DeleteObject", "arn:aws:s3:::my-test-bucket/a");
    crate::testing::role_evidence(&mut snapshot).inline_names =
        Observed::Unavailable(Gap::new("iam:ListRolePolicies", GapCause::Denied));
    let outcome = run(&CHECK, &snapshot);
    assert_eq!((outcome.status(), gaps(&outcome).len()), (Status::Unknown, 1));
    let documents = &mut account(&mut snapshot).policies.get_mut(POLICY).unwrap().documents;
    documents.insert("v1".to_owned(), Observed::Unavailable(Gap::new("iam:GetPolicyVersion", GapCause::Denied)));
    assert_eq!(run(&CHECK, &snapshot).status(), Status::Unknown);
}

#[test]
fn a_condition_that_can_not_hold_is_the_only_thing_in_the_way() {
    let mut snapshot = asking("s3:ListBucket", BUCKET);
    let with = |key: &str, value: &str| {
        json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*",
            "Condition": {"StringEquals": {key: value}}}})
    };
    set_policy(&mut snapshot, &with("aws:PrincipalTag/team", "data"));
    assert_eq!(faults(&run(&CHECK, &snapshot)), ["action-condition-unmet"]);
    role(&mut snapshot).tags = BTreeMap::from([("team".to_owned(), "data".to_owned())]);
    assert_eq!(run(&CHECK, &snapshot).status(), Status::Pass);
    set_policy(&mut snapshot, &with("s3:prefix", "a/"));
    assert_eq!(run(&CHECK, &snapshot).status(), Status::Unknown);
    snapshot.asked.actions[0].context.insert("s3:prefix".to_owned(), vec!["b/".to_owned()]);
    assert_eq!(faults(&run(&CHECK, &snapshot)), ["action-condition-unmet"]);
}

#[test]
fn outside_the_boundary() {
    let mut snapshot = asking("s3:ListBucket", BUCKET);
    let arn = "arn:aws:iam::123456789012:policy/boundary";
    role(&mut snapshot).permissions_boundary = Some(arn.to_owned());
    let unread = asking_result(&snapshot);
    assert_eq!(unread, Status::Unknown);
    let document =
        json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}}).to_string();
    let policy = ManagedPolicy { arn: arn.to_owned(), default_version_id: "v1".to_owned(), ..ManagedPolicy::default() };
    let evidence = PolicyEvidence {
        policy: Observed::Present(policy),
        documents: BTreeMap::from([("v1".to_owned(), Observed::Present(document))]),
        ..PolicyEvidence::default()
    };
    account(&mut snapshot).policies.insert(arn.to_owned(), evidence);
    assert_eq!(faults(&run(&CHECK, &snapshot)), ["action-outside-boundary"]);
}

fn asking_result(snapshot: &Snapshot) -> Status {
    run(&CHECK, snapshot).status()
}

#[test]
fn a_question_that_makes_no_sense_is_warned_about() {
    let unknown = run(&CHECK, &asking("s3:ListBukcet", BUCKET));
    assert!(faults(&unknown).contains(&"asked-action-unknown"), "{:?}", faults(&unknown));
    assert!(faults(&run(&CHECK, &asking("s4:ListBucket", BUCKET))).contains(&"asked-action-unknown"));
    let mismatch = run(&CHECK, &asking("s3:ListBucket", "arn:aws:s3:::my-test-bucket/key"));
    assert!(faults(&mismatch).contains(&"asked-resource-type-mismatch"), "{:?}", faults(&mismatch));
}

#[test]
fn an_action_without_a_resource_is_granted_by_a_star_alone() {
    let mut snapshot = asking("s3:ListAllMyBuckets", BUCKET);
    set_policy(
        &mut snapshot,
        &json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": BUCKET}}),
    );
    assert_eq!(faults(&run(&CHECK, &snapshot)), ["action-not-allowed"]);
    set_policy(
        &mut snapshot,
        &json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}),
    );
    assert_eq!(run(&CHECK, &snapshot).status(), Status::Pass);
}

#[test]
fn nothing_is_granted_on_what_an_action_never_takes() {
    let outcome = run(&CHECK, &asking("s3:DeleteBucket", "arn:aws:s3:::my-test-bucket/object"));
    let fixes: Vec<_> = findings(&outcome).iter().filter_map(|finding| finding.fix.as_ref()).collect();
    assert!(!fixes.is_empty() && fixes.iter().all(|fix| fix.commands.is_empty() && fix.needs_decision.is_some()), "{fixes:?}");
}

#[test]
fn an_action_that_no_statement_names_is_refused_whatever_the_resource() {
    assert_eq!(asking_result(&asking("sqs:SendMessage", "*")), Status::Fail);
    assert_eq!(asking_result(&asking("s3:ListBucket", "*")), Status::Unknown, "on which bucket wasn't said");
}

#[test]
fn why_a_resources_policy_is_not_known_is_said() {
    let mut snapshot = asking("s3:ListBucket", BUCKET);
    let policy = Observed::Unavailable(Gap::new("s3:GetBucketPolicy", GapCause::Denied));
    snapshot.resource_policies.insert(BUCKET.to_owned(), ResourceEvidence { policy, ..ResourceEvidence::default() });
    let outcome = run(&CHECK, &snapshot);
    assert_eq!((outcome.status(), gaps(&outcome)), (Status::Pass, vec![("s3:GetBucketPolicy", false)]));
}

/// The finding for a resource whose policy lets nobody in.
fn shut_out(action: &str, resource: &str, owner: &str) -> Finding {
    let mut snapshot = asking(action, resource);
    set_policy(
        &mut snapshot,
        &json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}}),
    );
    let policy = json!({"Version": "2012-10-17", "Statement": {
        "Sid": "Them", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": action, "Resource": "*",
    }});
    let policy = Observed::Present(policy.to_string());
    let read = ResourceEvidence { policy, owner: Some(owner.to_owned()), ..ResourceEvidence::default() };
    snapshot.resource_policies.insert(resource.to_owned(), read);
    let outcome = run(&CHECK, &snapshot);
    let [finding] = findings(&outcome) else { panic!("{:?}", faults(&outcome)) };
    assert_eq!(finding.fault.id, "resource-policy-not-allowed");
    finding.clone()
}

#[test]
fn the_statement_that_a_resource_lacks_fits_its_kind() {
    for (action, resource, wanted, words) in [
        ("s3:ListBucket", "arn:aws:s3:::theirs", Some("arn:aws:s3:::theirs"), "of account 210987654321 does not allow"),
        ("kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/1", Some("*"), "nor to account 123456789012"),
        ("ecr:BatchGetImage", "arn:aws:ecr:us-east-1:210987654321:repository/r", None, "of account 210987654321 does not allow"),
    ] {
        let finding = shut_out(action, resource, if action.starts_with("kms") { "123456789012" } else { "210987654321" });
        assert!(finding.detail.contains(words), "{}", finding.detail);
        let fix = finding.fix.unwrap();
        let (_, statement) = fix.notes.iter().find_map(|note| note.split_once("all that are there: ")).unwrap();
        let statement: serde_json::Value = serde_json::from_str(statement).unwrap();
        assert_eq!(statement.get("Resource").and_then(|resource| resource.as_str()), wanted, "{resource}");
        assert!(fix.needs_decision.unwrap().starts_with("whoever owns "), "{resource}");
    }
}

#[test]
fn all_that_is_left_out_is_granted_by_one_policy_of_a_new_name() {
    let mut snapshot = asking("s3:PutObjectTagging", "arn:aws:s3:::my-test-bucket/a");
    let put = |finding: &Finding| {
        let argv = finding.fix.as_ref().unwrap().commands[0].argv.clone();
        let name = argv.iter().position(|word| word == "--policy-name").unwrap();
        (argv[name + 1].clone(), argv.last().unwrap().clone())
    };
    let mut fix = put(&findings(&run(&CHECK, &snapshot))[0]);
    for action in ["s3:DeleteObject", "s3:GetObjectAcl"] {
        snapshot.asked.actions.extend(asking(action, "arn:aws:s3:::my-test-bucket/a").asked.actions);
        let fixes: Vec<_> = findings(&run(&CHECK, &snapshot)).iter().map(put).collect();
        assert_eq!(fixes, vec![fixes[0].clone(); snapshot.asked.actions.len()], "one fix for all");
        fix = fixes[0].clone();
    }
    let (name, document) = &fix;
    assert!(document.contains(r#""Action":["s3:PutObjectTagging","s3:DeleteObject","s3:GetObjectAcl"]"#), "{document}");
    // `put-role-policy` would replace one that is there.
    let nothing = Observed::Present(
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}}"#.to_owned(),
    );
    let evidence = crate::testing::role_evidence(&mut snapshot);
    evidence.inline_names = Observed::Present(vec![name.clone(), format!("{name}-2")]);
    evidence.inline = [(name.clone(), nothing.clone()), (format!("{name}-2"), nothing)].into();
    assert_eq!(put(&findings(&run(&CHECK, &snapshot))[0]).0, format!("{name}-3"));
}

#[test]
fn three_of_the_values_that_a_statement_has_are_named() {
    let detail = |buckets: &[&str]| {
        let mut snapshot = asking("s3:ListBucket", BUCKET);
        let statement = json!({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": buckets});
        set_policy(&mut snapshot, &json!({"Version": "2012-10-17", "Statement": statement}));
        findings(&run(&CHECK, &snapshot))[0].detail.clone()
    };
    let [a, b, c, d] = ["arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::c", "arn:aws:s3:::d"];
    let three = detail(&[a, b, c]);
    assert!(three.contains("Resource is arn:aws:s3:::a, arn:aws:s3:::b, arn:aws:s3:::c") && !three.contains("..."), "{three}");
    let four = detail(&[a, b, c, d]);
    assert!(four.contains("arn:aws:s3:::c, ...") && !four.contains(d), "{four}");
}

#[test]
fn a_refusal_is_certain_where_all_that_could_allow_it_was_read() {
    const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let policy = |principal: &str, action: &str| {
        let statement = json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": "*"});
        Some(json!({"Version": "2012-10-17", "Statement": statement}).to_string())
    };
    for (action, resource, read, confidence) in [
        ("s3:DeleteBucket", BUCKET, None, Confidence::Likely),
        ("s3:DeleteBucket", BUCKET, policy("arn:aws:iam::123456789012:role/other", "s3:*"), Confidence::Certain),
        // A grant on the key may let the role in.
        ("kms:Decrypt", KEY, policy("arn:aws:iam::123456789012:root", "kms:*"), Confidence::Likely),
        ("ec2:StopInstances", "arn:aws:ec2:us-east-1:123456789012:instance/i-0", None, Confidence::Certain),
    ] {
        let mut snapshot = asking(action, resource);
        if let Some(policy) = read {
            let owner = Some("123456789012".to_owned());
            let read = ResourceEvidence { policy: Observed::Present(policy), owner, ..ResourceEvidence::default() };
            snapshot.resource_policies.insert(resource.to_owned(), read);
        }
        let outcome = run(&CHECK, &snapshot);
        let found: Vec<_> = findings(&outcome).iter().map(|finding| (finding.fault.id, finding.confidence)).collect();
        assert_eq!(found, [("action-not-allowed", confidence)], "{action}");
    }
}

#[test]
fn a_role_without_a_policy_may_do_what_the_resources_own_policy_allows() {
    let mut snapshot = asking("s3:ListBucket", BUCKET);
    let role = crate::testing::role_evidence(&mut snapshot);
    role.attached = Observed::Present(Vec::new());
    role.inline_names = Observed::Present(Vec::new());
    assert_eq!(asking_result(&snapshot), Status::NotApplicable, "what is missing is said of its policies");
    let policy = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": {"AWS": crate::testing::ROLE}, "Action": "s3:ListBucket", "Resource": BUCKET,
    }});
    let (policy, owner) = (Observed::Present(policy.to_string()), Some("123456789012".to_owned()));
    let read = ResourceEvidence { policy, owner, ..ResourceEvidence::default() };
    snapshot.resource_policies.insert(BUCKET.to_owned(), read);
    assert_eq!(asking_result(&snapshot), Status::Pass);
}

#[test]
fn what_holds_for_some_of_the_resources_is_not_said_of_all() {
    let allow = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let deny = |resource: &str| json!({"Effect": "Deny", "Action": "s3:*", "Resource": resource});
    let deny_not = json!({"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::b/*"});
    let allow_not = json!({"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::b/*"});
    for (resource, statements, wanted) in [
        ("*", json!([allow, deny("arn:aws:s3:::b/*")]), Status::Unknown),
        ("arn:aws:s3:::b/*", json!([allow, deny("arn:aws:s3:::b/secret/*")]), Status::Unknown),
        ("arn:aws:s3:::b/*", json!([allow, deny("arn:aws:s3:::c/*")]), Status::Pass),
        ("arn:aws:s3:::b/public", json!([allow, deny("arn:aws:s3:::b/secret/*")]), Status::Pass),
        ("*", json!([allow, deny("arn:aws:sqs:us-east-1:123456789012:q")]), Status::Pass),
        ("*", json!([allow, deny_not]), Status::Unknown),
        ("arn:aws:s3:::c/*", json!([allow, deny_not]), Status::Fail),
        ("*", json!([allow_not]), Status::Unknown),
        ("*", json!([allow, allow_not]), Status::Pass),
        ("arn:aws:s3:::c/*", json!([allow_not]), Status::Pass),
        ("*", json!([allow, deny("*")]), Status::Fail),
    ] {
        let mut snapshot = asking("s3:GetObject", resource);
        set_policy(&mut snapshot, &json!({"Version": "2012-10-17", "Statement": statements}));
        assert_eq!(run(&CHECK, &snapshot).status(), wanted, "{resource} {statements}");
    }
}

#[test]
fn who_one_is_may_be_asked_without_any_permission() {
    let mut snapshot = asking("sts:GetCallerIdentity", "*");
    for statement in [json!([]), json!([{"Effect": "Deny", "Action": "*", "Resource": "*"}])] {
        let statements =
            [vec![json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})], statement.as_array().unwrap().clone()];
        set_policy(&mut snapshot, &json!({"Version": "2012-10-17", "Statement": statements.concat()}));
        assert_eq!(run(&CHECK, &snapshot).status(), Status::Pass);
        assert_eq!(evidence(&snapshot, decisions)[0].decision, "allow");
    }
}

#[test]
fn a_secrets_arn_ends_with_characters_of_its_own() {
    const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:";
    for (resource, name, wanted) in [
        ("foo-??????", "foo", Status::Pass),
        ("foo-*", "foo", Status::Pass),
        ("foo*", "foo", Status::Pass),
        ("foo", "foo", Status::Unknown),
        ("foo-AbCdEf", "foo", Status::Unknown),
        ("foo-AbCdEf", "foo-AbCdEf", Status::Pass),
        ("foo", "foo-AbCdEf", Status::Fail),
    ] {
        let mut snapshot = asking("secretsmanager:GetSecretValue", &format!("{SECRET}{name}"));
        let statement = json!({"Effect": "Allow", "Action": "secretsmanager:*", "Resource": format!("{SECRET}{resource}")});
        set_policy(&mut snapshot, &json!({"Version": "2012-10-17", "Statement": statement}));
        assert_eq!(run(&CHECK, &snapshot).status(), wanted, "{resource} {name}");
    }
}
