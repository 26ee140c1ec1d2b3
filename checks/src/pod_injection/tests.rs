use super::*;
use crate::check::Status;
use crate::fault::Confidence;
use crate::snapshot::{Association, Snapshot};
use crate::testing;
use serde_json::{Value, json};

mod by_hand;
mod env;
mod file;
mod missing;
mod session;
mod siblings;
mod state;
mod token;

/// The faults of the first pod, with their severities.
fn judged(snapshot: &Snapshot) -> Vec<(&'static str, Severity)> {
    let outcome = testing::run(&CHECK, snapshot);
    testing::findings(&outcome).iter().map(|finding| (finding.fault.id, finding.severity)).collect()
}

fn status(snapshot: &Snapshot) -> Status {
    testing::run(&CHECK, snapshot).status()
}

/// Changes the container's JSON.
fn edit(snapshot: &mut Snapshot, change: impl FnOnce(&mut Value)) {
    testing::edit(testing::container(snapshot), change);
}

/// Changes the pod's JSON.
fn edit_pod(snapshot: &mut Snapshot, change: impl FnOnce(&mut Value)) {
    testing::edit(testing::pod(snapshot), change);
}

fn set(snapshot: &mut Snapshot, name: &str, value: &str) {
    edit(snapshot, |container| {
        let mut env = container["env"].as_array().cloned().unwrap_or_default();
        env.retain(|variable| variable["name"] != name);
        env.push(json!({"name": name, "value": value}));
        container["env"] = Value::Array(env);
    });
}

fn unset(snapshot: &mut Snapshot, name: &str) {
    testing::container(snapshot).env.retain(|variable| variable.name != name);
}

/// The pod belongs to a Deployment whose template has this environment.
fn owned(snapshot: &mut Snapshot, env: &Value) {
    testing::pod(snapshot).metadata.owner_references =
        vec![testing::read(&json!({"kind": "Deployment", "name": "api", "controller": true}))];
    let deployment = json!({
        "kind": "Deployment", "metadata": {"name": "api", "namespace": "default"},
        "spec": {"template": {"spec": {"containers": [{"name": "awscli", "env": env}]}}},
    });
    testing::cluster(snapshot)
        .workloads
        .insert("Deployment/default/api".to_owned(), Observed::Present(testing::read(&deployment)));
}

fn associate(snapshot: &mut Snapshot, role: &str) {
    let association = Association { role_arn: role.to_owned(), ..Association::default() };
    testing::cluster(snapshot).associations.insert("default/my-service-account".to_owned(), Observed::Present(association));
}

const OLD: &str = "arn:aws:iam::123456789012:role/old-role";

/// A second role, like the first.
fn add_old_role(snapshot: &mut Snapshot) {
    let mut old = testing::role_evidence(snapshot).clone();
    let role = testing::inside(&mut old.role);
    role.arn = OLD.to_owned();
    role.name = "old-role".to_owned();
    testing::account(snapshot).roles.insert("old-role".to_owned(), old);
}

#[test]
fn the_healthy_pod_passes() {
    assert_eq!(status(&testing::healthy()), Status::Pass);
}

#[test]
fn an_injected_pod_passes_whoever_may_read_its_account() {
    let mut snapshot = testing::healthy();
    testing::cluster(&mut snapshot).service_accounts.clear();
    testing::cluster(&mut snapshot).webhooks = Observed::default();
    let outcome = testing::run(&CHECK, &snapshot);
    assert_eq!(outcome.status(), Status::Pass);
    assert_eq!(testing::gaps(&outcome), [("get serviceaccounts", false)]);
}

#[test]
fn a_pod_that_can_not_be_read_is_unknown() {
    let mut snapshot = testing::healthy();
    testing::cluster(&mut snapshot).pods.clear();
    assert_eq!(status(&snapshot), Status::Unknown);
    snapshot.asked.targets =
        vec![crate::snapshot::Target::new(crate::snapshot::TargetKind::ServiceAccount, "default", "my-service-account")];
    assert_eq!(status(&snapshot), Status::NotApplicable);
}

