use super::*;
use crate::check::Status;
use crate::snapshot::{Gap, GapCause, Snapshot, Target};
use crate::testing::{self, ROLE, faults, gaps};
use serde_json::json;

mod addons;
mod fixes;

fn run_on(snapshot: &Snapshot) -> Outcome {
    testing::run(&CHECK, snapshot)
}

/// The healthy snapshot, its pod bare, its account without the annotation.
fn without_role() -> Snapshot {
    let mut snapshot = testing::healthy();
    testing::uninject(&mut snapshot);
    testing::annotate(&mut snapshot, ROLE_ANNOTATION, None);
    snapshot
}

/// The healthy snapshot with another value, given to the pod as the webhook would.
fn with_value_of(value: &str) -> Snapshot {
    let mut snapshot = testing::healthy();
    testing::annotate(&mut snapshot, ROLE_ANNOTATION, Some(value));
    testing::edit(testing::container(&mut snapshot), |container| container["env"][3]["value"] = json!(value));
    snapshot
}

fn shells(outcome: &Outcome) -> Vec<String> {
    testing::findings(outcome)[0].fix.as_ref().unwrap().commands.iter().map(crate::fix::FixCommand::shell).collect()
}

#[test]
fn the_healthy_account_passes() {
    assert_eq!(run_on(&testing::healthy()).status(), Status::Pass);
}

#[test]
fn a_missing_annotation_is_mended_with_the_role_that_trusts_the_account() {
    let outcome = run_on(&without_role());
    assert_eq!(faults(&outcome), ["annotation-missing"]);
    let wanted = format!("kubectl annotate serviceaccount my-service-account eks.amazonaws.com/role-arn={ROLE} --overwrite");
    assert!(shells(&outcome)[0].starts_with(&wanted), "{:?}", shells(&outcome));
    let mut empty = without_role();
    testing::annotate(&mut empty, ROLE_ANNOTATION, Some(""));
    assert_eq!(faults(&run_on(&empty)), ["annotation-missing"]);
}

#[test]
fn without_a_role_to_name_somebody_must_decide() {
    let mut snapshot = without_role();
    snapshot.accounts.clear();
    let outcome = run_on(&snapshot);
    assert_eq!(faults(&outcome), ["annotation-missing"]);
    assert!(testing::findings(&outcome)[0].fix.as_ref().unwrap().needs_decision.is_some());
}

#[test]
fn a_misspelt_key_comes_before_the_wrong_object() {
    let mut snapshot = without_role();
    testing::annotate(&mut snapshot, "eks.amazonaws.com/role_arn", Some(ROLE));
    testing::pod(&mut snapshot).metadata.annotations.insert(ROLE_ANNOTATION.to_owned(), Some(ROLE.to_owned()));
    assert_eq!(faults(&run_on(&snapshot)), ["annotation-key-typo"]);
    testing::annotate(&mut snapshot, "eks.amazonaws.com/role_arn", None);
    assert_eq!(faults(&run_on(&snapshot)), ["annotation-on-wrong-object"]);
}

#[test]
fn the_wrong_object_comes_before_the_wrong_account_and_that_before_a_missing_annotation() {
    let mut snapshot = without_role();
    testing::add_account(&mut snapshot, "awscli", &json!({"eks.amazonaws.com/role-arn": ROLE}));
    assert_eq!(run_on(&snapshot).status(), Status::NotApplicable, "pod-service-account says wrong-service-account");
    testing::pod(&mut snapshot).metadata.annotations.insert(ROLE_ANNOTATION.to_owned(), Some(ROLE.to_owned()));
    assert_eq!(faults(&run_on(&snapshot)), ["annotation-on-wrong-object"]);
}

#[test]
fn a_near_miss_beside_the_right_key_is_nothing() {
    let mut snapshot = testing::healthy();
    testing::annotate(&mut snapshot, "iam.amazonaws.com/role", Some("old-role"));
    testing::annotate(&mut snapshot, "eks.amazonaws.com/role_arn", Some(ROLE));
    testing::pod(&mut snapshot).metadata.annotations.insert(ROLE_ANNOTATION.to_owned(), Some(ROLE.to_owned()));
    assert_eq!(faults(&run_on(&snapshot)), [""; 0]);
}

