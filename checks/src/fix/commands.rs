//! The commands of fixes, with this cluster's context and this account's profile, and the true advice on restarts.

use super::{Effect, Fix, Restart};
use crate::evidence::Evidence;
use crate::snapshot::TargetKind;

/// A kubectl command in the cluster's context (where it is known) and the target's namespace.
pub fn kubectl(evidence: &Evidence<'_>, args: &[&str]) -> Vec<String> {
    let mut words = kubectl_cluster(evidence, args);
    if !evidence.namespace().is_empty() {
        words.extend(["-n".to_owned(), evidence.namespace().to_owned()]);
    }
    words
}

/// A kubectl command about something that has no namespace.
pub fn kubectl_cluster(evidence: &Evidence<'_>, args: &[&str]) -> Vec<String> {
    let mut words = vec!["kubectl".to_owned()];
    words.extend(args.iter().map(|&arg| arg.to_owned()));
    if let Some(context) = evidence.cluster.and_then(|cluster| cluster.context.as_deref()) {
        words.extend(["--context".to_owned(), context.to_owned()]);
    }
    words
}

/// An AWS CLI command, with the profile that was used to ask this account, where one was named.
pub fn aws(evidence: &Evidence<'_>, account: &str, args: &[&str]) -> Vec<String> {
    let mut words = vec!["aws".to_owned()];
    words.extend(args.iter().map(|&arg| arg.to_owned()));
    if let Some(profile) = evidence.account(account).and_then(|account| account.profile.as_deref()) {
        words.extend(["--profile".to_owned(), profile.to_owned()]);
    }
    words
}

/// The command that sets an annotation of the judged service account.
pub fn annotate(evidence: &Evidence<'_>, key: &str, value: &str) -> Vec<String> {
    let account = evidence.account_name().unwrap_or("default");
    kubectl(evidence, &["annotate", "serviceaccount", account, &format!("{key}={value}"), "--overwrite"])
}

/// The command that removes an annotation of the judged service account.
pub fn remove_annotation(evidence: &Evidence<'_>, key: &str) -> Vec<String> {
    let account = evidence.account_name().unwrap_or("default");
    kubectl(evidence, &["annotate", "serviceaccount", account, &format!("{key}-")])
}

/// Adds what it takes for new pods to take the place of the judged ones: each kind of owner has its own way.
/// <https://kubernetes.io/docs/reference/kubectl/generated/kubectl_rollout/kubectl_rollout_restart/>
#[must_use]
pub fn restart(evidence: &Evidence<'_>, fix: Fix) -> Fix {
    let Some((kind, name)) = owner(evidence) else {
        return match evidence.target.kind {
            // No pod is known that would have to be replaced.
            TargetKind::ServiceAccount => fix.restart(Restart::Required).note("pods that run as it must be made anew"),
            TargetKind::Role | TargetKind::Namespace | TargetKind::Error => fix,
            _ => bare_pod(evidence, fix),
        };
    };
    let fix = fix.restart(Restart::Required);
    match kind.as_str() {
        "Deployment" => fix.command(Effect::RestartsPods, rollout_restart(evidence, "deployment", &name)),
        "StatefulSet" | "DaemonSet" => set(evidence, fix, &kind, &name),
        "Rollout" => fix
            .note("`kubectl argo rollouts restart` needs the Argo Rollouts plugin of kubectl")
            .command(Effect::RestartsPods, kubectl(evidence, &["argo", "rollouts", "restart", &name])),
        "CronJob" => by_owner(fix, format!("CronJob {name} makes new pods at its next run; nothing has to be restarted")),
        "Job" => by_owner(
            fix,
            format!(
                "Job {name} can't be restarted: its template can't be changed, so delete it and create it again, unless it retries by itself"
            ),
        ),
        "ReplicaSet" | "ReplicationController" => delete_pods(evidence, fix),
        _ => delete_pods(evidence, fix).note(format!("{kind} {name} owns the pod: its operator makes the new one")),
    }
}

