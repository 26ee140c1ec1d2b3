//! A scan in one picture: a line for each service account, each cause once however many it breaks, and what strikes the eye.

mod remarks;

use crate::fault::Severity;
use crate::report::{FoundFinding, TargetReport, Verdict};
use crate::snapshot::{Scan, Snapshot, Target};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The picture of a scan.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// The service accounts of what was judged, worst first.
    pub accounts: Vec<AccountLine>,
    /// The findings, those with the same cause as one, worst first.
    pub causes: Vec<Cause>,
    /// How many pods and workloads ask nothing of AWS: they were counted, not judged.
    pub without_intent: usize,
    /// How many pods the scan came upon.
    pub pods: usize,
    /// How many pods are over, being deleted or run to their end: they were counted, not judged.
    pub over: usize,
    /// What strikes the eye and is no fault.
    pub remarks: Vec<String>,
}

/// A service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountLine {
    /// The key of its cluster, where there are several.
    pub cluster: Option<String>,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The roles that its pods ask for.
    pub roles: Vec<String>,
    /// How many pods were judged.
    pub pods: usize,
    /// The worst verdict of them.
    pub verdict: Verdict,
    /// The first broken link of the worst, or the first unknown one.
    pub first_broken: Option<&'static str>,
    /// What was judged, in order.
    pub targets: Vec<Target>,
}

/// One cause, and whom it hits.
#[derive(Debug, Clone)]
pub struct Cause {
    /// The finding, as the first of them has it.
    pub found: FoundFinding,
    /// Whom it hits, in order.
    pub victims: Vec<Target>,
}

/// The picture of these reports; `without_intent` weren't judged.
pub fn overview(snapshot: &Snapshot, targets: &[TargetReport], without_intent: usize) -> Overview {
    Overview {
        accounts: accounts(targets),
        causes: causes(targets),
        without_intent,
        pods: sum(snapshot, |scan| scan.pods),
        over: sum(snapshot, |scan| scan.over),
        remarks: remarks::remarks(snapshot, targets),
    }
}

/// A bundle may say anything, and so of numbers that no machine could add.
fn sum(snapshot: &Snapshot, of: impl Fn(&Scan) -> usize) -> usize {
    let scans = snapshot.clusters.values().filter_map(|cluster| cluster.scan.as_ref());
    scans.map(of).fold(0, usize::saturating_add)
}

fn accounts(targets: &[TargetReport]) -> Vec<AccountLine> {
    let mut lines: BTreeMap<(Option<&str>, &str, &str), AccountLine> = BTreeMap::new();
    for report in targets {
        if report.target.kind.is_scan() || report.intent.is_none() {
            continue;
        }
        // Where the pod itself can't be read, nobody knows as whom it runs.
        let name = report.service_account.as_deref().unwrap_or("(unknown)");
        let namespace = match &report.target.subject {
            Some(subject) => subject.split_once('/').map_or("", |(namespace, _)| namespace),
            None => report.target.namespace.as_str(),
        };
        let cluster = report.target.cluster.as_deref();
        let line = lines.entry((cluster, namespace, name)).or_insert_with(|| AccountLine {
            cluster: cluster.map(str::to_owned),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            roles: Vec::new(),
            pods: 0,
            verdict: Verdict::NotApplicable,
            first_broken: None,
            targets: Vec::new(),
        });
        line.pods += report.pods.len();
        line.targets.push(report.target.clone());
        // Where there is no pod to ask for a role, it is the one that new pods would get.
        let next = report.role.iter().filter(|_| report.pods.is_empty());
        for role in report.identities.iter().filter_map(|identity| identity.role_arn.as_ref()).chain(next) {
            if !line.roles.contains(role) {
                line.roles.push(role.clone());
            }
        }
        if report.verdict > line.verdict {
            line.verdict = report.verdict;
            line.first_broken = report.first_broken.or(report.first_unknown);
        }
    }
    let mut lines: Vec<AccountLine> = lines.into_values().collect();
    // Stable: among equals the names' order stays.
    lines.sort_by_key(|line| Reverse(line.verdict));
    lines
}

/// Findings of the same fault, at the same place, that want the same, have one cause.
fn causes(targets: &[TargetReport]) -> Vec<Cause> {
    let mut index: BTreeMap<String, usize> = BTreeMap::new();
    let mut causes: Vec<Cause> = Vec::new();
    for report in targets {
        for found in report.findings.iter().filter(|found| found.finding.severity != Severity::Info) {
            let key = key(report, found);
            let Some(cause) = index.get(&key).and_then(|&at| causes.get_mut(at)) else {
                index.insert(key, causes.len());
                causes.push(Cause { found: found.clone(), victims: vec![report.target.clone()] });
                continue;
            };
            if cause.victims.last() != Some(&report.target) {
                cause.victims.push(report.target.clone());
            }
        }
    }
    causes.sort_by_key(|cause| {
        let found = &cause.found;
        (found.suppressed.is_some(), Reverse(found.finding.severity), Reverse(cause.victims.len()))
    });
    causes
}

fn key(report: &TargetReport, found: &FoundFinding) -> String {
    let finding = &found.finding;
    // A place in the pod itself is another one in each of its siblings: its service account stands for them.
    let locus = &finding.locus;
    let own = locus.resource.starts_with("Pod ");
    let place = if own { report.service_account.as_deref().unwrap_or_default() } else { locus.resource.as_str() };
    let namespace = if own { report.target.namespace.as_str() } else { "" };
    // What is wrong in AWS is one thing for all clusters; an object of Kubernetes is another one in each.
    let cluster = report.target.cluster.as_deref().filter(|_| !place.starts_with("arn:")).unwrap_or_default();
    let (document, path) = (locus.document.as_deref().unwrap_or_default(), locus.path.as_str());
    // A document that is written for one of them doesn't mend the others.
    let written = finding.fix.as_ref().and_then(|fix| fix.document.as_ref()).map(|document| document.after.as_str());
    format!(
        "{}\n{:?}\n{written:?}\n{cluster}\n{namespace}\n{place}\n{document}\n{path}\n{:?}\n{:?}",
        finding.fault.id, found.suppressed, finding.expected, finding.actual
    )
}

#[cfg(test)]
mod tests;
