//! Why an action is refused, from the evaluator's trace.

use super::{CONDITION_UNMET, DENIED, NOT_ALLOWED, OUTSIDE_BOUNDARY};
use crate::evidence::Evidence;
use crate::fault::Confidence;
use crate::finding::{Compared, Finding};
use crate::fix::Fix;
use crate::locus::Locus;
use crate::permissions::Permissions;
use crate::snapshot::RequiredAction;
use irsa_doctor_iam::{Decision, ElementKind, ElementTrace, Had, Layer, NearMiss, Outcome, StatementRef};

/// Services whose resources can carry a policy of their own, which could allow what the role's policies don't.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html>
const WITH_RESOURCE_POLICIES: &[&str] = &[
    "acm-pca",
    "apigateway",
    "aoss",
    "backup",
    "cloudtrail",
    "codeartifact",
    "codebuild",
    "dynamodb",
    "ecr",
    "elasticfilesystem",
    "es",
    "events",
    "execute-api",
    "glacier",
    "glue",
    "iot",
    "kinesis",
    "kms",
    "lambda",
    "lex",
    "logs",
    "mediastore",
    "s3",
    "s3-object-lambda",
    "s3-outposts",
    "s3express",
    "s3tables",
    "s3vectors",
    "schemas",
    "secretsmanager",
    "ses",
    "signer",
    "sns",
    "sqs",
    "ssm",
    "sts",
    "vpc-lattice",
];

/// The finding for a refused action.
pub(super) fn explain(
    evidence: &Evidence<'_>,
    permissions: &Permissions<'_>,
    asked: &RequiredAction,
    decision: &Decision,
) -> Finding {
    let what = format!("{} on {}", asked.action, asked.resource);
    match &decision.outcome {
        Outcome::ExplicitDeny { by } => denied(permissions, &what, by),
        Outcome::ImplicitDeny { layer: Layer::Boundary } => outside(permissions, &what, decision),
        _ => not_allowed(evidence, permissions, asked, &what, decision),
    }
}

fn denied(permissions: &Permissions<'_>, what: &str, by: &[StatementRef]) -> Finding {
    let statement = by.first();
    let name = statement.map(describe).unwrap_or_default();
    let detail = format!("{name} denies {what} to role {}", permissions.role_arn);
    let fix = Fix::new(format!("deny {name}"), "Have the Deny statement changed, if this role is not meant by it").decision(
        format!("whoever owns {}: a Deny is somebody's intention", statement.map_or("the policy", |statement| &statement.policy)),
    );
    let locus = statement
        .map_or_else(|| Locus::new(&permissions.role_arn), |statement| place(permissions, &statement.policy).at(&statement.path));
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
    what: &str,
    decision: &Decision,
) -> Finding {
    let near = decision.nearest_in(Layer::Identity);
    let role = &permissions.role_arn;
    if let Some(near) = near.as_ref().filter(|near| only_conditions(near)) {
        return condition(permissions, what, near);
    }
    let service = asked.action.split(':').next().unwrap_or_default().to_lowercase();
    let shared = asked.resource != "*" && WITH_RESOURCE_POLICIES.binary_search(&service.as_str()).is_ok();
    let why = near.as_ref().map(|near| format!("; nearest is {}: {}", describe(&near.statement.reference()), differences(near)));
    let detail = format!("no policy of role {role} allows {what}{}", why.unwrap_or_default());
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
    let finding = Finding::new(&NOT_ALLOWED, locus, detail)
        .confidence(if shared { Confidence::Likely } else { Confidence::Certain })
        .fix(super::grant(evidence, permissions, &[asked]));
    match wanted {
        Some((expected, actual)) => finding.compared(expected, actual),
        None => finding.compared(what, Compared::Nothing),
    }
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
fn describe(statement: &StatementRef) -> String {
    match &statement.sid {
        Some(sid) => format!("statement {sid} of {}", statement.policy),
        None => format!("statement {} of {}", statement.index, statement.policy),
    }
}

/// What differs, element by element.
fn differences(near: &NearMiss<'_>) -> String {
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
fn compared(element: &ElementTrace) -> (Compared, Compared) {
    let has: Vec<String> = element.wanted.iter().map(|wanted| wanted.text.clone()).collect();
    (had(element), has.into())
}

fn had(element: &ElementTrace) -> Compared {
    match &element.had {
        Had::Values(values) => values.clone().into(),
        Had::Absent | Had::Unknown(_) => Compared::Nothing,
    }
}
