use super::*;
use crate::snapshot::{Snapshot, Target};
use crate::testing;
use serde_json::{Value, json};

/// The healthy snapshot with no pods and this workload as the target.
fn target(kind: TargetKind, spec: &Value, status: &Value) -> Snapshot {
    let mut snapshot = testing::healthy();
    snapshot.asked.targets = vec![Target::new(kind, "default", "api")];
    testing::cluster(&mut snapshot).pods.clear();
    testing::inside(testing::cluster(&mut snapshot).pod_lists.get_mut("default").unwrap()).clear();
    add_workload(&mut snapshot, kind.kind(), "api", &json!({"spec": spec, "status": status}));
    snapshot
}

fn add_workload(snapshot: &mut Snapshot, kind: &str, name: &str, rest: &Value) {
    let mut object = json!({"kind": kind, "metadata": {}});
    merge(&mut object, rest);
    object["metadata"]["name"] = json!(name);
    object["metadata"]["namespace"] = json!("default");
    let key = kind_key(kind, "default", name);
    testing::cluster(snapshot).workloads.insert(key, Observed::Present(testing::read(&object)));
}

fn merge(into: &mut Value, from: &Value) {
    for (key, value) in from.as_object().unwrap() {
        into[key] = value.clone();
    }
}

fn replica_set(snapshot: &mut Snapshot, name: &str, revision: &str) {
    let metadata = json!({
        "annotations": {"deployment.kubernetes.io/revision": revision},
        "ownerReferences": [{"kind": "Deployment", "name": "api", "controller": true}],
    });
    add_workload(snapshot, "ReplicaSet", name, &json!({"metadata": metadata}));
}

fn add_pod(snapshot: &mut Snapshot, name: &str, owner: (&str, &str), created: &str, extra: &Value) {
    let mut pod = json!({
        "metadata": {
            "name": name, "namespace": "default", "creationTimestamp": created,
            "ownerReferences": [{"kind": owner.0, "name": owner.1, "controller": true}],
        },
        "spec": {"serviceAccountName": "my-service-account", "containers": [{"name": "c"}]},
        "status": {"phase": "Running"},
    });
    for (key, value) in extra.as_object().unwrap() {
        merge(&mut pod[key], value);
    }
    let cluster = testing::cluster(snapshot);
    cluster.pods.insert(format!("default/{name}"), Observed::Present(testing::read(&pod)));
    testing::inside(cluster.pod_lists.get_mut("default").unwrap()).push(name.to_owned());
}

fn event(snapshot: &mut Snapshot, kind: &str, name: &str) {
    let event = testing::read(&json!({"reason": "FailedCreate", "message": "no quota", "type": "Warning"}));
    testing::cluster(snapshot).events.insert(kind_key(kind, "default", name), Observed::Present(vec![event]));
}

fn judged(snapshot: &Snapshot) -> Vec<String> {
    testing::evidence(snapshot, |evidence| evidence.pods.iter().map(|pod| pod.metadata.name.clone()).collect())
}

fn notes_of(snapshot: &Snapshot) -> Vec<String> {
    testing::evidence(snapshot, notes)
}

const EARLY: &str = "2026-11-23T10:00:00Z";
const LATE: &str = "2026-11-23T11:00:00Z";

#[test]
fn judges_a_deployments_newest_revision() {
    let mut snapshot = target(TargetKind::Deployment, &json!({}), &json!({}));
    replica_set(&mut snapshot, "api-1", "1");
    replica_set(&mut snapshot, "api-2", "10");
    replica_set(&mut snapshot, "web-1", "20");
    testing::edit(
        testing::inside(testing::cluster(&mut snapshot).workloads.get_mut("ReplicaSet/default/web-1").unwrap()),
        |set| {
            set["metadata"]["ownerReferences"][0]["name"] = json!("web");
        },
    );
    add_pod(&mut snapshot, "old", ("ReplicaSet", "api-1"), LATE, &json!({}));
    add_pod(&mut snapshot, "new", ("ReplicaSet", "api-2"), EARLY, &json!({}));
    add_pod(&mut snapshot, "going", ("ReplicaSet", "api-2"), EARLY, &json!({"metadata": {"deletionTimestamp": LATE}}));
    add_pod(&mut snapshot, "evicted", ("ReplicaSet", "api-2"), EARLY, &json!({"status": {"phase": "Failed"}}));
    add_pod(&mut snapshot, "stranger", ("ReplicaSet", "web-1"), EARLY, &json!({}));
    assert_eq!(judged(&snapshot), ["new"]);
    assert_eq!(
        notes_of(&snapshot),
        [
            "1 pod of deployment/api not judged: of an older revision",
            "1 pod of deployment/api not judged: being deleted",
            "1 pod of deployment/api not judged: run to the end",
        ]
    );
}

