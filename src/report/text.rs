//! What several formats say alike: names, places, values. Plain text, untrusted: each format makes it harmless in its own way.

use irsa_doctor_checks::finding::{Compared, Finding};
use irsa_doctor_checks::fix::{Fix, FixCommand, Restart};
use irsa_doctor_checks::locus::Locus;
use irsa_doctor_checks::names::some;
use irsa_doctor_checks::overview::{AccountLine, Cause, Overview};
use irsa_doctor_checks::report::{AfterRestart, Report, TargetReport, Verdict};
use irsa_doctor_checks::snapshot::{Gap, GapCause, Target};
use std::fmt::Write as _;

/// A verdict in words.
pub(super) fn verdict_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NotApplicable => "not applicable",
        other => other.as_str(),
    }
}

/// The class of what has this verdict, where a format has classes.
pub(super) fn verdict_class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Broken => "fail",
        Verdict::Inconclusive => "unknown",
        Verdict::Degraded => "warn",
        Verdict::Healthy => "pass",
        Verdict::NotApplicable => "none",
    }
}

/// Who asked, with a label: of files nobody asked anybody.
pub(super) fn caller(report: &Report) -> (&'static str, String) {
    match &report.caller {
        Some(caller) => ("caller", caller.arn.clone()),
        None if report.from_files => ("evidence", "files; no cluster and no account was asked".to_owned()),
        None => ("caller", "not known to AWS".to_owned()),
    }
}

/// How much was judged for a service account: "3 pods"; where there are none, "1 object".
pub(super) fn judged(line: &AccountLine) -> String {
    match line.pods {
        0 => number_of(line.targets.len(), "object", "objects"),
        pods => number_of(pods, "pod", "pods"),
    }
}

