//! `error-message`: what the pasted error says, and the rest of the chain in its light.

mod candidates;
mod cause;
mod light;
mod mend;
mod reading;

pub use candidates::{Candidate, Said, State};
pub use light::{Seen, passed, proven, settle};
pub use reading::{ErrorReading, describe, layer_id, reading};

use crate::check::{Check, FoundGap, Outcome, Scope, Stage};
use crate::evidence::Evidence;
use crate::fault::faults;
use crate::locus::Locus;
use crate::snapshot::{GapCause, TargetKind};
use crate::symptom::{Reading, Symptom};

faults! {
    NODE_ROLE: "error-node-role", Error, Certain, "the error names the node's role, not the pod's";
    STATIC_IDENTITY: "error-static-identity", Error, Certain, "the error names somebody's own keys or session, not the pod's role";
    OTHER_ROLE: "error-other-role", Error, Certain, "the error speaks of another role than the one that the pod gets";
    DOUBLE_ASSUME: "error-double-assume-self", Error, Certain, "the pod already is the role that it tries to assume";
    CHAINED_ROLE: "error-chained-role", Error, Certain, "the pod's role may not assume the second role";
    KMS_KEY: "error-kms-key", Error, Certain, "a KMS key may not be used";
    SERVICE_CONTROL: "error-service-control-policy", Error, Certain, "a service control policy forbids the call";
    RESOURCE_CONTROL: "error-resource-control-policy", Error, Certain, "a resource control policy forbids the call";
    RESOURCE_POLICY: "error-resource-policy", Error, Certain, "the resource's own policy refuses the call";
    SESSION_POLICY: "error-session-policy", Error, Certain, "a session policy leaves the action out";
    VPC_ENDPOINT: "error-vpc-endpoint-policy", Error, Certain, "the policy of a VPC endpoint forbids the call";
    PASS_ROLE: "error-pass-role", Error, Certain, "the role may not hand another role to a service";
    ACCESS_DENIED: "error-access-denied", Error, Certain, "AWS refused the call";
    TRUST_REFUSED: "error-trust-refused", Error, Certain, "STS did not let the pod assume the role";
    NO_PROVIDER: "error-no-provider", Error, Certain, "STS found no OIDC provider for the token's issuer";
    TOKEN_AUDIENCE: "error-token-audience", Error, Certain, "the provider does not accept the token's audience";
    TOKEN_EXPIRED: "error-token-expired", Error, Certain, "the token or the session had expired, or the clocks differ";
    TOKEN_MALFORMED: "error-token-malformed", Error, Certain, "what was sent as the token is not one";
    TOKEN_UNREADABLE: "error-token-unreadable", Error, Certain, "the process could not read its token file";
    ISSUER_UNREACHABLE: "error-issuer-unreachable", Error, Certain, "STS could not get or verify the issuer's keys";
    STS_UNREACHABLE: "error-sts-unreachable", Error, Certain, "STS, or another endpoint of AWS, was not reached";
    REGION_DISABLED: "error-region-disabled", Error, Certain, "STS is not active in the region";
    REQUEST_INVALID: "error-request-invalid", Error, Certain, "STS takes the request for invalid";
    NO_CREDENTIALS: "error-no-credentials", Error, Certain, "the SDK found no credentials";
    SDK_LACKS_STS: "error-sdk-lacks-sts", Error, Certain, "the SDK lacks what web identity needs";
    THROTTLED: "error-throttled", Error, Certain, "AWS throttled the call";
}

/// The check. It is the last: it sees the whole chain.
pub static CHECK: Check = Check {
    id: "error-message",
    title: "the pasted error is explained",
    stage: Stage::Error,
    scope: Scope::Target,
    needs: &[],
    faults: &[
        &NODE_ROLE,
        &STATIC_IDENTITY,
        &OTHER_ROLE,
        &DOUBLE_ASSUME,
        &CHAINED_ROLE,
        &KMS_KEY,
        &SERVICE_CONTROL,
        &RESOURCE_CONTROL,
        &RESOURCE_POLICY,
        &SESSION_POLICY,
        &VPC_ENDPOINT,
        &PASS_ROLE,
        &ACCESS_DENIED,
        &TRUST_REFUSED,
        &NO_PROVIDER,
        &TOKEN_AUDIENCE,
        &TOKEN_EXPIRED,
        &TOKEN_MALFORMED,
        &TOKEN_UNREADABLE,
        &ISSUER_UNREACHABLE,
        &STS_UNREACHABLE,
        &REGION_DISABLED,
        &REQUEST_INVALID,
        &NO_CREDENTIALS,
        &SDK_LACKS_STS,
        &THROTTLED,
    ],
    run,
};

fn run(evidence: &Evidence<'_>) -> Outcome {
    let symptom = match evidence.pasted() {
        None => return Outcome::not_applicable("no error was given (--error)"),
        Some(Reading::NotAnAwsError(what)) => return not_aws(evidence, *what),
        Some(Reading::Aws(symptom)) => symptom,
    };
    let found = cause::cause(evidence, symptom).map(|cause| cause.finding(evidence, symptom));
    let outcome = Outcome::findings(found.into_iter().collect());
    match evidence.snapshot.decoded_message.gap() {
        Some(gap) if symptom.encoded.is_some() && gap.cause != GapCause::NotCollected => outcome.with_gap(gap.clone()),
        _ => outcome,
    }
}

/// A text that isn't an error of AWS says nothing about the chain; where there is nothing else to judge, nothing can be said.
fn not_aws(evidence: &Evidence<'_>, what: Option<&str>) -> Outcome {
    let said = stranger(what);
    if evidence.target.kind != TargetKind::Error {
        return Outcome::not_applicable(said);
    }
    let gap = crate::snapshot::Gap::new("", GapCause::Malformed)
        .about("the pasted text")
        .detail(said)
        .remedy("paste the whole error as the program logged it, or name a pod");
    Outcome::Judged { findings: Vec::new(), gaps: vec![FoundGap { gap, decisive: true }] }
}

/// A sentence about a text that isn't an error of AWS.
fn stranger(what: Option<&str>) -> String {
    what.map_or_else(
        || "the text is not an error of AWS".to_owned(),
        |what| format!("the text is not an error of AWS: it is {what}"),
    )
}

/// The place of the decisive words in the pasted text.
fn locus(symptom: &Symptom) -> Locus {
    let (line, column) = symptom.place;
    Locus::new("error").document("text").line_column(line, column)
}

#[cfg(test)]
mod tests;
