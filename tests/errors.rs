//! Pasted errors through the built binary: from wherever they come. What is read out of them is tested in `checks/tests/errors.rs`.

#![expect(clippy::unwrap_used, reason = "a test: it may fail loudly")]

use irsa_doctor_test_support::PastedError;
use serde_json::Value;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

fn doctor(args: &[&str], stdin: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_irsa-doctor"));
    command.args(args).env_clear().env("HOME", env!("CARGO_TARGET_TMPDIR")).env("KUBECONFIG", "/nonexistent");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A run that needs no stdin may have ended.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn the_program_reads_it_from_wherever_it_is() {
    let folder = irsa_doctor_test_support::TempDir::new();
    for case in PastedError::all().iter().step_by(17) {
        folder.write("error.txt", &case.text);
        let path = folder.path().join("error.txt");
        let mut reports = Vec::new();
        for (args, stdin) in [
            (vec!["--error", "-"], case.text.as_str()),
            (vec!["--error-file", path.to_str().unwrap()], ""),
            (vec!["--error", case.text.as_str()], ""),
        ] {
            // A NUL can't stand in an argument.
            if args[1].contains('\0') || args[1].is_empty() {
                continue;
            }
            let output = doctor(&[args.as_slice(), &["-o", "json"]].concat(), stdin);
            let mut report: Value = serde_json::from_slice(&output.stdout)
                .unwrap_or_else(|error| panic!("{}: {error}: {}", case.id, String::from_utf8_lossy(&output.stderr)));
            let reading = &report["targets"][0]["error_reading"];
            assert_eq!(reading["is_aws_error"], case.want["is_aws_error"], "{}", case.id);
            assert!(reading["next"].as_array().is_some_and(|next| !next.is_empty()), "{}: what next?", case.id);
            // What isn't AWS' leaves the question open.
            let codes: &[i32] = if case.want["is_aws_error"] == true { &[0, 1, 3] } else { &[3] };
            assert!(output.status.code().is_some_and(|code| codes.contains(&code)), "{}: {:?}", case.id, output.status);
            report["run"] = Value::Null;
            reports.push(report);
        }
        assert!(reports.windows(2).all(|pair| pair[0] == pair[1]), "{}: one text, two reports", case.id);
    }
}

#[test]
fn bad_input_gets_one_line_and_what_to_do() {
    let folder = irsa_doctor_test_support::TempDir::new();
    folder.write("long.txt", &"a".repeat(300 * 1024));
    folder.write("binary", "\u{0}\u{1}\u{fffd}");
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for args in [
        vec!["--error-file".to_owned(), path("none")],
        vec!["--error-file".to_owned(), path("")],
        vec!["--error-file".to_owned(), path("long.txt")],
        vec!["--error".to_owned(), "  \n".to_owned()],
        vec!["--error".to_owned(), String::new()],
        vec!["--error".to_owned(), "a".to_owned(), "--error-file".to_owned(), path("binary")],
    ] {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = doctor(&args, "");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.starts_with("error: ") && !stderr.contains("panicked"), "{args:?}: {stderr}");
    }
    let output = doctor(&["--error-file", &path("binary")], "");
    assert_eq!(output.status.code(), Some(3), "no error of AWS: {}", String::from_utf8_lossy(&output.stderr));
    let hostile = "AccessDenied: \u{1b}[2J\u{202e}User: arn:aws:sts::123456789012:assumed-role/a\u{7}b/i-0123456789abcdef0 is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b\u{1b}]0;x\u{7}";
    let output = doctor(&["--error", hostile, "--color", "never"], "");
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{shown}");
}
