//! The workflows and the scripts: rights, pins, and nothing that is written into a script.

use super::{read, yaml};
use serde_json::Value;
use std::io::Write as _;
use std::process::{Command, Stdio};

const WORKFLOWS: [&str; 2] = [".github/workflows/ci.yml", ".github/workflows/release.yml"];

/// All steps of workflows and of the action.
fn steps() -> Vec<(String, Value)> {
    let mut steps = Vec::new();
    for path in WORKFLOWS {
        for (name, job) in yaml(path)["jobs"].as_object().unwrap() {
            steps.extend(job["steps"].as_array().unwrap().iter().map(|step| (format!("{path}: {name}"), step.clone())));
        }
    }
    let action = yaml("action.yml");
    steps.extend(action["runs"]["steps"].as_array().unwrap().iter().map(|step| ("action.yml".to_owned(), step.clone())));
    steps
}

#[test]
fn nothing_is_written_into_scripts_and_nothing_can_be_exchanged() {
    assert!(steps().len() > 12);
    for (place, step) in steps() {
        assert!(!step["run"].as_str().unwrap_or_default().contains("${{"), "{place}: {step}");
        if let Some(uses) = step["uses"].as_str() {
            let commit = uses.split_once('@').map_or("", |(_, commit)| commit);
            assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{place}: {uses} is not pinned");
            let file = read(place.split(':').next().unwrap());
            assert!(file.contains(&format!("{uses} # v")), "{place}: {uses} doesn't say its version");
        }
    }
    for path in WORKFLOWS {
        let (text, workflow) = (read(path), yaml(path));
        assert!(!text.contains("pull_request_target") && !text.contains("secrets."), "{path}");
        assert_eq!(workflow["permissions"], serde_json::json!({}), "{path}");
        assert_eq!(workflow["env"]["RUST"], env!("CARGO_PKG_RUST_VERSION"), "{path}: the compiler is Cargo.toml's");
        for (name, job) in workflow["jobs"].as_object().unwrap() {
            let writes = job["permissions"].as_object().unwrap().values().any(|right| right == "write");
            assert_eq!(writes, name == "release", "{path}: {name}");
            assert!(job["timeout-minutes"].is_u64(), "{path}: {name}");
        }
    }
}

#[test]
#[ignore = "needs bash: run tests/run"]
fn every_script_is_one() {
    let check = |script: &str, place: &str| {
        let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let output = bash.wait_with_output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{place}: {}", String::from_utf8_lossy(&output.stderr));
    };
    for (place, step) in steps() {
        check(step["run"].as_str().unwrap_or_default(), &place);
    }
    for script in ["build", "install", "krew-manifest", "package", "reproduce", "rustc"] {
        check(&read(&format!("deploy/release/{script}")), script);
    }
}
