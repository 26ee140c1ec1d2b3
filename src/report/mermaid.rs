//! The chain as a Mermaid flowchart, for a wiki or a pull request. Renderers refuse a chart that is too large, so it is bounded.
//! All text is cut and written in a small alphabet: see `label`.

mod chart;
mod label;
mod scan;
#[cfg(test)]
mod tests;

use super::summary::last_line;
use super::text::{after_restart, gap_line, target_in_cluster, verdict_at, verdict_class, wanted_and_actual};
use chart::Chart;
use irsa_doctor_checks::check::Status;
use irsa_doctor_checks::fault::Severity;
use irsa_doctor_checks::report::{CheckResult, FoundFinding, Report, ReportedGap, TargetReport};
use std::io::{self, Write};

/// So many targets are drawn.
const MOST_TARGETS: usize = 20;
/// So many findings or gaps of a target are drawn.
const MOST_NOTES: usize = 20;
/// What each status looks like: filled, bordered and, where it is unknown, dashed. Dark text on light colours, so that it can be
/// read on a dark page too.
const CLASSES: &str = "\
    classDef pass fill:#e6f4ea,stroke:#1b6e3c,color:#14301f
    classDef warn fill:#fff1cc,stroke:#8a5a00,color:#3d2900
    classDef fail fill:#fbdad7,stroke:#b3261e,color:#410e0b,stroke-width:3px
    classDef unknown fill:#efe6fa,stroke:#6b3fa0,color:#2a1745,stroke-dasharray:6 4
    classDef none fill:#f3f4f5,stroke:#b8bdc4,color:#6a7078,stroke-dasharray:2 3
    classDef note fill:#ffffff,stroke:#8a9099,color:#1c1e21
";

/// Writes a report as a flowchart.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut chart = Chart::default();
    chart.node(&[&last_line(report)], verdict_class(report.verdict));
    if let Some(overview) = &report.overview {
        scan::draw(report, overview, &mut chart);
    } else {
        targets(report, &mut chart);
    }
    write!(out, "flowchart TD\n{CLASSES}{}", chart.text())
}

fn targets(report: &Report, chart: &mut Chart) {
    let mut left_out = 0;
    for (number, target) in report.listed().enumerate() {
        let drawn = number < MOST_TARGETS && left_out == 0;
        if !drawn || !chart.add(|part| draw(target, part)) {
            left_out += 1;
        }
    }
    if left_out > 0 {
        chart.node(&[&format!("{left_out} more targets are left out here")], "note");
    }
}

/// A target as a group: its chain, with what was found beside it.
fn draw(target: &TargetReport, chart: &mut Chart) {
    let name = target_in_cluster(&target.target);
    chart.group(&format!("{name}: {}", verdict_at(target)), |chart| {
        chain(&target.checks, &target.findings, &target.gaps, chart);
    });
    if let Some(after) = &target.after_restart {
        chart.group(&after_restart(after), |chart| chain(&after.checks, &after.findings, &[], chart));
    }
}

fn chain(checks: &[CheckResult], findings: &[FoundFinding], gaps: &[ReportedGap], chart: &mut Chart) {
    let (mut before, mut notes) = (None, 0);
    for check in checks {
        let node = link(check, chart);
        if let Some(before) = before {
            chart.edge(before, node, if check.status == Status::NotApplicable { "-.->" } else { "-->" });
        }
        before = Some(node);
        for found in findings.iter().filter(|found| found.check == check.id) {
            notes += 1;
            if notes <= MOST_NOTES {
                let note = finding(found, chart);
                chart.edge(node, note, "---");
            }
        }
        for gap in gaps.iter().filter(|gap| gap.check == check.id && gap.found.decisive) {
            notes += 1;
            if notes <= MOST_NOTES {
                let note = chart.node(&["? not read", &gap_line(&gap.found.gap)], "unknown");
                chart.edge(node, note, "-.-");
            }
        }
    }
    if notes > MOST_NOTES {
        chart.node(&[&format!("{} more findings and gaps are left out here", notes - MOST_NOTES)], "note");
    }
}

fn link(check: &CheckResult, chart: &mut Chart) -> usize {
    let reason = check.reason.as_deref().unwrap_or_default();
    let (class, sign, words) = match check.status {
        Status::Pass => ("pass", "✓", ""),
        Status::Warn => ("warn", "!", "holds, with a warning"),
        Status::Fail => ("fail", "✗", "broken"),
        Status::Unknown => ("unknown", "?", "not checked"),
        Status::NotApplicable => ("none", "-", ""),
    };
    let said: Vec<&str> = [words, reason].into_iter().filter(|word| !word.is_empty()).collect();
    chart.node(&[&format!("{sign} {}", check.title), check.id, &said.join(": ")], class)
}

/// What was found: where it would be mended is for the other formats.
fn finding(found: &FoundFinding, chart: &mut Chart) -> usize {
    let finding = &found.finding;
    let [wanted, actual] = wanted_and_actual(finding.expected.as_ref(), finding.actual.as_ref());
    let side = |label: &str, text: Option<String>| text.map(|text| format!("{label}: {text}")).unwrap_or_default();
    let ignored = found.suppressed.as_ref().map(|reason| format!("ignored: {reason}")).unwrap_or_default();
    let class = match finding.severity {
        Severity::Error if found.suppressed.is_none() => "fail",
        Severity::Warning if found.suppressed.is_none() => "warn",
        _ => "note",
    };
    let head = format!("{} {}", finding.severity.as_str(), finding.fault.id);
    chart.node(&[&head, &finding.detail, &side("wanted", wanted), &side("actual", actual), &ignored], class)
}
