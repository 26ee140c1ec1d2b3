//! Why an action is refused, from the evaluator's trace.

use super::{CONDITION_UNMET, DENIED, NOT_ALLOWED, OUTSIDE_BOUNDARY};
use crate::evidence::Evidence;
use crate::fault::Confidence;
use crate::finding::{Compared, Finding};
use crate::fix::Fix;
use crate::locus::Locus;
use crate::permissions::Permissions;
use crate::resource_policy::{ResourceKind, ResourcePolicy, may_bear_policy};
use crate::snapshot::RequiredAction;
use irsa_doctor_iam::{Decision, ElementKind, ElementTrace, Had, Layer, NearMiss, Outcome, StatementRef};

/// The findings for a refused action: two where both the role's policies and the resource's would have to allow it.
pub(super) fn explain(
    evidence: &Evidence<'_>,
    permissions: &Permissions<'_>,
    asked: &RequiredAction,
    decision: &Decision,
) -> Vec<Finding> {
    let what = format!("{} on {}", asked.action, asked.resource);
    let resource = ResourcePolicy::of(evidence, asked);
    let own = match &decision.outcome {
        Outcome::ExplicitDeny { by } => return vec![denied(permissions, resource.as_ref(), &what, by)],
        Outcome::ImplicitDeny { layer: Layer::Resource } => None,
        Outcome::ImplicitDeny { layer: Layer::Boundary } => Some(outside(permissions, &what, decision)),
        _ => Some(not_allowed(evidence, permissions, asked, resource.as_ref(), decision)),
    };
    let other = resource.and_then(|resource| super::resource::refused(permissions, &resource, asked, decision));
    own.into_iter().chain(other).collect()
}

fn denied(permissions: &Permissions<'_>, resource: Option<&ResourcePolicy<'_>>, what: &str, by: &[StatementRef]) -> Finding {
    let statement = by.first();
    let name = statement.map(describe).unwrap_or_default();
    let detail = format!("{name} denies {what} to role {}", permissions.role_arn);
    let of_resource = resource.filter(|_| statement.is_some_and(|statement| statement.layer == Layer::Resource));
    let owner = match (of_resource, statement) {
        (Some(resource), _) => super::resource::owner(resource),
        (None, Some(statement)) => format!("whoever owns {}", statement.policy),
        (None, None) => "whoever owns the policy".to_owned(),
    };
    let fix = Fix::new(format!("deny {name}"), "Have the Deny statement changed, if this role is not meant by it")
        .decision(format!("{owner}: a Deny is somebody's intention"));
    let place = |statement: &StatementRef| match of_resource {
        Some(resource) => resource.locus(),
        None => place(permissions, &statement.policy),
    };
    let locus = statement.map_or_else(|| Locus::new(&permissions.role_arn), |statement| place(statement).at(&statement.path));
    Finding::new(&DENIED, locus, detail).compared(format!("{what} is not denied"), name).fix(fix)
}

fn outside(permissions: &Permissions<'_>, what: &str, decision: &Decision) -> Finding {
    let boundary = permissions.boundary.as_ref().map(|boundary| boundary.key.as_str()).unwrap_or_default();
    let near = decision.nearest_in(Layer::Boundary);
    let why = near.as_ref().map(|near| format!(" ({})", differences(near))).unwrap_or_default();
    let detail = format!("the role's policies allow {what}, its permissions boundary {boundary} does not{why}");
    let fix = Fix::new(format!("boundary {boundary}"), format!("Add the action to permissions boundary {boundary}"))
        .decision("whoever owns the account's permissions boundaries");
    let place =
        permissions.boundary.as_ref().map_or_else(|| Locus::new(&permissions.role_arn), |boundary| boundary.locus.clone());
    Finding::new(&OUTSIDE_BOUNDARY, place, detail).compared(what, Compared::Nothing).fix(fix)
}