#[test]
fn judges_the_revision_before_while_the_new_one_has_no_pods() {
    let mut snapshot = target(TargetKind::Deployment, &json!({}), &json!({}));
    replica_set(&mut snapshot, "api-1", "1");
    replica_set(&mut snapshot, "api-2", "2");
    add_pod(&mut snapshot, "old", ("ReplicaSet", "api-1"), EARLY, &json!({}));
    assert_eq!(judged(&snapshot), ["old"]);
    event(&mut snapshot, "ReplicaSet", "api-2");
    assert_eq!(judged(&snapshot), [""; 0], "it can't make any");
}

#[test]
fn finds_pods_whose_replica_set_cannot_be_read() {
    let mut snapshot = target(TargetKind::Deployment, &json!({"selector": {"matchLabels": {"app": "api"}}}), &json!({}));
    let labels = json!({"metadata": {"labels": {"app": "api"}}});
    add_pod(&mut snapshot, "old", ("ReplicaSet", "api-aaa"), EARLY, &labels);
    add_pod(&mut snapshot, "new", ("ReplicaSet", "api-bbb"), LATE, &labels);
    add_pod(&mut snapshot, "other", ("ReplicaSet", "api-web-ccc"), LATE, &labels);
    add_pod(&mut snapshot, "unlabelled", ("ReplicaSet", "api-ddd"), LATE, &json!({}));
    assert_eq!(judged(&snapshot), ["new"]);
}

#[test]
fn judges_a_sets_update_revision() {
    let hash = |hash: &str| json!({"metadata": {"labels": {"controller-revision-hash": hash}}});
    let mut snapshot = target(TargetKind::StatefulSet, &json!({}), &json!({"updateRevision": "b"}));
    add_pod(&mut snapshot, "api-0", ("StatefulSet", "api"), LATE, &hash("a"));
    assert_eq!(judged(&snapshot), ["api-0"], "none of the new revision yet");
    add_pod(&mut snapshot, "api-1", ("StatefulSet", "api"), EARLY, &hash("b"));
    assert_eq!(judged(&snapshot), ["api-1"]);
    let mut daemons = target(TargetKind::DaemonSet, &json!({}), &json!({}));
    add_pod(&mut daemons, "api-x", ("DaemonSet", "api"), EARLY, &hash("a"));
    add_pod(&mut daemons, "api-y", ("DaemonSet", "api"), LATE, &hash("b"));
    assert_eq!(judged(&daemons), ["api-y"]);
}

#[test]
fn judges_a_rollouts_current_hash() {
    let hash = |hash: &str| json!({"metadata": {"labels": {"rollouts-pod-template-hash": hash}}});
    let mut snapshot = target(TargetKind::Rollout, &json!({}), &json!({"currentPodHash": "b"}));
    add_pod(&mut snapshot, "x", ("ReplicaSet", "api-a"), LATE, &hash("a"));
    add_pod(&mut snapshot, "y", ("ReplicaSet", "api-b"), EARLY, &hash("b"));
    assert_eq!(judged(&snapshot), ["y"]);
}

#[test]
fn judges_the_pods_of_a_cron_jobs_newest_job() {
    let mut snapshot = target(TargetKind::CronJob, &json!({}), &json!({}));
    let owner = json!({"ownerReferences": [{"kind": "CronJob", "name": "api", "controller": true}]});
    add_workload(&mut snapshot, "Job", "api-1", &json!({"metadata": owner}));
    add_workload(&mut snapshot, "Job", "api-2", &json!({"metadata": owner}));
    add_pod(&mut snapshot, "api-1-x", ("Job", "api-1"), EARLY, &json!({}));
    add_pod(&mut snapshot, "api-2-x", ("Job", "api-2"), LATE, &json!({}));
    assert_eq!(judged(&snapshot), ["api-2-x"]);
}

