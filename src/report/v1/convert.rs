//! From the core's report to version 1.

use super::finding::{Compared, Confidence, FilePlace, Finding, Fix, FixCommand, Locus, Severity};
use super::{
    AfterRestart, Caller, Calls, Check, Cluster, ClusterPart, Decision, Gap, Gate, Head, Identity, Name, Overview, Report, Run,
    SecondOpinion, Status, Summary, Tail, Target, Targets, Usage, Verdict,
};
use crate::report::Run as RunFigures;
use irsa_doctor_checks as core;
use irsa_doctor_checks::fix::Restart;
use std::collections::BTreeMap;

impl<'r> Report<'r> {
    /// A report in version 1.
    pub(crate) fn new(report: &'r core::report::Report, run: &RunFigures) -> Self {
        Self {
            schema_version: 1,
            run: figures(report, run),
            cluster: report.cluster.as_ref().map(cluster),
            clusters: report.clusters.iter().map(part).collect(),
            caller: report.caller.as_ref().map(caller),
            from_files: report.from_files,
            verdict: verdict(report.verdict),
            gate: gate(report.gate),
            targets: Targets(report),
            suppressed: report.suppressed,
            summary: summary(report),
            overview: report.overview.as_ref().map(|overview| Overview::new(report, overview)),
        }
    }
}

fn cluster(head: &core::report::ClusterHead) -> Cluster {
    Cluster {
        name: head.name.clone(),
        arn: head.arn.clone(),
        context: head.context.clone(),
        server: head.server.clone(),
        version: head.version.clone(),
        region: head.region.clone(),
        account: head.account.clone(),
        issuer: head.issuer.clone(),
        issuer_source: head.issuer_source.map(str::to_owned),
    }
}

fn part(part: &core::report::ClusterPart) -> ClusterPart {
    ClusterPart {
        key: part.key.clone(),
        cluster: cluster(&part.head),
        verdict: verdict(part.verdict),
        targets: part.targets.iter().map(|(verdict, count)| (verdict.as_str().to_owned(), *count)).collect(),
    }
}

pub(super) fn verdict(verdict: core::report::Verdict) -> Verdict {
    match verdict {
        core::report::Verdict::NotApplicable => Verdict::NotApplicable,
        core::report::Verdict::Healthy => Verdict::Healthy,
        core::report::Verdict::Degraded => Verdict::Degraded,
        core::report::Verdict::Inconclusive => Verdict::Inconclusive,
        core::report::Verdict::Broken => Verdict::Broken,
    }
}

impl Report<'_> {
    /// What JSON lines begin with.
    pub(crate) fn head(report: &core::report::Report, run: &RunFigures) -> Head {
        let (cluster, caller) = (report.cluster.as_ref().map(cluster), report.caller.as_ref().map(caller));
        let clusters = report.clusters.iter().map(part).collect();
        Head { schema_version: 1, run: figures(report, run), from_files: report.from_files, cluster, clusters, caller }
    }

    /// What JSON lines end with.
    pub(crate) fn tail(report: &core::report::Report) -> Tail {
        Tail {
            verdict: verdict(report.verdict),
            gate: gate(report.gate),
            suppressed: report.suppressed,
            summary: summary(report),
            over: report.overview.as_ref().map_or(0, |overview| overview.over),
            remarks: report.overview.as_ref().map(|overview| overview.remarks.clone()).unwrap_or_default(),
        }
    }
}

impl From<&core::report::TargetReport> for Target {
    fn from(report: &core::report::TargetReport) -> Self {
        target(report)
    }
}

fn figures(report: &core::report::Report, run: &RunFigures) -> Run {
    Run {
        tool: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        collected_at: report.collected_at.clone(),
        calls: Calls { kubernetes: run.calls.kubernetes, aws: run.calls.aws },
        seconds: (run.seconds * 1000.0).round() / 1000.0,
        interrupted: run.interrupted,
    }
}

fn caller(head: &core::report::CallerHead) -> Caller {
    Caller { arn: head.arn.clone(), account: head.account.clone() }
}

