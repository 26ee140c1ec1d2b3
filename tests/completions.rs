//! Completions, through real shells against a cluster: what is offered, and that nothing is where something fails.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test: it may fail loudly")]

use irsa_doctor_test_support::{Accounts, ApiServer, Cluster, Effect, Fault, Served};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// A reader that knows no quoting would run this.
const HOSTILE: &str = "$(touch pwned)";

fn object(api_version: &str, kind: &str, name: &str) -> Value {
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "shop"}})
}

/// A cluster whose kubeconfig has three contexts, one of them hostile; the second one leads nowhere.
fn served() -> Served {
    let names = ["api-0", "api-1", "web-0", HOSTILE];
    let pods = names.into_iter().map(|name| object("v1", "Pod", name));
    let others = [
        object("apps/v1", "Deployment", "checkout"),
        object("v1", "ServiceAccount", "checkout"),
        object("v1", "ServiceAccount", "search"),
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}),
    ];
    let served = Served::with(pods.chain(others), &Accounts::default(), Cluster::new("https://issuer.example"), ApiServer::Ok);
    let url = served.kubernetes.url();
    served.folder().write(
        "kubeconfig",
        &format!(
            r#"{{"apiVersion": "v1", "kind": "Config", "current-context": "arn:aws:eks:us-east-1:123456789012:cluster/one",
"users": [{{"name": "me", "user": {{"token": "t"}}}}],
"clusters": [{{"name": "one", "cluster": {{"server": "{url}"}}}}, {{"name": "dead", "cluster": {{"server": "http://127.0.0.1:1"}}}}],
"contexts": [
  {{"name": "arn:aws:eks:us-east-1:123456789012:cluster/one", "context": {{"cluster": "one", "user": "me", "namespace": "shop"}}}},
  {{"name": "dead", "context": {{"cluster": "dead", "user": "me"}}}},
  {{"name": "{HOSTILE}", "context": {{"cluster": "one", "user": "me"}}}}
]}}"#
        ),
    );
    served.folder().write("aws-config", "[default]\n[profile dev]\n[profile $(touch pwned)]\n[sso-session no]\n");
    served.folder().write("aws-credentials", "[old]\naws_access_key_id = secret\n");
    served
}

/// What the program answers to a shell that asks about this line, its last word being typed.
fn ask(served: &Served, shell: &str, line: &[&str]) -> Output {
    let mut command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
    command.env("IRSA_DOCTOR_COMPLETE", shell).args(["--", "irsa-doctor"]).args(line).output().unwrap()
}

/// The candidates for a line, without what is said about each.
fn offered(served: &Served, line: &[&str]) -> Vec<String> {
    let output = ask(served, "fish", line);
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{line:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

#[test]
fn values_are_what_there_is() {
    let served = served();
    let arn = "arn:aws:eks:us-east-1:123456789012:cluster/one";
    for (line, wanted) in [
        (vec!["--context", ""], vec![arn, "dead"]),
        (vec!["--contexts", "dead,d"], vec!["dead,dead"]),
        (vec!["--profile", ""], vec!["default", "dev", "old"]),
        (vec!["--role-profile=d"], vec!["--role-profile=default", "--role-profile=dev"]),
        (vec!["explain", "trust-subject-m"], vec!["trust-subject-mismatch", "trust-subject-malformed"]),
        (vec!["--allow-unknown=trust"], vec!["--allow-unknown=trust-policy", "--allow-unknown=trust-scope"]),
        (vec!["--allow-unknown", "trust"], vec![]),
        (vec!["-o", "jso"], vec!["json", "jsonl"]),
        (vec!["--pod", ""], vec!["api-0", "api-1", "web-0"]),
        (vec!["pod/api"], vec!["pod/api-0", "pod/api-1"]),
        (vec!["po", "web"], vec!["web-0"]),
        (vec!["deploy/"], vec!["deploy/checkout"]),
        (vec!["--service-account", "s"], vec!["search"]),
        (vec!["-n", ""], vec!["shop"]),
        (vec!["dep"], vec!["deploy/"]),
        (vec!["-n", "other", "pod/"], vec![]),
        (vec!["--context", "dead", "pod/"], vec![]),
        (vec!["rollout/"], vec![]),
        (vec!["nonsense/"], vec![]),
        (vec!["role/"], vec![]),
    ] {
        assert_eq!(offered(&served, &line), wanted, "{line:?}");
    }
    let asked = served.kubernetes.requests();
    let lists = asked.iter().filter(|entry| entry.operation.ends_with("/pods"));
    for entry in lists {
        assert_eq!(entry.request.parameter("limit"), Some("500"));
        assert!(
            entry.request.header("accept").unwrap().starts_with("application/json;as=PartialObjectMetadataList;g=meta.k8s.io")
        );
    }
}

#[test]
fn a_failure_is_silent_and_in_time() {
    let served = served();
    for effect in [
        Effect::NeverAnswer,
        Effect::ResetAfterHead,
        Effect::Html(502),
        Effect::Error { status: 403, code: None, message: None },
        Effect::Error { status: 429, code: None, message: None },
        Effect::Trickle(Duration::from_millis(200)),
    ] {
        served.kubernetes.set_faults(vec![Fault::new(".*", effect.clone())]);
        // Each shell that waits costs the whole time.
        let hangs = matches!(effect, Effect::NeverAnswer | Effect::Trickle(_));
        let shells = ["fish", "bash", "zsh", "powershell", "elvish"].into_iter().take(if hangs { 1 } else { 5 });
        for shell in shells {
            let started = Instant::now();
            let output = ask(&served, shell, &["pod/"]);
            assert!(started.elapsed() < Duration::from_secs(4), "{effect:?}: {:?}", started.elapsed());
            assert_eq!((output.status.code(), output.stdout.len(), output.stderr.len()), (Some(0), 0, 0), "{shell}: {effect:?}");
        }
    }
    assert_eq!(ask(&served, "kubectl", &["pod/"]).stdout, b":4\n");
    served.folder().write("kubeconfig", "{ not yaml");
    for line in [["--context", ""], ["-n", ""], ["--nonsense", "pod/"]] {
        let output = ask(&served, "fish", &line);
        assert_eq!((output.status.code(), output.stdout.len(), output.stderr.len()), (Some(0), 0, 0), "{line:?}");
    }
    for (shell, words) in [("nonsense", vec!["--", "irsa-doctor", ""]), ("bash", vec![]), ("fish", vec!["--"])] {
        let mut command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
        let output = command.env("IRSA_DOCTOR_COMPLETE", shell).args(&words).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len(), output.stderr.len()), (Some(0), 0, 0), "{shell}");
    }
}

