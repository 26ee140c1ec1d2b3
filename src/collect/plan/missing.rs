//! A target that isn't there: what could be meant.

use super::run::Run;
use crate::collect::CollectError;
use crate::collect::kubernetes::{Api, Selector};
use irsa_doctor_checks::snapshot::{Observed, Target, TargetKind};
use std::collections::BTreeSet;

/// How many names are offered at most.
const MOST_NAMES: usize = 3;

/// What isn't there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Missing<'a> {
    target: &'a Target,
}

impl<'a> Missing<'a> {
    pub(super) fn of(target: &'a Target) -> Self {
        Self { target }
    }
}

impl Run<'_> {
    /// The error, with the names that come nearest; a list that may not be read is silently left out.
    pub(super) async fn missing(&self, missing: Missing<'_>) -> CollectError {
        let target = missing.target;
        let Ok(api) = self.api().await else { return there_is_no(target, Vec::new(), Vec::new()) };
        let (namespace, names, elsewhere) = tokio::join!(
            self.namespace(&target.namespace),
            names(api, target.kind, Some(&target.namespace)),
            namespaces_with(api, target)
        );
        if namespace.is_absent() {
            let all = api.namespace_names().await.items;
            let nearest = nearest(&target.namespace, all.present().into_iter().flatten().map(String::as_str));
            let namespace = Target::new(TargetKind::Namespace, "", target.namespace.as_str());
            return there_is_no(&namespace, nearest, elsewhere);
        }
        there_is_no(target, nearest(&target.name, names.iter().map(String::as_str)), elsewhere)
    }
}

fn there_is_no(target: &Target, nearest: Vec<String>, other_namespaces: Vec<String>) -> CollectError {
    let kind = target.kind.as_str();
    let place = match target.kind {
        TargetKind::Namespace | TargetKind::Cluster => String::new(),
        _ => format!(" in namespace `{}`", target.namespace),
    };
    CollectError::TargetNotThere {
        message: format!("there is no {kind} `{}`{place}", target.name),
        nearest,
        other_namespaces,
        kind,
    }
}

/// The names of a kind; empty where they may not be listed.
async fn names(api: &Api, kind: TargetKind, namespace: Option<&str>) -> Vec<String> {
    let selector = Selector { namespace: namespace.map(str::to_owned), ..Selector::default() };
    found(api, kind, &selector).await.into_iter().map(|(_, name)| name).collect()
}

/// Other namespaces that have one of that name.
async fn namespaces_with(api: &Api, target: &Target) -> Vec<String> {
    let selector = Selector::default().fields(format!("metadata.name={}", target.name));
    let found = found(api, target.kind, &selector).await;
    let others: BTreeSet<String> = found
        .into_iter()
        .filter(|(namespace, name)| *name == target.name && *namespace != target.namespace)
        .map(|(namespace, _)| namespace)
        .collect();
    others.into_iter().take(MOST_NAMES).collect()
}

/// Namespaces and names of what a selector finds.
async fn found(api: &Api, kind: TargetKind, selector: &Selector) -> Vec<(String, String)> {
    let metadata = match kind {
        TargetKind::Pod => api.pods(selector).await.map(|pod| pod.metadata).items,
        TargetKind::ServiceAccount => api.service_accounts(selector).await.map(|account| account.metadata).items,
        kind if kind.is_workload() => api.workloads(kind, selector).await.map(|workload| workload.metadata).items,
        _ => Observed::Absent,
    };
    let Observed::Present(all) = metadata else { return Vec::new() };
    all.into_iter().map(|metadata| (metadata.namespace.unwrap_or_default(), metadata.name)).collect()
}

/// The names that come nearest to a wanted one, the nearest first: a few letters away, or one beginning with the other.
fn nearest<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let distance = |name: &str| {
        let letters = strsim::osa_distance(wanted, name);
        let begins = !wanted.is_empty() && (name.starts_with(wanted) || wanted.starts_with(name));
        let near = letters <= 2.max(wanted.chars().count() / 3);
        (near || begins).then_some(letters)
    };
    let mut near: Vec<(usize, &str)> = names.filter_map(|name| Some((distance(name)?, name))).collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(MOST_NAMES).map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn offers_what_could_be_meant() {
        let names = ["awscli", "api", "awscli-7c9f", "database"];
        assert_eq!(nearest("awscl", names.into_iter()), ["awscli", "awscli-7c9f"]);
        assert_eq!(nearest("awslci", names.into_iter()), ["awscli"]);
        assert!(nearest("zzz", names.into_iter()).is_empty());
    }
}