#[test]
fn says_why_there_are_no_pods() {
    let why = |snapshot: &Snapshot| testing::evidence(snapshot, no_pods_wanted);
    assert_eq!(why(&target(TargetKind::Deployment, &json!({"replicas": 1}), &json!({}))), None);
    assert_eq!(why(&target(TargetKind::Deployment, &json!({"replicas": 0}), &json!({}))), Some("it is scaled to zero"));
    assert_eq!(why(&target(TargetKind::CronJob, &json!({"suspend": true}), &json!({}))), Some("it is suspended"));
    assert_eq!(why(&target(TargetKind::CronJob, &json!({}), &json!({}))), Some("none of its jobs runs now"));
    let no_node = target(TargetKind::DaemonSet, &json!({}), &json!({"desiredNumberScheduled": 0}));
    assert_eq!(why(&no_node), Some("no node fits it"));
    assert_eq!(why(&target(TargetKind::DaemonSet, &json!({}), &json!({"desiredNumberScheduled": 1}))), None);
    let mut job = target(TargetKind::Job, &json!({}), &json!({}));
    assert_eq!(why(&job), None);
    add_pod(&mut job, "api-x", ("Job", "api"), EARLY, &json!({"status": {"phase": "Succeeded"}}));
    assert_eq!(why(&job), Some("it has run to its end"));
}

#[test]
fn a_list_that_was_not_read_is_a_gap() {
    let gap = |snapshot: &Snapshot| testing::evidence(snapshot, pods_gap).map(|gap| gap.operation);
    let mut snapshot = target(TargetKind::Deployment, &json!({}), &json!({}));
    assert_eq!(gap(&snapshot), None);
    testing::inside(testing::cluster(&mut snapshot).pod_lists.get_mut("default").unwrap()).push("unread".to_owned());
    assert_eq!(gap(&snapshot).as_deref(), Some("get pods"));
    testing::cluster(&mut snapshot).pod_lists.clear();
    assert_eq!(gap(&snapshot).as_deref(), Some("list pods"));
}

#[test]
fn a_named_pod_on_its_way_out_is_said_to_be() {
    let mut snapshot = testing::healthy();
    assert_eq!(notes_of(&snapshot), [""; 0]);
    testing::pod(&mut snapshot).status.phase = Some("Succeeded".to_owned());
    assert_eq!(notes_of(&snapshot), ["pod awscli has run to its end (Succeeded)"]);
    testing::pod(&mut snapshot).metadata.deletion_timestamp = Some(LATE.to_owned());
    assert_eq!(notes_of(&snapshot), ["pod awscli is being deleted"]);
}

/// Adds a pod to the list that couldn't be read itself.
fn add_unread(snapshot: &mut Snapshot, name: &str) {
    let cluster = testing::cluster(snapshot);
    let gap = Gap::new("get pods", crate::snapshot::GapCause::Denied);
    cluster.pods.insert(format!("default/{name}"), Observed::Unavailable(gap));
    testing::inside(cluster.pod_lists.get_mut("default").unwrap()).push(name.to_owned());
}

#[test]
fn a_pod_that_was_not_read_beside_others_is_a_gap_unless_it_is_of_an_older_revision() {
    let unread = |snapshot: &Snapshot| testing::evidence(snapshot, unread_pod).map(|gap| gap.operation);
    let mut snapshot = target(TargetKind::Deployment, &json!({}), &json!({}));
    replica_set(&mut snapshot, "api-1", "1");
    replica_set(&mut snapshot, "api-2", "2");
    add_pod(&mut snapshot, "api-2-a", ("ReplicaSet", "api-2"), LATE, &json!({}));
    assert_eq!(unread(&snapshot), None, "all were read");
    add_unread(&mut snapshot, "api-1-b");
    assert_eq!(unread(&snapshot), None, "the older ReplicaSet's pods don't count");
    add_unread(&mut snapshot, "api-2-b");
    assert_eq!(unread(&snapshot).as_deref(), Some("get pods"));
    let report = crate::diagnose::diagnose(&snapshot);
    let unknown = report.targets[0].checks.iter().any(|check| check.status == crate::check::Status::Unknown);
    assert!(unknown, "it may be the one that is wrong");
    // Of a pod that is named itself nothing is beside it.
    snapshot.asked.targets = vec![Target::new(TargetKind::Pod, "default", "api-2-a")];
    assert_eq!(unread(&snapshot), None);
}

