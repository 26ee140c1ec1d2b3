//! A target that a bundle shows not to be there: by a list that it has whole, or by an answer that it has.

use crate::collect::CollectError;
use crate::collect::not_there::{MOST_NAMES, nearest, there_is_no, there_is_no_namespace};
use irsa_doctor_checks::snapshot::{Cluster, Observed, Snapshot, Target, TargetKind, key, kind_key};
use std::collections::BTreeSet;

/// What isn't there of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    /// Its whole namespace.
    Namespace,
    /// The object alone.
    Object,
}

/// Whether a bundle may have each of these targets: what it wasn't saved of is unknown, and no error.
///
/// # Errors
///
/// [`CollectError::TargetNotThere`] (exit 5) for the first that none of the clusters has.
pub(crate) fn all_there(snapshot: &Snapshot, targets: &[Target]) -> Result<(), CollectError> {
    let first = targets.iter().find_map(|target| {
        let missing: Option<Vec<Missing>> = snapshot.clusters.values().map(|cluster| missing(cluster, target)).collect();
        Some((target, missing?.into_iter().max_by_key(|missing| *missing == Missing::Object)?))
    });
    match first {
        Some((target, missing)) => Err(error(snapshot, target, missing)),
        None => Ok(()),
    }
}

/// Whether nothing tells that the cluster has this namespace, and nothing that it hasn't.
pub(crate) fn is_unseen(cluster: &Cluster, namespace: &str) -> bool {
    let is_there = cluster.namespaces.get(namespace).is_some_and(Observed::is_present);
    !is_there && cluster.pods_of(namespace).next().is_none() && has_namespace(cluster, namespace)
}

/// What the cluster is known not to have of a target; `None` where it has it, or may have it.
fn missing(cluster: &Cluster, target: &Target) -> Option<Missing> {
    if matches!(target.kind, TargetKind::Cluster | TargetKind::Role | TargetKind::Error) {
        return None;
    }
    if !has_namespace(cluster, &target.namespace) {
        return Some(Missing::Namespace);
    }
    let own = key(&target.namespace, &target.name);
    let is_whole = |list: Option<&Observed<Vec<String>>>| list.is_some_and(Observed::is_present);
    let (answer, listed) = match target.kind {
        TargetKind::Pod => {
            let scanned = cluster.scan.as_ref().is_some_and(|scan| scan.gaps.is_empty() && scan.has_whole(&target.namespace));
            let listed = scanned || is_whole(cluster.pod_lists.get(&target.namespace));
            (cluster.pods.get(&own).map(Observed::is_absent), listed)
        }
        TargetKind::ServiceAccount => {
            let listed = is_whole(cluster.service_account_lists.get(&target.namespace));
            (cluster.service_accounts.get(&own).map(Observed::is_absent), listed)
        }
        kind => {
            let own = kind_key(kind.kind(), &target.namespace, &target.name);
            (cluster.workloads.get(&own).map(Observed::is_absent), false)
        }
    };
    answer.unwrap_or(listed).then_some(Missing::Object)
}

/// Whether the cluster has a namespace, or may have it.
fn has_namespace(cluster: &Cluster, name: &str) -> bool {
    match cluster.namespaces.get(name) {
        Some(answer) => !answer.is_absent(),
        None => cluster.pods_of(name).next().is_some() || !are_namespaces_listed(cluster),
    }
}

/// Whether the cluster's namespaces were listed. A scan of all of it that could not list them asks for single ones, and for
/// none that has no pods: one of these is there, of those that every cluster has, only where the list was read.
fn are_namespaces_listed(cluster: &Cluster) -> bool {
    let whole = cluster.scan.as_ref().is_some_and(|scan| scan.gaps.is_empty() && scan.has_whole(""));
    let mut there = cluster.namespaces.iter().filter(|(_, answer)| answer.is_present()).map(|(name, _)| name);
    whole && there.any(|name| cluster.pods_of(name).next().is_none())
}

fn error(snapshot: &Snapshot, target: &Target, missing: Missing) -> CollectError {
    let clusters = || snapshot.clusters.values();
    if missing == Missing::Namespace {
        let namespaces = clusters().flat_map(|cluster| &cluster.namespaces).filter(|(_, answer)| answer.is_present());
        let near = nearest(&target.namespace, namespaces.map(|(name, _)| name.as_str()));
        return if target.kind == TargetKind::Namespace {
            there_is_no(target, near, Vec::new())
        } else {
            there_is_no_namespace(target, near, elsewhere(snapshot, target))
        };
    }
    let in_place = of_kind(snapshot, target.kind).filter(|(of, _)| *of == target.namespace).map(|(_, name)| name);
    there_is_no(target, nearest(&target.name, in_place), elsewhere(snapshot, target))
}

