use super::*;
use crate::check::Status;
use crate::snapshot::kubernetes::Webhook;
use crate::snapshot::{GapCause, Snapshot, Target};
use crate::testing::{self, faults, gaps};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

mod certificates;
mod said;

fn run_on(snapshot: &Snapshot) -> Outcome {
    testing::run(&CHECK, snapshot)
}

/// The healthy snapshot, its pod not injected.
fn bare() -> Snapshot {
    let mut snapshot = testing::healthy();
    testing::uninject(&mut snapshot);
    snapshot
}

/// A bare pod, and a webhook changed in one place.
fn bare_with(change: impl FnOnce(&mut Value)) -> Snapshot {
    let mut snapshot = bare();
    let webhook: &mut Webhook = &mut testing::webhook(&mut snapshot).webhooks[0];
    testing::edit(webhook, change);
    snapshot
}

fn without_webhooks(mut snapshot: Snapshot) -> Snapshot {
    testing::cluster(&mut snapshot).webhooks = Observed::Present(Vec::new());
    snapshot
}

#[test]
fn a_webhook_that_sees_the_pod_passes() {
    assert_eq!(run_on(&testing::healthy()).status(), Status::Pass);
    assert_eq!(run_on(&bare()).status(), Status::Pass, "why it isn't injected is another question");
    assert!(!testing::evidence(&bare(), explains));
}

#[test]
fn a_missing_webhook_is_an_error_for_a_bare_pod_only() {
    let outcome = run_on(&without_webhooks(bare()));
    assert_eq!((faults(&outcome), outcome.status()), (vec!["webhook-missing"], Status::Fail));
    assert!(testing::evidence(&without_webhooks(bare()), explains));
    let outcome = run_on(&without_webhooks(testing::healthy()));
    assert_eq!((faults(&outcome), outcome.status()), (vec!["webhook-missing"], Status::Warn));
    let mut other = bare();
    testing::webhook(&mut other).metadata.name = "istio-sidecar-injector".to_owned();
    testing::edit(&mut testing::webhook(&mut other).webhooks[0], |webhook| {
        webhook["name"] = json!("rev.namespace.sidecar-injector.istio.io");
        webhook["clientConfig"] = json!({"service": {"namespace": "istio-system", "name": "istiod", "path": "/inject"}});
    });
    assert_eq!(faults(&run_on(&other)), ["webhook-missing"]);
}

#[test]
fn a_pod_that_wires_its_own_token_needs_no_webhook() {
    let mut snapshot = without_webhooks(testing::healthy());
    testing::edit(testing::pod(&mut snapshot), |pod| {
        pod["spec"]["volumes"][0]["name"] = json!("token-amazonaws-com");
        pod["spec"]["containers"][0]["volumeMounts"][1]["name"] = json!("token-amazonaws-com");
    });
    assert_eq!(run_on(&snapshot).status(), Status::Pass);
}

#[test]
fn webhooks_that_may_not_be_listed_decide_only_for_a_bare_pod() {
    let denied = |mut snapshot: Snapshot| {
        let gap = Gap::new("list mutatingwebhookconfigurations", GapCause::Denied);
        testing::cluster(&mut snapshot).webhooks = Observed::Unavailable(gap);
        snapshot
    };
    assert_eq!(gaps(&run_on(&denied(testing::healthy()))), [("list mutatingwebhookconfigurations", false)]);
    assert_eq!(gaps(&run_on(&denied(bare()))), [("list mutatingwebhookconfigurations", true)]);
}

#[test]
fn it_is_found_by_its_address_and_by_its_service() {
    let mut renamed = bare();
    testing::webhook(&mut renamed).metadata.name = "platform".to_owned();
    testing::webhook(&mut renamed).webhooks[0].name = "roles.platform.example.com".to_owned();
    assert_eq!(run_on(&renamed).status(), Status::Pass);
    for client in [
        json!({"service": {"namespace": "kube-system", "name": "pod-identity-webhook", "path": "/mutate"}, "caBundle": testing::OTHER_CA}),
        json!({"service": {"namespace": "openshift-cloud-credential-operator", "name": "pod-identity-webhook"}, "caBundle": testing::OTHER_CA}),
    ] {
        let mut snapshot = bare_with(|webhook| webhook["clientConfig"] = client);
        testing::webhook(&mut snapshot).metadata.name = "x".to_owned();
        testing::webhook(&mut snapshot).webhooks[0].name = "y".to_owned();
        assert_eq!(run_on(&snapshot).status(), Status::Pass);
    }
}

