//! Where the output goes may fail: a full disk, a reader that has gone, a home that isn't there.

#![cfg(target_os = "linux")]

use irsa_doctor_test_support::TempDir;
use std::fs::{File, Permissions};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_irsa-doctor"));
    command.args(args).env_clear().env("LANG", "C.UTF-8").stdin(Stdio::null());
    command
}

/// One line, no panic.
fn assert_said(stderr: &[u8], wanted: &str) {
    let said = String::from_utf8_lossy(stderr);
    assert!(said.contains(wanted) && !said.contains("panicked"), "{said}");
}

#[test]
fn a_full_disk_is_said() {
    for format in ["table", "json", "sarif", "html", "jsonl"] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = program(&["--demo", "-o", format]).stdout(full).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{format}");
        assert_said(&output.stderr, "No space left on device");
    }
}

#[test]
fn a_reader_that_has_read_enough_is_no_error() {
    for format in ["wide", "json", "html"] {
        let mut child = program(&["--demo", "-o", format]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 16];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn stderr_may_be_closed_or_full() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = program(&["--pood"]).stdout(Stdio::piped()).stderr(full).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
}

#[test]
fn neither_a_home_nor_a_place_to_write_is_needed() {
    let folder = TempDir::new();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o555)).unwrap();
    for home in [None, Some("/nowhere"), folder.path().to_str()] {
        let mut command = program(&["--demo"]);
        command.current_dir(folder.path());
        if let Some(home) = home {
            command.env("HOME", home);
        }
        assert_eq!(command.stdout(Stdio::null()).output().unwrap().status.code(), Some(0), "{home:?}");
    }
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
}
