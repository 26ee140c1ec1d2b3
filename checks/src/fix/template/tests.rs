//! A changed template, and what it takes for pods to be made from it.

use super::*;
use crate::snapshot::Snapshot;
use crate::testing;
use serde_json::Value;

const WHERE: &str = "--context arn:aws:eks:us-east-1:123456789012:cluster/my-cluster -n default";

/// The fix that removes a variable from the template that the pod of these owners was made from.
fn unset(owners: &[(&str, &str, Value)]) -> Fix {
    let snapshot: Snapshot = testing::owned(owners);
    testing::evidence(&snapshot, |evidence| unset_env(evidence, Fix::new("f", "mend it"), "awscli", &["A", "B"]))
}

#[test]
fn a_fix_is_known_by_its_pod_and_container() {
    let snapshot = testing::healthy();
    let id = testing::evidence(&snapshot, |evidence| id(evidence, "env of", "main"));
    assert_eq!(id, "env of Pod default/awscli main");
}

#[test]
fn a_changed_template_rolls_by_itself_or_it_is_said_why_not() {
    let replica_set = || ("ReplicaSet", "api-5d", json!({}));
    let on_delete = json!({"updateStrategy": {"type": "OnDelete"}});
    let delete = format!("kubectl delete pod awscli {WHERE}");
    for (owners, object, then, restart, note) in [
        (
            vec![replica_set(), ("Deployment", "api", json!({}))],
            "deployment/api",
            None,
            Restart::Required,
            "changing the template starts a roll-out by itself",
        ),
        (
            vec![replica_set(), ("Deployment", "api", json!({"paused": true}))],
            "deployment/api",
            None,
            Restart::Required,
            "the Deployment is paused: nothing rolls until whoever paused it resumes it, with all that waits there",
        ),
        (
            vec![("DaemonSet", "agent", on_delete)],
            "daemonset/agent",
            Some(&delete),
            Restart::Required,
            "pods are replaced only when they are deleted (updateStrategy OnDelete)",
        ),
        (
            vec![("Job", "nightly-1", json!({})), ("CronJob", "nightly", json!({}))],
            "cronjob/nightly",
            None,
            Restart::None,
            "the next run uses the changed template",
        ),
    ] {
        let fix = unset(&owners);
        let set = format!("kubectl set env {object} -c awscli A- B- {WHERE}");
        let shells: Vec<String> = fix.commands.iter().map(super::super::FixCommand::shell).collect();
        assert_eq!(shells, std::iter::once(&set).chain(then).cloned().collect::<Vec<_>>());
        assert_eq!((fix.restart, fix.notes), (restart, vec![note.to_owned()]));
    }
}
