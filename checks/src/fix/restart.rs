//! What it takes for new pods to take the place of the judged ones: each kind of owner has its own way.
//! <https://kubernetes.io/docs/reference/kubectl/generated/kubectl_rollout/kubectl_rollout_restart/>

use super::commands::{kubectl, kubectl_named};
use super::{Effect, Fix, Restart};
use crate::evidence::{Evidence, controller};
use crate::snapshot::kubernetes::Workload;
use crate::snapshot::{Observed, TargetKind};
use crate::workload;

/// Adds the command that makes new pods, or says who makes them and how.
#[must_use]
pub fn restart(evidence: &Evidence<'_>, fix: Fix) -> Fix {
    let Some((kind, name)) = owner(evidence) else {
        return match evidence.target.kind {
            // No pod is known that would have to be replaced.
            TargetKind::ServiceAccount => fix.restart(Restart::Required).note("pods that run as it must be made anew"),
            TargetKind::Role | TargetKind::Namespace | TargetKind::Cluster | TargetKind::Error => fix,
            _ => bare_pod(evidence, fix),
        };
    };
    if runs_nothing(evidence) {
        return by_owner(fix, format!("{kind} {name} runs no pod now: the next ones get it, and nothing has to be restarted"));
    }
    match kind.as_str() {
        "CronJob" => by_owner(fix, format!("CronJob {name} makes new pods at its next run; nothing has to be restarted")),
        "Job" => by_owner(
            fix.restart(Restart::Required),
            format!(
                "Job {name} can't be restarted: its template can't be changed, so delete it and create it again, unless it retries by itself"
            ),
        ),
        "Deployment" | "StatefulSet" | "DaemonSet" => rolled(evidence, fix.restart(Restart::Required), &kind, &name),
        "Rollout" => rollout(evidence, fix.restart(Restart::Required), &name),
        "ReplicaSet" | "ReplicationController" => delete_pods(evidence, fix.restart(Restart::Required)),
        _ => delete_pods(evidence, fix.restart(Restart::Required))
            .note(format!("{kind} {name} owns the pod: its operator makes the new one")),
    }
}

/// A workload whose pods `kubectl rollout restart` replaces, unless something keeps it from that: then its pods are
/// deleted, and whatever owns them makes them again from the same template.
fn rolled(evidence: &Evidence<'_>, fix: Fix, kind: &str, name: &str) -> Fix {
    let workload = evidence.workload_of(kind, name);
    if is_on_delete(&workload) {
        let note = format!("{kind} {name} replaces pods only when they are deleted (updateStrategy OnDelete)");
        return delete_pods(evidence, fix.note(note));
    }
    if is_paused(&workload) {
        let note = format!(
            "{kind} {name} is paused, so `kubectl rollout restart` is refused; its pods are made again when they are deleted"
        );
        return delete_pods(evidence, fix.note(note));
    }
    if let Some(operator) = workload.present().and_then(|workload| controller(&workload.metadata)) {
        let note =
            format!("{} {} owns {kind} {name} and may undo a restart: then restart it there", operator.kind, operator.name);
        return delete_pods(evidence, fix.note(note));
    }
    let fix = fix.command(Effect::RestartsPods, rollout_restart(evidence, &kind.to_ascii_lowercase(), name));
    match partition(&workload) {
        Some(partition) => fix.note(format!(
            "{kind} {name} has a partition: pods with an ordinal below {partition} are not rolled, and must be deleted one by one"
        )),
        None => fix,
    }
}

/// A Rollout of Argo replaces pods that are older than `spec.restartAt`, without its plugin of kubectl.
/// <https://argo-rollouts.readthedocs.io/en/stable/features/restart/>
fn rollout(evidence: &Evidence<'_>, fix: Fix, name: &str) -> Fix {
    let at = evidence.snapshot.collected_at.as_str();
    if at.is_empty() {
        return fix
            .note("`kubectl argo rollouts restart` needs the Argo Rollouts plugin of kubectl")
            .command(Effect::RestartsPods, kubectl(evidence, &["argo", "rollouts", "restart", name]));
    }
    let patch = serde_json::json!({"spec": {"restartAt": at}}).to_string();
    let names = ["rollouts.argoproj.io", name];
    fix.command(Effect::RestartsPods, kubectl_named(evidence, &["patch"], &names, &["--type=merge", "-p", &patch]))
}

