//! `required-actions`: the role may do what the pod needs.

mod asked;
mod explain;
mod grant;

pub use grant::grant;

use crate::check::{Check, FoundGap, Need, Outcome, Scope, Stage};
use crate::evidence::Evidence;
use crate::fault::faults;
use crate::permissions::{permissions, unresolved_gap};
use irsa_doctor_iam::{Layer, Outcome as Answer};

faults! {
    NOT_ALLOWED: "action-not-allowed", Error, Likely, "no policy of the role allows the action";
    DENIED: "action-denied", Error, Certain, "a Deny statement denies the action";
    OUTSIDE_BOUNDARY: "action-outside-boundary", Error, Certain, "the policies allow the action, the permissions boundary does not";
    ASKED_UNKNOWN: "asked-action-unknown", Warning, Likely, "the action that was asked about does not exist";
    ASKED_RESOURCE: "asked-resource-type-mismatch", Warning, Likely, "the action that was asked about takes another kind of resource";
    CONDITION_UNMET: "action-condition-unmet", Error, Certain, "only a condition stands in the way of the action";
}

/// The check.
pub static CHECK: Check = Check {
    id: "required-actions",
    title: "the role may do what the pod needs",
    stage: Stage::Actions,
    scope: Scope::Role,
    needs: &[Need::Role, Need::RolePolicies, Need::PolicyDocuments, Need::Boundary],
    faults: &[&NOT_ALLOWED, &DENIED, &OUTSIDE_BOUNDARY, &CONDITION_UNMET, &ASKED_UNKNOWN, &ASKED_RESOURCE],
    run,
};

fn run(evidence: &Evidence<'_>) -> Outcome {
    let asked = evidence.required();
    if asked.is_empty() {
        return Outcome::not_applicable("no action was asked for (--action, --error)");
    }
    let Some(permissions) = permissions(evidence) else { return Outcome::not_applicable("not reached: no role is known") };
    if permissions.role.is_absent() {
        return Outcome::not_applicable("not reached: the role does not exist");
    }
    if permissions.documents.is_empty() && permissions.attached.is_present() && permissions.inline_names.is_present() {
        return Outcome::not_applicable("not reached: the role has no policy (see attached-policies)");
    }
    let mut findings = Vec::new();
    let mut gaps = Vec::new();
    for action in asked {
        let decision = permissions.decide(evidence, action);
        match &decision.outcome {
            // What a session policy leaves out, `pod-identity` says of the association, whose policy that is.
            Answer::Allowed { .. } | Answer::ImplicitDeny { layer: Layer::Session } => {}
            Answer::Unknown { unresolved } => gaps.push(FoundGap { gap: unresolved_gap(action, unresolved), decisive: true }),
            Answer::ExplicitDeny { .. } | Answer::ImplicitDeny { .. } => {
                findings.push(explain::explain(evidence, &permissions, action, &decision));
            }
        }
    }
    findings.extend(asked.iter().filter_map(|action| asked::odd(&permissions, action)));
    grant::share(evidence, &permissions, asked, &mut findings);
    Outcome::Judged { findings, gaps }
}

#[cfg(test)]
mod tests;
