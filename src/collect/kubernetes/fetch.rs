//! What can be fetched: one function a thing.

use super::api::Api;
use super::list::{Listed, Query, asked, list};
use super::object::{Document, Object, document, object};
use super::permissions::{self, Permission};
use crate::collect::observe::kubernetes::{Asked, malformed, observe};
use irsa_doctor_checks::snapshot::kubernetes::{
    Event, LabelSelector, Namespace, Node, OpenIdConfiguration, Pod, ServerVersion, ServiceAccount, WebhookConfiguration,
    Workload,
};
use irsa_doctor_checks::snapshot::{Gap, Observed, TargetKind};

/// The name that EKS gives its webhook's configuration.
const WEBHOOK_NAME: &str = "pod-identity-webhook";

/// Which objects of a kind are to be listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Selector {
    /// The namespace; `None` is all of them.
    pub(crate) namespace: Option<String>,
    /// A label selector, in the API's syntax; empty is none.
    pub(crate) labels: String,
    /// A field selector, in the API's syntax; empty is none.
    pub(crate) fields: String,
}

impl Selector {
    /// Everything in a namespace.
    pub(crate) fn namespace(namespace: impl Into<String>) -> Self {
        Self { namespace: Some(namespace.into()), ..Self::default() }
    }

    /// Those with these labels.
    #[must_use]
    pub(crate) fn labels(mut self, labels: impl Into<String>) -> Self {
        self.labels = labels.into();
        self
    }

    /// Those with these fields.
    #[must_use]
    pub(crate) fn fields(mut self, fields: impl Into<String>) -> Self {
        self.fields = fields.into();
        self
    }

    /// The pods that a workload selects. `None` where the selector has an operator that the API doesn't know.
    pub(crate) fn of(namespace: impl Into<String>, selector: &LabelSelector) -> Option<Self> {
        let mut terms: Vec<String> = selector.match_labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        for requirement in &selector.match_expressions {
            let (key, values) = (&requirement.key, requirement.values.join(","));
            terms.push(match requirement.operator.as_str() {
                "In" => format!("{key} in ({values})"),
                "NotIn" => format!("{key} notin ({values})"),
                "Exists" => key.clone(),
                "DoesNotExist" => format!("!{key}"),
                _ => return None,
            });
        }
        Some(Self::namespace(namespace).labels(terms.join(",")))
    }

    /// As parameters of a list.
    fn query(&self) -> Query {
        let parameters = [("labelSelector", &self.labels), ("fieldSelector", &self.fields)];
        Query {
            parameters: parameters
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| (name, value.clone()))
                .collect(),
        }
    }
}

impl Api {
    /// A pod.
    pub(crate) async fn pod(&self, namespace: &str, name: &str) -> Observed<Pod> {
        self.object(&permissions::GET_POD, "Pod", Some(namespace), name).await
    }

    /// A service account.
    pub(crate) async fn service_account(&self, namespace: &str, name: &str) -> Observed<ServiceAccount> {
        self.object(&permissions::GET_SERVICE_ACCOUNT, "ServiceAccount", Some(namespace), name).await
    }

    /// A namespace.
    pub(crate) async fn namespace(&self, name: &str) -> Observed<Namespace> {
        self.object(&permissions::GET_NAMESPACE, "Namespace", None, name).await
    }

    /// A node.
    pub(crate) async fn node(&self, name: &str) -> Observed<Node> {
        self.object(&permissions::GET_NODE, "Node", None, name).await
    }

    /// Something that makes pods; its `kind` is filled in. A kind that makes none was never asked for.
    pub(crate) async fn workload(&self, kind: TargetKind, namespace: &str, name: &str) -> Observed<Workload> {
        match workload_permissions(kind) {
            Some((get, _)) => self.object(get, kind.kind(), Some(namespace), name).await,
            None => Observed::Unavailable(Gap::not_collected(format!("get {}", kind.as_str()))),
        }
    }

    /// `/version`.
    pub(crate) async fn version(&self) -> Observed<ServerVersion> {
        self.document(&permissions::GET_VERSION).await
    }

    /// `/.well-known/openid-configuration`: the issuer that stands in tokens.
    /// <https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery>
    pub(crate) async fn openid_configuration(&self) -> Observed<OpenIdConfiguration> {
        self.document(&permissions::GET_OPENID).await
    }

    /// All mutating webhook configurations. Where they may not be listed, the one of EKS is got by its name;
    /// the refusal then stands in the gaps, since there may be others.
    pub(crate) async fn webhooks(&self) -> Listed<WebhookConfiguration> {
        let permission = &permissions::LIST_WEBHOOKS;
        let listed = self.list(permission, "MutatingWebhookConfiguration", None, &Query::default()).await;
        let Some(refusal) = listed.items.gap().filter(|gap| gap.cause == irsa_doctor_checks::snapshot::GapCause::Denied).cloned()
        else {
            return listed;
        };
        match self.object(&permissions::GET_WEBHOOK, "MutatingWebhookConfiguration", None, WEBHOOK_NAME).await {
            Observed::Present(one) => Listed { items: Observed::Present(vec![one]), gaps: vec![refusal] },
            Observed::Absent | Observed::Unavailable(_) => listed,
        }
    }

