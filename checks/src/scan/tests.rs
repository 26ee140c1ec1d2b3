//! What a scan chooses, and what stands for the part of it that could not be read.

use super::*;
use crate::check::Status;
use crate::diagnose::diagnose;
use crate::report::Verdict;
use crate::snapshot::{GapCause, key};
use crate::testing;
use serde_json::{Value, json};

/// The healthy snapshot, all of it or a namespace of it scanned.
fn scanned(kind: TargetKind, name: &str, change: impl FnOnce(&mut Snapshot)) -> Snapshot {
    let mut snapshot = testing::healthy();
    snapshot.asked.targets = vec![Target::new(kind, "", name)];
    change(&mut snapshot);
    spell_out(&mut snapshot, |_, _| true);
    snapshot
}

fn names(snapshot: &Snapshot) -> Vec<(TargetKind, &str)> {
    snapshot.asked.targets.iter().map(|target| (target.kind, target.name.as_str())).collect()
}

fn counts(snapshot: &Snapshot) -> (usize, usize, usize) {
    let scan = snapshot.cluster().and_then(|(_, cluster)| cluster.scan.as_ref()).unwrap();
    (scan.pods, scan.over, scan.gaps.len())
}

fn unread(snapshot: &mut Snapshot, name: &str) {
    let gap = Gap::new("get pods", GapCause::Denied).detail("pods may not be read");
    testing::cluster(snapshot).pods.insert(key("default", name), Observed::Unavailable(gap));
}

fn add_owner(snapshot: &mut Snapshot, kind: &str, name: &str, metadata: &Value) {
    let mut object = json!({"kind": kind, "metadata": metadata});
    object["metadata"]["name"] = json!(name);
    object["metadata"]["namespace"] = json!("default");
    let read = Observed::Present(testing::read(&object));
    testing::cluster(snapshot).workloads.insert(kind_key(kind, "default", name), read);
}

fn owned_by(kind: &str, name: &str) -> Value {
    json!({"ownerReferences": [{"kind": kind, "name": name, "controller": true}]})
}

#[test]
fn each_pod_that_is_not_over_is_judged() {
    let snapshot = scanned(TargetKind::Cluster, "", |_| {});
    assert_eq!((names(&snapshot), counts(&snapshot)), (vec![(TargetKind::Pod, "awscli")], (1, 0, 0)));
    assert!(snapshot.asked.targets.iter().all(|target| target.scanned));
    let over = scanned(TargetKind::Cluster, "", |snapshot| {
        testing::pod(snapshot).metadata.deletion_timestamp = Some("2026-01-01T00:00:00Z".to_owned());
    });
    assert_eq!((names(&over), counts(&over)), (vec![], (1, 1, 0)));
    let over = scanned(TargetKind::Cluster, "", |snapshot| testing::pod(snapshot).status.phase = Some("Succeeded".to_owned()));
    assert_eq!(counts(&over), (1, 1, 0));
}

#[test]
fn a_namespaces_scan_leaves_the_others_alone() {
    assert_eq!(names(&scanned(TargetKind::Namespace, "default", |_| {})), [(TargetKind::Pod, "awscli")]);
    assert_eq!(names(&scanned(TargetKind::Namespace, "other", |_| {})), []);
}

#[test]
fn what_was_named_itself_stays_as_it_is() {
    for target in [Target::new(TargetKind::Pod, "default", "awscli"), Target::new(TargetKind::Deployment, "shop", "api")] {
        let named = scanned(TargetKind::Pod, "", |snapshot| snapshot.asked.targets = vec![target.clone()]);
        assert_eq!(named.asked.targets, [target]);
        assert!(named.clusters.values().all(|cluster| cluster.scan.is_none()));
    }
    let nowhere = scanned(TargetKind::Cluster, "", |snapshot| snapshot.clusters.clear());
    assert_eq!(names(&nowhere), [(TargetKind::Cluster, "")], "a scan without a cluster stands for itself");
}

#[test]
fn the_outermost_owner_that_was_read_is_judged() {
    let with = |owners: &[(&str, &str, Value)]| {
        let snapshot = scanned(TargetKind::Cluster, "", |snapshot| {
            testing::pod(snapshot).metadata.owner_references =
                vec![testing::read(&json!({"kind": "ReplicaSet", "name": "api-1", "controller": true}))];
            for (kind, name, metadata) in owners {
                add_owner(snapshot, kind, name, metadata);
            }
        });
        names(&snapshot).into_iter().map(|(kind, name)| (kind, name.to_owned())).next().unwrap()
    };
    let set = ("ReplicaSet", "api-1", owned_by("Deployment", "api"));
    assert_eq!(with(&[]), (TargetKind::Pod, "awscli".to_owned()));
    assert_eq!(with(std::slice::from_ref(&set)), (TargetKind::ReplicaSet, "api-1".to_owned()));
    assert_eq!(with(&[set, ("Deployment", "api", json!({}))]), (TargetKind::Deployment, "api".to_owned()));
    let job = |snapshot: &mut Snapshot| {
        testing::pod(snapshot).metadata.owner_references = testing::read(&owned_by("Job", "nightly-1")["ownerReferences"]);
        add_owner(snapshot, "Job", "nightly-1", &owned_by("CronJob", "nightly"));
        add_owner(snapshot, "CronJob", "nightly", &json!({}));
    };
    assert_eq!(names(&scanned(TargetKind::Cluster, "", job)), [(TargetKind::CronJob, "nightly")]);
    let stranger = ("ReplicaSet", "api-1", owned_by("CronJob", "api"));
    assert_eq!(with(&[stranger, ("CronJob", "api", json!({}))]), (TargetKind::ReplicaSet, "api-1".to_owned()));
}

