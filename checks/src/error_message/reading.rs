//! The reading of the error, as a report has it.

use super::candidates::{self, Candidate, Said, State};
use super::{Seen, cause, light};
use crate::evidence::Evidence;
use crate::fix::quote;
use crate::snapshot::TargetKind;
use crate::symptom::{Reading, Sign, Symptom, Whom, WhomKind};
use irsa_doctor_iam::Layer;

/// What the pasted error says, and what the chain says to that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorReading {
    /// Whether it is an error of AWS at all.
    pub is_aws: bool,
    /// In a sentence: whom AWS saw, what it refused, and which layer did.
    pub summary: String,
    /// What kind of thing happened: `refused`, `no-provider`, ...
    pub sign: Option<&'static str>,
    /// The error's code.
    pub code: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The service.
    pub service: Option<String>,
    /// The operation.
    pub operation: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
    /// Whom AWS saw.
    pub whom: Option<Whom>,
    /// The action.
    pub action: Option<String>,
    /// The resource.
    pub resource: Option<String>,
    /// The layer that the text names.
    pub layer: Option<&'static str>,
    /// `explicit-deny` or `implicit-deny`.
    pub reason: Option<&'static str>,
    /// The policy that the text names.
    pub policy: Option<String>,
    /// The ids of the statements that the decoded message names.
    pub statements: Vec<String>,
    /// What may be behind it: what the chain found first, what it excludes last.
    pub candidates: Vec<Candidate>,
    /// `agrees`, `contradicts`, or `open` where nothing that was read explains it.
    pub agreement: &'static str,
    /// What the text and the chain say against each other.
    pub contradictions: Vec<String>,
    /// What to run, or to do, next.
    pub next: Vec<String>,
}

/// The name of a layer in reports.
pub fn layer_id(layer: Layer) -> &'static str {
    match layer {
        Layer::Identity => "identity",
        Layer::Boundary => "boundary",
        Layer::Session => "session",
        Layer::Trust => "trust",
        Layer::Resource => "resource-policy",
        Layer::ServiceControl => "scp",
        Layer::ResourceControl => "rcp",
        Layer::VpcEndpoint => "vpc-endpoint-policy",
    }
}

/// The reading, where an error was given.
pub fn reading(evidence: &Evidence<'_>, seen: &Seen<'_>) -> Option<ErrorReading> {
    let symptom = match evidence.pasted()? {
        Reading::Aws(symptom) => symptom,
        Reading::NotAnAwsError(what) => return Some(not_aws(*what)),
    };
    let fault = seen.findings.iter().find(|(check, _)| *check == super::CHECK.id).map(|(_, finding)| finding.fault.id);
    let candidates = fault.map(|fault| candidates::candidates(fault, Said::by(symptom), seen)).unwrap_or_default();
    let contradictions = contradictions(evidence, seen, symptom);
    let refusal = symptom.refusal.as_ref();
    let decoded = evidence.snapshot.decoded_message.present();
    Some(ErrorReading {
        is_aws: true,
        summary: summary(symptom),
        sign: Some(symptom.sign.as_str()),
        code: symptom.code.clone(),
        status: symptom.status,
        service: symptom.service.clone(),
        operation: symptom.operation.clone(),
        request_id: symptom.request_id.clone(),
        whom: symptom.whom.clone(),
        action: symptom.action.clone(),
        resource: symptom.resource.clone(),
        layer: refusal.and_then(|refusal| refusal.layer).map(layer_id),
        reason: refusal.map(|refusal| if refusal.explicit { "explicit-deny" } else { "implicit-deny" }),
        policy: refusal.and_then(|refusal| refusal.policy.clone()),
        statements: decoded
            .into_iter()
            .flat_map(|decoded| &decoded.statements)
            .map(|statement| format!("{} {}", statement.effect, statement.id).trim().to_owned())
            .collect(),
        agreement: agreement(&candidates, &contradictions),
        next: next(evidence, symptom),
        candidates,
        contradictions,
    })
}

fn not_aws(what: Option<&'static str>) -> ErrorReading {
    ErrorReading {
        summary: super::stranger(what),
        agreement: "open",
        next: vec!["paste the whole error, as the program logged it".to_owned()],
        ..ErrorReading::default()
    }
}

fn agreement(candidates: &[Candidate], contradictions: &[String]) -> &'static str {
    if !contradictions.is_empty() {
        "contradicts"
    } else if candidates.iter().any(|candidate| candidate.state == State::Confirmed) {
        "agrees"
    } else {
        "open"
    }
}

/// What the chain finds broken though the error proves that it worked, and what it allows though the error says it was refused.
fn contradictions(evidence: &Evidence<'_>, seen: &Seen<'_>, symptom: &Symptom) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(stage) = light::proven(evidence) {
        let broken = seen.findings.iter().filter(|(check, finding)| {
            let of = crate::registry::check(check).map(|check| check.stage);
            finding.severity == crate::fault::Severity::Error && of.is_some_and(|of| of <= stage)
        });
        all.extend(broken.map(|(_, finding)| {
            format!("{} is contradicted by the error: that link worked (another pod, another time?)", finding.fault.id)
        }));
    }
    let own = symptom.refusal.as_ref().is_some_and(|refusal| matches!(refusal.layer, Some(Layer::Identity | Layer::Boundary)));
    if own && cause::is_among(evidence, symptom) {
        let allowed = crate::actions::decisions(evidence).into_iter().filter(|decision| decision.decision == "allow");
        all.extend(allowed.filter(|decision| symptom.action.as_deref() == Some(decision.action.as_str())).map(|decision| {
            format!(
                "the error says that {} was not allowed, the role's own policies allow it now (changed since, or another pod?)",
                decision.action
            )
        }));
    }
    all
}

