//! `irsa-doctor permissions`: what a run needs to read, from the very tables that the collectors' guards go by.

use crate::cli::{Color, Format};
use crate::collect::aws::{DECODE_MESSAGE, LIST_POLICIES, OPERATIONS, Operation, RESOURCE_POLICY_OPERATIONS};
use crate::collect::kubernetes::permissions::{PERMISSIONS, Permission, Scope};
use crate::error::Error;
use crate::output;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What only an option asks for that a run over a whole cluster has no use for, and the option.
static ASKED_ONLY_WITH: [(&Operation, &str); 2] = [(&LIST_POLICIES, "--policy"), (&DECODE_MESSAGE, "--error")];

/// Prints the IAM policy and the Kubernetes role: of any run, or of one over all namespaces.
pub(super) fn run(all_namespaces: bool, format: Format) -> Result<(), Error> {
    let text = match format {
        Format::Json => pretty(&json!({
            "schema_version": 1,
            "iam_policy": iam_policy(all_namespaces),
            "iam_policies_by_flag": policies_by_flag(all_namespaces),
            "cluster_role": cluster_role(),
        }))?,
        Format::Table => table(all_namespaces)?,
    };
    output::print(text.as_bytes(), output::look(Color::Auto, false).color)
}

fn pretty(value: &Value) -> Result<String, Error> {
    let mut text = serde_json::to_string_pretty(value).map_err(std::io::Error::from)?;
    text.push('\n');
    Ok(text)
}

/// The flag without which it isn't asked.
fn flag(operation: &Operation, all_namespaces: bool) -> Option<&'static str> {
    let asked_only_with = || ASKED_ONLY_WITH.iter().find(|(asked, _)| *asked == operation).map(|(_, flag)| *flag);
    operation.flag.or_else(|| all_namespaces.then(asked_only_with).flatten())
}

/// What is asked for the policies of resources; without `--resource`, nothing.
fn resource_policies(all_namespaces: bool) -> &'static [&'static Operation] {
    if all_namespaces { &[] } else { RESOURCE_POLICY_OPERATIONS }
}

/// Both documents, ready to paste, and below each what every right is for.
fn table(all_namespaces: bool) -> Result<String, Error> {
    let mut text = String::from("IAM policy of whoever runs irsa-doctor, in the role's account and the cluster's:\n\n");
    text.push_str(&pretty(&iam_policy(all_namespaces))?);
    text.push_str("\nWhat for (* a healthy pod can't be told healthy without it):\n\n");
    let always = OPERATIONS.iter().filter(|operation| flag(operation, all_namespaces).is_none());
    for operation in always.chain(resource_policies(all_namespaces)) {
        let _ = writeln!(text, "  {} {:<36} {}", mark(operation.essential), operation.action, operation.why);
    }
    text.push_str("\nNot in it, for these are read only with a flag:\n\n");
    for operation in OPERATIONS {
        let Some(flag) = flag(operation, all_namespaces) else { continue };
        let _ = writeln!(text, "    {:<36} {flag}: {}", operation.action, operation.why);
    }
    let bind = if all_namespaces { "with a ClusterRoleBinding" } else { "in the namespaces that are looked at" };
    let _ = write!(text, "\nKubernetes ClusterRole (kubectl apply -f reads JSON too); bind it {bind}:\n\n");
    text.push_str(&pretty(&cluster_role())?);
    text.push_str("\nWhat for:\n\n");
    for permission in PERMISSIONS {
        let _ = writeln!(text, "  {} {:<42} {}", mark(permission.essential), permission.operation, permission.why);
    }
    Ok(text)
}

fn mark(essential: bool) -> char {
    if essential { '*' } else { ' ' }
}

/// One statement for what a healthy pod needs, one for what explanations need, and one for the policies of resources
/// that are named with `--resource`.
fn iam_policy(all_namespaces: bool) -> Value {
    let actions = |essential: bool| -> Vec<&str> {
        let always = OPERATIONS.iter().filter(|operation| flag(operation, all_namespaces).is_none());
        always.filter(|operation| operation.essential == essential).map(|operation| operation.action).collect()
    };
    let statement = |sid: &str, actions: Vec<&str>| json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*"});
    let mut statements = vec![statement("Diagnose", actions(true)), statement("Explain", actions(false))];
    let resource_policies = resource_policies(all_namespaces);
    if !resource_policies.is_empty() {
        let actions = resource_policies.iter().map(|operation| operation.action).collect();
        statements.push(statement("ResourcePolicies", actions));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// What a flag needs besides, a policy for each.
fn policies_by_flag(all_namespaces: bool) -> BTreeMap<&'static str, Value> {
    let mut actions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for operation in OPERATIONS {
        if let Some(flag) = flag(operation, all_namespaces) {
            actions.entry(flag).or_default().push(operation.action);
        }
    }
    let policy =
        |actions| json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]});
    actions.into_iter().map(|(flag, actions)| (flag, policy(actions))).collect()
}

/// The rules, merged by group and names.
fn cluster_role() -> Value {
    type Names = &'static [&'static str];
    let mut rules: BTreeMap<(&str, Names, &str), BTreeSet<&str>> = BTreeMap::new();
    let mut paths: BTreeSet<&str> = BTreeSet::new();
    for Permission { verb, group, resource, scope, names, .. } in PERMISSIONS.iter().copied() {
        match scope {
            Scope::Path => {
                paths.insert(resource);
            }
            Scope::Namespaced | Scope::Cluster => {
                rules.entry((group, names, resource)).or_default().insert(verb);
            }
        }
    }
    let mut list: Vec<Value> = rules.into_iter().map(rule).collect();
    list.push(json!({"nonResourceURLs": paths, "verbs": ["get"]}));
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "irsa-doctor"},
        "rules": list,
    })
}

fn rule(((group, names, resource), verbs): ((&str, &[&str], &str), BTreeSet<&str>)) -> Value {
    let mut rule = json!({"apiGroups": [group], "resources": [resource], "verbs": verbs});
    if let (false, Some(rule)) = (names.is_empty(), rule.as_object_mut()) {
        rule.insert("resourceNames".to_owned(), json!(names));
    }
    rule
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_what_the_guards_let_through_and_nothing_that_writes() {
        let (policy, by_flag) = (iam_policy(false).to_string(), json!(policies_by_flag(false)).to_string());
        for operation in OPERATIONS.iter().chain(RESOURCE_POLICY_OPERATIONS) {
            let (here, there) = if operation.flag.is_some() { (&by_flag, &policy) } else { (&policy, &by_flag) };
            assert!(here.contains(operation.action) && !there.contains(operation.action), "{}", operation.action);
        }
        let scan = iam_policy(true).to_string();
        for operation in OPERATIONS.iter().chain(RESOURCE_POLICY_OPERATIONS) {
            let asked_only = ["iam:ListPolicies", "sts:DecodeAuthorizationMessage"].contains(&operation.action);
            let in_scan = OPERATIONS.contains(operation) && operation.flag.is_none() && !asked_only;
            assert_eq!(scan.contains(&format!("\"{}\"", operation.action)), in_scan, "{}", operation.action);
        }
        let role = cluster_role();
        let verbs: BTreeSet<&str> = role["rules"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|rule| rule["verbs"].as_array().unwrap())
            .map(|verb| verb.as_str().unwrap())
            .collect();
        assert_eq!(verbs, BTreeSet::from(["get", "list"]));
        assert!(!role.to_string().contains("secrets"));
    }
}
