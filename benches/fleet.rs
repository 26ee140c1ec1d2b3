//! Whole clusters, measured as a whole process: `cargo bench --bench fleet`.
//!
//! * 10,000 pods, 2,000 service accounts and 1,000 roles, with 20 ms on every answer: calls made over the least possible
//!   number, wall time, peak memory.
//! * The same from a bundle, without a network; and bundles of 25,000, 50,000 and 100,000 pods: time and memory for each pod.
//!
//! The cluster and the account are made by the tests' generator, the servers are on loopback.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench: it may fail loudly, and prints what it measured")]

#[path = "measure/mod.rs"]
mod measure;

use irsa_doctor_test_support::generate::{Shape, cluster};
use irsa_doctor_test_support::{Served, TempDir};
use measure::{Quietly as _, report};
use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

const BINARY: &str = env!("CARGO_BIN_EXE_irsa-doctor");
const LARGE: Shape = Shape { pods: 10_000, service_accounts: 2_000, roles: 1_000, broken_percent: 3, seed: 7 };

fn main() {
    // `cargo test --benches` calls this too: then there is nothing to measure.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = TempDir::new();
    let bundle = folder.path().join("bundle.json");
    let served = cluster(&LARGE).serve();
    served.kubernetes.set_delay(Duration::from_millis(20));
    served.aws.set_delay(Duration::from_millis(20));
    let scan = |served: &Served| {
        let mut command = served.bare_command(BINARY);
        command.args(["-A", "-o", "json", "--save"]).arg(&bundle).arg("--force");
        command
    };
    report("10,000 pods, 20 ms on every answer", &[scan(&served).spawn_quietly()]);
    let calls = calls(&served);
    let least = least(&LARGE);
    let made: usize = calls.values().sum();
    println!("  {made} calls, at least {least} are needed: {calls:?}");
    for format in ["json", "table"] {
        let mut command = Command::new(BINARY);
        command.arg("--from").arg(&bundle).args(["-o", format]);
        report(&format!("10,000 pods from a bundle, -o {format}"), &[command.spawn_quietly(), command.spawn_quietly()]);
    }
    for thousands in [25, 50, 100] {
        let shape = Shape { pods: thousands * 1000, service_accounts: thousands * 200, roles: thousands * 100, ..LARGE };
        let served = cluster(&shape).serve();
        scan(&served).spawn_quietly();
        let mut command = Command::new(BINARY);
        command.arg("--from").arg(&bundle).args(["-o", "json"]);
        report(&format!("{thousands},000 pods from a bundle"), &[command.spawn_quietly()]);
    }
}

fn calls(served: &Served) -> BTreeMap<String, usize> {
    let mut calls = BTreeMap::new();
    for logged in served.kubernetes.requests().into_iter().chain(served.aws.requests()) {
        *calls.entry(logged.operation).or_default() += 1;
    }
    calls
}

/// The least that it takes: full pages of pods, service accounts and namespaces; version, issuer and webhooks; who we are, the
/// cluster, its associations and the provider; full pages of the roles and their policies.
fn least(shape: &Shape) -> usize {
    let kubernetes =
        shape.pods.div_ceil(500) + shape.service_accounts.div_ceil(500) + (shape.service_accounts / 10).div_ceil(500) + 3;
    kubernetes + 4 + (shape.roles * 2).div_ceil(1000)
}
