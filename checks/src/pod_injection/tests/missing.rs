use super::*;
use crate::snapshot::{Target, TargetKind};

fn uninjected() -> Snapshot {
    let mut snapshot = testing::healthy();
    testing::uninject(&mut snapshot);
    snapshot
}

fn only(snapshot: &Snapshot) -> (&'static str, Severity, Confidence) {
    let outcome = testing::run(&CHECK, snapshot);
    let [finding] = testing::findings(&outcome) else { panic!("{:?}", testing::faults(&outcome)) };
    (finding.fault.id, finding.severity, finding.confidence)
}

/// Adds a container that the webhook gave nothing.
fn with_sidecar(env: &Value) -> Snapshot {
    let mut snapshot = testing::healthy();
    edit_pod(&mut snapshot, |pod| {
        pod["spec"]["containers"].as_array_mut().unwrap().push(json!({"name": "proxy", "image": "envoy:1", "env": env}));
    });
    snapshot
}

fn skip(snapshot: &mut Snapshot, value: &str) {
    testing::pod(snapshot)
        .metadata
        .annotations
        .insert(crate::skip_containers::SKIP_CONTAINERS.to_owned(), Some(value.to_owned()));
}

#[test]
fn an_account_that_is_younger_than_the_pod_is_certain() {
    let mut snapshot = uninjected();
    testing::service_account(&mut snapshot).metadata.creation_timestamp = Some("2026-11-23T11:30:00Z".to_owned());
    assert_eq!(only(&snapshot), ("pod-created-before-annotation", Severity::Error, Confidence::Certain));
}

#[test]
fn an_annotation_that_came_later_is_likely() {
    let mut snapshot = uninjected();
    testing::service_account(&mut snapshot).metadata.managed_fields[0].time = Some("2026-11-23T11:30:00Z".to_owned());
    assert_eq!(only(&snapshot), ("pod-created-before-annotation", Severity::Error, Confidence::Likely));
    // Who wrote another field later says nothing of the annotation.
    let fields = &mut testing::service_account(&mut snapshot).metadata.managed_fields[0];
    fields.fields_v1 = json!({"f:metadata": {"f:labels": {"f:x": {}}}});
    assert_eq!(only(&snapshot).0, "pod-not-injected");
}

#[test]
fn not_injected_though_all_seems_right() {
    assert_eq!(only(&uninjected()), ("pod-not-injected", Severity::Error, Confidence::Likely));
    let mut unread = uninjected();
    testing::service_account(&mut unread).metadata.managed_fields.clear();
    assert_eq!(only(&unread).0, "pod-not-injected");
}

#[test]
fn without_a_role_nothing_was_to_be_injected() {
    let mut snapshot = uninjected();
    testing::annotate(&mut snapshot, "eks.amazonaws.com/role-arn", None);
    assert_eq!(status(&snapshot), Status::NotApplicable);
    testing::annotate(&mut snapshot, "eks.amazonaws.com/role-arn", Some(""));
    assert_eq!(status(&snapshot), Status::NotApplicable);
    associate(&mut snapshot, testing::ROLE);
    assert_eq!(only(&snapshot).0, "pod-not-injected");
}

#[test]
fn an_account_that_can_not_be_read_leaves_it_open() {
    let mut snapshot = uninjected();
    testing::cluster(&mut snapshot).service_accounts.clear();
    assert_eq!(status(&snapshot), Status::Unknown);
    testing::cluster(&mut snapshot).service_accounts.insert("default/my-service-account".to_owned(), Observed::Absent);
    assert_eq!(status(&snapshot), Status::NotApplicable);
}

#[test]
fn a_container_that_was_added_later_is_worth_knowing() {
    assert_eq!(only(&with_sidecar(&json!([]))), ("container-not-injected", Severity::Info, Confidence::Certain));
    let bearing = with_sidecar(&json!([{"name": "AWS_REGION", "value": "us-east-1"}]));
    assert_eq!(only(&bearing).1, Severity::Warning);
    let mut asked = with_sidecar(&json!([]));
    asked.asked.container = Some("proxy".to_owned());
    assert_eq!(only(&asked).1, Severity::Error, "its calls have no credentials");
    let mut own = with_sidecar(&json!([{"name": "AWS_PROFILE", "value": "mine"}]));
    own.asked.container = Some("proxy".to_owned());
    assert_eq!(status(&own), Status::Unknown, "a profile may give it some");
}

