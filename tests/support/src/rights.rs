//! The rights that `irsa-doctor permissions` prints, enforced by the stand-ins.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::fault::Fault;
use crate::kubernetes::Rule;
use crate::recording::Served;

/// Paths of an API server that are no resources.
const PATHS: [&str; 2] = ["/version", "/.well-known/openid-configuration"];

/// What somebody may ask: of the API server by RBAC, of AWS by an IAM policy with the resource `*`.
#[derive(Debug, Clone)]
pub struct Rights {
    rules: Vec<Rule>,
    paths: Vec<String>,
    actions: Vec<String>,
}

impl Rights {
    /// What `irsa-doctor permissions FLAGS` prints.
    pub fn printed(binary: impl AsRef<Path>, flags: &[&str]) -> Self {
        let mut command = Command::new(binary.as_ref());
        let output = command.arg("permissions").args(flags).args(["-o", "json"]).env_clear().output().expect("it runs");
        let printed: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
        Self::of(&printed["cluster_role"], &printed["iam_policy"])
    }

    /// Of a `ClusterRole` and an IAM policy.
    pub fn of(cluster_role: &Value, policy: &Value) -> Self {
        let mut rights = Self { rules: Vec::new(), paths: Vec::new(), actions: Vec::new() };
        for rule in cluster_role["rules"].as_array().into_iter().flatten() {
            rights.paths.extend(words(&rule["nonResourceURLs"]));
            let names = words(&rule["resourceNames"]);
            let kinds = words(&rule["apiGroups"]).into_iter().flat_map(|group| {
                let resources = words(&rule["resources"]).into_iter();
                resources.map(move |resource| (group.clone(), resource)).collect::<Vec<_>>()
            });
            for (group, resource) in kinds {
                for verb in words(&rule["verbs"]) {
                    let free = Rule::cluster(&verb, &group, &resource);
                    let each = names.iter().map(|name| free.clone().named(name));
                    if names.is_empty() { rights.rules.push(free) } else { rights.rules.extend(each) }
                }
            }
        }
        for statement in policy["Statement"].as_array().into_iter().flatten() {
            rights.actions.extend(words(&statement["Action"]));
        }
        rights
    }

    /// The name of each: `get pods`, `get /version`, `iam:GetRole`.
    pub fn names(&self) -> Vec<String> {
        let rules = self.rules.iter().map(|rule| format!("{} {}", rule.verb, rule.resource));
        let paths = self.paths.iter().map(|path| format!("get {path}"));
        rules.chain(paths).chain(self.actions.iter().cloned()).collect()
    }

    /// All of them but one.
    ///
    /// # Panics
    /// Where it isn't one of them.
    #[must_use]
    pub fn without(&self, right: &str) -> Self {
        let mut rest = self.clone();
        rest.rules.retain(|rule| format!("{} {}", rule.verb, rule.resource) != right);
        rest.paths.retain(|path| format!("get {path}") != right);
        rest.actions.retain(|action| action != right);
        assert!(rest.names().len() < self.names().len(), "{right} is none of them");
        rest
    }

    /// Lets whoever asks these servers do this and nothing else. The faults that they have besides come first.
    pub fn grant(&self, served: &Served, kubernetes: Vec<Fault>, aws: Vec<Fault>) {
        served.kubernetes.set_rules("system:serviceaccount:irsa-doctor:irsa-doctor", self.rules.clone());
        let refused = PATHS.iter().filter(|&&path| !self.paths.iter().any(|allowed| allowed == path));
        let refused = refused.map(|path| Fault::status(&format!("{}$", path.replace('.', "\\.")), 403));
        served.kubernetes.set_faults(kubernetes.into_iter().chain(refused).collect());
        let denied = Fault::denied(&format!("^(?!(?:{})$)", self.actions.join("|")));
        served.aws.set_faults(aws.into_iter().chain([denied]).collect());
    }

    /// The right that an operation of a server's log needs: `get pods` for `/api/v1/namespaces/shop/pods/app`.
    pub fn needed(operation: &str) -> String {
        let parts: Vec<&str> = operation.trim_start_matches('/').split('/').collect();
        let of_group = |rest: &[&str]| match rest {
            ["namespaces"] => "list namespaces".to_owned(),
            ["namespaces", _] => "get namespaces".to_owned(),
            ["namespaces", _, kind] | [kind] => format!("list {kind}"),
            ["namespaces", _, kind, _] | [kind, _] => format!("get {kind}"),
            _ => format!("get {operation}"),
        };
        match parts.as_slice() {
            _ if !operation.starts_with('/') => operation.to_owned(),
            ["api", _, rest @ ..] | ["apis", _, _, rest @ ..] => of_group(rest),
            _ => format!("get {operation}"),
        }
    }
}

fn words(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
