//! The resource's own policy, where it has to let the role in: a key's always, any in another account.

use super::RESOURCE_POLICY;
use super::explain::{compared, describe, differences};
use crate::arn::RoleArn;
use crate::evidence::Evidence;
use crate::fault::Confidence;
use crate::finding::{Compared, Finding};
use crate::fix::Fix;
use crate::permissions::{Permissions, is_partial_secret};
use crate::resource_policy::{ResourceKind, ResourcePolicy};
use crate::snapshot::{Gap, RequiredAction};
use irsa_doctor_iam::policy::Effect;
use irsa_doctor_iam::services::{self, Fit};
use irsa_doctor_iam::{Decision, ElementKind, ElementTrace, Layer, Outcome, StatementTrace};
use serde::Serialize;
use std::collections::BTreeMap;

/// Why the policy of an asked action's resource isn't known, where somebody tried to read it.
pub(super) fn gap(evidence: &Evidence<'_>, asked: &RequiredAction) -> Option<Gap> {
    ResourcePolicy::of(evidence, asked)?.gap()
}

/// The finding for a resource whose policy must let the role in and doesn't.
///
/// In another account both sides have to allow
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>); a key's
/// policy has to, by itself or by leaving it to IAM, in every account
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>).
pub(super) fn refused(
    permissions: &Permissions<'_>,
    resource: &ResourcePolicy<'_>,
    asked: &RequiredAction,
    decision: &Decision,
) -> Option<Finding> {
    let silent = decision.layer(Layer::Resource).is_some_and(|layer| layer.allows.is_false());
    let account = RoleArn::parse(&permissions.role_arn)?.account;
    let is_abroad = resource.owner().is_some_and(|owner| owner != account);
    let is_key = resource.bearer.kind == ResourceKind::Key;
    if !silent || !(is_abroad || is_key) {
        return None;
    }
    let near = decision.nearest_in(Layer::Resource);
    let element = near.as_ref().and_then(|near| near.differing.first());
    let locus = match (&near, element) {
        (_, Some(element)) => resource.locus().at(&element.path).line_column(element.line, element.column),
        (Some(near), None) => resource.locus().at(&near.statement.place.path),
        (None, None) => resource.locus(),
    };
    let nearest =
        near.as_ref().map(|near| format!("; nearest is {}: {}", describe(&near.statement.reference()), differences(near)));
    let detail = format!("{}{}", reason(permissions, resource, asked, is_abroad), nearest.unwrap_or_default());
    let finding = Finding::new(&RESOURCE_POLICY, locus, detail)
        .confidence(if is_key { Confidence::Likely } else { Confidence::Certain })
        .fix(fix(permissions, resource, asked));
    Some(match element.map(|element| compared(element)) {
        Some((expected, actual)) => finding.compared(expected, actual),
        None => finding.compared(permissions.role_arn.as_str(), Compared::Nothing),
    })
}

fn reason(permissions: &Permissions<'_>, resource: &ResourcePolicy<'_>, asked: &RequiredAction, is_abroad: bool) -> String {
    let (role, name, action) = (&permissions.role_arn, resource.name(), &asked.action);
    let owner = resource.owner().unwrap_or_default();
    match (is_abroad, resource.policy()) {
        (true, None) => format!(
            "{} {} is of account {owner} and has no policy, so role {role} of another account can't be allowed {action}",
            resource.bearer.kind.noun(),
            resource.bearer.arn
        ),
        (true, Some(_)) => format!("{name} of account {owner} does not allow {action} to role {role} of another account"),
        (false, _) => format!(
            "{name} allows {action} neither to role {role} nor to account {owner}, so IAM policies count for nothing there \
             (a grant could allow it; grants are not read)"
        ),
    }
}

/// "whoever owns bucket `arn:aws:s3:::b` (account 111122223333)".
pub(super) fn owner(resource: &ResourcePolicy<'_>) -> String {
    let account = resource.owner().map(|account| format!(" (account {account})")).unwrap_or_default();
    format!("whoever owns {} {}{account}", resource.bearer.kind.noun(), resource.bearer.arn)
}

