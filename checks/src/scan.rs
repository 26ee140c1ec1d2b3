//! What a scan judges: each workload once, for its current pods, and every pod that nothing known owns.

use crate::evidence::controller;
use crate::snapshot::kubernetes::{Metadata, Pod};
use crate::snapshot::{Cluster, Gap, Observed, Snapshot, Target, TargetKind, kind_key};
use crate::workload::revision;
use std::collections::{BTreeMap, BTreeSet};

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

/// Puts what the scans among the targets judge in their place, and keeps how many pods they chose in the clusters.
///
/// `is_chosen` says of a cluster's key and a pod's whether the pod was chosen: others were read too, as what explains a
/// missing role may stand in one of these. Where not all could be read, the scan stays among the targets and stands for that.
pub fn spell_out(snapshot: &mut Snapshot, is_chosen: impl Fn(&str, &str) -> bool) {
    let several = snapshot.clusters.len() > 1;
    let mut targets: Vec<Target> = Vec::new();
    for asked in std::mem::take(&mut snapshot.asked.targets) {
        if !asked.kind.is_scan() || snapshot.clusters.is_empty() {
            targets.push(asked);
            continue;
        }
        for (name, cluster) in &mut snapshot.clusters {
            if asked.cluster.as_ref().is_some_and(|of| of != name) {
                continue;
            }
            let Chosen { targets: mut judged, pods, over, gaps } = choose(cluster, &asked, |pod| is_chosen(name, pod));
            let scan = cluster.scan.get_or_insert_default();
            scan.pods = scan.pods.saturating_add(pods);
            scan.over = scan.over.saturating_add(over);
            for gap in gaps {
                if !scan.gaps.contains(&gap) {
                    scan.gaps.push(gap);
                }
            }
            if !scan.gaps.is_empty() {
                judged.insert(Target { scanned: true, ..asked.clone() });
            }
            let of_cluster = several.then(|| name.clone());
            targets.extend(judged.into_iter().map(|target| Target { cluster: of_cluster.clone(), ..target }));
        }
    }
    let mut seen = BTreeSet::new();
    targets.retain(|target| seen.insert(target.clone()));
    snapshot.asked.targets = targets;
}

/// What a scan chose of a cluster.
struct Chosen {
    /// What is judged.
    targets: BTreeSet<Target>,
    pods: usize,
    /// How many of them are over.
    over: usize,
    /// Why some of them could not be read.
    gaps: Vec<Gap>,
}

fn choose(cluster: &Cluster, scan: &Target, is_chosen: impl Fn(&str) -> bool) -> Chosen {
    let here = |key: &str| scan.kind == TargetKind::Cluster || key.split_once('/').is_some_and(|(of, _)| of == scan.name);
    let mut chosen = Chosen { targets: BTreeSet::new(), pods: 0, over: 0, gaps: Vec::new() };
    for (_, pod) in cluster.pods.iter().filter(|(key, _)| here(key) && is_chosen(key)) {
        match pod {
            Observed::Present(pod) => {
                chosen.pods += 1;
                if is_over(pod) {
                    chosen.over += 1;
                } else {
                    chosen.targets.insert(target(cluster, pod));
                }
            }
            Observed::Unavailable(gap) => chosen.gaps.push(gap.clone()),
            Observed::Absent => {}
        }
    }
    drop_older(cluster, &mut chosen.targets);
    chosen
}

/// Of the ReplicaSets of one Deployment that couldn't be read only the newest is judged: the others have pods that are about
/// to go, and what is wrong with these is no fault of what runs from now on.
fn drop_older(cluster: &Cluster, targets: &mut BTreeSet<Target>) {
    let set = |target: &Target| {
        let own = kind_key("ReplicaSet", &target.namespace, &target.name);
        let workload = cluster.workloads.get(&own).and_then(Observed::present)?;
        let owner = controller(&workload.metadata).filter(|_| target.kind == TargetKind::ReplicaSet)?;
        Some(((target.namespace.clone(), owner.kind.clone(), owner.name.clone()), revision::number(workload)))
    };
    let mut newest: BTreeMap<_, u64> = BTreeMap::new();
    for (owner, number) in targets.iter().filter_map(set) {
        let known = newest.entry(owner).or_default();
        *known = number.max(*known);
    }
    targets.retain(|target| set(target).is_none_or(|(owner, number)| newest.get(&owner).is_none_or(|newest| number >= *newest)));
}

/// The outermost owner that was read, or the pod itself.
fn target(cluster: &Cluster, pod: &Pod) -> Target {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let mut target = Target::new(TargetKind::Pod, namespace, pod.metadata.name.as_str());
    let mut metadata: &Metadata = &pod.metadata;
    // A chain of owners is at most CronJob, Job, Pod; the bound is for objects that own themselves.
    for _ in 0..3 {
        let Some((kind, owner)) = controller(metadata).and_then(|owner| Some((maker(&owner.kind)?, owner))) else { break };
        // What owns otherwise is no chain whose pods could be told apart by their revision.
        if target.kind != TargetKind::Pod && !owner_of(target.kind).contains(&kind) {
            break;
        }
        let read = cluster.workloads.get(&kind_key(kind.kind(), namespace, &owner.name));
        let Some(workload) = read.and_then(Observed::present) else { break };
        target = Target::new(kind, namespace, owner.name.as_str());
        metadata = &workload.metadata;
    }
    Target { scanned: true, ..target }
}

#[cfg(test)]
mod tests;
