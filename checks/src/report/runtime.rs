//! What was seen of a role in use, and AWS' own opinion of a decision. It decides nothing.

/// What was seen of the judged role in use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// The role's ARN.
    pub role: String,
    /// When it was last used, as `iam:GetRole` knows.
    pub last_used: LastUsed,
    /// What CloudTrail has of it; `None` where nobody asked.
    pub events: Option<EventSummary>,
}

/// When a role was last used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LastUsed {
    /// Nobody knows.
    #[default]
    Unknown,
    /// Not for as long as IAM keeps track: 400 days. It says nothing of the last hours.
    Never,
    /// Then, RFC 3339, and in that region.
    At(String, Option<String>),
}

/// CloudTrail's events about the target's roles and its service account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventSummary {
    /// How many hours back were asked for.
    pub hours: u32,
    /// The regions that answered.
    pub regions: Vec<String>,
    /// How many events are about one of the roles or the service account.
    pub total: usize,
    /// How many of them failed.
    pub failed: usize,
    /// The events, those alike together: failures first, the latest first.
    pub by: Vec<EventGroup>,
    /// The service account that should ask.
    pub subject: Option<String>,
    /// The roles that it should ask for.
    pub roles: Vec<String>,
    /// The provider whose tokens it has; of Pod Identity, the cluster's name.
    pub provider: Option<String>,
    /// What follows from the events, a sentence each.
    pub remarks: Vec<String>,
    /// What was not read, a sentence each.
    pub gaps: Vec<String>,
}

/// Events that differ in nothing but their time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventGroup {
    /// Who asked.
    pub subject: Option<String>,
    /// For which role.
    pub role: Option<String>,
    /// With whose token.
    pub provider: Option<String>,
    /// How it failed; `None` if it succeeded.
    pub error: Option<String>,
    /// The error's words.
    pub message: Option<String>,
    /// What isn't as it should be: `subject`, `role`, `provider`.
    pub differs: Vec<&'static str>,
    /// How many.
    pub count: usize,
    /// The first, RFC 3339.
    pub first: String,
    /// The last, RFC 3339.
    pub last: String,
}

/// What AWS' own policy simulator says of an asked action, beside our decision.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SecondOpinion {
    /// `allow`, `explicit-deny` or `implicit-deny`.
    pub decision: String,
    /// The policies whose statements decided.
    pub by: Vec<String>,
    /// Condition keys that the policies ask for and the simulator wasn't given.
    pub missing_context: Vec<String>,
    /// Whether the permissions boundary allows it, where the simulator says so.
    pub boundary_allows: Option<bool>,
    /// Whether the organization's policies allow it, where the simulator says so.
    pub organization_allows: Option<bool>,
    /// Whether ours is definite and another one.
    pub differs: bool,
    /// Why that may be.
    pub why: Vec<String>,
}
