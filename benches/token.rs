//! EKS tokens, measured as a whole process: `cargo bench --bench token`.
//!
//! A healthy pod through a kubeconfig that runs `aws eks get-token`: the token made here, and by the plugin
//! (`--no-native-token`); beside it `aws eks get-token` alone. The AWS CLI is the one that `IRSA_DOCTOR_AWS_CLI` names, else the
//! PATH's: `tests/run` installs one as `target/moto/bin/aws`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench: it may fail loudly, and prints what it measured")]

#[path = "measure/mod.rs"]
mod measure;

use irsa_doctor_test_support::{Recording, Served};
use measure::{Quietly as _, Run, bytes_to_mib, report};
use std::path::PathBuf;
use std::process::Command;

const BINARY: &str = env!("CARGO_BIN_EXE_irsa-doctor");
const RUNS: usize = 9;
const GET_TOKEN: [&str; 8] = ["--region", "us-east-1", "eks", "get-token", "--cluster-name", "my-cluster", "--output", "json"];

fn main() {
    // `cargo test --benches` calls this too: then there is nothing to measure.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    println!("binary: {:.1} MiB", bytes_to_mib(std::fs::metadata(BINARY).unwrap().len()));
    let served = Recording::load("plain").serve();
    let aws = std::env::var_os("IRSA_DOCTOR_AWS_CLI").map_or_else(|| PathBuf::from("aws"), PathBuf::from);
    let kubeconfig = served.folder().write("exec", &kubeconfig(&served, &aws.display().to_string()));
    let doctor = |native: bool| {
        let mut command = served.command(BINARY);
        command.env("KUBECONFIG", &kubeconfig);
        if !native {
            command.arg("--no-native-token");
        }
        command
    };
    report("a healthy pod, the token made natively", &runs(|| doctor(true)));
    let is_there = served.bare_command(&aws).args(GET_TOKEN).output().is_ok_and(|output| output.status.success());
    if !is_there {
        println!("the AWS CLI is not installed here");
        return;
    }
    report("a healthy pod, the token made by aws eks get-token", &runs(|| doctor(false)));
    report(
        "aws eks get-token alone",
        &runs(|| {
            let mut command = served.bare_command(&aws);
            command.args(GET_TOKEN);
            command
        }),
    );
}

/// As `aws eks update-kubeconfig` writes it.
fn kubeconfig(served: &Served, aws: &str) -> String {
    let url = served.kubernetes.url();
    let args = GET_TOKEN.join(", ");
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{{name: c, cluster: {{server: '{url}'}}}}]\n\
         contexts: [{{name: c, context: {{cluster: c, user: c}}}}]\nusers:\n- name: c\n  user:\n    exec:\n      \
         apiVersion: client.authentication.k8s.io/v1beta1\n      command: {aws}\n      args: [{args}]\n"
    )
}

fn runs(command: impl Fn() -> Command) -> Vec<Run> {
    command().spawn_quietly();
    (0..RUNS).map(|_| command().spawn_quietly()).collect()
}