/// Other namespaces that have one of that name.
fn elsewhere(snapshot: &Snapshot, target: &Target) -> Vec<String> {
    let others = of_kind(snapshot, target.kind).filter(|(of, name)| *name == target.name && *of != target.namespace);
    let others: BTreeSet<&str> = others.map(|(of, _)| of).collect();
    others.into_iter().take(MOST_NAMES).map(str::to_owned).collect()
}

/// Namespaces and names of what there is of a kind.
fn of_kind(snapshot: &Snapshot, kind: TargetKind) -> impl Iterator<Item = (&str, &str)> {
    snapshot.clusters.values().flat_map(move |cluster| {
        let keys: Vec<&String> = match kind {
            TargetKind::Pod => cluster.pods.iter().filter(|(_, pod)| pod.is_present()).map(|(key, _)| key).collect(),
            TargetKind::ServiceAccount => {
                cluster.service_accounts.iter().filter(|(_, account)| account.is_present()).map(|(key, _)| key).collect()
            }
            kind => {
                let of_kind = |key: &&String| key.split_once('/').is_some_and(|(of, _)| of == kind.kind());
                let there = cluster.workloads.iter().filter(|(_, workload)| workload.is_present());
                there.map(|(key, _)| key).filter(of_kind).collect()
            }
        };
        keys.into_iter().filter_map(move |key| {
            let key = if kind.is_workload() { key.split_once('/')?.1 } else { key.as_str() };
            key.split_once('/')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use irsa_doctor_checks::snapshot::Scan;

    fn scanned() -> Snapshot {
        crate::collect::bundle::parse("scan", include_bytes!("../../../tests/bundles/v1-2026-11-26-scan.json")).unwrap()
    }

    fn said(snapshot: &Snapshot, kind: TargetKind, namespace: &str, name: &str) -> Option<(String, String)> {
        let error = all_there(snapshot, &[Target::new(kind, namespace, name)]).err()?;
        assert_eq!(error.exit_code(), 5);
        Some((error.to_string(), error.help()))
    }

    #[test]
    fn a_whole_list_shows_what_is_not_there() {
        let snapshot = scanned();
        let say = |kind, namespace, name| said(&snapshot, kind, namespace, name);
        assert_eq!(say(TargetKind::Namespace, "default", "default"), None, "it is there, without pods");
        assert_eq!(say(TargetKind::Pod, "pay-68c46", "app"), None);
        let (words, help) = say(TargetKind::Namespace, "pay-68c4", "pay-68c4").unwrap();
        assert_eq!((words.as_str(), help.as_str()), ("there is no namespace `pay-68c4`", "did you mean `pay-68c46`?"));
        let (words, help) = say(TargetKind::Pod, "pay-68c46", "ap").unwrap();
        assert_eq!((words.as_str(), help.as_str()), ("there is no pod `ap` in namespace `pay-68c46`", "did you mean `app`?"));
        let (words, help) = say(TargetKind::Pod, "default", "app").unwrap();
        assert_eq!(words, "there is no pod `app` in namespace `default`");
        assert_eq!(help, "there is a pod `app` in `pay-68c46`: use -n");
        let (words, _) = say(TargetKind::Pod, "nope", "app").unwrap();
        assert_eq!(words, "there is no namespace `nope`");
        assert!(say(TargetKind::ServiceAccount, "pay-68c46", "ap").is_some());
        assert_eq!(say(TargetKind::Deployment, "pay-68c46", "ap"), None, "Deployments were not listed");
    }

    #[test]
    fn what_was_not_listed_may_be_there() {
        let mut snapshot = scanned();
        let cluster = snapshot.clusters.values_mut().next().unwrap();
        cluster.namespaces.retain(|name, _| name == "pay-68c46");
        assert_eq!(said(&snapshot, TargetKind::Namespace, "nope", "nope"), None, "the list of namespaces was not read");
        let cluster = snapshot.clusters.values().next().unwrap();
        assert_eq!((is_unseen(cluster, "nope"), is_unseen(cluster, "pay-68c46")), (true, false));
        let whole = scanned();
        let cluster = whole.clusters.values().next().unwrap();
        assert_eq!(["nope", "default"].map(|name| is_unseen(cluster, name)), [false, false], "one isn't there, one is");
        let cluster = snapshot.clusters.values_mut().next().unwrap();
        cluster.scan = Some(Scan { whole: Vec::new(), ..Scan::default() });
        cluster.pod_lists.clear();
        assert_eq!(said(&snapshot, TargetKind::Pod, "pay-68c46", "ap"), None, "a selector chose the pods");
    }

    #[test]
    fn of_several_clusters_one_that_may_have_it_is_enough() {
        let mut snapshot = scanned();
        snapshot.clusters.insert("other".to_owned(), Cluster::default());
        assert_eq!(said(&snapshot, TargetKind::Pod, "pay-68c46", "ap"), None);
        assert_eq!(said(&Snapshot::default(), TargetKind::Pod, "pay-68c46", "ap"), None, "of no cluster nothing is known");
    }
}
