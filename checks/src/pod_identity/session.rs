//! The association's session policy, which limits what the role's own policies allow.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session>

use super::{Found, SESSION_POLICY, locus};
use crate::evidence::Evidence;
use crate::finding::Finding;
use crate::fix::Fix;
use crate::snapshot::Association;
use irsa_doctor_iam::{Layer, LayerOutcome, Policy, PolicyKind, PolicySet, Request, authorize};

/// Whether the session policy lets through what was asked for.
pub(super) fn judge(evidence: &Evidence<'_>, association: &Association, found: &mut Found) {
    let Some(text) = association.session_policy.as_deref() else { return };
    let role = association.target_role_arn.as_deref().unwrap_or(&association.role_arn);
    let policy = match Policy::parse(text, PolicyKind::Session) {
        Ok(policy) => policy,
        Err(errors) => {
            let detail = format!("the association's session policy is not valid: {errors}");
            let fix = fix(association);
            return found.findings.push(Finding::new(&SESSION_POLICY, locus(evidence, association), detail).fix(fix));
        }
    };
    for asked in evidence.required() {
        let resource = if asked.resource.is_empty() { "*" } else { &asked.resource };
        let mut request = Request::role_session(role, &asked.action, resource);
        for (key, values) in &asked.context {
            let value = match values.as_slice() {
                [only] => irsa_doctor_iam::KeyValue::Single(only.clone()),
                _ => irsa_doctor_iam::KeyValue::Many(values.clone()),
            };
            request = request.with_key(key, value);
        }
        let decision = authorize(&request, &PolicySet::new().session("session policy", &policy));
        let outcome = decision.layer(Layer::Session).map(|layer| layer.outcome);
        let how = match outcome {
            Some(LayerOutcome::ExplicitDeny) => "denies",
            Some(LayerOutcome::ImplicitDeny) => "leaves out",
            _ => continue,
        };
        let detail =
            format!("the association's session policy {how} {} on {resource}, whatever role {role} may do", asked.action);
        found.findings.push(
            Finding::new(&SESSION_POLICY, locus(evidence, association), detail)
                .compared(asked.action.as_str(), how)
                .fix(fix(association)),
        );
    }
}

fn fix(association: &Association) -> Fix {
    Fix::new(format!("association:{}#policy", association.id), "Widen the association's session policy").decision(format!(
        "whoever owns the association of {}/{} must decide what its session policy is to let through (aws eks update-pod-identity-association --policy)",
        association.namespace, association.service_account
    ))
}
