//! Each kind of owner has its own way.

use super::*;
use crate::snapshot::{Observed, Snapshot, Target};
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

const WHERE: &str = "--context arn:aws:eks:us-east-1:123456789012:cluster/my-cluster -n default";

#[test]
fn a_deployment_is_rolled() {
    let snapshot = testing::owned(&[("ReplicaSet", "api-5d", json!({})), ("Deployment", "api", json!({}))]);
    assert_eq!(shells(&snapshot).0, [format!("kubectl rollout restart deployment/api {WHERE}")]);
}

#[test]
fn an_on_delete_set_is_not() {
    let snapshot = testing::owned(&[("StatefulSet", "db", json!({"updateStrategy": {"type": "OnDelete"}}))]);
    assert_eq!(shells(&snapshot).0, [format!("kubectl delete pod awscli {WHERE}")]);
    let rolling = testing::owned(&[("StatefulSet", "db", json!({}))]);
    assert_eq!(shells(&rolling).0, [format!("kubectl rollout restart statefulset/db {WHERE}")]);
}

#[test]
fn an_operators_pod_is_deleted() {
    let snapshot = testing::owned(&[("Cluster", "postgres", json!({}))]);
    let (commands, notes) = shells(&snapshot);
    assert_eq!(commands, [format!("kubectl delete pod awscli {WHERE}")]);
    assert!(notes[0].contains("Cluster postgres"), "{notes:?}");
}

#[test]
fn a_bare_pod_a_job_and_a_cron_job_get_no_command() {
    let (commands, notes) = shells(&testing::healthy());
    assert!(commands.is_empty() && notes[0].contains("its own manifest"), "{notes:?}");
    let (commands, notes) = shells(&testing::owned(&[("Job", "once", json!({}))]));
    assert!(commands.is_empty() && notes[0].contains("create it again"), "{notes:?}");
    let (commands, notes) = shells(&testing::owned(&[("Job", "nightly-1", json!({})), ("CronJob", "nightly", json!({}))]));
    assert!(commands.is_empty() && notes[0].contains("next run"), "{notes:?}");
}

#[test]
fn a_paused_deployment_is_not_rolled() {
    let (commands, notes) =
        shells(&testing::owned(&[("ReplicaSet", "api-5d", json!({})), ("Deployment", "api", json!({"paused": true}))]));
    assert_eq!(commands, [format!("kubectl delete pod awscli {WHERE}")]);
    assert!(notes[0].contains("is paused"), "{notes:?}");
}

#[test]
fn what_an_operator_owns_is_not_rolled() {
    let kafka = json!({"apiVersion": "kafka.strimzi.io/v1beta2", "kind": "Kafka", "name": "main", "controller": true});
    let mut snapshot = testing::owned(&[("StatefulSet", "main-kafka", json!({}))]);
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
    let (commands, notes) = shells(&testing::owned(&[("StatefulSet", "db", strategy)]));
    assert_eq!(commands, [format!("kubectl rollout restart statefulset/db {WHERE}")]);
    assert!(notes[0].contains("ordinal below 2"), "{notes:?}");
}

#[test]
fn a_rollout_needs_no_plugin() {
    let (commands, _) = shells(&testing::owned(&[("ReplicaSet", "api-5d", json!({})), ("Rollout", "api", json!({}))]));
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

#[test]
fn a_partition_of_nothing_keeps_no_pod_back() {
    let strategy = json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}});
    assert_eq!(shells(&testing::owned(&[("StatefulSet", "db", strategy)])).1, [""; 0]);
}

#[test]
fn a_bare_replica_sets_pod_is_deleted() {
    let (commands, notes) = shells(&testing::owned(&[("ReplicaSet", "api", json!({}))]));
    assert_eq!((commands, notes), (vec![format!("kubectl delete pod awscli {WHERE}")], Vec::new()));
}

#[test]
fn what_another_command_mends_too_needs_nobodys_decision() {
    let snapshot = testing::owned(&[("Job", "once", json!({}))]);
    testing::evidence(&snapshot, |evidence| {
        let fix = restart(evidence, Fix::new("f", "mend it").command(Effect::WritesCluster, ["kubectl", "annotate"]));
        assert!(fix.needs_decision.is_none() && fix.notes[0].contains("create it again"), "{fix:?}");
    });
}

#[test]
fn a_target_without_pods_has_none_to_restart() {
    let fix = |kind: TargetKind, name: &str| {
        let mut snapshot = testing::healthy();
        snapshot.asked.targets = vec![Target::new(kind, "default", name)];
        testing::evidence(&snapshot, |evidence| restart(evidence, Fix::new("f", "mend it")))
    };
    let account = Fix::new("f", "mend it").restart(Restart::Required).note("pods that run as it must be made anew");
    assert_eq!(fix(TargetKind::ServiceAccount, "my-service-account"), account);
    assert_eq!(fix(TargetKind::Role, testing::ROLE), Fix::new("f", "mend it"));
}

#[test]
fn a_workload_that_runs_nothing_is_not_restarted() {
    let workload = |kind: TargetKind, owners: &[(&str, &str, serde_json::Value)], runs: bool| {
        let mut snapshot = testing::owned(owners);
        snapshot.asked.targets = vec![Target::new(kind, "default", "api")];
        if !runs {
            testing::cluster(&mut snapshot).pods.clear();
            testing::inside(testing::cluster(&mut snapshot).pod_lists.get_mut("default").unwrap()).clear();
        }
        snapshot
    };
    let deployment = |replicas: u8, runs: bool| {
        let owners = [("ReplicaSet", "api-5d", json!({})), ("Deployment", "api", json!({"replicas": replicas}))];
        workload(TargetKind::Deployment, &owners, runs)
    };
    let rolled = || (vec![format!("kubectl rollout restart deployment/api {WHERE}")], Vec::new());
    let by_itself = |what: &str| (Vec::new(), vec![format!("whoever owns the pod: {what}")]);
    assert_eq!(shells(&deployment(1, true)), rolled());
    assert_eq!(shells(&deployment(0, true)), rolled(), "its last pod is there still");
    let none = "Deployment api runs no pod now: the next ones get it, and nothing has to be restarted";
    assert_eq!(shells(&deployment(0, false)), by_itself(none));
    let mut unseen = deployment(0, false);
    testing::cluster(&mut unseen).pod_lists.clear();
    assert_eq!(shells(&unseen), rolled(), "it may run some");
    let runs = workload(TargetKind::CronJob, &[("Job", "api-1", json!({})), ("CronJob", "api", json!({}))], true);
    assert_eq!(shells(&runs), by_itself("CronJob api makes new pods at its next run; nothing has to be restarted"));
}