#[test]
fn the_one_that_was_asked_about_lacks_what_others_wire_by_hand() {
    let mut snapshot = with_sidecar(&json!([]));
    testing::annotate(&mut snapshot, "eks.amazonaws.com/role-arn", None);
    edit_pod(&mut snapshot, |pod| {
        pod["spec"]["volumes"][0]["name"] = json!("mine");
        pod["spec"]["containers"][0]["volumeMounts"][1]["name"] = json!("mine");
    });
    assert!(judged(&snapshot).is_empty());
    snapshot.asked.container = Some("proxy".to_owned());
    assert_eq!(judged(&snapshot), [("container-not-injected", Severity::Error)]);
}

#[test]
fn a_container_with_keys_of_its_own_needs_no_role() {
    let keys = json!([
        {"name": "AWS_ACCESS_KEY_ID", "value": "x"},
        {"name": "AWS_SECRET_ACCESS_KEY", "value": "x"},
    ]);
    assert_eq!(only(&with_sidecar(&keys)).1, Severity::Info);
}

#[test]
fn init_containers_are_judged_and_debug_containers_are_not() {
    let mut snapshot = testing::healthy();
    edit_pod(&mut snapshot, |pod| pod["spec"]["ephemeralContainers"] = json!([{"name": "debugger"}]));
    assert_eq!(status(&snapshot), Status::Pass);
    edit_pod(&mut snapshot, |pod| pod["spec"]["initContainers"] = json!([{"name": "mesh", "restartPolicy": "Always"}]));
    assert_eq!(only(&snapshot), ("container-not-injected", Severity::Info, Confidence::Certain));
}

#[test]
fn a_skipped_container_is_an_error_where_it_matters() {
    let mut snapshot = testing::healthy();
    testing::container(&mut snapshot).env.clear();
    skip(&mut snapshot, "awscli");
    assert_eq!(only(&snapshot), ("container-skipped", Severity::Error, Confidence::Certain));
    let mut sidecar = with_sidecar(&json!([]));
    skip(&mut sidecar, "proxy");
    assert_eq!(only(&sidecar).1, Severity::Warning);
    sidecar.asked.container = Some("proxy".to_owned());
    assert_eq!(only(&sidecar).1, Severity::Error);
}

#[test]
fn a_skipped_container_comes_before_a_pod_of_before_the_annotation() {
    let mut snapshot = uninjected();
    testing::service_account(&mut snapshot).metadata.creation_timestamp = Some("2026-11-23T11:30:00Z".to_owned());
    skip(&mut snapshot, "awscli");
    assert_eq!(only(&snapshot).0, "container-skipped");
}

#[test]
fn blanks_and_unknown_names_are_misuse() {
    for value in ["proxy, awscli ", " awscli", "nobody", "\"awscli"] {
        let mut snapshot = testing::healthy();
        skip(&mut snapshot, value);
        assert_eq!(only(&snapshot), ("skip-containers-misused", Severity::Warning, Confidence::Certain), "{value}");
    }
    let mut both = with_sidecar(&json!([]));
    skip(&mut both, "proxy, awscli");
    assert_eq!(judged(&both), [("container-skipped", Severity::Warning), ("skip-containers-misused", Severity::Warning)]);
}

#[test]
fn the_fix_restarts_what_owns_the_pod() {
    let mut snapshot = uninjected();
    owned(&mut snapshot, &json!([]));
    let outcome = testing::run(&CHECK, &snapshot);
    let fix = testing::findings(&outcome)[0].fix.clone().unwrap();
    assert!(fix.commands[0].shell().starts_with("kubectl rollout restart deployment/api"));
}

