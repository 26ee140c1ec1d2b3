//! What of the files is judged: what makes pods, service accounts that nothing here runs as, and roles for pods that nothing
//! here asks for.

use super::super::defined::Document;
use irsa_doctor_checks::evidence::ROLE_ANNOTATION;
use irsa_doctor_checks::snapshot::{Cluster, Observed, Target, TargetKind, key};
use irsa_doctor_checks::{scan, trust};
use std::collections::BTreeSet;

/// As many service accounts of one role are judged.
const MOST_SUBJECTS: usize = 20;

/// The targets, in order; `roles` are those of the files.
pub(super) fn targets(cluster: &Cluster, roles: &[DefinedRole<'_>]) -> Vec<Target> {
    let mut targets = BTreeSet::new();
    let mut used: BTreeSet<String> = BTreeSet::new();
    for (own, workload) in &cluster.workloads {
        let mut parts = own.splitn(3, '/');
        let Some(kind) = parts.next().and_then(scan::maker) else { continue };
        let Some(workload) = workload.present() else {
            // What is refused isn't left out.
            targets.insert(Target::new(kind, parts.next().unwrap_or_default(), parts.next().unwrap_or_default()));
            continue;
        };
        let namespace = workload.metadata.namespace.clone().unwrap_or_default();
        if let Some(template) = workload.template() {
            used.insert(key(&namespace, template.spec.account_name()));
        }
        targets.insert(Target::new(kind, namespace, workload.metadata.name.as_str()));
    }
    for (own, pod) in &cluster.pods {
        let Some(pod) = pod.present() else {
            let (namespace, name) = own.split_once('/').unwrap_or(("", own));
            targets.insert(Target::new(TargetKind::Pod, namespace, name));
            continue;
        };
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
    for role in roles.iter().filter(|role| !wanted.contains(role.arn.as_str())) {
        targets.extend(role.targets());
    }
    targets.into_iter().map(|target| Target { scanned: true, ..target }).collect()
}

/// A role of the files.
pub(super) struct DefinedRole<'a> {
    pub(super) arn: String,
    /// Its trust policy, where that is known.
    pub(super) trust: &'a Observed<Document>,
    /// Whether its policies were given as files of their own: it is meant in any case.
    pub(super) is_named: bool,
}

impl DefinedRole<'_> {
    /// What is judged of it: where its trust policy isn't known, it may be for pods.
    fn targets(&self) -> Vec<Target> {
        match self.trust {
            Observed::Present(document) if self.is_named || is_for_pods(&document.text) => of_role(&self.arn, &document.text),
            Observed::Unavailable(_) => vec![Target::new(TargetKind::Role, "", self.arn.as_str())],
            Observed::Present(_) | Observed::Absent => Vec::new(),
        }
    }
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
