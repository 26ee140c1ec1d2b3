//! The head: who we are, what we looked at, and whom AWS sees.

use crate::report::page::{Page, Tone};
use crate::report::{escape, summary, text};
use irsa_doctor_checks::identity::{Identity, Mode};
use irsa_doctor_checks::report::{ClusterHead, Report, TargetReport, Verdict};
use irsa_doctor_checks::snapshot::TargetKind;
use std::collections::BTreeMap;
use std::io;

/// The column where the head's values begin.
const VALUES: usize = 12;

/// Who we are to AWS, which cluster, whose account.
pub(super) fn write(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let (label, caller) = text::caller(report);
    row(page, label, &caller)?;
    for part in &report.clusters {
        let line = cluster_line(&part.head).unwrap_or_else(|| part.key.clone());
        let counts = match (part.targets.is_empty(), part.verdict) {
            (true, Verdict::Inconclusive) => "could not be read".to_owned(),
            _ => summary::counted(&part.targets),
        };
        row(page, "cluster", &format!("{line}: {counts}"))?;
    }
    if let Some(cluster) = &report.cluster {
        if let Some(line) = cluster_line(cluster) {
            row(page, "cluster", &line)?;
        }
        if let Some(issuer) = &cluster.issuer {
            let source = cluster.issuer_source.map(|source| format!(" (from {source})")).unwrap_or_default();
            row(page, "issuer", &format!("{issuer}{source}"))?;
        }
    }
    let accounts = accounts(report);
    if !accounts.is_empty() {
        row(page, if accounts.len() == 1 { "account" } else { "accounts" }, &accounts.join(", "))?;
    }
    Ok(())
}

/// The target, and the identities of its containers.
pub(super) fn target(page: &mut Page<'_>, report: &TargetReport) -> io::Result<()> {
    let target = &report.target;
    row(page, "target", &text::target_name(target))?;
    if let Some(cluster) = &target.cluster {
        row(page, "cluster", cluster)?;
    }
    if page.is_wide() {
        row(page, "verdict", &text::verdict_at(report))?;
        row(page, "intent", report.intent.as_deref().unwrap_or("none: it asks nothing of AWS"))?;
        if let Some(account) = &report.service_account {
            row(page, "account", account)?;
        }
    }
    for identity in &report.identities {
        row(page, "container", &identity_line(identity, page.is_wide()))?;
    }
    super::error::write(page, report)?;
    page.blank()
}

fn row(page: &mut Page<'_>, label: &str, value: &str) -> io::Result<()> {
    page.prose(&format!("  {label}"), VALUES, &escape(value), Tone::Plain)
}

/// The cluster; `None` where no more than its issuer is known.
pub(super) fn cluster_line(cluster: &ClusterHead) -> Option<String> {
    let name = cluster.name.as_deref().or(cluster.arn.as_deref()).or(cluster.context.as_deref()).or(cluster.server.as_deref())?;
    let details =
        [cluster.region.clone(), cluster.version.clone(), cluster.context.as_ref().map(|context| format!("context {context}"))];
    let details: Vec<String> = details.into_iter().flatten().collect();
    Some(if details.is_empty() { name.to_owned() } else { format!("{name} ({})", details.join(", ")) })
}

/// Each account with whose it is: a profile of the wrong account is the commonest mistake.
fn accounts(report: &Report) -> Vec<String> {
    let roles =
        report.targets.iter().flat_map(|target| target.identities.iter().filter_map(|identity| identity.role_arn.as_deref()));
    let named = report.targets.iter().map(|target| &target.target).filter(|target| target.kind == TargetKind::Role);
    let roles = roles.chain(named.map(|target| target.name.as_str()));
    let of_role = |arn: &str| arn.split(':').nth(4).filter(|account| !account.is_empty()).map(str::to_owned);
    let caller = report.caller.as_ref().map(|caller| (caller.account.clone(), "caller"));
    let clusters = report.cluster.iter().chain(report.clusters.iter().map(|part| &part.head));
    let cluster = clusters.filter_map(|cluster| cluster.account.clone()).map(|account| (account, "cluster"));
    let all = caller.into_iter().chain(cluster).chain(roles.filter_map(of_role).map(|account| (account, "role")));
    let mut owners: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (account, owner) in all {
        let known = owners.entry(account).or_default();
        if !known.contains(&owner) {
            known.push(owner);
        }
    }
    owners.into_iter().map(|(account, owners)| format!("{account} ({})", owners.join(", "))).collect()
}

fn identity_line(identity: &Identity, wide: bool) -> String {
    let mode = match identity.mode {
        Mode::Irsa => "IRSA",
        Mode::PodIdentity => "EKS Pod Identity",
        Mode::Static => "static keys",
        Mode::None => "no identity of its own",
    };
    let role = identity.role_arn.as_ref().map(|arn| format!(" {arn}")).unwrap_or_default();
    let pod = identity.pod.as_ref().filter(|_| wide).map(|pod| format!(" of pod {pod}")).unwrap_or_default();
    format!("{}{pod}: {mode}{role} ({})", identity.container, identity.reason)
}