#[test]
fn the_annotation_is_found_wherever_it_is() {
    let owned = |snapshot: &mut Snapshot, workload: &serde_json::Value| {
        testing::pod(snapshot).metadata.owner_references =
            testing::read(&json!([{"kind": "StatefulSet", "name": "api", "controller": true}]));
        let workload = Observed::Present(testing::read(workload));
        testing::cluster(snapshot).workloads.insert("StatefulSet/default/api".to_owned(), workload);
    };
    let annotation = json!({"eks.amazonaws.com/role-arn": ROLE});
    let metadata = json!({"name": "api", "namespace": "default"});
    let mut template = without_role();
    let spec = json!({"template": {"metadata": {"annotations": annotation}}});
    owned(&mut template, &json!({"kind": "StatefulSet", "metadata": metadata, "spec": spec}));
    let outcome = run_on(&template);
    assert_eq!(faults(&outcome), ["annotation-on-wrong-object"]);
    assert!(testing::findings(&outcome)[0].detail.contains("the pod template of StatefulSet api"));

    let mut workload = without_role();
    let metadata = json!({"name": "api", "namespace": "default", "annotations": annotation});
    owned(&mut workload, &json!({"kind": "StatefulSet", "metadata": metadata}));
    assert_eq!(faults(&run_on(&workload)), ["annotation-on-wrong-object"]);

    let mut namespace = without_role();
    let object = testing::cluster(&mut namespace).namespaces.get_mut("default").unwrap();
    testing::inside(object).metadata.annotations.insert(ROLE_ANNOTATION.to_owned(), Some(ROLE.to_owned()));
    let outcome = run_on(&namespace);
    assert_eq!(faults(&outcome), ["annotation-on-wrong-object"]);
    assert_eq!(testing::findings(&outcome)[0].locus.resource, "Namespace default");
}

#[test]
fn kube2iam_on_a_pod_is_no_misplaced_annotation() {
    let mut snapshot = without_role();
    testing::pod(&mut snapshot).metadata.annotations.insert("iam.amazonaws.com/role".to_owned(), Some("r".to_owned()));
    assert_eq!(faults(&run_on(&snapshot)), ["annotation-missing"]);
}

#[test]
fn a_pod_that_has_its_role_in_another_way_needs_no_annotation() {
    let mut mapped = testing::healthy();
    testing::annotate(&mut mapped, ROLE_ANNOTATION, None);
    assert_eq!(run_on(&mapped).status(), Status::NotApplicable, "injected by a mapping of the webhook's own");
    let mut self_wired = mapped.clone();
    testing::edit(testing::pod(&mut self_wired), |pod| {
        pod["spec"]["volumes"][0]["name"] = json!("t");
        pod["spec"]["containers"][0]["volumeMounts"][1]["name"] = json!("t");
    });
    assert_eq!(run_on(&self_wired).status(), Status::NotApplicable);
    let mut pod_identity = without_role();
    testing::edit(testing::container(&mut pod_identity), |container| {
        container["env"] =
            json!([{"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://169.254.170.23/v1/credentials"}]);
    });
    assert_eq!(run_on(&pod_identity).status(), Status::NotApplicable);
}

#[test]
fn associations_that_cannot_be_read_decide_only_where_there_is_no_pod() {
    let denied = |snapshot: &mut Snapshot| {
        let gap = Gap::new("eks:ListPodIdentityAssociations", GapCause::Denied);
        let key = "default/my-service-account".to_owned();
        testing::cluster(snapshot).associations.insert(key, Observed::Unavailable(gap));
    };
    let mut snapshot = without_role();
    denied(&mut snapshot);
    let outcome = run_on(&snapshot);
    assert_eq!((outcome.status(), gaps(&outcome)), (Status::Fail, vec![("eks:ListPodIdentityAssociations", false)]));
    snapshot.asked.targets = vec![Target::new(TargetKind::ServiceAccount, "default", "my-service-account")];
    let outcome = run_on(&snapshot);
    assert_eq!((outcome.status(), gaps(&outcome)), (Status::Unknown, vec![("eks:ListPodIdentityAssociations", true)]));
}