#[test]
fn a_job_that_was_not_read_may_have_been_kept_from_making_pods() {
    let unread = |snapshot: &Snapshot| testing::evidence(snapshot, unread_job).map(|gap| gap.operation);
    let with_job = |kind: TargetKind| {
        let mut snapshot = target(kind, &json!({}), &json!({}));
        let gap = Gap::new("get jobs", crate::snapshot::GapCause::Denied);
        testing::cluster(&mut snapshot).workloads.insert(kind_key("Job", "default", "api-1"), Observed::Unavailable(gap));
        snapshot
    };
    assert_eq!(unread(&target(TargetKind::CronJob, &json!({}), &json!({}))), None);
    let mut snapshot = with_job(TargetKind::CronJob);
    assert_eq!(unread(&snapshot).as_deref(), Some("get jobs"));
    assert_eq!(unread(&with_job(TargetKind::Deployment)), None, "jobs make no pods of a Deployment");
    snapshot.from_files = true;
    assert_eq!(unread(&snapshot), None, "files hold no jobs");
    snapshot.from_files = false;
    add_pod(&mut snapshot, "api-0-x", ("Job", "api-0"), EARLY, &json!({"status": {"phase": "Succeeded"}}));
    let owner = json!({"ownerReferences": [{"kind": "CronJob", "name": "api", "controller": true}]});
    add_workload(&mut snapshot, "Job", "api-0", &json!({"metadata": owner}));
    assert_eq!(unread(&snapshot), None, "one has run: jobs make their pods");
}

#[test]
fn what_runs_nothing_is_judged_by_its_template() {
    let mut snapshot = target(TargetKind::Deployment, &json!({"replicas": 0}), &json!({}));
    assert_eq!(notes_of(&snapshot), ["deployment/api has no pods: judged by its template"]);
    snapshot.from_files = true;
    assert_eq!(notes_of(&snapshot), [""; 0], "a manifest never has any");
    assert_eq!(notes_of(&target(TargetKind::Deployment, &json!({"replicas": 1}), &json!({}))), [""; 0], "it should have one");
    let mut runs = target(TargetKind::CronJob, &json!({}), &json!({}));
    let owner = json!({"ownerReferences": [{"kind": "CronJob", "name": "api", "controller": true}]});
    add_workload(&mut runs, "Job", "api-1", &json!({"metadata": owner}));
    add_pod(&mut runs, "api-1-x", ("Job", "api-1"), EARLY, &json!({}));
    assert_eq!(notes_of(&runs), [""; 0], "a CronJob with a pod has one");
}

#[test]
fn a_revision_whose_replica_set_was_not_read_is_the_current_one() {
    let mut snapshot = target(TargetKind::Deployment, &json!({}), &json!({}));
    let revision = json!({"annotations": {"deployment.kubernetes.io/revision": "3"}});
    add_workload(&mut snapshot, "Deployment", "api", &json!({"metadata": revision, "spec": {}, "status": {}}));
    replica_set(&mut snapshot, "api-2", "2");
    add_pod(&mut snapshot, "old", ("ReplicaSet", "api-2"), EARLY, &json!({}));
    add_pod(&mut snapshot, "new", ("ReplicaSet", "api-3"), LATE, &json!({}));
    assert_eq!(judged(&snapshot), ["new"]);
    replica_set(&mut snapshot, "api-3", "3");
    add_pod(&mut snapshot, "later", ("ReplicaSet", "api-2"), "2026-11-23T12:00:00Z", &json!({}));
    assert_eq!(judged(&snapshot), ["new"], "its own revision is known: another's younger pod doesn't count");
}

#[test]
fn a_rollouts_older_replica_sets_pods_do_not_count() {
    let unread = |snapshot: &Snapshot| testing::evidence(snapshot, unread_pod).map(|gap| gap.operation);
    let mut snapshot = target(TargetKind::Rollout, &json!({}), &json!({"currentPodHash": "b"}));
    for (name, revision) in [("api-a", "1"), ("api-b", "2")] {
        let metadata = json!({
            "annotations": {"rollout.argoproj.io/revision": revision},
            "ownerReferences": [{"kind": "Rollout", "name": "api", "controller": true}],
        });
        add_workload(&mut snapshot, "ReplicaSet", name, &json!({"metadata": metadata}));
    }
    let hash = json!({"metadata": {"labels": {"rollouts-pod-template-hash": "b"}}});
    add_pod(&mut snapshot, "api-b-x", ("ReplicaSet", "api-b"), LATE, &hash);
    add_unread(&mut snapshot, "api-a-x");
    assert_eq!(unread(&snapshot), None);
    add_unread(&mut snapshot, "api-b-y");
    assert_eq!(unread(&snapshot).as_deref(), Some("get pods"));
}
