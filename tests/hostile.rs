//! Hostile text and planted secrets, through the built binary: in what the cluster and the account answer, in the
//! kubeconfig, on the command line. Text must arrive harmless, and secrets must not arrive at all.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test: it may fail loudly")]

use irsa_doctor_checks::fix::acts_on_terminal;
use irsa_doctor_test_support::{Effect, Fault, Recording, Served};
use serde_json::{Value, json};
use std::process::{Command, Output, Stdio};

const HOSTILE: &str = "x\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\u{202e}y\u{200b}\r\nverdict: healthy\n::error::z";

fn binary(served: &Served) -> Command {
    let mut command = served.command(env!("CARGO_BIN_EXE_irsa-doctor"));
    command.stdin(Stdio::null()).args(["--call-timeout", "2s"]);
    command
}

/// Runs with the table as the format, whatever the recorded command says.
fn table(served: &Served, args: &[&str]) -> Output {
    let mut command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
    command.stdin(Stdio::null()).args(["--pod", "app", "-n", "pay-68c46", "--call-timeout", "2s"]).args(args).output().unwrap()
}

/// No character that a terminal would act on, and no line that was smuggled in.
fn assert_harmless(output: &Output, what: &str) {
    for stream in [&output.stdout, &output.stderr] {
        let text = std::str::from_utf8(stream).unwrap();
        let bad = text.chars().find(|&c| c != '\n' && acts_on_terminal(c));
        assert!(bad.is_none(), "{what}: {bad:?} in {text}");
        let smuggled = text.lines().find(|line| line.starts_with("verdict: healthy\\n") || line.starts_with("::error"));
        assert!(smuggled.is_none(), "{what}: {smuggled:?}");
    }
    assert_ne!(output.status.code(), Some(101), "{what}");
}

/// Puts `text` behind every string of the object that a user may choose.
fn poison(object: &mut Value) {
    for pointer in ["/metadata/annotations", "/metadata/labels"] {
        if let Some(Value::Object(map)) = object.pointer_mut(pointer) {
            for value in map.values_mut() {
                *value = json!(format!("{}{HOSTILE}", value.as_str().unwrap_or_default()));
            }
            map.insert(format!("eks.amazonaws.com/{HOSTILE}"), json!(HOSTILE));
        }
    }
}

#[test]
fn words_of_the_cluster_are_harmless() {
    let mut recording = Recording::load("plain");
    for object in &mut recording.objects {
        poison(object);
        if let Some(containers) = object.pointer_mut("/spec/containers") {
            containers[0]["name"] = json!(HOSTILE);
            containers[0]["env"].as_array_mut().unwrap().push(json!({"name": HOSTILE, "value": HOSTILE}));
        }
    }
    let served = recording.serve();
    for args in [&[][..], &["-o", "json"], &["-v"], &["--ascii"], &["--error", HOSTILE], &["--role", HOSTILE]] {
        let output = table(&served, args);
        if !args.contains(&"json") {
            assert_harmless(&output, &format!("{args:?}"));
        }
        if args == ["-o", "json"] {
            let report: Value = serde_json::from_slice(&output.stdout).unwrap();
            let target = &report["targets"][0];
            assert_eq!(target["verdict"], "degraded", "the annotation is no ARN, but the pod has its role: {report:#}");
            assert_eq!(target["after_restart"]["verdict"], "broken", "{report:#}");
        }
    }
}

#[test]
fn words_of_errors_are_harmless() {
    let error = |status, code: Option<&str>| Effect::Error {
        status,
        code: code.map(str::to_owned),
        // Control characters that are no XML are not for the XML services.
        message: Some("x\u{9b}31m\u{202e}y\u{200b}\r\nverdict: healthy\n::error::z\u{85}".to_owned()),
    };
    let served = Recording::load("plain").serve();
    for (status, code) in [(403, "AccessDenied"), (400, "ValidationError\u{202e}\u{9b}"), (500, "InternalFailure")] {
        served.aws.set_faults(vec![Fault::new("(iam|sts):.*", error(status, Some(code)))]);
        served.kubernetes.set_faults(Vec::new());
        assert_harmless(&table(&served, &["-v"]), code);
        served.kubernetes.set_faults(vec![Fault::new(".*", error(status, None))]);
        assert_harmless(&table(&served, &["-v"]), code);
    }
    let hostile = Effect::Error { status: 403, code: None, message: Some(HOSTILE.to_owned()) };
    served.kubernetes.set_faults(vec![Fault::new(".*", hostile.clone())]);
    served.aws.set_faults(vec![Fault::new("eks:.*", hostile)]);
    assert_harmless(&table(&served, &["-v"]), "JSON errors");
    served.kubernetes.set_faults(vec![Fault::new(".*", Effect::ContentType("text/\u{9b}31m".to_owned()))]);
    assert_harmless(&table(&served, &["-v"]), "a content type");
}

