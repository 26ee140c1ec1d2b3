//! Workflow commands of GitHub Actions: a group for each target, an annotation for each finding and for each gap that decides.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use super::escape;
use super::summary::{headline, last_line};
use super::text::{compared_and_mended, gap_line, judged, place, target_in_cluster, verdict_at, verdict_words};
use irsa_doctor_checks::check::Status;
use irsa_doctor_checks::fault::{Confidence, Severity};
use irsa_doctor_checks::locus::FilePlace;
use irsa_doctor_checks::names::some;
use irsa_doctor_checks::report::{FoundFinding, Report, TargetReport, Verdict};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// How many annotations of a kind GitHub shows of one step.
const MOST_SHOWN: usize = 10;

/// The kinds of annotations, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Error,
    Warning,
    Notice,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

impl From<Severity> for Kind {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
            Severity::Info => Self::Notice,
        }
    }
}

/// What stands beside a workflow's log: each line of it is plain text, untrusted.
struct Annotation {
    kind: Kind,
    title: String,
    lines: Vec<String>,
    /// Where it is shown in the files of a change.
    file: Option<FilePlace>,
}

/// Writes the groups, then the annotations, worst first, then the verdict.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.overview.is_some() || report.targets.len() > 1 {
        plain(out, &headline(report))?;
    }
    groups(report, out)?;
    let mut annotations = annotations(report);
    // Stable: among equals the order of the targets stays.
    annotations.sort_by_key(|annotation| annotation.kind);
    for Annotation { kind, title, lines, file } in &annotations {
        let message = lines.iter().map(|line| data(&escape(line))).collect::<Vec<_>>().join("%0A");
        let place = file
            .as_ref()
            .filter(|file| file.path != "-")
            .map(|file| format!("file={},line={},col={},", property(&escape(&file.path)), file.line, file.column));
        let place = place.unwrap_or_default();
        writeln!(out, "::{} {place}title={}::{message}", kind.as_str(), property(&escape(title)))?;
    }
    for kind in [Kind::Error, Kind::Warning, Kind::Notice] {
        let all = annotations.iter().filter(|annotation| annotation.kind == kind).count();
        if all > MOST_SHOWN {
            let word = kind.as_str();
            plain(
                out,
                &format!("{all} {word}s: GitHub shows {MOST_SHOWN} of a step, {} more are in this log", all - MOST_SHOWN),
            )?;
        }
    }
    plain(out, &last_line(report))
}

/// A line that is no command: the runner looks for `::` behind blanks at its beginning, and for `##[` anywhere.
fn plain(out: &mut dyn Write, text: &str) -> io::Result<()> {
    let text = defused(&escape(text));
    match text.trim_start().strip_prefix("::") {
        Some(rest) => writeln!(out, "\\x3a\\x3a{rest}"),
        None => writeln!(out, "{text}"),
    }
}

/// Without the older kind of commands: `##[add-mask]`.
fn defused(text: &str) -> String {
    text.replace("##[", "##\\x5b")
}

