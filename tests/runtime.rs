//! Run-time evidence, through the built binary: `--cloudtrail` and `--simulate`, answered, refused and hostile.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test: it may fail loudly")]

use irsa_doctor_test_support::{Fault, Recording, Served};
use serde_json::{Value, json};
use std::process::Output;

const ACCOUNT: &str = "123456789012";
const ROLE: &str = "arn:aws:iam::123456789012:role/AppRole-68c46";
const SUBJECT: &str = "system:serviceaccount:pay-68c46:app";
const LIST: [&str; 4] = ["--action", "s3:ListBucket", "--resource", "arn:aws:s3:::my-bucket"];
/// What must reach nobody.
const CANARIES: [&str; 3] = ["ASIACANARYKEYID00000", "canary-session-token", "canary-secret-key"];

fn output(served: &Served, words: &[&str]) -> Output {
    served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor")).args(["--pod", "app", "-n", "pay-68c46"]).args(words).output().unwrap()
}

fn run(served: &Served, words: &[&str]) -> (Value, i32) {
    let output = output(served, &[words, &["-o", "json"]].concat());
    let report = serde_json::from_slice(&output.stdout);
    let report = report.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (report, output.status.code().unwrap())
}

/// An event as CloudTrail has it, credentials and all.
fn event(minute: u32, subject: &str, role: &str, error: Option<&str>) -> Value {
    let issuer = &Recording::load("plain").scenario.issuer;
    let provider = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{}", issuer.trim_start_matches("https://"));
    let [key, token, secret] = CANARIES;
    let answer = json!({"credentials": {"accessKeyId": key, "sessionToken": token, "secretAccessKey": secret,
        "expiration": "Nov 23, 2026, 5:00:00 AM"}, "subjectFromWebIdentityToken": subject,
        "assumedRoleUser": {"assumedRoleId": "AROAEXAMPLE:s", "arn": "arn:aws:sts::123456789012:assumed-role/AppRole-68c46/s"}});
    json!({
        "eventVersion": "1.08", "eventTime": format!("2026-11-23T03:{minute:02}:00Z"), "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRoleWithWebIdentity", "awsRegion": "us-east-1", "eventID": format!("{minute}-{subject}"),
        "userIdentity": {"type": "WebIdentityUser", "principalId": format!("{provider}:sts.amazonaws.com:{subject}"),
            "userName": subject, "identityProvider": provider},
        "requestParameters": {"roleArn": role, "roleSessionName": "botocore-session-1"},
        "responseElements": if error.is_some() { Value::Null } else { answer },
        "errorCode": error, "errorMessage": error.map(|_| "An unknown error occurred"),
        "additionalEventData": {"note": token}
    })
}

/// The healthy pod, its role used as `events` say.
fn world(events: &[Value]) -> Served {
    let mut recording = Recording::load("plain");
    for role in recording.accounts.accounts.values_mut().flat_map(|account| &mut account.roles) {
        role.last_used = Some("2026-11-20T10:00:00Z".to_owned());
    }
    let served = recording.serve();
    for event in events {
        served.aws.add_event(ACCOUNT, "us-east-1", event.clone());
    }
    served
}

fn usage(report: &Value) -> &Value {
    report.pointer("/targets/0/usage").unwrap_or_else(|| panic!("no usage: {report:#}"))
}

#[test]
fn the_last_use_comes_with_the_role_and_nothing_else_is_asked() {
    let served = world(&[]);
    let (report, code) = run(&served, &[]);
    assert_eq!((code, &report["verdict"]), (0, &json!("healthy")), "{report:#}");
    let usage = usage(&report);
    assert_eq!((&usage["last_used"], &usage["last_used_region"]), (&json!("2026-11-20T10:00:00Z"), &json!("us-east-1")));
    assert_eq!(usage["events"], Value::Null, "nobody asked");
    let table = String::from_utf8(output(&served, &[]).stdout).unwrap();
    assert!(table.contains("role last used 2026-11-20T10:00:00Z in us-east-1"), "{table}");
    let asked = served.aws.operations();
    assert!(!asked.iter().any(|operation| operation.contains("LookupEvents") || operation.contains("Simulate")), "{asked:?}");
}

#[test]
fn a_role_that_was_never_used_is_no_proof_of_anything() {
    let served = Recording::load("plain").serve();
    let (report, code) = run(&served, &[]);
    assert_eq!((code, &usage(&report)["never_used"]), (0, &json!(true)), "{report:#}");
}

