//! Lists: pages, selectors, bad objects, ends that never come.

use super::*;
use crate::collect::kubernetes::Selector;
use irsa_doctor_checks::snapshot::kubernetes::{LabelSelector, SelectorRequirement};
use irsa_doctor_test_support::{Effect, Fault, Response, Rule};

const PODS: &str = "/api/v1/namespaces/shop/pods$";

/// A server with this many pods.
fn server(count: usize) -> KubernetesApi {
    KubernetesApi::start((0..count).map(|number| pod("shop", &format!("p{number:04}"))))
}

/// A page of pods with this continue token, as a fault that answers with it.
fn page(token: &str, items: &Value) -> Fault {
    let body = json!({"kind": "PodList", "apiVersion": "v1", "metadata": {"continue": token}, "items": items});
    Fault::new(PODS, Effect::Reply(Response::json(200, &body)))
}

#[tokio::test]
async fn reads_every_page() {
    let server = server(7);
    server.set_largest_page(3);
    let api = open(&server, LIMITS).await;
    let listed = api.pods(&Selector::namespace("shop")).await;
    let names: Vec<String> = listed.items.present().unwrap().iter().map(|pod| pod.metadata.name.clone()).collect();
    assert_eq!(names, (0..7).map(|number| format!("p{number:04}")).collect::<Vec<_>>());
    assert_eq!((listed.gaps.len(), api.calls()), (0, 3));
    assert_eq!(server.requests()[0].request.parameter("limit"), Some("500"));
}

#[tokio::test]
async fn an_empty_list_is_a_list() {
    let server = server(0);
    let api = open(&server, LIMITS).await;
    assert_eq!(api.pods(&Selector::namespace("shop")).await.complete(), Observed::Present(Vec::new()));
    server.set_faults(vec![page("", &Value::Null)]);
    assert_eq!(api.pods(&Selector::namespace("shop")).await.complete(), Observed::Present(Vec::new()));
}

#[tokio::test]
async fn what_a_server_says_of_the_pages_to_come_is_only_a_guess() {
    let server = server(0);
    let api = open(&server, LIMITS).await;
    for remaining in [json!(u64::MAX), json!(-1), json!(1.5), json!("many"), Value::Null] {
        let metadata = json!({"remainingItemCount": remaining});
        let body = json!({"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": [pod("shop", "one")]});
        server.set_faults(vec![Fault::new(PODS, Effect::Reply(Response::json(200, &body)))]);
        let listed = api.pods(&Selector::namespace("shop")).await.complete();
        assert_eq!(listed.present().map(Vec::len), Some(1), "{remaining}: {listed:?}");
    }
}

#[tokio::test]
async fn a_page_that_fails_is_a_gap_and_no_shorter_list() {
    let server = server(7);
    server.set_largest_page(3);
    server.set_faults(vec![Fault::status(PODS, 500).after(1)]);
    let api = open(&server, LIMITS).await;
    gap_of(&api.pods(&Selector::namespace("shop")).await.items, GapCause::ServerError);
    server.set_faults(vec![Fault::status(PODS, 403).after(1)]);
    let gap = gap_of(&api.pods(&Selector::namespace("shop")).await.items, GapCause::Denied);
    assert_eq!(gap.remedy, "allow list on pods in namespace `shop` (RBAC)");
}

#[tokio::test]
async fn an_expired_token_begins_the_list_anew_once() {
    let server = server(7);
    server.set_largest_page(3);
    server.set_faults(vec![Fault::code(PODS, 410, "Expired").after(1).times(1)]);
    let api = open(&server, LIMITS).await;
    assert_eq!(api.pods(&Selector::namespace("shop")).await.items.present().unwrap().len(), 7);
    server.set_faults(Vec::new());
    server.expire_continue_tokens(true);
    gap_of(&api.pods(&Selector::namespace("shop")).await.items, GapCause::Malformed);
}

#[tokio::test]
async fn a_list_without_an_end_is_left() {
    let server = server(0);
    let api = open(&server, LIMITS).await;
    server.set_faults(vec![page("again", &json!([pod("shop", "a")]))]);
    let gap = gap_of(&api.pods(&Selector::namespace("shop")).await.items, GapCause::Malformed);
    assert!(gap.detail.contains("comes again"), "{gap:?}");
    assert_eq!(api.calls(), 2);
}

