//! Scans of whole clusters: what is found, in how many calls, and what comes out.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test: it may fail loudly")]

use irsa_doctor_test_support::generate::{Breakage, Generated, Shape, cluster};
use irsa_doctor_test_support::{Effect, Fault, Rule, Served};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Output};
use std::time::Duration;

const SHAPE: Shape = Shape { pods: 240, service_accounts: 120, roles: 40, broken_percent: 25, deployments: false, seed: 7 };

fn run(served: &Served, args: &[&str]) -> Output {
    let mut command: Command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
    command.args(args).output().unwrap()
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// The broken pods of a report.
fn broken(report: &Value) -> BTreeSet<(String, String)> {
    let targets = report["targets"].as_array().unwrap().iter().filter(|target| target["verdict"] == "broken");
    let text = |target: &Value, key: &str| target["target"][key].as_str().unwrap().to_owned();
    targets.map(|target| (text(target, "namespace"), text(target, "name"))).collect()
}

fn expected(generated: &Generated) -> BTreeSet<(String, String)> {
    generated.broken.keys().cloned().collect()
}

fn calls(served: &Served) -> BTreeMap<String, usize> {
    let mut calls = BTreeMap::new();
    for logged in served.kubernetes.requests().into_iter().chain(served.aws.requests()) {
        *calls.entry(logged.operation).or_default() += 1;
    }
    calls
}

#[test]
fn every_broken_pod_is_found_in_as_few_calls_as_there_are() {
    let generated = cluster(&SHAPE);
    let served = generated.serve();
    let output = run(&served, &["-A", "-o", "json"]);
    let report = report(&output);
    assert_eq!(broken(&report), expected(&generated), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1));
    let calls = calls(&served);
    assert!(calls.values().all(|&count| count == 1), "{calls:?}");
    let of_iam: Vec<&String> = calls.keys().filter(|operation| operation.starts_with("iam:")).collect();
    assert_eq!(of_iam, ["iam:GetAccountAuthorizationDetails", "iam:GetOpenIDConnectProvider"]);
    let made = calls.values().sum::<usize>();
    let counted = &report["run"]["calls"];
    assert_eq!(counted["kubernetes"].as_u64().unwrap() + counted["aws"].as_u64().unwrap(), made as u64);
    let lines = report["overview"]["service_accounts"].as_array().unwrap();
    assert_eq!(lines.len(), SHAPE.service_accounts);
    let pods: u64 = lines.iter().map(|line| line["pods"].as_u64().unwrap()).sum();
    assert_eq!(pods, SHAPE.pods as u64);
    assert_eq!(lines[0]["verdict"], "broken", "worst first");
    let hit: usize =
        report["overview"]["causes"].as_array().unwrap().iter().map(|cause| cause["victims"].as_array().unwrap().len()).sum();
    assert!(hit >= expected(&generated).len(), "{hit}");
}

#[test]
fn without_the_lists_it_asks_for_each_and_finds_the_same() {
    let generated = cluster(&Shape { pods: 60, service_accounts: 60, roles: 30, seed: 9, ..SHAPE });
    let served = generated.serve();
    let rules = [("list", "pods"), ("get", "serviceaccounts"), ("get", "namespaces")];
    served.kubernetes.set_rules("limited", rules.map(|(verb, resource)| Rule::cluster(verb, "", resource)).to_vec());
    served.aws.set_faults(vec![Fault::denied("iam:GetAccountAuthorizationDetails$|eks:ListPodIdentityAssociations$")]);
    served.kubernetes.set_delay(Duration::from_millis(40));
    served.aws.set_delay(Duration::from_millis(40));
    let output = run(&served, &["-A", "-o", "json"]);
    let report = report(&output);
    let wanted: BTreeSet<_> = expected(&generated);
    assert_eq!(broken(&report), wanted);
    let calls = calls(&served);
    let gets: Vec<usize> = calls.iter().filter(|(path, _)| path.contains("/serviceaccounts/")).map(|(_, count)| *count).collect();
    assert_eq!(gets, vec![1; 60], "{calls:?}");
    for log in [served.kubernetes.requests(), served.aws.requests()] {
        let under_way = |at| log.iter().filter(|logged| logged.started <= at && at < logged.ended).count();
        let most = log.iter().map(|logged| under_way(logged.started)).max().unwrap();
        assert!((2..=32).contains(&most), "{most} at once");
    }
    let gone = generated.broken.values().filter(|breakage| **breakage == Breakage::RoleMissing).count();
    assert!((30..=30 + gone).contains(&calls["iam:GetRole"]), "{calls:?}");
}

