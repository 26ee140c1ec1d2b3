//! What the checks' unit tests share: a healthy snapshot (the article's setup), ways to break it, and
//! what an outcome comes to.

use crate::check::{Check, Outcome};
use crate::diagnose;
use crate::evidence::Evidence;
use crate::finding::Finding;
use crate::locus::Locus;
use crate::policies::Policies;
use crate::snapshot::kubernetes::{Container, Pod, ServiceAccount, WebhookConfiguration, Workload};
use crate::snapshot::{Account, Association, Cluster, Observed, Role, RoleEvidence, Snapshot, kind_key};
use jsonpath_rust::JsonPath as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The account of the role and of the cluster.
pub(crate) const ACCOUNT: &str = "123456789012";
/// The role's ARN.
pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/my-test-role";
/// The ARN of the policy that is attached to the role.
pub(crate) const POLICY: &str = "arn:aws:iam::123456789012:policy/my-test-policy";
/// The cluster's issuer.
pub(crate) const ISSUER: &str = "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
/// The ARN of IAM's OIDC provider for the issuer.
pub(crate) const PROVIDER: &str =
    "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
/// The cluster's CA as `eks:DescribeCluster` gives it, valid from 2026-11-24T03:32:35Z to 2051.
pub(crate) const CLUSTER_CA: &str = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJlekNDQVNHZ0F3SUJBZ0lVZWptY2d1VUdFRm1aTkZialEvbVFwS2RiVFRBd0NnWUlLb1pJemowRUF3SXcKRWpFUU1BNEdBMVVFQXd3SFkyeDFjM1JsY2pBZ0Z3MHlOakV4TWpRd016TXlNelZhR0E4eU1EVXhNRGN4TmpBegpNekl6TlZvd0VqRVFNQTRHQTFVRUF3d0hZMngxYzNSbGNqQlpNQk1HQnlxR1NNNDlBZ0VHQ0NxR1NNNDlBd0VICkEwSUFCTUxneEtZanNBUWppYTlGczllVXVBYWRUVVVyazU3a29QVXRZZzJFZ2twWnliaWRIZWFHNlIrMElDQkoKK1E0L2YvdThTWGVVNE1oNFBZUUVKNVJHck5talV6QlJNQjBHQTFVZERnUVdCQlRncWwvNjBRZWhPVCtiaXl3SwpjdmZYUlUzN3ZUQWZCZ05WSFNNRUdEQVdnQlRncWwvNjBRZWhPVCtiaXl3S2N2ZlhSVTM3dlRBUEJnTlZIUk1CCkFmOEVCVEFEQVFIL01Bb0dDQ3FHU000OUJBTUNBMGdBTUVVQ0lDakoyMWZpaHpTQnloa1Y2cnZjMmVVSzBRQVoKR01XWEoyZWh0dFM4MCtnREFpRUFsOTc5M2JTNGg4cWwwUjBPZUtqdjh5UW9SUVZGUUJkdDkvSUVaZVJhbjgwPQotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg==";
/// Another CA, of the same years.
pub(crate) const OTHER_CA: &str = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJlRENDQVIyZ0F3SUJBZ0lVUCtUKzcwMVIxTFdSSTNuTVRJQndjMFkzZURBd0NnWUlLb1pJemowRUF3SXcKRURFT01Bd0dBMVVFQXd3RmIzUm9aWEl3SUJjTk1qWXhNVEkwTURNek1qTTFXaGdQTWpBMU1UQTNNVFl3TXpNeQpNelZhTUJBeERqQU1CZ05WQkFNTUJXOTBhR1Z5TUZrd0V3WUhLb1pJemowQ0FRWUlLb1pJemowREFRY0RRZ0FFCklSSkNHWjZyTEZSZ1g5c3cxa05acitTaVR5LzEzQlNkajk3NDBDTTY2blhEOThKSTVXNkZyb3grcllBUEExZmsKTjV0aVk2V3l6Q21UaUJZQVRpUlZ0Nk5UTUZFd0hRWURWUjBPQkJZRUZGZnh5SVBvalAzenNYcVZtd1JydFQ4cwpDbFBWTUI4R0ExVWRJd1FZTUJhQUZGZnh5SVBvalAzenNYcVZtd1JydFQ4c0NsUFZNQThHQTFVZEV3RUIvd1FGCk1BTUJBZjh3Q2dZSUtvWkl6ajBFQXdJRFNRQXdSZ0loQVBlWm5uQkJaZXNQbzJ3MjZUMW5vanZ1OVJlblFSR1YKU3hRNW5Pak1rSXRkQWlFQWo1ZllIdENUVkR3YmQ0TTBTYjhsa3dxV3RrbWxuUjhmRkxkVTU5RWJubWc9Ci0tLS0tRU5EIENFUlRJRklDQVRFLS0tLS0K";

