//! The roles that might have been meant.

use crate::arn::RoleArn;
use crate::evidence::Evidence;
use crate::nearest::apart_at_least;
use crate::snapshot::RoleSummary;
use crate::trust;

/// How many are named at most.
const MOST: usize = 3;

/// A role that might have been meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Near {
    /// Its ARN.
    pub(super) arn: String,
    /// Whether its trust policy lets this service account in.
    pub(super) lets_in: bool,
}

/// The roles of the account that let this service account in, then those whose names come nearest.
pub(super) fn roles(evidence: &Evidence<'_>, wanted: RoleArn<'_>) -> Vec<Near> {
    let listed = evidence.role_account().and_then(|account| account.role_list.present());
    let mut found: Vec<(bool, usize, &RoleSummary)> = Vec::new();
    let subject = evidence.subject();
    for role in listed.into_iter().flatten().filter(|role| role.name != wanted.name) {
        let lets_in = role
            .trust_policy
            .as_deref()
            .is_some_and(|text| mentions(subject.as_deref(), text) && trust::lets_in(evidence, &role.arn, text));
        let farther = apart_at_least(&role.name, wanted.name) > tolerance(wanted.name);
        if farther && !lets_in && !is_part(&role.name, wanted.name) {
            continue;
        }
        let distance = strsim::damerau_levenshtein(&role.name, wanted.name);
        if lets_in || distance <= tolerance(wanted.name) || is_part(&role.name, wanted.name) {
            found.push((!lets_in, distance, role));
        }
    }
    found.sort_by_key(|(stranger, distance, role)| (*stranger, *distance, role.arn.as_str()));
    found.iter().take(MOST).map(|(stranger, _, role)| Near { arn: role.arn.clone(), lets_in: !stranger }).collect()
}

/// An account has thousands of roles: only those that name the service account or have a pattern are read.
fn mentions(subject: Option<&str>, text: &str) -> bool {
    subject.is_some_and(|subject| text.contains(subject)) || text.contains(['*', '?'])
}

fn tolerance(name: &str) -> usize {
    (name.chars().count() / 4).clamp(1, 5)
}

/// Whether one name begins with the other: a suffix was added or taken away.
fn is_part(a: &str, b: &str) -> bool {
    let shorter = a.len().min(b.len());
    shorter >= 5 && (a.starts_with(b) || b.starts_with(a))
}