fn set(evidence: &Evidence<'_>, fix: Fix, kind: &str, name: &str) -> Fix {
    let workload = evidence.workload_of(kind, name);
    let strategy = workload.present().and_then(|workload| workload.spec.update_strategy.as_ref()?.kind.as_deref());
    if strategy == Some("OnDelete") {
        let fix = fix.note(format!("{kind} {name} replaces pods only when they are deleted (updateStrategy OnDelete)"));
        return delete_pods(evidence, fix);
    }
    let operator = workload.present().and_then(|workload| crate::evidence::controller(&workload.metadata));
    if let Some(operator) = operator {
        let note =
            format!("{} {} owns {kind} {name} and may undo a restart: then restart it there", operator.kind, operator.name);
        return delete_pods(evidence, fix).note(note);
    }
    fix.command(Effect::RestartsPods, rollout_restart(evidence, &kind.to_ascii_lowercase(), name))
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
fn delete_pods(evidence: &Evidence<'_>, fix: Fix) -> Fix {
    let mut names: Vec<&str> = evidence.pods.iter().map(|pod| pod.metadata.name.as_str()).collect();
    names.extend(evidence.pod_name().filter(|_| evidence.pods.is_empty()));
    if names.is_empty() {
        return fix;
    }
    let mut args = vec!["delete", "pod"];
    args.extend(names);
    fix.command(Effect::RestartsPods, kubectl(evidence, &args))
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
    crate::evidence::controller(&pod.metadata).map(|owner| (owner.kind.clone(), owner.name.clone()))
}

/// Whether a kind is one of those that this module knows how to restart.
fn makes_pods(kind: &str) -> bool {
    matches!(
        kind,
        "Deployment" | "ReplicaSet" | "ReplicationController" | "StatefulSet" | "DaemonSet" | "Job" | "CronJob" | "Rollout"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Observed, Snapshot};
    use crate::testing;
    use serde_json::json;

    fn shells(snapshot: &Snapshot) -> (Vec<String>, Vec<String>) {
        testing::evidence(snapshot, |evidence| {
            let fix = restart(evidence, Fix::new("f", "mend it"));
            assert_eq!(fix.restart, Restart::Required);
            let advice = fix.needs_decision.into_iter().chain(fix.notes).collect();
            (fix.commands.iter().map(super::super::FixCommand::shell).collect(), advice)
        })
    }

    /// The healthy snapshot, the pod owned by this chain of owners, nearest first.
    fn owned(owners: &[(&str, &str, serde_json::Value)]) -> Snapshot {
        let mut snapshot = testing::healthy();
        let reference = |(kind, name, _): &(&str, &str, serde_json::Value)| {
            testing::read(&json!({"kind": kind, "name": name, "controller": true}))
        };
        testing::pod(&mut snapshot).metadata.owner_references = owners.first().map(reference).into_iter().collect();
        for (index, (kind, name, spec)) in owners.iter().enumerate() {
            let mut workload: crate::snapshot::kubernetes::Workload =
                testing::read(&json!({"kind": kind, "metadata": {"name": name, "namespace": "default"}, "spec": spec}));
            workload.metadata.owner_references = owners.get(index + 1).map(reference).into_iter().collect();
            let key = crate::snapshot::kind_key(kind, "default", name);
            testing::cluster(&mut snapshot).workloads.insert(key, Observed::Present(workload));
        }
        snapshot
    }

    const WHERE: &str = "--context arn:aws:eks:us-east-1:123456789012:cluster/my-cluster -n default";

    #[test]
    fn a_deployment_is_rolled() {
        let snapshot = owned(&[("ReplicaSet", "api-5d", json!({})), ("Deployment", "api", json!({}))]);
        assert_eq!(shells(&snapshot).0, [format!("kubectl rollout restart deployment/api {WHERE}")]);
    }

    #[test]
    fn an_on_delete_set_is_not() {
        let snapshot = owned(&[("StatefulSet", "db", json!({"updateStrategy": {"type": "OnDelete"}}))]);
        assert_eq!(shells(&snapshot).0, [format!("kubectl delete pod awscli {WHERE}")]);
        let rolling = owned(&[("StatefulSet", "db", json!({}))]);
        assert_eq!(shells(&rolling).0, [format!("kubectl rollout restart statefulset/db {WHERE}")]);
    }

    #[test]
    fn an_operators_pod_is_deleted() {
        let snapshot = owned(&[("Cluster", "postgres", json!({}))]);
        let (commands, notes) = shells(&snapshot);
        assert_eq!(commands, [format!("kubectl delete pod awscli {WHERE}")]);
        assert!(notes[0].contains("Cluster postgres"), "{notes:?}");
    }

    #[test]
    fn a_bare_pod_a_job_and_a_cron_job_get_no_command() {
        let (commands, notes) = shells(&testing::healthy());
        assert!(commands.is_empty() && notes[0].contains("its own manifest"), "{notes:?}");
        let (commands, notes) = shells(&owned(&[("Job", "once", json!({}))]));
        assert!(commands.is_empty() && notes[0].contains("create it again"), "{notes:?}");
        let (commands, notes) = shells(&owned(&[("Job", "nightly-1", json!({})), ("CronJob", "nightly", json!({}))]));
        assert!(commands.is_empty() && notes[0].contains("next run"), "{notes:?}");
    }

    #[test]
    fn aws_commands_name_the_profile_of_the_account() {
        let mut snapshot = testing::healthy();
        testing::account(&mut snapshot).profile = Some("prod".to_owned());
        testing::evidence(&snapshot, |evidence| {
            assert_eq!(aws(evidence, testing::ACCOUNT, &["iam", "get-role"]).join(" "), "aws iam get-role --profile prod");
            assert_eq!(aws(evidence, "999999999999", &["iam", "get-role"]).join(" "), "aws iam get-role");
        });
    }
}