const CLUSTER: &str = "arn:aws:eks:us-east-1:123456789012:cluster/my-cluster";

/// The article's setup, all of it seen and all of it right: pod `default/awscli` runs as service account
/// `my-service-account`, whose role `my-test-role` may list bucket `my-test-bucket`.
pub(crate) fn healthy() -> Snapshot {
    serde_json::from_str(include_str!("../../tests/scenarios/base/article.json")).unwrap()
}

/// The webhook as EKS makes it.
pub(crate) fn webhook_configuration() -> Value {
    json!(webhook(&mut healthy()))
}

/// The trust policy of the healthy role.
pub(crate) fn trust() -> Value {
    let host = ISSUER.trim_start_matches("https://");
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {
            format!("{host}:aud"): "sts.amazonaws.com",
            format!("{host}:sub"): "system:serviceaccount:default:my-service-account",
        }},
    }]})
}

/// The cluster, to be changed.
pub(crate) fn cluster(snapshot: &mut Snapshot) -> &mut Cluster {
    snapshot.clusters.get_mut(CLUSTER).unwrap()
}

/// The role's account, to be changed.
pub(crate) fn account(snapshot: &mut Snapshot) -> &mut Account {
    snapshot.accounts.get_mut(ACCOUNT).unwrap()
}

/// What was read of the role, to be changed.
pub(crate) fn role_evidence(snapshot: &mut Snapshot) -> &mut RoleEvidence {
    account(snapshot).roles.get_mut("my-test-role").unwrap()
}

/// The role, to be changed.
pub(crate) fn role(snapshot: &mut Snapshot) -> &mut Role {
    inside(&mut role_evidence(snapshot).role)
}

/// Gives the role another trust policy.
pub(crate) fn set_trust(snapshot: &mut Snapshot, document: &Value) {
    role(snapshot).trust_policy = document.to_string();
}

/// Gives the role's policy another document.
pub(crate) fn set_policy(snapshot: &mut Snapshot, document: &Value) {
    let policy = account(snapshot).policies.get_mut(POLICY).unwrap();
    policy.documents.insert("v1".to_owned(), Observed::Present(document.to_string()));
}

/// The pod, to be changed.
pub(crate) fn pod(snapshot: &mut Snapshot) -> &mut Pod {
    inside(cluster(snapshot).pods.get_mut("default/awscli").unwrap())
}

/// The pod's container, to be changed.
pub(crate) fn container(snapshot: &mut Snapshot) -> &mut Container {
    &mut pod(snapshot).spec.containers[0]
}

/// The service account, to be changed.
pub(crate) fn service_account(snapshot: &mut Snapshot) -> &mut ServiceAccount {
    inside(cluster(snapshot).service_accounts.get_mut("default/my-service-account").unwrap())
}

/// Sets or, with `None`, removes an annotation of the service account.
pub(crate) fn annotate(snapshot: &mut Snapshot, key: &str, value: Option<&str>) {
    let annotations = &mut service_account(snapshot).metadata.annotations;
    match value {
        Some(value) => annotations.insert(key.to_owned(), Some(value.to_owned())),
        None => annotations.remove(key),
    };
}

