//! One decision for four places: of annotation, token, provider and trust policy, which audience is the odd one out?
//!
//! STS takes a token only if its `aud` is a client id of the provider and meets the trust policy's condition on
//! `aud`. Where they differ one of them is wrong, and naming them all would send people in circles.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html>

use crate::evidence::{ContainerView, Evidence, RoleSource, TokenFile};
use crate::identity::{Mode, mode};
use crate::snapshot::Observed;
use irsa_doctor_iam::decision::{ElementKind, StatementTrace};
use irsa_doctor_iam::{Decision, Effect, PolicyKind, PolicySet, Request, authorize};

/// The annotation that sets the token's audience.
/// <https://github.com/aws/amazon-eks-pod-identity-webhook#eks-walkthrough>
pub const AUDIENCE_ANNOTATION: &str = "eks.amazonaws.com/audience";

/// What the webhook asks for where nothing else is said.
pub const DEFAULT_AUDIENCE: &str = "sts.amazonaws.com";

/// Which of them is the odd one out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Odd {
    /// None: they agree, or too little of them could be read to say.
    Nothing,
    /// The annotation is empty (`audience-empty`): the token is for the API server.
    Annotation,
    /// The pod's token (`token-audience-mismatch`).
    Token,
    /// The provider's client ids (`oidc-provider-audience-missing`).
    Provider,
    /// The trust policy's condition (`trust-audience-mismatch`).
    Trust,
    /// Provider and trust policy, each in its own way; or there is no token yet that could be the odd one.
    ProviderAndTrust,
}

/// The shared decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudienceDecision {
    /// Which one is odd.
    pub odd: Odd,
    /// The token's audience; empty is the API server's own.
    pub token: String,
    /// What the others ask for; empty where that isn't known.
    pub wanted: Vec<String>,
}

impl AudienceDecision {
    /// Whether the token itself is at fault: provider and trust policy are then to be judged for [`Self::judged`].
    pub fn is_token(&self) -> bool {
        matches!(self.odd, Odd::Annotation | Odd::Token)
    }

    /// The audience to judge provider and trust policy for: the token's, or, where the token is the odd
    /// one (and is reported as that), the one that it should have.
    pub fn judged(&self) -> &str {
        if self.is_token() { self.should_be() } else { &self.token }
    }

    /// The audience that the token should have: the default one where that would do.
    pub fn should_be(&self) -> &str {
        let default = self.wanted.iter().find(|wanted| *wanted == DEFAULT_AUDIENCE);
        default.or_else(|| self.wanted.iter().find(|wanted| !wanted.is_empty())).map_or(DEFAULT_AUDIENCE, String::as_str)
    }
}

/// The decision for the role under judgement and the token that is used with it.
pub fn decision(evidence: &Evidence<'_>) -> AudienceDecision {
    let token = token(evidence);
    let annotation = annotation(evidence).filter(|_| !token.self_wired);
    if annotation == Some("") && token.audience.is_empty() {
        let wanted = wanted(evidence, "");
        return AudienceDecision { odd: Odd::Annotation, token: String::new(), wanted };
    }
    decision_for(evidence, &token.audience, token.seen)
}

/// The decision for one token: its audience, and whether it is in a pod or only what a new pod would get.
pub fn decision_for(evidence: &Evidence<'_>, audience: &str, seen: bool) -> AudienceDecision {
    let role = evidence.role.as_ref().map(|role| format!("{} {}", role.mode.as_str(), role.arn)).unwrap_or_default();
    let key = (evidence.cluster_address(), role, evidence.subject(), audience.to_owned(), seen);
    evidence.policies.audience(key, || decide(evidence, audience, seen))
}

fn decide(evidence: &Evidence<'_>, audience: &str, seen: bool) -> AudienceDecision {
    let provider = provider(evidence);
    let audience = if audience.is_empty() { api_audience(provider) } else { audience };
    let trust = trust(evidence, audience);
    let (odd, wanted) = judge(audience, seen, provider, &trust);
    AudienceDecision { odd, token: audience.to_owned(), wanted }
}

