//! The raw evidence: what was asked for, and what clusters and accounts answered. A bundle file is this type.
//!
//! Everything is keyed by identity (a cluster's key, an account's id, `namespace/name`, an ARN), so that
//! two halves can be joined and each object stands once however many pods use it.

mod asked;
mod aws;
pub mod kubernetes;
mod observed;
mod runtime;

pub use asked::{Asked, RequiredAction, Target, TargetKind};
pub use aws::{
    Account, Addon, Association, AttachedPolicy, Caller, DecodedMessage, DecodedStatement, EksCluster, ManagedPolicy,
    OidcProvider, PolicyEvidence, PolicyVersion, ResourceEvidence, Role, RoleEvidence, RoleSummary,
};
pub use observed::{CONDITION_KEY, Gap, GapCause, Observed, VARIABLE};
pub use runtime::{CredentialEvent, EventLog, POD_IDENTITY_EVENT, Simulated, WEB_IDENTITY_EVENT};

use kubernetes::{
    Event, Namespace, Node, OpenIdConfiguration, Pod, ServerVersion, ServiceAccount, WebhookConfiguration, Workload,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Bound;

/// The version of the bundle format that this crate writes.
pub const SCHEMA_VERSION: u32 = 1;

/// All evidence of one run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Snapshot {
    /// The version of the format: 1.
    pub schema_version: u32,
    /// Which version of the tool wrote it.
    pub tool_version: String,
    /// Whether it was put together from files that are yet to be deployed: no cluster and no account was asked. It is
    /// never saved: a bundle holds what somebody read.
    #[serde(skip)]
    pub from_files: bool,
    /// Whether its names were replaced by others.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub anonymized: bool,
    /// When it was collected, RFC 3339. The only clock that the core knows.
    pub collected_at: String,
    /// What the user asked for and said to expect.
    pub asked: Asked,
    /// By whom, from where and when each half was read.
    pub halves: Vec<Half>,
    /// Who we are to AWS, by profile (`default` where none was named).
    pub callers: BTreeMap<String, Observed<Caller>>,
    /// What `sts:DecodeAuthorizationMessage` says of the message in the pasted error.
    pub decoded_message: Observed<DecodedMessage>,
    /// Clusters by key: the ARN, else the context's name, else the server.
    pub clusters: BTreeMap<String, Cluster>,
    /// Accounts by id.
    pub accounts: BTreeMap<String, Account>,
    /// The policies of resources that were asked about, by the ARN of what bears the policy (of an object, its bucket;
    /// of an alias, itself).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub resource_policies: BTreeMap<String, ResourceEvidence>,
}

/// One half of a snapshot: who read it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Half {
    /// `kubernetes` or `aws`.
    pub side: String,
    /// The caller, as far as it is known.
    pub by: String,
    /// The context and server, or the profile and region.
    pub from: String,
    /// When, RFC 3339.
    pub at: String,
}

/// One cluster and what was read of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Cluster {
    /// The kubeconfig context.
    pub context: Option<String>,
    /// The API server's URL.
    pub server: Option<String>,
    /// The cluster's name in EKS, where it is known.
    pub name: Option<String>,
    /// The cluster's ARN, where it is known.
    pub arn: Option<String>,
    /// The AWS region.
    pub region: Option<String>,
    /// The AWS account that the cluster lives in.
    pub account: Option<String>,
    /// The AWS partition: `aws`, `aws-cn`, `aws-us-gov`, ...
    pub partition: Option<String>,
    /// The issuer that the user gave (`--issuer`).
    pub given_issuer: Option<String>,
    /// The issuer that the EKS host name of the API server hints at; never more than a hint.
    pub hinted_issuer: Option<String>,
    /// `/version`.
    pub version: Observed<ServerVersion>,
    /// `/.well-known/openid-configuration`.
    pub openid_configuration: Observed<OpenIdConfiguration>,
    /// `eks:DescribeCluster`.
    pub eks: Observed<EksCluster>,
    /// Namespaces by name.
    pub namespaces: BTreeMap<String, Observed<Namespace>>,
    /// Pods by `namespace/name`.
    pub pods: BTreeMap<String, Observed<Pod>>,
    /// Service accounts by `namespace/name`.
    pub service_accounts: BTreeMap<String, Observed<ServiceAccount>>,
    /// Workloads by `Kind/namespace/name`.
    pub workloads: BTreeMap<String, Observed<Workload>>,
    /// Nodes by name.
    pub nodes: BTreeMap<String, Observed<Node>>,
    /// All mutating webhook configurations.
    pub webhooks: Observed<Vec<WebhookConfiguration>>,
    /// Events about an object, by `Kind/namespace/name`.
    pub events: BTreeMap<String, Observed<Vec<Event>>>,
    /// Names of all service accounts of a namespace (they themselves are in `service_accounts`).
    pub service_account_lists: BTreeMap<String, Observed<Vec<String>>>,
    /// Names of the pods of a namespace that were listed for a target, by namespace or by `Kind/namespace/name`.
    pub pod_lists: BTreeMap<String, Observed<Vec<String>>>,
    /// Pod Identity associations by `namespace/service account`; `Absent` is "asked, there is none".
    pub associations: BTreeMap<String, Observed<Association>>,
    /// EKS add-ons by name.
    pub addons: Observed<BTreeMap<String, Observed<Addon>>>,
    /// DaemonSets of `kube-system` (and hybrid nodes' namespaces) that are Pod Identity agents, kube2iam or kiam.
    pub agents: Observed<Vec<Workload>>,
    /// Of a scan: what it chose, and what of that could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scan: Option<Scan>,
}