#[test]
fn a_container_that_wires_itself_does_not_hide_the_one_that_matters() {
    let mut snapshot = uninjected();
    let healthy = serde_json::to_value(testing::pod(&mut testing::healthy())).unwrap();
    edit_pod(&mut snapshot, |pod| {
        let mut sidecar = healthy["spec"]["containers"][0].clone();
        sidecar["name"] = json!("exporter");
        sidecar["volumeMounts"][1]["name"] = json!("mine");
        pod["spec"]["containers"].as_array_mut().unwrap().push(sidecar);
        let mut volume = healthy["spec"]["volumes"][0].clone();
        volume["name"] = json!("mine");
        pod["spec"]["volumes"].as_array_mut().unwrap().push(volume);
    });
    assert!(judged(&snapshot).contains(&("pod-not-injected", Severity::Error)));
    // What is wrong with its own wiring is said beside it.
    edit_pod(&mut snapshot, |pod| pod["spec"]["containers"][1]["volumeMounts"] = json!([]));
    assert_eq!(judged(&snapshot).len(), 2);
    assert!(judged(&snapshot).contains(&("token-mount-missing", Severity::Error)));
}

#[test]
fn a_workload_without_pods_is_said_to_have_none() {
    let mut snapshot = testing::healthy();
    testing::cluster(&mut snapshot).workloads.insert("Deployment/default/api".to_owned(), Observed::Absent);
    for (kind, name, reason) in [
        (TargetKind::ServiceAccount, "my-service-account", "no pod is looked at"),
        (TargetKind::Deployment, "api", "it has no pods"),
    ] {
        snapshot.asked.targets = vec![Target::new(kind, "default", name)];
        let outcome = testing::run(&CHECK, &snapshot);
        assert!(matches!(&outcome, Outcome::NotApplicable(why) if why == reason), "{outcome:?}");
    }
}

/// The errors of the whole chain.
fn errors(snapshot: &Snapshot) -> Vec<&'static str> {
    let report = crate::diagnose::diagnose(snapshot);
    let findings = report.targets.iter().flat_map(|target| &target.findings);
    let errors = findings.filter(|found| found.finding.severity == Severity::Error);
    errors.map(|found| found.finding.fault.id).collect()
}

#[test]
fn of_several_reasons_the_chain_names_one() {
    let younger = |snapshot: &mut Snapshot| {
        testing::service_account(snapshot).metadata.creation_timestamp = Some("2026-11-23T11:30:00Z".to_owned());
    };
    let mut before = uninjected();
    younger(&mut before);
    assert_eq!(errors(&before), ["pod-created-before-annotation"]);
    assert_eq!(errors(&uninjected()), ["pod-not-injected"]);

    let mut labelled = before.clone();
    let label = "eks.amazonaws.com/skip-pod-identity-webhook".to_owned();
    testing::pod(&mut labelled).metadata.labels.insert(label, "true".to_owned());
    assert_eq!(errors(&labelled), ["webhook-skip-label"]);

    let mut no_webhook = before.clone();
    testing::cluster(&mut no_webhook).webhooks = Observed::Present(Vec::new());
    assert_eq!(errors(&no_webhook), ["webhook-missing"]);

    let mut skipped = no_webhook.clone();
    skip(&mut skipped, "awscli");
    assert_eq!(errors(&skipped), ["container-skipped"]);

    skip(&mut labelled, "awscli");
    assert_eq!(errors(&labelled), ["container-skipped"]);

    let mut unread = uninjected();
    testing::cluster(&mut unread).webhooks = Observed::default();
    assert_eq!(errors(&unread), ["pod-not-injected"]);

    let mut unannotated = before;
    testing::annotate(&mut unannotated, "eks.amazonaws.com/role-arn", None);
    assert_eq!(errors(&unannotated), ["annotation-missing"]);
}

#[test]
fn a_missing_role_and_a_pod_without_one_are_two_things() {
    let mut snapshot = uninjected();
    testing::role_evidence(&mut snapshot).role = Observed::Absent;
    assert_eq!(errors(&snapshot), ["pod-not-injected", "role-missing"]);
}
