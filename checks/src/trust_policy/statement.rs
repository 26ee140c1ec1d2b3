//! The Allow statement that comes nearest to letting a token in, and each thing in it that stands in the way.

use super::condition;
use super::difference::{Difference, Mend};
use super::principal::{self, WrongPrincipal};
use super::{NOT_WEB_IDENTITY, POD_IDENTITY_ONLY};
use crate::evidence::Evidence;
use crate::finding::Compared;
use crate::fix::edit::{Edit, string};
use crate::trust::Judgement;
use irsa_doctor_iam::policy::{PrincipalType, Statement};
use irsa_doctor_iam::{Effect, ElementKind, Place, Policy, StatementTrace};

pub(super) const ACTION: &str = "sts:AssumeRoleWithWebIdentity";
const POD_IDENTITY: &str = "pods.eks.amazonaws.com";

/// The statement that came nearest.
#[derive(Debug)]
pub(super) struct Near {
    /// What is wrong with it, principal first.
    pub(super) differences: Vec<Difference>,
    rank: Rank,
}

/// The nearest comes first: whom the statement is for, how many things are wrong in how many elements, whether its
/// action is among them, how many characters differ.
type Rank = (Kin, usize, usize, bool, usize);

/// How a statement stands to web identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kin {
    /// It lets some OIDC provider's tokens in, or means to.
    WebIdentity,
    /// It trusts another kind of identity provider.
    OtherFederation,
    /// It trusts no identity provider.
    None,
}

/// Explains why no Allow statement matches. At least one difference, always.
pub(super) fn nearest(evidence: &Evidence<'_>, judgement: &Judgement<'_>, policy: &Policy) -> Vec<Difference> {
    let pairs = policy.statements.iter().zip(&judgement.decision.statements);
    let allows = pairs.filter(|(statement, _)| statement.effect == Effect::Allow);
    let explained = allows.map(|(statement, trace)| explain(evidence, judgement, policy, statement, trace));
    match explained.min_by_key(|near| near.rank) {
        Some(near) if near.rank.0 != Kin::None => near.differences,
        _ => vec![no_web_identity(judgement, policy)],
    }
}

fn explain(
    evidence: &Evidence<'_>,
    judgement: &Judgement<'_>,
    policy: &Policy,
    statement: &Statement,
    trace: &StatementTrace,
) -> Near {
    let differs = |kind: &ElementKind| trace.differing().any(|element| element.element == *kind);
    let action = differs(&ElementKind::Action).then(|| wrong_action(judgement, statement));
    let mut principal =
        if differs(&ElementKind::Principal) { principal::explain(evidence, &judgement.token, statement) } else { None };
    let named = statement.principal.as_ref().is_some_and(|principals| !principals.negated);
    let kin = match &principal {
        _ if !named => Kin::None,
        None if differs(&ElementKind::Principal) => Kin::None,
        // A provider of SAML, Cognito and the like, in a statement that doesn't even speak of web identity.
        Some(wrong) if wrong.for_others && wrong.issuer.is_none() && action.is_some() => Kin::None,
        Some(wrong) if wrong.for_others && wrong.issuer.is_none() => Kin::OtherFederation,
        _ => Kin::WebIdentity,
    };
    if let Some(wrong) = &mut principal
        && let (Mend::Edits(edits), Some(issuer)) = (&mut wrong.difference.mend, &wrong.issuer)
    {
        edits.extend(condition::renames(&judgement.token, statement, issuer));
    }
    let conditions = condition::explain(evidence, judgement, policy, statement, trace, principal.as_ref());
    let count = usize::from(action.is_some()) + usize::from(principal.is_some()) + conditions.len();
    let rank = (kin, count, trace.differing().count(), action.is_some(), distance(&conditions));
    Near { differences: ordered(action, principal, conditions), rank }
}

