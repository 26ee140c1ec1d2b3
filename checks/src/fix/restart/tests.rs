//! Each kind of owner has its own way.

use super::*;
use crate::snapshot::{Observed, Snapshot};
use crate::testing;
use serde_json::json;

fn shells(snapshot: &Snapshot) -> (Vec<String>, Vec<String>) {
    testing::evidence(snapshot, |evidence| {
        let fix = restart(evidence, Fix::new("f", "mend it"));
        let runs_by_itself = fix.needs_decision.as_ref().is_some_and(|who| who.contains("nothing has to be restarted"));
        assert_eq!(fix.restart, if runs_by_itself { Restart::None } else { Restart::Required });
        let advice = fix.needs_decision.into_iter().chain(fix.notes).collect();
        (fix.commands.iter().map(super::super::FixCommand::shell).collect(), advice)
    })
}

/// The healthy snapshot, the pod owned by this chain of owners, nearest first.
fn owned(owners: &[(&str, &str, serde_json::Value)]) -> Snapshot {
    let mut snapshot = testing::healthy();
    let reference = |(kind, name, _): &(&str, &str, serde_json::Value)| {
        testing::read(&json!({"kind": kind, "name": name, "controller": true}))
    };
    testing::pod(&mut snapshot).metadata.owner_references = owners.first().map(reference).into_iter().collect();
    for (index, (kind, name, spec)) in owners.iter().enumerate() {
        let mut workload: crate::snapshot::kubernetes::Workload =
            testing::read(&json!({"kind": kind, "metadata": {"name": name, "namespace": "default"}, "spec": spec}));
        workload.metadata.owner_references = owners.get(index + 1).map(reference).into_iter().collect();
        let key = crate::snapshot::kind_key(kind, "default", name);
        testing::cluster(&mut snapshot).workloads.insert(key, Observed::Present(workload));
    }
    snapshot
}

const WHERE: &str = "--context arn:aws:eks:us-east-1:123456789012:cluster/my-cluster -n default";

#[test]
fn a_deployment_is_rolled() {
    let snapshot = owned(&[("ReplicaSet", "api-5d", json!({})), ("Deployment", "api", json!({}))]);
    assert_eq!(shells(&snapshot).0, [format!("kubectl rollout restart deployment/api {WHERE}")]);
}

#[test]
fn an_on_delete_set_is_not() {
    let snapshot = owned(&[("StatefulSet", "db", json!({"updateStrategy": {"type": "OnDelete"}}))]);
    assert_eq!(shells(&snapshot).0, [format!("kubectl delete pod awscli {WHERE}")]);
    let rolling = owned(&[("StatefulSet", "db", json!({}))]);
    assert_eq!(shells(&rolling).0, [format!("kubectl rollout restart statefulset/db {WHERE}")]);
}

#[test]
fn an_operators_pod_is_deleted() {
    let snapshot = owned(&[("Cluster", "postgres", json!({}))]);
    let (commands, notes) = shells(&snapshot);
    assert_eq!(commands, [format!("kubectl delete pod awscli {WHERE}")]);
    assert!(notes[0].contains("Cluster postgres"), "{notes:?}");
}

#[test]
fn a_bare_pod_a_job_and_a_cron_job_get_no_command() {
    let (commands, notes) = shells(&testing::healthy());
    assert!(commands.is_empty() && notes[0].contains("its own manifest"), "{notes:?}");
    let (commands, notes) = shells(&owned(&[("Job", "once", json!({}))]));
    assert!(commands.is_empty() && notes[0].contains("create it again"), "{notes:?}");
    let (commands, notes) = shells(&owned(&[("Job", "nightly-1", json!({})), ("CronJob", "nightly", json!({}))]));
    assert!(commands.is_empty() && notes[0].contains("next run"), "{notes:?}");
}

#[test]
fn a_paused_deployment_is_not_rolled() {
    let (commands, notes) =
        shells(&owned(&[("ReplicaSet", "api-5d", json!({})), ("Deployment", "api", json!({"paused": true}))]));
    assert_eq!(commands, [format!("kubectl delete pod awscli {WHERE}")]);
    assert!(notes[0].contains("is paused"), "{notes:?}");
}

#[test]
fn what_an_operator_owns_is_not_rolled() {
    let kafka = json!({"apiVersion": "kafka.strimzi.io/v1beta2", "kind": "Kafka", "name": "main", "controller": true});
    let mut snapshot = owned(&[("StatefulSet", "main-kafka", json!({}))]);
    let key = crate::snapshot::kind_key("StatefulSet", "default", "main-kafka");
    let mut workload = testing::cluster(&mut snapshot).workloads[&key].present().unwrap().clone();
    workload.metadata.owner_references = vec![testing::read(&kafka)];
    testing::cluster(&mut snapshot).workloads.insert(key, Observed::Present(workload));
    let (commands, notes) = shells(&snapshot);
    assert_eq!(commands, [format!("kubectl delete pod awscli {WHERE}")]);
    assert!(notes[0].contains("Kafka main owns StatefulSet main-kafka"), "{notes:?}");
}

#[test]
fn a_partition_keeps_pods_back() {
    let strategy = json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}});
    let (commands, notes) = shells(&owned(&[("StatefulSet", "db", strategy)]));
    assert_eq!(commands, [format!("kubectl rollout restart statefulset/db {WHERE}")]);
    assert!(notes[0].contains("ordinal below 2"), "{notes:?}");
}

#[test]
fn a_rollout_needs_no_plugin() {
    let (commands, _) = shells(&owned(&[("ReplicaSet", "api-5d", json!({})), ("Rollout", "api", json!({}))]));
    let patch = r#"--type=merge -p '{"spec":{"restartAt":"2026-11-24T12:00:00Z"}}'"#;
    assert_eq!(commands, [format!("kubectl patch rollouts.argoproj.io api {patch} {WHERE}")]);
}

#[test]
fn a_name_is_never_an_option() {
    let mut snapshot = testing::healthy();
    testing::pod(&mut snapshot).metadata.name = "--all".into();
    testing::pod(&mut snapshot).metadata.owner_references =
        vec![testing::read(&json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "x", "controller": true}))];
    let (commands, _) = shells(&snapshot);
    assert_eq!(commands, [format!("kubectl delete pod {WHERE} -- --all")]);
}
