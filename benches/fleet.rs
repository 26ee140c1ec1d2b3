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
use measure::{Quietly as _, bytes_to_mib, report};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const BINARY: &str = env!("CARGO_BIN_EXE_irsa-doctor");
const LARGE: Shape =
    Shape { pods: 10_000, service_accounts: 2_000, roles: 1_000, broken_percent: 3, deployments: false, seed: 7 };

fn main() {
    // `cargo test --benches` calls this too: then there is nothing to measure.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    // `cargo bench --bench fleet -- scan` measures one part alone.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_wanted = |part: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == part);
    let folder = TempDir::new();
    let bundle = folder.path().join("bundle.json");
    for shape in [LARGE, Shape { deployments: true, ..LARGE }] {
        let kind = if shape.deployments { "of 2,000 Deployments" } else { "without owners" };
        if is_wanted("scan") {
            scan_at_a_distance(&shape, kind);
        }
        if is_wanted("bundle") {
            save(&shape, &bundle);
            from_bundle(&format!("10,000 pods {kind}"), &bundle, &["json", "jsonl", "table"]);
        }
    }
    if is_wanted("growth") {
        for thousands in [25, 50, 100] {
            let shape = Shape { pods: thousands * 1000, service_accounts: thousands * 200, roles: thousands * 100, ..LARGE };
            save(&shape, &bundle);
            from_bundle(&format!("{thousands},000 pods"), &bundle, &["jsonl"]);
        }
    }
}

/// 20 ms on every answer.
fn scan_at_a_distance(shape: &Shape, kind: &str) {
    let served = cluster(shape).serve();
    served.kubernetes.set_delay(Duration::from_millis(20));
    served.aws.set_delay(Duration::from_millis(20));
    let scan = || served.bare_command(BINARY).args(["-A", "-o", "json"]).spawn_quietly();
    let first = scan();
    let calls = calls(&served);
    report(&format!("10,000 pods {kind}, 20 ms on every answer"), &[first, scan(), scan()]);
    let made: usize = calls.values().sum();
    println!("  {made} calls, at least {} are needed: {calls:?}", least(shape));
}

/// Writes a bundle of a cluster.
fn save(shape: &Shape, bundle: &Path) {
    let served = cluster(shape).serve();
    // The servers are ours and share the machine: such a cluster takes longer than the deadline of a run has it.
    let mut command = served.bare_command(BINARY);
    command
        .args(["-A", "-o", "jsonl", "--timeout", "600s", "--call-timeout", "120s", "--force", "--save"])
        .arg(bundle)
        .spawn_quietly();
}

/// Without a network.
fn from_bundle(name: &str, bundle: &Path, formats: &[&str]) {
    let size = std::fs::metadata(bundle).unwrap().len();
    for format in formats {
        let run = || Command::new(BINARY).arg("--from").arg(bundle).args(["-o", format]).spawn_quietly();
        report(&format!("{name}, from a bundle of {:.1} MiB, -o {format}", bytes_to_mib(size)), &[run(), run(), run()]);
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
/// cluster, its associations and the provider; full pages of the roles and their policies. Deployments and ReplicaSets are two
/// more lists.
fn least(shape: &Shape) -> usize {
    let kubernetes =
        shape.pods.div_ceil(500) + shape.service_accounts.div_ceil(500) + (shape.service_accounts / 10).div_ceil(500) + 3;
    let workloads = if shape.deployments { 2 * shape.service_accounts.div_ceil(500) } else { 0 };
    kubernetes + workloads + 4 + (shape.roles * 2).div_ceil(1000)
}