    /// Events about an object.
    pub(crate) async fn events(&self, kind: &str, namespace: &str, name: &str) -> Listed<Event> {
        let fields = format!("involvedObject.kind={kind},involvedObject.name={name}");
        let query = Selector::default().fields(fields).query();
        self.list(&permissions::LIST_EVENTS, "Event", Some(namespace), &query).await
    }

    /// Pods.
    pub(crate) async fn pods(&self, selector: &Selector) -> Listed<Pod> {
        self.list(&permissions::LIST_PODS, "Pod", selector.namespace.as_deref(), &selector.query()).await
    }

    /// Service accounts.
    pub(crate) async fn service_accounts(&self, selector: &Selector) -> Listed<ServiceAccount> {
        self.list(&permissions::LIST_SERVICE_ACCOUNTS, "ServiceAccount", selector.namespace.as_deref(), &selector.query()).await
    }

    /// Workloads of a kind; each has its `kind` filled in. A kind that makes no pods was never asked for.
    pub(crate) async fn workloads(&self, kind: TargetKind, selector: &Selector) -> Listed<Workload> {
        let Some((_, permission)) = workload_permissions(kind) else {
            return Listed::unavailable(Gap::not_collected(format!("list {}", kind.as_str())));
        };
        self.list(permission, kind.kind(), selector.namespace.as_deref(), &selector.query()).await
    }

    /// The DaemonSets of `kube-system`: agents such as `eks-pod-identity-agent`, kube2iam and kiam are among them.
    pub(crate) async fn system_daemon_sets(&self) -> Listed<Workload> {
        self.workloads(TargetKind::DaemonSet, &Selector::namespace("kube-system")).await
    }

    /// All namespaces.
    pub(crate) async fn namespaces(&self) -> Listed<Namespace> {
        self.list(&permissions::LIST_NAMESPACES, "Namespace", None, &Query::default()).await
    }

    /// The names of all namespaces.
    pub(crate) async fn namespace_names(&self) -> Listed<String> {
        self.namespaces().await.map(|namespace| namespace.metadata.name)
    }

    /// One object by its name.
    async fn object<T: Object>(
        &self,
        permission: &'static Permission,
        kind: &str,
        namespace: Option<&str>,
        name: &str,
    ) -> Observed<T> {
        let asked = Asked { permission, namespace, name: Some(name) };
        let Some(path) = permission.path(namespace, Some(name)) else {
            return Observed::Unavailable(malformed(&asked, "this is not a name that a Kubernetes object can have"));
        };
        let reply = self.get(&path).await;
        observe(&asked, reply, |text| object(text, kind, namespace, name))
    }

    /// One of the API server's own documents.
    async fn document<T: Document>(&self, permission: &'static Permission) -> Observed<T> {
        let asked = Asked { permission, namespace: None, name: None };
        let reply = self.get(permission.resource).await;
        observe(&asked, reply, document)
    }

    /// All objects of a list.
    async fn list<T: Object>(
        &self,
        permission: &'static Permission,
        kind: &str,
        namespace: Option<&str>,
        query: &Query,
    ) -> Listed<T> {
        let asked = asked(permission, namespace);
        let Some(path) = permission.path(namespace, None) else {
            return Listed::unavailable(malformed(&asked, "this is not a name that a Kubernetes namespace can have"));
        };
        list(self, &asked, kind, &path, query).await
    }
}

/// What it takes to get and to list a workload.
pub(super) fn workload_permissions(kind: TargetKind) -> Option<(&'static Permission, &'static Permission)> {
    use permissions as p;
    Some(match kind {
        TargetKind::Deployment => (&p::GET_DEPLOYMENT, &p::LIST_DEPLOYMENTS),
        TargetKind::ReplicaSet => (&p::GET_REPLICA_SET, &p::LIST_REPLICA_SETS),
        TargetKind::StatefulSet => (&p::GET_STATEFUL_SET, &p::LIST_STATEFUL_SETS),
        TargetKind::DaemonSet => (&p::GET_DAEMON_SET, &p::LIST_DAEMON_SETS),
        TargetKind::Job => (&p::GET_JOB, &p::LIST_JOBS),
        TargetKind::CronJob => (&p::GET_CRON_JOB, &p::LIST_CRON_JOBS),
        TargetKind::Rollout => (&p::GET_ROLLOUT, &p::LIST_ROLLOUTS),
        TargetKind::Pod
        | TargetKind::ServiceAccount
        | TargetKind::Role
        | TargetKind::Namespace
        | TargetKind::Cluster
        | TargetKind::Error => return None,
    })
}