#[test]
fn selectors_choose_pods() {
    let generated = cluster(&SHAPE);
    let served = generated.serve();
    let name = generated.objects.iter().find(|object| object["kind"] == "Pod").unwrap()["metadata"]["name"].as_str().unwrap();
    let one = report(&run(&served, &["-A", "-o", "json", "--field-selector", &format!("metadata.name={name}")]));
    assert_eq!(one["targets"].as_array().unwrap().len(), 1);
    let unused = one["overview"]["remarks"].to_string().contains("no pod runs as");
    assert!(!unused, "who was not looked at is not unused: {}", one["overview"]["remarks"]);
    let none = report(&run(&served, &["-A", "-o", "json", "-l", "app=nobody-has-this"]));
    assert_eq!((&none["verdict"], none["targets"].as_array().unwrap().len()), (&Value::from("not_applicable"), 0));
    let wrong = run(&served, &["pod/x", "-n", "y", "-l", "app=a"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn a_choice_of_pods_is_not_taken_for_all_of_them() {
    let generated = cluster(&SHAPE);
    let older = |(_, breakage): &(&(String, String), &Breakage)| **breakage == Breakage::PodIsOlder;
    let ((namespace, name), _) = generated.broken.iter().find(older).unwrap();
    let field = format!("metadata.name={name}");
    for place in [vec!["-A"], vec!["-n", namespace.as_str()]] {
        let served = generated.serve();
        let args = [place.as_slice(), &["-o", "json", "--field-selector", &field]].concat();
        let report = report(&run(&served, &args));
        // Its neighbours are read, to see whether the webhook works at all; they were not asked about.
        assert_eq!(broken(&report), BTreeSet::from([(namespace.clone(), name.clone())]), "{place:?}");
        assert_eq!(report["targets"].as_array().unwrap().len(), 1, "{place:?}");
        let remarks = report["overview"]["remarks"].to_string();
        assert!(calls(&served).contains_key(&format!("/api/v1/namespaces/{namespace}/pods")), "{:?}", calls(&served));
        assert!(!remarks.contains("aren't there"), "{remarks}");
    }
}

#[test]
fn json_lines_say_what_the_document_says() {
    let served = cluster(&SHAPE).serve();
    run(&served, &["-A", "-o", "json", "--save", "bundle.json"]);
    let whole = report(&run(&served, &["--from", "bundle.json", "-o", "json"]));
    let output = run(&served, &["--from", "bundle.json", "-o", "jsonl"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| -> Vec<Value> {
        let lines = lines.iter().filter(|line| line["type"] == kind).cloned();
        lines
            .map(|mut line| {
                line.as_object_mut().unwrap().remove("type");
                line
            })
            .collect()
    };
    for (line, target) in of("target").iter().zip(whole["targets"].as_array().unwrap()) {
        assert_eq!(line, target);
    }
    assert_eq!(of("target").len(), whole["targets"].as_array().unwrap().len());
    assert_eq!(Value::from(of("service_account")), whole["overview"]["service_accounts"]);
    assert_eq!(Value::from(of("cause")), whole["overview"]["causes"]);
    assert_eq!(of("summary")[0]["summary"], whole["summary"]);
    assert_eq!((lines[0]["type"].as_str(), lines.last().unwrap()["type"].as_str()), (Some("run"), Some("summary")));
}

#[test]
fn only_what_is_broken_is_listed() {
    let generated = cluster(&SHAPE);
    let served = generated.serve();
    let output = run(&served, &["-A", "-o", "json", "--only", "broken"]);
    let report = report(&output);
    assert_eq!(report["targets"].as_array().unwrap().len(), expected(&generated).len());
    let healthy = report["summary"]["targets"]["healthy"].as_u64().unwrap();
    assert_eq!(healthy, (SHAPE.pods - expected(&generated).len()) as u64, "totals count all");
    let table = run(&served, &["-A", "--only", "broken"]);
    let text = String::from_utf8(table.stdout).unwrap();
    assert!(text.starts_with("BROKEN: "), "{text}");
    assert!(!text.lines().any(|line| line.contains(" healthy ")), "{text}");
}

#[test]
fn pods_of_a_deployment_are_judged_once_and_listed_under_it() {
    let generated = cluster(&Shape { deployments: true, ..SHAPE });
    let served = generated.serve();
    let output = run(&served, &["-A", "-o", "json"]);
    let report = report(&output);
    assert_eq!(broken(&report), expected(&generated), "{}", String::from_utf8_lossy(&output.stderr));
    let targets = report["targets"].as_array().unwrap();
    assert_eq!(targets.len(), SHAPE.service_accounts);
    for target in targets {
        let (name, pods) = (target["target"]["name"].as_str().unwrap(), target["pods"].as_array().unwrap());
        assert_eq!((target["target"]["kind"].as_str(), pods.len()), (Some("deployment"), 2), "{target}");
        assert!(pods.iter().all(|pod| pod.as_str().unwrap().starts_with(name)), "{pods:?}");
    }
    let calls = calls(&served);
    assert!(calls.values().all(|&count| count == 1), "{calls:?}");
    assert!(calls.contains_key("/apis/apps/v1/deployments") && calls.contains_key("/apis/apps/v1/replicasets"), "{calls:?}");
    // In the picture a cause names the Deployment with its pods.
    let table = run(&served, &["-A", "--only", "broken"]);
    let text = String::from_utf8(table.stdout).unwrap().replace(['\n', ' '], "");
    let victim = report["overview"]["causes"][0]["victims"][0].clone();
    let (namespace, name) = (victim["namespace"].as_str().unwrap(), victim["name"].as_str().unwrap());
    assert!(text.contains(&format!("{namespace}/deployment/{name}({name}-")), "{text}");
}

#[test]
fn pods_that_are_over_are_counted_and_not_judged() {
    let mut generated = cluster(&Shape { broken_percent: 0, pods: 6, service_accounts: 3, roles: 3, ..SHAPE });
    let mut pods = generated.objects.iter_mut().filter(|object| object["kind"] == "Pod");
    pods.next().unwrap()["status"]["phase"] = "Succeeded".into();
    pods.next().unwrap()["metadata"]["deletionTimestamp"] = "2026-11-24T00:00:00Z".into();
    let served = generated.serve();
    let report = report(&run(&served, &["-A", "-o", "json"]));
    assert_eq!((&report["overview"]["over"], report["targets"].as_array().unwrap().len()), (&Value::from(2), 4));
    let text = String::from_utf8(run(&served, &["-A"]).stdout).unwrap();
    assert!(text.contains("2 pods are over (being deleted, or run to the end) and not judged"), "{text}");
}

#[test]
fn a_pod_that_can_not_be_read_makes_the_scan_inconclusive() {
    let mut generated = cluster(&Shape { broken_percent: 0, pods: 6, service_accounts: 3, roles: 3, ..SHAPE });
    let namespace = generated.namespaces.first().unwrap().clone();
    generated.objects.push(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "odd", "namespace": namespace}, "spec": {"containers": 7}}));
    let served = generated.serve();
    for scan in [vec!["-A"], vec!["-n", namespace.as_str()]] {
        let output = run(&served, &[scan.as_slice(), &["-o", "json", "--save", "odd.json", "--force"]].concat());
        let live = report(&output);
        let again = report(&run(&served, &["--from", "odd.json", "-o", "json"]));
        for report in [live, again] {
            assert_eq!((&report["verdict"], &report["gate"]), (&Value::from("inconclusive"), &Value::from("inconclusive")));
            let unread = report["targets"].as_array().unwrap().iter().find(|target| target["verdict"] == "inconclusive").unwrap();
            let gap = &unread["gaps"][0];
            assert_eq!((&gap["operation"], &gap["decisive"]), (&Value::from("list pods"), &Value::from(true)), "{unread}");
        }
        assert_eq!(output.status.code(), Some(3));
        let accepted = run(&served, &[scan.as_slice(), &["-o", "json", "--allow-unknown"]].concat());
        assert_eq!(accepted.status.code(), Some(0));
    }
}

#[test]
fn a_scan_that_has_no_time_to_list_the_pods_is_never_fine() {
    let served = cluster(&SHAPE).serve();
    served.kubernetes.set_faults(vec![Fault::new("/api/v1/pods", Effect::NeverAnswer)]);
    let output = run(&served, &["-A", "-o", "json", "--timeout", "1s"]);
    let document = report(&output);
    assert_eq!((output.status.code(), &document["error"]["code"]), (Some(4), &"nothing-to-look-at".into()), "{document}");
}

#[test]
fn a_throttled_scan_reads_all_the_same() {
    let generated = cluster(&Shape { pods: 40, service_accounts: 20, roles: 20, ..SHAPE });
    let served = generated.serve();
    served.aws.set_faults(vec![
        Fault::denied("iam:GetAccountAuthorizationDetails$"),
        // One fewer than the attempts of a call: however unlucky one is, all of them can't be its own.
        Fault::throttled("iam:GetRole$").times(5),
        Fault::throttled("iam:GetPolicyVersion$").times(5),
    ]);
    let output = run(&served, &["-A", "-o", "json"]);
    let report = report(&output);
    assert_eq!(broken(&report), expected(&generated), "{}", String::from_utf8_lossy(&output.stderr));
    let unknown = report["summary"]["checks"]["unknown"].as_u64();
    assert_eq!(unknown, Some(0), "{}", report["targets"][0]["gaps"]);
}

/// A saved scan of a namespace, with a change.
fn saved(served: &Served, scan: &[&str], change: impl FnOnce(&mut Value)) {
    run(served, &[scan, &["--save", "saved.json", "--force", "-o", "json"]].concat());
    let path = served.folder().path().join("saved.json");
    let mut bundle: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut bundle);
    std::fs::write(path, bundle.to_string()).unwrap();
}

fn only_cluster(bundle: &mut Value) -> &mut Value {
    bundle["clusters"].as_object_mut().unwrap().values_mut().next().unwrap()
}

#[test]
fn what_a_bundle_does_not_have_is_not_fine() {
    let generated = cluster(&Shape { broken_percent: 0, pods: 24, service_accounts: 12, roles: 3, ..SHAPE });
    let served = generated.serve();
    let namespace = generated.namespaces.first().unwrap().as_str();
    let denied = json!({"unavailable": {"operation": "get pods", "cause": "denied", "detail": "no", "remedy": "ask"}});
    let asked = |args: &[&str]| {
        let output = run(&served, &[&["--from", "saved.json", "-o", "json"], args].concat());
        (output.status.code(), report(&output))
    };
    saved(&served, &["-n", namespace], |_| {});
    assert_eq!(asked(&[]).0, Some(0));
    assert_eq!(asked(&["-n", namespace]).0, Some(0));
    let (code, whole) = asked(&["-A"]);
    assert_eq!((code, &whole["verdict"]), (Some(3), &Value::from("inconclusive")), "one namespace is not the cluster");
    assert_eq!(asked(&["-A", "-l", "app=x"]).0, Some(2), "a bundle is scanned whole");
    saved(&served, &["-A"], |_| {});
    assert_eq!((asked(&["-A"]).0, asked(&["-n", namespace]).0), (Some(0), Some(0)));
    saved(&served, &["-A", "-l", "app=app"], |_| {});
    assert_eq!(asked(&["-A"]).0, Some(3), "a choice is not the cluster");
    saved(&served, &["-A"], |bundle| {
        let pods = only_cluster(bundle)["pods"].as_object_mut().unwrap();
        *pods.values_mut().next().unwrap() = denied.clone();
    });
    assert_eq!(asked(&["-A"]).0, Some(3), "the pod that nobody read may be the one");
    saved(&served, &["-A"], |bundle| {
        bundle["asked"]["targets"] = json!([{"kind": "cluster", "name": "", "cluster": "nope", "scanned": true}]);
    });
    assert_eq!(asked(&[]).0, Some(3), "nobody knows that cluster");
    saved(&served, &["-A"], |bundle| only_cluster(bundle)["scan"]["gaps"] = json!([denied["unavailable"]]));
    assert_eq!(asked(&[]).0, Some(3), "a gap needs no target that stands for it");
    saved(&served, &["-A"], |bundle| only_cluster(bundle)["scan"]["over"] = json!(u64::MAX));
    assert_eq!(asked(&[]).0, Some(0));
}

#[test]
fn a_scan_that_came_upon_nothing_says_so_and_can_be_read_again() {
    let served = cluster(&SHAPE).serve();
    let live = run(&served, &["-A", "-l", "app=nobody", "--save", "nothing.json"]);
    let again = run(&served, &["--from", "nothing.json"]);
    for output in [live, again] {
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.starts_with("NOT APPLICABLE: no pods were found"), "{text}");
        assert_eq!(output.status.code(), Some(0));
    }
    let wrong = run(&served, &["-A", "-l", "app in (a"]);
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert_eq!((wrong.status.code(), said.contains("check -l and --field-selector")), (Some(2), true), "{said}");
}

