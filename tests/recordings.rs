//! Every recorded scenario through the built binary: a Kubernetes API and an AWS stand-in serve what was recorded,
//! and verdict, first broken link, faults, gaps and exit code are the expected ones.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test: it may fail loudly, and says how many scenarios it ran")]

use irsa_doctor_test_support::{Kind, Recording, side_by_side};
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs one scenario; what differs from the right answer, in words.
fn problems(recording: &Recording) -> Vec<String> {
    let served = recording.serve();
    let output = served.command(env!("CARGO_BIN_EXE_irsa-doctor")).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let Ok(report) = serde_json::from_slice::<Value>(&output.stdout) else {
        return vec![format!("stdout is not JSON; stderr: {stderr}")];
    };
    let code = output.status.code().unwrap_or(-1);
    match recording.expect.check(&report, code) {
        Ok(()) => vec![],
        Err(mut problems) => {
            let said = report.pointer("/targets/0/sentence").or(report.pointer("/error/message"));
            problems.extend(said.map(|said| format!("it says: {said}")));
            problems
        }
    }
}

/// Whether all that the scenario expects belongs to checks that are built.
fn is_built(recording: &Recording) -> bool {
    let wanted = &recording.expect.faults;
    wanted.iter().all(|any| any.iter().any(|fault| irsa_doctor_checks::registry::fault(fault).is_some()))
}

#[test]
fn every_recording_gives_its_diagnosis() {
    let recordings = Recording::all();
    let not_built = AtomicUsize::new(0);
    let wrong = side_by_side(&recordings, 4, |recording| {
        if recording.scenario.kind != Kind::Refusal && !is_built(recording) {
            not_built.fetch_add(1, Ordering::Relaxed);
            return Vec::new();
        }
        let problems = problems(recording);
        if problems.is_empty() { problems } else { vec![format!("{}:\n    {}", recording.name, problems.join("\n    "))] }
    });
    println!("{} scenarios, {} wrong, {} of checks that are not built", recordings.len(), wrong.len(), not_built.into_inner());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
