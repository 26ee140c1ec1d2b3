//! From what the statements say to what the layers say to the verdict.

use super::set::{Layer, PolicySet};
use crate::arn::Arn;
use crate::decision::{LayerOutcome, Verdict};
use crate::policy::Effect;
use crate::request::Request;
use crate::statement::Grants;
use crate::truth::Truth;

const LAYERS: usize = Layer::ALL.len();

/// What the statements seen so far say, by layer.
#[derive(Debug)]
pub(super) struct Tally {
    allows: [Truth; LAYERS],
    denies: [Truth; LAYERS],
    /// What the trust or resource policy grants, by how closely it names the principal.
    by_role: Truth,
    direct: Truth,
    denied: bool,
}

impl Default for Tally {
    fn default() -> Self {
        let none = [Truth::False; LAYERS];
        Self { allows: none, denies: none, by_role: Truth::False, direct: Truth::False, denied: false }
    }
}

impl Tally {
    pub(super) fn add(&mut self, layer: Layer, effect: Effect, result: Truth, grants: Grants) {
        let side = match effect {
            Effect::Allow => &mut self.allows,
            Effect::Deny => &mut self.denies,
        };
        if let Some(truth) = side.get_mut(layer as usize) {
            *truth = truth.or(result);
        }
        self.denied |= effect == Effect::Deny && result.is_true();
        if effect == Effect::Allow && matches!(layer, Layer::Trust | Layer::Resource) {
            self.direct = self.direct.or(result.and(grants.direct));
            self.by_role = self.by_role.or(result.and(grants.by_role));
        }
    }

    /// A policy that couldn't be read may allow and may deny.
    pub(super) fn unreadable(&mut self, layer: Layer) {
        self.add(layer, Effect::Allow, Truth::Unknown, Grants::UNKNOWN);
        self.add(layer, Effect::Deny, Truth::Unknown, Grants::UNKNOWN);
    }

    /// Whether another statement of this effect can't change anything in its layer. In trust and
    /// resource policies it matters which statement grants.
    pub(super) fn is_settled(&self, layer: Layer, effect: Effect) -> bool {
        effect == Effect::Allow && self.allows(layer).is_true() && !matches!(layer, Layer::Trust | Layer::Resource)
    }

    pub(super) fn is_denied(&self) -> bool {
        self.denied
    }

    pub(super) fn allows(&self, layer: Layer) -> Truth {
        self.allows.get(layer as usize).copied().unwrap_or(Truth::Unknown)
    }

    pub(super) fn denies(&self, layer: Layer) -> Truth {
        self.denies.get(layer as usize).copied().unwrap_or(Truth::Unknown)
    }

    /// The verdict, and for an implicit denial the layer that refuses.
    pub(super) fn combine(&self, request: &Request, set: &PolicySet<'_>) -> (Verdict, Option<Layer>) {
        if self.denied {
            return (Verdict::ExplicitDeny, None);
        }
        let may_be_denied = Truth::any(self.denies).negate_if(true) != Truth::True;
        match self.allowed(request, set) {
            Truth::False => (Verdict::ImplicitDeny, Some(self.refusing(request, set))),
            Truth::True if !may_be_denied => (Verdict::Allowed, None),
            _ => (Verdict::Unknown, None),
        }
    }

    /// Whether all layers that must allow do.
    fn allowed(&self, request: &Request, set: &PolicySet<'_>) -> Truth {
        [Layer::ServiceControl, Layer::ResourceControl, Layer::VpcEndpoint]
            .into_iter()
            .fold(self.granted(request, set), |granted, layer| granted.and(self.if_examined(layer, set)))
    }

    /// What the principal's side and the resource's side grant together
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-resource.html>).
    fn granted(&self, request: &Request, set: &PolicySet<'_>) -> Truth {
        let limits = self.if_examined(Layer::Boundary, set).and(self.if_examined(Layer::Session, set));
        let own = self.if_examined(Layer::Identity, set).and(limits);
        let trust = set.is_examined(Layer::Trust);
        if !trust && !set.is_examined(Layer::Resource) {
            return own;
        }
        let resource = self.allows(if trust { Layer::Trust } else { Layer::Resource });
        if trust && !set.is_examined(Layer::Identity) {
            return resource;
        }
        // In another account both sides have to allow. In the same account the resource's policy
        // is enough, except that one which names the account only lets identity policies decide,
        // and that a role is always guarded by its trust policy, a key by its key policy.
        let across = own.and(resource);
        let named = self.direct.or(self.by_role.and(limits));
        let within = if trust || is_key(request) { named.or(across) } else { named.or(own) };
        match same_account(request) {
            Truth::True => within,
            Truth::False => across,
            Truth::Unknown if within == across => within,
            Truth::Unknown => Truth::Unknown,
        }
    }

    fn if_examined(&self, layer: Layer, set: &PolicySet<'_>) -> Truth {
        if set.is_examined(layer) { self.allows(layer) } else { Truth::True }
    }

    /// The layer to name for an implicit denial: the first that certainly doesn't allow.
    fn refusing(&self, request: &Request, set: &PolicySet<'_>) -> Layer {
        // A resource's policy that names the role makes identity policies superfluous: then it's a limit that refuses.
        let superfluous = self.by_role.is_true() && same_account(request).is_true();
        let mut candidates = set
            .examined_layers()
            .filter(|layer| self.allows(*layer).is_false())
            .filter(|layer| !(superfluous && *layer == Layer::Identity));
        let granted = self.granted(request, set).is_false();
        let outer = |layer: &Layer| matches!(layer, Layer::ServiceControl | Layer::ResourceControl | Layer::VpcEndpoint);
        let first = if granted { candidates.find(|layer| !outer(layer)) } else { candidates.find(outer) };
        first.unwrap_or(Layer::Identity)
    }
}

/// "Unless the key policy explicitly allows it, you cannot use IAM policies to allow access to a KMS key"
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>).
fn is_key(request: &Request) -> bool {
    Arn::parse(request.resource()).is_ok_and(|arn| arn.service == "kms")
}

/// Services and bearers of tokens have no account: the resource's policy alone decides for them.
fn same_account(request: &Request) -> Truth {
    match (request.principal().account(), request.owner()) {
        (None, _) => Truth::True,
        (Some(_), None) => Truth::Unknown,
        (Some(mine), Some(owner)) => (mine == owner).into(),
    }
}

pub(super) fn layer_outcome(allows: Truth, denies: Truth) -> LayerOutcome {
    match (allows, denies) {
        (_, Truth::True) => LayerOutcome::ExplicitDeny,
        (Truth::True, Truth::False) => LayerOutcome::Allow,
        (Truth::False, _) => LayerOutcome::ImplicitDeny,
        _ => LayerOutcome::Unknown,
    }
}
