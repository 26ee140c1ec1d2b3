//! What a valid policy says that it can't mean.

mod actions;

use super::{EVERYTHING, PARTITION};
use crate::finding::Finding;
use crate::locus::Locus;
use crate::permissions::RoleDocument;
use irsa_doctor_iam::policy::{Entry, Statement};
use irsa_doctor_iam::{Effect, Place, Policy};

/// All that is odd in a policy.
pub(super) fn lint(document: &RoleDocument<'_>, policy: &Policy, partition: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for statement in policy.statements.iter().filter(|statement| statement.effect == Effect::Allow) {
        findings.extend(everything(document, statement));
        findings.extend(other_partition(document, statement, partition));
    }
    findings.extend(actions::lint(document, policy));
    findings
}

/// The place of an element in a role's policy.
pub(super) fn at(document: &RoleDocument<'_>, place: &Place) -> Locus {
    document.locus.clone().at(&place.path).line_column(place.line, place.column)
}

fn is_universal(entry: &Entry) -> bool {
    !entry.text.is_empty() && entry.text.chars().all(|c| c == '*')
}

fn everything(document: &RoleDocument<'_>, statement: &Statement) -> Option<Finding> {
    let all_actions =
        !statement.action.negated && statement.action.entries.iter().any(|entry| is_universal(entry) || entry.text == "*:*");
    let resource = statement.resource.as_ref()?;
    let all_resources = !resource.negated && resource.entries.iter().any(is_universal);
    if !(all_actions && all_resources && statement.conditions.is_empty()) {
        return None;
    }
    let detail = format!("policy {} allows every action on every resource", document.key);
    Some(Finding::new(&EVERYTHING, at(document, &statement.action.place), detail))
}

/// Resources of another partition never match: a role's session stays in its own.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
fn other_partition(document: &RoleDocument<'_>, statement: &Statement, partition: &str) -> Option<Finding> {
    let resource = statement.resource.as_ref().filter(|resource| !resource.negated)?;
    let other = |entry: &&Entry| {
        let mut parts = entry.text.splitn(3, ':');
        parts.next() == Some("arn") && parts.next().is_some_and(|found| !found.contains(['*', '?', '$']) && found != partition)
    };
    let entry = resource.entries.iter().find(other)?;
    let found = entry.text.split(':').nth(1).unwrap_or_default();
    let detail =
        format!("policy {} names {}, which is in partition {found}; the role is in {partition}", document.key, entry.text);
    let wanted = entry.text.replacen(&format!("arn:{found}:"), &format!("arn:{partition}:"), 1);
    Some(Finding::new(&PARTITION, at(document, &entry.place), detail).compared(wanted, entry.text.as_str()))
}
