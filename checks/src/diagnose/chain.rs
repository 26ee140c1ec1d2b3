//! The chain: each check's outcomes over pods and roles, merged into one link.

use super::merge;
use crate::check::{Check, FoundGap, Outcome, Scope, Stage, Status};
use crate::error_message::{self, Said, Seen};
use crate::evidence::{Evidence, RoleUnderJudgement};
use crate::files;
use crate::registry;
use crate::report::{CheckResult, FoundFinding, ReportedGap, Verdict};
use crate::snapshot::{Gap, GapCause, Target};
use crate::usage::Credentials;
use crate::workload;

/// One link of a target's chain.
pub(super) struct Link {
    check: &'static Check,
    outcome: Outcome,
    /// What a link that wasn't reached was refused: the next run would stop there.
    refused: Vec<Gap>,
}

impl Link {
    fn new(check: &'static Check, outcome: Outcome) -> Self {
        Self { check, outcome, refused: Vec::new() }
    }

    /// The link as a report has it.
    pub(super) fn result(&self) -> CheckResult {
        let reason = match &self.outcome {
            Outcome::NotApplicable(reason) => Some(reason.clone()),
            Outcome::Judged { gaps, .. } if self.outcome.status() == Status::Unknown => {
                gaps.iter().find(|gap| gap.decisive).map(|gap| reason(&gap.gap))
            }
            Outcome::Judged { .. } => None,
        };
        CheckResult {
            id: self.check.id,
            stage: self.check.stage,
            title: self.check.title,
            status: self.outcome.status(),
            reason,
            is_beyond_files: files::is_beyond(&self.outcome),
        }
    }
}

/// Why a link is unknown: "iam:GetRole denied".
fn reason(gap: &Gap) -> String {
    let cause = gap.why();
    if gap.operation.is_empty() { cause.to_owned() } else { format!("{} {cause}", gap.operation) }
}

/// Runs every check for the pods and roles that it is judged for.
pub(super) fn run(pods: &[Evidence<'_>], roles: &[Option<RoleUnderJudgement>]) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for check in registry::ALL {
        let outcome = merge::outcomes(judged_for(check.scope, pods, roles).iter().map(|evidence| (check.run)(evidence)));
        let outcome = with_unread_pod(check, outcome, pods);
        let from_files = pods.first().is_some_and(|evidence| evidence.snapshot.from_files);
        let outcome = if from_files { files::outcome(outcome) } else { outcome };
        let broken = links.iter().find(|link| link.outcome.status() == Status::Fail).map(|link| link.check.id);
        links.push(match broken {
            Some(id) => not_reached(check, outcome, id),
            None => Link::new(check, outcome),
        });
    }
    in_the_light(&mut links, pods);
    links
}

/// The error's own link sees all others; what it proves to work is not unknown for want of a right to look.
fn in_the_light(links: &mut Vec<Link>, pods: &[Evidence<'_>]) {
    let proven = pods.first().and_then(error_message::proven);
    for link in links.iter_mut().filter(|link| proven.is_some_and(|stage| link.check.stage <= stage)) {
        if link.outcome.status() == Status::Unknown {
            link.outcome = Outcome::not_applicable("not read; the error proves that this link worked");
        }
    }
    let said = pods.first().and_then(Evidence::symptom).map(Said::by).unwrap_or_default();
    let Some(Link { check, outcome, refused }) = links.pop() else { return };
    let outcome = error_message::settle(outcome, said, &seen(links));
    links.push(Link { check, outcome, refused });
}

/// What the links came to, for the reading of the error.
pub(super) fn seen(links: &[Link]) -> Seen<'_> {
    let mut seen = Seen::default();
    for link in links {
        let result = link.result();
        seen.checks.push((result.id, result.status, result.reason));
        if let Outcome::Judged { findings, .. } = &link.outcome {
            seen.findings.extend(findings.iter().map(|finding| (link.check.id, finding)));
        }
    }
    seen
}

/// The links of a pasted error alone.
pub(super) fn run_error(evidence: &Evidence<'_>) -> Vec<Link> {
    let outcome = |check: &Check| {
        if check.stage == Stage::Error {
            (check.run)(evidence)
        } else {
            Outcome::not_applicable("no cluster and no account was looked at")
        }
    };
    registry::ALL.iter().map(|check| Link::new(check, outcome(check))).collect()
}

/// A pod that could not be read may be the one that is wrong.
fn with_unread_pod(check: &Check, outcome: Outcome, pods: &[Evidence<'_>]) -> Outcome {
    let unread = pods.first().filter(|_| check.scope == Scope::Pod).and_then(workload::unread_pod);
    match (outcome, unread) {
        (Outcome::Judged { findings, mut gaps }, Some(gap)) => {
            gaps.push(FoundGap { gap, decisive: true });
            Outcome::Judged { findings, gaps }
        }
        (outcome, _) => outcome,
    }
}

/// Runs the checks that depend on the role, for one role.
pub(super) fn run_role_links(evidence: &Evidence<'_>) -> Vec<Link> {
    let role_links = registry::ALL.iter().filter(|check| check.scope == Scope::Role);
    role_links.map(|check| Link::new(check, (check.run)(evidence))).collect()
}

/// The evidence that a check of this scope is run with.
fn judged_for<'a>(scope: Scope, pods: &[Evidence<'a>], roles: &[Option<RoleUnderJudgement>]) -> Vec<Evidence<'a>> {
    let first_role = roles.first().cloned().flatten();
    match scope {
        Scope::Pod => pods.iter().map(|evidence| evidence.with_role(first_role.clone())).collect(),
        Scope::Cluster | Scope::ServiceAccount | Scope::Target => {
            pods.iter().take(1).map(|evidence| evidence.with_role(first_role.clone())).collect()
        }
        Scope::Role => {
            let Some(evidence) = pods.first() else { return Vec::new() };
            roles.iter().map(|role| evidence.with_role(role.clone())).collect()
        }
    }
}

