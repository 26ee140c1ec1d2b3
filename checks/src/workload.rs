//! Which pods of a workload count: those of its current revision, neither finished nor terminating.

pub(crate) mod revision;

use crate::evidence::{Evidence, controller, lookup};
use crate::snapshot::kubernetes::{Event, Metadata, Pod, Workload};
use crate::snapshot::{Gap, Observed, TargetKind, kind_key};

/// The pods of a workload.
#[derive(Debug, Clone, Default)]
pub struct CurrentPods<'a> {
    /// Those that are judged, by name.
    pub pods: Vec<&'a Pod>,
    /// How many belong to an older revision.
    pub older: usize,
    /// How many are being deleted.
    pub terminating: usize,
    /// How many have run to their end.
    pub finished: usize,
}

/// The pods of the target's workload that count, by name.
///
/// Where the current revision has no pod and nothing says that it can't make any, the pods of the
/// revision before it are judged: they are what runs.
pub fn current_pods<'a>(evidence: &Evidence<'a>) -> CurrentPods<'a> {
    let mut counted = CurrentPods::default();
    let mut live = Vec::new();
    for pod in own_pods(evidence) {
        if pod.metadata.deletion_timestamp.is_some() {
            counted.terminating += 1;
        } else if is_finished(pod) {
            counted.finished += 1;
        } else {
            live.push(pod);
        }
    }
    let (current, older): (Vec<_>, Vec<_>) = match revision::current(evidence, &live) {
        Some(revision) => live.into_iter().partition(|pod| revision.has(pod)),
        None => (live, Vec::new()),
    };
    // A pod that is listed but could not be read may be the current one.
    if current.is_empty() && failures(evidence).is_empty() && pods_gap(evidence).is_none() {
        counted.pods = older;
    } else {
        counted.older = older.len();
        counted.pods = current;
    }
    counted
}

/// Whether a pod has run to its end.
pub fn is_finished(pod: &Pod) -> bool {
    matches!(pod.status.phase.as_deref(), Some("Succeeded" | "Failed"))
}

/// What was counted, not judged, in words; for a pod that was named, that it is on its way out.
pub fn notes(evidence: &Evidence<'_>) -> Vec<String> {
    if evidence.target.kind == TargetKind::Pod {
        return evidence.pod.present().and_then(|pod| end_of(pod)).into_iter().collect();
    }
    if !evidence.target.kind.is_workload() || evidence.snapshot.from_files {
        return Vec::new();
    }
    let counted = current_pods(evidence);
    let target = evidence.target;
    let mut notes = Vec::new();
    let mut note = |count: usize, what: &str| {
        if count > 0 {
            let pods = if count == 1 { "1 pod".to_owned() } else { format!("{count} pods") };
            notes.push(format!("{pods} of {target} not judged: {what}"));
        }
    };
    note(counted.older, "of an older revision");
    note(counted.terminating, "being deleted");
    note(counted.finished, "run to the end");
    if counted.pods.is_empty() && no_pods_wanted(evidence).is_some() {
        notes.push(format!("{target} has no pods: judged by its template"));
    }
    notes
}

fn end_of(pod: &Pod) -> Option<String> {
    let name = &pod.metadata.name;
    if pod.metadata.deletion_timestamp.is_some() {
        return Some(format!("pod {name} is being deleted"));
    }
    is_finished(pod).then(|| format!("pod {name} has run to its end ({})", pod.status.phase.as_deref().unwrap_or_default()))
}

