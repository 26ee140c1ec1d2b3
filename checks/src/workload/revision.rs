//! Which revision of a workload is the current one, and which of its pods belong to it.

use crate::evidence::{Evidence, controller};
use crate::snapshot::TargetKind;
use crate::snapshot::kubernetes::{Pod, Workload};

/// A revision: the label that its pods bear, or the owner that made them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Revision<'a> {
    /// Pods with this label.
    Label(&'static str, &'a str),
    /// Pods that this owner made.
    Owner(&'a str),
}

impl Revision<'_> {
    /// Whether a pod is of this revision.
    pub(super) fn has(&self, pod: &Pod) -> bool {
        match self {
            Self::Label(key, value) => pod.metadata.labels.get(*key).is_some_and(|found| found == value),
            Self::Owner(name) => controller(&pod.metadata).is_some_and(|owner| owner.name == *name),
        }
    }
}

/// The label that a StatefulSet's and a DaemonSet's pods bear.
/// <https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#revision-history>
const CONTROLLER_REVISION: &str = "controller-revision-hash";

/// The current revision; `None` where all pods are of one, or it can't be told.
pub(super) fn current<'a>(evidence: &Evidence<'a>, live: &[&'a Pod]) -> Option<Revision<'a>> {
    let workload = evidence.workload().and_then(|workload| workload.present().copied());
    match evidence.target.kind {
        TargetKind::Deployment => {
            let newest = newest_maker(evidence).filter(|maker| is_current(workload, maker));
            newest.map(|maker| Revision::Owner(&maker.metadata.name)).or_else(|| youngest_owner(live))
        }
        TargetKind::Rollout => {
            let hash = workload.and_then(|workload| workload.status.current_pod_hash.as_deref());
            hash.map(|hash| Revision::Label("rollouts-pod-template-hash", hash)).or_else(|| youngest_owner(live))
        }
        TargetKind::StatefulSet => {
            let revision = workload.and_then(|workload| workload.status.update_revision.as_deref());
            revision.map(|revision| Revision::Label(CONTROLLER_REVISION, revision)).or_else(|| youngest_label(live))
        }
        // A new pod of a DaemonSet is always made from the template of that moment.
        TargetKind::DaemonSet => youngest_label(live),
        TargetKind::CronJob => youngest_owner(live),
        _ => None,
    }
}

/// What makes the target's pods now: a Deployment's newest ReplicaSet, a CronJob's newest Job.
/// An old one's failures are history.
pub(super) fn maker<'a>(evidence: &Evidence<'a>) -> Option<(&'static str, &'a str)> {
    let kind = if evidence.target.kind == TargetKind::CronJob { "Job" } else { "ReplicaSet" };
    newest_maker(evidence).map(|workload| (kind, workload.metadata.name.as_str()))
}

fn newest_maker<'a>(evidence: &Evidence<'a>) -> Option<&'a Workload> {
    let (kind, between) = match evidence.target.kind {
        TargetKind::Deployment => ("Deployment", "ReplicaSet"),
        TargetKind::Rollout => ("Rollout", "ReplicaSet"),
        TargetKind::CronJob => ("CronJob", "Job"),
        _ => return None,
    };
    let prefix = format!("{between}/{}/", evidence.namespace());
    let below = evidence.cluster?.workloads.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
    let owned = |workload: &&Workload| {
        controller(&workload.metadata).is_some_and(|owner| owner.kind == kind && owner.name == evidence.target.name)
    };
    let made = below.filter_map(|(_, workload)| workload.present()).filter(owned);
    made.max_by_key(|workload| (number(workload), workload.metadata.creation_timestamp.as_deref()))
}

/// Whether a ReplicaSet is of its Deployment's own revision; the one that is may have been unreadable.
fn is_current(deployment: Option<&Workload>, maker: &Workload) -> bool {
    let own = deployment.map(number).filter(|own| *own > 0);
    own.is_none_or(|own| own == number(maker))
}

/// The number of a ReplicaSet's revision; a ReplicaSet that was rolled back to gets the highest again.
pub(crate) fn number(workload: &Workload) -> u64 {
    let number = workload.metadata.annotation("deployment.kubernetes.io/revision");
    number.or_else(|| workload.metadata.annotation("rollout.argoproj.io/revision")).and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn youngest<'a>(live: &[&'a Pod]) -> Option<&'a Pod> {
    live.iter().copied().max_by_key(|pod| pod.metadata.creation_timestamp.as_deref())
}

fn youngest_owner<'a>(live: &[&'a Pod]) -> Option<Revision<'a>> {
    controller(&youngest(live)?.metadata).map(|owner| Revision::Owner(owner.name.as_str()))
}

fn youngest_label<'a>(live: &[&'a Pod]) -> Option<Revision<'a>> {
    let hash = youngest(live)?.metadata.labels.get(CONTROLLER_REVISION)?;
    Some(Revision::Label(CONTROLLER_REVISION, hash))
}
