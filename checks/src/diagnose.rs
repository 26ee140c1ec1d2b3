//! From a snapshot to a report: runs every check of the registry for every target, and draws the verdict.
//!
//! Loops over targets, pods and roles live here and nowhere else.

mod chain;
mod container;
mod gate;
mod merge;
mod sentence;
mod target;
mod wanted;

pub use container::{NoContainer, no_container};
pub use gate::{AllowUnknown, GateOptions, apply_gate};
pub use wanted::{lookups, questions};

use crate::overview::overview;
use crate::policies::{Index, Policies};
use crate::report::{CallerHead, ClusterHead, ClusterPart, Gate, Report, TargetReport, Verdict};
use crate::snapshot::{Cluster, Snapshot, Target};
use crate::suppress::Rules;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many targets are judged with what was parsed for any of them.
const TOGETHER: usize = 200;

/// Judges a snapshot: every target that was asked for, every check of the registry.
///
/// The same snapshot gives the same report, always. The gate is left open (`Pass`): see [`apply_gate`].
pub fn diagnose(snapshot: &Snapshot) -> Report {
    diagnose_with(snapshot, &Rules::default())
}

/// The same, with what a user has decided about findings: see [`Rules`].
pub fn diagnose_with(snapshot: &Snapshot, rules: &Rules) -> Report {
    let Judged { reports: mut targets, left_out, example } = judge(snapshot, rules);
    // Somebody asked about something: where nothing is judged, one of them says what it came to.
    targets.extend(example.filter(|_| targets.is_empty()).map(|example| *example));
    targets.extend(target::unread_places(snapshot));
    let policies = Policies::default();
    let several = snapshot.clusters.len() > 1;
    let is_scan = snapshot.from_files
        || snapshot.asked.targets.iter().any(|target| target.scanned)
        || (targets.is_empty() && snapshot.clusters.values().any(|cluster| cluster.scan.is_some()));
    Report {
        only: Vec::new(),
        shows_suppressed: false,
        from_files: snapshot.from_files,
        overview: is_scan.then(|| overview(snapshot, &targets, left_out)),
        collected_at: snapshot.collected_at.clone(),
        cluster: snapshot.cluster().filter(|_| !several).map(|(_, cluster)| cluster_head(snapshot, &policies, cluster)),
        clusters: if several { parts(snapshot, &policies, &targets) } else { Vec::new() },
        caller: caller_head(snapshot),
        verdict: targets.iter().map(|target| target.verdict).max().unwrap_or(Verdict::NotApplicable),
        gate: Gate::Pass,
        targets,
        suppressed: 0,
    }
}

/// What the targets came to.
#[derive(Default)]
struct Judged {
    reports: Vec<TargetReport>,
    /// Of a scan, how many ask nothing of AWS: they are counted and no more.
    left_out: usize,
    /// One of them.
    example: Option<Box<TargetReport>>,
}

impl Judged {
    fn add(&mut self, report: TargetReport) {
        if report.intent.is_some() || !report.target.scanned {
            self.reports.push(report);
        } else {
            self.left_out += 1;
            self.example.get_or_insert_with(|| Box::new(report));
        }
    }

    fn append(&mut self, other: Self) {
        self.reports.extend(other.reports);
        self.left_out += other.left_out;
        self.example = self.example.take().or(other.example);
    }
}

/// Judges every target, many of them side by side; in the targets' order.
fn judge(snapshot: &Snapshot, rules: &Rules) -> Judged {
    let index: Arc<Index> = Arc::default();
    let parts: Vec<&[Target]> = snapshot.asked.targets.chunks(TOGETHER).collect();
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(parts.len());
    let next = AtomicUsize::new(0);
    let take_parts = || -> Vec<(usize, Judged)> {
        let mine = std::iter::from_fn(|| {
            let number = next.fetch_add(1, Ordering::Relaxed);
            parts.get(number).map(|part| (number, judge_together(snapshot, rules, &index, part)))
        });
        mine.collect()
    };
    let mut judged = if threads < 2 {
        take_parts()
    } else {
        std::thread::scope(|scope| {
            let judging: Vec<_> = (0..threads).map(|_| scope.spawn(take_parts)).collect();
            let done = judging.into_iter().map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            done.flatten().collect::<Vec<_>>()
        })
    };
    judged.sort_by_key(|(number, _)| *number);
    let mut all = Judged::default();
    all.reports.reserve_exact(judged.iter().map(|(_, part)| part.reports.len()).sum());
    for (_, part) in judged {
        all.append(part);
    }
    all
}

/// Judges targets one after the other. Neighbours have their roles in common: what was parsed for them is let go of after
/// them, since of a large cluster it would be more than all that was read.
fn judge_together(snapshot: &Snapshot, rules: &Rules, index: &Arc<Index>, targets: &[Target]) -> Judged {
    let policies = Policies::with(Arc::clone(index));
    let mut judged = Judged::default();
    for target in targets {
        judged.add(target::diagnose(snapshot, &policies, target, rules));
    }
    judged
}

/// The evidence of the first target, as its first pod and first role are judged.
#[cfg(test)]
pub(crate) fn first_evidence<'a>(snapshot: &'a Snapshot, policies: &'a Policies<'a>) -> crate::evidence::Evidence<'a> {
    let target = snapshot.asked.targets.first().expect("a target");
    target::first_evidence(snapshot, policies, target)
}

/// Each of several clusters.
fn parts<'a>(snapshot: &'a Snapshot, policies: &'a Policies<'a>, targets: &[TargetReport]) -> Vec<ClusterPart> {
    let part = |(key, cluster): (&String, &'a Cluster)| {
        let mut counts = BTreeMap::new();
        let here = || targets.iter().filter(|target| target.target.cluster.as_ref() == Some(key));
        for target in here().filter(|target| !target.target.kind.is_scan()) {
            *counts.entry(target.verdict).or_default() += 1;
        }
        ClusterPart {
            head: cluster_head(snapshot, policies, cluster),
            key: key.clone(),
            verdict: here().map(|target| target.verdict).max().unwrap_or(Verdict::NotApplicable),
            targets: counts,
        }
    };
    snapshot.clusters.iter().map(part).collect()
}

fn cluster_head<'a>(snapshot: &'a Snapshot, policies: &'a Policies<'a>, cluster: &Cluster) -> ClusterHead {
    let here = |target: &&Target| snapshot.cluster_of(target).is_some_and(|of| std::ptr::eq(of, cluster));
    let issuer = snapshot.asked.targets.iter().find(here).and_then(|target| {
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

#[cfg(test)]
mod tests;