fn gate(gate: core::report::Gate) -> Gate {
    match gate {
        core::report::Gate::Pass => Gate::Pass,
        core::report::Gate::Inconclusive => Gate::Inconclusive,
        core::report::Gate::Fail => Gate::Fail,
    }
}

fn target(target: &core::report::TargetReport) -> Target {
    let owned = |id: Option<&'static str>| id.map(str::to_owned);
    Target {
        target: name(&target.target),
        verdict: verdict(target.verdict),
        first_broken: owned(target.first_broken),
        first_unknown: owned(target.first_unknown),
        sentence: target.sentence.clone(),
        intent: target.intent.clone(),
        service_account: target.service_account.clone(),
        // A pod that is its own target needs no list.
        pods: if target.target.kind.is_workload() { target.pods.clone() } else { Vec::new() },
        identities: target.identities.iter().map(identity).collect(),
        error_reading: target.error.as_deref().map(super::error::reading),
        checks: target.checks.iter().map(check).collect(),
        findings: target.findings.iter().map(finding).collect(),
        decisions: target.decisions.iter().map(decision).collect(),
        gaps: target.gaps.iter().map(gap).collect(),
        not_examined: target.not_examined.iter().map(|&layer| layer.to_owned()).collect(),
        after_restart: target.after_restart.as_ref().map(|after| AfterRestart {
            role_arn: after.role_arn.clone(),
            verdict: verdict(after.verdict),
            checks: after.checks.iter().map(check).collect(),
            findings: after.findings.iter().map(finding).collect(),
        }),
        notes: target.notes.clone(),
        hand_over: target.hand_over.clone(),
        usage: target.usage.as_ref().map(Usage::from),
    }
}

pub(super) fn name(target: &core::snapshot::Target) -> Name {
    Name {
        kind: target.kind.as_str().to_owned(),
        namespace: Some(target.namespace.clone()).filter(|namespace| !namespace.is_empty()),
        name: target.name.clone(),
        subject: target.subject.clone(),
        cluster: target.cluster.clone(),
    }
}

fn identity(identity: &core::identity::Identity) -> Identity {
    Identity {
        container: identity.container.clone(),
        pod: identity.pod.clone(),
        mode: identity.mode.as_str().to_owned(),
        role_arn: identity.role_arn.clone(),
        reason: identity.reason.clone(),
    }
}

fn check(check: &core::report::CheckResult) -> Check {
    Check {
        id: check.id.to_owned(),
        stage: check.stage.as_str().to_owned(),
        title: check.title.to_owned(),
        status: match check.status {
            core::check::Status::Pass => Status::Pass,
            core::check::Status::Warn => Status::Warn,
            core::check::Status::Fail => Status::Fail,
            core::check::Status::Unknown => Status::Unknown,
            core::check::Status::NotApplicable => Status::NotApplicable,
        },
        reason: check.reason.clone(),
    }
}

pub(super) fn finding(found: &core::report::FoundFinding) -> Finding {
    let finding = &found.finding;
    Finding {
        fault: finding.fault.id.to_owned(),
        check: found.check.to_owned(),
        severity: severity(finding.severity),
        confidence: match finding.confidence {
            core::fault::Confidence::Certain => Confidence::Certain,
            core::fault::Confidence::Likely => Confidence::Likely,
        },
        title: finding.fault.title.to_owned(),
        detail: finding.detail.clone(),
        fingerprint: found.fingerprint.clone(),
        locus: Locus {
            resource: finding.locus.resource.clone(),
            document: finding.locus.document.clone(),
            path: finding.locus.path.clone(),
            missing: finding.locus.missing.clone(),
            line: finding.locus.line,
            column: finding.locus.column,
            file: finding.locus.file.as_ref().map(file_place),
        },
        expected: finding.expected.as_ref().and_then(compared),
        actual: finding.actual.as_ref().and_then(compared),
        fix: finding.fix.as_ref().map(fix),
        help: format!("irsa-doctor explain {}", finding.fault.id),
        suppressed: found.suppressed.clone(),
        counts_as: found.counts_as.map(severity),
    }
}

