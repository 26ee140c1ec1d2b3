//! The rights of a run over all namespaces, as the program itself prints them.

use serde_json::Value;
use std::fmt::Write as _;
use std::process::Command;

/// What `irsa-doctor permissions -A` prints.
pub(crate) struct Printed {
    pub(crate) cluster_role: Value,
    policy: Value,
}

impl Printed {
    pub(crate) fn of_a_scan() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_irsa-doctor"));
        let output = command.args(["permissions", "-A", "-o", "json"]).env_clear().output().unwrap();
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        Self { cluster_role: printed["cluster_role"].clone(), policy: printed["iam_policy"].clone() }
    }

    /// The rules as YAML.
    pub(crate) fn rules(&self) -> String {
        let mut text =
            String::from("# Made by `IRSA_DOCTOR_UPDATE=1 cargo test --test deploy` from `irsa-doctor permissions -A`.\n");
        for rule in self.cluster_role["rules"].as_array().unwrap() {
            let keys = ["apiGroups", "resources", "resourceNames", "nonResourceURLs", "verbs"];
            let known = keys.iter().filter(|&&key| !rule[key].is_null());
            for (index, key) in known.enumerate() {
                let start = if index == 0 { "-" } else { " " };
                let words: Vec<String> = rule[key].as_array().unwrap().iter().map(Value::to_string).collect();
                writeln!(text, "{start} {key}: [{}]", words.join(", ")).unwrap();
            }
        }
        text
    }

    /// The whole ClusterRole as YAML.
    pub(crate) fn cluster_role(&self) -> String {
        let head = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: irsa-doctor\nrules:\n";
        self.rules().lines().fold(head.to_owned(), |text, line| format!("{text}  {line}\n"))
    }

    /// The IAM policy as JSON.
    pub(crate) fn policy(&self) -> String {
        format!("{}\n", serde_json::to_string_pretty(&self.policy).unwrap())
    }
}
