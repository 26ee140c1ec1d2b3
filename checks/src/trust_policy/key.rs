//! What a condition key of a trust statement means: a claim of this cluster's tokens, or a slip.
//!
//! A claim's key is the issuer without its scheme, a colon and the claim; its case doesn't matter.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif>

use crate::trust::Token;
use irsa_doctor_iam::policy::Condition;

/// A claim that IAM passes on for service account tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// `sub`
    Subject,
    /// `aud`
    Audience,
}

impl Claim {
    /// The claim's name in a key.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Subject => "sub",
            Self::Audience => "aud",
        }
    }

    /// What the token has.
    pub(super) fn value(self, token: &Token) -> &str {
        match self {
            Self::Subject => &token.subject,
            Self::Audience => &token.audience,
        }
    }
}

/// What a condition key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key<'k> {
    /// `sub` or `aud` of this issuer.
    Claim(Claim),
    /// Another claim of this issuer.
    Unsupported(&'k str),
    /// It begins with a provider's ARN, and means this claim.
    ProviderArn(Claim),
    /// It has a scheme, a slash before the colon, or blanks, and means this claim.
    Scheme(Claim),
    /// It has no claim, and means this one.
    WithoutClaim(Claim),
    /// A claim of another issuer.
    OtherIssuer(&'k str, Claim),
    /// It isn't about the token: `aws:SourceIp`.
    Other,
}

/// What a condition's key means for a token.
pub(super) fn classify<'k>(condition: &'k Condition, token: &Token) -> Key<'k> {
    let key = condition.key.as_str();
    let by_value = || if means_subject(condition) { Claim::Subject } else { Claim::Audience };
    let Some((issuer, claim)) = key.rsplit_once(':') else { return Key::WithoutClaim(by_value()) };
    let named = named_claim(claim);
    let meant = || named.unwrap_or_else(by_value);
    if starts_with(key, "arn:") {
        Key::ProviderArn(meant())
    } else if issuer.contains("://") || issuer.ends_with('/') || key.contains(char::is_whitespace) {
        Key::Scheme(meant())
    } else if is_other(issuer, named) {
        Key::Other
    } else if claim.is_empty() || claim.contains(['/', '.']) {
        // Also `https://issuer` alone: what follows its only colon is no claim.
        if key.contains("://") { Key::Scheme(by_value()) } else { Key::WithoutClaim(by_value()) }
    } else if !issuer.eq_ignore_ascii_case(&token.issuer) {
        Key::OtherIssuer(issuer, meant())
    } else {
        named.map_or(Key::Unsupported(claim), Key::Claim)
    }
}

fn named_claim(claim: &str) -> Option<Claim> {
    [Claim::Subject, Claim::Audience].into_iter().find(|known| claim.eq_ignore_ascii_case(known.name()))
}

/// Whether a key is a global or a service's one: those have a bare word before their first colon.
fn is_other(issuer: &str, named: Option<Claim>) -> bool {
    let service = issuer.split(':').next().unwrap_or_default();
    let word = !service.is_empty() && service.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let http = starts_with(service, "http");
    word && !http && (named.is_none() || ["aws", "saml", "sts", "iam"].iter().any(|known| service.eq_ignore_ascii_case(known)))
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|have| have.eq_ignore_ascii_case(start))
}

fn means_subject(condition: &Condition) -> bool {
    condition.values.iter().any(|value| value.text.contains(':'))
}
