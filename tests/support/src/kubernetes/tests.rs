mod writing;

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::fault::{Effect, Fault};
use crate::recording::common;
use crate::server::rounds;
use crate::testing::{get, send, try_send};

fn pod(namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "resourceVersion": "7", "labels": {"app": name}},
        "spec": {"serviceAccountName": "default"}, "status": {"phase": "Pending"},
    })
}

fn api() -> KubernetesApi {
    KubernetesApi::start([pod("b", "x"), pod("a", "y"), pod("a-b", "z"), pod("a", "x"), common("aws", "webhook.json")])
}

fn names(list: &Value) -> Vec<String> {
    let name = |item: &Value| format!("{}/{}", item["metadata"]["namespace"], item["metadata"]["name"]).replace('"', "");
    list["items"].as_array().unwrap().iter().map(name).collect()
}

#[test]
fn gets_an_object_as_it_was_recorded() {
    let api = api();
    let answer = get(&api.url(), "/api/v1/namespaces/a/pods/x");
    assert_eq!((answer.status, answer.json()), (200, pod("a", "x")));
    let webhook = get(&api.url(), "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/pod-identity-webhook");
    assert_eq!(webhook.json(), common("aws", "webhook.json"));
}

#[test]
fn lists_in_the_order_of_etcd_without_kinds() {
    let api = api();
    let all = get(&api.url(), "/api/v1/pods").json();
    assert_eq!(names(&all), ["a-b/z", "a/x", "a/y", "b/x"]);
    assert_eq!((&all["kind"], &all["apiVersion"]), (&json!("PodList"), &json!("v1")));
    assert!(all["items"][0].get("kind").is_none() && all["items"][0].get("apiVersion").is_none());
    assert!(all["metadata"].get("continue").is_none());
    assert_eq!(names(&get(&api.url(), "/api/v1/namespaces/a/pods").json()), ["a/x", "a/y"]);
    assert_eq!(names(&get(&api.url(), "/api/v1/namespaces/none/pods").json()), [""; 0]);
    let some = get(&api.url(), "/api/v1/pods?labelSelector=app%20in%20(x)&fieldSelector=metadata.namespace!%3Db");
    assert_eq!(names(&some.json()), ["a/x"]);
}

#[test]
fn pages_follow_one_another_and_tokens_expire() {
    let api = api();
    let first = get(&api.url(), "/api/v1/pods?limit=3").json();
    assert_eq!(names(&first), ["a-b/z", "a/x", "a/y"]);
    assert_eq!(first["metadata"]["remainingItemCount"], 1);
    let path = format!("/api/v1/pods?limit=3&continue={}", first["metadata"]["continue"].as_str().unwrap());
    let second = get(&api.url(), &path).json();
    assert_eq!(names(&second), ["b/x"]);
    assert!(second["metadata"].get("continue").is_none());
    assert_eq!(get(&api.url(), "/api/v1/pods?limit=1&continue=nonsense").status, 400);

    api.set_largest_page(1);
    assert_eq!(names(&get(&api.url(), "/api/v1/pods?limit=500").json()).len(), 1);
    api.expire_continue_tokens(true);
    let expired = get(&api.url(), &path);
    assert_eq!((expired.status, &expired.json()["reason"]), (410, &json!("Expired")));
}

#[test]
fn errors_are_worded_as_recorded() {
    let api = KubernetesApi::start([]);
    let webhooks = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
    let accounts = "/api/v1/namespaces/default/serviceaccounts";
    for (path, file) in [
        ("/api/v1/namespaces/default/pods/nothing".to_owned(), "404.json"),
        (format!("{accounts}/nothing"), "404-serviceaccount.json"),
        ("/api/v1/namespaces/nowhere".to_owned(), "404-namespace.json"),
        (format!("{webhooks}/pod-identity-webhookx"), "404-webhook.json"),
    ] {
        let answer = get(&api.url(), &path);
        assert_eq!((answer.status, answer.json()), (404, common("aws", file)), "{path}");
    }
    api.set_rules("limited", vec![]);
    for (path, file) in [
        (accounts.to_owned(), "403-list-serviceaccounts.json"),
        ("/api/v1/namespaces/default".to_owned(), "403-namespace.json"),
        (format!("{webhooks}/pod-identity-webhook"), "403-webhook.json"),
    ] {
        let answer = get(&api.url(), &path);
        assert_eq!((answer.status, answer.json()), (403, common("aws", file)), "{path}");
    }
    api.require_token("secret");
    let answer = get(&api.url(), "/version");
    assert_eq!((answer.status, answer.json()), (401, common("aws", "401.json")));
    let answer = send(&api.url(), "GET", "/version", &[("Authorization", "Bearer secret")], "");
    assert_eq!(answer.json(), common("aws", "version.json"));
}

