//! Who may do what: a list of allow rules, all else is forbidden.

use super::resource::Target;

/// An allow rule. `*` stands for anything in `verb`, `group`, `resource` and `namespace`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// `get`, `list`, `watch`, ...
    pub verb: String,
    /// The API group; empty for the core group.
    pub group: String,
    /// The plural, with `/subresource` if it is one.
    pub resource: String,
    /// The namespace; `None` means in every namespace and at the cluster scope (a `ClusterRole`).
    pub namespace: Option<String>,
    /// Only the object of this name.
    pub name: Option<String>,
}

impl Rule {
    /// A rule for every namespace and the cluster scope.
    pub fn cluster(verb: &str, group: &str, resource: &str) -> Self {
        Self { verb: verb.to_owned(), group: group.to_owned(), resource: resource.to_owned(), namespace: None, name: None }
    }

    /// A rule for one namespace.
    pub fn namespaced(verb: &str, group: &str, resource: &str, namespace: &str) -> Self {
        Self { namespace: Some(namespace.to_owned()), ..Self::cluster(verb, group, resource) }
    }

    /// Only for the object of this name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    pub(crate) fn allows(&self, verb: &str, target: &Target) -> bool {
        let resource = match &target.subresource {
            Some(subresource) => format!("{}/{subresource}", target.plural),
            None => target.plural.clone(),
        };
        let fits = |rule: &str, value: &str| rule == "*" || rule == value;
        fits(&self.verb, verb)
            && fits(&self.group, &target.group)
            && fits(&self.resource, &resource)
            && self.namespace.as_ref().is_none_or(|namespace| Some(namespace) == target.namespace.as_ref())
            && self.name.as_ref().is_none_or(|name| Some(name) == target.name.as_ref())
    }
}