/// The audience of a token that asks for none, where the provider takes it: the API server's own, on EKS and elsewhere.
fn api_audience(provider: Option<&[String]>) -> &str {
    let of_api = |id: &&String| id.contains("kubernetes.default.svc") || id.contains("kubernetes.svc.default");
    provider.and_then(|ids| ids.iter().find(of_api)).map_or("", String::as_str)
}

/// What the trust policy asks of the audience.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Trust {
    /// It can't be said.
    Unknown,
    /// It has no condition on it.
    Any,
    /// It accepts this one.
    Accepts,
    /// It refuses it; these it would accept.
    Refuses(Vec<String>),
}

struct Token {
    audience: String,
    seen: bool,
    self_wired: bool,
}

fn judge(token: &str, seen: bool, provider: Option<&[String]>, trust: &Trust) -> (Odd, Vec<String>) {
    // The default has a voice of its own: where two disagree, it says which of them somebody changed.
    let custom = seen && token != DEFAULT_AUDIENCE;
    let of_default = |ids: &[String]| ids.iter().any(|id| id == DEFAULT_AUDIENCE);
    let refused = provider.filter(|ids| !ids.iter().any(|id| id == token));
    let odd = match (refused, trust) {
        (Some(ids), Trust::Refuses(wanted)) => {
            let agreed: Vec<String> = ids.iter().filter(|id| wanted.contains(id)).cloned().collect();
            return if seen && !agreed.is_empty() {
                (Odd::Token, agreed)
            } else if custom {
                (Odd::Token, wanted.clone())
            } else {
                (Odd::ProviderAndTrust, vec![token.to_owned()])
            };
        }
        (Some(ids), Trust::Any | Trust::Unknown) if custom && of_default(ids) => return (Odd::Token, ids.to_vec()),
        (Some(_), _) => Odd::Provider,
        (None, Trust::Refuses(wanted)) if provider.is_none() && custom && of_default(wanted) => {
            return (Odd::Token, wanted.clone());
        }
        (None, Trust::Refuses(_)) => Odd::Trust,
        (None, _) => Odd::Nothing,
    };
    (odd, vec![token.to_owned()])
}

/// What anything that could be read asks for, whatever the token says.
fn wanted(evidence: &Evidence<'_>, audience: &str) -> Vec<String> {
    match trust(evidence, audience) {
        Trust::Refuses(wanted) => wanted,
        _ => provider(evidence).map(<[String]>::to_vec).unwrap_or_default(),
    }
}

fn token(evidence: &Evidence<'_>) -> Token {
    let next_pod = matches!(evidence.role.as_ref().map(|role| &role.source), Some(RoleSource::Annotation));
    let uses_one = evidence.containers().iter().any(|container| mode(container) == Mode::Irsa);
    if let Some((audience, self_wired)) = pod_token(evidence).filter(|_| !(next_pod && uses_one)) {
        return Token { audience, seen: true, self_wired };
    }
    let audience = annotation(evidence).unwrap_or(DEFAULT_AUDIENCE).to_owned();
    Token { audience, seen: false, self_wired: false }
}

/// Whether the annotation asks for another audience than the pod's token has, which the webhook put there before: new pods
/// get the annotation's.
pub fn changes(evidence: &Evidence<'_>) -> bool {
    let Some(annotated) = annotation(evidence).filter(|annotated| !annotated.is_empty()) else { return false };
    pod_token(evidence).is_some_and(|(audience, self_wired)| !self_wired && audience != annotated)
}

fn annotation<'a>(evidence: &Evidence<'a>) -> Option<&'a str> {
    let Observed::Present(account) = evidence.service_account() else { return None };
    account.metadata.annotation(AUDIENCE_ANNOTATION)
}

/// The audience of the projected token of the container whose role is judged (else of the default one, else of the
/// first that has one), and whether the webhook had no part in it.
fn pod_token(evidence: &Evidence<'_>) -> Option<(String, bool)> {
    if !evidence.pod.is_present() {
        return None;
    }
    let named = match evidence.role.as_ref().map(|role| &role.source) {
        Some(RoleSource::Container(name)) => Some(name.as_str()),
        _ => None,
    };
    let mut containers: Vec<_> = evidence.containers().iter().collect();
    let default = evidence.default_container().map(ContainerView::name);
    containers.sort_by_key(|container| (Some(container.name()) != named, Some(container.name()) != default));
    containers.into_iter().find_map(container_token)
}

