//! The action's steps, run as a runner would: inputs become variables, each script a file for bash.

use super::release::{Machine, Release, checkout};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the steps came to.
pub(crate) struct Ran {
    pub(crate) ok: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) outputs: String,
}

/// Runs all steps of `action.yml` until one fails.
pub(crate) fn run(machine: &Machine, release: &Release, inputs: &[(&str, &str)]) -> Ran {
    let action: Value = serde_saphyr::from_str(&std::fs::read_to_string(checkout("action.yml")).unwrap()).unwrap();
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    for (name, input) in action["inputs"].as_object().unwrap() {
        values.insert(format!("inputs.{name}"), input["default"].as_str().unwrap_or_default().to_owned());
    }
    for (name, value) in inputs {
        values.insert(format!("inputs.{name}"), (*value).to_owned());
    }
    values.insert("github.action_path".to_owned(), env!("CARGO_MANIFEST_DIR").to_owned());
    let file = |name: &str| -> PathBuf { machine.folder.path().join(name) };
    let mut ran = Ran { ok: true, stdout: String::new(), stderr: String::new(), outputs: String::new() };
    for step in action["runs"]["steps"].as_array().unwrap() {
        assert_eq!(step["shell"], "bash");
        let script = machine.folder.write("step.sh", step["run"].as_str().unwrap());
        // As the runner starts it: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax>
        let mut command = machine.command("bash", release);
        command.args(["--noprofile", "--norc", "-e", "-o", "pipefail"]).arg(script);
        for (name, value) in step["env"].as_object().unwrap() {
            let expression = value.as_str().unwrap();
            let key = expression.strip_prefix("${{ ").and_then(|rest| rest.strip_suffix(" }}")).unwrap();
            command.env(name, &values[key]);
        }
        command.env("RUNNER_TEMP", file("temp dir")).env("GITHUB_PATH", file("path")).env("GITHUB_OUTPUT", file("outputs"));
        let output = command.output().unwrap();
        ran.stdout.push_str(&String::from_utf8_lossy(&output.stdout));
        ran.stderr.push_str(&String::from_utf8_lossy(&output.stderr));
        ran.ok = output.status.success();
        if !ran.ok {
            break;
        }
    }
    ran.outputs = std::fs::read_to_string(file("outputs")).unwrap_or_default();
    ran
}