#[test]
fn an_account_that_cannot_be_read_decides_only_where_the_pod_shows_nothing() {
    let mut snapshot = testing::healthy();
    let gap = Gap::new("get serviceaccounts", GapCause::Denied);
    let key = "default/my-service-account".to_owned();
    testing::cluster(&mut snapshot).service_accounts.insert(key, Observed::Unavailable(gap));
    assert_eq!(gaps(&run_on(&snapshot)), [("get serviceaccounts", false)]);
    testing::edit(testing::container(&mut snapshot), |container| container["env"][3]["value"] = json!("arn:aws:iam::1:role/r"));
    assert_eq!(gaps(&run_on(&snapshot)), [("get serviceaccounts", true)], "it was given what is no role");
    testing::uninject(&mut snapshot);
    assert_eq!(gaps(&run_on(&snapshot)), [("get serviceaccounts", true)]);
}

#[test]
fn what_is_no_roles_arn_is_invalid() {
    for value in [
        " arn:aws:iam::123456789012:role/my-test-role",
        "arn:aws:iam::123456789012:role/my-test-role\n",
        "\"arn:aws:iam::123456789012:role/my-test-role\"",
        "arn:aws:iam::<account>:role/my-test-role",
        "arn:aws:iam::${AWS_ACCOUNT_ID}:role/my-test-role",
        "arn:aws:iam::12345678901:role/my-test-role",
        "arn:aws:iam:123456789012:role/my-test-role",
        "arn:aws:iam:::123456789012:role/my-test-role",
        "arn:aws:iam::123456789012:role:my-test-role",
        "arn:aws:iam::123456789012:roles/my-test-role",
        "arn:aws:lam::123456789012:role/my-test-role",
        "123456789012:role/my-test-role",
        "my-test-role",
    ] {
        let outcome = run_on(&with_value_of(value));
        assert_eq!((faults(&outcome), outcome.status()), (vec!["annotation-invalid-arn"], Status::Fail), "{value:?}");
        assert!(shells(&outcome)[0].contains(ROLE), "{value:?}: {:?}", shells(&outcome));
    }
}

#[test]
fn a_bare_name_is_fine_where_the_webhook_composes_arns() {
    let mut snapshot = testing::healthy();
    testing::annotate(&mut snapshot, ROLE_ANNOTATION, Some("my-test-role"));
    assert_eq!(faults(&run_on(&snapshot)), [""; 0]);
    testing::annotate(&mut snapshot, ROLE_ANNOTATION, Some("other-role"));
    assert_eq!(faults(&run_on(&snapshot)), ["annotation-invalid-arn"]);
}

#[test]
fn a_pod_that_still_works_makes_a_bad_value_a_warning() {
    let mut snapshot = testing::healthy();
    testing::annotate(&mut snapshot, ROLE_ANNOTATION, Some("arn:aws:iam::123456789012:policy/p"));
    let outcome = run_on(&snapshot);
    assert_eq!((faults(&outcome), outcome.status()), (vec!["annotation-wrong-resource-type"], Status::Warn));
}

#[test]
fn the_arn_of_something_else_is_of_the_wrong_type() {
    for value in [
        "arn:aws:iam::123456789012:policy/p",
        "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
        "arn:aws:iam::123456789012:user/u",
        "arn:aws:iam::123456789012:group/g",
        "arn:aws:iam::123456789012:instance-profile/p",
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::123456789012:oidc-provider/example.com",
        "arn:aws:sts::123456789012:assumed-role/r/s",
        "arn:aws:s3:::my-test-bucket",
        " arn:aws:iam::123456789012:policy/p ",
    ] {
        assert_eq!(faults(&run_on(&with_value_of(value))), ["annotation-wrong-resource-type"], "{value:?}");
    }
}