/// A statement that is for others is right as it is: that it isn't for this cluster is all that is to be said of it.
fn ordered(action: Option<Difference>, principal: Option<WrongPrincipal>, conditions: Vec<Difference>) -> Vec<Difference> {
    match principal {
        Some(wrong) if wrong.for_others => vec![wrong.difference],
        Some(wrong) => action.into_iter().chain([wrong.difference]).chain(conditions).collect(),
        None => action.into_iter().chain(conditions).collect(),
    }
}

fn distance(differences: &[Difference]) -> usize {
    let pair = |difference: &Difference| match &difference.compared {
        Some((Compared::One(wanted), Compared::One(had))) => crate::issuers::edits(wanted, had).unwrap_or(256),
        Some((Compared::One(wanted), Compared::Many(had))) => {
            had.iter().filter_map(|had| crate::issuers::edits(wanted, had)).min().unwrap_or(256)
        }
        _ => 256,
    };
    differences.iter().map(pair).sum()
}

/// The provider may be right, but the statement allows another action.
fn wrong_action(judgement: &Judgement<'_>, statement: &Statement) -> Difference {
    let had: Vec<String> = statement.action.entries.iter().map(|entry| entry.text.clone()).collect();
    let detail = format!(
        "role {} allows {} to this statement's principal, but not {ACTION}, which is what a pod's token asks for",
        judgement.token.role_name(),
        had.join(" and ")
    );
    let path = statement.action.place.path.clone();
    let edit = if statement.action.negated {
        None
    } else if statement.action.list {
        Some(Edit::Insert { path, key: None, json: string(ACTION) })
    } else {
        Some(Edit::Replace { path, json: string(ACTION) })
    };
    Difference::new(&NOT_WEB_IDENTITY, statement.action.place.clone(), detail)
        .compared(ACTION, had)
        .mend(edit.map_or(Mend::NewStatement, |edit| Mend::Edits(vec![edit])))
}

/// No statement is for web identity at all.
fn no_web_identity(judgement: &Judgement<'_>, policy: &Policy) -> Difference {
    let role = judgement.token.role_name();
    let allows: Vec<&Statement> = policy.statements.iter().filter(|statement| statement.effect == Effect::Allow).collect();
    let Some(first) = allows.first() else {
        let detail = format!("role {role} has a trust policy that allows nobody anything");
        return Difference::new(&NOT_WEB_IDENTITY, policy.statement_place.clone(), detail);
    };
    let trusted: Vec<String> = allows.iter().flat_map(|statement| principals(statement)).collect();
    let only_pod_identity = allows.iter().all(|statement| is_for_pod_identity(statement));
    let place = place_of(first);
    let (fault, detail) = if only_pod_identity {
        (
            &POD_IDENTITY_ONLY,
            format!("role {role} trusts only {POD_IDENTITY}, so it is for EKS Pod Identity and refuses web identity"),
        )
    } else {
        let whom = if trusted.is_empty() { "nobody by name".to_owned() } else { trusted.join(", ") };
        (&NOT_WEB_IDENTITY, format!("role {role} trusts {whom}, and lets no OIDC provider's tokens in"))
    };
    Difference::new(fault, place, detail).compared(principal::wanted(&judgement.token), trusted)
}

fn place_of(statement: &Statement) -> Place {
    statement.principal.as_ref().map_or_else(|| statement.place.clone(), |principals| principals.place.clone())
}

fn principals(statement: &Statement) -> Vec<String> {
    // Those that NotPrincipal names are the ones whom it doesn't trust.
    let named = statement.principal.iter().filter(|principals| !principals.negated);
    let entries = named.flat_map(|principals| &principals.entries);
    entries.map(|entry| entry.text.clone()).collect()
}

fn is_for_pod_identity(statement: &Statement) -> bool {
    let Some(principals) = statement.principal.as_ref().filter(|principals| !principals.negated) else { return false };
    principals.entries.iter().all(|entry| entry.kind == Some(PrincipalType::Service) && entry.text == POD_IDENTITY)
}