/// In a sentence.
fn summary(symptom: &Symptom) -> String {
    let whom = symptom.whom.as_ref().map_or_else(|| "AWS".to_owned(), |whom| format!("AWS saw {} and", describe(whom)));
    let refused = matches!(symptom.sign, Sign::Refused | Sign::KeyRefused | Sign::AgentRefused | Sign::WebIdentityRefused);
    if !refused {
        let code = symptom.code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default();
        return format!("{}{code}", words(symptom.sign));
    }
    let by = symptom.refusal.as_ref().and_then(|refusal| refusal.layer.map(|layer| (refusal.explicit, layer)));
    let by = match by {
        Some((true, layer)) => format!(": an explicit deny in {}", layer_words(layer)),
        Some((false, layer)) => format!(": nothing in {} allows it", layer_words(layer)),
        None => String::new(),
    };
    format!(
        "{whom} refused {}{by}",
        if symptom.sign == Sign::WebIdentityRefused { "sts:AssumeRoleWithWebIdentity".to_owned() } else { cause::what(symptom) }
    )
}

fn words(sign: Sign) -> &'static str {
    match sign {
        Sign::NoProvider => "STS found no OIDC provider for the token's issuer",
        Sign::TokenAudience => "the OIDC provider doesn't accept the token's audience",
        Sign::IssuerUnreachable => "STS could not get or verify the issuer's keys",
        Sign::TokenExpired => "the web identity token had expired",
        Sign::TokenMalformed => "what was sent as the token isn't one",
        Sign::TokenUnreadable => "the process could not read its token file",
        Sign::RequestInvalid => "STS takes the request for invalid",
        Sign::RegionDisabled => "STS isn't active in the region",
        Sign::Throttled => "AWS throttled the call",
        Sign::Unreachable => "the endpoint was not reached",
        Sign::WrongEndpoint => "something else than STS answered",
        Sign::NoRegion => "no region is configured",
        Sign::NoCredentials => "the SDK found no credentials",
        Sign::NoStsModule => "the SDK lacks its STS module",
        Sign::KeysInvalid => "AWS doesn't know the access key",
        Sign::SignatureDiffers => {
            "AWS knows the access key, and the signature isn't the one that its secret makes of the request"
        }
        Sign::PodIdentityMissing => "EKS has no Pod Identity association for the service account",
        Sign::PodIdentityRefused => "EKS may not assume the role of the Pod Identity association",
        Sign::CredentialsFailed => "the call for credentials itself failed",
        Sign::SessionExpired => "the session's credentials had expired",
        Sign::ClockSkew => "the clocks differ",
        Sign::Other | Sign::Refused | Sign::KeyRefused | Sign::AgentRefused | Sign::WebIdentityRefused => {
            "AWS let the call in, which failed for another reason than permissions"
        }
    }
}

fn layer_words(layer: Layer) -> &'static str {
    match layer {
        Layer::Identity => "the identity-based policies",
        Layer::Boundary => "the permissions boundary",
        Layer::Session => "the session policy",
        Layer::Trust => "the trust policy",
        Layer::Resource => "the resource's own policy",
        Layer::ServiceControl => "the service control policies",
        Layer::ResourceControl => "the resource control policies",
        Layer::VpcEndpoint => "the VPC endpoint's policy",
    }
}

/// Whom AWS saw, in words.
pub fn describe(whom: &Whom) -> String {
    let role = whom.role.as_deref().unwrap_or_default();
    let account = whom.account.as_deref().unwrap_or_default();
    let arn = whom.arn.as_deref().unwrap_or_default();
    match whom.kind {
        WhomKind::NodeRole => format!("the node (role {role} of account {account})"),
        WhomKind::WebIdentity => format!("role {role} of account {account}, by web identity"),
        WhomKind::PodIdentity => format!("role {role} of account {account}, by EKS Pod Identity"),
        WhomKind::NamedSession => format!(
            "role {role} of account {account}, in a session that a program named {}",
            whom.session.as_deref().unwrap_or_default()
        ),
        WhomKind::Person => format!("a person ({arn})"),
        WhomKind::User | WhomKind::Root | WhomKind::FederatedUser => format!("static keys ({arn})"),
        WhomKind::Role => format!("role {role} of account {account}"),
        WhomKind::Anonymous => "nobody (the request was not signed)".to_owned(),
    }
}

/// What to run next.
fn next(evidence: &Evidence<'_>, symptom: &Symptom) -> Vec<String> {
    let mut next = Vec::new();
    if evidence.target.kind == TargetKind::Error {
        let action = evidence.required().first();
        let mut command = "irsa-doctor --pod POD -n NAMESPACE --error-file FILE".to_owned();
        if let Some(action) = action.filter(|action| action.resource != "*") {
            command = format!(
                "irsa-doctor --pod POD -n NAMESPACE --action {} --resource {}",
                quote(&action.action),
                quote(&action.resource)
            );
        }
        next.push(format!("{command}   (the pod that logged it: its whole chain)"));
        let account = symptom.whom.as_ref().and_then(|whom| whom.account.as_deref());
        if let Some(account) = account {
            next.push(format!("use a profile of account {account} (--profile, or --role-profile)"));
        }
    }
    if symptom.encoded.is_some() && !evidence.snapshot.decoded_message.is_present() {
        next.push("the text carries an encoded message: whoever may call sts:DecodeAuthorizationMessage in that account reads from it which statement refused".to_owned());
    }
    next
}
