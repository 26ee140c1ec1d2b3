//! One object: each kind of answer and of failure.

use super::*;
use irsa_doctor_checks::snapshot::TargetKind;
use irsa_doctor_test_support::{Effect, Fault, Response, Rule};
use std::time::Instant;

const POD: &str = "/api/v1/namespaces/shop/pods/api-0$";

/// A server with one pod.
fn server() -> KubernetesApi {
    KubernetesApi::start([pod("shop", "api-0"), service_account("shop", "api")])
}

/// What the pod's answer becomes under a fault; and how many requests that took.
async fn under(fault: Fault) -> (Observed<irsa_doctor_checks::snapshot::kubernetes::Pod>, u64) {
    let server = server();
    server.set_faults(vec![fault]);
    let api = open(&server, LIMITS).await;
    let observed = api.pod("shop", "api-0").await;
    (observed, api.calls())
}

/// A fault that answers with this body.
fn reply(status: u16, content_type: &str, body: &str) -> Fault {
    Fault::new(POD, Effect::Reply(Response::new(status, content_type, body)))
}

#[tokio::test]
async fn reads_what_is_there() {
    let server = server();
    let api = open(&server, LIMITS).await;
    let observed = api.pod("shop", "api-0").await;
    let found = observed.present().unwrap();
    assert_eq!(found.spec.account_name(), "api");
    assert!(!serde_json::to_string(found).unwrap().contains("hunter2"));
    assert!(api.service_account("shop", "api").await.is_present());
    assert!(!api.version().await.present().unwrap().git_version.is_empty());
    assert!(api.openid_configuration().await.present().unwrap().issuer.starts_with("https://"));
    assert_eq!(api.calls(), 4);
    let first = &server.requests()[0].request;
    assert_eq!(first.header("authorization"), Some("Bearer t0ken"));
}