/// "1 pod", "2 pods".
pub(super) fn number_of(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// A verdict with the links that it is about: "broken at trust-policy".
pub(super) fn verdict_at(target: &TargetReport) -> String {
    let mut words = verdict_words(target.verdict).to_owned();
    if let Some(broken) = target.first_broken {
        let _ = write!(words, " at {broken}");
    }
    if let Some(unknown) = target.first_unknown {
        let _ = write!(words, "{} {unknown} not checked", if target.first_broken.is_some() { "," } else { ":" });
    }
    words
}

/// "pod/awscli in namespace default", and what else says which one.
pub(super) fn target_name(target: &Target) -> String {
    let mut name = target.to_string();
    if !target.namespace.is_empty() && !target.kind.is_scan() {
        let _ = write!(name, " in namespace {}", target.namespace);
    }
    if let Some(subject) = &target.subject {
        let _ = write!(name, " for service account {subject}");
    }
    name
}

/// The same, with the cluster where there are several.
pub(super) fn target_in_cluster(target: &Target) -> String {
    let cluster = target.cluster.as_ref().map(|cluster| format!(" of cluster {cluster}")).unwrap_or_default();
    format!("{}{cluster}", target_name(target))
}

/// A resource, which of its documents, and where in its text; without the path. In a file, the file's own place goes first.
pub(super) fn place(locus: &Locus) -> String {
    let document = locus.document.as_ref().map(|document| format!(", {document}")).unwrap_or_default();
    if let Some(file) = &locus.file {
        return format!("{file}: {}{document}", locus.resource);
    }
    let line = match (locus.line, locus.column) {
        (Some(line), Some(column)) => format!(", line {line}, column {column}"),
        (Some(line), None) => format!(", line {line}"),
        _ => String::new(),
    };
    format!("{}{document}{line}", locus.resource)
}

/// What is wanted and what is there, where either says something: if nobody can name what is wanted and nothing is there,
/// the finding's detail says all of that.
pub(super) fn wanted_and_actual(expected: Option<&Compared>, actual: Option<&Compared>) -> [Option<String>; 2] {
    if expected == Some(&Compared::Nothing) && actual == Some(&Compared::Nothing) {
        return [None, None];
    }
    [expected.map(|side| compared(side, " or ")), actual.map(|side| compared(side, ", "))]
}

fn compared(side: &Compared, between: &str) -> String {
    match side {
        Compared::One(value) if value.is_empty() => "(empty)".to_owned(),
        Compared::One(value) => value.clone(),
        Compared::Many(values) => values.join(between),
        Compared::Nothing => "(nothing)".to_owned(),
    }
}

/// What is compared in a finding and what mends it, a line each: for formats that have no room for more.
pub(super) fn compared_and_mended(finding: &Finding) -> Vec<String> {
    let mut lines: Vec<String> = finding.locus.missing.iter().map(|key| format!("missing: {key}")).collect();
    let [wanted, actual] = wanted_and_actual(finding.expected.as_ref(), finding.actual.as_ref());
    lines.extend(wanted.map(|text| format!("wanted: {text}")));
    lines.extend(actual.map(|text| format!("actual: {text}")));
    if let Some(fix) = &finding.fix {
        lines.push(format!("fix: {}", fix_summary(fix)));
        lines.extend(fix.needs_decision.iter().map(|who| format!("decide: {who}")));
        lines.extend(fix.durable.iter().map(|change| format!("for good: {change}")));
        let commands = fix.commands.iter().map(FixCommand::shell);
        lines.extend(commands.flat_map(|command| command.lines().map(str::to_owned).collect::<Vec<_>>()));
    }
    lines
}

/// What tells fixes apart: a document that is written otherwise for somebody else mends nothing here.
pub(super) fn fix_key(fix: &Fix) -> String {
    let shown: Vec<String> = std::iter::once(fix.id.clone()).chain(fix.commands.iter().map(FixCommand::shell)).collect();
    shown.join("\n")
}

/// What is to be known of a fix beside its commands, each with a label.
pub(super) fn about_fix(fix: &Fix) -> Vec<(&'static str, &str)> {
    let told = [("Owner", &fix.managed_by), ("For good", &fix.durable), ("Decide", &fix.needs_decision)];
    let told = told.into_iter().filter_map(|(label, text)| Some((label, text.as_ref()?)));
    let choices = fix.choices.iter().map(|choice| ("Choice", choice));
    let affects = fix.affects.iter().map(|what| ("Affects", what));
    let notes = fix.notes.iter().map(|note| ("Note", note));
    told.chain(choices).chain(affects).chain(notes).map(|(label, text)| (label, text.as_str())).collect()
}

/// Whom a cause hits: the first of them, and how many more.
pub(super) fn victims(cause: &Cause) -> String {
    some(cause.victims.iter().map(|victim| {
        let namespace = if victim.namespace.is_empty() { String::new() } else { format!("{}/", victim.namespace) };
        format!("{namespace}{victim}")
    }))
}

/// What a scan counted and did not judge.
pub(super) fn counted_only(overview: &Overview) -> Vec<String> {
    let mut counted = Vec::new();
    if overview.without_intent > 0 {
        counted.push(format!("{} pods and workloads ask nothing of AWS and were not judged", overview.without_intent));
    }
    if overview.over > 0 {
        counted.push(format!("{} pods are over (being deleted, or run to the end) and not judged", overview.over));
    }
    counted
}

/// What a fix does, and what it asks of running pods.
pub(super) fn fix_summary(fix: &Fix) -> String {
    let summary = fix.summary.trim_end_matches('.');
    let restart = match fix.restart {
        Restart::Moot => return summary.to_owned(),
        Restart::None => "no restart needed",
        Restart::Recommended => "a restart is advised",
        Restart::Required => "a restart is needed",
    };
    format!("{summary} ({restart})")
}

/// What stands between what was asked for and what it is about: "iam:GetRole of NAME", but "the role NAME" of a file.
pub(super) fn of(gap: &Gap) -> &'static str {
    let names_it = gap.cause == GapCause::NotInFiles && !gap.operation.contains("'s ");
    if names_it { "" } else { "of " }
}

/// One gap in a sentence: what was asked, why there is no answer, what would help.
pub(super) fn gap_line(gap: &Gap) -> String {
    let operation = if gap.operation.is_empty() { "a field of the evidence" } else { &gap.operation };
    let about = gap.resource.as_ref().filter(|about| !operation.ends_with(about.as_str()));
    let about = about.map(|about| format!(" {}{about}", of(gap))).unwrap_or_default();
    let mut line = format!("{operation}{about}: {}", gap.cause.as_str().replace('-', " "));
    if !gap.detail.is_empty() {
        let _ = write!(line, ": {}", gap.detail.trim_end_matches('.'));
    }
    if !gap.remedy.is_empty() {
        let _ = write!(line, "; to see it: {}", gap.remedy.trim_end_matches('.'));
    }
    line
}

/// The heading of what new pods would get.
pub(super) fn after_restart(after: &AfterRestart) -> String {
    format!("After a restart, as {}: {}", after.role_arn, verdict_words(after.verdict))
}

/// A layer that nobody looked at, in words.
pub(super) fn layer_name(layer: &str) -> &str {
    match layer {
        "scp" => "service control policies",
        "rcp" => "resource control policies",
        "vpc-endpoint-policy" => "VPC endpoint policies",
        "resource-policy" => "the resource's own policy",
        "session-policy" => "session policies",
        other => other,
    }
}
