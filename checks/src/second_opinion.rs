//! AWS' own policy simulator beside our decision: a labelled second opinion, which never changes the first.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>

use crate::arn::RoleArn;
use crate::check::FoundGap;
use crate::evidence::Evidence;
use crate::permissions::{Permissions, known_tags, permissions, session_policy};
use crate::report::{ReportedGap, SecondOpinion};
use crate::snapshot::{Observed, RequiredAction, Simulated};
use irsa_doctor_iam::{Decision, Outcome, services};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What the simulator is asked: actions of one role on one resource, in one context.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// The role's ARN.
    pub role: String,
    /// The resource's ARN; `*` for any.
    pub resource: String,
    /// The condition keys whose values are known.
    pub context: BTreeMap<String, Vec<String>>,
    /// The actions.
    pub actions: Vec<String>,
}

impl Question {
    /// Under which name a snapshot keeps the answer for one of the actions.
    pub fn key(&self, action: &str) -> String {
        let mut key = format!("{action} on {}", self.resource);
        for (name, values) in &self.context {
            let _ = write!(key, ", {name}={}", values.join("|"));
        }
        key
    }
}

/// The questions of a target: one for all actions on the same resource in the same context.
pub fn questions(evidence: &Evidence<'_>) -> Vec<Question> {
    let Some(permissions) = permissions(evidence).filter(|permissions| !permissions.role.is_absent()) else { return Vec::new() };
    let mut questions: Vec<Question> = Vec::new();
    for asked in evidence.required() {
        let one = question(evidence, &permissions, asked);
        let same = |known: &&mut Question| known.resource == one.resource && known.context == one.context;
        match questions.iter_mut().find(same) {
            Some(known) if known.actions.contains(&asked.action) => {}
            Some(known) => known.actions.push(asked.action.clone()),
            None => questions.push(one),
        }
    }
    questions
}

fn question(evidence: &Evidence<'_>, permissions: &Permissions<'_>, asked: &RequiredAction) -> Question {
    let mut context = known_tags(evidence, permissions);
    context.extend(asked.context.clone());
    // As in our own decision: an action that takes no resource is asked about with none.
    let no_resource = services::action(&asked.action).is_some_and(services::Action::is_wildcard_only);
    Question {
        role: permissions.role_arn.clone(),
        resource: if no_resource { "*".to_owned() } else { asked.resource.clone() },
        context,
        actions: vec![asked.action.clone()],
    }
}

/// What was answered; `None` where nobody asked.
fn answer<'a>(evidence: &Evidence<'a>, permissions: &Permissions<'_>, asked: &RequiredAction) -> Option<&'a Observed<Simulated>> {
    let arn = RoleArn::parse(&permissions.role_arn)?;
    let role = evidence.account(arn.account)?.roles.get(arn.name)?;
    role.simulations.get(&question(evidence, permissions, asked).key(&asked.action))
}

/// The opinion on one action; `None` where there is none.
pub fn opinion(
    evidence: &Evidence<'_>,
    permissions: &Permissions<'_>,
    asked: &RequiredAction,
    ours: &Decision,
) -> Option<SecondOpinion> {
    let simulated = answer(evidence, permissions, asked)?.present()?;
    let theirs = word(&simulated.decision);
    let differs = match &ours.outcome {
        Outcome::Allowed { .. } => theirs != "allow",
        Outcome::ExplicitDeny { .. } => theirs != "explicit-deny",
        Outcome::ImplicitDeny { .. } => theirs != "implicit-deny",
        Outcome::Unknown { .. } => false,
    };
    let why = if differs { why(evidence, ours, simulated) } else { Vec::new() };
    Some(SecondOpinion {
        decision: theirs.to_owned(),
        by: simulated.by.clone(),
        missing_context: simulated.missing_context.clone(),
        boundary_allows: simulated.boundary_allows,
        organization_allows: simulated.organization_allows,
        differs,
        why,
    })
}

/// What was asked and not answered: none of it decides anything.
pub fn gaps(evidence: &Evidence<'_>) -> Vec<ReportedGap> {
    let Some(permissions) = permissions(evidence) else { return Vec::new() };
    let answers = evidence.required().iter().filter_map(|asked| answer(evidence, &permissions, asked));
    let mut gaps: Vec<ReportedGap> = Vec::new();
    for gap in answers.filter_map(Observed::gap) {
        let gap = ReportedGap { check: "required-actions", found: FoundGap { gap: gap.clone(), decisive: false } };
        if !gaps.contains(&gap) {
            gaps.push(gap);
        }
    }
    gaps
}

fn word(decision: &str) -> &str {
    match decision {
        "allowed" => "allow",
        "explicitDeny" => "explicit-deny",
        "implicitDeny" => "implicit-deny",
        other => other,
    }
}

/// Why the two may differ: what can be seen first, what can't be ruled out last.
fn why(evidence: &Evidence<'_>, ours: &Decision, simulated: &Simulated) -> Vec<String> {
    let mut why = Vec::new();
    if simulated.organization_allows == Some(false) {
        why.push(
            "the simulator looks at the organization's service control policies, which we don't: they don't allow it".to_owned(),
        );
    }
    if simulated.boundary_allows == Some(false) {
        why.push("the simulator says that the permissions boundary does not allow it".to_owned());
    }
    if !simulated.missing_context.is_empty() {
        let keys = simulated.missing_context.join(", ");
        why.push(format!(
            "the simulator was not told {keys}, and takes a key that it isn't told for absent (--context-key gives it)"
        ));
    }
    if session_policy(evidence).is_some() {
        why.push(
            "the simulator judges the role: it knows nothing of the session policy of the Pod Identity association".to_owned(),
        );
    }
    if matches!(ours.outcome, Outcome::Allowed { .. }) && why.is_empty() && simulated.decision == "explicitDeny" {
        why.push("a Deny outside of the role's own policies: a service control policy, which we don't look at".to_owned());
    }
    if why.is_empty() {
        why.push(
            "the simulator judges the role and not a pod's session, sets no condition keys of a real call, and may read policies at \
             another moment than we did"
                .to_owned(),
        );
    }
    why
}

#[cfg(test)]
mod tests;
