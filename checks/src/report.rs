//! The report: what reporters get. Everything in it is decided; they only write it down.

mod runtime;
#[cfg(test)]
mod tests;

pub use runtime::{EventGroup, EventSummary, LastUsed, SecondOpinion, Usage};

use crate::check::{FoundGap, Stage, Status};
use crate::error_message::ErrorReading;
use crate::fault::Severity;
use crate::finding::Finding;
use crate::identity::Identity;
use crate::locus::Locus;
use crate::overview::{Cause, Overview};
use crate::snapshot::{GapCause, Target};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// All that one run has to say.
#[derive(Debug, Clone)]
pub struct Report {
    /// When the evidence was collected, RFC 3339.
    pub collected_at: String,
    /// The cluster, where it is one.
    pub cluster: Option<ClusterHead>,
    /// The clusters, where they are several; none else.
    pub clusters: Vec<ClusterPart>,
    /// Who we are to AWS.
    pub caller: Option<CallerHead>,
    /// The worst verdict of the targets.
    pub verdict: Verdict,
    /// What is left after `--fail-on`, ignores and baselines; the exit code follows it.
    pub gate: Gate,
    /// One for each target, in the order asked.
    pub targets: Vec<TargetReport>,
    /// How many findings were hidden from the gate.
    pub suppressed: usize,
    /// Of a scan: all of it in one picture.
    pub overview: Option<Overview>,
    /// The verdicts that are listed (`--only`); none is all of them. Totals, verdict and gate count everything.
    pub only: Vec<Verdict>,
    /// Whether what is ignored is shown in full (`--show-suppressed`).
    pub shows_suppressed: bool,
    /// Whether files were judged and no cluster.
    pub from_files: bool,
}

impl Report {
    /// Whether something of this verdict is listed.
    pub fn shows(&self, verdict: Verdict) -> bool {
        self.only.is_empty() || self.only.contains(&verdict)
    }

    /// The targets that are listed: what stands for something that could not be read always is.
    pub fn listed(&self) -> impl Iterator<Item = &TargetReport> {
        self.targets.iter().filter(|target| self.shows(target.verdict) || target.target.kind.is_scan())
    }

    /// Changes the place of every finding, wherever the report has it.
    pub fn place(&mut self, mut place: impl FnMut(&mut Locus)) {
        for target in &mut self.targets {
            let later = target.after_restart.iter_mut().flat_map(|after| &mut after.findings);
            target.findings.iter_mut().chain(later).for_each(|found| place(&mut found.finding.locus));
        }
        let causes = self.overview.iter_mut().flat_map(|overview| &mut overview.causes);
        causes.for_each(|cause| place(&mut cause.found.finding.locus));
    }

    /// How many of what asks nothing of AWS was counted and has no target of its own.
    pub fn counted_only(&self) -> usize {
        let all = self.overview.as_ref().map_or(0, |overview| overview.without_intent);
        all - all.min(self.targets.iter().filter(|target| target.intent.is_none() && target.target.scanned).count())
    }

    /// The causes of a scan that hit something that is listed.
    pub fn listed_causes<'r>(&'r self, overview: &'r Overview) -> impl Iterator<Item = &'r Cause> {
        let listed: BTreeSet<&Target> = self.listed().map(|target| &target.target).collect();
        overview.causes.iter().filter(move |cause| cause.victims.iter().any(|victim| listed.contains(victim)))
    }
}

/// The cluster, in a report's head.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterHead {
    /// The cluster's name.
    pub name: Option<String>,
    /// Its ARN.
    pub arn: Option<String>,
    /// The kubeconfig context.
    pub context: Option<String>,
    /// The API server.
    pub server: Option<String>,
    /// The API server's version.
    pub version: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The cluster's account.
    pub account: Option<String>,
    /// The issuer.
    pub issuer: Option<String>,
    /// Where the issuer was read.
    pub issuer_source: Option<&'static str>,
}

/// One of several clusters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterPart {
    /// Its key: targets name it.
    pub key: String,
    /// What is known of it.
    pub head: ClusterHead,
    /// The worst verdict of its targets.
    pub verdict: Verdict,
    /// How many of its targets have which verdict.
    pub targets: BTreeMap<Verdict, usize>,
}

/// Who we are, in a report's head.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallerHead {
    /// The caller's ARN.
    pub arn: String,
    /// The caller's account.
    pub account: String,
}