#[test]
fn pod_identity_is_injection_too() {
    let mut snapshot = testing::healthy();
    edit_pod(&mut snapshot, |pod| {
        pod["spec"]["volumes"][0] = json!({"name": "eks-pod-identity-token", "projected": {"sources": [
            {"serviceAccountToken": {"audience": "pods.eks.amazonaws.com", "path": "eks-pod-identity-token"}},
        ]}});
        let container = &mut pod["spec"]["containers"][0];
        let path = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount";
        container["volumeMounts"][1] = json!({"name": "eks-pod-identity-token", "mountPath": path});
        container["env"] = json!([
            {"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://169.254.170.23/v1/credentials"},
            {"name": "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "value": format!("{path}/eks-pod-identity-token")},
        ]);
    });
    associate(&mut snapshot, testing::ROLE);
    assert_eq!(status(&snapshot), Status::Pass);
    // A role of the program's own doesn't hinder it.
    set(&mut snapshot, "AWS_ROLE_ARN", OLD);
    assert_eq!(status(&snapshot), Status::Pass);
    edit(&mut snapshot, |container| container["volumeMounts"] = json!([]));
    assert_eq!(judged(&snapshot), [("token-mount-missing", Severity::Error)]);
}

#[test]
fn a_self_wired_token_is_healthy_without_an_annotation() {
    let mut snapshot = testing::healthy();
    testing::annotate(&mut snapshot, "eks.amazonaws.com/role-arn", None);
    edit_pod(&mut snapshot, |pod| {
        pod["spec"]["volumes"][0]["name"] = json!("mine");
        let container = &mut pod["spec"]["containers"][0];
        container["volumeMounts"][1] = json!({"name": "mine", "mountPath": "/var/run/secrets/amazonaws.com/"});
        container["env"] = json!([
            {"name": "AWS_ROLE_ARN", "value": testing::ROLE},
            {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/var/run/secrets/amazonaws.com/token"},
            {"name": "AWS_REGION", "value": "us-east-1"},
        ]);
    });
    assert_eq!(status(&snapshot), Status::Pass);
}

#[test]
fn an_older_role_is_stale() {
    let mut snapshot = testing::healthy();
    add_old_role(&mut snapshot);
    set(&mut snapshot, "AWS_ROLE_ARN", OLD);
    set(&mut snapshot, "AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/eks.amazonaws.com/serviceaccount/token");
    assert_eq!(judged(&snapshot), [("pod-role-stale", Severity::Warning)]);
    // Its template says that nobody wrote it there.
    owned(&mut snapshot, &json!([]));
    assert_eq!(judged(&snapshot), [("pod-role-stale", Severity::Warning)]);
    // The same with an account that can't be read: there is nothing to compare with.
    testing::cluster(&mut snapshot).service_accounts.clear();
    assert_eq!(status(&snapshot), Status::Pass);
}

#[test]
fn a_stale_role_that_is_gone_or_refuses_is_an_error() {
    let mut snapshot = testing::healthy();
    add_old_role(&mut snapshot);
    set(&mut snapshot, "AWS_ROLE_ARN", OLD);
    set(&mut snapshot, "AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/eks.amazonaws.com/serviceaccount/token");
    let mut refusing = snapshot.clone();
    let trust = testing::trust().to_string().replace("default:my-service-account", "default:other");
    testing::inside(&mut testing::account(&mut refusing).roles.get_mut("old-role").unwrap().role).trust_policy = trust;
    assert_eq!(judged(&refusing), [("pod-role-stale", Severity::Error)]);
    testing::account(&mut snapshot).roles.get_mut("old-role").unwrap().role = Observed::Absent;
    assert_eq!(judged(&snapshot), [("pod-role-stale", Severity::Error)]);
    testing::account(&mut snapshot).roles.remove("old-role");
    assert_eq!(judged(&snapshot), [("pod-role-stale", Severity::Warning)]);
}

#[test]
fn a_composed_role_is_the_annotations() {
    let mut snapshot = testing::healthy();
    testing::annotate(&mut snapshot, "eks.amazonaws.com/role-arn", Some("my-test-role"));
    assert_eq!(status(&snapshot), Status::Pass);
}

#[test]
fn a_role_of_the_spec_itself_is_hard_coded() {
    let env = json!([
        {"name": "AWS_ROLE_ARN", "value": OLD},
        {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"},
    ]);
    let mut snapshot = testing::healthy();
    add_old_role(&mut snapshot);
    owned(&mut snapshot, &env);
    // The same as the annotation's: worth knowing.
    assert_eq!(judged(&snapshot), [("env-role-arn-hardcoded", Severity::Info)]);
    set(&mut snapshot, "AWS_ROLE_ARN", OLD);
    set(&mut snapshot, "AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/eks.amazonaws.com/serviceaccount/token");
    assert_eq!(judged(&snapshot), [("env-role-arn-hardcoded", Severity::Warning)]);
    testing::account(&mut snapshot).roles.get_mut("old-role").unwrap().role = Observed::Absent;
    assert_eq!(judged(&snapshot), [("env-role-arn-hardcoded", Severity::Error)]);
    let outcome = testing::run(&CHECK, &snapshot);
    let fix = testing::findings(&outcome)[0].fix.clone().unwrap();
    assert_eq!(
        fix.commands[0].shell(),
        "kubectl set env deployment/api -c awscli AWS_ROLE_ARN- AWS_WEB_IDENTITY_TOKEN_FILE- --context arn:aws:eks:us-east-1:123456789012:cluster/my-cluster -n default"
    );
}

#[test]
fn a_bare_pods_env_tells_by_its_order() {
    let mut snapshot = testing::healthy();
    add_old_role(&mut snapshot);
    edit(&mut snapshot, |container| {
        container["env"] = json!([
            {"name": "AWS_ROLE_ARN", "value": OLD},
            {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"},
            {"name": "AWS_STS_REGIONAL_ENDPOINTS", "value": "regional"},
        ]);
    });
    assert_eq!(judged(&snapshot), [("env-role-arn-hardcoded", Severity::Warning)]);
    let outcome = testing::run(&CHECK, &snapshot);
    assert!(testing::findings(&outcome)[0].fix.as_ref().unwrap().needs_decision.is_some());
}

#[test]
fn a_later_change_of_the_account_raises_nothing_where_the_pod_is_injected() {
    let mut snapshot = testing::healthy();
    testing::service_account(&mut snapshot).metadata.managed_fields[0].time = Some("2026-11-24T11:00:00Z".to_owned());
    assert_eq!(status(&snapshot), Status::Pass);
}

#[test]
fn half_a_configuration_blocks_injection() {
    for (variable, other) in [("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"), ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN")] {
        let mut snapshot = testing::healthy();
        unset(&mut snapshot, variable);
        assert_eq!(judged(&snapshot), [("env-blocks-injection", Severity::Error)], "{variable}");
        let outcome = testing::run(&CHECK, &snapshot);
        assert!(testing::findings(&outcome)[0].detail.contains(&format!("sets {other} itself")));
    }
    // Set to nothing blocks it as well.
    let mut emptied = testing::healthy();
    set(&mut emptied, "AWS_ROLE_ARN", "");
    assert_eq!(judged(&emptied), [("env-blocks-injection", Severity::Error)]);
}

#[test]
fn half_a_configuration_without_a_role_in_sight_is_not_the_webhooks() {
    let mut snapshot = testing::healthy();
    testing::uninject(&mut snapshot);
    set(&mut snapshot, "AWS_ROLE_ARN", testing::ROLE);
    assert_eq!(judged(&snapshot), [("env-blocks-injection", Severity::Error)]);
    let mut unread = snapshot.clone();
    testing::cluster(&mut unread).service_accounts.clear();
    assert_eq!(status(&unread), Status::Unknown);
    testing::annotate(&mut snapshot, "eks.amazonaws.com/role-arn", None);
    assert!(judged(&snapshot).is_empty());
}

#[test]
fn half_a_configuration_of_another_container_than_the_asked_one_is_a_warning() {
    let mut snapshot = testing::healthy();
    edit_pod(&mut snapshot, |pod| {
        let mut sidecar = pod["spec"]["containers"][0].clone();
        sidecar["name"] = json!("sidecar");
        sidecar["env"] = json!([{"name": "AWS_ROLE_ARN", "value": testing::ROLE}]);
        pod["spec"]["containers"].as_array_mut().unwrap().push(sidecar);
    });
    assert_eq!(judged(&snapshot), [("env-blocks-injection", Severity::Error)]);
    snapshot.asked.container = Some("awscli".to_owned());
    assert_eq!(judged(&snapshot), [("env-blocks-injection", Severity::Warning)]);
}

#[test]
fn a_pod_without_containers_proves_nothing() {
    let mut snapshot = testing::healthy();
    testing::pod(&mut snapshot).spec.containers.clear();
    assert_eq!(status(&snapshot), Status::Unknown);
    let mut snapshot = testing::healthy();
    snapshot.asked.container = Some("no-such-container".to_owned());
    assert_eq!(status(&snapshot), Status::Unknown);
}

#[test]
fn nobody_is_told_to_restart_into_what_is_no_role() {
    let mut snapshot = testing::healthy();
    testing::annotate(&mut snapshot, "eks.amazonaws.com/role-arn", Some("arn:aws:iam::123456789012:user/me"));
    let outcome = testing::run(&CHECK, &snapshot);
    let fix = testing::findings(&outcome)[0].fix.clone().unwrap();
    assert!(fix.commands.is_empty() && fix.needs_decision.is_some(), "{fix:?}");
}
