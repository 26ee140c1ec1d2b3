//! Run-time evidence in the JSON report: it decides nothing.

use irsa_doctor_checks::report as core;
use schemars::JsonSchema;
use serde::Serialize;

/// What was seen of the role in use.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Usage {
    /// The role.
    pub(crate) role: String,
    /// When it was last used, RFC 3339, as IAM knows with some hours' delay.
    pub(crate) last_used: Option<String>,
    /// In which region.
    pub(crate) last_used_region: Option<String>,
    /// IAM says that it wasn't used for as long as IAM keeps track, 400 days; this says nothing of the last hours.
    pub(crate) never_used: bool,
    /// What CloudTrail has of it; null where nobody asked (`--cloudtrail`).
    pub(crate) events: Option<Events>,
}

/// CloudTrail's events about the roles or the service account of the target.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Events {
    /// How many hours back were asked for.
    pub(crate) asked_hours: u32,
    /// The regions that answered.
    pub(crate) regions: Vec<String>,
    /// How many there are.
    pub(crate) total: usize,
    /// How many of them failed.
    pub(crate) failed: usize,
    /// Those alike together: failures first, the latest first.
    pub(crate) by: Vec<EventGroup>,
    /// What should have been asked.
    pub(crate) expected: Expected,
    /// What follows, a sentence each.
    pub(crate) remarks: Vec<String>,
    /// What was not read, a sentence each.
    pub(crate) gaps: Vec<String>,
}

/// What should have been asked.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Expected {
    /// By whom.
    pub(crate) subject: Option<String>,
    /// The first of `roles`.
    pub(crate) role: Option<String>,
    /// For which roles.
    pub(crate) roles: Vec<String>,
    /// With a token of which provider; of Pod Identity, the cluster's name.
    pub(crate) provider: Option<String>,
}

/// Events that differ in nothing but their time.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EventGroup {
    /// Who asked.
    pub(crate) subject: Option<String>,
    /// For which role.
    pub(crate) role: Option<String>,
    /// With a token of which provider.
    pub(crate) provider: Option<String>,
    /// How it failed; null if it succeeded.
    pub(crate) error: Option<String>,
    /// The error's words.
    pub(crate) message: Option<String>,
    /// What is other than expected: `subject`, `role`, `provider`.
    pub(crate) differs: Vec<String>,
    /// How many.
    pub(crate) count: usize,
    /// The first, RFC 3339.
    pub(crate) first: String,
    /// The last, RFC 3339.
    pub(crate) last: String,
}

/// Somebody else's answer to the same question. It changes nothing.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SecondOpinion {
    /// Whose: `iam:SimulatePrincipalPolicy`.
    pub(crate) source: String,
    /// `allow`, `explicit-deny` or `implicit-deny`.
    pub(crate) decision: String,
    /// The policies whose statements decided.
    pub(crate) by: Vec<String>,
    /// Condition keys that it wasn't told and would have needed.
    pub(crate) missing_context: Vec<String>,
    /// Whether the permissions boundary allows it; null where it doesn't say.
    pub(crate) boundary_allows: Option<bool>,
    /// Whether the organization's policies allow it; null where it doesn't say.
    pub(crate) organization_allows: Option<bool>,
    /// Whether our decision is definite and another one.
    pub(crate) differs: bool,
    /// Why that may be.
    pub(crate) why: Vec<String>,
}

impl From<&core::Usage> for Usage {
    fn from(usage: &core::Usage) -> Self {
        let (last_used, last_used_region) = match &usage.last_used {
            core::LastUsed::At(time, region) => (Some(time.clone()), region.clone()),
            core::LastUsed::Never | core::LastUsed::Unknown => (None, None),
        };
        Self {
            role: usage.role.clone(),
            last_used,
            last_used_region,
            never_used: usage.last_used == core::LastUsed::Never,
            events: usage.events.as_ref().map(Events::from),
        }
    }
}

impl From<&core::EventSummary> for Events {
    fn from(events: &core::EventSummary) -> Self {
        Self {
            asked_hours: events.hours,
            regions: events.regions.clone(),
            total: events.total,
            failed: events.failed,
            by: events.by.iter().map(EventGroup::from).collect(),
            expected: Expected {
                subject: events.subject.clone(),
                role: events.roles.first().cloned(),
                roles: events.roles.clone(),
                provider: events.provider.clone(),
            },
            remarks: events.remarks.clone(),
            gaps: events.gaps.clone(),
        }
    }
}

impl From<&core::EventGroup> for EventGroup {
    fn from(group: &core::EventGroup) -> Self {
        Self {
            subject: group.subject.clone(),
            role: group.role.clone(),
            provider: group.provider.clone(),
            error: group.error.clone(),
            message: group.message.clone(),
            differs: group.differs.iter().map(|&what| what.to_owned()).collect(),
            count: group.count,
            first: group.first.clone(),
            last: group.last.clone(),
        }
    }
}

impl From<&core::SecondOpinion> for SecondOpinion {
    fn from(opinion: &core::SecondOpinion) -> Self {
        Self {
            source: "iam:SimulatePrincipalPolicy".to_owned(),
            decision: opinion.decision.clone(),
            by: opinion.by.clone(),
            missing_context: opinion.missing_context.clone(),
            boundary_allows: opinion.boundary_allows,
            organization_allows: opinion.organization_allows,
            differs: opinion.differs,
            why: opinion.why.clone(),
        }
    }
}