/// All that is to be said of one target.
#[derive(Debug, Clone)]
pub struct TargetReport {
    /// The target.
    pub target: Target,
    /// The truth.
    pub verdict: Verdict,
    /// The first link with an error.
    pub first_broken: Option<&'static str>,
    /// The first unknown link, if it comes before the first broken one (or nothing is broken).
    pub first_unknown: Option<&'static str>,
    /// The verdict in one sentence; plain text, untrusted.
    pub sentence: String,
    /// Why we think that it wants something from AWS; `None` if it doesn't.
    pub intent: Option<String>,
    /// The service account, where there is one.
    pub service_account: Option<String>,
    /// The role that was judged, or the first of several.
    pub role: Option<String>,
    /// The names of the pods that were judged.
    pub pods: Vec<String>,
    /// Whom AWS sees, container by container.
    pub identities: Vec<Identity>,
    /// What the pasted error says, where one was given.
    pub error: Option<Box<ErrorReading>>,
    /// The chain.
    pub checks: Vec<CheckResult>,
    /// The findings, in chain order, worst first within a check.
    pub findings: Vec<FoundFinding>,
    /// What the evaluator says of each asked action.
    pub decisions: Vec<ActionDecision>,
    /// What could not be read.
    pub gaps: Vec<ReportedGap>,
    /// Layers that nobody looked at and that decide nothing here.
    pub not_examined: Vec<&'static str>,
    /// The same links for the role that new pods would get, where it differs.
    pub after_restart: Option<Box<AfterRestart>>,
    /// What was counted, not judged: pods of older revisions, terminating pods, sibling pods with the same findings.
    pub notes: Vec<String>,
    /// For whoever can see what we couldn't: what to ask of them.
    pub hand_over: Vec<String>,
    /// What was seen of the role in use; it decides nothing.
    pub usage: Option<Usage>,
}

/// A check in a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResult {
    /// The check's id.
    pub id: &'static str,
    /// Its stage.
    pub stage: Stage,
    /// The good state.
    pub title: &'static str,
    /// What it came to.
    pub status: Status,
    /// Why it is unknown or doesn't apply.
    pub reason: Option<String>,
    /// Whether it is unknown only because the files that were linted don't say: that is no fault of theirs.
    pub is_beyond_files: bool,
}

/// A finding in a report.
#[derive(Debug, Clone)]
pub struct FoundFinding {
    /// The check that found it.
    pub check: &'static str,
    /// The finding.
    pub finding: Finding,
    /// Stable across runs: the fault, the target and the place, without what varies.
    pub fingerprint: String,
    /// Why it doesn't count for the gate, if it doesn't.
    pub suppressed: Option<String>,
    /// What the gate takes it for, where a configuration gives its fault another severity.
    pub counts_as: Option<Severity>,
}

/// A gap in a report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReportedGap {
    /// The check that met it.
    pub check: &'static str,
    /// The gap, and whether a status hangs on it.
    pub found: FoundGap,
}

impl ReportedGap {
    /// Whether a gate hangs on it: not on what files don't say.
    pub fn holds_up(&self) -> bool {
        self.found.decisive && self.found.gap.cause != GapCause::NotInFiles
    }
}

/// What the evaluator says of an asked action.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionDecision {
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// The role that was judged.
    pub role: String,
    /// `allow`, `explicit-deny`, `implicit-deny` or `unknown`.
    pub decision: String,
    /// The statements that decided.
    pub by: Vec<String>,
    /// What each layer alone says.
    pub layers: BTreeMap<String, String>,
    /// What AWS' own simulator says, where it was asked; it changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_opinion: Option<SecondOpinion>,
}

/// The chain for the role that new pods would get.
#[derive(Debug, Clone)]
pub struct AfterRestart {
    /// That role.
    pub role_arn: String,
    /// What the chain would come to.
    pub verdict: Verdict,
    /// The links that depend on the role.
    pub checks: Vec<CheckResult>,
    /// What would be wrong.
    pub findings: Vec<FoundFinding>,
}

/// The truth about a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It asks nothing of AWS.
    NotApplicable,
    /// Every link holds.
    Healthy,
    /// Every link holds; there are warnings.
    Degraded,
    /// No error was found, but a link that decides could not be looked at.
    Inconclusive,
    /// A link is broken.
    Broken,
}

impl Verdict {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotApplicable => "not_applicable",
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Inconclusive => "inconclusive",
            Self::Broken => "broken",
        }
    }
}

/// Whether a gate lets this through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// Yes.
    Pass,
    /// It can't be said.
    Inconclusive,
    /// No.
    Fail,
}

impl Gate {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
        }
    }
}
