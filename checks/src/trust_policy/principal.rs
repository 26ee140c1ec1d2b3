//! Why a statement's principal isn't the provider of this cluster's issuer.
//!
//! A provider's ARN is `arn:PARTITION:iam::ACCOUNT:oidc-provider/ISSUER`, and STS looks for it in the role's account.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-federated-web-identity>

use super::difference::{Difference, Mend};
use super::{FEDERATED_NOT_PROVIDER, ISSUER_TYPO, OTHER_ACCOUNT, OTHER_CLUSTER};
use crate::evidence::Evidence;
use crate::fault::Fault;
use crate::fix::edit::{Edit, string};
use crate::issuers;
use crate::trust::Token;
use irsa_doctor_iam::Arn;
use irsa_doctor_iam::arn::is_account_id;
use irsa_doctor_iam::policy::{PrincipalEntry, PrincipalType, Statement};

/// What is wrong with the federated principal that comes nearest to this issuer's provider.
pub(super) struct WrongPrincipal {
    /// The difference.
    pub(super) difference: Difference,
    /// The issuer that it names in place of this one.
    pub(super) issuer: Option<String>,
    /// Whether the statement is meant for others: what else differs in it doesn't matter.
    pub(super) for_others: bool,
}

/// How one entry differs, the nearest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    OtherAccount,
    Misspelt(&'static str),
    /// No provider's ARN, but it holds this issuer.
    MeansProvider,
    OtherIssuer,
    NoProvider,
}

/// Explains the principal of a statement that doesn't match; `None` if it names no federated one at all.
pub(super) fn explain(evidence: &Evidence<'_>, token: &Token, statement: &Statement) -> Option<WrongPrincipal> {
    let entries = &statement.principal.as_ref().filter(|principals| !principals.negated)?.entries;
    let federated = entries.iter().filter(|entry| entry.kind == Some(PrincipalType::Federated));
    let (kind, entry) = federated.map(|entry| (kind(evidence, token, &entry.text), entry)).min_by_key(|(kind, _)| *kind)?;
    let issuer = Arn::parse(&entry.text).ok().and_then(|arn| arn.oidc_issuer().map(str::to_owned));
    let for_others = matches!(kind, Kind::OtherIssuer | Kind::NoProvider);
    let (fault, detail) = describe(token, kind, entry, issuer.as_deref());
    let mend = if for_others {
        Mend::NewStatement
    } else {
        Mend::Edits(vec![Edit::Replace { path: entry.place.path.clone(), json: string(&token.provider_arn) }])
    };
    let difference = Difference::new(fault, entry.place.clone(), detail).compared(wanted(token), entry.text.as_str()).mend(mend);
    Some(WrongPrincipal { difference, issuer, for_others })
}

/// The principal that a statement should have.
pub(super) fn wanted(token: &Token) -> &str {
    if token.issuer_known { &token.provider_arn } else { "the OIDC provider of the cluster's issuer" }
}

fn kind(evidence: &Evidence<'_>, token: &Token, text: &str) -> Kind {
    let Some(arn) = provider_arn(text) else {
        let means_us = text.to_ascii_lowercase().contains(&token.issuer.to_ascii_lowercase());
        return if means_us { Kind::MeansProvider } else { Kind::NoProvider };
    };
    let issuer = arn.resource_id();
    if issuer == token.issuer {
        return if arn.account == token.account() { Kind::MeansProvider } else { Kind::OtherAccount };
    }
    if let Some(what) = issuers::variant(issuer, &token.issuer) {
        return Kind::Misspelt(what);
    }
    let registered = evidence.role_account().and_then(|account| account.provider_arns.present());
    match issuers::misspelling(issuer, &token.issuer) {
        // An issuer that is registered is one of its own, however near its id is.
        Some(what) if !registered.is_some_and(|arns| arns.iter().any(|arn| arn == text)) => Kind::Misspelt(what),
        _ => Kind::OtherIssuer,
    }
}

/// The parts of an IAM OIDC provider's ARN.
fn provider_arn(text: &str) -> Option<Arn<'_>> {
    let arn = Arn::parse(text).ok()?;
    (arn.oidc_issuer().is_some() && is_account_id(arn.account) && arn.region.is_empty()).then_some(arn)
}

fn describe(token: &Token, kind: Kind, entry: &PrincipalEntry, issuer: Option<&str>) -> (&'static Fault, String) {
    let role = token.role_name();
    let theirs = issuer.unwrap_or(&entry.text);
    match kind {
        Kind::OtherAccount => {
            let account = Arn::parse(&entry.text).map(|arn| arn.account).unwrap_or_default();
            let detail = format!(
                "role {role} trusts the provider of this cluster's issuer in account {account}, but STS looks for it in the role's own account {}",
                token.account()
            );
            (&OTHER_ACCOUNT, detail)
        }
        Kind::Misspelt(what) => {
            (&ISSUER_TYPO, format!("role {role} trusts {theirs}, which is nearly this cluster's issuer {}: {what}", token.issuer))
        }
        Kind::OtherIssuer => {
            (&OTHER_CLUSTER, format!("role {role} trusts another issuer, {theirs}, and not this cluster's, {}", token.issuer))
        }
        Kind::MeansProvider | Kind::NoProvider => (
            &FEDERATED_NOT_PROVIDER,
            format!("role {role} trusts {} as Federated, which is not the ARN of an OIDC provider in its account", entry.text),
        ),
    }
}