#[test]
fn a_webhook_that_is_not_called_for_new_pods_has_wrong_rules() {
    for (field, value) in [
        ("operations", json!(["UPDATE"])),
        ("apiGroups", json!(["apps"])),
        ("apiVersions", json!(["v1beta1"])),
        ("resources", json!(["deployments"])),
        ("resources", json!(["pods/*"])),
        ("scope", json!("Cluster")),
    ] {
        let snapshot = bare_with(|webhook| webhook["rules"][0][field] = value);
        assert_eq!(faults(&run_on(&snapshot)), ["webhook-rules-wrong"], "{field}");
    }
    let none = bare_with(|webhook| webhook["rules"] = json!([]));
    assert_eq!(faults(&run_on(&none)), ["webhook-rules-wrong"]);
    for (field, value) in [
        ("operations", json!(["*"])),
        ("apiGroups", json!(["*"])),
        ("apiVersions", json!(["*"])),
        ("resources", json!(["*/*"])),
        ("scope", json!("Namespaced")),
    ] {
        let snapshot = bare_with(|webhook| webhook["rules"][0][field] = value);
        assert_eq!(run_on(&snapshot).status(), Status::Pass, "{field}");
    }
}

#[test]
fn the_skip_label_skips_whatever_its_value_is() {
    for value in ["true", "false", ""] {
        let mut snapshot = bare();
        let key = "eks.amazonaws.com/skip-pod-identity-webhook".to_owned();
        testing::pod(&mut snapshot).metadata.labels.insert(key, value.to_owned());
        assert_eq!(faults(&run_on(&snapshot)), ["webhook-skip-label"]);
        testing::webhook(&mut snapshot).webhooks[0].object_selector = None;
        assert_eq!(run_on(&snapshot).status(), Status::Pass, "older clusters ignore the label");
    }
}

#[test]
fn a_selector_that_leaves_the_pod_out_excludes_it() {
    let by_object = bare_with(|webhook| webhook["objectSelector"] = json!({"matchLabels": {"irsa": "on"}}));
    assert_eq!(faults(&run_on(&by_object)), ["webhook-excludes-pod"]);
    let by_label = bare_with(|webhook| webhook["namespaceSelector"] = json!({"matchLabels": {"irsa": "on"}}));
    let outcome = run_on(&by_label);
    assert_eq!(faults(&outcome), ["webhook-excludes-pod"]);
    let command = testing::findings(&outcome)[0].fix.as_ref().unwrap().commands[0].shell();
    assert!(command.starts_with("kubectl label namespace default irsa=on --context"), "{command}");
    let by_name = |operator: &str| json!({"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": operator, "values": ["default"]}]});
    let excluded = bare_with(|webhook| webhook["namespaceSelector"] = by_name("NotIn"));
    assert_eq!(faults(&run_on(&excluded)), ["webhook-excludes-pod"]);
    let included = bare_with(|webhook| webhook["namespaceSelector"] = by_name("In"));
    assert_eq!(run_on(&included).status(), Status::Pass);
}

#[test]
fn a_namespace_that_cannot_be_read_decides_only_where_its_labels_do() {
    let denied = |mut snapshot: Snapshot| {
        let gap = Gap::new("get namespaces", GapCause::Denied);
        testing::cluster(&mut snapshot).namespaces.insert("default".to_owned(), Observed::Unavailable(gap));
        snapshot
    };
    assert_eq!(run_on(&denied(bare())).status(), Status::Pass);
    let by_label = bare_with(|webhook| webhook["namespaceSelector"] = json!({"matchLabels": {"irsa": "on"}}));
    assert_eq!(gaps(&run_on(&denied(by_label))), [("get namespaces", true)]);
    let by_name =
        bare_with(|webhook| webhook["namespaceSelector"] = json!({"matchLabels": {"kubernetes.io/metadata.name": "other"}}));
    assert_eq!(faults(&run_on(&denied(by_name))), ["webhook-excludes-pod"]);
}

#[test]
fn a_review_version_that_old_releases_answer_wrongly_is_a_warning() {
    for (versions, wanted) in [
        (json!(["v1"]), vec!["webhook-review-version"]),
        (json!(["v1", "v1beta1"]), vec!["webhook-review-version"]),
        (json!(["v2", "v1", "v1beta1"]), vec!["webhook-review-version"]),
        (json!(["v1beta1", "v1"]), vec![]),
    ] {
        let snapshot = bare_with(|webhook| webhook["admissionReviewVersions"] = versions);
        let outcome = run_on(&snapshot);
        assert_eq!(faults(&outcome), wanted);
        assert!(!testing::evidence(&snapshot, explains), "a warning explains nothing");
    }
}