/// Adds a service account to the namespace, and to its list.
pub(crate) fn add_account(snapshot: &mut Snapshot, name: &str, annotations: &Value) {
    let object = json!({"metadata": {"name": name, "namespace": "default", "annotations": annotations}});
    let cluster = cluster(snapshot);
    cluster.service_accounts.insert(format!("default/{name}"), Observed::Present(read(&object)));
    inside(cluster.service_account_lists.get_mut("default").unwrap()).push(name.to_owned());
}

/// The healthy snapshot, the pod owned by this chain of owners, nearest first: kind, name, spec.
pub(crate) fn owned(owners: &[(&str, &str, Value)]) -> Snapshot {
    let mut snapshot = healthy();
    let reference = |(kind, name, _): &(&str, &str, Value)| read(&json!({"kind": kind, "name": name, "controller": true}));
    pod(&mut snapshot).metadata.owner_references = owners.first().map(reference).into_iter().collect();
    for (index, (kind, name, spec)) in owners.iter().enumerate() {
        let mut workload: Workload =
            read(&json!({"kind": kind, "metadata": {"name": name, "namespace": "default"}, "spec": spec}));
        workload.metadata.owner_references = owners.get(index + 1).map(reference).into_iter().collect();
        cluster(&mut snapshot).workloads.insert(kind_key(kind, "default", name), Observed::Present(workload));
    }
    snapshot
}

/// The webhook configuration, to be changed.
pub(crate) fn webhook(snapshot: &mut Snapshot) -> &mut WebhookConfiguration {
    inside(&mut cluster(snapshot).webhooks).first_mut().unwrap()
}

/// Takes away all that the webhook gave the pod, as if it had never seen it.
pub(crate) fn uninject(snapshot: &mut Snapshot) {
    let pod = pod(snapshot);
    pod.spec.volumes.retain(|volume| volume.name != "aws-iam-token");
    for container in &mut pod.spec.containers {
        container.env.clear();
        container.volume_mounts.retain(|mount| mount.name != "aws-iam-token");
    }
}

/// What is present, to be changed.
pub(crate) fn inside<T>(observed: &mut Observed<T>) -> &mut T {
    match observed {
        Observed::Present(value) => value,
        Observed::Absent | Observed::Unavailable(_) => panic!("not there"),
    }
}

/// Changes an object in its JSON form.
pub(crate) fn edit<T: Serialize + DeserializeOwned>(object: &mut T, change: impl FnOnce(&mut Value)) {
    let mut value = serde_json::to_value(&*object).unwrap();
    change(&mut value);
    *object = read(&value);
}

/// An object from its JSON form.
pub(crate) fn read<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

/// Looks at the evidence of the first target: its first pod, and the first role that is judged.
pub(crate) fn evidence<R>(snapshot: &Snapshot, look: impl FnOnce(&Evidence<'_>) -> R) -> R {
    let policies = Policies::default();
    look(&diagnose::first_evidence(snapshot, &policies))
}

/// What a check says of the first target. Every locus of its findings must resolve, and every error must have a fix.
pub(crate) fn run(check: &Check, snapshot: &Snapshot) -> Outcome {
    let outcome = evidence(snapshot, |evidence| (check.run)(evidence));
    for finding in findings(&outcome) {
        assert_resolves(snapshot, &finding.locus);
        assert!(check.faults.iter().any(|fault| fault.id == finding.fault.id), "{} is not declared", finding.fault.id);
        assert!(finding.severity != crate::fault::Severity::Error || finding.fix.is_some(), "{} has no fix", finding.fault.id);
    }
    outcome
}

/// The findings of an outcome.
pub(crate) fn findings(outcome: &Outcome) -> &[Finding] {
    match outcome {
        Outcome::Judged { findings, .. } => findings,
        Outcome::NotApplicable(_) => &[],
    }
}

/// The ids of the faults that an outcome has.
pub(crate) fn faults(outcome: &Outcome) -> Vec<&'static str> {
    findings(outcome).iter().map(|finding| finding.fault.id).collect()
}

