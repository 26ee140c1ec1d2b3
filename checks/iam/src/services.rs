//! What services, actions and resource types there are: AWS's service authorization reference
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>)
//! as of [`date`].
//!
//! The data is compressed inside the program, and unpacked when it is first asked for. It is a list
//! of its date: what it doesn't hold may exist by now, so whatever rests on its silence is likely,
//! not certain. `data/README.md` says where it comes from and how to refresh it.
//!
//! ```
//! use irsa_doctor_iam::services;
//!
//! let action = services::action("s3:getobject").expect("the action is known");
//! assert_eq!(action.name, "GetObject");
//! assert!(services::action("s3:GetObjet").is_none());
//! let s3 = services::service("s3").expect("the service is known");
//! assert_eq!(s3.nearest_actions("GetObjet", 1), ["GetObject"]);
//! ```

mod catalogue;
mod overlap;

use crate::text;

/// How AWS classifies an action
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary-access-level-summaries.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessLevel {
    /// Lists resources.
    List,
    /// Reads them.
    Read,
    /// Writes them.
    Write,
    /// Changes tags only.
    Tagging,
    /// Changes who may do what.
    PermissionsManagement,
}

impl AccessLevel {
    /// The level in AWS's words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "List",
            Self::Read => "Read",
            Self::Write => "Write",
            Self::Tagging => "Tagging",
            Self::PermissionsManagement => "Permissions management",
        }
    }
}

/// A service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// What stands before the colon of its actions, such as `s3`.
    pub prefix: &'static str,
    /// Its name, such as Amazon S3.
    pub name: &'static str,
    /// Its actions, by name in lower case.
    pub actions: Vec<Action>,
    /// The types of its resources.
    pub resource_types: Vec<ResourceType>,
    /// The condition keys that its actions and resources know.
    pub condition_keys: Vec<ConditionKey>,
}

/// An action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Its name without the service, such as `GetObject`.
    pub name: &'static str,
    /// What it does.
    pub level: AccessLevel,
    /// The types of resource that it takes; none if it takes no resource.
    pub resources: Vec<ActionResource>,
    /// The condition keys that it knows, the global ones aside.
    pub condition_keys: Vec<&'static str>,
}

impl Action {
    /// Whether it takes no resource, so that only a statement with Resource `*` covers it.
    #[must_use]
    pub fn is_wildcard_only(&self) -> bool {
        self.resources.is_empty()
    }
}

/// A type of resource that an action takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionResource {
    /// The type.
    pub kind: ResourceType,
    /// The action always needs one of this type.
    pub required: bool,
}

/// A type of resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceType {
    /// Its name, such as `bucket`.
    pub name: &'static str,
    /// Its ARN with placeholders, such as `arn:${Partition}:s3:::${BucketName}`.
    pub arn: &'static str,
    /// The condition keys that requests for it know.
    pub condition_keys: Vec<&'static str>,
    /// Another type's ARN continues this one with a slash, so that its last placeholder holds none.
    nested: bool,
}

impl ResourceType {
    /// Whether some resource of this type has an ARN that the policy's `pattern` matches. Variables
    /// count as wildcards.
    #[must_use]
    pub fn may_match(&self, pattern: &str) -> bool {
        overlap::overlaps(pattern, self.arn, self.nested)
    }
}

/// A condition key of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConditionKey {
    /// Its name, with placeholders such as `aws:RequestTag/${TagKey}`.
    pub name: &'static str,
    /// Its type, such as `String` or `ArrayOfString`; empty where the reference doesn't say.
    pub kind: &'static str,
}

/// How the resources of a statement suit an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit {
    /// Some resource suits the action.
    Fits,
    /// The action takes no resource, and none of the entries is `*`.
    TakesNoResource,
    /// No entry can match a resource that the action takes: these types.
    WrongType(Vec<ResourceType>),
}

impl Service {
    /// The action of this name, in any case.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&Action> {
        let lower = |text: &str| text.bytes().map(|byte| byte.to_ascii_lowercase()).collect::<Vec<_>>();
        let wanted = lower(name);
        let at = self.actions.binary_search_by(|action| lower(action.name).cmp(&wanted)).ok()?;
        self.actions.get(at)
    }

    /// The actions that a pattern such as `Get*` matches.
    pub fn matching(&self, pattern: &str) -> impl Iterator<Item = &Action> {
        let pattern = crate::pattern::Pattern::glob(&pattern.to_ascii_lowercase());
        let context = crate::context::Context::new();
        self.actions.iter().filter(move |action| pattern.matches(&action.name.to_ascii_lowercase(), &context).is_true())
    }

    /// The names nearest to one that isn't known, the best first.
    #[must_use]
    pub fn nearest_actions(&self, name: &str, most: usize) -> Vec<&'static str> {
        text::nearest(name, self.actions.iter().map(|action| action.name), most)
    }
}

impl Action {
    /// How the Resource entries of a statement suit this action.
    #[must_use]
    pub fn fit<'a>(&self, resources: impl IntoIterator<Item = &'a str>) -> Fit {
        let mut resources = resources.into_iter();
        let is_star = |resource: &str| !resource.is_empty() && resource.bytes().all(|byte| byte == b'*');
        if self.is_wildcard_only() {
            return if resources.any(is_star) { Fit::Fits } else { Fit::TakesNoResource };
        }
        if resources.any(|entry| is_star(entry) || self.resources.iter().any(|have| have.kind.may_match(entry))) {
            Fit::Fits
        } else {
            Fit::WrongType(self.resources.iter().map(|have| have.kind.clone()).collect())
        }
    }
}

/// The day that the data was taken, `YYYY-MM-DD`.
#[must_use]
pub fn date() -> &'static str {
    catalogue::get().date
}

/// The version of the package that the data was taken from.
#[must_use]
pub fn version() -> &'static str {
    catalogue::get().version
}

/// The prefixes of all services, sorted.
pub fn prefixes() -> impl Iterator<Item = &'static str> {
    catalogue::get().blocks.keys().copied()
}

/// The service of this prefix, in any case.
#[must_use]
pub fn service(prefix: &str) -> Option<&'static Service> {
    catalogue::get().service(&prefix.to_ascii_lowercase())
}

/// The prefixes nearest to one that isn't known, the best first.
#[must_use]
pub fn nearest_services(prefix: &str, most: usize) -> Vec<&'static str> {
    text::nearest(prefix, prefixes(), most)
}

/// Whether two patterns of resources, as policies have them, have an ARN in common.
#[must_use]
pub fn patterns_overlap(one: &str, other: &str) -> bool {
    overlap::patterns_overlap(one, other)
}

/// The action of this full name, such as `s3:GetObject`, in any case.
#[must_use]
pub fn action(name: &str) -> Option<&'static Action> {
    let (prefix, name) = name.split_once(':')?;
    service(prefix)?.action(name)
}

#[cfg(test)]
mod tests;
