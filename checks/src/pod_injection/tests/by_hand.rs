//! What a file writes by hand, before the webhook has come.

use super::*;
use crate::skip_containers::SKIP_CONTAINERS;
use crate::snapshot::{Target, TargetKind};

const PATH: &str = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token";

/// A manifest whose container sets role and token file, and these.
fn by_hand(more: &[&str]) -> Snapshot {
    let mut snapshot = testing::healthy();
    snapshot.from_files = true;
    testing::uninject(&mut snapshot);
    set(&mut snapshot, "AWS_ROLE_ARN", testing::ROLE);
    set(&mut snapshot, "AWS_WEB_IDENTITY_TOKEN_FILE", PATH);
    for name in more {
        set(&mut snapshot, name, "eu-west-1");
    }
    snapshot
}

const AWAITED: [(&str, Severity); 1] = [("env-role-arn-hardcoded", Severity::Info)];

fn is_missing(snapshot: &Snapshot) -> bool {
    judged(snapshot).contains(&("token-mount-missing", Severity::Error))
}

#[test]
fn the_webhook_adds_the_mount_unless_a_container_has_it_all() {
    for more in [&[][..], &["AWS_REGION"], &["AWS_STS_REGIONAL_ENDPOINTS"], &["AWS_REGION", "AWS_DEFAULT_REGION"]] {
        assert_eq!(judged(&by_hand(more)), AWAITED, "{more:?}");
    }
    for region in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        assert!(is_missing(&by_hand(&[region, "AWS_STS_REGIONAL_ENDPOINTS"])), "{region}");
    }
    let mut running = by_hand(&[]);
    running.from_files = false;
    assert!(is_missing(&running), "it has been there");
}

#[test]
fn the_webhook_adds_its_own_mount_only() {
    let mut snapshot = by_hand(&[]);
    set(&mut snapshot, "AWS_WEB_IDENTITY_TOKEN_FILE", &format!("{PATH}s"));
    assert!(is_missing(&snapshot), "another file");
    let mut snapshot = by_hand(&[]);
    edit_pod(&mut snapshot, |pod| pod["spec"]["nodeSelector"] = json!({"kubernetes.io/os": "windows"}));
    assert_eq!(judged(&snapshot)[0].0, "windows-token-path");
    set(&mut snapshot, "AWS_WEB_IDENTITY_TOKEN_FILE", &format!("C:{}", PATH.replace('/', "\\")));
    assert_eq!(judged(&snapshot), AWAITED);
    let with_mount = |name: &str, path: &str, volume: Value| {
        let mut snapshot = by_hand(&[]);
        edit_pod(&mut snapshot, |pod| {
            pod["spec"]["volumes"] = json!([volume]);
            pod["spec"]["containers"][0]["volumeMounts"] = json!([{"name": name, "mountPath": path}]);
        });
        judged(&snapshot)
    };
    assert_eq!(with_mount("run", "/var/run/secrets", json!({"name": "run", "emptyDir": {}})), AWAITED, "its own lies above");
    let there = "/var/run/secrets/eks.amazonaws.com/serviceaccount/";
    assert_eq!(with_mount("run", there, json!({"name": "run", "emptyDir": {}}))[0].0, "token-file-path-wrong");
    let token = json!({"serviceAccountToken": {"audience": "sts.amazonaws.com", "path": "token"}});
    let projected = json!({"name": "aws-iam-token", "projected": {"sources": [token]}});
    assert_eq!(with_mount("other", "/x", projected.clone()), AWAITED, "it mounts the volume that is there");
    assert_ne!(with_mount("aws-iam-token", "/x", projected), AWAITED, "it keeps the mount that is there");
    assert_ne!(with_mount("other", "/x", json!({"name": "aws-iam-token", "emptyDir": {}})), AWAITED, "and the volume");
}

#[test]
fn the_webhook_adds_no_mount_where_it_has_no_part() {
    let mut skipped = by_hand(&[]);
    let annotations = &mut testing::pod(&mut skipped).metadata.annotations;
    annotations.insert(SKIP_CONTAINERS.to_owned(), Some("awscli".to_owned()));
    assert!(is_missing(&skipped));
    let mut labelled = by_hand(&[]);
    let labels = &mut testing::pod(&mut labelled).metadata.labels;
    labels.insert("eks.amazonaws.com/skip-pod-identity-webhook".to_owned(), String::new());
    assert!(is_missing(&labelled));
    let mut associated = by_hand(&[]);
    associate(&mut associated, testing::ROLE);
    assert!(is_missing(&associated), "it is given a token for the agent");
    let mut without = by_hand(&[]);
    testing::service_account(&mut without).metadata.annotations.clear();
    assert!(is_missing(&without));
    let mut elsewhere = by_hand(&[]);
    testing::cluster(&mut elsewhere).service_accounts.clear();
    assert!(!is_missing(&elsewhere));
    assert_eq!(status(&elsewhere), Status::Unknown, "nobody knows whether the account has a role");
}

#[test]
fn a_template_that_skips_its_container_is_an_error() {
    let judged_as = |kind: TargetKind, value: &str| {
        let mut snapshot = testing::healthy();
        snapshot.from_files = true;
        testing::cluster(&mut snapshot).pods.clear();
        snapshot.asked.targets = vec![Target::new(kind, "default", "api")];
        let template = json!({
            "metadata": {"annotations": {SKIP_CONTAINERS: value}},
            "spec": {"serviceAccountName": "my-service-account", "containers": [{"name": "app"}, {"name": "proxy"}]},
        });
        let spec = match kind {
            TargetKind::CronJob => json!({"jobTemplate": {"spec": {"template": template}}}),
            _ => json!({ "template": template }),
        };
        let workload = json!({"kind": kind.kind(), "metadata": {"name": "api", "namespace": "default"}, "spec": spec});
        let own = crate::snapshot::kind_key(kind.kind(), "default", "api");
        testing::cluster(&mut snapshot).workloads.insert(own, Observed::Present(testing::read(&workload)));
        snapshot
    };
    let place = |kind: TargetKind| {
        let outcome = testing::run(&CHECK, &judged_as(kind, "app"));
        testing::findings(&outcome)[0].locus.path.clone()
    };
    for (value, found) in [
        ("app", vec![("container-skipped", Severity::Error)]),
        ("proxy", vec![("container-skipped", Severity::Warning)]),
        ("app, proxy", vec![("container-skipped", Severity::Error), ("skip-containers-misused", Severity::Warning)]),
        (" app", vec![("skip-containers-misused", Severity::Warning)]),
        // Another webhook may add it.
        ("istio-proxy", vec![]),
    ] {
        assert_eq!(judged(&judged_as(TargetKind::Deployment, value)), found, "{value:?}");
    }
    let annotation = format!("['metadata']['annotations']['{SKIP_CONTAINERS}']");
    assert_eq!(place(TargetKind::Deployment), format!("$['spec']['template']{annotation}"));
    assert_eq!(place(TargetKind::CronJob), format!("$['spec']['jobTemplate']['spec']['template']{annotation}"));
    let mut roleless = judged_as(TargetKind::Deployment, "app");
    testing::service_account(&mut roleless).metadata.annotations.clear();
    assert!(judged(&roleless).is_empty(), "there is none to be given");
}
