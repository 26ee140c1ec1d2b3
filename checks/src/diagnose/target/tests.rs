//! Which roles are judged, and what a restart would change.

use super::*;
use crate::check::Scope;
use crate::evidence::ROLE_ANNOTATION;
use crate::registry;
use crate::testing::{self, ROLE, account, annotate, associate, healthy, role_evidence};
use serde_json::{Value, json};

const OTHER: &str = "arn:aws:iam::123456789012:role/other";

/// A container that asks for a role by web identity.
fn irsa(name: &str, role: &str) -> Value {
    json!({"name": name, "env": [
        {"name": "AWS_ROLE_ARN", "value": role},
        {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/token"},
    ]})
}

/// A container that asks for the association's role.
fn pod_identity(name: &str) -> Value {
    json!({"name": name, "env": [
        {"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://169.254.170.23/v1/credentials"},
    ]})
}

fn containers(snapshot: &mut Snapshot, init: &[Value], regular: &[Value]) {
    testing::edit(testing::pod(snapshot), |pod| {
        pod["spec"]["initContainers"] = json!(init);
        pod["spec"]["containers"] = json!(regular);
    });
}

/// The roles that the first target's pods may ask for, shortened to their names.
fn roles(snapshot: &Snapshot) -> Vec<(String, Mode)> {
    let policies = Policies::default();
    let (_, roles) = used(snapshot, &policies, &snapshot.asked.targets[0]).unwrap();
    let name = |role: RoleUnderJudgement| (role.arn.rsplit('/').next().unwrap().to_owned(), role.mode);
    roles.into_iter().map(name).collect()
}

fn named(roles: &[(&str, Mode)]) -> Vec<(String, Mode)> {
    roles.iter().map(|(name, mode)| ((*name).to_owned(), *mode)).collect()
}

#[test]
fn a_role_that_several_containers_use_is_judged_once_for_each_way() {
    let mut snapshot = healthy();
    associate(&mut snapshot, |_| {});
    let regular = [irsa("a", ROLE), irsa("b", OTHER), irsa("c", ROLE), pod_identity("d")];
    containers(&mut snapshot, &[], &regular);
    let wanted = named(&[("my-test-role", Mode::Irsa), ("other", Mode::Irsa), ("my-test-role", Mode::PodIdentity)]);
    assert_eq!(roles(&snapshot), wanted);
}

#[test]
fn the_default_containers_role_comes_first_and_the_init_containers_last() {
    let mut snapshot = healthy();
    annotate(&mut snapshot, ROLE_ANNOTATION, None);
    let role = |name: &str| format!("arn:aws:iam::123456789012:role/{name}");
    let init = [irsa("init", &role("init"))];
    containers(&mut snapshot, &init, &[irsa("sidecar", &role("sidecar")), irsa("app", &role("app"))]);
    let default = ("kubectl.kubernetes.io/default-container".to_owned(), Some("app".to_owned()));
    testing::pod(&mut snapshot).metadata.annotations.extend([default]);
    assert_eq!(roles(&snapshot), named(&[("app", Mode::Irsa), ("sidecar", Mode::Irsa), ("init", Mode::Irsa)]));
    snapshot.asked.container = Some("sidecar".to_owned());
    assert_eq!(roles(&snapshot), named(&[("sidecar", Mode::Irsa)]), "only that one was asked about");
}

#[test]
fn the_role_of_new_pods_is_one_more_where_it_is_another() {
    let mut snapshot = healthy();
    assert_eq!(roles(&snapshot), named(&[("my-test-role", Mode::Irsa)]));
    annotate(&mut snapshot, ROLE_ANNOTATION, Some(OTHER));
    assert_eq!(roles(&snapshot), named(&[("my-test-role", Mode::Irsa), ("other", Mode::Irsa)]));
    associate(&mut snapshot, |_| {});
    assert_eq!(roles(&snapshot), named(&[("my-test-role", Mode::Irsa), ("my-test-role", Mode::PodIdentity)]));
}

#[test]
fn no_pod_belongs_to_what_makes_none() {
    let mut snapshot = healthy();
    let account = Target::new(TargetKind::ServiceAccount, "default", "my-service-account");
    snapshot.asked.targets = vec![account];
    let owner = json!({"kind": "ServiceAccount", "name": "my-service-account", "controller": true});
    testing::pod(&mut snapshot).metadata.owner_references = vec![testing::read(&owner)];
    let policies = Policies::default();
    assert!(evidence(&snapshot, &policies, &snapshot.asked.targets[0]).pods.is_empty());
}

/// What a restart would change: the role, the verdict, and the links that were judged again.
fn restarted(snapshot: &Snapshot) -> Option<(String, Verdict, Vec<&'static str>)> {
    let policies = Policies::default();
    let report = diagnose(snapshot, &policies, &snapshot.asked.targets[0], &Rules::default());
    report.after_restart.map(|after| (after.role_arn, after.verdict, after.checks.iter().map(|link| link.id).collect()))
}

#[test]
fn a_restart_that_changes_the_role_is_judged_before_it_happens() {
    let links: Vec<_> = registry::ALL.iter().filter(|check| check.scope == Scope::Role).map(|check| check.id).collect();
    assert!(links.contains(&"trust-policy") && !links.contains(&"pod-injection"), "{links:?}");
    let mut snapshot = healthy();
    assert_eq!(restarted(&snapshot), None, "new pods get the same");
    annotate(&mut snapshot, ROLE_ANNOTATION, Some(OTHER));
    let mut other = role_evidence(&mut snapshot).clone();
    testing::inside(&mut other.role).arn = OTHER.to_owned();
    testing::inside(&mut other.role).name = "other".to_owned();
    account(&mut snapshot).roles.insert("other".to_owned(), other);
    assert_eq!(restarted(&snapshot), Some((OTHER.to_owned(), Verdict::Healthy, links.clone())));
    let Some(other) = account(&mut snapshot).roles.get_mut("other") else { return };
    other.role = Observed::Absent;
    assert_eq!(restarted(&snapshot), Some((OTHER.to_owned(), Verdict::Broken, links.clone())));
    // What is no role's ARN can't be looked up, and no pod gets credentials by it.
    annotate(&mut snapshot, ROLE_ANNOTATION, Some("my-test-role"));
    assert_eq!(restarted(&snapshot), Some(("my-test-role".to_owned(), Verdict::Broken, links)));
}

#[test]
fn the_same_role_by_pod_identity_is_a_change_too() {
    let mut snapshot = healthy();
    associate(&mut snapshot, |_| {});
    assert_eq!(restarted(&snapshot).map(|(role, ..)| role).as_deref(), Some(ROLE));
}

#[test]
fn an_audience_that_only_new_pods_get_is_judged_for_them() {
    let after = |audience: &str| {
        let mut snapshot = healthy();
        annotate(&mut snapshot, "eks.amazonaws.com/audience", Some(audience));
        let report = crate::diagnose::diagnose(&snapshot).targets.remove(0);
        assert_eq!(report.verdict, Verdict::Healthy, "the pod that is there works");
        report.after_restart.map(|after| (after.verdict, after.role_arn))
    };
    assert_eq!(after("sts.amazonaws.com"), None);
    assert_eq!(after("custom"), Some((Verdict::Broken, ROLE.to_owned())));
}
