//! Prometheus' text format 0.0.4, for the node exporter's textfile collector.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>
//!
//! Written by hand: the libraries keep a registry that counts while a program runs and is scraped. This is one picture,
//! written once; the format is lines with labels, and a library's writer would still leave the hostile text to us.
//!
//! How many series there are is bounded: what is healthy is counted, not named, and of the rest no more than [`MOST_NAMED`]
//! targets are, worst first. Every series bears the cluster, so that files of several clusters can lie side by side.

mod family;
#[cfg(test)]
mod tests;

use super::Run;
use family::{Labels, Page, labels};
use irsa_doctor_checks::report::{Gate, Report, TargetReport, Verdict};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// No more targets than these have a series of their own.
const MOST_NAMED: usize = 1000;

/// Every verdict: each has a series, also where it is 0, so that a query finds it.
const VERDICTS: [Verdict; 5] =
    [Verdict::Healthy, Verdict::Degraded, Verdict::Broken, Verdict::Inconclusive, Verdict::NotApplicable];

/// Every outcome of the gate.
const GATES: [Gate; 3] = [Gate::Pass, Gate::Fail, Gate::Inconclusive];

/// Writes the metrics of a report.
pub(super) fn write(report: &Report, run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(cluster(report), out);
    of_the_run(report, run, &mut page)?;
    of_the_targets(report, &mut page)?;
    of_the_findings(report, &mut page)
}

/// The cluster's name, else what comes nearest to one; empty where no cluster was looked at.
fn cluster(report: &Report) -> &str {
    let head = report.cluster.as_ref();
    head.and_then(|head| head.name.as_deref().or(head.arn.as_deref()).or(head.server.as_deref())).unwrap_or_default()
}

fn of_the_run(report: &Report, run: &Run, page: &mut Page<'_>) -> io::Result<()> {
    let version = labels([("version", env!("CARGO_PKG_VERSION"))]);
    page.gauge("irsa_doctor_build_info", "The version of irsa-doctor; always 1.", [(version, 1)])?;
    let known = report.cluster.as_ref().map(|head| {
        let text = |value: &'static str, of: &Option<String>| (value, of.clone().unwrap_or_default());
        let parts = [
            text("account", &head.account),
            text("arn", &head.arn),
            text("region", &head.region),
            text("version", &head.version),
        ];
        (labels(parts), 1)
    });
    page.gauge("irsa_doctor_cluster_info", "The cluster that was looked at; always 1.", known)?;
    // A bundle may say anything; what is no time has no series.
    let at = report.collected_at.parse::<jiff::Timestamp>().ok().map(|at| (Labels::new(), at.as_second()));
    page.gauge("irsa_doctor_run_timestamp_seconds", "When the evidence was collected, in seconds since 1970.", at)?;
    let seconds = [(Labels::new(), format!("{:.3}", run.seconds))];
    page.gauge("irsa_doctor_run_duration_seconds", "How long the run took.", seconds)?;
    let calls = [("aws", run.calls.aws), ("kubernetes", run.calls.kubernetes)];
    let calls = calls.map(|(to, count)| (labels([("to", to)]), count));
    page.gauge("irsa_doctor_run_calls", "How many requests the run made.", calls)?;
    let verdicts = VERDICTS.map(|verdict| (verdict_label(verdict), u8::from(verdict == report.verdict)));
    page.gauge("irsa_doctor_run_verdict", "1 for the worst verdict of all targets.", verdicts)?;
    let gates = GATES.map(|gate| (labels([("gate", gate.as_str())]), u8::from(gate == report.gate)));
    page.gauge("irsa_doctor_run_gate", "1 for what is left after --fail-on and --allow-unknown.", gates)
}

fn verdict_label(verdict: Verdict) -> Labels {
    labels([("verdict", verdict.as_str())])
}

fn of_the_targets(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    // What a scan came upon that asks nothing of AWS is counted only.
    let left_out = report.counted_only();
    let count = |verdict| {
        let listed = report.targets.iter().filter(|target| target.verdict == verdict).count();
        if verdict == Verdict::NotApplicable { listed + left_out } else { listed }
    };
    let counts = VERDICTS.map(|verdict| (verdict_label(verdict), count(verdict)));
    page.gauge("irsa_doctor_targets", "How many targets have this verdict.", counts)?;
    let mut named: BTreeSet<(Reverse<Verdict>, Labels)> = BTreeSet::new();
    for target in report.targets.iter().filter(|target| target.verdict > Verdict::Healthy) {
        named.insert((Reverse(target.verdict), target_labels(target)));
    }
    let beyond = named.len().saturating_sub(MOST_NAMED);
    let named = named.into_iter().take(MOST_NAMED).map(|(_, labels)| (labels, 1));
    let help = "1 for each target that is not healthy, worst first, 1000 at most; the others are only counted.";
    page.gauge("irsa_doctor_target_verdict", help, named)?;
    let help = "How many targets that are not healthy are not in irsa_doctor_target_verdict.";
    page.gauge("irsa_doctor_targets_not_named", help, [(Labels::new(), beyond)])
}

fn target_labels(report: &TargetReport) -> Labels {
    let target = &report.target;
    labels([
        ("namespace", target.namespace.as_str()),
        ("kind", target.kind.as_str()),
        ("name", target.name.as_str()),
        ("verdict", report.verdict.as_str()),
    ])
}

fn of_the_findings(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let mut findings: BTreeMap<Labels, usize> = BTreeMap::new();
    let mut gaps: BTreeMap<Labels, usize> = BTreeMap::new();
    for target in &report.targets {
        for found in target.findings.iter().filter(|found| found.suppressed.is_none()) {
            let key = labels([
                ("namespace", target.target.namespace.as_str()),
                ("check", found.check),
                ("fault", found.finding.fault.id),
                ("severity", found.finding.severity.as_str()),
            ]);
            *findings.entry(key).or_default() += 1;
        }
        for gap in &target.gaps {
            let found = &gap.found;
            let decisive = if found.decisive { "true" } else { "false" };
            let key = labels([
                ("check", gap.check),
                ("operation", found.gap.operation.as_str()),
                ("cause", found.gap.cause.as_str()),
                ("decisive", decisive),
            ]);
            *gaps.entry(key).or_default() += 1;
        }
    }
    let help = "How many findings there are, counted at each target that they are found at.";
    page.gauge("irsa_doctor_findings", help, findings)?;
    let suppressed = [(Labels::new(), report.suppressed)];
    page.gauge("irsa_doctor_findings_suppressed", "How many findings were hidden from the gate.", suppressed)?;
    let help = "How often something could not be looked at; where it is decisive, a verdict hangs on it.";
    page.gauge("irsa_doctor_gaps", help, gaps)
}