/// Whether a workload waits until somebody deletes its pods.
pub(crate) fn is_on_delete(workload: &Observed<&Workload>) -> bool {
    let strategy = workload.present().and_then(|workload| workload.spec.update_strategy.as_ref());
    strategy.is_some_and(|strategy| strategy.kind.as_deref() == Some("OnDelete"))
}

/// Whether a Deployment rolls nothing until it is resumed.
pub(crate) fn is_paused(workload: &Observed<&Workload>) -> bool {
    workload.present().is_some_and(|workload| workload.spec.paused == Some(true))
}

fn partition(workload: &Observed<&Workload>) -> Option<i32> {
    let strategy = workload.present()?.spec.update_strategy.as_ref()?;
    strategy.rolling_update.as_ref()?.partition.filter(|partition| *partition > 0)
}

/// Whether the target is a workload that is known to have no pod.
fn runs_nothing(evidence: &Evidence<'_>) -> bool {
    evidence.target.kind.is_workload()
        && evidence.pods.is_empty()
        && workload::pods_gap(evidence).is_none()
        && workload::no_pods_wanted(evidence).is_some()
}

fn rollout_restart(evidence: &Evidence<'_>, kind: &str, name: &str) -> Vec<String> {
    kubectl(evidence, &["rollout", "restart", &format!("{kind}/{name}")])
}

/// A pod that nobody makes again: it must be saved, deleted and made from its own manifest, without what was injected.
fn bare_pod(evidence: &Evidence<'_>, fix: Fix) -> Fix {
    let Some(name) = evidence.pod_name() else { return fix.restart(Restart::Required) };
    by_owner(
        fix.restart(Restart::Required),
        format!(
            "nothing makes pod {name} again when it is deleted: delete it and create it from its own manifest (a copy of the running pod would carry the old environment)"
        ),
    )
}

/// Where new pods are all that it takes and no command makes them, it is for the owner to do.
fn by_owner(fix: Fix, what: String) -> Fix {
    if fix.commands.is_empty() && fix.needs_decision.is_none() {
        return fix.decision(format!("whoever owns the pod: {what}"));
    }
    fix.note(what)
}

/// Deletes the judged pods, whose owner makes them again.
pub(crate) fn delete_pods(evidence: &Evidence<'_>, fix: Fix) -> Fix {
    let mut names: Vec<&str> = evidence.pods.iter().map(|pod| pod.metadata.name.as_str()).collect();
    names.extend(evidence.pod_name().filter(|_| evidence.pods.is_empty()));
    if names.is_empty() {
        return fix;
    }
    let fix = fix.command(Effect::RestartsPods, kubectl_named(evidence, &["delete", "pod"], &names, &[]));
    if names.len() == 1 {
        return fix;
    }
    fix.note(format!("it deletes {} pods at once: one by one is safer, each when the one before is ready again", names.len()))
}

/// The outermost owner that decides about new pods: kind and name. A ReplicaSet's or a Job's own owner counts, where it is known.
pub(crate) fn owner(evidence: &Evidence<'_>) -> Option<(String, String)> {
    let outermost = evidence.owners().into_iter().take_while(|(kind, ..)| makes_pods(kind)).last();
    if let Some((kind, name, _)) = outermost {
        return Some((kind.to_owned(), name.to_owned()));
    }
    if evidence.target.kind.is_workload() {
        return Some((evidence.target.kind.kind().to_owned(), evidence.target.name.clone()));
    }
    let pod = evidence.pod.present()?;
    controller(&pod.metadata).map(|owner| (owner.kind.clone(), owner.name.clone()))
}

/// Whether a kind is one of those that this module knows how to restart.
fn makes_pods(kind: &str) -> bool {
    matches!(
        kind,
        "Deployment" | "ReplicaSet" | "ReplicationController" | "StatefulSet" | "DaemonSet" | "Job" | "CronJob" | "Rollout"
    )
}

#[cfg(test)]
mod tests;