#[test]
fn rules_allow_what_they_name() {
    let api = api();
    api.set_rules("jane", vec![Rule::namespaced("get", "", "pods", "a"), Rule::cluster("list", "apps", "*")]);
    assert_eq!(get(&api.url(), "/api/v1/namespaces/a/pods/x").status, 200);
    assert_eq!(get(&api.url(), "/apis/apps/v1/deployments").status, 200);
    let refused = get(&api.url(), "/api/v1/namespaces/b/pods/x").json();
    assert_eq!(
        refused["message"],
        "pods \"x\" is forbidden: User \"jane\" cannot get resource \"pods\" in API group \"\" in the namespace \"b\""
    );
    assert_eq!(get(&api.url(), "/api/v1/pods").status, 403);
}

#[test]
fn what_nobody_serves_is_plain_text() {
    let api = api();
    for path in ["/apis/argoproj.io/v1alpha1/rollouts", "/api/v1/namespaces/a/nonsense", "/openid/v1/jwks"] {
        let answer = get(&api.url(), path);
        assert_eq!((answer.status, answer.body.as_str()), (404, "404 page not found\n"), "{path}");
    }
    api.install_rollouts();
    assert_eq!(get(&api.url(), "/apis/argoproj.io/v1alpha1/rollouts").json()["kind"], "RolloutList");
    let groups = get(&api.url(), "/apis").json();
    assert!(groups["groups"].as_array().unwrap().iter().any(|group| group["name"] == "argoproj.io"));
}

#[test]
fn hidden_objects_are_not_there() {
    let api = api();
    api.hide(&["/api/v1/namespaces/a/.*".to_owned()]);
    assert_eq!(get(&api.url(), "/api/v1/namespaces/a/pods/x").json()["reason"], "NotFound");
    assert_eq!(names(&get(&api.url(), "/api/v1/pods").json()), ["a-b/z", "b/x"]);
}

#[test]
fn faults_break_the_connection_as_told() {
    let api = api();
    let path = "/api/v1/namespaces/a/pods/x";
    let whole = get(&api.url(), path);
    let answer = |effect: Effect| {
        api.set_faults(vec![Fault::new(path, effect)]);
        try_send(&api.url(), "GET", path, &[], "")
    };
    assert!(answer(Effect::ResetBeforeHead).is_none());
    assert!(answer(Effect::ResetAfterHead).is_none_or(|answer| answer.body.is_empty()));
    assert_eq!(answer(Effect::Truncate).unwrap().body.len(), whole.body.len() / 2);
    assert_eq!(answer(Effect::EmptyBody).unwrap().body, "");
    assert_eq!(answer(Effect::Trickle(Duration::from_micros(10))).unwrap().body, whole.body);
    assert!(answer(Effect::Html(502)).unwrap().body.starts_with("<html>"));
    let head = answer(Effect::ContentType("text/html".to_owned())).unwrap().head;
    assert!(head.contains("Content-Type: text/html") && !head.contains("application/json"));
    let busy = answer(Effect::Error { status: 429, code: None, message: None }).unwrap();
    assert_eq!((busy.status, &busy.json()["reason"]), (429, &json!("TooManyRequests")));
    assert!(busy.head.contains("Retry-After: 1"));
}

#[test]
fn the_log_tells_the_depth() {
    let api = api();
    get(&api.url(), "/version");
    // Long enough that the three begin before the first of them ends, even on a busy machine.
    api.set_delay(Duration::from_millis(400));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| get(&api.url(), "/api/v1/pods"));
        }
    });
    assert_eq!(api.requests().len(), 4);
    assert_eq!(rounds(&api.requests()), 2);
    assert_eq!(api.operations()[0], "/version");
    api.clear_requests();
    assert!(api.requests().is_empty());
}

#[test]
fn only_metadata_where_that_is_asked() {
    let api = api();
    let accept = [("Accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")];
    let list = send(&api.url(), "GET", "/api/v1/pods", &accept, "").json();
    assert_eq!(list["kind"], "PartialObjectMetadataList");
    assert_eq!(list["items"][0]["kind"], "PartialObjectMetadata");
    assert!(list["items"][0].get("spec").is_none());
}