fn file_place(place: &core::locus::FilePlace) -> FilePlace {
    FilePlace { path: place.path.clone(), line: place.line, column: place.column, address: place.address.clone() }
}

fn severity(severity: core::fault::Severity) -> Severity {
    match severity {
        core::fault::Severity::Error => Severity::Error,
        core::fault::Severity::Warning => Severity::Warning,
        core::fault::Severity::Info => Severity::Info,
    }
}

fn compared(side: &core::finding::Compared) -> Option<Compared> {
    match side {
        core::finding::Compared::One(value) => Some(Compared::One(value.clone())),
        core::finding::Compared::Many(values) => Some(Compared::Many(values.clone())),
        core::finding::Compared::Nothing => None,
    }
}

fn fix(fix: &core::fix::Fix) -> Fix {
    let command = |command: &core::fix::FixCommand| FixCommand {
        argv: command.argv.clone(),
        shell: command.shell(),
        effect: command.effect.as_str().to_owned(),
        stdout: command.stdout.clone(),
        account: command.account.clone(),
    };
    let document = fix.document.as_ref();
    Fix {
        id: fix.id.clone(),
        summary: fix.summary.clone(),
        managed_by: fix.managed_by.clone(),
        durable: fix.durable.clone(),
        restart: match fix.restart {
            Restart::None | Restart::Moot => "none",
            Restart::Recommended => "recommended",
            Restart::Required => "required",
        }
        .to_owned(),
        backup: document.and_then(|document| document.backup.as_ref()).map(command),
        commands: fix.commands.iter().map(command).collect(),
        undo: fix.undo.iter().map(command).collect(),
        diff: document.map(core::fix::DocumentChange::diff),
        read_at: document.and_then(|document| document.read_at.clone()),
        affects: fix.affects.clone(),
        choices: fix.choices.clone(),
        notes: fix.notes.clone(),
        needs_decision: fix.needs_decision.clone(),
    }
}

fn decision(decision: &core::report::ActionDecision) -> Decision {
    Decision {
        action: decision.action.clone(),
        resource: decision.resource.clone(),
        role: decision.role.clone(),
        decision: decision.decision.clone(),
        by: decision.by.clone(),
        layers: decision.layers.clone(),
        second_opinion: decision.second_opinion.as_ref().map(SecondOpinion::from),
    }
}

fn gap(reported: &core::report::ReportedGap) -> Gap {
    let gap = &reported.found.gap;
    Gap {
        operation: gap.operation.clone(),
        resource: gap.resource.clone(),
        cause: gap.cause.as_str().to_owned(),
        decisive: reported.found.decisive,
        check: reported.check.to_owned(),
        detail: gap.detail.clone(),
        remedy: gap.remedy.clone(),
    }
}

/// The words of verdicts.
const VERDICTS: [&str; 5] = ["healthy", "degraded", "broken", "inconclusive", "not_applicable"];

/// The totals; a word with none counts zero.
fn summary(report: &core::report::Report) -> Summary {
    fn count(all: &[&str], seen: impl Iterator<Item = &'static str>) -> BTreeMap<String, usize> {
        let mut counts: BTreeMap<String, usize> = all.iter().map(|word| ((*word).to_owned(), 0)).collect();
        for word in seen {
            *counts.entry(word.to_owned()).or_default() += 1;
        }
        counts
    }
    let checks = report.targets.iter().flat_map(|target| &target.checks).map(|check| check.status.as_str());
    let left_out = report.counted_only();
    let targets = report.targets.iter().map(|target| target.verdict.as_str());
    let targets = targets.chain(std::iter::repeat_n("not_applicable", left_out));
    Summary {
        checks: count(&["pass", "warn", "fail", "unknown", "not_applicable"], checks),
        targets: count(&VERDICTS, targets),
        service_accounts: report
            .overview
            .as_ref()
            .map_or_else(BTreeMap::new, |overview| count(&VERDICTS, overview.accounts.iter().map(|line| line.verdict.as_str()))),
    }
}