#[test]
fn a_bundle_that_is_of_no_use_is_an_error() {
    let with_bundle = |bundle: &str| bare_with(|webhook| webhook["clientConfig"]["caBundle"] = json!(bundle));
    for bundle in ["", "not base64!", &STANDARD.encode("nonsense"), testing::OTHER_CA] {
        let outcome = run_on(&with_bundle(bundle));
        assert_eq!((faults(&outcome), outcome.status()), (vec!["webhook-ca-bundle"], Status::Fail), "{bundle:.20}");
    }
    let none = bare_with(|webhook| {
        webhook["clientConfig"].as_object_mut().unwrap().remove("caBundle");
    });
    assert_eq!(faults(&run_on(&none)), ["webhook-ca-bundle"]);
    let decode = |text: &str| STANDARD.decode(text).unwrap();
    let both = STANDARD.encode([decode(testing::OTHER_CA), decode(testing::CLUSTER_CA)].concat());
    assert_eq!(run_on(&with_bundle(&both)).status(), Status::Pass, "two CAs, one of them the cluster's");
}

#[test]
fn a_bundle_that_has_expired_is_an_error() {
    let mut snapshot = bare();
    snapshot.collected_at = "2060-01-01T00:00:00Z".to_owned();
    testing::pod(&mut snapshot).metadata.creation_timestamp = Some("2059-01-01T00:00:00Z".to_owned());
    let outcome = run_on(&snapshot);
    assert_eq!(faults(&outcome), ["webhook-ca-bundle"]);
    assert!(testing::findings(&outcome)[0].detail.contains("expired at 2051-07-16T03:32:35Z"));
}

#[test]
fn a_younger_pod_that_is_injected_proves_the_certificate() {
    let mut snapshot = bare_with(|webhook| webhook["clientConfig"]["caBundle"] = json!(testing::OTHER_CA));
    let mut other = testing::healthy();
    let pod = testing::pod(&mut other);
    pod.metadata.name = "younger".to_owned();
    pod.metadata.creation_timestamp = Some("2026-11-23T11:30:00Z".to_owned());
    testing::cluster(&mut snapshot).pods.insert("default/younger".to_owned(), Observed::Present(pod.clone()));
    assert_eq!(run_on(&snapshot).status(), Status::Pass);
}

#[test]
fn another_ca_says_nothing_where_there_is_nothing_to_compare_or_to_explain() {
    let other = || bare_with(|webhook| webhook["clientConfig"]["caBundle"] = json!(testing::OTHER_CA));
    let mut unread = other();
    testing::cluster(&mut unread).eks = Observed::Unavailable(Gap::new("eks:DescribeCluster", GapCause::Denied));
    let outcome = run_on(&unread);
    assert_eq!((faults(&outcome), gaps(&outcome)), (vec![], vec![("eks:DescribeCluster", false)]));
    let mut nonsense = other();
    testing::inside(&mut testing::cluster(&mut nonsense).eks).certificate_authority = Some("x".to_owned());
    assert_eq!(run_on(&nonsense).status(), Status::Pass);
    let mut older = other();
    testing::pod(&mut older).metadata.creation_timestamp = Some("2026-11-23T09:30:00Z".to_owned());
    assert_eq!(run_on(&older).status(), Status::Pass, "it is older than its account");
}

#[test]
fn the_best_of_several_webhooks_counts() {
    let mut snapshot = bare_with(|webhook| webhook["rules"] = json!([]));
    let good = testing::read(&testing::webhook_configuration());
    testing::inside(&mut testing::cluster(&mut snapshot).webhooks).push(good);
    assert_eq!(run_on(&snapshot).status(), Status::Pass);
}

#[test]
fn a_container_that_is_skipped_explains_itself() {
    let mut snapshot = without_webhooks(bare());
    let key = "eks.amazonaws.com/skip-containers".to_owned();
    testing::pod(&mut snapshot).metadata.annotations.insert(key, Some("sidecar,awscli".to_owned()));
    assert_eq!(run_on(&snapshot).status(), Status::NotApplicable);
}

#[test]
fn without_a_pod_in_question_it_does_not_apply() {
    let mut snapshot = without_webhooks(testing::healthy());
    snapshot.asked.targets = vec![Target::new(TargetKind::ServiceAccount, "default", "my-service-account")];
    assert_eq!(run_on(&snapshot).status(), Status::NotApplicable);
}
