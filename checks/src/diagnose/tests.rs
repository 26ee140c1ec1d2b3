//! What stands above the targets, and how a pasted error and the chain are read together.

use super::*;
use crate::check::Status;
use crate::fault::Severity;
use crate::report::CheckResult;
use crate::snapshot::{Gap, GapCause, Observed, Scan, TargetKind};
use crate::testing::{self, ISSUER, ROLE, healthy, role_evidence, set_policy};
use serde_json::json;

const CLUSTER: &str = "arn:aws:eks:us-east-1:123456789012:cluster/my-cluster";
const REFUSED: &str = "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: User: arn:aws:sts::123456789012:assumed-role/my-test-role/botocore-session-1 is not authorized to perform: s3:ListBucket on resource: \"arn:aws:s3:::my-test-bucket\" because no identity-based policy allows the s3:ListBucket action";

/// The healthy cluster and a copy of it, both scanned.
fn two_clusters(change: impl FnOnce(&mut Cluster)) -> Snapshot {
    let mut snapshot = healthy();
    let mut other = testing::cluster(&mut snapshot).clone();
    other.name = Some("other".to_owned());
    change(&mut other);
    snapshot.clusters.insert("other".to_owned(), other);
    let of = |key: &str| Target { scanned: true, cluster: Some(key.to_owned()), ..snapshot.asked.targets[0].clone() };
    snapshot.asked.targets = vec![of(CLUSTER), of("other")];
    snapshot
}

fn gap() -> Gap {
    Gap::new("list pods", GapCause::Denied)
}

#[test]
fn the_head_names_the_one_cluster_and_the_caller() {
    let report = diagnose(&healthy());
    let server = "https://EXAMPLED539D4633E53DE1B71EXAMPLE.gr7.us-east-1.eks.amazonaws.com";
    let head = ClusterHead {
        name: Some("my-cluster".to_owned()),
        arn: Some(CLUSTER.to_owned()),
        context: Some(CLUSTER.to_owned()),
        server: Some(server.to_owned()),
        version: Some("v1.36.0-eks-1234567".to_owned()),
        region: Some("us-east-1".to_owned()),
        account: Some(testing::ACCOUNT.to_owned()),
        issuer: Some(ISSUER.to_owned()),
        issuer_source: Some("openid-configuration"),
    };
    assert_eq!((report.cluster, report.clusters), (Some(head), vec![]));
    let caller = CallerHead { arn: "arn:aws:iam::123456789012:user/me".to_owned(), account: testing::ACCOUNT.to_owned() };
    assert_eq!(report.caller, Some(caller));
}

#[test]
fn of_several_clusters_each_counts_its_own_targets() {
    let scan = Scan { gaps: vec![gap()], ..Scan::default() };
    let report = diagnose(&two_clusters(|other| other.scan = Some(scan)));
    assert_eq!(report.cluster, None, "no one of them is the report's");
    let parts: Vec<_> = report
        .clusters
        .iter()
        .map(|part| (part.key.as_str(), part.head.name.as_deref().unwrap(), part.verdict, part.targets.clone()))
        .collect();
    let healthy = BTreeMap::from([(Verdict::Healthy, 1)]);
    let wanted = [
        (CLUSTER, "my-cluster", Verdict::Healthy, healthy.clone()),
        // What could not be read of it is no target that somebody could count.
        ("other", "other", Verdict::Inconclusive, healthy),
    ];
    assert_eq!(parts, wanted);
}

#[test]
fn a_place_of_several_clusters_that_was_not_read_names_its_own() {
    let scan = Scan { gaps: vec![gap()], ..Scan::default() };
    let report = diagnose(&two_clusters(|other| other.scan = Some(scan)));
    let unread: Vec<_> = report.targets.iter().filter(|target| target.target.kind.is_scan()).collect();
    let [place] = unread.as_slice() else { panic!("{unread:?}") };
    assert_eq!(place.target.cluster.as_deref(), Some("other"));
    assert!(place.checks.iter().all(|link| link.reason.as_deref() == Some("not all of it could be read")));
}

#[test]
fn a_scan_of_which_all_was_read_is_no_gap() {
    let mut snapshot = healthy();
    snapshot.asked.targets = vec![Target::new(TargetKind::Cluster, "", "")];
    testing::cluster(&mut snapshot).scan = Some(Scan::default());
    let report = diagnose(&snapshot);
    assert_eq!((report.verdict, report.targets[0].gaps.len()), (Verdict::NotApplicable, 0));
}

#[test]
fn only_a_scan_is_told_in_one_picture() {
    let is_scan = |change: fn(&mut Snapshot)| {
        let mut snapshot = healthy();
        change(&mut snapshot);
        diagnose(&snapshot).overview.is_some()
    };
    let remembers = |snapshot: &mut Snapshot| testing::cluster(snapshot).scan = Some(Scan::default());
    assert!(!is_scan(|_| {}));
    assert!(!is_scan(remembers), "of what was scanned somebody asks about one pod");
    assert!(!is_scan(|snapshot| snapshot.asked.targets.clear()), "nobody scanned");
    assert!(is_scan(|snapshot| {
        testing::cluster(snapshot).scan = Some(Scan::default());
        snapshot.asked.targets.clear();
    }));
    assert!(is_scan(|snapshot| snapshot.asked.targets[0].scanned = true));
    assert!(is_scan(|snapshot| snapshot.from_files = true));
}

