//! What a scan judges: each workload once, for its current pods, and every pod that nothing known owns.

use crate::evidence::controller;
use crate::snapshot::kubernetes::{Metadata, Pod};
use crate::snapshot::{Cluster, Observed, Target, TargetKind, kind_key};
use std::collections::BTreeMap;

/// The kinds that make pods, by the Kubernetes kind.
const MAKERS: [TargetKind; 7] = [
    TargetKind::ReplicaSet,
    TargetKind::Deployment,
    TargetKind::StatefulSet,
    TargetKind::DaemonSet,
    TargetKind::Job,
    TargetKind::CronJob,
    TargetKind::Rollout,
];

/// The kind that makes pods, of a Kubernetes kind.
pub fn maker(kind: &str) -> Option<TargetKind> {
    MAKERS.into_iter().find(|maker| maker.kind() == kind)
}

/// The kind that owns makers of a kind, as a rule.
pub fn owner_of(kind: TargetKind) -> &'static [TargetKind] {
    match kind {
        TargetKind::ReplicaSet => &[TargetKind::Deployment, TargetKind::Rollout],
        TargetKind::Job => &[TargetKind::CronJob],
        _ => &[],
    }
}

/// Whether a pod has run to its end or is being deleted: such pods are counted, not judged.
pub fn is_over(pod: &Pod) -> bool {
    crate::workload::is_finished(pod) || pod.metadata.deletion_timestamp.is_some()
}

/// The targets of a scan of everything that was read of a cluster, in order.
pub fn targets(cluster: &Cluster) -> Vec<Target> {
    let mut targets: Vec<Target> =
        cluster.pods.values().filter_map(Observed::present).filter(|pod| !is_over(pod)).map(|pod| target(cluster, pod)).collect();
    targets.sort();
    targets.dedup();
    targets
}

/// How many pods were left out of a scan, for they are over.
pub fn over(cluster: &Cluster) -> usize {
    cluster.pods.values().filter_map(Observed::present).filter(|pod| is_over(pod)).count()
}

/// Of a target that stands for several pods, which pods these are.
pub fn pods_by_target(cluster: &Cluster) -> BTreeMap<Target, Vec<&Pod>> {
    let mut by_target: BTreeMap<Target, Vec<&Pod>> = BTreeMap::new();
    for pod in cluster.pods.values().filter_map(Observed::present) {
        by_target.entry(target(cluster, pod)).or_default().push(pod);
    }
    by_target
}

/// The outermost owner that was read, or the pod itself.
fn target(cluster: &Cluster, pod: &Pod) -> Target {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let mut target = Target::new(TargetKind::Pod, namespace, pod.metadata.name.as_str());
    let mut metadata: &Metadata = &pod.metadata;
    // A chain of owners is at most CronJob, Job, Pod; the bound is for objects that own themselves.
    for _ in 0..3 {
        let Some((kind, owner)) = controller(metadata).and_then(|owner| Some((maker(&owner.kind)?, owner))) else { break };
        let read = cluster.workloads.get(&kind_key(kind.kind(), namespace, &owner.name));
        let Some(workload) = read.and_then(Observed::present) else { break };
        target = Target::new(kind, namespace, owner.name.as_str());
        metadata = &workload.metadata;
    }
    Target { scanned: true, ..target }
}
