//! What is said of a webhook, whose it is to change, and which one it is.

use super::*;
use crate::finding::Compared;

const OWNER: &str = "whoever owns the cluster's webhook configuration pod-identity-webhook: it decides for every pod";

fn only(snapshot: &Snapshot) -> Finding {
    let outcome = run_on(snapshot);
    let [finding] = testing::findings(&outcome) else { panic!("{:?}", faults(&outcome)) };
    finding.clone()
}

fn many(values: &[&str]) -> Compared {
    values.iter().map(|&value| value.to_owned()).collect::<Vec<_>>().into()
}

#[test]
fn rules_are_given_in_words_and_are_the_owners_to_change() {
    let rule = |groups: Value, scope: Value| json!({"operations": ["CREATE", "UPDATE"], "apiGroups": groups, "apiVersions": ["v1", "v2"], "resources": ["a", "b"], "scope": scope});
    let rules = json!([
        rule(json!([""]), json!("*")),
        rule(json!(["apps", "batch"]), json!("Namespaced")),
        rule(json!(["", "apps"]), json!("Cluster")),
    ]);
    let finding = only(&bare_with(|webhook| webhook["rules"] = rules));
    assert_eq!(finding.expected, Some("CREATE v1 pods".into()));
    let words = ["CREATE,UPDATE v1,v2 a,b", "CREATE,UPDATE apps,batch/v1,v2 a,b", "CREATE,UPDATE apps/v1,v2 a,b (Cluster)"];
    assert_eq!(finding.actual, Some(many(&words)));
    let fix = finding.fix.unwrap();
    assert_eq!(fix.id, "MutatingWebhookConfiguration pod-identity-webhook webhook-rules-wrong");
    assert!(fix.needs_decision.unwrap().contains(OWNER));
}

#[test]
fn what_a_selector_wants_and_the_pod_lacks_is_said() {
    let selector = json!({
        "matchLabels": {"irsa": "on", "app": "awscli"},
        "matchExpressions": [
            {"key": "team", "operator": "In", "values": ["a", "b"]},
            {"key": "tier", "operator": "Exists"},
            {"key": "app", "operator": "Exists"},
        ],
    });
    let finding = only(&bare_with(|webhook| webhook["objectSelector"] = selector));
    let wants = "its objectSelector wants irsa=on and team In (a, b) and tier Exists";
    assert_eq!(finding.detail, format!("webhook iam-for-pods.amazonaws.com leaves this pod out: {wants}"));
    assert_eq!(finding.expected, Some(many(&["irsa=on", "team In (a, b)", "tier Exists"])));
    assert_eq!(finding.actual, Some("app=awscli".into()));
    assert!(finding.fix.unwrap().needs_decision.unwrap().contains(OWNER));
}

#[test]
fn a_namespace_is_labelled_by_command_where_one_label_is_all_it_lacks() {
    let labels = |selector: Value, had: &[(&str, &str)]| {
        let mut snapshot = bare_with(|webhook| webhook["namespaceSelector"] = selector);
        let namespace = testing::cluster(&mut snapshot).namespaces.get_mut("default").unwrap();
        let labels = &mut testing::inside(namespace).metadata.labels;
        labels.extend(had.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let fix = only(&snapshot).fix.unwrap();
        let command = fix.commands.first().map(crate::fix::FixCommand::shell).filter(|shell| shell.contains(" label "));
        assert_eq!(command.is_none(), fix.needs_decision.as_deref().is_some_and(|who| who.contains(OWNER)));
        command.is_some()
    };
    let team = |operator: &str| json!({"key": "team", "operator": operator, "values": ["a"]});
    let irsa = json!({"irsa": "on"});
    assert!(labels(json!({"matchLabels": irsa}), &[]));
    assert!(labels(json!({"matchLabels": irsa, "matchExpressions": [team("NotIn")]}), &[]), "the rest holds");
    assert!(!labels(json!({"matchLabels": irsa, "matchExpressions": [team("In")]}), &[]), "another is wanted too");
    assert!(!labels(json!({"matchLabels": irsa}), &[("irsa", "off")]), "its owner chose another value");
    assert!(!labels(json!({"matchLabels": {"irsa": "on", "team": "a"}}), &[]), "two are wanted");
    assert!(!labels(json!({"matchExpressions": [team("In")]}), &[]), "it may be one of several");
}

#[test]
fn a_namespaces_name_is_known_without_reading_it() {
    let denied = |selector: Value| {
        let mut snapshot = bare_with(|webhook| webhook["namespaceSelector"] = selector);
        let gap = Gap::new("get namespaces", GapCause::Denied);
        testing::cluster(&mut snapshot).namespaces.insert("default".to_owned(), Observed::Unavailable(gap));
        run_on(&snapshot)
    };
    let expression = |key: &str| json!({"matchExpressions": [{"key": key, "operator": "NotIn", "values": ["default"]}]});
    assert_eq!(faults(&denied(expression("kubernetes.io/metadata.name"))), ["webhook-excludes-pod"]);
    let other = denied(json!({"matchExpressions": [{"key": "team", "operator": "Exists"}]}));
    assert_eq!((faults(&other), gaps(&other)), (vec![], vec![("get namespaces", true)]));
}

#[test]
fn what_another_webhook_does_is_no_pod_identity() {
    let found = |name: &str, client: Value| {
        let mut snapshot = bare_with(|webhook| {
            webhook["name"] = json!(name);
            webhook["clientConfig"] = client;
        });
        testing::webhook(&mut snapshot).metadata.name = "x".to_owned();
        faults(&run_on(&snapshot)) != ["webhook-missing"]
    };
    let service = |name: &str| json!({"service": {"namespace": "system", "name": name}, "caBundle": testing::OTHER_CA});
    assert!(found("x", service("pod-identity-webhook")));
    assert!(!found("x", service("aad-pod-identity-webhook")), "Azure's");
    assert!(!found("x", service("azure-pod-identity-webhook")), "Azure's");
    let url = |url: &str| json!({"url": url, "caBundle": testing::OTHER_CA});
    assert!(found("x", url("https://127.0.0.1:23443/mutate")));
    assert!(!found("x", url("https://injector.example.com/mutate")));
    assert!(!found("x", url("https://127.0.0.1:21362/mutate")), "another of the control plane's own");
}

#[test]
fn a_manifest_that_asks_to_be_skipped_is_said_to() {
    let mut snapshot = bare();
    snapshot.from_files = true;
    assert_eq!(run_on(&snapshot).status(), Status::NotApplicable);
    let label = "eks.amazonaws.com/skip-pod-identity-webhook";
    testing::pod(&mut snapshot).metadata.labels.insert(label.to_owned(), "true".to_owned());
    let finding = only(&snapshot);
    assert_eq!((finding.fault.id, finding.confidence), ("webhook-skip-label", Confidence::Likely));
    assert!(finding.detail.starts_with(&format!("pod awscli carries the label {label},")));
    testing::annotate(&mut snapshot, crate::evidence::ROLE_ANNOTATION, None);
    assert_eq!(run_on(&snapshot).status(), Status::NotApplicable, "it wants no role");
    let mut wired = testing::healthy();
    wired.from_files = true;
    testing::pod(&mut wired).metadata.labels.insert(label.to_owned(), "true".to_owned());
    assert_eq!(run_on(&wired).status(), Status::NotApplicable, "it brings its own token");
}