#[test]
fn what_asks_nothing_of_aws_is_counted_whole() {
    let mut generated = cluster(&Shape { pods: 6, service_accounts: 3, roles: 1, broken_percent: 0, ..SHAPE });
    for object in &mut generated.objects {
        if object["kind"] == "ServiceAccount" {
            object["metadata"].as_object_mut().unwrap().remove("annotations");
        } else if object["kind"] == "Pod" {
            object["spec"]["volumes"] = json!([]);
            object["spec"]["containers"] = json!([{"name": "app"}]);
        }
    }
    let served = generated.serve();
    let report = report(&run(&served, &["-A", "-o", "json"]));
    assert_eq!((&report["overview"]["without_intent"], &report["summary"]["targets"]["not_applicable"]), (&json!(6), &json!(6)));
    let text = String::from_utf8(run(&served, &["-A"]).stdout).unwrap();
    assert!(
        text.starts_with("NOT APPLICABLE: nothing here asks anything of AWS")
            && text.contains("6 pods and workloads ask nothing"),
        "{text}"
    );
}

#[test]
fn a_file_that_is_there_is_seen_before_anybody_is_asked() {
    let served = cluster(&SHAPE).serve();
    std::fs::write(served.folder().path().join("there.json"), "mine").unwrap();
    assert_eq!(run(&served, &["-A", "--save", "there.json"]).status.code(), Some(2));
    assert!(served.kubernetes.requests().is_empty() && served.aws.requests().is_empty());
}

