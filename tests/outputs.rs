//! Several formats at once, files, and what `--query` selects.

#![expect(clippy::unwrap_used, reason = "a test: it may fail loudly")]

use irsa_doctor_test_support::TempDir;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_irsa-doctor"));
    command.arg("--demo").args(args).env_clear().env("LANG", "C.UTF-8").current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn one_format_on_stdout_and_others_in_files() {
    let folder = TempDir::new();
    let both = run(folder.path(), &["-o", "table", "-o", "json=report.json", "-o", "jsonl=lines"]);
    assert_eq!(both.status.code(), Some(0), "{}", text(&both.stderr));
    assert_eq!(text(&both.stdout), text(&run(folder.path(), &[]).stdout));
    let json: Value = serde_json::from_slice(&std::fs::read(folder.path().join("report.json")).unwrap()).unwrap();
    assert_eq!(json["verdict"], "broken");
    assert!(std::fs::read_to_string(folder.path().join("lines")).unwrap().lines().count() > 2);
    let again = run(folder.path(), &["-o", "table=report.json", "--color", "always"]);
    assert_eq!((again.status.code(), again.stdout.len()), (Some(0), 0), "all of it is in the file, which is replaced");
    let table = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
    assert!(table.starts_with("BROKEN") && !table.contains('\u{1b}'), "{table}");
}

#[test]
fn what_cannot_be_written_is_said_before_anything_is_done() {
    let folder = TempDir::new();
    for args in [
        vec!["-o", "json", "-o", "table"],
        vec!["-o", "json=a", "-o", "table=a"],
        vec!["-o", "json=none/a"],
        vec!["-o", "json="],
        vec!["-o", "nonsense=a"],
        vec!["-o", "json=/dev/null"],
        vec!["-o", "table", "--query", "$"],
        vec!["--raw"],
        vec!["--query", "verdict"],
    ] {
        let output = run(folder.path(), &args);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.starts_with("error: ") && said.lines().count() <= 2, "{args:?}: {said}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{args:?}");
    }
}

#[test]
fn a_query_selects_from_the_json_report() {
    let folder = TempDir::new();
    let selected = |args: &[&str]| text(&run(folder.path(), args).stdout);
    assert_eq!(selected(&["--query", "$.verdict", "--raw"]), "broken\n");
    assert_eq!(selected(&["--query", "$.verdict"]), "[\n  \"broken\"\n]\n");
    let links = selected(&["-o", "json", "--query", "$.targets[*].checks[?@.status == 'fail'].id", "--raw"]);
    assert!(links.lines().count() >= 1 && links.contains("trust-policy"), "{links}");
    assert_eq!(selected(&["--query", "$.nowhere", "--raw"]), "");
    let failing = run(folder.path(), &["--query", "$.gate", "--raw", "--fail-on", "error", "-o", "json=all.json"]);
    assert_eq!((failing.status.code(), text(&failing.stdout).as_str()), (Some(1), "fail\n"), "the exit code follows the gate");
    assert!(folder.path().join("all.json").is_file());
    let bad = text(&run(folder.path(), &["--query", "$.targets[?@.verdict = 'x']"]).stderr);
    assert!(bad.contains("at character "), "{bad}");
}
