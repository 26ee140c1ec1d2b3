use super::*;
use crate::report::{Report, Verdict};
use crate::snapshot::{Caller, Observed, Snapshot};
use crate::testing;

fn report(snapshot: &Snapshot) -> Report {
    crate::diagnose::diagnose(snapshot)
}

fn denied(operation: &str) -> Gap {
    Gap::new(operation, GapCause::Denied).about(testing::ROLE)
}

/// The healthy snapshot, its account refusing to say anything of the role.
fn role_denied(cause: GapCause) -> Snapshot {
    let mut snapshot = testing::healthy();
    let role = testing::role_evidence(&mut snapshot);
    role.role = Observed::Unavailable(Gap { cause, ..denied("iam:GetRole") });
    role.attached = Observed::Unavailable(Gap { cause, ..denied("iam:ListAttachedRolePolicies") });
    role.inline_names = Observed::Unavailable(Gap { cause, ..denied("iam:ListRolePolicies") });
    snapshot
}

const COMMAND: &str = "irsa-doctor role/arn:aws:iam::123456789012:role/my-test-role --subject default/my-service-account --issuer https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";

#[test]
fn nothing_is_asked_where_nothing_is_open() {
    assert!(report(&testing::healthy()).targets[0].hand_over.is_empty());
    // What decides nothing is nobody's errand.
    let mut snapshot = testing::healthy();
    testing::cluster(&mut snapshot).webhooks =
        Observed::Unavailable(Gap::new("list mutatingwebhookconfigurations", GapCause::Denied));
    let report = report(&snapshot);
    assert_eq!((report.verdict, report.targets[0].hand_over.len()), (Verdict::Healthy, 0));
}

#[test]
fn denied_permissions_stand_in_one_sentence() {
    let report = report(&role_denied(GapCause::Denied));
    let sentences = &report.targets[0].hand_over;
    assert_eq!(sentences.len(), 2, "{sentences:#?}");
    assert_eq!(
        sentences[0],
        "Ask the owner of AWS account 123456789012 to allow arn:aws:iam::123456789012:user/me iam:GetRole, \
         iam:ListAttachedRolePolicies and iam:ListRolePolicies on arn:aws:iam::123456789012:role/my-test-role."
    );
    assert!(sentences[1].contains(&format!("`{COMMAND}`")), "{}", sentences[1]);
    assert!(sentences[1].contains("--save half.json") && sentences[1].contains("--from half.json --with-aws"));
}

#[test]
fn the_command_asks_the_same_question() {
    let mut snapshot = role_denied(GapCause::Denied);
    let action = crate::snapshot::RequiredAction {
        action: "s3:ListBucket".into(),
        resource: "arn:aws:s3:::my-test-bucket".into(),
        ..Default::default()
    };
    snapshot.asked.actions.push(action);
    let wanted = format!("{COMMAND} --action s3:ListBucket --resource arn:aws:s3:::my-test-bucket`");
    let report = report(&snapshot);
    assert!(report.targets[0].hand_over.iter().any(|sentence| sentence.contains(&wanted)), "{:#?}", report.targets[0].hand_over);
}

#[test]
fn who_is_of_another_account_asks_for_a_profile() {
    let mut snapshot = role_denied(GapCause::NotCollected);
    let other = Caller { arn: "arn:aws:iam::999999999999:role/ci".into(), account: "999999999999".into() };
    snapshot.callers.insert("default".into(), Observed::Present(other));
    let first = report(&snapshot).targets[0].hand_over[0].clone();
    assert!(first.starts_with("Ask the owner of AWS account 123456789012 for a profile that is allowed iam:GetRole"), "{first}");
    assert!(first.ends_with("--role-profile NAME."), "{first}");
}

#[test]
fn who_has_no_credentials_asks_for_some() {
    let mut snapshot = role_denied(GapCause::NoCredentials);
    snapshot.callers.clear();
    let first = report(&snapshot).targets[0].hand_over[0].clone();
    assert!(first.starts_with("Ask the owner of AWS account 123456789012 for credentials that are allowed"), "{first}");
}

#[test]
fn what_passes_by_itself_is_nobodys_errand() {
    for cause in [GapCause::Throttled, GapCause::TimedOut, GapCause::ServerError, GapCause::InvalidCredentials] {
        let report = report(&role_denied(cause));
        assert_eq!(report.verdict, Verdict::Inconclusive);
        assert!(report.targets[0].hand_over.is_empty(), "{cause:?}: {:?}", report.targets[0].hand_over);
    }
}

#[test]
fn the_cluster_is_asked_for_its_own() {
    let mut snapshot = testing::healthy();
    let gap = Gap::new("get pods", GapCause::Denied).about("default/awscli");
    testing::cluster(&mut snapshot).pods.insert("default/awscli".into(), Observed::Unavailable(gap));
    let report = report(&snapshot);
    let sentences = &report.targets[0].hand_over;
    assert_eq!(
        sentences[0],
        "Ask the administrators of cluster my-cluster to allow you (RBAC) get on pods in namespace default."
    );
    assert!(sentences[1].contains("`irsa-doctor pod/awscli -n default --save k8s.json`"), "{sentences:#?}");
}

#[test]
fn what_follows_from_an_unread_pod_is_not_asked_for_yet() {
    let mut snapshot = testing::healthy();
    let gap = Gap::new("get pods", GapCause::Denied).about("default/awscli");
    testing::cluster(&mut snapshot).pods.insert("default/awscli".into(), Observed::Unavailable(gap));
    testing::cluster(&mut snapshot).associations.clear();
    let report = report(&snapshot);
    let sentences = &report.targets[0].hand_over;
    assert!(sentences.iter().all(|sentence| !sentence.contains("eks:")), "{sentences:#?}");
}

