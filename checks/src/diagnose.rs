//! From a snapshot to a report: runs every check of the registry for every target, and draws the verdict.
//!
//! Loops over targets, pods and roles live here and nowhere else.

mod chain;
mod gate;
mod merge;
mod sentence;
mod target;
mod wanted;

pub use gate::{AllowUnknown, GateOptions, apply_gate};
pub use wanted::{lookups, questions};

use crate::overview::overview;
use crate::policies::Policies;
use crate::report::{CallerHead, ClusterHead, Gate, Report, Verdict};
use crate::snapshot::{Cluster, Snapshot};

/// Judges a snapshot: every target that was asked for, every check of the registry.
///
/// The same snapshot gives the same report, always. The gate is left open (`Pass`): see [`apply_gate`].
pub fn diagnose(snapshot: &Snapshot) -> Report {
    let policies = Policies::default();
    let judged = snapshot.asked.targets.iter().map(|target| target::diagnose(snapshot, &policies, target));
    // Of a scan, what asks nothing of AWS is counted and no more.
    let (mut targets, mut left_out): (Vec<_>, Vec<_>) =
        judged.partition(|report| report.intent.is_some() || !report.target.scanned);
    if targets.is_empty() && !left_out.is_empty() {
        // Somebody asked about something: one of them says what it came to.
        targets.push(left_out.remove(0));
    }
    let is_scan = snapshot.asked.targets.iter().any(|target| target.scanned);
    Report {
        only: Vec::new(),
        overview: is_scan.then(|| overview(snapshot, &targets, left_out.len())),
        collected_at: snapshot.collected_at.clone(),
        cluster: snapshot.cluster().map(|(_, cluster)| cluster_head(snapshot, &policies, cluster)),
        caller: caller_head(snapshot),
        verdict: targets.iter().map(|target| target.verdict).max().unwrap_or(Verdict::NotApplicable),
        gate: Gate::Pass,
        targets,
        suppressed: 0,
    }
}

/// The evidence of the first target, as its first pod and first role are judged.
#[cfg(test)]
pub(crate) fn first_evidence<'a>(snapshot: &'a Snapshot, policies: &'a Policies<'a>) -> crate::evidence::Evidence<'a> {
    let target = snapshot.asked.targets.first().expect("a target");
    target::first_evidence(snapshot, policies, target)
}

fn cluster_head<'a>(snapshot: &'a Snapshot, policies: &'a Policies<'a>, cluster: &Cluster) -> ClusterHead {
    let issuer = snapshot.asked.targets.first().and_then(|target| {
        let evidence = target::evidence(snapshot, policies, target);
        evidence.issuer().present().cloned()
    });
    ClusterHead {
        name: cluster.name.clone(),
        arn: cluster.arn.clone(),
        context: cluster.context.clone(),
        server: cluster.server.clone(),
        version: cluster.version.present().map(|version| version.git_version.clone()),
        region: cluster.region.clone(),
        account: cluster.account.clone(),
        issuer_source: issuer.as_ref().map(|issuer| issuer.source.as_str()),
        issuer: issuer.map(|issuer| issuer.url),
    }
}

fn caller_head(snapshot: &Snapshot) -> Option<CallerHead> {
    let caller = snapshot.callers.values().find_map(|caller| caller.present())?;
    Some(CallerHead { arn: caller.arn.clone(), account: caller.account.clone() })
}
