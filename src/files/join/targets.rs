//! What of the files is judged: what makes pods, service accounts that nothing here runs as, and roles for pods that nothing
//! here asks for.

use irsa_doctor_checks::evidence::ROLE_ANNOTATION;
use irsa_doctor_checks::snapshot::{Account, Cluster, Observed, Target, TargetKind, key};
use irsa_doctor_checks::{scan, trust};
use std::collections::{BTreeMap, BTreeSet};

/// As many service accounts of one role are judged.
const MOST_SUBJECTS: usize = 20;

/// The targets, in order; roles whose policies were given as files of their own are meant in any case.
pub(super) fn targets(cluster: &Cluster, accounts: &BTreeMap<String, Account>, named: &BTreeSet<String>) -> Vec<Target> {
    let mut targets = BTreeSet::new();
    let mut used: BTreeSet<String> = BTreeSet::new();
    for (own, workload) in &cluster.workloads {
        let Some(workload) = workload.present() else { continue };
        let Some(kind) = own.split('/').next().and_then(scan::maker) else { continue };
        let namespace = workload.metadata.namespace.clone().unwrap_or_default();
        if let Some(template) = workload.template() {
            used.insert(key(&namespace, template.spec.account_name()));
        }
        targets.insert(Target::new(kind, namespace, workload.metadata.name.as_str()));
    }
    for pod in cluster.pods.values().filter_map(Observed::present) {
        let namespace = pod.metadata.namespace.clone().unwrap_or_default();
        used.insert(key(&namespace, pod.spec.account_name()));
        targets.insert(Target::new(TargetKind::Pod, namespace, pod.metadata.name.as_str()));
    }
    for own in cluster.service_accounts.keys().chain(cluster.associations.keys()).filter(|own| !used.contains(*own)) {
        if let Some((namespace, name)) = own.split_once('/') {
            targets.insert(Target::new(TargetKind::ServiceAccount, namespace, name));
        }
    }
    let wanted = wanted(cluster);
    let roles = accounts.values().flat_map(|account| account.roles.values()).filter_map(|role| role.role.present());
    let roles = roles.filter(|role| !wanted.contains(role.arn.as_str()) && is_for_pods(&role.trust_policy));
    targets.extend(roles.flat_map(|role| of_role(&role.arn, &role.trust_policy)));
    // A policy alone is one of a role that nothing is known of.
    let is_there = |arn: &str| targets.iter().any(|target: &Target| target.kind == TargetKind::Role && target.name == arn);
    let rest: Vec<&String> = named.iter().filter(|arn| !wanted.contains(arn.as_str()) && !is_there(arn)).collect();
    targets.extend(rest.into_iter().map(|arn| Target::new(TargetKind::Role, "", arn.as_str())));
    targets.into_iter().map(|target| Target { scanned: true, ..target }).collect()
}

/// The roles that service accounts of the files ask for.
fn wanted(cluster: &Cluster) -> BTreeSet<&str> {
    let accounts = cluster.service_accounts.values().filter_map(Observed::present);
    let annotated = accounts.filter_map(|account| account.metadata.annotation(ROLE_ANNOTATION));
    let associations = cluster.associations.values().filter_map(Observed::present);
    let associated = associations
        .flat_map(|association| std::iter::once(association.role_arn.as_str()).chain(association.target_role_arn.as_deref()));
    annotated.chain(associated).collect()
}

/// Whether a trust policy speaks of tokens of clusters. One that is no policy may be meant to.
fn is_for_pods(trust_policy: &str) -> bool {
    ["AssumeRoleWithWebIdentity", "oidc-provider/", "system:serviceaccount:"].iter().any(|sign| trust_policy.contains(sign))
}

/// A role once for each service account that it names; once alone where it names none.
fn of_role(arn: &str, trust_policy: &str) -> Vec<Target> {
    let subjects = trust::subjects(trust_policy).unwrap_or_default();
    let named = subjects.iter().filter_map(|subject| {
        let (namespace, name) = subject.strip_prefix("system:serviceaccount:")?.split_once(':')?;
        let plain = |part: &str| !part.is_empty() && !part.contains(['*', '?', ':', '$']);
        (plain(namespace) && plain(name)).then(|| format!("{namespace}/{name}"))
    });
    let role = |subject: Option<String>| Target { subject, ..Target::new(TargetKind::Role, "", arn) };
    let each: Vec<Target> = named.take(MOST_SUBJECTS).map(|subject| role(Some(subject))).collect();
    if each.is_empty() { vec![role(None)] } else { each }
}