/// The links of the only target.
fn links(snapshot: &Snapshot) -> Vec<CheckResult> {
    diagnose(snapshot).targets.remove(0).checks
}

fn link<'a>(links: &'a [CheckResult], id: &str) -> &'a CheckResult {
    links.iter().find(|link| link.id == id).unwrap()
}

#[test]
fn a_pasted_error_alone_is_its_own_only_link() {
    let mut snapshot = Snapshot::default();
    snapshot.asked.targets = vec![Target::new(TargetKind::Error, "", "")];
    snapshot.asked.error = Some(REFUSED.to_owned());
    let links = links(&snapshot);
    let judged: Vec<_> = links.iter().filter(|link| link.status != Status::NotApplicable).map(|link| link.id).collect();
    assert_eq!(judged, ["error-message"]);
    assert_eq!(link(&links, "role").reason.as_deref(), Some("no cluster and no account was looked at"));
}

#[test]
fn what_the_error_proves_to_work_is_not_unknown() {
    let mut snapshot = healthy();
    role_evidence(&mut snapshot).role = Observed::Unavailable(Gap::new("iam:GetRole", GapCause::Denied));
    let before = links(&snapshot);
    assert!(["role", "trust-policy", "policy-document"].iter().all(|id| link(&before, id).status == Status::Unknown));
    // AWS let a session of the role in: the role is there, and trusts the pod. Of its permissions that says nothing.
    snapshot.asked.error = Some(REFUSED.to_owned());
    let after = links(&snapshot);
    for id in ["role", "trust-policy"] {
        assert_eq!(link(&after, id).reason.as_deref(), Some("not read; the error proves that this link worked"));
    }
    assert_eq!(link(&after, "policy-document").status, Status::Unknown);
    assert_eq!(link(&after, "pod-injection").status, Status::Pass, "what was seen to hold stays so");
}

#[test]
fn an_error_that_the_chain_explains_is_no_second_error() {
    let judged = |actions: &str| {
        let mut snapshot = healthy();
        snapshot.asked.error = Some(REFUSED.to_owned());
        let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
        set_policy(&mut snapshot, &json!({"Version": "2012-10-17", "Statement": statement}));
        let report = diagnose(&snapshot).targets.remove(0);
        let of_error = report.findings.iter().find(|found| found.check == "error-message").unwrap().finding.clone();
        (
            of_error.severity == Severity::Info,
            of_error.detail.contains("action-not-allowed explains it"),
            report.error.unwrap().agreement,
        )
    };
    assert_eq!(judged("s3:GetObject"), (true, true, "agrees"));
    assert_eq!(judged("s3:*"), (false, false, "contradicts"));
}

#[test]
fn what_runs_is_looked_up_once_for_all_who_use_it() {
    let mut snapshot = healthy();
    testing::add_account(&mut snapshot, "twin", &json!({"eks.amazonaws.com/role-arn": ROLE}));
    let mut twin = testing::pod(&mut snapshot).clone();
    twin.metadata.name = "twin".to_owned();
    twin.spec.service_account_name = Some("twin".to_owned());
    testing::cluster(&mut snapshot).pods.insert("default/twin".to_owned(), Observed::Present(twin));
    snapshot.asked.targets.push(Target::new(TargetKind::Pod, "default", "twin"));
    let places = |snapshot: &Snapshot| {
        let all = lookups(snapshot);
        all.into_iter().map(|lookup| (lookup.account, lookup.event, lookup.subjects.len())).collect::<Vec<_>>()
    };
    let web_identity = |account: &str, subjects| (account.to_owned(), "AssumeRoleWithWebIdentity", subjects);
    assert_eq!(places(&snapshot), [web_identity(testing::ACCOUNT, 2)]);
    // Another account has a history of its own, and another way of getting credentials another event.
    let twin = testing::inside(testing::cluster(&mut snapshot).pods.get_mut("default/twin").unwrap());
    for variable in &mut twin.spec.containers[0].env {
        if variable.name == "AWS_ROLE_ARN" {
            variable.value = Some("arn:aws:iam::210987654321:role/far".to_owned());
        }
    }
    testing::cluster(&mut snapshot).service_accounts.remove("default/twin");
    assert_eq!(places(&snapshot), [web_identity(testing::ACCOUNT, 1), web_identity("210987654321", 1)]);
    let association = crate::snapshot::Association { role_arn: ROLE.to_owned(), ..crate::snapshot::Association::default() };
    testing::cluster(&mut snapshot).associations.insert("default/twin".to_owned(), Observed::Present(association));
    let pod_identity = (testing::ACCOUNT.to_owned(), "AssumeRoleForPodIdentity", 1);
    assert_eq!(places(&snapshot), [web_identity(testing::ACCOUNT, 1), web_identity("210987654321", 1), pod_identity]);
}