#[test]
fn who_really_asked_stands_beside_who_should_have() {
    let stranger = "system:serviceaccount:other:app";
    let served = world(&[
        event(9, SUBJECT, ROLE, Some("AccessDenied")),
        event(8, SUBJECT, ROLE, Some("AccessDenied")),
        event(7, SUBJECT, ROLE, None),
        event(6, stranger, ROLE, Some("AccessDenied")),
        event(5, SUBJECT, "arn:aws:iam::123456789012:role/old", None),
        event(4, stranger, "arn:aws:iam::123456789012:role/theirs", None),
    ]);
    let (report, code) = run(&served, &["--cloudtrail=48"]);
    assert_eq!((code, &report["verdict"]), (0, &json!("healthy")), "the past decides nothing: {report:#}");
    let events = &usage(&report)["events"];
    let counts = (&events["asked_hours"], &events["total"], &events["failed"]);
    assert_eq!(counts, (&json!(48), &json!(5), &json!(3)), "{events:#}");
    assert_eq!((&events["expected"]["subject"], &events["expected"]["role"]), (&json!(SUBJECT), &json!(ROLE)));
    let differs: Vec<&Value> = events["by"].as_array().unwrap().iter().map(|group| &group["differs"]).collect();
    assert_eq!(differs, [&json!([]), &json!(["subject"]), &json!([]), &json!(["role"])], "{events:#}");
    assert_eq!(events["by"][0]["count"], 2);
    let table = String::from_utf8(output(&served, &["--cloudtrail"]).stdout).unwrap();
    let table = table.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        table.contains("CloudTrail, last 24 h in us-east-1: 5 events about the role or the service account, 3 failed"),
        "{table}"
    );
    assert!(table.contains(&format!("2 of 3 calls by {SUBJECT} failed")), "{table}");
    assert!(table.contains("nothing that was read refuses it now"), "{table}");
}

