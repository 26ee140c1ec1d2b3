//! `--metrics-file`: a file that a collector can read, whole at any time, beside whatever else is printed.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test: it may fail loudly")]

use irsa_doctor_test_support::TempDir;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output, Stdio};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/command/demo.json");
const READ: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/metrics/read.py");

fn run(metrics: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_irsa-doctor"));
    command.arg("--metrics-file").arg(metrics).args(args).env_clear().env("LANG", "C.UTF-8").stdin(Stdio::null());
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        directory.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn they_are_written_beside_every_format_and_replaced() {
    let directory = TempDir::new();
    let file = directory.path().join("irsa-doctor.prom");
    for (args, starts) in [
        (vec!["--demo"], "BROKEN at trust-policy: "),
        (vec!["--demo", "-o", "json"], "{\n  \"schema_version\": 1"),
        (vec!["--demo", "--diff"], "--- arn:aws:iam::"),
        (vec!["--demo", "--save", "-"], "{\n  \"schema_version\""),
        (vec!["--demo", "--fix-script", "-"], "#!/usr/bin/env bash"),
    ] {
        std::fs::write(&file, "an older one").unwrap();
        let output = run(&file, &args);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""), "{args:?}");
        assert!(text(&output.stdout).starts_with(starts), "{args:?}: {:.80}", text(&output.stdout));
        let metrics = std::fs::read_to_string(&file).unwrap();
        assert!(metrics.contains("irsa_doctor_run_verdict{cluster=\"my-cluster\",verdict=\"broken\"} 1\n"), "{metrics}");
        assert!(metrics.contains("check=\"trust-policy\",fault=\"trust-subject-mismatch\",severity=\"error\"} 1\n"), "{metrics}");
        assert_eq!(names(directory.path()), ["irsa-doctor.prom"], "nothing half-written stays behind");
    }
    assert_eq!(run(&file, &["--from", DEMO]).status.code(), Some(1), "the exit code is the gate's");
}

#[cfg(unix)]
#[test]
fn a_collector_that_is_somebody_else_may_read_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = TempDir::new();
    let file = directory.path().join("m.prom");
    run(&file, &["--demo"]);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
}

#[test]
fn a_place_that_cannot_be_written_is_one_line_and_exit_2() {
    let directory = TempDir::new();
    for (file, why) in
        [("no/m.prom", "No such file or directory"), (".", "is no regular file"), ("/dev/null", "is no regular file")]
    {
        let path = directory.path().join(file);
        let output = run(&path, &["--demo"]);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""));
        let stderr = text(&output.stderr);
        assert!(stderr.starts_with("error: the metrics can't be written to `") && stderr.contains(why), "{stderr}");
        assert_eq!(stderr.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{stderr}");
        let json: Value = serde_json::from_slice(&run(&path, &["--demo", "-o", "json"]).stdout).unwrap();
        assert_eq!(json["error"]["code"], "metrics-not-written");
    }
    let output = run(Path::new("-"), &["--demo"]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""));
    assert!(text(&output.stderr).contains("`--metrics-file -` is no file"));
    assert_eq!(names(directory.path()), Vec::<String>::new());
}

#[test]
#[ignore = "needs Prometheus' parser: run tests/run"]
fn prometheus_own_parser_reads_them_and_hostile_names_come_back() {
    let directory = TempDir::new();
    let mut bundle: Value = serde_json::from_str(&std::fs::read_to_string(DEMO).unwrap()).unwrap();
    let hostile = "a\\n\"} 1\nirsa_doctor_injected{x=\"y\"} 1\n# TYPE \u{1b}[2J\u{202e}é 漢";
    bundle["clusters"].as_object_mut().unwrap().values_mut().for_each(|cluster| cluster["name"] = json!(hostile));
    let from = directory.path().join("bundle.json");
    std::fs::write(&from, bundle.to_string()).unwrap();
    let file = directory.path().join("m.prom");
    let output = run(&file, &["--from", from.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let samples = parse(&file);
    let shown = "a\\n\"} 1\\nirsa_doctor_injected{x=\"y\"} 1\\n# TYPE \\x1b[2J\\u{202e}é 漢";
    for sample in &samples {
        assert!(sample[0].as_str().unwrap().starts_with("irsa_doctor_") && sample[0] != "irsa_doctor_injected", "{sample}");
        assert_eq!(sample[1]["cluster"], shown, "{sample}");
    }
    let named: Vec<&Value> = samples.iter().filter(|sample| sample[0] == "irsa_doctor_target_verdict").collect();
    assert_eq!(named.len(), 1, "{samples:?}");
    let labels = json!({"cluster": shown, "namespace": "default", "kind": "pod", "name": "awscli", "verdict": "broken"});
    assert_eq!((&named[0][1], named[0][2].as_f64()), (&labels, Some(1.0)));
    let at = samples.iter().find(|sample| sample[0] == "irsa_doctor_run_timestamp_seconds").unwrap();
    assert!(at[2].as_f64().unwrap() > 1.7e9, "{at}");
}

fn parse(file: &Path) -> Vec<Value> {
    let python = std::env::var_os("IRSA_DOCTOR_PYTHON").unwrap_or_else(|| panic!("IRSA_DOCTOR_PYTHON is not set: run tests/run"));
    let output = Command::new(python).arg(READ).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
