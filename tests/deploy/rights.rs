//! The rights of a run over all namespaces, as the program itself prints them.

use irsa_doctor_test_support::{Fault, Rule, Served};
use serde_json::Value;
use std::fmt::Write as _;
use std::process::Command;

/// What `irsa-doctor permissions -A` prints.
pub(crate) struct Rights {
    pub(crate) cluster_role: Value,
    policy: Value,
}

impl Rights {
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

/// Lets whoever asks these servers do what the role and the policy say, and nothing else.
pub(crate) fn grant(served: &Served, cluster_role: &Value, policy: &Value) {
    let words = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    let mut rules = Vec::new();
    for rule in cluster_role["rules"].as_array().unwrap() {
        let names = words(&rule["resourceNames"]);
        for (group, resource) in
            words(&rule["apiGroups"]).iter().flat_map(|g| words(&rule["resources"]).into_iter().map(move |r| (g.clone(), r)))
        {
            for verb in words(&rule["verbs"]) {
                let free = Rule::cluster(&verb, &group, &resource);
                if names.is_empty() { rules.push(free) } else { rules.extend(names.iter().map(|name| free.clone().named(name))) }
            }
        }
    }
    served.kubernetes.set_rules("system:serviceaccount:irsa-doctor:irsa-doctor", rules);
    let actions: Vec<String> =
        policy["Statement"].as_array().unwrap().iter().flat_map(|statement| words(&statement["Action"])).collect();
    served.aws.set_faults(vec![Fault::denied(&format!("^(?!(?:{})$)", actions.join("|")))]);
}
