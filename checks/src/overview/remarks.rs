//! What a scan shows beside faults: shared roles, unused accounts, roles that nobody gets, subjects that aren't there.

use crate::check::Status;
use crate::evidence::ROLE_ANNOTATION;
use crate::names::some;
use crate::report::TargetReport;
use crate::snapshot::{Cluster, Gap, Observed, Snapshot, key};
use crate::trust;
use std::collections::{BTreeMap, BTreeSet};

/// From how many namespaces on a role is called shared.
const MANY_NAMESPACES: usize = 3;

/// All remarks.
pub(super) fn remarks(snapshot: &Snapshot, targets: &[TargetReport]) -> Vec<String> {
    // What isn't in the files may be anywhere else.
    if snapshot.from_files {
        return Vec::new();
    }
    let mut remarks = shared_roles(targets);
    remarks.extend(roles_that_nobody_gets(targets));
    let several = snapshot.clusters.len() > 1;
    for (name, cluster) in &snapshot.clusters {
        let own = unused_accounts(cluster).into_iter().chain(unread_associations(cluster));
        let own = own.chain(subjects_that_are_gone(snapshot, cluster, targets));
        remarks.extend(own.map(|remark| if several { format!("in cluster {name}, {remark}") } else { remark }));
    }
    remarks
}

fn roles(report: &TargetReport) -> BTreeSet<&str> {
    report.identities.iter().filter_map(|identity| identity.role_arn.as_deref()).collect()
}

fn shared_roles(targets: &[TargetReport]) -> Vec<String> {
    let place = |report: &TargetReport| match &report.target.cluster {
        Some(cluster) => format!("{cluster}/{}", report.target.namespace),
        None => report.target.namespace.clone(),
    };
    let mut namespaces: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for report in targets {
        for role in roles(report) {
            namespaces.entry(role).or_default().insert(place(report));
        }
    }
    let shared = namespaces.into_iter().filter(|(_, namespaces)| namespaces.len() >= MANY_NAMESPACES);
    shared
        .map(|(role, namespaces)| format!("role {role} is used from {} namespaces: {}", namespaces.len(), some(namespaces)))
        .collect()
}

/// A service account: its cluster where there are several, its namespace and its name.
type Account<'r> = (Option<&'r str>, &'r str, Option<&'r str>);

/// Roles whose trust policy refuses everybody here who asks for them.
fn roles_that_nobody_gets(targets: &[TargetReport]) -> Vec<String> {
    let mut asked: BTreeMap<&str, BTreeMap<Account<'_>, bool>> = BTreeMap::new();
    for report in targets {
        let trust = report.checks.iter().find(|check| check.id == "trust-policy").map(|check| check.status);
        let Some(status) = trust.filter(|status| !matches!(status, Status::Unknown | Status::NotApplicable)) else { continue };
        for role in roles(report) {
            let target = &report.target;
            let account = (target.cluster.as_deref(), target.namespace.as_str(), report.service_account.as_deref());
            *asked.entry(role).or_default().entry(account).or_default() |= status != Status::Fail;
        }
    }
    let nobody = asked.into_iter().filter(|(_, accounts)| !accounts.values().any(|lets_in| *lets_in));
    nobody
        .map(|(role, accounts)| match accounts.len() {
            1 => format!("role {role} does not let in the one service account here that asks for it"),
            all => format!("role {role} lets in none of the {all} service accounts here that ask for it"),
        })
        .collect()
}

/// Annotated service accounts that no listed pod runs as, where all pods of their namespace were listed.
fn unused_accounts(cluster: &Cluster) -> Option<String> {
    let pods = cluster.pods.values().filter_map(Observed::present);
    let used: BTreeSet<String> =
        pods.map(|pod| key(pod.metadata.namespace.as_deref().unwrap_or_default(), pod.spec.account_name())).collect();
    let listed = |account: &str| {
        let namespace = account.split('/').next().unwrap_or_default();
        cluster.pod_lists.get(namespace).is_some_and(Observed::is_present)
    };
    let annotated = cluster
        .service_accounts
        .iter()
        .filter(|(_, account)| account.present().is_some_and(|account| account.metadata.annotation(ROLE_ANNOTATION).is_some()));
    let unused: BTreeSet<&str> =
        annotated.map(|(key, _)| key.as_str()).filter(|account| !used.contains(*account) && listed(account)).collect();
    let (count, accounts) = match unused.len() {
        0 => return None,
        1 => (1, "service account names"),
        count => (count, "service accounts name"),
    };
    Some(format!("{count} {accounts} a role, and no pod runs as it: {}", some(unused.into_iter().map(str::to_owned))))
}

/// What a caller can't know who may not read Pod Identity associations.
fn unread_associations(cluster: &Cluster) -> Option<String> {
    let unread: Vec<&Gap> = cluster.associations.values().filter_map(Observed::gap).collect();
    let cause = unread.first()?.cause.words();
    Some(format!(
        "EKS Pod Identity associations of {} service accounts could not be read ({cause}): a pod that is older than its association counts as one that asks nothing of AWS",
        unread.len()
    ))
}

/// Service accounts that a trust policy names and that aren't there, where all of their namespace were listed.
fn subjects_that_are_gone(snapshot: &Snapshot, cluster: &Cluster, targets: &[TargetReport]) -> Vec<String> {
    let Some(issuer) = cluster.issuer() else { return Vec::new() };
    let in_use: BTreeSet<&str> = targets.iter().flat_map(roles).collect();
    let evidence = snapshot.accounts.values().flat_map(|account| account.roles.values());
    let read = evidence.filter_map(|evidence| evidence.role.present()).filter(|role| in_use.contains(role.arn.as_str()));
    let gone = read.filter_map(|role| {
        let gone: BTreeSet<String> =
            accounts(&role.trust_policy, issuer).into_iter().filter(|account| is_gone(cluster, account)).collect();
        (!gone.is_empty()).then(|| format!("role {} trusts service accounts that aren't there: {}", role.arn, some(gone)))
    });
    gone.collect()
}

/// The keys of this cluster's service accounts that are named to the letter; another cluster's are none of ours.
fn accounts(trust_policy: &str, issuer: &str) -> BTreeSet<String> {
    let subjects = trust::subjects_of(trust_policy, issuer).unwrap_or_default();
    let named = subjects.iter().filter_map(|subject| subject.strip_prefix("system:serviceaccount:")?.split_once(':'));
    let literal = named.filter(|(namespace, name)| ![namespace, name].iter().any(|part| part.contains(['*', '?', '$'])));
    literal.map(|(namespace, name)| key(namespace, name)).collect()
}

fn is_gone(cluster: &Cluster, account: &str) -> bool {
    let namespace = account.split('/').next().unwrap_or_default();
    let listed = cluster.service_account_lists.get(namespace).and_then(Observed::present);
    let name = account.split_once('/').map(|(_, name)| name.to_owned()).unwrap_or_default();
    listed.is_some_and(|names| !names.contains(&name)) && !cluster.service_accounts.get(account).is_some_and(Observed::is_present)
}