#[tokio::test]
async fn absent_is_only_a_status_that_says_so() {
    let server = server();
    let api = open(&server, LIMITS).await;
    assert_eq!(api.pod("shop", "api-1").await, Observed::Absent);
    assert_eq!(api.pod("nowhere", "api-0").await, Observed::Absent);
    // The API server doesn't serve Rollouts: that says nothing about this one.
    gap_of(&api.workload(TargetKind::Rollout, "shop", "api").await, GapCause::Malformed);
    let status = r#"{"kind":"Status","reason":"NotFound","message":"the server could not find the requested resource","details":{},"code":404}"#;
    gap_of(&under(reply(404, "application/json", status)).await.0, GapCause::Malformed);
    gap_of(&under(reply(404, "text/plain", "404 page not found")).await.0, GapCause::Malformed);
    gap_of(&under(Fault::new(POD, Effect::Html(404))).await.0, GapCause::Malformed);
    gap_of(&under(reply(404, "application/json", r#"{"message":"no route"}"#)).await.0, GapCause::Malformed);
}

#[tokio::test]
async fn denied_is_only_a_status_that_says_so() {
    let server = server();
    server.set_rules("ann", vec![Rule::namespaced("get", "", "serviceaccounts", "shop")]);
    let api = open(&server, LIMITS).await;
    let gap = gap_of(&api.pod("shop", "api-0").await, GapCause::Denied);
    assert_eq!(gap.operation, "get pods");
    assert_eq!(gap.resource.as_deref(), Some("shop/api-0"));
    assert!(gap.detail.contains("User \"ann\" cannot get resource"), "{}", gap.detail);
    assert_eq!(gap.remedy, "allow get on pods in namespace `shop` (RBAC)");
    assert!(api.service_account("shop", "api").await.is_present());
    server.set_faults(vec![Fault::status("/.well-known", 403)]);
    let gap = gap_of(&api.openid_configuration().await, GapCause::Denied);
    assert!(gap.remedy.contains("/.well-known/openid-configuration"));
    gap_of(&under(Fault::new(POD, Effect::Html(403))).await.0, GapCause::Malformed);
}

#[tokio::test]
async fn a_token_that_is_not_accepted() {
    let server = server();
    server.require_token("another");
    let api = open(&server, LIMITS).await;
    gap_of(&api.pod("shop", "api-0").await, GapCause::InvalidCredentials);
    assert_eq!(api.calls(), 1);
}

#[tokio::test]
async fn throttling_and_failures_are_tried_three_times() {
    let body = r#"{"kind":"Status","reason":"Whatever","message":"not now"}"#;
    for (status, cause) in [(429, GapCause::Throttled), (500, GapCause::ServerError), (503, GapCause::ServerError)] {
        let (observed, calls) = under(reply(status, "application/json", body)).await;
        assert_eq!(gap_of(&observed, cause).detail, "not now");
        assert_eq!(calls, 3, "{status}");
        let (observed, calls) = under(reply(status, "application/json", body).times(2)).await;
        assert!(observed.is_present(), "{status}: {observed:?}");
        assert_eq!(calls, 3, "{status}");
    }
    gap_of(&under(Fault::new(POD, Effect::Html(502))).await.0, GapCause::ServerError);
}

#[tokio::test]
async fn a_server_does_not_decide_how_long_we_wait() {
    // Its own answer asks for a second, and two of those are more than a call has: what it said is kept.
    let (observed, calls) = under(Fault::status(POD, 429)).await;
    gap_of(&observed, GapCause::Throttled);
    assert_eq!(calls, 2);
    let answer = Response::new(429, "application/json", "{}").with_header("Retry-After", "3600");
    let began = Instant::now();
    let (observed, _) = under(Fault::new(POD, Effect::Reply(answer))).await;
    gap_of(&observed, GapCause::Throttled);
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

#[tokio::test]
async fn resets_are_tried_again() {
    let (observed, calls) = under(Fault::new(POD, Effect::ResetBeforeHead)).await;
    gap_of(&observed, GapCause::Unreachable);
    assert_eq!(calls, 3);
    let (observed, _) = under(Fault::new(POD, Effect::ResetBeforeHead).times(1)).await;
    assert!(observed.is_present());
    let (observed, _) = under(Fault::new(POD, Effect::ResetAfterHead)).await;
    let cause = observed.gap().unwrap().cause;
    assert!(matches!(cause, GapCause::Unreachable | GapCause::Malformed), "{observed:?}");
}

#[tokio::test]
async fn a_refused_port_and_an_unknown_host() {
    let folder = TempDir::new();
    for (server, words) in [("http://127.0.0.1:1", "connection refused"), ("https://nowhere.invalid", "")] {
        let file = folder.write("config", &kubeconfig(server, "{}"));
        let api = Connection::load(&options(file)).unwrap().open(None, LIMITS).await.unwrap();
        let gap = gap_of(&api.pod("shop", "api-0").await, GapCause::Unreachable);
        assert!(gap.detail.contains(words) && !gap.detail.is_empty(), "{gap:?}");
        assert_eq!(api.calls(), 1);
    }
}

#[tokio::test]
async fn slow_answers_end_in_time() {
    for effect in [Effect::NeverAnswer, Effect::Trickle(Duration::from_millis(100)), Effect::Delay(Duration::from_secs(30))] {
        let began = Instant::now();
        let (observed, _) = under(Fault::new(POD, effect.clone())).await;
        let gap = gap_of(&observed, GapCause::TimedOut);
        assert!(gap.remedy.contains("--call-timeout"));
        assert!(began.elapsed() < Duration::from_secs(4), "{effect:?} {:?}", began.elapsed());
    }
    assert!(under(Fault::new(POD, Effect::Delay(Duration::from_millis(300)))).await.0.is_present());
}

#[tokio::test]
async fn the_deadline_of_the_run_ends_every_call() {
    let server = server();
    server.set_faults(vec![Fault::new(POD, Effect::NeverAnswer)]);
    let deadline = Some(tokio::time::Instant::now() + Duration::from_millis(300));
    let api = open(&server, Limits { deadline, ..LIMITS }).await;
    let began = Instant::now();
    let gap = gap_of(&api.pod("shop", "api-0").await, GapCause::TimedOut);
    assert!(gap.remedy.contains("--timeout"), "{gap:?}");
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn answers_that_are_none() {
    for (effect, words) in [
        (Effect::Html(200), "`text/html`, not JSON"),
        (Effect::ContentType("text/html".to_owned()), "`text/html`, not JSON"),
        (Effect::Truncate, "broke off"),
        (Effect::EmptyBody, "ends too early"),
    ] {
        let gap = gap_of(&under(Fault::new(POD, effect.clone())).await.0, GapCause::Malformed);
        assert!(gap.detail.contains(words), "{effect:?}: {gap:?}");
    }
}

#[tokio::test]
async fn objects_that_are_none() {
    let whole = pod("shop", "api-0");
    let without = |pointer: &str, key: &str| {
        let mut object = whole.clone();
        object.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(key);
        object
    };
    let with = |pointer: &str, value: Value| {
        let mut object = whole.clone();
        *object.pointer_mut(pointer).unwrap() = value;
        object
    };
    for (object, words) in [
        (without("/metadata", "name"), "metadata.name is missing"),
        (without("/spec", "containers"), "spec.containers is missing"),
        (with("/spec/containers", json!([])), "spec.containers is missing"),
        (without("/spec/containers/0", "name"), "container's name is missing"),
        (with("/metadata/name", json!("other")), "another Pod"),
        (with("/metadata/namespace", json!("other")), "another Pod"),
        (with("/kind", json!("Secret")), "not a Pod"),
        (without("", "kind"), "not a Pod"),
        (with("/spec/containers", json!("hunter2")), "another type"),
        (with("/spec/serviceAccountName", json!(["hunter2"])), "another type"),
        (json!(["hunter2"]), "not a Pod"),
    ] {
        let observed = under(reply(200, "application/json", &object.to_string())).await.0;
        let gap = gap_of(&observed, GapCause::Malformed);
        assert!(gap.detail.contains(words), "{words}: {gap:?}");
        assert!(!gap.detail.contains("hunter2"), "{gap:?}");
    }
    let deep = "[".repeat(100_000);
    gap_of(&under(reply(200, "application/json", &deep)).await.0, GapCause::Malformed);
    let nulls = r#"{"kind":"Pod","metadata":{"name":"api-0","namespace":"shop","labels":null},"spec":{"volumes":null,"containers":[{"name":"m","env":null}]},"status":null}"#;
    assert!(under(reply(200, "application/json", nulls)).await.0.is_present());
}

#[tokio::test]
async fn names_that_lead_elsewhere_are_not_sent() {
    let server = server();
    let api = open(&server, LIMITS).await;
    for name in ["", ".", "..", "../secrets/x", "a/b", "a%2Fb", "a?watch=true", "a b", "a\nb"] {
        gap_of(&api.pod("shop", name).await, GapCause::Malformed);
        gap_of(&api.pod(name, "api-0").await, GapCause::Malformed);
        assert!(api.pods(&crate::collect::kubernetes::Selector::namespace(name)).await.items.gap().is_some());
    }
    assert_eq!((api.calls(), server.requests().len()), (0, 0));
}

#[tokio::test]
async fn the_guard_refuses_in_the_transport() {
    let server = server();
    let api = open(&server, LIMITS).await;
    let error = api.get("/api/v1/namespaces/shop/secrets/x").await.unwrap_err();
    assert_eq!(error, crate::collect::observe::kubernetes::CallError::Refused);
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn every_kind_of_workload() {
    let template = json!({"metadata": {}, "spec": {"containers": [{"name": "m"}]}});
    let kinds = [
        (TargetKind::Deployment, "apps/v1"),
        (TargetKind::ReplicaSet, "apps/v1"),
        (TargetKind::StatefulSet, "apps/v1"),
        (TargetKind::DaemonSet, "apps/v1"),
        (TargetKind::Job, "batch/v1"),
        (TargetKind::CronJob, "batch/v1"),
        (TargetKind::Rollout, "argoproj.io/v1alpha1"),
    ];
    let objects = kinds.map(|(kind, version)| {
        let spec = match kind {
            TargetKind::CronJob => json!({"jobTemplate": {"spec": {"template": template}}}),
            _ => json!({"template": template}),
        };
        json!({"apiVersion": version, "kind": kind.kind(), "metadata": {"name": "w", "namespace": "shop"}, "spec": spec})
    });
    let server = KubernetesApi::start(objects);
    let api = open(&server, LIMITS).await;
    for (kind, _) in kinds {
        let observed = api.workload(kind, "shop", "w").await;
        let workload = observed.present().unwrap_or_else(|| panic!("{observed:?}"));
        assert_eq!(workload.kind, kind.kind());
        assert!(workload.template().is_some());
        let listed = api.workloads(kind, &crate::collect::kubernetes::Selector::namespace("shop")).await;
        assert_eq!(listed.items.present().unwrap()[0].kind, kind.kind());
    }
    gap_of(&api.workload(TargetKind::Pod, "shop", "w").await, GapCause::NotCollected);
}

#[tokio::test]
async fn acts_as_somebody_else() {
    let server = server();
    let folder = TempDir::new();
    let file = folder.write("config", &kubeconfig(&server.url(), "{token: t, as: x, as-groups: [g]}"));
    let options = Options { impersonate: Some("bob".to_owned()), ..options(file) };
    let api = Connection::load(&options).unwrap().open(None, LIMITS).await.unwrap();
    assert!(api.pod("shop", "api-0").await.is_present());
    let request = &server.requests()[0].request;
    assert_eq!((request.header("impersonate-user"), request.header("impersonate-group")), (Some("bob"), None));
}

#[tokio::test]
async fn calls_side_by_side() {
    let server = server();
    server.set_delay(Duration::from_millis(200));
    let api = open(&server, LIMITS).await;
    let began = Instant::now();
    let (pod, account, version, issuer) =
        tokio::join!(api.pod("shop", "api-0"), api.service_account("shop", "api"), api.version(), api.openid_configuration());
    assert!(pod.is_present() && account.is_present() && version.is_present() && issuer.is_present());
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
}