impl Scan {
    /// Whether all pods of a place were chosen: of a namespace, or with the empty name of the cluster.
    pub fn has_whole(&self, namespace: &str) -> bool {
        self.whole.iter().any(|whole| whole.is_empty() || whole == namespace)
    }
}

/// What a scan of a cluster, or of a namespace of it, chose.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Scan {
    /// How many pods were chosen.
    pub pods: usize,
    /// How many of them are over, being deleted or run to their end: they were counted, and not judged.
    pub over: usize,
    /// The namespaces of which all pods were chosen; the empty name is all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub whole: Vec<String>,
    /// What of the cluster could not be read, so that more may be wrong than was found.
    pub gaps: Vec<Gap>,
}

impl Snapshot {
    /// The cluster that was looked at, where it is one; of several the first.
    pub fn cluster(&self) -> Option<(&str, &Cluster)> {
        self.clusters.iter().next().map(|(key, cluster)| (key.as_str(), cluster))
    }

    /// The cluster that a target is in.
    pub fn cluster_of(&self, target: &Target) -> Option<&Cluster> {
        match &target.cluster {
            Some(key) => self.clusters.get(key),
            None => self.cluster().map(|(_, cluster)| cluster),
        }
    }
}

impl Cluster {
    /// The issuer's URL: the API server's own word before EKS', EKS' before the user's.
    pub fn issuer(&self) -> Option<&str> {
        let own = self.openid_configuration.present().map(|document| document.issuer.as_str());
        let own = own.filter(|issuer| !issuer.is_empty());
        own.or_else(|| self.eks.present()?.issuer.as_deref()).or(self.given_issuer.as_deref())
    }

    /// The pods of a namespace that were read, by name, without a look at those of any other.
    pub fn pods_of(&self, namespace: &str) -> impl Iterator<Item = &Pod> {
        let prefix = key(namespace, "");
        let from = self.pods.range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded));
        from.take_while(move |(key, _)| key.starts_with(&prefix)).filter_map(|(_, pod)| pod.present())
    }
}

/// The key of a namespaced object.
pub fn key(namespace: &str, name: &str) -> String {
    format!("{namespace}/{name}")
}

/// The key of a workload or of the events about an object.
pub fn kind_key(kind: &str, namespace: &str, name: &str) -> String {
    format!("{kind}/{namespace}/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_written_with_what_it_has_and_no_more() {
        let object = serde_json::json!({"metadata": {"name": "p"}, "spec": {"hostNetwork": false, "nodeName": "n"}});
        let pod: Pod = serde_json::from_value(object.clone()).unwrap();
        assert_eq!(serde_json::to_value(&pod).unwrap(), object);
    }

    #[test]
    fn the_api_servers_word_for_the_issuer_comes_first_where_it_has_one() {
        let issuer = |own: &str, of_eks: Option<&str>, given: Option<&str>| {
            let cluster = Cluster {
                openid_configuration: Observed::Present(OpenIdConfiguration { issuer: own.to_owned() }),
                eks: Observed::Present(EksCluster { issuer: of_eks.map(str::to_owned), ..EksCluster::default() }),
                given_issuer: given.map(str::to_owned),
                ..Cluster::default()
            };
            cluster.issuer().unwrap_or_default().to_owned()
        };
        assert_eq!(issuer("https://own", Some("https://eks"), Some("https://given")), "https://own");
        assert_eq!(issuer("", Some("https://eks"), Some("https://given")), "https://eks");
        assert_eq!(issuer("", None, Some("https://given")), "https://given");
    }
}
