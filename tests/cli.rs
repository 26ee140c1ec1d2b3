//! The built binary: its exit codes, its streams, its bundles. No cluster and no account.

#![expect(clippy::unwrap_used, reason = "a test: it may fail loudly")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/command/demo.json");

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_irsa-doctor"));
    command.args(args).env_clear().env("LANG", "C.UTF-8").stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// A directory of this test's own.
fn directory(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("irsa-doctor-cli-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn bundle() -> Value {
    serde_json::from_str(&std::fs::read_to_string(DEMO).unwrap()).unwrap()
}

fn write(directory: &Path, name: &str, bundle: &Value) -> String {
    let path = directory.join(name);
    std::fs::write(&path, bundle.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_demo_shows_two_faults_and_fails_nothing() {
    let output = run(&["--demo"]);
    let text = stdout(&output);
    assert_eq!(code(&output), 0, "{text}");
    assert_eq!(stderr(&output), "");
    assert!(text.starts_with("BROKEN at trust-policy: ") && text.contains("trust-subject-mismatch"), "{text}");
    assert!(text.contains("action-not-allowed"), "{text}");
    assert!(text.lines().last().unwrap().starts_with("verdict: broken at trust-policy (2 errors"), "{text}");
    assert_eq!(code(&run(&["--demo", "--fail-on", "error"])), 1);
}

#[test]
fn json_is_one_document_that_its_schema_accepts() {
    let schema: Value = serde_json::from_str(&stdout(&run(&["schema", "report"]))).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (args, exit) in [
        (vec!["--demo", "-o", "json"], 0),
        (vec!["--from", DEMO, "-o", "json"], 1),
        (vec!["--from", "not-there.json", "-o", "json"], 2),
        (vec!["--nonsense", "-o", "json"], 2),
    ] {
        let output = run(&args);
        assert_eq!(code(&output), exit, "{args:?}");
        let document: Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert!(validator.is_valid(&document), "{document}");
        assert_eq!(document["error"].is_object(), exit == 2, "{document}");
    }
}

#[test]
fn the_same_bundle_gives_the_same_bytes() {
    assert_eq!(run(&["--from", DEMO]).stdout, run(&["--from", DEMO]).stdout);
}

#[test]
fn usage_errors_are_one_line_and_what_to_do() {
    for args in [
        vec![],
        vec!["awscli"],
        vec!["--pod"],
        vec!["pod/x", "--resource", "arn:aws:s3:::b"],
        vec!["pod/x", "--call-timeout", "never"],
        vec!["explain", "trust-subjekt-mismatch"],
        vec!["--demo", "--allow-unknown=rolle"],
        vec!["--demo", "--allow-unknown="],
    ] {
        let output = run(&args);
        let text = stderr(&output);
        assert_eq!((code(&output), stdout(&output).as_str()), (2, ""), "{args:?}: {text}");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(lines[0].starts_with("error: ") && lines[1].starts_with("  help: "), "{text}");
    }
}

#[test]
fn what_could_not_be_read_is_inconclusive_until_it_is_accepted() {
    let folder = directory("unknown");
    let mut bundle = bundle();
    bundle["accounts"] = serde_json::json!({});
    let file = write(&folder, "half.json", &bundle);
    let output = run(&["--from", &file, "-o", "json"]);
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(
        (code(&output), report["verdict"].as_str(), report["gate"].as_str()),
        (3, Some("inconclusive"), Some("inconclusive"))
    );
    assert_eq!(code(&run(&["--from", &file, "--allow-unknown"])), 0);
    assert_eq!(code(&run(&["--from", &file, "--allow-unknown=webhook"])), 3);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn two_halves_are_judged_as_the_whole() {
    let folder = directory("halves");
    let (mut kubernetes, mut aws) = (bundle(), bundle());
    kubernetes["accounts"] = serde_json::json!({});
    aws["clusters"] = serde_json::json!({});
    let (kubernetes, aws) = (write(&folder, "k.json", &kubernetes), write(&folder, "a.json", &aws));
    let whole = run(&["--from", DEMO]);
    for (one, other) in [(&kubernetes, &aws), (&aws, &kubernetes)] {
        assert_eq!(stdout(&run(&["--from", one, "--from", other])), stdout(&whole));
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_bundle_is_saved_once_and_read_again() {
    let folder = directory("save");
    let file = folder.join("b.json");
    let path = file.to_str().unwrap();
    assert_eq!(code(&run(&["--demo", "--save", path])), 0);
    assert_eq!(stdout(&run(&["--from", path])), stdout(&run(&["--from", DEMO])));
    let again = run(&["--demo", "--save", path]);
    assert_eq!(code(&again), 2);
    assert!(stderr(&again).contains("--force"), "{}", stderr(&again));
    assert_eq!(code(&run(&["--demo", "--save", path, "--force"])), 0);
    let printed = stdout(&run(&["--demo", "--save", "-"]));
    assert_eq!(printed, std::fs::read_to_string(&file).unwrap());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = command(&["schema", "bundle"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), stderr(&output).as_str()), (0, ""));
}

#[test]
fn the_small_commands_answer() {
    for (args, wanted) in [
        (vec!["--version"], "irsa-doctor "),
        (vec!["--help"], "--pod <NAME>"),
        (vec!["checks"], "trust-subject-mismatch"),
        (vec!["checks", "-o", "json"], "\"trust-subject-mismatch\""),
        (vec!["explain", "trust-subject-mismatch"], "trust-subject-mismatch"),
        (vec!["explain", "trust-policy"], "trust-claims-swapped"),
        (vec!["permissions"], "iam:GetRole"),
        (vec!["permissions", "-o", "json"], "\"ClusterRole\""),
        (vec!["completions", "bash"], "irsa-doctor"),
    ] {
        let output = run(&args);
        assert_eq!((code(&output), stderr(&output).as_str()), (0, ""), "{args:?}");
        assert!(stdout(&output).contains(wanted), "{args:?}");
        assert!(!stdout(&output).contains('\u{1b}'), "{args:?}: colour on a pipe");
    }
}
