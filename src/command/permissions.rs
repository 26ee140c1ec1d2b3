//! `irsa-doctor permissions`: what a run needs to read, from the very tables that the collectors' guards go by.

use crate::cli::{Color, Format};
use crate::collect::aws::{OPERATIONS, RESOURCE_POLICY_OPERATIONS};
use crate::collect::kubernetes::permissions::{PERMISSIONS, Permission, Scope};
use crate::error::Error;
use crate::output;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Prints the IAM policy and the Kubernetes role.
pub(super) fn run(format: Format) -> Result<(), Error> {
    let text = match format {
        Format::Json => pretty(&json!({
            "schema_version": 1,
            "iam_policy": iam_policy(),
            "iam_policies_by_flag": policies_by_flag(),
            "cluster_role": cluster_role(),
        }))?,
        Format::Table => table()?,
    };
    output::print(text.as_bytes(), output::look(Color::Auto, false).color)
}

fn pretty(value: &Value) -> Result<String, Error> {
    let mut text = serde_json::to_string_pretty(value).map_err(std::io::Error::from)?;
    text.push('\n');
    Ok(text)
}

/// Both documents, ready to paste, and below each what every right is for.
fn table() -> Result<String, Error> {
    let mut text = String::from("IAM policy of whoever runs irsa-doctor, in the role's account and the cluster's:\n\n");
    text.push_str(&pretty(&iam_policy())?);
    text.push_str("\nWhat for (* a healthy pod can't be told healthy without it):\n\n");
    for operation in OPERATIONS.iter().filter(|operation| operation.flag.is_none()) {
        let _ = writeln!(text, "  {} {:<36} {}", mark(operation.essential), operation.action, operation.why);
    }
    for operation in RESOURCE_POLICY_OPERATIONS {
        let _ = writeln!(text, "  {} {:<36} {}", mark(operation.essential), operation.action, operation.why);
    }
    text.push_str("\nNot in it, for these are read only with a flag:\n\n");
    for operation in OPERATIONS {
        let Some(flag) = operation.flag else { continue };
        let _ = writeln!(text, "    {:<36} {flag}: {}", operation.action, operation.why);
    }
    text.push_str(
        "\nKubernetes ClusterRole (kubectl apply -f reads JSON too); bind it in the namespaces that are looked at:\n\n",
    );
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
fn iam_policy() -> Value {
    let actions = |essential: bool| -> Vec<&str> {
        let always = OPERATIONS.iter().filter(|operation| operation.flag.is_none());
        always.filter(|operation| operation.essential == essential).map(|operation| operation.action).collect()
    };
    let statement = |sid: &str, actions: Vec<&str>| json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*"});
    let mut statements = vec![statement("Diagnose", actions(true)), statement("Explain", actions(false))];
    if !RESOURCE_POLICY_OPERATIONS.is_empty() {
        let actions = RESOURCE_POLICY_OPERATIONS.iter().map(|operation| operation.action).collect();
        statements.push(statement("ResourcePolicies", actions));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// What a flag needs besides, a policy for each.
fn policies_by_flag() -> BTreeMap<&'static str, Value> {
    let mut actions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for operation in OPERATIONS {
        if let Some(flag) = operation.flag {
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
        let (policy, by_flag) = (iam_policy().to_string(), json!(policies_by_flag()).to_string());
        for operation in OPERATIONS.iter().chain(RESOURCE_POLICY_OPERATIONS) {
            let (here, there) = if operation.flag.is_some() { (&by_flag, &policy) } else { (&policy, &by_flag) };
            assert!(here.contains(operation.action) && !there.contains(operation.action), "{}", operation.action);
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
