//! What other pods, an association or the clock say of a pod that the webhook did nothing to.

use super::*;
use crate::snapshot::{GapCause, Target, TargetKind};

fn uninjected() -> Snapshot {
    let mut snapshot = testing::healthy();
    testing::uninject(&mut snapshot);
    snapshot
}

/// A StatefulSet with the bare pod and another one, which the webhook changed or didn't.
fn with_sibling(injected: bool) -> Snapshot {
    let mut snapshot = uninjected();
    snapshot.asked.targets = vec![Target::new(TargetKind::StatefulSet, "default", "db")];
    let set = json!({"kind": "StatefulSet", "metadata": {"name": "db", "namespace": "default"}, "spec": {}});
    let owner = testing::read(&json!([{"kind": "StatefulSet", "name": "db", "controller": true}]));
    testing::pod(&mut snapshot).metadata.owner_references = owner;
    let mut other = if injected { testing::pod(&mut testing::healthy()).clone() } else { testing::pod(&mut snapshot).clone() };
    other.metadata.owner_references = testing::pod(&mut snapshot).metadata.owner_references.clone();
    other.metadata.name = "db-1".to_owned();
    let cluster = testing::cluster(&mut snapshot);
    cluster.workloads.insert("StatefulSet/default/db".to_owned(), Observed::Present(testing::read(&set)));
    cluster.pods.insert("default/db-1".to_owned(), Observed::Present(other));
    testing::inside(cluster.pod_lists.get_mut("default").unwrap()).push("db-1".to_owned());
    snapshot
}

fn without_account(mut snapshot: Snapshot, account: Observed<crate::snapshot::kubernetes::ServiceAccount>) -> Snapshot {
    testing::cluster(&mut snapshot).service_accounts.insert("default/my-service-account".to_owned(), account);
    snapshot
}

fn detail(snapshot: &Snapshot) -> String {
    let outcome = testing::run(&CHECK, snapshot);
    let [finding] = testing::findings(&outcome) else { panic!("{:?}", testing::faults(&outcome)) };
    assert_eq!(finding.fault.id, "pod-not-injected");
    finding.detail.clone()
}

#[test]
fn a_sibling_that_was_changed_says_that_this_one_should_have_been() {
    assert!(detail(&with_sibling(true)).contains("pod db-1, of the same workload, was changed"));
    assert!(detail(&with_sibling(false)).contains("the webhook's cache had not seen it yet"));
    let absent = without_account(with_sibling(true), Observed::Absent);
    assert!(detail(&absent).contains("others of its workload have them"));
    assert_eq!(status(&without_account(with_sibling(false), Observed::Absent)), Status::NotApplicable);
}

#[test]
fn an_association_says_so_too() {
    let mut snapshot = without_account(uninjected(), Observed::Absent);
    assert_eq!(status(&snapshot), Status::NotApplicable);
    associate(&mut snapshot, testing::ROLE);
    assert!(detail(&snapshot).contains("a Pod Identity association names its role"));
}

#[test]
fn webhooks_that_can_not_be_read_are_a_gap_beside_the_finding() {
    let mut snapshot = uninjected();
    let denied = Gap::new("list mutatingwebhookconfigurations", GapCause::Denied);
    testing::cluster(&mut snapshot).webhooks = Observed::Unavailable(denied);
    assert!(detail(&snapshot).contains("the webhook could not be looked at"));
    let outcome = testing::run(&CHECK, &snapshot);
    assert_eq!(testing::gaps(&outcome), [("list mutatingwebhookconfigurations", false)]);
    assert_eq!(testing::gaps(&testing::run(&CHECK, &uninjected())), []);
}

#[test]
fn what_happened_at_the_same_second_was_not_before() {
    let at = "2026-11-23T11:30:00Z".to_owned();
    let mut snapshot = uninjected();
    testing::pod(&mut snapshot).metadata.creation_timestamp = Some(at.clone());
    testing::service_account(&mut snapshot).metadata.creation_timestamp = Some(at.clone());
    testing::service_account(&mut snapshot).metadata.managed_fields[0].time = Some(at);
    detail(&snapshot);
}

#[test]
fn one_name_is_taken_out_of_the_skipped_ones() {
    let mut snapshot = uninjected();
    owned(&mut snapshot, &json!([]));
    let patch = |snapshot: &mut Snapshot, value: &str| {
        let key = crate::skip_containers::SKIP_CONTAINERS.to_owned();
        testing::pod(snapshot).metadata.annotations.insert(key, Some(value.to_owned()));
        let outcome = testing::run(&CHECK, snapshot);
        let finding = testing::findings(&outcome).iter().find(|finding| finding.fault.id == "container-skipped").unwrap();
        let patch = finding.fix.as_ref().unwrap().commands[0].argv.iter().find(|word| word.starts_with('{')).unwrap().clone();
        let patch: Value = serde_json::from_str(&patch).unwrap();
        patch["spec"]["template"]["metadata"]["annotations"][crate::skip_containers::SKIP_CONTAINERS].clone()
    };
    assert_eq!(patch(&mut snapshot, "awscli"), Value::Null);
    assert_eq!(patch(&mut snapshot, "proxy,awscli"), "proxy");
}

#[test]
fn files_are_judged_for_what_is_written_by_hand() {
    let mut snapshot = testing::healthy();
    snapshot.from_files = true;
    edit_pod(&mut snapshot, |pod| {
        pod["spec"]["containers"].as_array_mut().unwrap().push(json!({"name": "bare"}));
    });
    assert_eq!(status(&snapshot), Status::Pass, "what bears nothing is the webhook's");
    unset(&mut snapshot, "AWS_ROLE_ARN");
    assert_eq!(judged(&snapshot), [("env-blocks-injection", Severity::Error)]);
    testing::uninject(&mut snapshot);
    assert_eq!(status(&snapshot), Status::NotApplicable);
}

#[test]
fn only_a_role_that_is_no_error_by_itself_hangs_on_what_was_not_read() {
    let mut snapshot = testing::healthy();
    owned(&mut snapshot, &json!([{"name": "AWS_ROLE_ARN", "value": testing::ROLE}]));
    assert_eq!(judged(&snapshot), [("env-role-arn-hardcoded", Severity::Info)]);
    testing::role_evidence(&mut snapshot).role = Observed::Unavailable(Gap::new("iam:GetRole", GapCause::Denied));
    assert!(testing::gaps(&testing::run(&CHECK, &snapshot)).is_empty(), "it is the annotation's");
}

#[test]
fn a_node_that_can_not_be_read_says_why() {
    let mut snapshot = testing::healthy();
    edit_pod(&mut snapshot, |pod| pod["spec"]["securityContext"] = json!({"windowsOptions": {"runAsUserName": "x"}}));
    let node = Observed::Unavailable(Gap::new("get nodes", GapCause::TimedOut));
    testing::cluster(&mut snapshot).nodes.insert("ip-192-0-2-10.ec2.internal".to_owned(), node);
    testing::evidence(&snapshot, |evidence| {
        let gap = windows_gap(evidence, evidence.containers()).unwrap();
        assert_eq!(gap.cause, GapCause::TimedOut);
    });
}