#[test]
fn names_of_a_kubeconfig_are_harmless() {
    let served = Recording::load("plain").serve();
    let server = served.kubernetes.url();
    let name = serde_json::to_string(HOSTILE).unwrap();
    let kubeconfig = |cluster: &str, user: &str, current: &str| {
        format!(
            "{{\"apiVersion\": \"v1\", \"kind\": \"Config\", \"current-context\": {current},
              \"clusters\": [{{\"name\": {name}, \"cluster\": {{\"server\": \"{server}\"}}}}],
              \"contexts\": [{{\"name\": {name}, \"context\": {{\"cluster\": {cluster}, \"user\": {user}, \"namespace\": {name}}}}}],
              \"users\": [{{\"name\": {name}, \"user\": {{\"exec\": {{\"apiVersion\": \"client.authentication.k8s.io/v1beta1\",
                \"command\": {name}, \"args\": [{name}]}}}}}}]}}"
        )
    };
    let other = "\"o\\u001b[31m\\nther\"";
    for (what, text) in [
        ("a command that isn't there", kubeconfig(&name, &name, &name)),
        ("no such cluster", kubeconfig(other, &name, &name)),
        ("no such user", kubeconfig(&name, other, &name)),
        ("no such context", kubeconfig(&name, &name, other)),
        ("not YAML", format!("{HOSTILE}: [")),
    ] {
        served.folder().write("kubeconfig", &text);
        for args in [&["-v"][..], &["--context", HOSTILE], &["--cluster", HOSTILE, "--profile", HOSTILE, "--region", HOSTILE]] {
            assert_harmless(&table(&served, args), what);
        }
    }
}

/// Every format of a report but the table, which is on stdout.
const FORMATS: &[&str] = &["wide", "short", "markdown", "json", "jsonl", "yaml", "sarif", "junit", "github", "html", "mermaid"];

/// Where an answer of an API or the command line may hold a secret, a mark of its own.
const CANARIES: &[&str] = &[
    "canary-env",
    "canary-key",
    "canary-session",
    "canary-init",
    "canary-applied",
    "canary-command",
    "canary-args",
    "canary-annotation",
    "canary-probe",
    "canary-config",
    "canary-lifecycle",
    "canaryIQoJb3JpZ2lu",
    "canary-bearer",
    "canary-signature",
    Served::TOKEN,
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
];

/// A pod with a secret in every place that has no business in a diagnosis.
fn planted() -> Recording {
    let mut recording = Recording::load("plain");
    for object in &mut recording.objects {
        if object["metadata"].is_object() {
            let applied = json!({"spec": {"containers": [{"env": [{"name": "A", "value": "canary-applied"}]}]}}).to_string();
            object["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = json!(applied);
            object["metadata"]["annotations"]["example.com/note"] = json!("canary-annotation");
        }
        let Some(pod) = object.get_mut("spec").filter(|spec| spec["containers"].is_array()) else { continue };
        let container = &mut pod["containers"][0];
        container["command"] = json!(["sh", "-c", "canary-command"]);
        container["args"] = json!(["--password=canary-args"]);
        container["livenessProbe"] = json!({"httpGet": {"path": "/", "httpHeaders": [{"name": "A", "value": "canary-probe"}]}});
        container["lifecycle"] = json!({"preStop": {"exec": {"command": ["canary-lifecycle"]}}});
        container["env"].as_array_mut().unwrap().extend([
            json!({"name": "DATABASE_PASSWORD", "value": "canary-env"}),
            json!({"name": "AWS_SECRET_ACCESS_KEY", "value": "canary-key"}),
            json!({"name": "AWS_SESSION_TOKEN", "value": "canary-session"}),
            json!({"name": "AWS_CONTAINER_AUTHORIZATION_TOKEN", "value": "canary-session"}),
        ]);
        pod["initContainers"] =
            json!([{"name": "i", "image": "i", "env": [{"name": "AWS_ACCESS_KEY_ID", "value": "canary-init"}]}]);
    }
    recording.objects.push(json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "c", "namespace": "pay-68c46"}, "data": {"a": "canary-config"}}));
    recording
}

#[test]
fn secrets_stay_where_they_are() {
    let served = planted().serve();
    served.kubernetes.require_token(Served::TOKEN);
    let error = "GET https://sts.amazonaws.com/?X-Amz-Security-Token=canaryIQoJb3JpZ2lu&X-Amz-Signature=canary-signature \
                 Authorization: Bearer canary-bearer AccessDenied";
    // As STS and IAM word it: the request, headers and all.
    let message = "The Canonical String for this request should have been 'POST\n/\n\nhost:iam.amazonaws.com\n\
                   x-amz-security-token:canaryIQoJb3JpZ2lu\n\nhost;x-amz-date'";
    let refused = |code: Option<&str>| {
        let (code, message) = (code.map(str::to_owned), Some(message.to_owned()));
        vec![Fault::new("iam:.*|/version", Effect::Error { status: 403, code, message })]
    };
    let faults = [vec![], refused(Some("SignatureDoesNotMatch"))];
    for (round, faults) in faults.into_iter().enumerate() {
        served.aws.set_faults(faults.clone());
        served.kubernetes.set_faults(if faults.is_empty() { faults } else { refused(None) });
        let folder = served.folder().path().join(format!("round-{round}"));
        std::fs::create_dir(&folder).unwrap();
        let mut command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
        command.args(["--pod", "app", "-n", "pay-68c46", "--error", error, "-vv", "-o", "table", "--save"]);
        command.arg(folder.join("bundle.json"));
        for format in FORMATS {
            command.args(["-o", &format!("{format}={}", folder.join(format).display())]);
        }
        let output = command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full").output().unwrap();
        let mut written = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        for format in FORMATS {
            written.push_str(&std::fs::read_to_string(folder.join(format)).unwrap());
        }
        let saved = std::fs::read_to_string(folder.join("bundle.json")).unwrap();
        assert!(saved.contains("DATABASE_PASSWORD"), "names are kept");
        assert!(saved.contains("AccessDenied"), "what the error says is kept");
        written.push_str(&saved);
        for canary in CANARIES {
            assert!(!written.contains(canary), "{canary} in {written}");
        }
    }
}

#[test]
fn the_recorded_command_still_works() {
    let output = binary(&Recording::load("plain").serve()).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
}