#[test]
fn pod_identity_leaves_its_events_in_the_clusters_account() {
    let served = Recording::load("pod-identity-in-use").serve();
    let namespace = Recording::load("pod-identity-in-use").scenario.namespace;
    let event = json!({
        "eventTime": "2026-11-23T03:00:00Z", "eventName": "AssumeRoleForPodIdentity", "eventSource": "eks-auth.amazonaws.com",
        "eventID": "e-1", "requestParameters": {"clusterName": "my-cluster", "token": "HIDDEN_DUE_TO_SECURITY_REASONS"},
        "responseElements": {"subject": {"namespace": namespace, "serviceAccount": "app"},
            "credentials": {"accessKeyId": CANARIES[0], "sessionToken": CANARIES[1]},
            "assumedRoleUser": {"arn": "arn:aws:sts::123456789012:assumed-role/irsa-03da6/eks-my-cluster-app-1"}}
    });
    served.aws.add_event(ACCOUNT, "us-east-1", event);
    let mut command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
    let output = command.args(["--pod", "app", "-n", &namespace, "--cloudtrail", "-o", "json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let events = &usage(&report)["events"];
    assert_eq!((&events["total"], &events["by"][0]["differs"]), (&json!(1), &json!([])), "{events:#}");
    assert_eq!(events["by"][0]["subject"], format!("system:serviceaccount:{namespace}:app"));
    assert_eq!(events["expected"]["provider"], "my-cluster");
}

#[test]
fn no_credentials_of_an_event_are_ever_kept() {
    let served = world(&[event(7, SUBJECT, ROLE, None)]);
    let bundle = served.folder().path().join("bundle.json");
    let path = bundle.to_str().unwrap();
    let runs =
        [&["--cloudtrail", "-v", "--save", path][..], &["--cloudtrail", "-v", "-o", "json"], &["--cloudtrail", "--save", "-"]];
    let mut texts: Vec<String> = Vec::new();
    for words in runs {
        let output = output(&served, words);
        texts.extend([output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()));
    }
    texts.push(std::fs::read_to_string(&bundle).unwrap());
    for text in &texts {
        assert!(!CANARIES.iter().any(|canary| text.contains(canary)), "{text}");
    }
    let offline = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor")).args(["--from", path, "-o", "json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&offline.stdout).unwrap();
    assert_eq!(usage(&report)["events"]["total"], 1, "a bundle carries the rest: {report:#}");
}

#[test]
fn words_of_events_are_harmless() {
    let hostile = "x\u{1b}[2J\u{9b}31m\u{202e}y\nverdict: healthy";
    let mut event = event(7, SUBJECT, ROLE, Some("AccessDenied"));
    event["errorMessage"] = json!(hostile);
    event["errorCode"] = json!(hostile);
    event["requestParameters"]["roleSessionName"] = json!(hostile);
    let served = world(&[event, json!({"eventName": "AssumeRoleWithWebIdentity", "eventTime": {"a": [hostile]}})]);
    let text = String::from_utf8(output(&served, &["--cloudtrail"]).stdout).unwrap();
    assert!(!text.chars().any(|c| c != '\n' && irsa_doctor_checks::fix::acts_on_terminal(c)), "{text}");
    assert!(text.contains("1 events could not be understood") && !text.contains("\nverdict: healthy\\"), "{text}");
}

#[test]
fn the_simulators_opinion_changes_nothing() {
    let served = world(&[]);
    served.aws.set_simulation("s3:ListBucket", json!({"decision": "implicitDeny", "organization": false}));
    let (without, _) = run(&served, &LIST);
    let (with, code) = run(&served, &[&LIST[..], &["--simulate"]].concat());
    assert_eq!((code, &with["verdict"]), (0, &without["verdict"]), "{with:#}");
    let decision = &with["targets"][0]["decisions"][0];
    assert_eq!(decision["decision"], "allow");
    let opinion = &decision["second_opinion"];
    assert_eq!((&opinion["source"], &opinion["decision"]), (&json!("iam:SimulatePrincipalPolicy"), &json!("implicit-deny")));
    assert_eq!((&opinion["differs"], &opinion["organization_allows"]), (&json!(true), &json!(false)));
    assert!(opinion["why"][0].as_str().unwrap().contains("service control policies"), "{opinion}");
    let table = String::from_utf8(output(&served, &[&LIST[..], &["--simulate"]].concat()).stdout).unwrap();
    assert!(table.contains("AWS' simulator says of s3:ListBucket: not allowed; it differs"), "{table}");
}

#[test]
fn what_is_refused_decides_nothing_and_says_what_would_help() {
    let served = world(&[]);
    served.aws.set_faults(vec![Fault::denied("cloudtrail:.*"), Fault::denied("iam:SimulatePrincipalPolicy")]);
    let (report, code) = run(&served, &[&LIST[..], &["--simulate", "--cloudtrail"]].concat());
    assert_eq!((code, &report["verdict"]), (0, &json!("healthy")), "{report:#}");
    let gaps = report["targets"][0]["gaps"].as_array().unwrap();
    for operation in ["cloudtrail:LookupEvents", "iam:SimulatePrincipalPolicy"] {
        let gap = gaps.iter().find(|gap| gap["operation"] == operation).unwrap_or_else(|| panic!("{operation}: {gaps:?}"));
        assert_eq!((&gap["decisive"], &gap["cause"]), (&json!(false), &json!("denied")), "{gap}");
        assert!(gap["remedy"].as_str().unwrap().contains(operation), "{gap}");
    }
    let events = &usage(&report)["events"];
    assert_eq!((&events["total"], &events["regions"]), (&json!(0), &json!([])));
    assert_eq!(events["gaps"][0], "AssumeRoleWithWebIdentity in us-east-1: cloudtrail:LookupEvents denied");
    assert_eq!(events["remarks"], json!([]), "what wasn't read isn't said to be empty");
    assert_eq!(report["targets"][0]["decisions"][0].get("second_opinion"), None);
}

#[test]
fn a_simulator_that_fails_as_motos_is_a_gap() {
    let (report, code) = run(&world(&[]), &[&LIST[..], &["--simulate"]].concat());
    assert_eq!((code, &report["verdict"]), (0, &json!("healthy")), "{report:#}");
    assert!(report["targets"][0]["gaps"].to_string().contains("server-error"), "{report:#}");
}

#[test]
fn a_flag_with_nobody_to_ask_is_a_wrong_use() {
    let served = world(&[]);
    let bundle = served.folder().path().join("bundle.json");
    let path = bundle.to_str().unwrap();
    assert!(output(&served, &["--save", path]).status.success());
    let alone = |words: &[&str]| {
        let output = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor")).args(words).output().unwrap();
        output.status.code().unwrap()
    };
    assert_eq!(alone(&["--from", path, "--cloudtrail"]), 2);
    assert_eq!(alone(&["--from", path, "--simulate"]), 2);
    assert_eq!(alone(&["--demo", "--simulate"]), 2);
    assert_eq!(alone(&["--pod", "app", "-n", "pay-68c46", "--simulate"]), 2, "without an action");
    for hours in ["0", "2161", "x"] {
        assert_eq!(alone(&["--pod", "app", "-n", "pay-68c46", &format!("--cloudtrail={hours}")]), 2, "{hours}");
    }
    served.aws.add_event(ACCOUNT, "us-east-1", event(7, SUBJECT, ROLE, None));
    let output = output(&served, &["--cloudtrail", "--from", path, "--with-aws", "-o", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(usage(&report)["events"]["total"], 1, "with --with-aws somebody is asked: {report:#}");
}