/// A link after the first broken one that can't be judged wasn't reached; its gaps decide nothing any more.
fn not_reached(check: &'static Check, outcome: Outcome, broken: &str) -> Link {
    let is_unknown = outcome.status() == Status::Unknown;
    let (findings, gaps) = match outcome {
        Outcome::Judged { findings, gaps } if is_unknown => (findings, gaps),
        outcome => return Link::new(check, outcome),
    };
    if findings.is_empty() {
        let refused = gaps.into_iter().map(|found| found.gap).filter(|gap| gap.cause == GapCause::Denied).collect();
        return Link { check, outcome: Outcome::NotApplicable(format!("not reached: {broken} is broken")), refused };
    }
    let gaps = gaps.into_iter().map(|found| FoundGap { decisive: false, ..found }).collect();
    Link::new(check, Outcome::Judged { findings, gaps })
}

/// Every check, not applicable for one reason.
pub(super) fn all_not_applicable(reason: &str) -> Vec<CheckResult> {
    let link = |check: &&'static Check| Link::new(check, Outcome::not_applicable(reason)).result();
    registry::ALL.iter().map(link).collect()
}

/// What the links come to.
pub(super) fn verdict(links: &[Link]) -> Verdict {
    let has = |status| links.iter().any(|link| link.outcome.status() == status);
    if has(Status::Fail) {
        Verdict::Broken
    } else if has(Status::Unknown) {
        Verdict::Inconclusive
    } else if has(Status::Warn) {
        Verdict::Degraded
    } else {
        Verdict::Healthy
    }
}

/// Whether this link could be judged.
pub(super) fn is_judged(links: &[Link], check: &str) -> bool {
    links.iter().any(|link| link.check.id == check && link.outcome.status() != Status::NotApplicable)
}

/// Whether the links up to the trust policy give a pod the role's credentials.
pub(super) fn credentials(links: &[Link]) -> Credentials {
    let decides = |link: &&Link| {
        matches!(link.check.stage, Stage::Issuer | Stage::Provider | Stage::Role | Stage::Trust | Stage::PodIdentity)
    };
    let mut deciding = links.iter().filter(decides);
    if let Some(link) = deciding.clone().find(|link| link.outcome.status() == Status::Fail) {
        return Credentials::Refused(link.check.id);
    }
    // What wasn't reached doesn't refuse, and proves nothing either.
    let proves = ["trust-policy", "pod-identity"];
    let proven = deciding
        .clone()
        .any(|link| proves.contains(&link.check.id) && matches!(link.outcome.status(), Status::Pass | Status::Warn));
    let unknown = deciding.any(|link| link.outcome.status() == Status::Unknown);
    if proven && !unknown { Credentials::Given } else { Credentials::Unknown }
}

/// The first link with an error; where the pasted error says that what broke comes after a stage, the first after that.
pub(super) fn first_broken(links: &[Link], proven: Option<Stage>) -> Option<&'static str> {
    let broken = || links.iter().filter(|link| link.outcome.status() == Status::Fail).map(|link| link.check);
    let after = broken().find(|check| proven.is_none_or(|stage| check.stage > stage));
    after.or_else(|| broken().next()).map(|check| check.id)
}

/// The first unknown link, if it comes before the first broken one.
pub(super) fn first_unknown(links: &[Link], broken: Option<&'static str>) -> Option<&'static str> {
    let before = links.iter().take_while(|link| Some(link.check.id) != broken);
    before.into_iter().find(|link| link.outcome.status() == Status::Unknown).map(|link| link.check.id)
}

/// The findings of all links, in chain order.
pub(super) fn findings(target: &Target, links: &[Link]) -> Vec<FoundFinding> {
    let mut found = Vec::new();
    for link in links {
        if let Outcome::Judged { findings, .. } = &link.outcome {
            found.extend(findings.iter().map(|finding| FoundFinding {
                check: link.check.id,
                fingerprint: merge::fingerprint(target, finding),
                finding: finding.clone(),
                suppressed: None,
                counts_as: None,
            }));
        }
    }
    found
}

/// The gaps of all links, each once, in chain order.
pub(super) fn gaps(links: &[Link]) -> Vec<ReportedGap> {
    let mut reported: Vec<ReportedGap> = Vec::new();
    for link in links {
        let judged = match &link.outcome {
            Outcome::Judged { gaps, .. } => gaps.as_slice(),
            Outcome::NotApplicable(_) => &[],
        };
        let refused = link.refused.iter().map(|gap| FoundGap { gap: gap.clone(), decisive: false });
        for found in judged.iter().cloned().chain(refused) {
            match reported.iter_mut().find(|known| known.found.gap == found.gap) {
                Some(known) => known.found.decisive |= found.decisive,
                None => reported.push(ReportedGap { check: link.check.id, found }),
            }
        }
    }
    reported
}

#[cfg(test)]
mod tests;