#[test]
fn the_issuer_is_a_fact_to_ask_for() {
    let mut snapshot = testing::healthy();
    let cluster = testing::cluster(&mut snapshot);
    cluster.openid_configuration = Observed::Unavailable(Gap::new("get /.well-known/openid-configuration", GapCause::Denied));
    cluster.eks = Observed::Unavailable(Gap::new("eks:DescribeCluster", GapCause::Denied).about("my-cluster"));
    let report = report(&snapshot);
    let first = &report.targets[0].hand_over[0];
    assert!(first.contains("aws eks describe-cluster --name my-cluster --region us-east-1"), "{first}");
    assert!(first.ends_with("--issuer URL."), "{first}");
    assert!(report.targets[0].hand_over.iter().any(|sentence| sentence.contains("--cluster my-cluster --region us-east-1")));
}

#[test]
fn permissions_are_told_by_namespace() {
    assert_eq!(rule("get serviceaccounts", "shop/api"), "get on serviceaccounts in namespace shop");
    assert_eq!(rule("get deployments", "Deployment/shop/api"), "get on deployments in namespace shop");
    assert_eq!(rule("list pods", "shop"), "list on pods in namespace shop");
    assert_eq!(rule("get nodes", "ip-192-0-2-1"), "get on nodes");
    let path = "/.well-known/openid-configuration";
    assert_eq!(rule(&format!("get {path}"), path), format!("get on {path}"));
}

#[test]
fn another_accounts_fix_is_theirs() {
    let mut snapshot = testing::healthy();
    let role = testing::role(&mut snapshot);
    role.trust_policy = role.trust_policy.replace("my-service-account", "other");
    assert!(report(&snapshot).targets[0].hand_over.is_empty(), "our own account's fix is ours");
    let other = Caller { arn: "arn:aws:iam::999999999999:role/ci".into(), account: "999999999999".into() };
    snapshot.callers.insert("default".into(), Observed::Present(other));
    let report = report(&snapshot);
    assert_eq!(
        report.targets[0].hand_over,
        [
            "Ask the owner of AWS account 123456789012 to mend trust-subject-mismatch on arn:aws:iam::123456789012:role/my-test-role: \
          the commands of the fix are theirs to run."
        ]
    );
}

#[test]
fn a_condition_key_is_nobodys_to_allow() {
    let mut snapshot = testing::healthy();
    let mut trust = testing::trust();
    let statement = trust["Statement"][0].as_object_mut().unwrap();
    statement["Condition"]["IpAddress"] = serde_json::json!({"aws:SourceIp": "198.51.100.0/24"});
    testing::set_trust(&mut snapshot, &trust);
    let target = &report(&snapshot).targets[0];
    assert_eq!((target.verdict, target.hand_over.len()), (Verdict::Inconclusive, 0), "{:?}", target.hand_over);
    assert!(target.sentence.contains("condition key aws:SourceIp not known"), "{}", target.sentence);
}

#[test]
fn each_question_goes_to_the_account_that_can_answer_it() {
    let mut snapshot = testing::healthy();
    testing::cluster(&mut snapshot).account = Some("999999999999".to_owned());
    let eks = "arn:aws:eks:us-east-1:123456789012:cluster/my-cluster";
    let (foreign, bucket) = ("arn:aws:iam::210987654321:role/r", "arn:aws:s3:::my-test-bucket");
    for (operation, about, wanted) in [
        ("iam:GetRole", Some(foreign), Some(("210987654321", foreign))),
        ("s3:GetBucketPolicy", Some(bucket), Some((testing::ACCOUNT, bucket))),
        ("iam:ListRoles", Some("a:b:c:d:210987654321"), Some((testing::ACCOUNT, "a:b:c:d:210987654321"))),
        ("iam:ListRoles", None, Some((testing::ACCOUNT, ""))),
        ("eks:DescribeCluster", Some("my-cluster"), Some(("999999999999", eks))),
        ("condition key aws:SourceIp", None, None),
    ] {
        let gap = Gap { resource: about.map(str::to_owned), ..Gap::new(operation, GapCause::Denied) };
        let asked = testing::evidence(&snapshot, |evidence| addressee(evidence, &gap));
        let wanted = wanted.map(|(account, about)| (Addressee::Account(account.to_owned()), about.to_owned()));
        assert_eq!(asked, wanted, "{operation} about {about:?}");
    }
    testing::cluster(&mut snapshot).account = None;
    let gap = Gap::new("eks:DescribeCluster", GapCause::Denied).about("my-cluster");
    assert_eq!(testing::evidence(&snapshot, |evidence| addressee(evidence, &gap)), None, "it may be any account's");
}

#[test]
fn what_names_no_account_is_nobodys_to_mend() {
    let mut snapshot = testing::healthy();
    let role = testing::role(&mut snapshot);
    role.trust_policy = role.trust_policy.replace("my-service-account", "other");
    snapshot.callers.clear();
    let mut found = report(&snapshot).targets[0].findings[0].clone();
    let asked = |found: &FoundFinding| testing::evidence(&snapshot, |evidence| of_finding(evidence, found));
    assert!(asked(&found).is_some());
    found.finding.locus.resource = "arn:aws:s3:::my-test-bucket".to_owned();
    assert_eq!(asked(&found), None);
}
