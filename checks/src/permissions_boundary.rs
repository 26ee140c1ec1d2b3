//! `permissions-boundary`: the boundary lets the policies through.

use crate::check::{Check, Need, Outcome, Scope, Stage};
use crate::evidence::Evidence;
use crate::fault::{Severity, faults};
use crate::finding::Finding;
use crate::fix::Fix;
use crate::locus::Locus;
use crate::permissions::{Permissions, permissions};
use crate::snapshot::Observed;
use irsa_doctor_iam::policy::Statement;
use irsa_doctor_iam::{Effect, Policy};
use std::collections::BTreeSet;

faults! {
    MISSING: "boundary-missing", Error, Certain, "the permissions boundary does not exist";
    BLOCKS_SERVICE: "boundary-blocks-service", Info, Certain, "the policies allow services that the boundary does not";
}

/// The check.
pub static CHECK: Check = Check {
    id: "permissions-boundary",
    title: "the permissions boundary lets the policies through",
    stage: Stage::Permissions,
    scope: Scope::Role,
    needs: &[Need::Role, Need::Boundary, Need::PolicyDocuments],
    faults: &[&MISSING, &BLOCKS_SERVICE],
    run,
};

fn run(evidence: &Evidence<'_>) -> Outcome {
    let Some(permissions) = permissions(evidence) else { return Outcome::not_applicable("not reached: no role is known") };
    match &permissions.role {
        Observed::Absent => return Outcome::not_applicable("not reached: the role does not exist"),
        Observed::Unavailable(gap) => return Outcome::unknown(gap.clone()),
        Observed::Present(_) => {}
    }
    let Some(boundary) = &permissions.boundary else { return Outcome::not_applicable("the role has no permissions boundary") };
    match (&boundary.text, boundary.policy()) {
        (Observed::Absent, _) => Outcome::finding(missing(&permissions, &boundary.key)),
        (Observed::Unavailable(gap), _) => Outcome::unknown(gap.clone()),
        (Observed::Present(_), None) => Outcome::not_applicable("not reached: the boundary is malformed (see policy-document)"),
        (Observed::Present(_), Some(policy)) => Outcome::findings(blocked(evidence, &permissions, policy).into_iter().collect()),
    }
}

/// A boundary that is gone lets nothing through.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
fn missing(permissions: &Permissions<'_>, boundary: &str) -> Finding {
    let detail =
        format!("role {} has permissions boundary {boundary}, which does not exist, so nothing is allowed", permissions.role_arn);
    let fix = Fix::new(
        format!("boundary of {}", permissions.role_arn),
        format!("Create policy {boundary} again, or give the role another boundary"),
    )
    .decision("whoever owns the account's permissions boundaries: never take a boundary away to make something work");
    Finding::new(&MISSING, Locus::new(&permissions.role_arn), detail)
        .compared(boundary, crate::finding::Compared::Nothing)
        .fix(fix)
}

/// The services that the policies allow and the boundary doesn't, all in one finding.
fn blocked(evidence: &Evidence<'_>, permissions: &Permissions<'_>, boundary: &Policy) -> Option<Finding> {
    let allowed: BTreeSet<String> =
        permissions.documents.iter().filter_map(|document| document.policy()).flat_map(services).collect();
    let blocked: Vec<String> = allowed.into_iter().filter(|service| !lets_through(boundary, service)).collect();
    if blocked.is_empty() {
        return None;
    }
    let asked =
        evidence.required().iter().filter_map(|asked| asked.action.split_once(':')).map(|(service, _)| service.to_lowercase());
    let was_asked = asked.into_iter().any(|service| blocked.contains(&service));
    let count = blocked.len();
    let services = if count == 1 { "1 service".to_owned() } else { format!("{count} services") };
    let name = permissions.boundary.as_ref().map(|boundary| boundary.key.as_str()).unwrap_or_default();
    let detail =
        format!("boundary {name} lets nothing through of {services} that the role's policies allow: {}", blocked.join(", "));
    let locus = permissions.boundary.as_ref().map(|boundary| boundary.locus.clone().at("$['Statement']"))?;
    let severity = if was_asked { Severity::Warning } else { Severity::Info };
    Some(Finding::new(&BLOCKS_SERVICE, locus, detail).severity(severity))
}

/// The service prefixes that a policy's Allow statements name; `*` names none.
fn services(policy: &Policy) -> Vec<String> {
    let allows = policy.statements.iter().filter(|statement| statement.effect == Effect::Allow && !statement.action.negated);
    let prefixes = allows.flat_map(|statement| &statement.action.entries).filter_map(|entry| entry.text.split_once(':'));
    prefixes.map(|(service, _)| service.to_lowercase()).filter(|service| !service.contains(['*', '?'])).collect()
}

/// Whether a boundary could let some action of a service through.
fn lets_through(boundary: &Policy, service: &str) -> bool {
    let covers_all = |statement: &Statement| {
        let everywhere = statement
            .resource
            .as_ref()
            .is_some_and(|resource| !resource.negated && resource.entries.iter().any(|entry| entry.text == "*"));
        let all = statement.action.entries.iter().any(|entry| covers_service(&entry.text, service));
        all && everywhere && statement.conditions.is_empty()
    };
    let of = |effect| boundary.statements.iter().filter(move |statement| statement.effect == effect);
    if of(Effect::Deny).any(|statement| !statement.action.negated && covers_all(statement)) {
        return false;
    }
    of(Effect::Allow).any(|statement| {
        let touched = statement.action.entries.iter();
        if statement.action.negated {
            !touched.into_iter().any(|entry| covers_service(&entry.text, service))
        } else {
            touched.into_iter().any(|entry| touches_service(&entry.text, service))
        }
    })
}

/// Whether an action pattern covers every action of a service.
fn covers_service(pattern: &str, service: &str) -> bool {
    match pattern.split_once(':') {
        Some((prefix, actions)) => is_service(prefix, service) && actions.chars().all(|c| c == '*') && !actions.is_empty(),
        None => pattern == "*",
    }
}

/// Whether an action pattern could match some action of a service.
fn touches_service(pattern: &str, service: &str) -> bool {
    match pattern.split_once(':') {
        Some((prefix, _)) => is_service(prefix, service),
        None => pattern.contains('*'),
    }
}

fn is_service(prefix: &str, service: &str) -> bool {
    let pattern = irsa_doctor_iam::pattern::Pattern::glob(&prefix.to_lowercase());
    pattern.matches(service, &irsa_doctor_iam::Context::new()).is_true()
}

#[cfg(test)]
mod tests;