#[test]
fn kubectl_hears_its_own_protocol() {
    let served = served();
    let answer = |line: &[&str]| String::from_utf8(ask(&served, "kubectl", line).stdout).unwrap();
    assert_eq!(answer(&["pod/api"]), "pod/api-0\npod/api-1\n:4\n");
    assert_eq!(answer(&["dep"]), "deploy/\tdeployment\n:6\n");
    let script = printed("kubectl");
    assert!(script.starts_with("#!/bin/sh\n") && script.contains("kubectl-irsa_doctor"), "{script}");
}

/// What a shell has to read.
fn printed(shell: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_irsa-doctor")).args(["completions", shell]).output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{shell}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_shell_gets_a_script_that_names_the_program() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish", "kubectl"] {
        let script = printed(shell);
        assert!(script.contains("IRSA_DOCTOR_COMPLETE") && !script.contains(env!("CARGO_MANIFEST_DIR")), "{shell}: {script}");
    }
}

/// Runs a script in a shell, with the program on the `PATH`.
fn shell(served: &Served, program: &str, arguments: &[&str]) -> Output {
    let folder = Path::new(env!("CARGO_BIN_EXE_irsa-doctor")).parent().unwrap();
    let mut command = served.bare_command(program);
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", folder.display())).env("TERM", "dumb").args(arguments).output().unwrap()
}

