//! Which fixes are run, in what order, and which wait for somebody.

use irsa_doctor_checks::fault::Severity;
use irsa_doctor_checks::finding::Finding;
use irsa_doctor_checks::fix::{Effect, Fix, FixCommand};
use irsa_doctor_checks::report::Report;

/// A fix and the findings that it mends.
pub(super) struct Planned<'r> {
    /// The fix.
    pub(super) fix: &'r Fix,
    /// What it mends.
    pub(super) findings: Vec<&'r Finding>,
    /// Why it isn't run.
    pub(super) why_not: String,
}

/// What the script does.
pub(super) struct Plan<'r> {
    /// What is run: documents first, then the rest of AWS, then the cluster.
    pub(super) live: Vec<Planned<'r>>,
    /// What makes new pods, each command once.
    pub(super) restarts: Vec<&'r FixCommand>,
    /// What is written down, and not run.
    pub(super) waiting: Vec<Planned<'r>>,
}

impl<'r> Plan<'r> {
    /// The plan for all targets of a report.
    pub(super) fn of(report: &'r Report) -> Self {
        let mut plan = Self { live: Vec::new(), restarts: Vec::new(), waiting: Vec::new() };
        for target in &report.targets {
            for found in &target.findings {
                plan.add(&found.finding, found.suppressed.as_deref().map(|why| format!("the finding is ignored ({why})")));
            }
            for found in target.after_restart.iter().flat_map(|after| &after.findings) {
                plan.add(&found.finding, Some("it concerns the role that new pods get: mend it before any restart".to_owned()));
            }
        }
        plan.live.sort_by_key(|planned| rank(planned.fix));
        for planned in &plan.live {
            for command in planned.fix.commands.iter().filter(|command| command.effect == Effect::RestartsPods) {
                if !plan.restarts.contains(&command) {
                    plan.restarts.push(command);
                }
            }
        }
        plan
    }

    /// Whether there is nothing to say.
    pub(super) fn is_empty(&self) -> bool {
        self.live.is_empty() && self.waiting.is_empty()
    }

    /// Every command that is run.
    pub(super) fn commands(&self) -> impl Iterator<Item = &'r FixCommand> {
        self.live.iter().flat_map(|planned| &planned.fix.commands)
    }

    fn add(&mut self, finding: &'r Finding, ignored: Option<String>) {
        let Some(fix) = &finding.fix else { return };
        if let Some(known) = self.live.iter_mut().chain(&mut self.waiting).find(|planned| is_same(planned.fix, fix)) {
            known.findings.push(finding);
            return;
        }
        match ignored.or_else(|| self.why_not(finding, fix)) {
            Some(why_not) => self.waiting.push(Planned { fix, findings: vec![finding], why_not }),
            None => self.live.push(Planned { fix, findings: vec![finding], why_not: String::new() }),
        }
    }

    fn why_not(&self, finding: &Finding, fix: &Fix) -> Option<String> {
        if fix.needs_decision.is_some() || fix.commands.is_empty() {
            return Some("somebody must decide or act first".to_owned());
        }
        if finding.severity != Severity::Error {
            return Some(format!("it mends {} only: take the # away where it is wanted", a(finding.severity)));
        }
        let rival = self.live.iter().find(|planned| planned.fix.id == fix.id || writes_same(planned.fix, fix));
        rival.map(|rival| format!("it writes what \"{}\" writes too: run irsa-doctor again after that", rival.fix.summary))
    }
}

fn a(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "an error",
        Severity::Warning => "a warning",
        Severity::Info => "a note",
    }
}

fn is_same(one: &Fix, other: &Fix) -> bool {
    one.id == other.id && one.commands == other.commands && one.needs_decision == other.needs_decision
}

fn writes_same(one: &Fix, other: &Fix) -> bool {
    let name = |fix: &Fix| fix.document.as_ref().map(|document| (document.resource.clone(), document.document.clone()));
    name(one).is_some() && name(one) == name(other)
}

fn rank(fix: &Fix) -> u8 {
    let asks_aws = fix.commands.iter().any(|command| matches!(command.effect, Effect::WritesIam | Effect::WritesEks));
    match (fix.document.is_some(), asks_aws) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    }
}
