//! All that is ever asked of a Kubernetes API server: one table.
//!
//! The paths of requests are made from it, the guard in the transport lets through what is in it and
//! nothing else, the remedy of a refused call is taken from it, and `irsa-doctor permissions` prints it.

/// How a resource is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// In a namespace.
    Namespaced,
    /// In the cluster.
    Cluster,
    /// Not a resource: a path of the API server itself.
    Path,
}

/// One operation that is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Permission {
    /// How gaps name it: `get pods`.
    pub(crate) operation: &'static str,
    /// `get` or `list`; never anything that writes.
    pub(crate) verb: &'static str,
    /// The API group; empty for the core group.
    pub(crate) group: &'static str,
    /// The group's version.
    pub(crate) version: &'static str,
    /// The resource's plural, or the path.
    pub(crate) resource: &'static str,
    /// How it is addressed.
    pub(crate) scope: Scope,
    /// The names that are ever asked for, where they are fixed.
    pub(crate) names: &'static [&'static str],
    /// Whether one pod can't be judged well without it; the rest helps explanations and scans.
    pub(crate) essential: bool,
    /// What it is needed for.
    pub(crate) why: &'static str,
}

/// A row of the table.
const fn row(
    operation: &'static str,
    (group, version, resource): (&'static str, &'static str, &'static str),
    scope: Scope,
    essential: bool,
    why: &'static str,
) -> Permission {
    let verb = if matches!(operation.as_bytes(), [b'l', ..]) { "list" } else { "get" };
    Permission { operation, verb, group, version, resource, scope, names: &[], essential, why }
}

use Scope::{Cluster, Namespaced, Path};

macro_rules! rows {
    ($($name:ident = $row:expr;)*) => {
        $(pub(crate) static $name: Permission = $row;)*
        /// Every operation that is allowed, in the order in which they are printed.
        pub(crate) static PERMISSIONS: &[&Permission] = &[$(&$name),*];
    };
}

rows! {
    GET_POD = row("get pods", ("", "v1", "pods"), Namespaced, true, "the pod: its service account, environment, volumes and mounts");
    GET_SERVICE_ACCOUNT = row("get serviceaccounts", ("", "v1", "serviceaccounts"), Namespaced, true, "the service account and its annotations");
    GET_OPENID = row("get /.well-known/openid-configuration", ("", "", "/.well-known/openid-configuration"), Path, true, "the issuer that stands in tokens");
    GET_VERSION = row("get /version", ("", "", "/version"), Path, false, "the API server's version");
    LIST_WEBHOOKS = row("list mutatingwebhookconfigurations", ("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations"), Cluster, false, "whether and how the pod identity webhook is called");
    GET_WEBHOOK = Permission { names: &["pod-identity-webhook"], ..row("get mutatingwebhookconfigurations", ("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations"), Cluster, false, "the pod identity webhook, where the list is refused") };
    GET_NAMESPACE = row("get namespaces", ("", "v1", "namespaces"), Cluster, false, "annotations on the wrong object, and labels that the webhook selects by");
    LIST_NAMESPACES = row("list namespaces", ("", "v1", "namespaces"), Cluster, false, "the nearest name of a namespace that isn't there");
    GET_NODE = row("get nodes", ("", "v1", "nodes"), Cluster, false, "what kind of node the pod runs on");
    LIST_PODS = row("list pods", ("", "v1", "pods"), Namespaced, false, "the pods of a workload, of a service account or of a scan, and the nearest name");
    LIST_SERVICE_ACCOUNTS = row("list serviceaccounts", ("", "v1", "serviceaccounts"), Namespaced, false, "the nearest name, and scans");
    LIST_EVENTS = row("list events", ("", "v1", "events"), Namespaced, false, "why a workload has no pods");
    GET_DEPLOYMENT = row("get deployments", ("apps", "v1", "deployments"), Namespaced, false, "a Deployment's current template and its owner");
    LIST_DEPLOYMENTS = row("list deployments", ("apps", "v1", "deployments"), Namespaced, false, "scans");
    GET_REPLICA_SET = row("get replicasets", ("apps", "v1", "replicasets"), Namespaced, false, "the revision that a pod belongs to, and its Deployment");
    LIST_REPLICA_SETS = row("list replicasets", ("apps", "v1", "replicasets"), Namespaced, false, "a Deployment's current revision");
    GET_STATEFUL_SET = row("get statefulsets", ("apps", "v1", "statefulsets"), Namespaced, false, "a StatefulSet's template and revision");
    LIST_STATEFUL_SETS = row("list statefulsets", ("apps", "v1", "statefulsets"), Namespaced, false, "scans");
    GET_DAEMON_SET = row("get daemonsets", ("apps", "v1", "daemonsets"), Namespaced, false, "a DaemonSet's template");
    LIST_DAEMON_SETS = row("list daemonsets", ("apps", "v1", "daemonsets"), Namespaced, false, "agents of kube-system: EKS Pod Identity, kube2iam, kiam");
    GET_JOB = row("get jobs", ("batch", "v1", "jobs"), Namespaced, false, "a Job's template and its CronJob");
    LIST_JOBS = row("list jobs", ("batch", "v1", "jobs"), Namespaced, false, "scans");
    GET_CRON_JOB = row("get cronjobs", ("batch", "v1", "cronjobs"), Namespaced, false, "a CronJob's template");
    LIST_CRON_JOBS = row("list cronjobs", ("batch", "v1", "cronjobs"), Namespaced, false, "scans");
    GET_ROLLOUT = row("get rollouts", ("argoproj.io", "v1alpha1", "rollouts"), Namespaced, false, "an Argo Rollout's template");
    LIST_ROLLOUTS = row("list rollouts", ("argoproj.io", "v1alpha1", "rollouts"), Namespaced, false, "scans");
}

impl Permission {
    /// The path of this operation: of one object, or of a list in a namespace or (without one) in all.
    ///
    /// `None` where a name isn't one that a Kubernetes object can have: such a name could lead to another path.
    pub(crate) fn path(&self, namespace: Option<&str>, name: Option<&str>) -> Option<String> {
        if self.scope == Path {
            return Some(self.resource.to_owned());
        }
        let mut path = if self.group.is_empty() { "/api".to_owned() } else { format!("/apis/{}", self.group) };
        for part in ["/", self.version] {
            path.push_str(part);
        }
        if let Some(namespace) = namespace.filter(|_| self.scope == Namespaced) {
            path = format!("{path}/namespaces/{}", segment(namespace)?);
        }
        path = format!("{path}/{}", self.resource);
        match name {
            Some(name) => Some(format!("{path}/{}", segment(name)?)),
            None => Some(path),
        }
    }

    /// Whether a request's path is one of this operation.
    fn covers(&self, path: &str) -> bool {
        if self.scope == Path {
            return path == self.resource;
        }
        let root = if self.group.is_empty() { "/api".to_owned() } else { format!("/apis/{}", self.group) };
        let Some(rest) = path.strip_prefix(&format!("{root}/{}/", self.version)) else { return false };
        let segments: Vec<&str> = rest.split('/').collect();
        let (namespace, rest) = match segments.as_slice() {
            ["namespaces", namespace, rest @ ..] if self.scope == Namespaced => (Some(*namespace), rest),
            rest => (None, rest),
        };
        let name_fits = |name: &str| segment(name).is_some() && (self.names.is_empty() || self.names.contains(&name));
        let namespace_fits = namespace.is_none_or(|namespace| segment(namespace).is_some());
        namespace_fits
            && match (self.verb, rest) {
                ("list", [resource]) => *resource == self.resource,
                ("get", [resource, name]) => {
                    *resource == self.resource && name_fits(name) && (self.scope == Cluster || namespace.is_some())
                }
                _ => false,
            }
    }

    /// The rule that would allow it, for the remedy of a gap.
    pub(crate) fn remedy(&self, namespace: Option<&str>) -> String {
        match (self.scope, namespace) {
            (Path, _) => format!("allow {} on the non-resource URL {} (RBAC)", self.verb, self.resource),
            (Namespaced, Some(namespace)) => {
                format!("allow {} on {} in namespace `{namespace}` (RBAC)", self.verb, self.qualified())
            }
            (Namespaced, None) => format!("allow {} on {} in all namespaces (RBAC)", self.verb, self.qualified()),
            (Cluster, _) => format!("allow {} on {} (RBAC, a ClusterRole)", self.verb, self.qualified()),
        }
    }

    /// `pods`, `deployments.apps`.
    pub(crate) fn qualified(&self) -> String {
        if self.group.is_empty() { self.resource.to_owned() } else { format!("{}.{}", self.resource, self.group) }
    }
}

/// Whether any operation of the table has this path.
pub(crate) fn is_allowed(path: &str) -> bool {
    PERMISSIONS.iter().any(|permission| permission.covers(path))
}

/// A namespace or an object's name as a part of a path; `None` where it can't be one.
/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#path-segment-names>
///
/// Only characters that need no escaping pass, so that what is checked is what the API server sees.
fn segment(name: &str) -> Option<&str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
    (!name.is_empty() && name.len() <= 253 && name != "." && name != ".." && name.chars().all(fits)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_table_only_reads_and_says_nothing_twice() {
        let operations: BTreeSet<&str> = PERMISSIONS.iter().map(|row| row.operation).collect();
        assert_eq!(operations.len(), PERMISSIONS.len());
        for row in PERMISSIONS {
            assert!(matches!(row.verb, "get" | "list"), "{row:?}");
            assert!(!row.why.is_empty());
            assert!(row.operation.starts_with(row.verb) && row.operation.ends_with(row.resource), "{row:?}");
            assert!(!["secrets", "configmaps", "tokenreviews"].contains(&row.resource));
        }
    }

    #[test]
    fn the_guard_knows_every_path_that_is_made() {
        for row in PERMISSIONS {
            let name = row.names.first().copied().unwrap_or("api-0");
            let path = match row.verb {
                "list" => row.path(Some("shop"), None),
                _ => row.path(Some("shop"), Some(name)),
            };
            assert!(is_allowed(&path.unwrap()), "{row:?}");
        }
        assert_eq!(GET_POD.path(Some("shop"), Some("api-0")).unwrap(), "/api/v1/namespaces/shop/pods/api-0");
        assert_eq!(LIST_ROLLOUTS.path(None, None).unwrap(), "/apis/argoproj.io/v1alpha1/rollouts");
        assert_eq!(GET_NODE.path(Some("shop"), Some("n")).unwrap(), "/api/v1/nodes/n");
    }

    #[test]
    fn a_remedy_is_the_rule() {
        assert_eq!(LIST_DEPLOYMENTS.remedy(None), "allow list on deployments.apps in all namespaces (RBAC)");
        assert_eq!(GET_NODE.remedy(None), "allow get on nodes (RBAC, a ClusterRole)");
    }
}
