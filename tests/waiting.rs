//! Somebody waits: the progress line on a terminal, and the end that Ctrl-C puts to a run.

#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test: it may fail loudly")]

#[path = "waiting/phases.rs"]
mod phases;

use irsa_doctor_test_support::generate::{Shape, cluster};
use irsa_doctor_test_support::{Effect, Fault, Served};
use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SHAPE: Shape = Shape { pods: 40, service_accounts: 20, roles: 10, broken_percent: 25, deployments: false, seed: 7 };

/// Runs it until `operation` was asked for, then sends a signal. Gives what it printed and how it ended.
fn interrupted(served: &Served, args: &[&str], operation: &str, signal: &str) -> (Vec<u8>, String, Option<i32>) {
    let mut command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
    let child = command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    let asked = || served.kubernetes.operations().into_iter().chain(served.aws.operations()).any(|asked| asked == operation);
    while !asked() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{operation} is never asked for");
        std::thread::sleep(Duration::from_millis(10));
    }
    // Let the other answers come in.
    std::thread::sleep(Duration::from_millis(700));
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    let ended = child.wait_with_output().unwrap();
    (ended.stdout, String::from_utf8(ended.stderr).unwrap(), ended.status.code())
}

#[test]
fn ctrl_c_ends_a_scan_with_what_was_found() {
    let generated = cluster(&SHAPE);
    let served = generated.serve();
    served.aws.set_faults(vec![Fault::new("iam:GetRole$", Effect::NeverAnswer).after(3)]);
    for signal in ["-INT", "-TERM"] {
        let begun = Instant::now();
        let (out, said, code) =
            interrupted(&served, &["-A", "-o", "json", "--call-timeout", "300s", "--timeout", "300s"], "iam:GetRole", signal);
        assert!(begun.elapsed() < Duration::from_secs(30), "it ends at once");
        assert_eq!(code, Some(130), "{said}");
        let report: Value = serde_json::from_slice(&out).unwrap();
        let verdicts = &report["summary"]["targets"];
        assert_eq!(report["targets"].as_array().unwrap().len(), SHAPE.pods, "every pod is in the report: {verdicts}");
        assert!(verdicts["inconclusive"].as_u64().unwrap() > 0, "{verdicts}");
        assert_eq!(
            report["verdict"].as_str().filter(|verdict| ["broken", "inconclusive"].contains(verdict)),
            report["verdict"].as_str()
        );
        assert!(said.contains("the run was ended: what was not read by then is unknown"), "{said}");
        served.aws.clear_requests();
        served.aws.set_faults(vec![Fault::new("iam:GetRole$", Effect::NeverAnswer).after(3)]);
    }
}

#[test]
fn ctrl_c_before_anything_was_found_says_so() {
    let served = cluster(&SHAPE).serve();
    served.kubernetes.set_faults(vec![Fault::new("/api/v1/pods", Effect::NeverAnswer)]);
    let (out, said, code) = interrupted(&served, &["-A", "-o", "json"], "/api/v1/pods", "-INT");
    let document: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!((code, &document["error"]["code"]), (Some(130), &Value::from("interrupted")), "{said}");
    assert!(said.contains("ended before anything was found"), "{said}");
}

/// Runs it with a terminal as stderr; gives what was written to it.
fn on_a_terminal(served: &Served, args: &[&str], variables: &[(&str, &str)]) -> String {
    // Python's `pty` is a terminal without a dependency; the report goes to a file.
    let program = "import os, pty, sys\nout = os.open('/dev/null', os.O_WRONLY)\n\
        pid, terminal = pty.fork()\n\
        if pid == 0:\n os.dup2(out, 1)\n os.execv(sys.argv[1], sys.argv[1:])\n\
        seen = b''\n\
        while True:\n try:\n  part = os.read(terminal, 65536)\n except OSError:\n  break\n if not part:\n  break\n seen += part\n\
        os.waitpid(pid, 0)\nsys.stdout.buffer.write(seen)\n";
    let mut command = served.bare_command("python3");
    command
        .args(["-c", program, env!("CARGO_BIN_EXE_irsa-doctor")])
        .args(args)
        .env("TERM", "xterm")
        .envs(variables.iter().copied());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_terminal_is_told_how_far_it_is_and_nobody_else() {
    let served = cluster(&SHAPE).serve();
    let slow = || {
        served.aws.set_faults(vec![Fault::new("iam:GetPolicyVersion$|iam:GetRole$", Effect::Delay(Duration::from_millis(900)))]);
    };
    slow();
    let seen = on_a_terminal(&served, &["-A"], &[]);
    assert!(seen.contains("reading ") && seen.contains("roles 0 of 1"), "{seen:?}");
    assert!(
        seen.trim_end().ends_with("\u{1b}[2K") || !seen.trim_end().ends_with("of 10"),
        "the line is empty at the end: {seen:?}"
    );
    for (args, variables) in [(["-A", "-q"].as_slice(), [].as_slice()), (&["-A"], &[("CI", "true")])] {
        slow();
        let seen = on_a_terminal(&served, args, variables);
        assert!(!seen.contains("reading"), "{args:?} {variables:?}: {seen:?}");
    }
    slow();
    let mut plain = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
    let output = plain.arg("-A").output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("reading"), "no terminal, no progress");
}

#[test]
fn quick_work_shows_nothing() {
    let served = cluster(&Shape { pods: 4, service_accounts: 2, roles: 2, ..SHAPE }).serve();
    let seen = on_a_terminal(&served, &["-A"], &[]);
    assert!(!seen.contains("reading"), "{seen:?}");
}