#[tokio::test]
async fn one_bad_object_does_not_hide_the_others() {
    let server = server(0);
    let api = open(&server, LIMITS).await;
    let mut bad = pod("shop", "bad");
    bad["spec"]["containers"] = json!("hunter2");
    server.set_faults(vec![page("", &json!([pod("shop", "a"), bad, pod("shop", "b"), 7, null]))]);
    let listed = api.pods(&Selector::namespace("shop")).await;
    assert_eq!(listed.items.present().unwrap().len(), 2);
    assert_eq!(listed.gaps.len(), 1);
    let gap = gap_of(&listed.complete(), GapCause::Malformed);
    assert!(gap.detail.contains("3 of 5 objects") && !gap.detail.contains("hunter2"), "{gap:?}");
}

#[tokio::test]
async fn lists_that_are_none() {
    let server = server(0);
    let api = open(&server, LIMITS).await;
    for body in [json!({"kind": "PodList"}), json!({"items": []}), json!({"kind": "SecretList", "items": []}), json!([])] {
        server.set_faults(vec![Fault::new(PODS, Effect::Reply(Response::json(200, &body)))]);
        gap_of(&api.pods(&Selector::namespace("shop")).await.items, GapCause::Malformed);
    }
    server.set_faults(vec![Fault::status(PODS, 404)]);
    gap_of(&api.pods(&Selector::namespace("shop")).await.items, GapCause::Malformed);
}

#[tokio::test]
async fn selectors_reach_the_server() {
    let mut other = pod("shop", "other");
    other["metadata"]["labels"] = json!({"app": "b"});
    let server = KubernetesApi::start([pod("shop", "x"), other, pod("mall", "x")]);
    let api = open(&server, LIMITS).await;
    let requirement = |key: &str, operator: &str, values: &[&str]| SelectorRequirement {
        key: key.to_owned(),
        operator: operator.to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    let selector = LabelSelector {
        match_labels: BTreeMap::from([("app".to_owned(), "a".to_owned())]),
        match_expressions: vec![requirement("app", "In", &["a", "b"]), requirement("gone", "DoesNotExist", &[])],
    };
    let selector = Selector::of("shop", &selector).unwrap();
    let names = api.pods(&selector).await.map(|pod| pod.metadata.name);
    assert_eq!(names.items, Observed::Present(vec!["x".to_owned()]));
    let unknown = LabelSelector { match_expressions: vec![requirement("a", "Near", &[])], ..LabelSelector::default() };
    assert_eq!(Selector::of("shop", &unknown), None);
    let named = Selector::default().fields("metadata.name=x");
    let elsewhere = api.pods(&named).await.map(|pod| pod.metadata.namespace.unwrap_or_default());
    assert_eq!(elsewhere.items, Observed::Present(vec!["mall".to_owned(), "shop".to_owned()]));
}

#[tokio::test]
async fn events_of_an_object() {
    let event = |name: &str, about: &str| {
        json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": "shop"}, "reason": "FailedCreate",
               "involvedObject": {"kind": "ReplicaSet", "name": about, "namespace": "shop"}})
    };
    let server = KubernetesApi::start([event("e1", "api"), event("e2", "web")]);
    let api = open(&server, LIMITS).await;
    let listed = api.events("ReplicaSet", "shop", "api").await;
    let events = listed.items.present().unwrap();
    assert_eq!((events.len(), events[0].metadata.name.as_str()), (1, "e1"));
}

#[tokio::test]
async fn webhooks_by_name_where_the_list_is_refused() {
    const GROUP: &str = "admissionregistration.k8s.io";
    let configuration = |name: &str| {
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
               "metadata": {"name": name}, "webhooks": [{"name": "iam-for-pods.amazonaws.com"}]})
    };
    let server = KubernetesApi::start([configuration("pod-identity-webhook"), configuration("other")]);
    let api = open(&server, LIMITS).await;
    assert_eq!(api.webhooks().await.complete().present().unwrap().len(), 2);
    server.set_rules("ann", vec![Rule::cluster("get", GROUP, "mutatingwebhookconfigurations")]);
    let listed = api.webhooks().await;
    assert_eq!(listed.items.present().unwrap().len(), 1);
    gap_of(&listed.complete(), GapCause::Denied);
    server.set_rules("ann", Vec::new());
    gap_of(&api.webhooks().await.items, GapCause::Denied);
}
