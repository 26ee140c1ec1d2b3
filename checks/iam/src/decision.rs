//! What a decision says, and why.

mod nearest;

use std::fmt;

pub use nearest::NearMiss;

use crate::authorize::Layer;
use crate::policy::{Effect, Place};
use crate::truth::Truth;

/// The outcome without its reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Every layer that was examined allows.
    Allowed,
    /// A Deny statement matches.
    ExplicitDeny,
    /// A layer that must allow doesn't.
    ImplicitDeny,
    /// It depends on what can't be known.
    Unknown,
}

/// The outcome of a request.
///
/// A definite outcome holds whatever the unknown keys and the unreadable policies turn out to be;
/// one that is implicitly denied may then be denied explicitly too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Allowed by these statements.
    Allowed {
        /// The Allow statements that match.
        by: Vec<StatementRef>,
    },
    /// Denied by these statements.
    ExplicitDeny {
        /// The Deny statements that match.
        by: Vec<StatementRef>,
    },
    /// Denied because no statement of this layer allows it.
    ImplicitDeny {
        /// The layer.
        layer: Layer,
    },
    /// It hangs on these unknown inputs.
    Unknown {
        /// What would have to be known.
        unresolved: Vec<Unresolved>,
    },
}

impl Outcome {
    /// The outcome without its reasons.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Allowed { .. } => Verdict::Allowed,
            Self::ExplicitDeny { .. } => Verdict::ExplicitDeny,
            Self::ImplicitDeny { .. } => Verdict::ImplicitDeny,
            Self::Unknown { .. } => Verdict::Unknown,
        }
    }
}

/// Names a statement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatementRef {
    /// The layer of its policy.
    pub layer: Layer,
    /// The policy, as the caller named it.
    pub policy: String,
    /// Its index in the policy.
    pub index: usize,
    /// Its Sid.
    pub sid: Option<String>,
    /// Its path in the document.
    pub path: String,
}

/// An unknown input that an outcome hangs on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unresolved {
    /// The layer of the policy.
    pub layer: Layer,
    /// The policy, as the caller named it.
    pub policy: String,
    /// The statement's index; `None` if the whole policy couldn't be read.
    pub statement: Option<usize>,
    /// The condition key or variable; `None` if it is no key.
    pub key: Option<String>,
    /// Why it can't be known.
    pub reason: String,
    /// Path of the element in the document; `$` if the whole policy couldn't be read.
    pub path: String,
}

/// What a layer by itself says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LayerOutcome {
    /// It allows the request.
    Allow,
    /// It denies the request.
    ExplicitDeny,
    /// It doesn't allow the request.
    ImplicitDeny,
    /// It depends on what can't be known.
    Unknown,
}

/// The result of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerDecision {
    /// The layer.
    pub layer: Layer,
    /// What it says by itself.
    pub outcome: LayerOutcome,
    /// Whether an Allow statement matches.
    pub allows: Truth,
    /// Whether a Deny statement matches.
    pub denies: Truth,
}

/// The part of a statement that an [`ElementTrace`] is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ElementKind {
    /// Principal or `NotPrincipal`.
    Principal,
    /// Action or `NotAction`.
    Action,
    /// Resource or `NotResource`.
    Resource,
    /// One operator and key.
    Condition {
        /// The operator, as AWS writes it.
        operator: String,
        /// The key, as the policy writes it.
        key: String,
    },
}

impl fmt::Display for ElementKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Principal => f.write_str("Principal"),
            Self::Action => f.write_str("Action"),
            Self::Resource => f.write_str("Resource"),
            Self::Condition { operator, key } => write!(f, "{operator} {key}"),
        }
    }
}

/// One entry or value of an element, and whether the request has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// As the policy has it.
    pub text: String,
    /// With its variables replaced, if that changes it.
    pub resolved: Option<String>,
    /// Whether the request matches it, before any negation of the element.
    pub matches: Truth,
    /// Where it stands.
    pub place: Place,
}

/// What the request has for an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Had {
    /// These values.
    Values(Vec<String>),
    /// Nothing: the key isn't in the request.
    Absent,
    /// It can't be known, for the reason given.
    Unknown(String),
}

/// How one element of a statement was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementTrace {
    /// Which element.
    pub element: ElementKind,
    /// It asks for what does *not* match: `NotAction`, `StringNotEquals` and so on.
    pub negated: bool,
    /// Whether the element lets the statement match.
    pub result: Truth,
    /// What the policy asks for.
    pub wanted: Vec<Wanted>,
    /// What the request has.
    pub had: Had,
    /// RFC 9535 normalized path of the element's value.
    pub path: String,
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
    /// Keys that can't be known and why, in the element's key and in its variables.
    pub unknown: Vec<(String, String)>,
}

/// How a statement was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementTrace {
    /// The layer of its policy.
    pub layer: Layer,
    /// The policy, as the caller named it.
    pub policy: String,
    /// Its index in the policy.
    pub index: usize,
    /// Its Sid.
    pub sid: Option<String>,
    /// Allow or Deny.
    pub effect: Effect,
    /// Whether it matches the request: all elements do.
    pub result: Truth,
    /// Every element, also behind the first that doesn't match.
    pub elements: Vec<ElementTrace>,
    /// Where the statement stands.
    pub place: Place,
}

impl StatementTrace {
    /// The statement's name.
    #[must_use]
    pub fn reference(&self) -> StatementRef {
        StatementRef {
            layer: self.layer,
            policy: self.policy.clone(),
            index: self.index,
            sid: self.sid.clone(),
            path: self.place.path.clone(),
        }
    }

    /// The elements that certainly don't match.
    pub fn differing(&self) -> impl Iterator<Item = &ElementTrace> {
        self.elements.iter().filter(|element| element.result.is_false())
    }
}

/// The answer to a request, with all that led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The answer.
    pub outcome: Outcome,
    /// The layers that were examined.
    pub layers: Vec<LayerDecision>,
    /// Every statement of every policy that was given.
    pub statements: Vec<StatementTrace>,
    /// The layers that weren't given, and so could still deny.
    pub not_examined: Vec<Layer>,
}

impl Decision {
    /// The statements that match.
    pub fn matched(&self) -> impl Iterator<Item = &StatementTrace> {
        self.statements.iter().filter(|statement| statement.result.is_true())
    }

    /// What a layer by itself says, if it was examined.
    #[must_use]
    pub fn layer(&self, layer: Layer) -> Option<&LayerDecision> {
        self.layers.iter().find(|decision| decision.layer == layer)
    }

    /// For a refusal that isn't explicit, or an unknown outcome: the Allow statement that came
    /// nearest to matching, and what would have to differ. `None` if the outcome is another, or the
    /// layer that refused has no Allow statement.
    #[must_use]
    pub fn nearest(&self) -> Option<NearMiss<'_>> {
        match &self.outcome {
            Outcome::ImplicitDeny { layer } => self.nearest_in(*layer),
            Outcome::Unknown { .. } => {
                let undecided = self.layers.iter().find(|decision| !decision.allows.is_true())?;
                self.nearest_in(undecided.layer)
            }
            Outcome::Allowed { .. } | Outcome::ExplicitDeny { .. } => None,
        }
    }

    /// The Allow statement of a layer that came nearest to matching.
    ///
    /// The fewest differing elements count first, then a matching action, then a matching
    /// principal, then how many characters would have to change.
    #[must_use]
    pub fn nearest_in(&self, layer: Layer) -> Option<NearMiss<'_>> {
        nearest::nearest(self.statements.iter().filter(|statement| statement.layer == layer))
    }
}
