//! Ctrl-C in every phase of a run: it ends at once, and nothing that it started goes on.

use irsa_doctor_test_support::{Effect, Fault, Recording, Served};
use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How soon it has to be over; a loaded machine is slow.
const AT_ONCE: Duration = Duration::from_secs(10);

fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

/// Sends Ctrl-C as soon as `is_there` says that the phase was reached. How it ended, and what it said.
fn interrupted_when(mut command: Command, what: &str, is_there: impl Fn() -> bool) -> (Option<i32>, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while !is_there() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}: it never comes to this");
        std::thread::sleep(Duration::from_millis(10));
    }
    // The handler is there before anything is asked; reading what is here already needs a moment.
    std::thread::sleep(Duration::from_millis(300));
    let sent = Instant::now();
    interrupt(&child);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if sent.elapsed() > AT_ONCE {
            let _ = child.kill();
            panic!("{what}: it goes on");
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(!said.contains("has a bug"), "{what}: {said}");
    (status.code(), said)
}

fn pod(served: &Served) -> Command {
    let mut command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
    command.args(["--pod", "app", "-n", "pay-68c46", "--call-timeout", "300s", "--timeout", "300s"]).stdin(Stdio::null());
    command
}

#[test]
fn while_an_api_does_not_answer() {
    for operation in
        ["/api/v1/namespaces/pay-68c46/pods/app", "/version", "sts:GetCallerIdentity", "iam:GetRole", "iam:GetPolicyVersion"]
    {
        let served = Recording::load("plain").serve();
        let faults = vec![Fault::new(&format!("{operation}$"), Effect::NeverAnswer)];
        if operation.starts_with('/') {
            served.kubernetes.set_faults(faults);
        } else {
            served.aws.set_faults(faults);
        }
        let asked = || served.kubernetes.operations().into_iter().chain(served.aws.operations()).any(|asked| asked == operation);
        let (code, said) = interrupted_when(pod(&served), operation, asked);
        assert_eq!(code, Some(130), "{operation}: {said}");
    }
}

/// A program that says that it runs, and then does for minutes.
fn sleeper(served: &Served, name: &str) -> (std::path::PathBuf, std::path::PathBuf) {
    let pid = served.folder().path().join(format!("{name}.pid"));
    let program = served.folder().program(name, &format!("#!/bin/sh\necho $$ > {}\nexec sleep 300\n", pid.display()));
    (program, pid)
}

/// Whether the process that left its number there still runs.
fn runs(pid: &std::path::Path) -> bool {
    let number = std::fs::read_to_string(pid).unwrap();
    let state = std::fs::read_to_string(format!("/proc/{}/stat", number.trim())).unwrap_or_default();
    !state.is_empty() && !state.contains(") Z ")
}

#[test]
fn while_a_credential_plugin_runs() {
    let served = Recording::load("plain").serve();
    let (program, pid) = sleeper(&served, "plugin");
    let text = std::fs::read_to_string(served.kubeconfig()).unwrap();
    let exec = format!(
        "exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n      interactiveMode: Never\n      command: {}",
        program.display()
    );
    served.folder().write("kubeconfig", &text.replace(&format!("token: {}", Served::TOKEN), &exec));
    let (code, said) = interrupted_when(pod(&served), "a plugin", || pid.exists());
    assert_eq!(code, Some(130), "{said}");
    std::thread::sleep(Duration::from_millis(200));
    assert!(!runs(&pid), "the plugin goes on");
}

#[test]
fn while_a_credential_process_runs() {
    let served = Recording::load("plain").serve();
    let (program, pid) = sleeper(&served, "process");
    served.folder().write("aws-credentials", "");
    served.folder().write("aws-config", &format!("[default]\nregion = us-east-1\ncredential_process = {}\n", program.display()));
    let (code, said) = interrupted_when(pod(&served), "a credential process", || pid.exists());
    assert_eq!(code, Some(130), "{said}");
}

#[test]
fn while_something_is_to_be_typed() {
    for args in [&["lint", "-"][..], &["--from", "-"], &["--error", "-"], &["bundle", "inspect", "-"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_irsa-doctor"));
        command.args(args).env_clear().stdin(Stdio::piped());
        // Nothing is asked of anybody: the default way of a signal, or 130.
        let begun = Instant::now();
        let (code, said) = interrupted_when(command, &format!("{args:?}"), || begun.elapsed() > Duration::from_millis(500));
        assert!(matches!(code, None | Some(130)), "{args:?}: {code:?} {said}");
    }
}
