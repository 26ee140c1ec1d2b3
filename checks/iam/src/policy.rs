//! A parsed policy. Every element knows where it stands in its document.

mod print;

use std::fmt;

use crate::condition::{Compiled, Operator};
use crate::context::Context;
use crate::pattern::Pattern;

/// What a policy is attached to, which decides which elements it must and may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyKind {
    /// Attached to a user, group or role: Resource, no Principal.
    Identity,
    /// A permissions boundary: like an identity policy.
    Boundary,
    /// A role's trust policy: Principal, no Resource.
    Trust,
    /// Attached to a resource, such as a bucket policy: Principal; Resource is optional because
    /// some services imply it.
    Resource,
    /// A session policy: like an identity policy.
    Session,
    /// A service control policy: like an identity policy.
    ServiceControl,
    /// A resource control policy: Principal and Resource.
    ResourceControl,
}

impl PolicyKind {
    /// Whether statements have a Principal.
    #[must_use]
    pub fn has_principal(self) -> bool {
        matches!(self, Self::Trust | Self::Resource | Self::ResourceControl)
    }
}

/// A place in a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// RFC 9535 normalized path.
    pub path: String,
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
}

/// A text of the document with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// The policy language's version
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// `2008-10-17`, also when there is no Version: no policy variables.
    V2008,
    /// `2012-10-17`
    V2012,
}

/// A policy document.
#[derive(Debug, Clone)]
pub struct Policy {
    /// What it is attached to.
    pub kind: PolicyKind,
    /// Its language version; the default is 2008-10-17.
    pub version: Version,
    /// The Version element, if there is one.
    pub version_place: Option<Place>,
    /// The Id element.
    pub id: Option<Located>,
    /// Its statements, in document order.
    pub statements: Vec<Statement>,
    /// Where the Statement element stands.
    pub statement_place: Place,
    /// Whether Statement is a list, or a single object.
    pub statement_list: bool,
    /// What is legal and yet can't mean what it says.
    pub warnings: Vec<Warning>,
}

/// Something legal that can't work, such as a number that isn't one in a Numeric condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What is odd.
    pub message: String,
    /// Where.
    pub place: Place,
}

/// Allow or Deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// `Allow`
    Allow,
    /// `Deny`
    Deny,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        })
    }
}

/// A statement.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Its index in the policy.
    pub index: usize,
    /// Its Sid.
    pub sid: Option<Located>,
    /// Allow or Deny.
    pub effect: Effect,
    /// Where the Effect stands.
    pub effect_place: Place,
    /// Principal or `NotPrincipal`; only in policies that have one.
    pub principal: Option<Principals>,
    /// Action or `NotAction`.
    pub action: Entries,
    /// Resource or `NotResource`; trust policies have none.
    pub resource: Option<Entries>,
    /// All conditions, one for each pair of operator and key. All of them have to hold.
    pub conditions: Vec<Condition>,
    /// Where the Condition element stands.
    pub condition_place: Option<Place>,
    /// Where the statement stands.
    pub place: Place,
}

/// Action, `NotAction`, Resource or `NotResource`: a list of patterns.
#[derive(Debug, Clone)]
pub struct Entries {
    /// It is the `Not` form.
    pub negated: bool,
    /// The entries, in document order.
    pub entries: Vec<Entry>,
    /// It is a list in the document, or a single string.
    pub list: bool,
    /// Where the element's value stands.
    pub place: Place,
}

/// A pattern in an Action or Resource element.
#[derive(Debug, Clone)]
pub struct Entry {
    /// As it is written.
    pub text: String,
    /// Where it stands.
    pub place: Place,
    pub(crate) pattern: Pattern,
}

impl Entry {
    /// Whether this, of an Action element, matches an action such as `s3:GetObject`, in any case; variables have no place
    /// there (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>).
    #[must_use]
    pub fn matches_action(&self, action: &str) -> bool {
        self.pattern.matches(&action.to_ascii_lowercase(), &Context::new()).is_true()
    }
}

/// Principal or `NotPrincipal`.
#[derive(Debug, Clone)]
pub struct Principals {
    /// It is `NotPrincipal`.
    pub negated: bool,
    /// The entries, in document order.
    pub entries: Vec<PrincipalEntry>,
    /// How it is written.
    pub form: PrincipalForm,
    /// Where the element's value stands.
    pub place: Place,
}

/// How a Principal element is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalForm {
    /// `"*"`
    Star,
    /// An object; for each key in document order whether its value is a list.
    Map(Vec<(PrincipalType, bool)>),
}

/// The keys of a Principal element
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalType {
    /// Accounts, users, roles, sessions, or `*`.
    Aws,
    /// Identity providers.
    Federated,
    /// Services.
    Service,
    /// Canonical user IDs of Amazon S3.
    CanonicalUser,
}

impl PrincipalType {
    /// The key as AWS writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::Federated => "Federated",
            Self::Service => "Service",
            Self::CanonicalUser => "CanonicalUser",
        }
    }

    /// Reads a key.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Aws, Self::Federated, Self::Service, Self::CanonicalUser].into_iter().find(|kind| kind.name() == name)
    }
}

/// One principal.
#[derive(Debug, Clone)]
pub struct PrincipalEntry {
    /// Under which key it stands; `None` for the plain `"*"`.
    pub kind: Option<PrincipalType>,
    /// As it is written.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// One operator with one key and its values.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The operator.
    pub operator: Operator,
    /// The operator as it is written.
    pub operator_text: String,
    /// The key as it is written.
    pub key: String,
    /// The values, in document order; one of them has to match, or none for negated operators.
    pub values: Vec<ConditionValue>,
    /// The values are a list in the document.
    pub list: bool,
    /// Path of the key's value, with the line and column of the key.
    pub place: Place,
    pub(crate) key_lower: String,
}

/// One value of a condition.
#[derive(Debug, Clone)]
pub struct ConditionValue {
    /// Its text; numbers and booleans as they are written.
    pub text: String,
    /// It is a string in the document, or else a number or boolean.
    pub quoted: bool,
    /// Where it stands.
    pub place: Place,
    pub(crate) compiled: Compiled,
}

impl Policy {
    /// The document as JSON, with the elements in document order of their kind: reading it again
    /// gives the same policy.
    #[must_use]
    pub fn to_json(&self) -> String {
        print::policy(self)
    }
}

impl Version {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2008 => "2008-10-17",
            Self::V2012 => "2012-10-17",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_matches_actions_in_any_case() {
        let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "S3:Get*", "Resource": "*"}}"#;
        let policy = Policy::parse(text, PolicyKind::Identity).unwrap();
        let entry = &policy.statements[0].action.entries[0];
        assert!(entry.matches_action("s3:GetObject") && entry.matches_action("S3:GETOBJECT"));
        assert!(!entry.matches_action("s3:PutObject") && !entry.matches_action("sqs:GetObject"));
    }
}