/// Writing a whole resource policy can lock everybody out, so it is its owner's to do: the statement to add, no command.
fn fix(permissions: &Permissions<'_>, resource: &ResourcePolicy<'_>, asked: &RequiredAction) -> Fix {
    let words = resource.bearer.kind.words();
    let statement = Statement {
        sid: "IrsaDoctorRequiredAction",
        effect: "Allow",
        principal: BTreeMap::from([("AWS", permissions.role_arn.as_str())]),
        action: &asked.action,
        resource: match resource.bearer.kind {
            // "In a key policy, * means the key that it is attached to"; a repository's has no Resource.
            ResourceKind::Key => Some("*"),
            ResourceKind::Repository => None,
            _ => Some(&asked.resource),
        },
    };
    // Strings alone always serialise.
    let statement = serde_json::to_string(&statement).unwrap_or_default();
    Fix::new(format!("policy of {}", resource.bearer.arn), format!("Have the {words} let the role in"))
        .decision(format!("{}: only they can change the {words}", owner(resource)))
        .note(format!("the statement to add, beside all that are there: {statement}"))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement<'a> {
    sid: &'static str,
    effect: &'static str,
    principal: BTreeMap<&'static str, &'a str>,
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'a str>,
}

/// A secret was named without the end of its ARN, and a policy may name the whole.
pub(super) fn partial(asked: &RequiredAction) -> Option<Gap> {
    let about = format!("{} on {}", asked.action, asked.resource);
    let detail =
        "the ARN lacks the six characters that Secrets Manager adds to the name, and policies are held against the whole";
    let gap = Gap::not_collected("").about(about).detail(detail);
    is_partial_secret(&asked.resource).then(|| gap.remedy("name the whole ARN (aws secretsmanager describe-secret --query ARN)"))
}

/// Several resources are meant, and what decides says something else of some: a Deny of a part, a `NotResource`.
pub(super) fn divided(asked: &RequiredAction, decision: &Decision) -> Option<Gap> {
    let action = services::action(&asked.action);
    if !asked.resource.contains(['*', '?']) || action.is_some_and(services::Action::is_wildcard_only) {
        return None;
    }
    let overlaps = |element: &ElementTrace| {
        let mut patterns = element.wanted.iter().map(|wanted| wanted.resolved.as_deref().unwrap_or(&wanted.text));
        patterns.any(|pattern| {
            let fits = action.is_none_or(|action| !matches!(action.fit([pattern]), Fit::WrongType(_)));
            fits && services::patterns_overlap(pattern, &asked.resource)
        })
    };
    // Whether a statement names some of them, or leaves some of them out.
    let divides = |statement: &StatementTrace, negated: bool| {
        let mut of_resource = statement.elements.iter().filter(|element| element.element == ElementKind::Resource);
        of_resource.any(|element| element.negated == negated && overlaps(element))
    };
    let all_but = |effect| {
        let mut matched = decision.matched().filter(|statement| statement.effect == effect).peekable();
        let first = matched.peek().copied()?;
        matched
            .all(|statement| divides(statement, true))
            .then_some((first, "decides by NotResource, which leaves some of them out"))
    };
    let (statement, how) = match &decision.outcome {
        Outcome::Allowed { .. } => {
            let part = decision.statements.iter().filter(|statement| statement.effect == Effect::Deny).find(|statement| {
                let mut differing = statement.differing().peekable();
                let differs = differing.peek().is_some();
                differs && differing.all(|element| element.element == ElementKind::Resource) && divides(statement, false)
            });
            part.map(|statement| (statement, "denies it on some of them")).or_else(|| all_but(Effect::Allow))?
        }
        Outcome::ExplicitDeny { .. } => all_but(Effect::Deny)?,
        _ => return None,
    };
    let detail = format!("{} {how}, and on which resource wasn't said", describe(&statement.reference()));
    let gap = Gap::not_collected("").about(format!("{} on {}", asked.action, asked.resource));
    Some(gap.detail(detail).remedy("name the resource with --resource ARN"))
}

/// Nobody said which resource is meant, and the role may do it to some: whether that is the one, the question leaves open.
/// An action that takes no resource is asked about `*` rightly.
pub(super) fn unnamed(asked: &RequiredAction, decision: &Decision) -> Option<Gap> {
    let takes_one = || services::action(&asked.action).is_some_and(|action| !action.is_wildcard_only());
    let near = decision.nearest_in(Layer::Identity).filter(|_| asked.resource == "*" && takes_one())?;
    let only_resource = near.differing.iter().all(|element| element.element == ElementKind::Resource);
    if near.differing.is_empty() || !only_resource {
        return None;
    }
    let statement = describe(&near.statement.reference());
    let detail = format!("{statement} may allow it, and on which resource wasn't said: {}", differences(&near));
    let gap = Gap::not_collected("").about(format!("{} on *", asked.action));
    Some(gap.detail(detail).remedy("name the resource with --resource ARN"))
}
