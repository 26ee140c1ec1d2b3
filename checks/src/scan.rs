//! What a scan judges: each workload once, for its current pods, and every pod that nothing known owns.

use crate::evidence::controller;
use crate::snapshot::kubernetes::{Metadata, Pod};
use crate::snapshot::{Cluster, Observed, Target, TargetKind, kind_key};
use std::collections::BTreeSet;

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

/// What a scan of these pods judges, in order, and how many of them are over.
pub fn targets<'p>(cluster: &Cluster, pods: impl IntoIterator<Item = &'p Pod>) -> (Vec<Target>, usize) {
    let (over, current): (Vec<&Pod>, Vec<&Pod>) = pods.into_iter().partition(|pod| is_over(pod));
    let targets: BTreeSet<Target> = current.into_iter().map(|pod| target(cluster, pod)).collect();
    (targets.into_iter().collect(), over.len())
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
