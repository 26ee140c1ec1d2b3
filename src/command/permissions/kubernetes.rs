//! The Kubernetes role.

use crate::collect::kubernetes::permissions::{PERMISSIONS, Permission, Scope};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What is allowed for one kind of object.
pub(super) struct Rule {
    pub(super) group: &'static str,
    pub(super) resource: &'static str,
    pub(super) names: &'static [&'static str],
    pub(super) verbs: BTreeSet<&'static str>,
}

/// The rules, merged by group and names; and the paths that are no objects.
pub(super) fn rules() -> (Vec<Rule>, BTreeSet<&'static str>) {
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
    let rules = rules.into_iter().map(|((group, names, resource), verbs)| Rule { group, resource, names, verbs });
    (rules.collect(), paths)
}

/// The role as the API server takes it.
pub(super) fn cluster_role() -> Value {
    let (rules, paths) = rules();
    let mut list: Vec<Value> = rules.iter().map(rule).collect();
    list.push(json!({"nonResourceURLs": paths, "verbs": ["get"]}));
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "irsa-doctor"},
        "rules": list,
    })
}

fn rule(rule: &Rule) -> Value {
    let mut value = json!({"apiGroups": [rule.group], "resources": [rule.resource], "verbs": rule.verbs});
    if let (false, Some(value)) = (rule.names.is_empty(), value.as_object_mut()) {
        value.insert("resourceNames".to_owned(), json!(rule.names));
    }
    value
}
