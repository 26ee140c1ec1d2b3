//! Policies that resources bear themselves: which ones can be read, and what was read of them.

mod bearer;

pub use bearer::{Bearer, ResourceKind, bearers, may_bear_policy};

use crate::evidence::Evidence;
use crate::locus::Locus;
use crate::policies::Parsed;
use crate::snapshot::{Gap, GapCause, Observed, RequiredAction, ResourceEvidence};
use irsa_doctor_iam::{
    Decision, Effect, ElementKind, KeyValue, Layer, Outcome, Policy, PolicyKind, PolicySet, Request, Unresolved,
};

/// The policy of the resource that an action is asked for.
#[derive(Debug, Clone)]
pub struct ResourcePolicy<'a> {
    /// What bears it.
    pub bearer: Bearer,
    /// What was read of it.
    pub evidence: Option<&'a ResourceEvidence>,
    parsed: Option<Parsed>,
}

impl<'a> ResourcePolicy<'a> {
    /// The policy that an asked action is subject to; `None` where the resource bears none that can be read.
    pub fn of(evidence: &Evidence<'a>, asked: &RequiredAction) -> Option<Self> {
        let bearer = Bearer::of(&asked.action, &asked.resource)?;
        let read = evidence.snapshot.resource_policies.get(&bearer.arn);
        let text = read.and_then(|read| read.policy.present());
        let parsed = text.map(|text| evidence.policies.parse(text, PolicyKind::Resource));
        Some(Self { bearer, evidence: read, parsed })
    }

    /// The policy, where it was read and is one.
    pub fn policy(&self) -> Option<&Policy> {
        self.parsed.as_ref().and_then(|parsed| parsed.as_ref().as_ref().ok())
    }

    /// Whether what the resource says is known: its policy was read, or it has none.
    pub fn is_examined(&self) -> bool {
        let none = self.evidence.is_some_and(|read| read.policy.is_absent());
        let is_known = self.policy().is_some() || (none && self.bearer.kind != ResourceKind::Key);
        is_known && !self.is_unknown_alias()
    }

    /// Why it isn't known; nothing where nobody asked.
    pub fn gap(&self) -> Option<Gap> {
        let read = self.evidence?;
        let text = match &read.policy {
            Observed::Unavailable(gap) => Some(gap.clone()),
            Observed::Present(_) if self.policy().is_none() => {
                let detail = format!("the {} is not a policy that this tool understands", self.bearer.kind.words());
                Some(Gap::new(self.bearer.kind.operation(), GapCause::Malformed).about(&self.bearer.arn).detail(detail))
            }
            _ => None,
        };
        let gap = read.key.as_ref().and_then(Observed::gap).cloned().or(text)?;
        (gap.cause != GapCause::NotCollected || !gap.detail.is_empty()).then_some(gap)
    }

    /// The account that owns the resource.
    pub fn owner(&self) -> Option<&str> {
        let in_arn = Some(self.bearer.account.as_str()).filter(|account| !account.is_empty());
        in_arn.or_else(|| self.evidence.and_then(|read| read.owner.as_deref()))
    }

    /// "the bucket policy of `arn:aws:s3:::my-bucket`".
    pub fn name(&self) -> String {
        format!("the {} of {}", self.bearer.kind.words(), self.aliased_key().unwrap_or(&self.bearer.arn))
    }

    /// The place of the document.
    pub fn locus(&self) -> Locus {
        Locus::new(&self.bearer.arn).document(self.bearer.kind.words())
    }

    /// The ARN that policies are held against: an alias' key.
    pub fn target(&self, asked: &RequiredAction) -> String {
        if !self.bearer.is_alias() {
            return asked.resource.clone();
        }
        // No key has this id: only patterns fit it, and those fit any key.
        let any = || format!("arn:{}:kms:{}:{}:key/not-read", self.bearer.partition, self.bearer.region, self.bearer.account);
        self.aliased_key().map_or_else(any, str::to_owned)
    }

    /// Of an alias: the key's ARN, where it was read.
    fn aliased_key(&self) -> Option<&str> {
        let key = self.evidence.filter(|_| self.bearer.is_alias())?.key.as_ref()?;
        key.present().map(String::as_str)
    }

    fn is_unknown_alias(&self) -> bool {
        self.bearer.is_alias() && self.aliased_key().is_none()
    }

    /// The set with this policy in it, where it is known.
    pub(crate) fn add_to<'p>(&'p self, set: PolicySet<'p>) -> PolicySet<'p> {
        match self.policy() {
            _ if !self.is_examined() => set,
            Some(policy) => set.resource(self.name(), policy),
            None => set.examined(Layer::Resource),
        }
    }

    /// The request with what is known of the resource.
    pub(crate) fn describe(&self, mut request: Request) -> Request {
        if let Some(owner) = self.owner() {
            request = request.resource_account(owner).with_key("aws:ResourceAccount", KeyValue::Single(owner.to_owned()));
        }
        if self.bearer.is_alias() {
            // <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-request-alias>
            request = request.with_key("kms:RequestAlias", KeyValue::Single(self.bearer.name.clone()));
        }
        request
    }

    /// The decision about an alias whose key wasn't read: a statement that names a key may fit it.
    pub(crate) fn revise(&self, mut decision: Decision) -> Decision {
        let may_fit = decision.statements.iter().find(|trace| {
            let mut differing = trace.differing().peekable();
            let differs = differing.peek().is_some();
            trace.effect == Effect::Allow && differs && differing.all(|element| element.element == ElementKind::Resource)
        });
        let refused = matches!(decision.outcome, Outcome::ImplicitDeny { .. });
        if let Some(trace) = may_fit.filter(|_| refused && self.is_unknown_alias()) {
            let unresolved = Unresolved {
                layer: trace.layer,
                policy: trace.policy.clone(),
                statement: Some(trace.index),
                key: None,
                reason: format!("which key {} stands for was not read", self.bearer.arn),
                path: trace.place.path.clone(),
            };
            decision.outcome = Outcome::Unknown { unresolved: vec![unresolved] };
        }
        decision
    }
}

/// Whether the policy of an asked action's resource is known.
pub fn is_examined(evidence: &Evidence<'_>, asked: &RequiredAction) -> bool {
    ResourcePolicy::of(evidence, asked).is_some_and(|resource| resource.is_examined())
}

/// The ARN that a policy of the role has to name for an asked action: of an alias, its key's; `None` where that wasn't read.
pub fn arn_to_name(evidence: &Evidence<'_>, asked: &RequiredAction) -> Option<String> {
    match ResourcePolicy::of(evidence, asked) {
        Some(resource) if resource.is_unknown_alias() => None,
        Some(resource) => Some(resource.target(asked)),
        None => Some(asked.resource.clone()),
    }
}

#[cfg(test)]
mod tests;
