//! Fixes that change a pod template: in the workload that owns the pod, or, where nothing does, by whoever keeps the manifest.

use super::commands::{kubectl, kubectl_named};
use super::restart::{delete_pods, is_on_delete, is_paused, owner};
use super::{Effect, Fix, Restart};
use crate::evidence::Evidence;
use serde_json::{Value, json};

/// What a fix of one container's template is called.
pub fn id(evidence: &Evidence<'_>, what: &str, container: &str) -> String {
    format!("{what} {} {container}", evidence.pod_locus().resource)
}

/// Removes variables from a container of the template.
#[must_use]
pub fn unset_env(evidence: &Evidence<'_>, fix: Fix, container: &str, names: &[&str]) -> Fix {
    let instead = format!("remove {} from the env of container {container}", names.join(" and "));
    set_env(evidence, fix, container, names.iter().map(|name| format!("{name}-")), &instead)
}

/// Sets a variable of a container of the template.
#[must_use]
pub fn put_env(evidence: &Evidence<'_>, fix: Fix, container: &str, name: &str, value: &str) -> Fix {
    let instead = format!("set {name}={value} in the env of container {container}");
    set_env(evidence, fix, container, std::iter::once(format!("{name}={value}")), &instead)
}

/// `kubectl set env` knows the kinds of Kubernetes' own, and rolls them.
/// <https://kubernetes.io/docs/reference/kubectl/generated/kubectl_set/kubectl_set_env/>
fn set_env(evidence: &Evidence<'_>, fix: Fix, container: &str, changes: impl Iterator<Item = String>, instead: &str) -> Fix {
    let Some((kind, name)) = patchable(evidence).filter(|(kind, _)| kind != "Rollout") else {
        return by_hand(evidence, fix, instead);
    };
    let target = format!("{}/{name}", kind.to_ascii_lowercase());
    let mut args = vec!["set".to_owned(), "env".to_owned(), target, "-c".to_owned(), container.to_owned()];
    args.extend(changes);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    rolled(evidence, &kind, fix.command(Effect::WritesCluster, kubectl(evidence, &args)))
}

/// Merges a patch into the template: `{"spec": ..., "metadata": ...}`; `instead` says the same to whoever must do it by hand.
#[must_use]
pub fn merge(evidence: &Evidence<'_>, fix: Fix, template: &Value, instead: &str) -> Fix {
    match patchable(evidence) {
        Some((kind, name)) => patch(evidence, fix, (&kind, &name), "merge", template),
        None => by_hand(evidence, fix, instead),
    }
}

/// The same with a strategic merge patch, which knows list items by their names and can delete them (`$patch: delete`).
/// <https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/>
#[must_use]
pub fn merge_lists(evidence: &Evidence<'_>, fix: Fix, template: &Value, instead: &str) -> Fix {
    // Custom resources have no such patches.
    match patchable(evidence).filter(|(kind, _)| kind != "Rollout") {
        Some((kind, name)) => patch(evidence, fix, (&kind, &name), "strategic", template),
        None => by_hand(evidence, fix, instead),
    }
}

fn patch(evidence: &Evidence<'_>, fix: Fix, (kind, name): (&str, &str), form: &str, template: &Value) -> Fix {
    let spec = if kind == "CronJob" {
        json!({"jobTemplate": {"spec": {"template": template}}})
    } else {
        json!({ "template": template })
    };
    let resource = if kind == "Rollout" { "rollouts.argoproj.io".to_owned() } else { kind.to_ascii_lowercase() };
    let patch = json!({ "spec": spec }).to_string();
    let options = [&format!("--type={form}"), "-p", &patch];
    let argv = kubectl_named(evidence, &["patch"], &[&resource, name], &options);
    rolled(evidence, kind, fix.command(Effect::WritesCluster, argv))
}

/// What only the keeper of the manifest can change.
#[must_use]
pub fn by_hand(evidence: &Evidence<'_>, fix: Fix, instead: &str) -> Fix {
    let whose = match owner(evidence) {
        Some((kind, name)) => format!("whoever keeps {kind} {name}"),
        None => format!("whoever keeps the manifest of pod {}", evidence.pod_name().unwrap_or_default()),
    };
    fix.restart(Restart::Required)
        .decision(format!("{whose} must {instead} in the pod template"))
        .note("a pod's spec can't be changed: the pod must be made anew from the changed template")
}

/// The owner whose template can be patched with a new roll-out following; a Job's template can't be changed.
fn patchable(evidence: &Evidence<'_>) -> Option<(String, String)> {
    owner(evidence)
        .filter(|(kind, _)| matches!(kind.as_str(), "Deployment" | "StatefulSet" | "DaemonSet" | "CronJob" | "Rollout"))
}

/// A changed template rolls by itself, but for sets that wait until a pod is deleted.
fn rolled(evidence: &Evidence<'_>, kind: &str, fix: Fix) -> Fix {
    let fix = fix.restart(Restart::Required);
    let on_delete = evidence.owners().iter().any(|(_, _, workload)| is_on_delete(workload));
    let paused = evidence.owners().iter().any(|(_, _, workload)| is_paused(workload));
    match (kind, on_delete, evidence.pod_name()) {
        ("CronJob", ..) => fix.restart(Restart::None).note("the next run uses the changed template"),
        (_, true, Some(_)) => {
            delete_pods(evidence, fix.note("pods are replaced only when they are deleted (updateStrategy OnDelete)"))
        }
        _ if paused => {
            fix.note("the Deployment is paused: nothing rolls until whoever paused it resumes it, with all that waits there")
        }
        _ => fix.note("changing the template starts a roll-out by itself"),
    }
}

#[cfg(test)]
mod tests;