/// As the message of a command.
fn data(text: &str) -> String {
    defused(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// As one of its properties.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

fn groups(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let Some(overview) = &report.overview else {
        return report.listed().try_for_each(|target| group(target, out));
    };
    writeln!(out, "::group::service accounts, worst first")?;
    for line in overview.accounts.iter().filter(|line| report.shows(line.verdict)) {
        let cluster = line.cluster.as_ref().map(|cluster| format!(" of cluster {cluster}")).unwrap_or_default();
        let link = line.first_broken.map(|link| format!(" at {link}")).unwrap_or_default();
        let verdict = verdict_words(line.verdict);
        plain(out, &format!("{verdict}{link}: {}/{}{cluster}, {}", line.namespace, line.name, judged(line)))?;
    }
    writeln!(out, "::endgroup::")?;
    report.listed().filter(|target| target.target.kind.is_scan()).try_for_each(|target| group(target, out))
}

/// The chain of a target, folded.
fn group(target: &TargetReport, out: &mut dyn Write) -> io::Result<()> {
    let title = format!("{}: {}", target_in_cluster(&target.target), verdict_at(target));
    writeln!(out, "::group::{}", data(&escape(&title)))?;
    plain(out, &target.sentence)?;
    for check in target.checks.iter().filter(|_| !target.target.kind.is_scan()) {
        let status = if check.status == Status::NotApplicable { "not applicable" } else { check.status.as_str() };
        let text = check.reason.as_deref().unwrap_or(check.title);
        plain(out, &format!("{status} {}: {text}", check.id))?;
    }
    for gap in &target.gaps {
        let weight = if gap.found.decisive { "not read" } else { "not read (it decides nothing)" };
        plain(out, &format!("{weight}: {}", gap_line(&gap.found.gap)))?;
    }
    if !target.not_examined.is_empty() {
        let layers: Vec<&str> = target.not_examined.iter().map(|layer| super::text::layer_name(layer)).collect();
        plain(out, &format!("not examined: {}", layers.join(", ")))?;
    }
    for text in target.notes.iter().map(|note| format!("note: {note}")).chain(hand_over(target)) {
        plain(out, &text)?;
    }
    writeln!(out, "::endgroup::")
}

fn hand_over(target: &TargetReport) -> impl Iterator<Item = String> {
    target.hand_over.iter().map(|text| format!("hand-over: {text}"))
}

fn annotations(report: &Report) -> Vec<Annotation> {
    let mut all = Vec::new();
    if let Some(overview) = &report.overview {
        for cause in report.listed_causes(overview).filter(|cause| cause.found.suppressed.is_none()) {
            let victims = some(cause.victims.iter().map(target_in_cluster));
            all.push(of_finding(&cause.found, &format!("{} hit", cause.victims.len()), &format!("hits: {victims}"), None));
        }
    }
    let mut known = BTreeSet::new();
    for target in report.listed() {
        let name = target_in_cluster(&target.target);
        if report.overview.is_none() {
            let counted = target.findings.iter().filter(|found| found.suppressed.is_none());
            all.extend(counted.map(|found| of_finding(found, &name, &format!("target: {name}"), None)));
        }
        if let Some(after) = &target.after_restart {
            let role = format!("after a restart, as {}", after.role_arn);
            // It isn't so yet.
            let later = after.findings.iter().filter(|found| found.suppressed.is_none() && report.overview.is_none());
            all.extend(later.map(|found| of_finding(found, &name, &format!("{role}: {name}"), Some(Kind::Warning))));
        }
        let decisive = target.gaps.iter().filter(|gap| gap.found.decisive);
        let before = all.len();
        for gap in decisive.clone().filter(|gap| known.insert((gap.check, &gap.found.gap))) {
            let lines = vec![gap_line(&gap.found.gap), format!("{} hangs on it, and so does the verdict of {name}", gap.check)];
            let kind = if gap.holds_up() { Kind::Error } else { Kind::Notice };
            all.push(Annotation { kind, title: format!("not checked: {}", gap.check), lines, file: None });
        }
        if all.len() == before && target.verdict == Verdict::Inconclusive && decisive.count() == 0 {
            all.push(Annotation {
                kind: Kind::Error,
                title: format!("inconclusive: {name}"),
                lines: vec![target.sentence.clone()],
                file: None,
            });
        }
    }
    all
}

fn of_finding(found: &FoundFinding, about: &str, whom: &str, at_most: Option<Kind>) -> Annotation {
    let finding = &found.finding;
    let mut lines =
        vec![finding.detail.clone(), whom.to_owned(), format!("where: {} {}", place(&finding.locus), finding.locus.path)];
    lines.extend(compared_and_mended(finding));
    lines.push(format!("explain: irsa-doctor explain {}", finding.fault.id));
    let likely = if finding.confidence == Confidence::Likely { ", likely" } else { "" };
    let kind = at_most.map_or(Kind::from(finding.severity), |least| least.max(finding.severity.into()));
    let file = finding.locus.file.clone();
    Annotation { kind, title: format!("{}{likely}: {about}", finding.fault.id), lines, file }
}

#[cfg(test)]
mod tests;
