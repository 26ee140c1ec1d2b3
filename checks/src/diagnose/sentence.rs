//! The verdict in one sentence.

use crate::fault::Severity;
use crate::fix::Restart;
use crate::identity::{Identity, Mode};
use crate::report::{FoundFinding, ReportedGap, Verdict};
use crate::snapshot::{GapCause, Target, TargetKind};
use std::collections::{BTreeMap, BTreeSet};

/// What a sentence is made of.
pub(super) struct Told<'a> {
    pub(super) target: &'a Target,
    pub(super) verdict: Verdict,
    pub(super) broken: Option<&'a str>,
    pub(super) unknown: Option<&'a str>,
    pub(super) findings: &'a [FoundFinding],
    pub(super) gaps: &'a [ReportedGap],
    pub(super) identities: &'a [Identity],
    /// Whether it is of files: nothing runs.
    pub(super) from_files: bool,
}

/// The verdict of a target in one sentence, the first line of a report.
pub(super) fn sentence(told: &Told<'_>) -> String {
    let &Told { target, findings, gaps, .. } = told;
    let whom = whom(told.identities);
    match told.verdict {
        Verdict::Broken => {
            let check = told.broken.unwrap_or_default();
            let first = findings.iter().find(|found| found.check == check && found.finding.severity == Severity::Error);
            let what = full_stop(first.map(|found| found.finding.detail.as_str()).unwrap_or_default());
            // What is wrong in a file is mended there, by no command.
            let fixes = if told.from_files { String::new() } else { format!(" {}", fixes(findings)) };
            format!("BROKEN at {check}: {what}{fixes}{whom}")
        }
        Verdict::Inconclusive if target.kind == TargetKind::Error => {
            let first = gaps.iter().find(|gap| gap.found.decisive).map(|gap| gap.found.gap.detail.as_str());
            format!("INCONCLUSIVE: {}.", first.unwrap_or("the text says nothing that can be explained"))
        }
        Verdict::Healthy | Verdict::Degraded if target.kind == TargetKind::Error => {
            "NO FAULT OF IRSA: AWS knew the caller and let the call in; it failed for another reason.".to_owned()
        }
        Verdict::Inconclusive if told.from_files && is_beyond_files(gaps) => {
            let warnings = warnings(findings);
            let what = if warnings.starts_with('0') { "nothing wrong in the files".to_owned() } else { warnings };
            format!("{target}: {what}; not all that decides is in them ({}).{whom}", not_looked_at(gaps))
        }
        Verdict::Inconclusive => {
            let what = not_looked_at(gaps);
            format!(
                "INCONCLUSIVE at {}: nothing wrong was found, but not all could be looked at ({what}).{whom}",
                told.unknown.unwrap_or_default()
            )
        }
        Verdict::Degraded if told.from_files => format!("{target} is right in the files; {}.{whom}", warnings(findings)),
        Verdict::Degraded => format!("{target} works; {}.{whom}", warnings(findings)),
        Verdict::Healthy if told.from_files => format!("HEALTHY: every link of {target} that files can have holds.{whom}"),
        Verdict::Healthy if target.kind == TargetKind::Role => match &target.subject {
            Some(subject) => {
                format!("HEALTHY: every link from service account {subject} to {target} holds; no pod was looked at.")
            }
            None => format!("HEALTHY: every link of {target} holds; no pod was looked at."),
        },
        Verdict::Healthy => format!("HEALTHY: every link from {target} to its role holds.{whom}"),
        Verdict::NotApplicable => format!("{target} asks nothing of AWS."),
    }
}

fn warnings(findings: &[FoundFinding]) -> String {
    let warnings = findings.iter().filter(|found| found.finding.severity == Severity::Warning).count();
    format!("{warnings} {}", if warnings == 1 { "warning" } else { "warnings" })
}

/// Whether all that is unknown is unknown because the files don't say it.
fn is_beyond_files(gaps: &[ReportedGap]) -> bool {
    gaps.iter().filter(|reported| reported.found.decisive).all(|reported| reported.found.gap.cause == GapCause::NotInFiles)
}

/// Who the first container is to AWS, or wants to be; nothing where no container is known.
fn whom(identities: &[Identity]) -> String {
    let Some(first) = identities.first() else { return String::new() };
    let role = || first.role_arn.as_deref().unwrap_or("a role that is not known");
    let whom = match first.mode {
        Mode::Irsa => format!("asks for {} (IRSA)", role()),
        Mode::PodIdentity => format!("asks for {} (EKS Pod Identity)", role()),
        Mode::Static => "uses static keys".to_owned(),
        Mode::None => "has no AWS identity but the node's, if it can reach that".to_owned(),
    };
    format!(" Container {} {whom}.", first.container)
}

/// What the verdict hangs on: "iam:GetRole and iam:ListRolePolicies denied".
fn not_looked_at(gaps: &[ReportedGap]) -> String {
    let mut causes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for reported in gaps.iter().filter(|reported| reported.found.decisive) {
        let gap = &reported.found.gap;
        // What was asked in vain of the evaluator has no operation, but a name.
        let what = gap.resource.as_deref().filter(|_| gap.operation.is_empty()).unwrap_or(&gap.operation);
        causes.entry(gap.why()).or_default().insert(what);
    }
    let describe = |(cause, operations): (&str, BTreeSet<&str>)| {
        let operations: Vec<&str> = operations.into_iter().filter(|operation| !operation.is_empty()).collect();
        if operations.is_empty() { cause.to_owned() } else { format!("{} {cause}", operations.join(", ")) }
    };
    causes.into_iter().map(describe).collect::<Vec<_>>().join("; ")
}

fn full_stop(text: &str) -> String {
    let text = text.trim_end_matches('.');
    format!("{text}.")
}

/// "1 fix, no restart."
fn fixes(findings: &[FoundFinding]) -> String {
    let errors = findings.iter().filter(|found| found.finding.severity == Severity::Error);
    let fixes: Vec<_> = errors.filter_map(|found| found.finding.fix.as_ref()).filter(|fix| !fix.commands.is_empty()).collect();
    let count = fixes.iter().map(|fix| fix.id.as_str()).collect::<BTreeSet<_>>().len();
    let restart = if fixes.iter().any(|fix| fix.restart == Restart::Required) { "then a restart" } else { "no restart" };
    match count {
        0 => "No command mends it.".to_owned(),
        1 => format!("1 fix, {restart}."),
        count => format!("{count} fixes, {restart}."),
    }
}

#[cfg(test)]
mod tests;
