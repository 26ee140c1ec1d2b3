//! What is ignored, by a configuration, an annotation or a baseline: counted, told why, and out of the gate's way.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test: it may fail loudly")]

use irsa_doctor_test_support::TempDir;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/command/demo.json");

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_irsa-doctor"));
    command.args(args).env_clear().env("LANG", "C.UTF-8").current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)))
}

/// The ids of the example's findings that count for the gate.
fn faults() -> Vec<String> {
    let folder = TempDir::new();
    let report = report(&run(folder.path(), &["--from", DEMO, "-o", "json"]));
    let findings = report["targets"][0]["findings"].as_array().unwrap();
    let faults: Vec<String> = findings.iter().map(|finding| finding["fault"].as_str().unwrap().to_owned()).collect();
    assert!(faults.len() >= 2, "{faults:?}");
    faults
}

fn ignoring(faults: &[String], more: &str) -> String {
    format!("[[ignore]]\nfault = {faults:?}\nreason = \"moved in spring\"\n{more}\n")
}

#[test]
fn a_configuration_above_is_followed_and_named() {
    let folder = TempDir::new();
    let deep = folder.path().join("a/b");
    std::fs::create_dir_all(&deep).unwrap();
    assert_eq!(run(&deep, &["--from", DEMO]).status.code(), Some(1));
    let config = folder.write(".irsa-doctor.toml", &ignoring(&faults(), "namespace = 'default'"));
    let followed = run(&deep, &["--from", DEMO]);
    assert_eq!(followed.status.code(), Some(0), "{}", text(&followed.stderr));
    let (shown, said) = (text(&followed.stdout), text(&followed.stderr));
    assert!(shown.starts_with("BROKEN"), "the verdict stays true: {shown}");
    assert!(shown.lines().last().unwrap().ends_with("suppressed); the gate lets it pass"), "{shown}");
    assert!(said.contains(&format!("{} is followed", config.display())), "{said}");
    let json = report(&run(&deep, &["--from", DEMO, "-o", "json"]));
    assert_eq!((json["verdict"].as_str(), json["gate"].as_str()), (Some("broken"), Some("pass")));
    assert_eq!(json["targets"][0]["findings"][0]["suppressed"], "moved in spring");
    assert_eq!(json["suppressed"], faults().len());
    assert_eq!(run(&deep, &["--from", DEMO, "--no-config"]).status.code(), Some(1));
    let elsewhere = TempDir::new();
    let named = ["--from", DEMO, "--config", config.to_str().unwrap()];
    assert_eq!(run(elsewhere.path(), &named).status.code(), Some(0));
}

#[test]
fn what_is_ignored_is_shown_in_full_on_demand_alone() {
    let folder = TempDir::new();
    folder.write(".irsa-doctor.toml", &ignoring(&faults(), ""));
    let short = text(&run(folder.path(), &["--from", DEMO]).stdout);
    let full = text(&run(folder.path(), &["--from", DEMO, "--show-suppressed"]).stdout);
    for fault in faults() {
        assert!(short.contains(&fault) && full.contains(&fault), "{fault} is named: {short}");
    }
    assert!(short.contains("moved in spring") && full.contains("moved in spring"));
    assert!(!short.contains("explain trust-subject-mismatch") && full.contains("explain trust-subject-mismatch"), "{short}");
}

#[test]
fn an_ignore_of_something_else_or_of_yesterday_hides_nothing() {
    let folder = TempDir::new();
    for more in ["namespace = 'shop'", "account = '999999999999'", "role = 'other'", "expires = 2020-01-01"] {
        folder.write(".irsa-doctor.toml", &ignoring(&faults(), more));
        let output = run(folder.path(), &["--from", DEMO]);
        assert_eq!(output.status.code(), Some(1), "{more}");
        assert_eq!(text(&output.stderr).contains("expired on 2020-01-01"), more.starts_with("expires"), "{more}");
    }
}

