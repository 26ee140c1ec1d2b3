use std::borrow::Cow;

use crate::policy::Policy;

/// A kind of policy that takes part in a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// The principal's own policies.
    Identity,
    /// Its permissions boundary.
    Boundary,
    /// The policy of its session.
    Session,
    /// The trust policy of the role that is to be assumed.
    Trust,
    /// The policy of the resource.
    Resource,
    /// Service control policies of the principal's organization.
    ServiceControl,
    /// Resource control policies of the resource's organization.
    ResourceControl,
    /// The policy of the VPC endpoint that the call passes.
    VpcEndpoint,
}

impl Layer {
    /// All layers.
    pub const ALL: [Self; 8] = [
        Self::Identity,
        Self::Boundary,
        Self::Session,
        Self::Trust,
        Self::Resource,
        Self::ServiceControl,
        Self::ResourceControl,
        Self::VpcEndpoint,
    ];

    /// The layer's name in words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity policies",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::Trust => "trust policy",
            Self::Resource => "resource policy",
            Self::ServiceControl => "service control policies",
            Self::ResourceControl => "resource control policies",
            Self::VpcEndpoint => "VPC endpoint policy",
        }
    }

    fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

impl std::fmt::Display for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Debug, Clone)]
pub(super) enum Source<'a> {
    Readable(&'a Policy),
    Unreadable(Cow<'a, str>),
}

#[derive(Debug, Clone)]
pub(super) struct Named<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) source: Source<'a>,
}

/// The policies that apply to a request, by layer.
///
/// A layer for which nothing was given is not examined, and doesn't refuse: the decision names it
/// in [`Decision::not_examined`](crate::Decision::not_examined). There are two exceptions. Without
/// a trust policy the identity layer always counts, so that a principal without policies may do
/// nothing. And a boundary or session policy that isn't given isn't there, because whoever reads a
/// role sees whether it has one; say [`PolicySet::unreadable`] if that couldn't be read.
#[derive(Debug, Clone, Default)]
pub struct PolicySet<'a> {
    policies: Vec<(Layer, Named<'a>)>,
    examined: u8,
}

impl<'a> PolicySet<'a> {
    /// No policies.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a policy to a layer, under the caller's name for it.
    #[must_use]
    pub fn with(mut self, layer: Layer, name: impl Into<Cow<'a, str>>, policy: &'a Policy) -> Self {
        self.push(layer, Named { name: name.into(), source: Source::Readable(policy) });
        self
    }

    /// Adds a policy that exists and couldn't be read, or can't be parsed.
    #[must_use]
    pub fn unreadable(mut self, layer: Layer, name: impl Into<Cow<'a, str>>, reason: impl Into<Cow<'a, str>>) -> Self {
        self.push(layer, Named { name: name.into(), source: Source::Unreadable(reason.into()) });
        self
    }

    /// Says that a layer was looked at even if it has no policy, so that it refuses.
    #[must_use]
    pub fn examined(mut self, layer: Layer) -> Self {
        self.examined |= layer.bit();
        self
    }

    /// Adds an identity policy.
    #[must_use]
    pub fn identity(self, name: impl Into<Cow<'a, str>>, policy: &'a Policy) -> Self {
        self.with(Layer::Identity, name, policy)
    }

    /// Sets the permissions boundary.
    #[must_use]
    pub fn boundary(self, name: impl Into<Cow<'a, str>>, policy: &'a Policy) -> Self {
        self.with(Layer::Boundary, name, policy)
    }

    /// Sets the trust policy of the role that is to be assumed.
    #[must_use]
    pub fn trust(self, name: impl Into<Cow<'a, str>>, policy: &'a Policy) -> Self {
        self.with(Layer::Trust, name, policy)
    }

    /// Sets the resource's policy.
    #[must_use]
    pub fn resource(self, name: impl Into<Cow<'a, str>>, policy: &'a Policy) -> Self {
        self.with(Layer::Resource, name, policy)
    }

    /// Sets the session policy.
    #[must_use]
    pub fn session(self, name: impl Into<Cow<'a, str>>, policy: &'a Policy) -> Self {
        self.with(Layer::Session, name, policy)
    }

    fn push(&mut self, layer: Layer, named: Named<'a>) {
        self.examined |= layer.bit();
        let at = self.policies.partition_point(|(have, _)| *have <= layer);
        self.policies.insert(at, (layer, named));
    }

    pub(super) fn policies(&self) -> impl Iterator<Item = (Layer, &Named<'a>)> {
        self.policies.iter().map(|(layer, named)| (*layer, named))
    }

    pub(super) fn is_examined(&self, layer: Layer) -> bool {
        let given = self.examined & layer.bit() != 0;
        given || (layer == Layer::Identity && self.examined & Layer::Trust.bit() == 0)
    }

    pub(super) fn examined_layers(&self) -> impl Iterator<Item = Layer> {
        Layer::ALL.into_iter().filter(|layer| self.is_examined(*layer))
    }

    /// Boundary and session policies are there or aren't; a trust policy belongs to STS only.
    pub(super) fn not_examined(&self) -> impl Iterator<Item = Layer> {
        let optional = |layer: &Layer| !matches!(layer, Layer::Boundary | Layer::Session | Layer::Trust);
        let trust = self.is_examined(Layer::Trust);
        Layer::ALL
            .into_iter()
            .filter(|layer| !self.is_examined(*layer))
            .filter(optional)
            .filter(move |layer| !(trust && matches!(layer, Layer::Identity | Layer::Resource)))
    }
}
