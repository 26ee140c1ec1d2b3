//! The manual: every option of `--help` is in it, and it is roff that renders without a warning.

#![expect(clippy::unwrap_used, reason = "a test: it may fail loudly")]

use irsa_doctor_test_support::TempDir;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_irsa-doctor")).args(args).env_clear().env("LANG", "C.UTF-8").output().unwrap()
}

fn text(args: &[&str]) -> String {
    let output = run(args);
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{args:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The long options of a help text.
fn options(help: &str) -> BTreeSet<String> {
    let heads = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let heads = heads.flat_map(|line| line.split_whitespace().take_while(|word| word.starts_with('-')));
    let name = |word: &str| word.split(['=', '[', '<', ',', ')']).next().unwrap_or_default().to_owned();
    heads.filter(|word| word.starts_with("--")).map(name).collect()
}

/// roff as it is read: without fonts, and with its hyphens.
fn plain(page: &str) -> String {
    page.replace("\\fB", "").replace("\\fI", "").replace("\\fR", "").replace("\\-", "-")
}

#[test]
fn every_option_is_in_the_manual() {
    let (page, help) = (plain(&text(&["man"])), text(&["--help"]));
    let wanted = options(&help);
    assert!(wanted.len() > 50, "{wanted:?}");
    for option in wanted {
        assert!(page.contains(&option), "{option}");
    }
    for section in
        ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "\"WHERE TO LOOK\"", "\"EXIT STATUS\"", "ENVIRONMENT", "FILES", "EXAMPLES"]
    {
        assert!(page.contains(&format!(".SH {section}\n")), "{section}");
    }
    for words in ["KUBECONFIG", "AWS_PROFILE", ".irsa-doctor.toml", "irsa-doctor --demo", "130"] {
        assert!(page.contains(words), "{words}");
    }
}

/// The pages that are written, by name.
fn written(folder: &Path) -> BTreeSet<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn each_subcommand_has_a_page() {
    let folder = TempDir::new();
    let path = folder.path().to_str().unwrap();
    assert_eq!(text(&["man", path]), "");
    let pages = written(folder.path());
    for page in
        ["irsa-doctor.1", "irsa-doctor-explain.1", "irsa-doctor-bundle.1", "irsa-doctor-bundle-inspect.1", "irsa-doctor-man.1"]
    {
        assert!(pages.contains(page), "{page}: {pages:?}");
    }
    let main = std::fs::read_to_string(folder.path().join("irsa-doctor.1")).unwrap();
    assert_eq!(main, text(&["man"]));
    let explain = plain(&std::fs::read_to_string(folder.path().join("irsa-doctor-explain.1")).unwrap());
    assert!(explain.contains(".TH irsa-doctor-explain 1") && explain.contains("irsa-doctor explain"), "{explain}");
    assert_eq!(text(&["man", path]), "", "they are replaced");
    let deeper = folder.path().join("not/there");
    assert_eq!(text(&["man", deeper.to_str().unwrap()]), "", "it is made");
    assert_eq!(written(&deeper).len() + 1, written(folder.path()).len());
    let in_a_file = folder.path().join("irsa-doctor.1/man1");
    let output = run(&["man", in_a_file.to_str().unwrap()]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.starts_with("error: the manual page can't be written") && said.lines().count() == 2, "{said}");
}

#[test]
#[ignore = "looks for groff: run tests/run"]
fn groff_has_nothing_to_say() {
    // What must be there is judged above; groff only tells whether it can be read.
    if Command::new("groff").arg("--version").output().is_err() {
        return;
    }
    let folder = TempDir::new();
    text(&["man", folder.path().to_str().unwrap()]);
    for page in written(folder.path()) {
        let mut groff = Command::new("groff");
        let output = groff.args(["-man", "-Tutf8", "-ww", "-rLL=200n"]).arg(folder.path().join(&page)).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{page}");
        assert!(output.status.success() && output.stdout.len() > 200, "{page}");
    }
}
