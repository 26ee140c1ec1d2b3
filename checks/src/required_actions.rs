//! `required-actions`: the role may do what the pod needs.

mod asked;
mod explain;
mod grant;
mod resource;

pub use grant::grant;

use crate::check::{Check, FoundGap, Need, Outcome, Scope, Stage};
use crate::evidence::Evidence;
use crate::fault::faults;
use crate::permissions::{Permissions, permissions, unresolved_gap};
use irsa_doctor_iam::{Layer, Outcome as Answer};

faults! {
    NOT_ALLOWED: "action-not-allowed", Error, Likely, "no policy of the role allows the action";
    DENIED: "action-denied", Error, Certain, "a Deny statement denies the action";
    OUTSIDE_BOUNDARY: "action-outside-boundary", Error, Certain, "the policies allow the action, the permissions boundary does not";
    ASKED_UNKNOWN: "asked-action-unknown", Warning, Likely, "the action that was asked about does not exist";
    ASKED_RESOURCE: "asked-resource-type-mismatch", Warning, Likely, "the action that was asked about takes another kind of resource";
    RESOURCE_POLICY: "resource-policy-not-allowed", Error, Certain, "the resource's own policy does not let the role in";
    CONDITION_UNMET: "action-condition-unmet", Error, Certain, "only a condition stands in the way of the action";
}

/// The check.
pub static CHECK: Check = Check {
    id: "required-actions",
    title: "the role may do what the pod needs",
    stage: Stage::Actions,
    scope: Scope::Role,
    needs: &[Need::Role, Need::RolePolicies, Need::PolicyDocuments, Need::Boundary, Need::ResourcePolicies],
    faults: &[&NOT_ALLOWED, &DENIED, &OUTSIDE_BOUNDARY, &RESOURCE_POLICY, &CONDITION_UNMET, &ASKED_UNKNOWN, &ASKED_RESOURCE],
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
    if let Some(container) = evidence.asked_without_role() {
        return Outcome::not_applicable(format!("not reached: container {} does not have the role", container.name()));
    }
    let decisions: Vec<_> = asked.iter().map(|action| (action, permissions.decide(evidence, action))).collect();
    if permissions.has_none() && decisions.iter().all(|(_, decision)| is_refusal(&decision.outcome)) {
        return Outcome::not_applicable("not reached: the role has no policy (see attached-policies)");
    }
    let mut findings = Vec::new();
    let mut gaps = Vec::new();
    for (action, decision) in &decisions {
        match &decision.outcome {
            _ if Permissions::is_free(&action.action) => {}
            Answer::ExplicitDeny { .. } | Answer::ImplicitDeny { .. } if let Some(gap) = resource::partial(action) => {
                gaps.push(FoundGap { gap, decisive: true });
            }
            _ if let Some(gap) = resource::divided(action, decision) => gaps.push(FoundGap { gap, decisive: true }),
            // What a session policy leaves out, `pod-identity` says of the association, whose policy that is.
            Answer::Allowed { .. } | Answer::ImplicitDeny { layer: Layer::Session } => {}
            Answer::Unknown { unresolved } => gaps.push(FoundGap { gap: unresolved_gap(action, unresolved), decisive: true }),
            Answer::ImplicitDeny { .. } if let Some(gap) = resource::unnamed(action, decision) => {
                gaps.push(FoundGap { gap, decisive: true });
            }
            Answer::ExplicitDeny { .. } | Answer::ImplicitDeny { .. } => {
                findings.extend(explain::explain(evidence, &permissions, action, decision));
            }
        }
        gaps.extend(resource::gap(evidence, action).map(|gap| FoundGap { gap, decisive: false }));
    }
    findings.extend(asked.iter().filter_map(|action| asked::odd(&permissions, action)));
    grant::share(evidence, &permissions, asked, &mut findings);
    Outcome::Judged { findings, gaps }
}

/// Whether an outcome is a refusal.
pub(crate) fn is_refusal(outcome: &Answer) -> bool {
    matches!(outcome, Answer::ExplicitDeny { .. } | Answer::ImplicitDeny { .. })
}

#[cfg(test)]
mod tests;