fn container_token(container: &ContainerView<'_>) -> Option<(String, bool)> {
    match container.token_file()? {
        TokenFile::Projected { token, mount, .. } => {
            Some((token.audience.clone().unwrap_or_default(), mount.name != "aws-iam-token"))
        }
        TokenFile::OtherVolume { .. } | TokenFile::NotMounted => None,
    }
}

/// The client ids of the provider for this issuer in the role's account.
fn provider<'a>(evidence: &Evidence<'a>) -> Option<&'a [String]> {
    let (partition, account) = evidence.role_arn().map(|arn| (arn.partition, arn.account))?;
    let Observed::Present(issuer) = evidence.issuer() else { return None };
    let provider = evidence.account(account)?.providers.get(&issuer.provider_arn(partition, account))?;
    provider.present().map(|provider| provider.client_ids.as_slice())
}

fn trust(evidence: &Evidence<'_>, audience: &str) -> Trust {
    let Some((host, decision)) = trust_trace(evidence, audience) else { return Trust::Unknown };
    let key = format!("{host}:aud");
    let mut candidates: Vec<&StatementTrace> = decision.statements.iter().filter(|trace| asks_for_us(trace)).collect();
    if candidates.iter().any(|trace| others_hold(trace, &key)) {
        candidates.retain(|trace| others_hold(trace, &key));
    }
    let mut refused = Vec::new();
    for candidate in &candidates {
        let conditions: Vec<_> = candidate.elements.iter().filter(|element| is_key(&element.element, &key)).collect();
        if conditions.is_empty() {
            return Trust::Any;
        }
        let failed: Vec<_> = conditions.iter().filter(|element| element.result.is_false()).collect();
        if failed.is_empty() {
            return Trust::Accepts;
        }
        let values = failed.iter().filter(|element| !element.negated).flat_map(|element| &element.wanted);
        refused.extend(values.map(|wanted| wanted.text.clone()));
    }
    if candidates.is_empty() { Trust::Unknown } else { Trust::Refuses(refused) }
}

/// Every statement of the trust policy, held against a token of this audience; with the issuer as condition keys have it.
fn trust_trace(evidence: &Evidence<'_>, audience: &str) -> Option<(String, Decision)> {
    let Observed::Present(issuer) = evidence.issuer() else { return None };
    let Observed::Present(role) = evidence.iam_role() else { return None };
    let arn = evidence.role_arn()?;
    let policy = evidence.policies.parse(&role.trust_policy, PolicyKind::Trust);
    let policy = policy.as_ref().as_ref().ok()?;
    let provider = issuer.provider_arn(arn.partition, arn.account);
    let subject = evidence.subject()?;
    let request = Request::web_identity(&role.arn, &provider, issuer.host_path(), audience, &subject);
    Some((issuer.host_path().to_owned(), authorize(&request, &PolicySet::new().trust("trust policy", policy))))
}

/// Whether a statement allows tokens of this issuer to ask at all.
fn asks_for_us(trace: &StatementTrace) -> bool {
    let about_us = |kind: &ElementKind| matches!(kind, ElementKind::Principal | ElementKind::Action);
    let refuses = trace.elements.iter().any(|element| about_us(&element.element) && element.result.is_false());
    trace.effect == Effect::Allow && !refuses
}

/// Whether every condition but those on the audience holds, or may.
fn others_hold(trace: &StatementTrace, key: &str) -> bool {
    trace.elements.iter().all(|element| is_key(&element.element, key) || !element.result.is_false())
}

fn is_key(element: &ElementKind, key: &str) -> bool {
    matches!(element, ElementKind::Condition { key: written, .. } if written.eq_ignore_ascii_case(key))
}

#[cfg(test)]
mod tests;