/// An EKS Pod Identity association of the service account with the role, changed as a test likes.
pub(crate) fn associate(snapshot: &mut Snapshot, change: impl FnOnce(&mut Association)) {
    let mut association = Association {
        id: "a-1".to_owned(),
        namespace: "default".to_owned(),
        service_account: "my-service-account".to_owned(),
        role_arn: ROLE.to_owned(),
        ..Association::default()
    };
    change(&mut association);
    let associations = &mut cluster(snapshot).associations;
    associations.insert("default/my-service-account".to_owned(), Observed::Present(association));
}

/// The gaps of an outcome: their operations, and whether they decide.
pub(crate) fn gaps(outcome: &Outcome) -> Vec<(&str, bool)> {
    match outcome {
        Outcome::Judged { gaps, .. } => gaps.iter().map(|found| (found.gap.operation.as_str(), found.decisive)).collect(),
        Outcome::NotApplicable(_) => Vec::new(),
    }
}

/// Fails unless the locus' path finds exactly one place.
pub(crate) fn assert_resolves(snapshot: &Snapshot, locus: &Locus) {
    let document = document(snapshot, locus).unwrap_or_else(|| panic!("no document for {locus:?}"));
    let found = document.query(&locus.path).unwrap_or_else(|error| panic!("{}: {error}", locus.path));
    assert_eq!(found.len(), 1, "{} finds {} places in {document}", locus.path, found.len());
}

/// The document that a locus points into.
fn document(snapshot: &Snapshot, locus: &Locus) -> Option<Value> {
    if locus.resource.starts_with("arn:") {
        return aws_document(snapshot, locus);
    }
    if locus.resource == "error" {
        return snapshot.asked.error.as_ref().map(|text| json!(text));
    }
    let (kind, name) = locus.resource.split_once(' ')?;
    let (_, cluster) = snapshot.cluster()?;
    let present = match kind {
        "Pod" => to_value(cluster.pods.get(name)?),
        "ServiceAccount" => cluster.service_accounts.get(name).and_then(to_value).or(Some(Value::Null)),
        "Namespace" => to_value(cluster.namespaces.get(name)?),
        "Node" => to_value(cluster.nodes.get(name)?),
        "MutatingWebhookConfiguration" => {
            let all = cluster.webhooks.present()?;
            all.iter().find(|configuration| configuration.metadata.name == name).map(|found| json!(found))
        }
        kind => to_value(cluster.workloads.get(&format!("{kind}/{name}"))?),
    };
    present.or(Some(Value::Null))
}

fn aws_document(snapshot: &Snapshot, locus: &Locus) -> Option<Value> {
    let parse = |text: &String| serde_json::from_str(text).unwrap_or(Value::Null);
    if let Some(resource) = snapshot.resource_policies.get(&locus.resource) {
        return resource.policy.present().map(parse).or(Some(Value::Null));
    }
    let roles = snapshot.accounts.values().flat_map(|account| account.roles.values());
    let mut roles = roles.filter(|role| role.role.present().is_some_and(|role| role.arn == locus.resource));
    let policies = snapshot.accounts.values().find_map(|account| account.policies.get(&locus.resource));
    match (roles.next(), policies, locus.document.as_deref()) {
        (Some(role), _, Some("AssumeRolePolicyDocument")) => role.role.present().map(|role| parse(&role.trust_policy)),
        (Some(role), _, Some(name)) => role.inline.get(name)?.present().map(parse),
        (_, Some(policy), Some(version)) => policy.documents.get(version)?.present().map(parse),
        // Other objects of an account are not documents: their place is the whole object.
        _ => Some(Value::Null),
    }
}

fn to_value<T: Serialize>(observed: &Observed<T>) -> Option<Value> {
    observed.present().map(|object| json!(object))
}

#[test]
fn the_healthy_snapshot_says_what_it_should() {
    let snapshot = healthy();
    evidence(&snapshot, |evidence| {
        assert_eq!(evidence.pod_name(), Some("awscli"));
        assert_eq!(evidence.annotated_role(), Some(ROLE));
        assert_eq!(evidence.role.as_ref().map(|role| role.arn.as_str()), Some(ROLE));
        assert!(evidence.iam_role().is_present());
        assert_eq!(evidence.issuer().present().map(|issuer| issuer.url.clone()).as_deref(), Some(ISSUER));
    });
}