fn not_allowed(
    evidence: &Evidence<'_>,
    permissions: &Permissions<'_>,
    asked: &RequiredAction,
    resource: Option<&ResourcePolicy<'_>>,
    decision: &Decision,
) -> Finding {
    let what = &format!("{} on {}", asked.action, asked.resource);
    let near = decision.nearest_in(Layer::Identity);
    let role = &permissions.role_arn;
    if let Some(near) = near.as_ref().filter(|near| only_conditions(near)) {
        return condition(permissions, what, near);
    }
    let why = near.as_ref().map(|near| format!("; nearest is {}: {}", describe(&near.statement.reference()), differences(near)));
    let neither = resource
        .filter(|_| decision.layer(Layer::Resource).is_some_and(|layer| layer.allows.is_false()))
        .map(|resource| format!(", and {} does not either", resource.name()));
    let detail = format!("no policy of role {role} allows {what}{}{}", neither.unwrap_or_default(), why.unwrap_or_default());
    let locus = near.as_ref().map_or_else(
        || Locus::new(role),
        |near| {
            let element = near.differing.first();
            let place = place(permissions, &near.statement.policy);
            element.map_or_else(
                || place.clone().at(&near.statement.place.path),
                |element| place.clone().at(&element.path).line_column(element.line, element.column),
            )
        },
    );
    let wanted = near.as_ref().and_then(|near| near.differing.first()).map(|element| compared(element));
    let finding = Finding::new(&NOT_ALLOWED, locus, detail).confidence(confidence(asked, resource)).fix(super::grant(
        evidence,
        permissions,
        &[asked],
    ));
    match wanted {
        Some((expected, actual)) => finding.compared(expected, actual),
        None => finding.compared(what.as_str(), Compared::Nothing),
    }
}

/// Certain unless something that wasn't read could allow it: the resource's own policy, or a grant on a key.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html>
fn confidence(asked: &RequiredAction, resource: Option<&ResourcePolicy<'_>>) -> Confidence {
    let is_read = resource.is_some_and(|resource| resource.is_examined() && resource.bearer.kind != ResourceKind::Key);
    if is_read || !may_bear_policy(asked) { Confidence::Certain } else { Confidence::Likely }
}

fn condition(permissions: &Permissions<'_>, what: &str, near: &NearMiss<'_>) -> Finding {
    let statement = describe(&near.statement.reference());
    let detail = format!("{statement} would allow {what}, but for a condition: {}", differences(near));
    let fix = Fix::new(format!("condition {statement}"), "Make the request fit the condition, or have the condition changed")
        .decision("whoever owns the policy: the condition is there on purpose");
    let element = near.differing.first();
    let place = place(permissions, &near.statement.policy);
    let locus = element
        .map_or_else(|| place.clone(), |element| place.clone().at(&element.path).line_column(element.line, element.column));
    let finding = Finding::new(&CONDITION_UNMET, locus, detail).fix(fix);
    match element {
        Some(element) => {
            let had = had(element);
            finding.compared(element.wanted.iter().map(|wanted| wanted.text.clone()).collect::<Vec<_>>(), had)
        }
        None => finding,
    }
}

fn only_conditions(near: &NearMiss<'_>) -> bool {
    !near.differing.is_empty() && near.differing.iter().all(|element| matches!(element.element, ElementKind::Condition { .. }))
}

/// The place of a policy that the evaluator names.
fn place(permissions: &Permissions<'_>, policy: &str) -> Locus {
    let documents = permissions.documents.iter().chain(&permissions.boundary);
    let found = documents.into_iter().find(|document| document.key == policy);
    found.map_or_else(|| Locus::new(&permissions.role_arn), |document| document.locus.clone())
}

/// "statement Bucket of arn:...:policy/p".
pub(super) fn describe(statement: &StatementRef) -> String {
    match &statement.sid {
        Some(sid) => format!("statement {sid} of {}", statement.policy),
        None => format!("statement {} of {}", statement.index, statement.policy),
    }
}

/// What differs, element by element.
pub(super) fn differences(near: &NearMiss<'_>) -> String {
    let texts: Vec<String> = near.differing.iter().map(|element| difference(element)).collect();
    texts.join("; ")
}

fn difference(element: &ElementTrace) -> String {
    let wanted = element.wanted.iter().map(|wanted| wanted.text.as_str()).take(3).collect::<Vec<_>>().join(", ");
    let more = if element.wanted.len() > 3 { ", ..." } else { "" };
    let not = if element.negated { "anything but " } else { "" };
    format!("its {} is {not}{wanted}{more}", element.element)
}

/// What the request needs there, and what the policy has there.
pub(super) fn compared(element: &ElementTrace) -> (Compared, Compared) {
    let has: Vec<String> = element.wanted.iter().map(|wanted| wanted.text.clone()).collect();
    (had(element), has.into())
}

fn had(element: &ElementTrace) -> Compared {
    match &element.had {
        Had::Values(values) => values.clone().into(),
        Had::Absent | Had::Unknown(_) => Compared::Nothing,
    }
}
