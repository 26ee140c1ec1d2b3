//! One healthy pod, measured as a whole process: `cargo bench --bench one_pod`.
//!
//! * With 50 ms added to every answer: round trips on the critical path, and the wall time.
//! * With none added: wall time and peak memory, beside the same diagnosis by hand with kubectl and the AWS CLI
//!   (where they are installed).
//! * `--version` and `--demo`, and the size of the binary.
//!
//! The servers are those of the tests, on loopback. Wall times are medians of several runs.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench: it may fail loudly, and prints what it measured")]

#[path = "measure/mod.rs"]
mod measure;

use irsa_doctor_test_support::{Logged, Recording, Served, rounds};
use measure::{Quietly as _, Run, bytes_to_mib, report};
use std::process::Command;
use std::time::Duration;

const BINARY: &str = env!("CARGO_BIN_EXE_irsa-doctor");
const RUNS: usize = 9;

/// The recording of a healthy pod whose role has one customer managed policy.
const HEALTHY: &str = "plain";

fn main() {
    // `cargo test --benches` calls this too: then there is nothing to measure.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let size = std::fs::metadata(BINARY).unwrap().len();
    println!("binary: {:.1} MiB", bytes_to_mib(size));
    report("--version", &runs(|| Command::new(BINARY).arg("--version").spawn_quietly()));
    report("--demo", &runs(|| Command::new(BINARY).arg("--demo").spawn_quietly()));
    healthy_pod(Duration::ZERO);
    healthy_pod(Duration::from_millis(50));
    by_hand();
}

fn healthy_pod(delay: Duration) {
    let served = Recording::load(HEALTHY).serve();
    served.kubernetes.set_delay(delay);
    served.aws.set_delay(delay);
    let all = runs(|| served.command(BINARY).spawn_quietly());
    let name = format!("a healthy pod, {} ms on every answer", delay.as_millis());
    report(&name, &all);
    if delay.is_zero() {
        // Without a delay answers come before the next request is sent: their order says nothing of what waits for what.
        return;
    }
    let log = one_run(&served);
    let mut operations: Vec<String> = log.iter().map(|logged| logged.operation.clone()).collect();
    operations.sort();
    println!("  {} requests, {} round trips on the critical path: {}", log.len(), rounds(&log), operations.join(", "));
}

/// The requests of one run.
fn one_run(served: &Served) -> Vec<Logged> {
    served.kubernetes.clear_requests();
    served.aws.clear_requests();
    served.command(BINARY).spawn_quietly();
    let mut log = served.kubernetes.requests();
    log.extend(served.aws.requests());
    log
}

/// The same diagnosis by hand: the article's eight commands, one after the other.
fn by_hand() {
    let there = |program: &str| Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if Command::new("kubectl").args(["version", "--client"]).output().is_err() || !there("aws") {
        println!("by hand: kubectl and the AWS CLI are not both installed here");
        return;
    }
    let recording = Recording::load(HEALTHY);
    let served = recording.serve();
    let namespace = &recording.scenario.namespace;
    let role = "AppRole-68c46";
    let policy = format!("arn:aws:iam::123456789012:policy/{role}-policy");
    let commands = [
        format!("kubectl get pod app -n {namespace} -o yaml"),
        format!("kubectl get serviceaccount app -n {namespace} -o yaml"),
        "aws eks describe-cluster --name my-cluster".to_owned(),
        "aws iam list-open-id-connect-providers".to_owned(),
        format!("aws iam get-role --role-name {role}"),
        format!("aws iam list-attached-role-policies --role-name {role}"),
        format!("aws iam get-policy --policy-arn {policy}"),
        format!("aws iam get-policy-version --policy-arn {policy} --version-id v1"),
    ];
    let all: Vec<Run> = (0..3)
        .map(|_| {
            let each = commands.iter().map(|words| {
                let mut words = words.split(' ');
                let mut command = served.bare_command(words.next().unwrap());
                command.args(words).env("AWS_PAGER", "").spawn_quietly()
            });
            each.fold(Run { wall: Duration::ZERO, peak: 0 }, |sum, run| Run {
                wall: sum.wall + run.wall,
                peak: sum.peak.max(run.peak),
            })
        })
        .collect();
    report("by hand: eight commands of kubectl and the AWS CLI", &all);
}

fn runs(run: impl Fn() -> Run) -> Vec<Run> {
    run();
    (0..RUNS).map(|_| run()).collect()
}