#[test]
fn of_unread_deployments_replica_sets_the_newest_is_judged() {
    let snapshot = scanned(TargetKind::Cluster, "", |snapshot| {
        let pod = testing::pod(snapshot).clone();
        for (set, revision) in [("api-1", "9"), ("api-2", "10")] {
            let mut metadata = owned_by("Deployment", "api");
            metadata["annotations"] = json!({"deployment.kubernetes.io/revision": revision});
            add_owner(snapshot, "ReplicaSet", set, &metadata);
            let mut pod = pod.clone();
            pod.metadata.name = format!("{set}-x");
            pod.metadata.owner_references = vec![testing::read(&json!({"kind": "ReplicaSet", "name": set, "controller": true}))];
            testing::cluster(snapshot).pods.insert(key("default", &pod.metadata.name), Observed::Present(pod));
        }
    });
    assert_eq!(names(&snapshot), [(TargetKind::Pod, "awscli"), (TargetKind::ReplicaSet, "api-2")]);
}

#[test]
fn a_scan_of_which_not_all_was_read_is_inconclusive() {
    let whole = scanned(TargetKind::Cluster, "", |_| {});
    assert_eq!(diagnose(&whole).verdict, Verdict::Healthy);
    let snapshot = scanned(TargetKind::Cluster, "", |snapshot| unread(snapshot, "hidden"));
    assert_eq!(counts(&snapshot), (1, 0, 1));
    assert!(names(&snapshot).contains(&(TargetKind::Cluster, "")), "the scan stands for what was not read");
    let report = diagnose(&snapshot);
    assert_eq!(report.verdict, Verdict::Inconclusive);
    let of_scan = report.targets.iter().find(|target| target.target.kind == TargetKind::Cluster).unwrap();
    assert_eq!((of_scan.verdict, of_scan.target.scanned), (Verdict::Inconclusive, true));
    assert!(of_scan.sentence.contains("pods may not be read"), "{}", of_scan.sentence);
    assert_eq!(of_scan.gaps.iter().map(|gap| gap.found.decisive).collect::<Vec<_>>(), [true]);
    assert!(of_scan.intent.is_some() && of_scan.checks.iter().all(|link| link.status == Status::NotApplicable));
    assert!(!of_scan.checks.is_empty());
}

#[test]
fn a_place_that_no_target_stands_for_is_inconclusive_too() {
    let gap = || Gap::new("list pods", GapCause::Denied);
    let mut snapshot = scanned(TargetKind::Cluster, "", |_| {});
    testing::cluster(&mut snapshot).scan.as_mut().unwrap().gaps = vec![gap()];
    let report = diagnose(&snapshot);
    let verdicts: Vec<_> = report.targets.iter().map(|target| (target.target.kind, target.verdict)).collect();
    assert_eq!(verdicts, [(TargetKind::Pod, Verdict::Healthy), (TargetKind::Cluster, Verdict::Inconclusive)]);
    assert!(report.targets[1].target.scanned && report.targets[1].target.cluster.is_none(), "there is only one cluster");
    // A pod that was named itself is no part of the scan.
    for target in &mut snapshot.asked.targets {
        target.scanned = false;
    }
    assert_eq!(diagnose(&snapshot).targets.len(), 1);
}

#[test]
fn a_scan_that_nobody_made_is_not_healthy() {
    let mut snapshot = testing::healthy();
    snapshot.asked.targets = vec![Target::new(TargetKind::Cluster, "", "")];
    assert_eq!(diagnose(&snapshot).verdict, Verdict::Inconclusive);
}

#[test]
fn a_place_is_whole_where_it_or_the_cluster_was_listed() {
    let scan = |whole: &[&str]| crate::snapshot::Scan {
        whole: whole.iter().map(|&name| name.to_owned()).collect(),
        ..crate::snapshot::Scan::default()
    };
    assert!(scan(&["default"]).has_whole("default") && scan(&[""]).has_whole("default"));
    assert!(!scan(&["default"]).has_whole("other") && !scan(&[]).has_whole("default"));
}

#[test]
fn of_several_clusters_each_target_names_its_own() {
    let two = |of: Option<&str>| {
        scanned(TargetKind::Cluster, "", |snapshot| {
            let other = snapshot.clusters.values().next().unwrap().clone();
            snapshot.clusters.insert("other".to_owned(), other);
            snapshot.asked.targets[0].cluster = of.map(str::to_owned);
        })
    };
    let clusters = |snapshot: &Snapshot| {
        let of = snapshot.asked.targets.iter().map(|target| target.cluster.clone().unwrap());
        of.collect::<BTreeSet<_>>()
    };
    assert_eq!(clusters(&two(None)).len(), 2);
    assert_eq!(clusters(&two(Some("other"))), BTreeSet::from(["other".to_owned()]));
    let alone = scanned(TargetKind::Cluster, "", |_| {});
    assert!(alone.asked.targets.iter().all(|target| target.cluster.is_none()));
}
