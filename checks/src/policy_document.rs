//! `policy-document`: each policy means what it says. AWS' own policies are evaluated, never linted.

mod lint;

use crate::check::{Check, FoundGap, Need, Outcome, Scope, Stage};
use crate::evidence::Evidence;
use crate::fault::faults;
use crate::finding::Finding;
use crate::fix::Fix;
use crate::permissions::{RoleDocument, permissions};
use crate::snapshot::{GapCause, Observed};
use irsa_doctor_iam::ParseErrors;

faults! {
    MALFORMED: "policy-malformed", Error, Certain, "a document that is not a valid policy";
    NEWER_VERSION: "policy-newer-version-not-default", Info, Certain, "a newer version exists and is not the default";
    UNKNOWN_ACTION: "policy-unknown-action", Warning, Likely, "an action that no service has";
    UNKNOWN_SERVICE: "policy-unknown-service", Warning, Likely, "a service prefix that does not exist";
    RESOURCE_TYPE: "policy-resource-type-mismatch", Warning, Certain, "an action that cannot apply to any of the statement's resources";
    NEEDS_STAR: "policy-needs-resource-star", Warning, Certain, "an action that takes no resource, on named resources";
    PARTITION: "policy-resource-partition", Warning, Certain, "resources of another partition than the role's";
    EVERYTHING: "policy-allows-everything", Warning, Certain, "every action on every resource is allowed";
}

/// The check.
pub static CHECK: Check = Check {
    id: "policy-document",
    title: "each policy means what it says",
    stage: Stage::Permissions,
    scope: Scope::Role,
    needs: &[Need::Role, Need::RolePolicies, Need::PolicyDocuments, Need::Boundary],
    faults: &[
        &MALFORMED,
        &NEWER_VERSION,
        &UNKNOWN_ACTION,
        &UNKNOWN_SERVICE,
        &RESOURCE_TYPE,
        &NEEDS_STAR,
        &PARTITION,
        &EVERYTHING,
    ],
    run,
};

fn run(evidence: &Evidence<'_>) -> Outcome {
    let Some(permissions) = permissions(evidence) else { return Outcome::not_applicable("not reached: no role is known") };
    if permissions.role.is_absent() {
        return Outcome::not_applicable("not reached: the role does not exist");
    }
    // An unread role may have a boundary, which is a document too.
    let unread = permissions.role.gap().into_iter().chain(permissions.attached.gap()).chain(permissions.inline_names.gap());
    let mut gaps: Vec<FoundGap> = unread.map(|gap| FoundGap { gap: gap.clone(), decisive: true }).collect();
    if permissions.documents.is_empty() && gaps.is_empty() {
        return Outcome::not_applicable("the role has no policy");
    }
    let mut findings = Vec::new();
    let partition = permissions.role_arn.split(':').nth(1).unwrap_or("aws");
    for document in permissions.documents.iter().chain(&permissions.boundary) {
        if let Observed::Unavailable(gap) = &document.text {
            gaps.push(FoundGap { gap: gap.clone(), decisive: !document.aws_managed });
        }
        findings.extend(malformed(document));
        findings.extend(newer_version(document));
        // Only a hint hangs on the versions: see `newer_version`.
        let versions = document.managed.filter(|_| !document.aws_managed).and_then(|managed| managed.versions.gap());
        let tried = versions.filter(|gap| gap.cause != GapCause::NotCollected);
        gaps.extend(tried.map(|gap| FoundGap { gap: gap.clone(), decisive: false }));
        let boundary = permissions.boundary.as_ref().is_some_and(|boundary| std::ptr::eq(boundary, document));
        if let Some(policy) = document.policy().filter(|_| !document.aws_managed && !boundary) {
            let place = document.text.present().map_or(0, |text| text.as_ptr().addr());
            let key = (place, document.key.clone(), permissions.role_arn.clone());
            let found = evidence.policies.lint(key, || lint::lint(document, policy, partition));
            findings.extend(found.iter().cloned());
        }
    }
    Outcome::Judged { findings, gaps }
}

/// A document that isn't a policy: the first thing that is wrong, and how many more there are.
fn malformed(document: &RoleDocument<'_>) -> Option<Finding> {
    let errors: &ParseErrors = document.parsed.as_ref()?.as_ref().as_ref().err()?;
    let first = errors.errors.first()?;
    let more = match errors.errors.len() {
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    let detail = format!(
        "policy {} is not a valid policy: line {} column {}: {}{more}",
        document.key, first.line, first.column, first.message
    );
    let locus = document.locus.clone().at(&first.path).line_column(first.line, first.column);
    let fix = Fix::new(
        format!("document {}", document.key),
        format!("Write policy {} again, as valid JSON in IAM's grammar", document.name),
    )
    .decision("whoever owns the policy: its meaning can't be read from what is there");
    Some(Finding::new(&MALFORMED, locus, detail).compared("a valid policy", first.message.as_str()).fix(fix))
}

/// A later version than the default exists: often somebody forgot `--set-as-default`, sometimes it was rolled back.
fn newer_version(document: &RoleDocument<'_>) -> Option<Finding> {
    let managed = document.managed.filter(|_| !document.aws_managed)?;
    let default = &managed.policy.present()?.default_version_id;
    let number = |id: &str| id.strip_prefix('v').and_then(|number| number.parse::<u32>().ok());
    let newest = managed.versions.present()?.iter().max_by_key(|version| number(&version.id))?;
    if number(&newest.id)? <= number(default)? {
        return None;
    }
    let detail = format!("policy {} has version {}, but {default} is the default and in force", document.key, newest.id);
    let locus = crate::locus::Locus::new(&document.key);
    Some(Finding::new(&NEWER_VERSION, locus, detail).compared(newest.id.as_str(), default.as_str()))
}

#[cfg(test)]
mod tests;
