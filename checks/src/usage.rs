//! Evidence about the past: when the role was last used, and who asked for its credentials. It decides nothing.

mod events;
mod lookup;
mod remarks;
#[cfg(test)]
mod tests;

pub use lookup::{Lookup, lookups};

use crate::check::FoundGap;
use crate::evidence::{Evidence, RoleUnderJudgement};
use crate::report::{LastUsed, ReportedGap, Usage};

/// What the chain says of the links that decide whether the role's credentials are given at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// They are given.
    Given,
    /// This link refuses them.
    Refused(&'static str),
    /// It can't be said.
    Unknown,
}

/// What was seen in use of the role under judgement and of the target's other `roles`; `None` where nothing was.
pub fn usage(evidence: &Evidence<'_>, roles: &[RoleUnderJudgement], chain: Credentials) -> Option<Usage> {
    let role = evidence.role.as_ref()?;
    let events = events::summary(evidence, roles, chain);
    let last_used = last_used(evidence);
    if events.is_none() && last_used == LastUsed::Unknown {
        return None;
    }
    Some(Usage { role: role.arn.clone(), last_used, events })
}

/// What was asked of CloudTrail and not answered: none of it decides anything.
pub fn gaps(evidence: &Evidence<'_>, roles: &[RoleUnderJudgement]) -> Vec<ReportedGap> {
    let logs = events::logs(evidence, roles).into_iter().filter_map(|log| log.answer.gap());
    logs.map(|gap| ReportedGap { check: "trust-policy", found: FoundGap { gap: gap.clone(), decisive: false } }).collect()
}

fn last_used(evidence: &Evidence<'_>) -> LastUsed {
    let role = evidence.iam_role();
    match role.present() {
        Some(role) => match &role.last_used {
            Some(time) => LastUsed::At(time.clone(), role.last_used_region.clone()),
            None if role.never_used => LastUsed::Never,
            None => LastUsed::Unknown,
        },
        None => LastUsed::Unknown,
    }
}