/// What bash has to choose from: its words, and which of them is being typed.
fn bash(served: &Served, words: &[&str], typed: &str) -> Vec<String> {
    let script = r#"
source <(irsa-doctor completions bash) || exit 1
typed=$1; shift
COMP_WORDS=(irsa-doctor "$@"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
registered=$(complete -p irsa-doctor) || exit 1
[[ $registered == *"-F _irsa_doctor irsa-doctor" ]] || exit 1
_irsa_doctor irsa-doctor "$typed" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"#;
    let output = shell(served, "bash", &[&["--norc", "--noprofile", "-c", script, "bash", typed][..], words].concat());
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
#[ignore = "needs bash: run tests/run"]
fn bash_offers_what_can_be_typed() {
    let served = served();
    let arn = "arn:aws:eks:us-east-1:123456789012:cluster/one";
    assert_eq!(bash(&served, &["pod/api"], "pod/api"), ["pod/api-0", "pod/api-1"]);
    assert_eq!(bash(&served, &["--context", ""], ""), [arn, "dead"]);
    // bash takes words apart at `=` and `:`, and puts what is chosen in the place of the last part.
    assert_eq!(bash(&served, &["--context", "=", "de"], "de"), ["dead"]);
    assert_eq!(bash(&served, &["--context", "="], ""), [arn, "dead"]);
    assert_eq!(bash(&served, &["--context", "arn", ":", "aws", ":", "ek"], "ek"), ["eks:us-east-1:123456789012:cluster/one"]);
    assert_eq!(bash(&served, &["--context", "arn", ":", "aws", ":"], ""), ["eks:us-east-1:123456789012:cluster/one"]);
    let full: Vec<&str> =
        vec!["--context", "arn", ":", "aws", ":", "eks", ":", "us-east-1", ":", "123456789012", ":", "cluster/one", "deploy/"];
    assert_eq!(bash(&served, &full, "deploy/"), ["deploy/checkout"]);
    served.folder().write(&format!("f {HOSTILE}"), "");
    served.folder().write("f\nline", "");
    assert_eq!(bash(&served, &["--from", "f"], "f"), ["'f $(touch pwned)'"]);
    served.kubernetes.set_faults(vec![Fault::new(".*", Effect::NeverAnswer)]);
    assert_eq!(bash(&served, &["pod/"], "pod/"), Vec::<String>::new());
    assert!(!served.folder().path().join("pwned").exists());
}

#[test]
#[ignore = "needs bash: run tests/run"]
fn the_kubectl_script_asks_the_plugin() {
    let served = served();
    let folder = served.folder();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_irsa-doctor"), folder.path().join("kubectl-irsa_doctor")).unwrap();
    folder.write("complete", &printed("kubectl"));
    let script = r#"PATH=.:$PATH sh ./complete "$@""#;
    let output = shell(&served, "bash", &["--norc", "-c", script, "bash", "-n", "shop", "sa/"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text, "sa/checkout\nsa/search\n:4\n", "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[ignore = "looks for zsh and fish: run tests/run"]
fn zsh_and_fish_take_the_scripts() {
    let served = served();
    // zsh describes candidates to its line editor, which is not there: the function in its place prints them.
    let zsh = r#"
autoload -Uz compinit && compinit -D && source <(irsa-doctor completions zsh) || exit 1
_describe() { print -l -- "${(P@)argv[-1]}" }
words=(irsa-doctor pod/api); CURRENT=2
$_comps[irsa-doctor]
"#;
    let fish = "irsa-doctor completions fish | source; complete -C 'irsa-doctor pod/api'";
    for (program, arguments) in [("zsh", ["-f", "-c", zsh]), ("fish", ["--no-config", "-c", fish])] {
        // Few machines have them, and bash shows already what is offered; tests/run says which are missing.
        if Command::new(program).arg("--version").output().is_err() {
            continue;
        }
        let output = shell(&served, program, &arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!((printed.as_str(), said.as_ref()), ("pod/api-0\npod/api-1\n", ""), "{program}");
    }
}

#[test]
#[ignore = "needs kubectl: run tests/run"]
fn kubectl_completes_its_plugin() {
    let served = served();
    let folder = served.folder();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_irsa-doctor"), folder.path().join("kubectl-irsa_doctor")).unwrap();
    folder.program("kubectl_complete-irsa_doctor", &printed("kubectl"));
    let kubectl = std::env::var("IRSA_DOCTOR_KUBECTL").unwrap_or_else(|_| "kubectl".to_owned());
    let mut command = served.bare_command(kubectl);
    command.env("PATH", format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap()));
    let output = command.args(["__complete", "irsa-doctor", "-n", "shop", "sa/"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("sa/checkout\nsa/search\n:4\n"), "{text}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_plugin_that_does_not_end_is_ended() {
    let served = served();
    let pid = served.folder().path().join("pid");
    served.folder().write(
        "kubeconfig",
        &format!(
            r#"{{"apiVersion": "v1", "kind": "Config", "current-context": "one",
"users": [{{"name": "me", "user": {{"exec": {{"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never",
  "command": "sh", "args": ["-c", "echo noise >&2; echo $$ > {}; exec sleep 60"]}}}}}}],
"clusters": [{{"name": "one", "cluster": {{"server": "{}"}}}}],
"contexts": [{{"name": "one", "context": {{"cluster": "one", "user": "me"}}}}]}}"#,
            pid.display(),
            served.kubernetes.url()
        ),
    );
    let started = Instant::now();
    let output = ask(&served, "bash", &["-n", ""]);
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    assert_eq!((output.status.code(), output.stdout.len(), output.stderr.len()), (Some(0), 0, 0));
    let pid = std::fs::read_to_string(pid).unwrap();
    // What was killed stays a zombie until init has looked at it.
    let state = || Command::new("ps").args(["-o", "stat=", "-p", pid.trim()]).output().unwrap().stdout;
    let alive = || state().first().is_some_and(|&state| state != b'Z');
    let gone = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        !alive()
    });
    assert!(gone, "the plugin outlives us");
}
