//! Which answer comes first decides nothing: whatever the order, the report is the same.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test: it may fail loudly")]

use irsa_doctor_test_support::{Effect, Fault, Recording, Served};
use serde_json::Value;
use std::process::Stdio;
use std::time::Duration;

/// The orders that are tried; the first is the servers' own.
const ORDERS: u64 = 6;

/// What is asked in several ways: a pod, a workload, a scan, a role that isn't there.
const RUNS: [(&str, &[&str]); 5] = [
    ("plain", &["--pod", "app", "-n", "NAMESPACE", "--action", "s3:ListBucket", "--resource", "arn:aws:s3:::my-bucket"]),
    ("pod-identity-in-use", &["--pod", "app", "-n", "NAMESPACE"]),
    ("rollout-half-way", &["deploy/app", "-n", "NAMESPACE"]),
    ("rollout-half-way", &["-A"]),
    ("role-gone-near-name", &["--pod", "app", "-n", "NAMESPACE"]),
];

/// Delays each operation by a time of its own, another one in each order.
fn shuffle(served: &Served, operations: &[String], order: u64) {
    let delays = operations.iter().zip(1_u64..).map(|(operation, number)| {
        let milliseconds = number.wrapping_mul(2_654_435_761).wrapping_add(order.wrapping_mul(40_503)).rotate_left(7) % 90;
        let pattern = format!("{}$", operation.replace('.', "\\."));
        (operation.starts_with('/'), Fault::new(&pattern, Effect::Delay(Duration::from_millis(milliseconds))))
    });
    let (kubernetes, aws): (Vec<_>, Vec<_>) = delays.partition(|(on_kubernetes, _)| *on_kubernetes);
    served.kubernetes.set_faults(kubernetes.into_iter().map(|(_, fault)| fault).collect());
    served.aws.set_faults(aws.into_iter().map(|(_, fault)| fault).collect());
}

/// The report in a format.
fn run(served: &Served, args: &[String], format: &str) -> String {
    let mut command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
    let output = command.args(args).args(["-o", format]).stdin(Stdio::null()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The JSON report without what varies from run to run.
fn lasting(report: &str) -> String {
    let mut report: Value = serde_json::from_str(report).unwrap();
    report["run"].take();
    report.to_string()
}

/// A fix says when its document was read.
fn without_times(text: &str) -> String {
    let is_time = |word: &str| word.contains('T') && word.bytes().filter(u8::is_ascii_digit).count() >= 14;
    text.split_whitespace().filter(|word| !is_time(word)).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_order_of_answers_decides_nothing() {
    for (name, args) in RUNS {
        let recording = Recording::load(name);
        let namespace = recording.scenario.namespace.clone();
        let args: Vec<String> = args.iter().map(|arg| arg.replace("NAMESPACE", &namespace)).collect();
        let served = recording.serve();
        let first = (lasting(&run(&served, &args, "json")), run(&served, &args, "wide"));
        let mut operations = [served.kubernetes.operations(), served.aws.operations()].concat();
        operations.sort();
        operations.dedup();
        for order in 1..ORDERS {
            shuffle(&served, &operations, order);
            let again = (lasting(&run(&served, &args, "json")), run(&served, &args, "wide"));
            assert_eq!(without_times(&again.0), without_times(&first.0), "{name} {args:?}, order {order}");
            assert_eq!(without_times(&again.1), without_times(&first.1), "{name} {args:?}, order {order}");
        }
    }
}
