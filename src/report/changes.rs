//! What changed from one report to the next: for whoever waits for a fix to take effect.

use super::page::{Page, Tone};
use super::table::tone;
use super::text::{target_in_cluster, verdict_words};
use super::{Look, escape};
use irsa_doctor_checks::check::Status;
use irsa_doctor_checks::report::{Report, TargetReport};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// What changed from one report to the next.
pub(crate) struct Changes {
    /// When the later one was collected.
    at: String,
    lines: Vec<Change>,
}

/// A line.
struct Change {
    text: String,
    tone: Tone,
    indent: usize,
}

impl Changes {
    /// Compares two reports.
    pub(crate) fn between(old: &Report, new: &Report) -> Self {
        let before: BTreeMap<String, &TargetReport> = old.targets.iter().map(|target| (name(target), target)).collect();
        let now: BTreeSet<String> = new.targets.iter().map(name).collect();
        let mut lines = Vec::new();
        for target in &new.targets {
            match before.get(&name(target)) {
                Some(known) => of_target(known, target, &mut lines),
                None => lines.push(line(0, tone(target.verdict), format!("{} is new: {}", name(target), target.sentence))),
            }
        }
        for target in old.targets.iter().filter(|target| !now.contains(&name(target))) {
            lines.push(line(0, Tone::Faint, format!("{} is gone", name(target))));
        }
        Self { at: new.collected_at.clone(), lines }
    }

    /// Whether nothing did.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Writes them, if there are any.
    ///
    /// # Errors
    ///
    /// The writer's own.
    pub(crate) fn write(&self, look: Look, out: &mut dyn Write) -> io::Result<()> {
        let mut page = Page::new(out, look);
        if !self.is_empty() {
            page.prose("", 0, &format!("{}:", escape(&self.at)), Tone::Heading)?;
        }
        self.lines.iter().try_for_each(|Change { text, tone, indent }| page.prose("", *indent, &escape(text), *tone))
    }
}

/// Of a target that is in both.
fn of_target(old: &TargetReport, new: &TargetReport, changes: &mut Vec<Change>) {
    let mut lines = Vec::new();
    let (had, has) = (findings(old), findings(new));
    for (key, text) in had.iter().filter(|(key, _)| !has.contains_key(*key)) {
        // What can't be looked at any more, or isn't reached, isn't mended.
        let judged = new.checks.iter().filter(|check| check.id == key.1);
        let unseen = judged.into_iter().all(|check| matches!(check.status, Status::Unknown | Status::NotApplicable));
        let word = if unseen { "no longer seen" } else { "mended" };
        lines.push(line(2, if unseen { Tone::Unknown } else { Tone::Good }, format!("{word}: {text}")));
    }
    for (_, text) in has.iter().filter(|(key, _)| !had.contains_key(*key)) {
        lines.push(line(2, Tone::Bad, format!("new: {text}")));
    }
    let (had, has) = (gaps(old), gaps(new));
    lines.extend(had.difference(&has).map(|gap| line(2, Tone::Good, format!("could be looked at: {gap}"))));
    lines.extend(has.difference(&had).map(|gap| line(2, Tone::Unknown, format!("can't be looked at: {gap}"))));
    if old.verdict != new.verdict {
        let text = format!("{}: {} -> {}: {}", name(new), verdict_words(old.verdict), verdict_words(new.verdict), new.sentence);
        changes.push(line(0, tone(new.verdict), text));
    } else if !lines.is_empty() {
        changes.push(line(0, tone(new.verdict), format!("{}: still {}", name(new), verdict_words(new.verdict))));
    }
    changes.extend(lines);
}

/// The findings that count, by fingerprint and check.
fn findings(target: &TargetReport) -> BTreeMap<(&str, &'static str), String> {
    let counted = target.findings.iter().filter(|found| found.suppressed.is_none());
    let entry =
        |found: &irsa_doctor_checks::report::FoundFinding| format!("{}: {}", found.finding.fault.id, found.finding.detail);
    counted.map(|found| ((found.fingerprint.as_str(), found.check), entry(found))).collect()
}

/// The gaps on which something hangs.
fn gaps(target: &TargetReport) -> BTreeSet<String> {
    let decisive = target.gaps.iter().filter(|gap| gap.found.decisive).map(|gap| &gap.found.gap);
    decisive.map(|gap| format!("{} ({})", gap.operation, gap.cause.words())).collect()
}

/// A target as it is told apart from all others.
fn name(target: &TargetReport) -> String {
    target_in_cluster(&target.target)
}

fn line(indent: usize, tone: Tone, text: String) -> Change {
    Change { text, tone, indent }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use irsa_doctor_checks::report::Verdict;

    fn told(old: &Report, new: &Report) -> Option<String> {
        let changes = Changes::between(old, new);
        let mut out = Vec::new();
        changes.write(Look { width: 400, color: false, unicode: true }, &mut out).unwrap();
        assert_eq!(changes.is_empty(), out.is_empty());
        (!out.is_empty()).then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn nothing_is_said_of_what_stays() {
        assert_eq!(told(&fixture::broken(), &fixture::broken()), None);
        let mut later = fixture::two();
        later.collected_at = "2026-11-24T00:00:00Z".to_owned();
        assert_eq!(told(&fixture::two(), &later), None);
    }

    #[test]
    fn what_was_mended_is_named_and_what_came_too() {
        let mut old = fixture::broken();
        for (number, found) in old.targets[0].findings.iter_mut().enumerate() {
            found.fingerprint = number.to_string();
        }
        let mut new = old.clone();
        let target = new.targets.first_mut().unwrap();
        let counts = target.findings.iter().position(|found| found.suppressed.is_none()).unwrap();
        let mended = target.findings.remove(counts);
        target.verdict = Verdict::Degraded;
        target.gaps.clear();
        let text = told(&old, &new).unwrap();
        assert!(text.contains("broken -> degraded"), "{text}");
        assert!(text.contains(&format!("  mended: {}", mended.finding.fault.id)), "{text}");
        let back = told(&new, &old).unwrap();
        assert!(back.contains("degraded -> broken") && back.contains(&format!("  new: {}", mended.finding.fault.id)), "{back}");
    }

    #[test]
    fn targets_come_and_go() {
        let text = told(&fixture::broken(), &fixture::two()).unwrap();
        assert!(text.contains("is new"), "{text}");
        assert!(told(&fixture::two(), &fixture::broken()).unwrap().contains("is gone"));
    }

    #[test]
    fn what_is_not_judged_any_more_is_not_mended() {
        let old = fixture::broken();
        for status in [Status::Unknown, Status::NotApplicable] {
            let mut new = old.clone();
            let target = &mut new.targets[0];
            target.findings.clear();
            target.checks.iter_mut().for_each(|check| check.status = status);
            let text = told(&old, &new).unwrap();
            assert!(text.contains("no longer seen: ") && !text.contains("mended"), "{text}");
        }
    }
}