/// Why a workload rightly has no pods: scaled to nothing, suspended, or run to its end.
pub fn no_pods_wanted(evidence: &Evidence<'_>) -> Option<&'static str> {
    let counted = current_pods(evidence);
    let workload = evidence.workload()?;
    let workload = *workload.present()?;
    match evidence.target.kind {
        TargetKind::CronJob | TargetKind::Job if workload.spec.suspend == Some(true) => Some("it is suspended"),
        TargetKind::CronJob => Some("none of its jobs runs now"),
        TargetKind::Job if counted.finished > 0 => Some("it has run to its end"),
        TargetKind::DaemonSet if workload.status.desired_number_scheduled == Some(0) => Some("no node fits it"),
        _ if workload.spec.replicas == Some(0) => Some("it is scaled to zero"),
        _ => None,
    }
}

/// Why the pods of the target's workload are not known; `None` where the list is complete.
pub fn pods_gap(evidence: &Evidence<'_>) -> Option<Gap> {
    // Of what is yet to be deployed there are no pods.
    if evidence.snapshot.from_files {
        return None;
    }
    let list = pod_list(evidence);
    let Observed::Present(names) = list else { return list.gap().cloned() };
    let cluster = evidence.cluster?;
    let pod = |name: &String| lookup(Some(&cluster.pods), &crate::snapshot::key(evidence.namespace(), name), "get pods");
    names.iter().find_map(|name| pod(name).gap().cloned())
}

/// Why one of the pods that count could not be read, where others could.
pub fn unread_pod(evidence: &Evidence<'_>) -> Option<Gap> {
    if !evidence.target.kind.is_workload() || evidence.pods.is_empty() {
        return None;
    }
    let cluster = evidence.cluster?;
    let maker = revision::maker(evidence).map(|(_, name)| format!("{name}-"));
    // A pod that an older ReplicaSet made bears its name.
    let counts = |name: &&String| maker.as_ref().is_none_or(|maker| name.starts_with(maker));
    let names = pod_list(evidence).present().copied()?;
    let unread = |name: &String| cluster.pods.get(&crate::snapshot::key(evidence.namespace(), name))?.gap().cloned();
    names.iter().filter(counts).find_map(unread)
}

/// Why it can't be known whether a job of a CronJob was kept from making its pods.
pub fn unread_job(evidence: &Evidence<'_>) -> Option<Gap> {
    if evidence.snapshot.from_files || evidence.target.kind != TargetKind::CronJob || current_pods(evidence).finished > 0 {
        return None;
    }
    let cluster = evidence.cluster?;
    let prefix = kind_key("Job", evidence.namespace(), &evidence.target.name);
    let mut jobs = cluster.workloads.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
    let unread = jobs.find_map(|(_, job)| job.gap().cloned());
    unread.or_else(|| {
        let (kind, name) = revision::maker(evidence)?;
        cluster.events.get(&kind_key(kind, evidence.namespace(), name))?.gap().cloned()
    })
}

fn pod_list<'a>(evidence: &Evidence<'a>) -> Observed<&'a Vec<String>> {
    let lists = evidence.cluster.map(|cluster| &cluster.pod_lists);
    let target = evidence.target;
    let own = kind_key(target.kind.kind(), &target.namespace, &target.name);
    match lists.and_then(|lists| lists.get(&own)) {
        Some(list) => list.as_ref(),
        None => lookup(lists, &target.namespace, "list pods"),
    }
}

/// Warnings about the workload, or about what makes its pods now, that say why there are none.
/// <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#failed-deployment>
pub fn failures<'a>(evidence: &Evidence<'a>) -> Vec<&'a Event> {
    let maker = revision::maker(evidence);
    let target = evidence.target;
    let own = (target.kind.kind(), target.name.as_str());
    let cluster = evidence.cluster.iter();
    let keys = std::iter::once(own).chain(maker).map(|(kind, name)| kind_key(kind, &target.namespace, name)).collect::<Vec<_>>();
    let events = cluster.flat_map(|cluster| keys.iter().filter_map(|key| cluster.events.get(key)?.present())).flatten();
    let failed =
        |event: &&Event| event.reason.as_deref().is_some_and(|reason| matches!(reason, "FailedCreate" | "ReplicaSetCreateError"));
    events.filter(failed).collect()
}

/// All pods of the target's workload, by name.
fn own_pods<'a>(evidence: &Evidence<'a>) -> Vec<&'a Pod> {
    let Some(cluster) = evidence.cluster else { return Vec::new() };
    cluster.pods_of(evidence.namespace()).filter(|pod| belongs(evidence, pod)).collect()
}

/// Whether a pod's chain of owners leads to the target. Where an owner in between can't be read, a
/// ReplicaSet's or a Job's name begins with its owner's, and the selector must fit.
fn belongs(evidence: &Evidence<'_>, pod: &Pod) -> bool {
    let (kind, name) = (evidence.target.kind.kind(), evidence.target.name.as_str());
    let Some(owner) = controller(&pod.metadata) else { return false };
    if owner.kind == kind {
        return owner.name == name;
    }
    match evidence.workload_of(&owner.kind, &owner.name) {
        Observed::Present(between) => controller(&between.metadata).is_some_and(|owner| owner.kind == kind && owner.name == name),
        Observed::Absent | Observed::Unavailable(_) => {
            let makes = matches!(
                (evidence.target.kind, owner.kind.as_str()),
                (TargetKind::Deployment | TargetKind::Rollout, "ReplicaSet") | (TargetKind::CronJob, "Job")
            );
            let generated = owner.name.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
            makes && generated.is_some_and(|rest| !rest.contains('-')) && selector_fits(evidence, &pod.metadata)
        }
    }
}

fn selector_fits(evidence: &Evidence<'_>, pod: &Metadata) -> bool {
    let workload: Option<Observed<&Workload>> = evidence.workload();
    let selector = workload.as_ref().and_then(Observed::present).and_then(|workload| workload.spec.selector.as_ref());
    selector.is_none_or(|selector| crate::selector::matches(selector, &pod.labels) != Some(false))
}

#[cfg(test)]
mod tests;
