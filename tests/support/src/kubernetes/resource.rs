//! The resources that the API serves, and what a path names.

/// A resource of an API group.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) struct Resource {
    /// Empty for the core group.
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) namespaced: bool,
}

const fn resource(
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
    namespaced: bool,
) -> Resource {
    Resource { group, version, plural, kind, namespaced }
}

pub(crate) const ARGO_GROUP: &str = "argoproj.io";

/// Everything that is served. `rollouts` only where the test has installed the custom resource.
pub(crate) const RESOURCES: &[Resource] = &[
    resource("", "v1", "pods", "Pod", true),
    resource("", "v1", "serviceaccounts", "ServiceAccount", true),
    resource("", "v1", "namespaces", "Namespace", false),
    resource("", "v1", "nodes", "Node", false),
    resource("", "v1", "events", "Event", true),
    resource("", "v1", "configmaps", "ConfigMap", true),
    resource("", "v1", "services", "Service", true),
    resource("", "v1", "secrets", "Secret", true),
    resource("", "v1", "replicationcontrollers", "ReplicationController", true),
    resource("apps", "v1", "deployments", "Deployment", true),
    resource("apps", "v1", "replicasets", "ReplicaSet", true),
    resource("apps", "v1", "daemonsets", "DaemonSet", true),
    resource("apps", "v1", "statefulsets", "StatefulSet", true),
    resource("apps", "v1", "controllerrevisions", "ControllerRevision", true),
    resource("batch", "v1", "jobs", "Job", true),
    resource("batch", "v1", "cronjobs", "CronJob", true),
    resource("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", false),
    resource("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", false),
    resource(ARGO_GROUP, "v1alpha1", "rollouts", "Rollout", true),
];

impl Resource {
    /// The resource of an object's `apiVersion` and `kind`.
    pub(crate) fn of_kind(api_version: &str, kind: &str) -> Option<&'static Self> {
        RESOURCES.iter().find(|resource| resource.api_version() == api_version && resource.kind == kind)
    }

    /// `v1`, `apps/v1`, ...
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }
}

/// What a path names. The resource need not exist: authorization comes before routing.
#[derive(Debug, Default, PartialEq, Eq, Clone)]
pub(crate) struct Target {
    pub(crate) group: String,
    pub(crate) version: String,
    /// The plural; empty for discovery and for paths that name no resource.
    pub(crate) plural: String,
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) subresource: Option<String>,
}

impl Target {
    /// Reads `/api/V/...` and `/apis/G/V/...`; `None` for any other path.
    pub(crate) fn parse(segments: &[String]) -> Option<Self> {
        let (group, version, rest) = match segments {
            [api, version, rest @ ..] if api == "api" => (String::new(), version.clone(), rest),
            [apis, group, version, rest @ ..] if apis == "apis" => (group.clone(), version.clone(), rest),
            _ => return None,
        };
        let mut target = Self { group, version, ..Self::default() };
        let rest = match rest {
            // `/namespaces/N/status` and `/finalize` are of the namespace, all else is in it.
            [namespaces, namespace, plural, rest @ ..]
                if namespaces == "namespaces" && plural != "status" && plural != "finalize" =>
            {
                target.namespace = Some(namespace.clone());
                target.plural.clone_from(plural);
                rest
            }
            [plural, rest @ ..] => {
                target.plural.clone_from(plural);
                rest
            }
            [] => rest,
        };
        target.name = rest.first().cloned();
        target.subresource = rest.get(1).cloned();
        if target.plural == "namespaces" {
            // A namespace is its own namespace where rights are judged.
            target.namespace.clone_from(&target.name);
        }
        Some(target)
    }

    /// The served resource, if there is one and the scope fits.
    pub(crate) fn resource(&self) -> Option<&'static Resource> {
        RESOURCES.iter().find(|resource| {
            resource.group == self.group
                && resource.version == self.version
                && resource.plural == self.plural
                && (resource.namespaced || self.namespace.is_none() || self.plural == "namespaces")
        })
    }

    /// `pods` or `deployments.apps`, as messages name it.
    pub(crate) fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(path: &str) -> Option<Target> {
        let segments: Vec<_> = path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        Target::parse(&segments)
    }

    #[test]
    fn reads_paths() {
        let pod = target("/api/v1/namespaces/shop/pods/app").unwrap();
        assert_eq!(pod.resource().unwrap().kind, "Pod");
        assert_eq!((pod.namespace.as_deref(), pod.name.as_deref()), (Some("shop"), Some("app")));
        let all = target("/apis/apps/v1/deployments").unwrap();
        assert_eq!((all.resource().unwrap().kind, all.namespace, all.name), ("Deployment", None, None));
        let namespace = target("/api/v1/namespaces/shop").unwrap();
        assert_eq!((namespace.plural.as_str(), namespace.namespace.as_deref()), ("namespaces", Some("shop")));
        assert_eq!(target("/api/v1/namespaces/shop/status").unwrap().subresource.as_deref(), Some("status"));
        let token = target("/api/v1/namespaces/shop/serviceaccounts/app/token").unwrap();
        assert_eq!(token.subresource.as_deref(), Some("token"));
        assert!(target("/version").is_none());
        assert!(target("/apis/apps/v1/namespaces/x/pods").unwrap().resource().is_none());
    }
}
