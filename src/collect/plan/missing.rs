//! A target that isn't there: what could be meant.

use super::run::Run;
use crate::collect::CollectError;
use crate::collect::kubernetes::{Api, Selector};
use crate::collect::not_there::{MOST_NAMES, nearest, there_is_no, there_is_no_namespace};
use irsa_doctor_checks::snapshot::{Observed, Target, TargetKind};
use std::collections::BTreeSet;

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
            return there_is_no_namespace(target, nearest, elsewhere);
        }
        there_is_no(target, nearest(&target.name, names.iter().map(String::as_str)), elsewhere)
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