#[test]
fn the_table_says_what_would_help_and_lists_no_more_than_was_asked_for() {
    let served = cluster(&SHAPE).serve();
    let healthy = report(&run(&served, &["-A", "-o", "json", "--only", "healthy"]));
    assert_eq!(healthy["overview"]["causes"], json!([]), "no healthy account has a cause");
    let accounts: u64 =
        healthy["summary"]["service_accounts"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(
        (accounts, &healthy["overview"]["pods"]),
        (SHAPE.service_accounts as u64, &Value::from(SHAPE.pods)),
        "totals count all"
    );
    served.aws.set_faults(vec![Fault::denied("iam:")]);
    let text = String::from_utf8(run(&served, &["-A", "--only", "inconclusive"]).stdout).unwrap();
    assert!(text.contains("Not read") && text.contains("allow iam:GetRole"), "{text}");
}

#[test]
fn a_fix_for_one_account_is_not_said_to_mend_anothers() {
    let generated = cluster(&Shape { pods: 40, service_accounts: 20, roles: 2, broken_percent: 60, ..SHAPE });
    let served = generated.serve();
    let report = report(&run(&served, &["-A", "-o", "json"]));
    let refused = |cause: &&Value| cause["finding"]["fault"] == "trust-subject-mismatch";
    let causes: Vec<&Value> = report["overview"]["causes"].as_array().unwrap().iter().filter(refused).collect();
    assert!(causes.len() > 1);
    for cause in &causes {
        let victims: BTreeSet<String> =
            cause["victims"].as_array().unwrap().iter().map(|victim| victim["name"].as_str().unwrap()[..8].to_owned()).collect();
        let mended = cause["finding"]["fix"]["commands"].to_string();
        assert!(victims.iter().all(|victim| mended.contains(victim.as_str())), "{victims:?}: {mended}");
    }
    let table = String::from_utf8(run(&served, &["-A"]).stdout).unwrap();
    assert!(!table.contains("the one above mends this too"), "each of them writes another document");
}
