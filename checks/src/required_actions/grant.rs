//! The fix for actions that the role's policies leave out: an inline policy for exactly these.

use super::NOT_ALLOWED;
use crate::evidence::Evidence;
use crate::finding::Finding;
use crate::fix::{Fix, document};
use crate::permissions::{Permissions, judged};
use crate::resource_policy::arn_to_name;
use crate::snapshot::RequiredAction;
use irsa_doctor_iam::services::{self, Fit};
use serde::Serialize;
use std::collections::BTreeMap;

/// The name of the inline policy that a fix adds.
const POLICY_NAME: &str = "irsa-doctor-required-actions";

/// Allows exactly these actions on exactly these resources with one inline policy.
pub fn grant(evidence: &Evidence<'_>, permissions: &Permissions<'_>, actions: &[&RequiredAction]) -> Fix {
    let evidence = judged(evidence);
    let fix = Fix::new(format!("permissions of {}", permissions.role_arn), "Allow the role exactly what is asked of it");
    let Some(role) = evidence.role_arn().filter(|_| !actions.is_empty()) else {
        return fix.decision("whoever owns the role: what should it be allowed to do?");
    };
    if actions.iter().any(|action| action.resource == "*") {
        return fix.decision("whoever owns the role: on which resources? Name them with --resource, or allow the action on * if it takes no resource");
    }
    let resources: Option<Vec<String>> = actions.iter().map(|action| arn_to_name(&evidence, action)).collect();
    let Some(resources) = resources else {
        return fix.decision("whoever owns the role: on which key? A policy has to name the key, not its alias");
    };
    let mut pairs = actions.iter().zip(&resources);
    let misfit = pairs.find(|(asked, resource)| {
        services::action(&asked.action).is_some_and(|action| matches!(action.fit([resource.as_str()]), Fit::WrongType(_)))
    });
    if let Some((asked, _)) = misfit {
        // Allowed or not, AWS never asks that of such a resource: the policy would change nothing.
        return fix.decision(format!(
            "whoever asks: {} doesn't apply to {}; name the resource that it takes, then ask again",
            asked.action, asked.resource
        ));
    }
    let name = unused_name(permissions);
    let text = written(actions.iter().map(|action| action.action.as_str()).zip(&resources));
    let note =
        format!("it adds a policy of its own to role {} and changes no other; every pod that uses the role gets it", role.name);
    document::inline(&evidence, fix, &permissions.role_arn, &name, None, &text).note(note)
}

/// A name that no inline policy of the role has: `put-role-policy` would replace it.
fn unused_name(permissions: &Permissions<'_>) -> String {
    let taken = permissions.inline_names.present().copied().unwrap_or_default();
    let numbered = (2_u32..).map(|number| format!("{POLICY_NAME}-{number}"));
    let mut names = std::iter::once(POLICY_NAME.to_owned()).chain(numbered);
    names.find(|name| !taken.contains(name)).unwrap_or_else(|| POLICY_NAME.to_owned())
}

/// A policy document in the order that people write one.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'a> {
    version: &'static str,
    statement: Vec<Statement<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement<'a> {
    effect: &'static str,
    action: Vec<&'a str>,
    resource: &'a str,
}

/// One statement for each resource, in the order of the resources.
fn written<'a>(actions: impl Iterator<Item = (&'a str, &'a String)>) -> String {
    let mut by_resource: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (action, resource) in actions {
        by_resource.entry(resource).or_default().push(action);
    }
    let statement = by_resource.into_iter().map(|(resource, action)| Statement { effect: "Allow", action, resource }).collect();
    // Strings alone always serialise.
    serde_json::to_string(&Document { version: "2012-10-17", statement }).unwrap_or_default()
}

/// Findings about one role share one fix: the policy that allows all that is left out.
pub(super) fn share(evidence: &Evidence<'_>, permissions: &Permissions<'_>, asked: &[RequiredAction], findings: &mut [Finding]) {
    let left_out = |action: &&RequiredAction| {
        matches!(
            permissions.decide(evidence, action).outcome,
            irsa_doctor_iam::Outcome::ImplicitDeny { layer: irsa_doctor_iam::Layer::Identity }
        )
    };
    let missing: Vec<&RequiredAction> = asked.iter().filter(left_out).collect();
    let refused: Vec<&mut Finding> = findings.iter_mut().filter(|finding| finding.fault.id == NOT_ALLOWED.id).collect();
    if refused.len() < 2 {
        return;
    }
    let fix = grant(evidence, permissions, &missing);
    for finding in refused {
        finding.fix = Some(fix.clone());
    }
}
