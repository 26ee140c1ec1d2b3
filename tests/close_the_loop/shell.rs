//! The commands of a report, as a person pastes them into a shell: documents first, restarts last and once.

use irsa_doctor_test_support::{Served, TempDir};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// A folder for the PATH in which `aws` and `kubectl` are the real ones.
pub(crate) struct Tools {
    folder: TempDir,
}

impl Tools {
    /// The programs that `tests/run` installs.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new();
        for (name, variable) in [("aws", "IRSA_DOCTOR_AWS_CLI"), ("kubectl", "IRSA_DOCTOR_KUBECTL")] {
            let program =
                std::env::var_os(variable).map_or_else(|| panic!("{variable} is not set: run tests/run"), PathBuf::from);
            std::os::unix::fs::symlink(&program, folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    /// Runs a line in a POSIX shell, in the environment of the scenario.
    pub(crate) fn run(&self, served: &Served, line: &str) -> Output {
        let mut command: Command = served.bare_command("/bin/sh");
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", self.folder.path().display()));
        command.args(["-c", line]).stdin(Stdio::null()).output().unwrap()
    }
}

/// A command of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) line: String,
    pub(crate) effect: String,
}

/// The commands of these findings' fixes, each once, restarts after all else.
pub(crate) fn steps<'v>(findings: impl Iterator<Item = &'v Value>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for finding in findings.filter(|finding| is_mendable(finding)) {
        for command in finding["fix"]["commands"].as_array().into_iter().flatten() {
            let text = |key: &str| command[key].as_str().unwrap().to_owned();
            let step = Step { line: text("shell"), effect: text("effect") };
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
    }
    steps.sort_by_key(|step| step.effect == "restarts-pods");
    steps
}

/// Whether commands mend it: nobody has to decide anything first.
pub(crate) fn is_mendable(finding: &Value) -> bool {
    let fix = &finding["fix"];
    fix["needs_decision"].is_null() && fix["commands"].as_array().is_some_and(|commands| !commands.is_empty())
}
