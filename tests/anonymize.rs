//! `--anonymize`: a bundle without names that is diagnosed as the original is.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test: it may fail loudly")]

use irsa_doctor_test_support::generate::{Shape, cluster};
use irsa_doctor_test_support::{Recording, Served, TempDir};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_irsa-doctor");

fn from(bundle: &Path, args: &[&str]) -> Output {
    Command::new(BINARY).env_clear().stdin(Stdio::null()).arg("--from").arg(bundle).args(args).output().unwrap()
}

/// What a report says, without names: of each target its verdict, its links and its faults.
fn said(output: &Output) -> (Option<i32>, Vec<String>) {
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut targets: Vec<String> = report["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| {
            let faults: Vec<String> = target["findings"].as_array().unwrap().iter().map(|found| word(&found["fault"])).collect();
            format!("{} {} {faults:?}", word(&target["verdict"]), word(&target["first_broken"]))
        })
        .collect();
    targets.sort();
    (output.status.code(), targets)
}

/// Saves with and without names. Gives the bundles.
fn saved(served: &Served, args: &[&str]) -> (std::path::PathBuf, std::path::PathBuf) {
    let folder = served.folder().path();
    let mut command = served.bare_command(BINARY);
    let output = command.args(args).args(["--save", "named.json"]).output().unwrap();
    let named = folder.join("named.json");
    assert!(named.exists(), "{}", String::from_utf8_lossy(&output.stderr));
    let nameless = folder.join("nameless.json");
    let output = from(&named, &["--save", nameless.to_str().unwrap(), "--anonymize"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(nameless.exists() && text.contains("without names"), "{text}");
    (named, nameless)
}

#[test]
fn a_pod_without_names_is_diagnosed_as_with_them() {
    let recording = Recording::load("plain");
    let served = recording.serve();
    let (named, nameless) = saved(&served, &["--pod", "app", "-n", "pay-68c46"]);
    assert_eq!(said(&from(&named, &["-o", "json"])), said(&from(&nameless, &["-o", "json"])));
    let text = std::fs::read_to_string(&nameless).unwrap();
    assert!(text.contains("\"anonymized\": true"));
    for name in ["68c46", "123456789012", "AppRole"] {
        assert!(std::fs::read_to_string(&named).unwrap().contains(name), "{name} is in the original");
        assert!(!text.contains(name), "{name} is left");
    }
}

#[test]
fn a_scan_without_names_is_diagnosed_as_with_them() {
    let shape = Shape { pods: 60, service_accounts: 30, roles: 10, broken_percent: 30, deployments: true, seed: 7 };
    let generated = cluster(&shape);
    let served = generated.serve();
    let (named, nameless) = saved(&served, &["-A"]);
    let (code, targets) = said(&from(&named, &["-o", "json"]));
    assert_eq!((code, targets.clone()), said(&from(&nameless, &["-o", "json"])));
    assert!(code == Some(1) && targets.len() > 10, "{targets:?}");
    let text = std::fs::read_to_string(&nameless).unwrap();
    let left: Vec<&String> = generated.namespaces.iter().filter(|name| text.contains(&format!("\"{name}\""))).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn two_bundles_of_one_cluster_have_no_name_in_common() {
    let served = Recording::load("plain").serve();
    let (named, first) = saved(&served, &["--pod", "app", "-n", "pay-68c46"]);
    let folder = TempDir::new();
    let second = folder.path().join("second.json");
    from(&named, &["--save", second.to_str().unwrap(), "--anonymize"]);
    let account = |path: &Path| {
        let bundle: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        bundle["accounts"].as_object().unwrap().keys().next().unwrap().clone()
    };
    assert_ne!(account(&first), account(&second), "the key is another one each time");
    assert_eq!(account(&first).len(), 12);
}

#[test]
fn it_is_for_bundles() {
    let output = Command::new(BINARY).args(["--demo", "--anonymize"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