#[test]
fn a_configuration_with_a_typo_is_no_configuration() {
    let folder = TempDir::new();
    folder.write(".irsa-doctor.toml", "[[ignore]]\nfault = 'trust-subject-mismach'\nreason = 'x'\n");
    let output = run(folder.path(), &["--from", DEMO, "-o", "json"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(report(&output)["error"]["code"], "bad-config");
    let said = text(&output.stderr);
    assert!(said.contains("did you mean `trust-subject-mismatch`?") && said.lines().count() == 2, "{said}");
    assert_eq!(run(folder.path(), &["--from", DEMO, "--config", "none.toml"]).status.code(), Some(2));
}

#[test]
fn another_severity_changes_what_fails() {
    let folder = TempDir::new();
    let lines: Vec<String> = faults().iter().map(|fault| format!("{fault} = 'info'")).collect();
    folder.write(".irsa-doctor.toml", &format!("[severity]\n{}\n", lines.join("\n")));
    let output = run(folder.path(), &["--from", DEMO, "-o", "json"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(report(&output)["targets"][0]["findings"][0]["counts_as"], "info");
    assert!(text(&output.stderr).contains("count for less than they are; "), "the file that hides them is named");
    assert_eq!(run(folder.path(), &["--from", DEMO, "--fail-on", "info"]).status.code(), Some(1));
}

#[test]
fn an_annotation_ignores_unless_it_is_not_to_be_heeded() {
    let folder = TempDir::new();
    let mut bundle: Value = serde_json::from_slice(&std::fs::read(DEMO).unwrap()).unwrap();
    let cluster = bundle["clusters"].as_object_mut().unwrap().values_mut().next().unwrap();
    let account = cluster["service_accounts"].as_object_mut().unwrap().values_mut().next().unwrap();
    let entries: Vec<String> = faults().iter().map(|fault| format!("{fault}: \u{1b}[2Jours")).collect();
    let metadata = account["present"]["metadata"].as_object_mut().unwrap();
    let annotations = metadata.entry("annotations").or_insert_with(|| Value::Object(serde_json::Map::new()));
    annotations["irsa-doctor.io/ignore"] = Value::String(entries.join("; "));
    let path = folder.write("annotated.json", &bundle.to_string());
    let path = path.to_str().unwrap();
    let output = run(folder.path(), &["--from", path]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("irsa-doctor.io/ignore of ServiceAccount default/my-service-account"));
    assert!(!text(&output.stdout).contains('\u{1b}'), "a reason is hostile text, too");
    assert_eq!(run(folder.path(), &["--from", path, "--no-ignore-annotations"]).status.code(), Some(1));
    folder.write(".irsa-doctor.toml", "ignore-annotations = false\n");
    assert_eq!(run(folder.path(), &["--from", path]).status.code(), Some(1));
}

#[test]
fn only_what_a_baseline_does_not_hold_counts() {
    let folder = TempDir::new();
    let written = run(folder.path(), &["--from", DEMO, "--write-baseline", "known.json"]);
    assert_eq!(written.status.code(), Some(0), "{}", text(&written.stderr));
    assert_eq!(run(folder.path(), &["--from", DEMO, "--write-baseline", "known.json"]).status.code(), Some(2));
    let again = run(folder.path(), &["--from", DEMO, "--write-baseline", "known.json", "--force"]);
    assert_eq!(again.status.code(), Some(0));
    let known = run(folder.path(), &["--from", DEMO, "--baseline", "known.json", "-o", "json"]);
    assert_eq!((known.status.code(), report(&known)["verdict"].as_str()), (Some(0), Some("broken")));
    let mut baseline: Value = serde_json::from_slice(&std::fs::read(folder.path().join("known.json")).unwrap()).unwrap();
    baseline["findings"].as_array_mut().unwrap().pop();
    folder.write("fewer.json", &baseline.to_string());
    let fewer = report(&run(folder.path(), &["--from", DEMO, "--baseline", "fewer.json", "-o", "json"]));
    assert_eq!(fewer["suppressed"], faults().len() - 1);
    for (name, content) in [("a", "{}"), ("b", "nonsense"), ("c", "{\"schema_version\":9,\"findings\":[]}")] {
        folder.write(name, content);
        let bad = run(folder.path(), &["--from", DEMO, "--baseline", name]);
        assert_eq!((bad.status.code(), text(&bad.stdout).as_str()), (Some(2), ""), "{content}");
    }
}
