//! The chain in the light of the error, and the error in the light of the chain.

use super::candidates::Said;
use super::{candidates, cause};
use crate::check::{Outcome, Stage, Status};
use crate::evidence::Evidence;
use crate::fault::Severity;
use crate::finding::Finding;
use crate::symptom::{Sign, Symptom, WhomKind};
use irsa_doctor_iam::Layer;

/// What the other checks came to.
#[derive(Debug, Default)]
pub struct Seen<'a> {
    /// Check, status, and why it is unknown or doesn't apply.
    pub checks: Vec<(&'static str, Status, Option<String>)>,
    /// Check and finding.
    pub findings: Vec<(&'static str, &'a Finding)>,
}

/// The last stage that the error proves to work: a session of the pod's role was let in, a token that STS judged was there.
pub fn proven(evidence: &Evidence<'_>) -> Option<Stage> {
    let symptom = evidence.symptom()?;
    let session = |kind| matches!(kind, WhomKind::WebIdentity | WhomKind::PodIdentity | WhomKind::NamedSession);
    if symptom.whom.as_ref().is_some_and(|whom| session(whom.kind)) && cause::is_among(evidence, symptom) {
        return Some(Stage::Trust);
    }
    judged_token(symptom).then_some(Stage::Injection)
}

/// The last stage that isn't what the error is about: what it proves, and where it names a policy that isn't the pod's role's own
/// as what refused, what that one's own policies lack.
pub fn passed(evidence: &Evidence<'_>) -> Option<Stage> {
    let layer = evidence.symptom().and_then(|symptom| symptom.refusal.as_ref()?.layer);
    let others = [Layer::Resource, Layer::ServiceControl, Layer::ResourceControl, Layer::VpcEndpoint];
    let proven = proven(evidence);
    let of_another = layer.is_some_and(|layer| others.contains(&layer)) && proven == Some(Stage::Trust);
    if of_another { Some(Stage::Actions) } else { proven }
}

/// Whether STS saw a token.
fn judged_token(symptom: &Symptom) -> bool {
    matches!(
        symptom.sign,
        Sign::WebIdentityRefused | Sign::NoProvider | Sign::TokenAudience | Sign::IssuerUnreachable | Sign::TokenExpired
    )
}

/// What the error is to be called where the chain has found what is behind it: then it is that fault, and this only a note.
pub fn settle(outcome: Outcome, said: Said, seen: &Seen<'_>) -> Outcome {
    let Outcome::Judged { findings, gaps } = outcome else { return outcome };
    let findings = findings.into_iter().map(|finding| explained(finding, said, seen)).collect();
    Outcome::Judged { findings, gaps }
}

fn explained(finding: Finding, said: Said, seen: &Seen<'_>) -> Finding {
    let confirmed =
        candidates::candidates(finding.fault.id, said, seen).into_iter().find(|found| found.state == super::State::Confirmed);
    match confirmed {
        Some(found) => {
            let detail = format!("{}; {} explains it", finding.detail, found.id);
            Finding { detail, fix: None, ..finding.severity(Severity::Info) }
        }
        None => finding,
    }
}
