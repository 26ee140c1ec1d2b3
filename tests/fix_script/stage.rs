//! A directory with a bundle, its fix script, and an `aws`, `kubectl` and `eksctl` that write down what they are given.

use irsa_doctor_test_support::TempDir;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

const ARTICLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/base/article.json");
const CLUSTER: &str = "arn:aws:eks:us-east-1:123456789012:cluster/my-cluster";
const ROLE: &str = "/accounts/123456789012/roles/my-test-role/role/present/trust_policy";

/// Writes its words into a file of their own, and answers as the real one would.
const STUB: &str = r#"#!/bin/sh
number=$(ls "$LOG" | wc -l)
for word in "${0##*/}" "$@"; do printf '%s\0' "$word"; done > "$LOG/$(printf %04d "$number")"
case " $* " in *" ${FAIL:-nothing} "*) echo "no $FAIL today" >&2; exit 255;; esac
case "$1 $2" in
  "sts get-caller-identity") echo "$ACCOUNT";;
  "iam get-role") cat "$DOCUMENT";;
  "config view") printf %s "$SERVER";;
esac
"#;

/// All is well.
pub(crate) fn healthy() -> Value {
    serde_json::from_str(&fs::read_to_string(ARTICLE).unwrap()).unwrap()
}

/// The trust policy names another account, the audience annotation is empty, and a ReplicaSet owns the pod.
pub(crate) fn broken() -> Value {
    let mut bundle = healthy();
    let pod = &mut cluster(&mut bundle)["pods"]["default/awscli"]["present"];
    pod["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "awscli-5d", "uid": "u", "controller": true}]);
    pod["spec"]["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"].as_object_mut().unwrap().remove("audience");
    cluster(&mut bundle)["service_accounts"]["default/my-service-account"]["present"]["metadata"]["annotations"]["eks.amazonaws.com/audience"] =
        json!("");
    let trust = bundle.pointer_mut(ROLE).unwrap();
    *trust = json!(trust.as_str().unwrap().replace("default:my-service-account", "default:another"));
    bundle
}

/// The cluster, to be changed.
pub(crate) fn cluster(bundle: &mut Value) -> &mut Value {
    &mut bundle["clusters"][CLUSTER]
}

/// The account, to be changed.
pub(crate) fn account(bundle: &mut Value) -> &mut Value {
    &mut bundle["accounts"]["123456789012"]
}

/// Gives something another name wherever that stands, in keys and in the policies' texts too.
pub(crate) fn rename(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(mut document @ Value::Object(_)) => {
                rename(&mut document, from, to);
                *text = document.to_string();
            }
            _ => *text = text.replace(from, to),
        },
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, from, to)),
        Value::Object(members) => {
            let old = std::mem::take(members);
            for (key, mut member) in old {
                rename(&mut member, from, to);
                members.insert(key.replace(from, to), member);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What a run of a script came to.
pub(crate) struct Run {
    pub(crate) ok: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The words of every program that was called.
    pub(crate) calls: Vec<Vec<String>>,
}

impl Run {
    /// The calls that change something.
    pub(crate) fn writes(&self) -> Vec<Vec<String>> {
        let reads = |words: &&Vec<String>| {
            !words.iter().take(3).any(|word| ["get-caller-identity", "view", "get-role"].contains(&word.as_str()))
        };
        self.calls.iter().filter(reads).cloned().collect()
    }
}

/// The directory.
pub(crate) struct Stage {
    folder: TempDir,
    bundle: Value,
}

impl Stage {
    /// A stage for a bundle, with its script written.
    pub(crate) fn new(bundle: &Value) -> Self {
        let folder = TempDir::new();
        folder.write("bundle.json", &bundle.to_string());
        fs::create_dir(folder.path().join("bin")).unwrap();
        for program in ["aws", "kubectl", "eksctl"] {
            folder.program(&format!("bin/{program}"), STUB);
        }
        let stage = Self { folder, bundle: bundle.clone() };
        let script = stage.path("fix.sh");
        let output = stage.doctor(&["--fix-script", script.to_str().unwrap()]);
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&output.stderr));
        stage.set_document(&stage.document());
        stage
    }

    /// The binary, on this bundle.
    pub(crate) fn doctor(&self, args: &[&str]) -> Output {
        let bundle = self.path("bundle.json");
        let mut command = Command::new(env!("CARGO_BIN_EXE_irsa-doctor"));
        command.args(["--from", bundle.to_str().unwrap()]).args(args).env_clear().env("LANG", "C.UTF-8");
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// The report.
    pub(crate) fn report(&self) -> Value {
        serde_json::from_slice(&self.doctor(&["-o", "json"]).stdout).unwrap()
    }

    /// The commands that the report's errors have, those that make new pods last and once.
    pub(crate) fn commands(&self) -> Vec<Vec<String>> {
        let report = self.report();
        let mut commands: Vec<(u8, Vec<String>)> = Vec::new();
        for found in report["targets"][0]["findings"].as_array().unwrap() {
            let fix = &found["fix"];
            if found["severity"] != "error" || !fix["needs_decision"].is_null() {
                continue;
            }
            for command in fix["commands"].as_array().into_iter().flatten() {
                let words: Vec<String> = serde_json::from_value(command["argv"].clone()).unwrap();
                let rank = match command["effect"].as_str().unwrap() {
                    "restarts-pods" => 2,
                    _ => u8::from(fix["diff"].is_null()),
                };
                if !commands.contains(&(rank, words.clone())) {
                    commands.push((rank, words));
                }
            }
        }
        commands.sort_by_key(|(rank, _)| *rank);
        commands.into_iter().map(|(_, words)| words).collect()
    }

    /// The script's text.
    pub(crate) fn script(&self) -> String {
        self.read("fix.sh")
    }

    /// Runs the script.
    pub(crate) fn run(&self, environment: &[(&str, &str)]) -> Run {
        self.shell("bash", &["./fix.sh"], environment)
    }

    /// Runs what somebody pasted.
    pub(crate) fn paste(&self, shell: &str, text: &str) -> Run {
        self.shell(shell, &["-c", text], &[])
    }

    fn shell(&self, shell: &str, args: &[&str], environment: &[(&str, &str)]) -> Run {
        let log = self.path("log");
        let _ = fs::remove_dir_all(&log);
        fs::create_dir(&log).unwrap();
        let server = self.bundle["clusters"].as_object().unwrap().values().next().unwrap()["server"].as_str().unwrap().to_owned();
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.path("bin").display());
        let mut command = Command::new(shell);
        command.args(args).current_dir(self.folder.path()).env_clear().env("PATH", path).stdin(Stdio::null());
        command.env("LOG", &log).env("DOCUMENT", self.path("document.json")).env("ACCOUNT", "123456789012").env("SERVER", server);
        let output = command.envs(environment.iter().copied()).output().unwrap();
        let mut files: Vec<PathBuf> = fs::read_dir(&log).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        Run {
            ok: output.status.success(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            calls: files.iter().map(|file| words(&fs::read_to_string(file).unwrap())).collect(),
        }
    }

    /// The role's trust policy as the bundle has it.
    pub(crate) fn document(&self) -> Value {
        serde_json::from_str(self.bundle.pointer(ROLE).unwrap().as_str().unwrap()).unwrap()
    }

    /// What the account answers from now on, as the AWS CLI prints it.
    pub(crate) fn set_document(&self, document: &Value) {
        let mut out = Vec::new();
        let layout = serde_json::ser::PrettyFormatter::with_indent(b"    ");
        serde::Serialize::serialize(document, &mut serde_json::Serializer::with_formatter(&mut out, layout)).unwrap();
        self.write("document.json", &String::from_utf8(out).unwrap());
    }

    /// Whether a file is there.
    pub(crate) fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// A file's text.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// A file's path.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_terminator('\0').map(str::to_owned).collect()
}
