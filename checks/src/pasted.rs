//! The pasted error of a run, read once, and what it asks of the role.

use crate::snapshot::{Asked, DecodedMessage, Observed, RequiredAction};
use crate::symptom::{self, Reading, Refusal, Sign, Symptom, WhomKind};
use irsa_doctor_iam::services::{self, Action};
use std::collections::BTreeMap;

/// The pasted error of a run.
#[derive(Debug, Default)]
pub struct Pasted {
    /// What the text is; `None` where none was given.
    pub reading: Option<Reading>,
    /// What the pod must be allowed: what the user asked, else what the error says was refused.
    pub required: Vec<RequiredAction>,
}

impl Pasted {
    /// Reads the error that was given, with what AWS decoded of it.
    pub fn of(asked: &Asked, decoded: &Observed<DecodedMessage>) -> Self {
        let mut reading = asked.error.as_deref().map(symptom::read);
        if let (Some(Reading::Aws(symptom)), Some(decoded)) = (&mut reading, decoded.present()) {
            decode(symptom, decoded);
        }
        let required = if asked.actions.is_empty() {
            reading.as_ref().and_then(refused).into_iter().collect()
        } else {
            asked.actions.clone()
        };
        Self { reading, required }
    }
}

/// Fills in what the encoded message says and the text itself doesn't.
fn decode(symptom: &mut Symptom, decoded: &DecodedMessage) {
    symptom.action = symptom.action.take().or_else(|| decoded.action.clone());
    symptom.resource = symptom.resource.take().or_else(|| decoded.resource.clone());
    if symptom.whom.is_none() {
        symptom.whom = decoded.principal.as_deref().and_then(symptom::whom);
    }
    if symptom.refusal.is_none() {
        symptom.refusal = Some(Refusal { explicit: decoded.explicit_deny, layer: None, policy: None });
    }
}

/// The action that was refused on a resource, where the pod's role is what should be allowed it.
fn refused(reading: &Reading) -> Option<RequiredAction> {
    let Reading::Aws(symptom) = reading else { return None };
    let action = symptom.action.as_deref()?;
    let of_pod = symptom.whom.as_ref().is_none_or(|whom| {
        !matches!(whom.kind, WhomKind::Person | WhomKind::User | WhomKind::FederatedUser | WhomKind::Root | WhomKind::Anonymous)
    });
    // A wildcard in a name was a placeholder; STS' own refusals, and those of the node's role, are not the role's policies' to
    // mend.
    if matches!(symptom.sign, Sign::WebIdentityRefused | Sign::AgentRefused)
        || !of_pod
        || action.contains('*')
        || symptom.assumes_itself()
    {
        return None;
    }
    let resource = match symptom.resource.as_deref() {
        Some(arn) if arn.starts_with("arn:aws") && arn.splitn(6, ':').count() == 6 => arn,
        Some("*") => "*",
        // An action that takes no resource needs none; of any other it isn't known which.
        None if services::action(action).is_some_and(Action::is_wildcard_only) => "*",
        Some(_) | None => return None,
    };
    Some(RequiredAction { action: action.to_owned(), resource: resource.to_owned(), context: BTreeMap::new() })
}

#[cfg(test)]
mod tests;
