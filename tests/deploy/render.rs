//! Rendering with Helm and kubectl, and Kubernetes' own schemas.

use irsa_doctor_test_support::TempDir;
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// Versions that the manifests are held against: the oldest that the chart takes, and two that EKS has.
const KUBERNETES: [&str; 3] = ["1.31", "1.34", "1.36"];

/// A file below `deploy/`.
pub(crate) fn deploy(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/deploy")).join(path)
}

/// Objects, as they would be applied.
pub(crate) struct Rendered {
    pub(crate) text: String,
    pub(crate) objects: Vec<Value>,
}

impl Rendered {
    fn new(output: &Output) -> Self {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        let objects = serde_saphyr::from_multiple::<Value>(&text).unwrap();
        Self { text, objects: objects.into_iter().filter(|object| !object.is_null()).collect() }
    }

    /// The kinds, sorted.
    pub(crate) fn kinds(&self) -> Vec<&str> {
        let mut kinds: Vec<&str> = self.objects.iter().map(|object| object["kind"].as_str().unwrap()).collect();
        kinds.sort_unstable();
        kinds
    }

    /// The only object of a kind.
    pub(crate) fn one(&self, kind: &str) -> &Value {
        let found: Vec<&Value> = self.objects.iter().filter(|object| object["kind"] == kind).collect();
        assert_eq!(found.len(), 1, "{kind}");
        found[0]
    }
}

/// A program that `tests/run` installs, in an environment of its own.
fn program(variable: &str, home: &TempDir) -> Command {
    let path = std::env::var_os(variable).unwrap_or_else(|| panic!("{variable} is not set: run tests/run"));
    let mut command = Command::new(path);
    command.env_clear().env("HOME", home.path()).stdin(Stdio::null());
    command
}

/// A kustomization below `deploy/kustomize`.
pub(crate) fn kustomize(folder: &str) -> Rendered {
    let home = TempDir::new();
    let folder = deploy("kustomize").join(folder);
    Rendered::new(&program("IRSA_DOCTOR_KUBECTL", &home).arg("kustomize").arg(folder).output().unwrap())
}

fn helm(values: &[&str]) -> Output {
    let home = TempDir::new();
    let mut command = program("IRSA_DOCTOR_HELM", &home);
    command.args(["template", "irsa-doctor"]).arg(deploy("helm/irsa-doctor")).args(["--namespace", "irsa-doctor"]);
    let mut file = false;
    for &value in values {
        if !file && value != "-f" {
            command.arg("--set");
        }
        file = value == "-f";
        command.arg(value);
    }
    command.output().unwrap()
}

/// The chart, with these values: `KEY=VALUE`, or `-f` and a file.
pub(crate) fn template(values: &[&str]) -> Rendered {
    Rendered::new(&helm(values))
}

/// What the chart says against these values.
pub(crate) fn refuses(values: &[&str]) -> String {
    let output = helm(values);
    assert!(!output.status.success(), "{values:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// What is wrong with these objects, by the API's schemas; unknown fields are wrong, and so are unknown kinds.
pub(crate) fn validate(text: &str) -> Vec<String> {
    let folder = TempDir::new();
    let file = folder.write("objects.yaml", text);
    let objects = text.lines().filter(|line| line.starts_with("kind: ")).count();
    let mut wrong = Vec::new();
    for version in KUBERNETES {
        let mut command = program("IRSA_DOCTOR_PYTHON", &folder);
        command.args(["-m", "kubernetes_validate", "--strict", "--kubernetes-version", version]).arg(&file);
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        let (passed, other): (Vec<&str>, Vec<&str>) =
            said.lines().partition(|line| line.starts_with("INFO ") && line.contains(" passed for resource "));
        wrong.extend(other.into_iter().map(|line| format!("{version}: {line}")));
        if wrong.is_empty() && (passed.len() != objects || objects == 0) {
            wrong.push(format!("{version}: {} of {objects} objects were looked at", passed.len()));
        }
    }
    wrong
}
