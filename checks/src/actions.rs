//! May the role do what the pod needs? The evaluator's answer for each asked action.

use crate::error_message::layer_id;
use crate::evidence::Evidence;
use crate::permissions::{Permissions, permissions};
use crate::report::ActionDecision;
use crate::resource_policy::{is_examined, may_bear_policy};
use crate::second_opinion;
use irsa_doctor_iam::{Decision, LayerOutcome, Outcome};

/// The decision for each asked action; none where there is no role, where it does not exist, or where the container
/// that was asked about does not have it.
pub fn decisions(evidence: &Evidence<'_>) -> Vec<ActionDecision> {
    let Some(permissions) = permissions(evidence).filter(|permissions| !permissions.role.is_absent()) else { return Vec::new() };
    if evidence.asked_without_role().is_some() {
        return Vec::new();
    }
    let asked = evidence.required().iter();
    asked
        .map(|asked| {
            let decision = permissions.decide(evidence, asked);
            let is_free = Permissions::is_free(&asked.action);
            ActionDecision {
                action: asked.action.clone(),
                resource: asked.resource.clone(),
                role: permissions.role_arn.clone(),
                decision: if is_free { "allow" } else { word(&decision.outcome) }.to_owned(),
                by: if is_free { vec!["no policy: AWS lets every caller do it".to_owned()] } else { by(&decision) },
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Gap, GapCause, Observed, RequiredAction, Snapshot};
    use crate::testing::{self, POLICY, account, healthy, role, role_evidence, set_policy};
    use serde_json::{Value, json};

    const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/boundary";

    fn document(statements: &Value) -> Value {
        json!({"Version": "2012-10-17", "Statement": statements})
    }

    /// What is decided on listing the bucket: the word, the statements that decide, and each layer's own word.
    fn decided(change: impl FnOnce(&mut Snapshot)) -> (String, Vec<String>, Vec<String>) {
        let mut snapshot = healthy();
        let (action, resource) = ("s3:ListBucket".to_owned(), "arn:aws:s3:::my-test-bucket".to_owned());
        snapshot.asked.actions = vec![RequiredAction { action, resource, ..RequiredAction::default() }];
        change(&mut snapshot);
        let decision = testing::evidence(&snapshot, decisions).remove(0);
        let layers = decision.layers.iter().map(|(layer, word)| format!("{layer}: {word}")).collect();
        (decision.decision, decision.by, layers)
    }

    fn bounded(snapshot: &mut Snapshot, action: &str) {
        role(snapshot).permissions_boundary = Some(BOUNDARY.to_owned());
        let mut boundary = account(snapshot).policies[POLICY].clone();
        let statement = document(&json!({"Effect": "Allow", "Action": action, "Resource": "*"})).to_string();
        boundary.documents.insert("v1".to_owned(), Observed::Present(statement));
        account(snapshot).policies.insert(BOUNDARY.to_owned(), boundary);
    }

    #[test]
    fn a_decision_names_the_statements_that_made_it_and_what_each_layer_says() {
        let said = |decision: &str, by: &[&str], layers: &[&str]| {
            let owned = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
            (decision.to_owned(), owned(by), owned(layers))
        };
        let first = format!("{POLICY} statement 0 (Bucket)");
        assert_eq!(decided(|_| {}), said("allow", &[&first], &["identity: allow"]));
        let denied = decided(|snapshot| {
            let all = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
            let not = json!({"Effect": "Deny", "Action": "s3:List*", "Resource": "*"});
            set_policy(snapshot, &document(&json!([all, not])));
            bounded(snapshot, "s3:*");
        });
        let by = format!("{POLICY} statement 1");
        assert_eq!(denied, said("explicit-deny", &[&by], &["boundary: allow", "identity: explicit-deny"]));
        let outside = decided(|snapshot| bounded(snapshot, "sqs:*"));
        assert_eq!(outside, said("implicit-deny", &[], &["boundary: implicit-deny", "identity: allow"]));
        let unread = decided(|snapshot| {
            role_evidence(snapshot).role = Observed::Unavailable(Gap::new("iam:GetRole", GapCause::Denied));
        });
        assert_eq!(unread, said("unknown", &[], &["boundary: unknown", "identity: allow"]));
    }
}
