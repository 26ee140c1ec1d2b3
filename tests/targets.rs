//! Every kind of target through the built binary: a service account, each kind of workload with its pods, and the same
//! workload without any.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test: it may fail loudly")]

use irsa_doctor_test_support::Recording;
use serde_json::{Value, json};

const NAMESPACE: &str = "pay-68c46";

/// A kind of workload, and who stands between it and its pods.
struct Workload {
    target: &'static str,
    api: &'static str,
    kind: &'static str,
    /// The kind and API of what makes the pods for it, if it doesn't make them itself.
    between: Option<(&'static str, &'static str)>,
}

const fn kind(
    target: &'static str,
    api: &'static str,
    kind: &'static str,
    between: Option<(&'static str, &'static str)>,
) -> Workload {
    Workload { target, api, kind, between }
}

const KINDS: &[Workload] = &[
    kind("deploy/app", "apps/v1", "Deployment", Some(("ReplicaSet", "apps/v1"))),
    kind("rs/app", "apps/v1", "ReplicaSet", None),
    kind("sts/app", "apps/v1", "StatefulSet", None),
    kind("ds/app", "apps/v1", "DaemonSet", None),
    kind("job/app", "batch/v1", "Job", None),
    kind("cj/app", "batch/v1", "CronJob", Some(("Job", "batch/v1"))),
    kind("rollout/app", "argoproj.io/v1alpha1", "Rollout", Some(("ReplicaSet", "apps/v1"))),
];

/// The recorded pod, which the webhook injected.
fn pod(objects: &[Value]) -> Value {
    objects.iter().find(|object| object["kind"] == "Pod").cloned().unwrap()
}

fn owner(api: &str, kind: &str, name: &str) -> Value {
    json!([{"apiVersion": api, "kind": kind, "name": name, "uid": format!("uid-{kind}-{name}"), "controller": true}])
}

fn object(api: &str, kind: &str, name: &str, spec: &Value, status: &Value) -> Value {
    json!({
        "apiVersion": api, "kind": kind,
        "metadata": {
            "name": name, "namespace": NAMESPACE, "uid": format!("uid-{kind}-{name}"), "labels": {"app": "app"},
            "creationTimestamp": "2026-11-23T20:39:47Z",
        },
        "spec": spec, "status": status,
    })
}

/// The spec of a kind, around the template that the pod was made from.
fn spec(kind: &str) -> Value {
    let template = json!({
        "metadata": {"labels": {"app": "app"}},
        "spec": {"serviceAccountName": "app", "containers": [{"name": "app", "image": "public.ecr.aws/aws-cli/aws-cli:2.22.0"}]},
    });
    let selector = json!({"matchLabels": {"app": "app"}});
    match kind {
        "CronJob" => json!({"schedule": "0 * * * *", "jobTemplate": {"spec": {"template": template}}}),
        _ => json!({"replicas": 1, "selector": selector, "template": template}),
    }
}

/// The objects of a workload, with or without its pod.
fn objects(kind: &Workload, with_pod: bool) -> Vec<Value> {
    let recorded = Recording::load("plain").objects;
    let mut pod = pod(&recorded);
    let mut objects: Vec<Value> = recorded.into_iter().filter(|object| object["kind"] != "Pod").collect();
    let status = json!({"replicas": i32::from(with_pod), "updateRevision": "1", "currentRevision": "1", "currentPodHash": "1"});
    objects.push(object(kind.api, kind.kind, "app", &spec(kind.kind), &status));
    pod["metadata"]["name"] = json!("app-1");
    pod["metadata"]["labels"] = json!({
        "app": "app", "controller-revision-hash": "1", "rollouts-pod-template-hash": "1", "pod-template-hash": "1",
        "job-name": "app-1", "batch.kubernetes.io/job-name": "app-1",
    });
    pod["metadata"]["ownerReferences"] = owner(kind.api, kind.kind, "app");
    if kind.kind == "Job" {
        pod["metadata"]["labels"]["job-name"] = json!("app");
        pod["metadata"]["labels"]["batch.kubernetes.io/job-name"] = json!("app");
    }
    if let Some((between, api)) = kind.between.filter(|(between, _)| with_pod || *between != "Job") {
        let mut maker = object(api, between, "app-1", &spec(between), &json!({}));
        maker["metadata"]["ownerReferences"] = owner(kind.api, kind.kind, "app");
        maker["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": "1"});
        maker["metadata"]["labels"]["pod-template-hash"] = json!("1");
        maker["metadata"]["labels"]["rollouts-pod-template-hash"] = json!("1");
        objects.push(maker);
        pod["metadata"]["ownerReferences"] = owner(api, between, "app-1");
    }
    if with_pod {
        objects.push(pod);
    }
    objects
}

/// Runs a target against these objects: the first target's report and the exit code.
fn run(target: &str, objects: Vec<Value>) -> (Value, i32) {
    let mut recording = Recording::load("plain");
    recording.objects = objects;
    let served = recording.serve();
    served.kubernetes.install_rollouts();
    let mut command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
    let output = command.args([target, "-n", NAMESPACE, "-o", "json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{target}: {error}: {}", String::from_utf8_lossy(&output.stderr)));
    (report["targets"][0].clone(), output.status.code().unwrap())
}

#[test]
fn a_workload_is_judged_by_its_pods() {
    for kind in KINDS {
        let (report, code) = run(kind.target, objects(kind, true));
        let said = format!("{}: {} {}", kind.target, report["sentence"], report["gaps"]);
        assert_eq!((&report["verdict"], code), (&json!("healthy"), 0), "{said}");
        assert_eq!(report["identities"][0]["pod"], "app-1", "{said}");
        assert!(report["sentence"].as_str().unwrap().contains("role/AppRole-68c46 (IRSA)"), "{said}");
    }
}

#[test]
fn a_workload_without_pods_says_so() {
    for kind in KINDS {
        let (report, code) = run(kind.target, objects(kind, false));
        let said = format!("{}: {} {}", kind.target, report["sentence"], report["gaps"]);
        let faults: Vec<&Value> = report["findings"].as_array().unwrap().iter().map(|finding| &finding["fault"]).collect();
        // A CronJob between two runs has no pods, and nothing is wrong with that.
        let (wanted, exit) = if kind.kind == "CronJob" { (vec![], 0) } else { (vec!["no-pods"], 1) };
        assert_eq!(
            (faults, code),
            (wanted.iter().map(|fault| json!(fault)).collect::<Vec<_>>().iter().collect(), exit),
            "{said}"
        );
    }
}

#[test]
fn a_service_account_needs_no_pod() {
    let recorded = Recording::load("plain").objects;
    let without: Vec<Value> = recorded.into_iter().filter(|object| object["kind"] != "Pod").collect();
    let (report, code) = run("sa/app", without);
    assert_eq!((&report["verdict"], code), (&json!("healthy"), 0), "{}", report["sentence"]);
    let injection = report["checks"].as_array().unwrap().iter().find(|check| check["id"] == "pod-injection").unwrap();
    assert_eq!(injection["status"], "not_applicable");
}
