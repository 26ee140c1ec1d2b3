//! Whom else the write of a role's document changes: the other statements, the other subjects, the other users of the role.

use crate::evidence::{Evidence, ROLE_ANNOTATION};
use crate::names::some;
use crate::policies::Users;
use crate::snapshot::{Observed, Snapshot, key};
use crate::trust;
use serde_json::Value;
use std::collections::BTreeSet;

/// What else changes, or stays, when this document of the role is written.
pub(super) fn of(evidence: &Evidence<'_>, role_arn: &str, is_trust: bool, before: Option<&str>, after: &str) -> Vec<String> {
    let mut affects = Vec::new();
    if let Some(before) = before {
        if is_trust {
            affects.extend(subjects(evidence, before, after));
        }
        affects.extend(statements(before, after));
    }
    let users = users(evidence, role_arn);
    if !users.is_empty() {
        let one = users.len() == 1;
        let (accounts, verb, gets) =
            if one { ("service account", "uses", "it gets") } else { ("service accounts", "use", "they get") };
        let so = if is_trust { format!("the document decides whether {gets} in") } else { "may then do the same".to_owned() };
        affects.push(format!("{accounts} {} {verb} the role too, and {so}", some(users)));
    }
    affects
}

/// Who loses the role, and which other subjects keep it.
fn subjects(evidence: &Evidence<'_>, before: &str, after: &str) -> Vec<String> {
    let (Some(old), Some(new)) = (trust::subjects(before), trust::subjects(after)) else { return Vec::new() };
    let own = evidence.subject();
    let is_there = |subject: &String| {
        let account = subject.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
        let found = account.and_then(|(namespace, name)| {
            let accounts = &evidence.cluster?.service_accounts;
            accounts.get(&crate::snapshot::key(namespace, name)).map(crate::snapshot::Observed::is_present)
        });
        if found == Some(true) { " (which is there)" } else { "" }
    };
    let lost: BTreeSet<String> = old.difference(&new).map(|subject| format!("{subject}{}", is_there(subject))).collect();
    let kept: BTreeSet<String> = old.intersection(&new).filter(|subject| Some(*subject) != own.as_ref()).cloned().collect();
    let mut said = Vec::new();
    if !lost.is_empty() {
        said.push(format!(
            "the document names {} no longer: if anything uses the role under that name, it is shut out",
            some(lost)
        ));
    }
    if !kept.is_empty() {
        said.push(format!("the other subjects stay: {}", some(kept)));
    }
    said
}

/// The statements that stay, to the letter.
fn statements(before: &str, after: &str) -> Option<String> {
    let list = |text: &str| match serde_json::from_str::<Value>(text).ok()?.get("Statement")? {
        Value::Array(statements) => Some(statements.clone()),
        statement => Some(vec![statement.clone()]),
    };
    let (old, new) = (list(before)?, list(after)?);
    let kept = old.iter().filter(|statement| new.contains(statement)).count();
    match (kept, old.len()) {
        (0, _) => None,
        (1, 1) => Some("the statement that is there stays as it is".to_owned()),
        (kept, all) if kept == all => Some(format!("all {all} statements that are there stay as they are")),
        (kept, all) => Some(format!("{kept} of the {all} statements that are there stay as they are")),
    }
}

/// The other service accounts of the snapshot that use the role: by their annotation, an association, or a pod of theirs.
fn users(evidence: &Evidence<'_>, role_arn: &str) -> BTreeSet<String> {
    let clusters = &evidence.snapshot.clusters;
    let own_cluster = evidence.target.cluster.as_ref().or_else(|| clusters.keys().next());
    let own = evidence.account_name().map(|name| key(evidence.namespace(), name));
    let users = evidence.policies.users(|| all_users(evidence.snapshot));
    let others = users.get(role_arn).into_iter().flatten();
    let others = others.filter(|(cluster, account)| !(Some(cluster) == own_cluster && Some(account) == own.as_ref()));
    let name = |(cluster, account): &(String, String)| {
        if clusters.len() > 1 { format!("{account} in cluster {cluster}") } else { account.clone() }
    };
    others.map(name).collect()
}

/// Who uses which role, in all clusters of a snapshot.
fn all_users(snapshot: &Snapshot) -> Users {
    let mut users = Users::new();
    let mut add = |role: &str, cluster: &str, account: String| {
        users.entry(role.to_owned()).or_default().insert((cluster.to_owned(), account))
    };
    for (name, cluster) in &snapshot.clusters {
        for (account, read) in &cluster.service_accounts {
            let role = read.present().and_then(|account| account.metadata.annotation(ROLE_ANNOTATION));
            role.map(|role| add(role, name.as_str(), account.clone()));
        }
        for (account, association) in &cluster.associations {
            association.present().map(|association| add(&association.role_arn, name, account.clone()));
        }
        for pod in cluster.pods.values().filter_map(Observed::present) {
            let account = key(pod.metadata.namespace.as_deref().unwrap_or_default(), pod.spec.account_name());
            let variables = pod.spec.containers.iter().flat_map(|container| &container.env);
            for variable in variables.filter(|variable| variable.name == "AWS_ROLE_ARN") {
                variable.value.as_deref().map(|role| add(role, name, account.clone()));
            }
        }
    }
    users
}
