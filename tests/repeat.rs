//! `--wait` until the gate passes, and `--watch` until Ctrl-C.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test: it may fail loudly")]

use irsa_doctor_test_support::{Fault, Recording, Served};
use serde_json::Value;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn start(served: &Served, args: &[&str]) -> Child {
    let binary = env!("CARGO_BIN_EXE_irsa-doctor");
    let mut command = served.bare_command(binary);
    // The recording's own command ends with `-o json`.
    let own = served.command(binary);
    let own: Vec<_> = own.get_args().take_while(|argument| *argument != "-o").collect();
    command.args(own).args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until the role was asked for so many times.
fn looked(served: &Served, times: usize) {
    let begun = Instant::now();
    while served.aws.operations().iter().filter(|operation| *operation == "iam:GetRole").count() < times {
        assert!(begun.elapsed() < Duration::from_mins(1), "the role isn't asked for {times} times");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn ended(child: Child) -> (String, String, Option<i32>) {
    let output = child.wait_with_output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap(), output.status.code())
}

/// A healthy pod whose role can't be read at first.
fn unreadable() -> Served {
    let served = Recording::load("plain").serve();
    served.aws.set_faults(vec![Fault::denied("iam:GetRole$")]);
    served
}

#[test]
fn waits_until_the_gate_passes_and_says_what_changed() {
    let served = unreadable();
    let child = start(&served, &["-o", "table", "-o", "json=report.json", "--save", "bundle.json", "--wait", "40s"]);
    looked(&served, 1);
    served.aws.set_faults(Vec::new());
    let (out, said, code) = ended(child);
    assert_eq!(code, Some(0), "{out}{said}");
    let report: Value = serde_json::from_slice(&std::fs::read(served.folder().path().join("report.json")).unwrap()).unwrap();
    assert_eq!(report["verdict"], "healthy", "files are of the last look");
    assert!(served.folder().path().join("bundle.json").is_file());
    assert!(out.contains("verdict: inconclusive"), "first the whole report: {out}");
    assert!(out.contains("inconclusive -> healthy") && out.contains("could be looked at: iam:GetRole (denied)"), "{out}");
    assert_eq!(out.matches("verdict: ").count(), 1, "then only what changed: {out}");
}

#[test]
fn programs_get_the_last_report_alone() {
    let served = unreadable();
    let child = start(&served, &["-o", "json", "--wait", "40s"]);
    looked(&served, 1);
    served.aws.set_faults(Vec::new());
    let (out, said, code) = ended(child);
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{said}"));
    assert_eq!((code, report["verdict"].as_str()), (Some(0), Some("healthy")));
}

#[test]
fn a_wait_that_is_over_ends_as_the_last_look_did() {
    let served = unreadable();
    let (out, said, code) = ended(start(&served, &["-o", "table", "--wait", "2s"]));
    assert_eq!(code, Some(3), "{out}{said}");
    assert!(said.contains("note: the time is up"), "{said}");
    assert!(served.aws.operations().iter().filter(|operation| *operation == "iam:GetRole").count() >= 2, "it looked again");
}

#[test]
fn what_is_not_there_yet_is_waited_for() {
    let served = Recording::load("plain").serve();
    let mut command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
    command.args(["--pod", "nobody", "-n", "default", "--wait", "2s"]).stdin(Stdio::null());
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert_eq!(said.matches("looking again").count(), 1, "said once: {said}");
}

#[test]
fn watches_until_it_is_ended() {
    let served = unreadable();
    let child = start(&served, &["-o", "table", "--watch=500ms"]);
    looked(&served, 2);
    served.aws.set_faults(Vec::new());
    looked(&served, 5);
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let (out, said, code) = ended(child);
    assert_eq!(code, Some(130), "{out}{said}");
    assert_eq!(out.matches("inconclusive -> healthy").count(), 1, "{out}");
}