#[test]
fn a_role_of_another_partition_is_a_mismatch() {
    let value = "arn:aws-cn:iam::123456789012:role/my-test-role";
    let outcome = run_on(&with_value_of(value));
    assert_eq!(faults(&outcome), ["annotation-partition-mismatch"]);
    assert_eq!(testing::findings(&outcome)[0].expected, Some(ROLE.into()));
    let mut china = with_value_of(value);
    let cluster = testing::cluster(&mut china);
    cluster.arn = None;
    cluster.eks = Observed::Absent;
    cluster.region = Some("cn-north-1".to_owned());
    assert_eq!(faults(&run_on(&china)), [""; 0]);
    let cluster = testing::cluster(&mut china);
    (cluster.region, cluster.partition) = (None, None);
    assert_eq!(faults(&run_on(&china)), [""; 0], "nothing to compare with");
}

#[test]
fn openshift_has_a_prefix_of_its_own() {
    let mut snapshot = without_role();
    testing::annotate(&mut snapshot, "sts.amazonaws.com/role-arn", Some(ROLE));
    assert_eq!(faults(&run_on(&snapshot)), ["annotation-key-typo"], "on EKS it is a misspelt key");
    testing::edit(&mut testing::webhook(&mut snapshot).webhooks[0], |webhook| {
        let service = json!({"namespace": "openshift-cloud-credential-operator", "name": "pod-identity-webhook"});
        webhook["clientConfig"] = json!({"service": service});
    });
    assert_eq!(run_on(&snapshot).status(), Status::NotApplicable);
}

#[test]
fn another_role_than_the_expected_one_is_an_error() {
    let mut snapshot = testing::healthy();
    for expected in ["my-test-role", ROLE] {
        snapshot.asked.role = Some(expected.to_owned());
        assert_eq!(faults(&run_on(&snapshot)), [""; 0], "{expected}");
    }
    snapshot.asked.role = Some("arn:aws:iam::123456789012:role/expected".to_owned());
    let outcome = run_on(&snapshot);
    assert_eq!(faults(&outcome), ["annotation-other-role"]);
    assert!(shells(&outcome)[0].contains("role-arn=arn:aws:iam::123456789012:role/expected"));
    snapshot.asked.role = Some("unheard-of".to_owned());
    let outcome = run_on(&snapshot);
    assert_eq!(faults(&outcome), ["annotation-other-role"]);
    assert!(testing::findings(&outcome)[0].fix.as_ref().unwrap().needs_decision.is_some());
}

#[test]
fn an_association_makes_the_annotation_moot_for_a_bare_pod() {
    let mut snapshot = with_value_of("nonsense");
    let association = testing::read(&json!({"role_arn": ROLE}));
    testing::cluster(&mut snapshot).associations.insert("default/my-service-account".to_owned(), Observed::Present(association));
    assert_eq!(faults(&run_on(&snapshot)), ["annotation-invalid-arn"], "the pod was given the nonsense");
    testing::uninject(&mut snapshot);
    assert_eq!(run_on(&snapshot).status(), Status::NotApplicable);
}

#[test]
fn an_add_on_that_names_another_role_drifts() {
    let mut snapshot = testing::healthy();
    let labels = json!({"app.kubernetes.io/managed-by": "EKS", "app.kubernetes.io/name": "aws-ebs-csi-driver"});
    testing::service_account(&mut snapshot).metadata.labels = testing::read(&labels);
    let addon = |role: &str| json!({"present": {"aws-ebs-csi-driver": {"present": {"name": "aws-ebs-csi-driver", "service_account_role_arn": role}}}});
    testing::cluster(&mut snapshot).addons = testing::read(&addon("arn:aws:iam::123456789012:role/other"));
    let outcome = run_on(&snapshot);
    assert_eq!((faults(&outcome), outcome.status()), (vec!["addon-role-drift"], Status::Warn));
    testing::cluster(&mut snapshot).addons = testing::read(&addon(ROLE));
    assert_eq!(faults(&run_on(&snapshot)), [""; 0]);
    testing::cluster(&mut snapshot).addons = Observed::Unavailable(Gap::new("eks:ListAddons", GapCause::Denied));
    assert_eq!(gaps(&run_on(&snapshot)), [("eks:ListAddons", false)]);
    testing::service_account(&mut snapshot).metadata.labels.clear();
    assert_eq!(gaps(&run_on(&snapshot)), [], "no add-on's account");
}
