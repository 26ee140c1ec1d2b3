//! May the role do what the pod needs? The evaluator's answer for each asked action.

use crate::error_message::layer_id;
use crate::evidence::Evidence;
use crate::permissions::permissions;
use crate::report::ActionDecision;
use crate::resource_policy::{is_examined, may_bear_policy};
use crate::second_opinion;
use irsa_doctor_iam::{Decision, LayerOutcome, Outcome};

/// The decision for each asked action; none where there is no role, or it does not exist.
pub fn decisions(evidence: &Evidence<'_>) -> Vec<ActionDecision> {
    let Some(permissions) = permissions(evidence).filter(|permissions| !permissions.role.is_absent()) else { return Vec::new() };
    let asked = evidence.required().iter();
    asked
        .map(|asked| {
            let decision = permissions.decide(evidence, asked);
            ActionDecision {
                action: asked.action.clone(),
                resource: asked.resource.clone(),
                role: permissions.role_arn.clone(),
                decision: word(&decision.outcome).to_owned(),
                by: by(&decision),
                layers: decision
                    .layers
                    .iter()
                    .map(|layer| (layer_id(layer.layer).to_owned(), layer_word(layer.outcome).to_owned()))
                    .collect(),
                second_opinion: second_opinion::opinion(evidence, &permissions, asked, &decision),
            }
        })
        .collect()
}

/// The layers that nobody looked at, and that decide nothing here. The resource's own policy is none of them where it
/// was read for every asked action whose resource may bear one, and a layer that the pasted error names decides.
pub fn not_examined(evidence: &Evidence<'_>) -> Vec<&'static str> {
    let named = evidence.symptom().and_then(|symptom| symptom.refusal.as_ref()?.layer).map(layer_id);
    let mut layers = vec!["scp", "rcp", "vpc-endpoint-policy"];
    let required = evidence.required();
    if required.is_empty() || required.iter().any(|asked| may_bear_policy(asked) && !is_examined(evidence, asked)) {
        layers.push("resource-policy");
    }
    layers.retain(|layer| named != Some(*layer));
    layers
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed { .. } => "allow",
        Outcome::ExplicitDeny { .. } => "explicit-deny",
        Outcome::ImplicitDeny { .. } => "implicit-deny",
        Outcome::Unknown { .. } => "unknown",
    }
}

fn by(decision: &Decision) -> Vec<String> {
    let (Outcome::Allowed { by } | Outcome::ExplicitDeny { by }) = &decision.outcome else { return Vec::new() };
    by.iter()
        .map(|statement| match &statement.sid {
            Some(sid) => format!("{} statement {} ({sid})", statement.policy, statement.index),
            None => format!("{} statement {}", statement.policy, statement.index),
        })
        .collect()
}

fn layer_word(outcome: LayerOutcome) -> &'static str {
    match outcome {
        LayerOutcome::Allow => "allow",
        LayerOutcome::ExplicitDeny => "explicit-deny",
        LayerOutcome::ImplicitDeny => "implicit-deny",
        LayerOutcome::Unknown => "unknown",
    }
}
