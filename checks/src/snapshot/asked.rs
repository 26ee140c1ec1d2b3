//! What the user asked for, and what they say they expect.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The question of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Asked {
    /// What to look at.
    pub targets: Vec<Target>,
    /// The one container that matters (`-c`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// The service account that the user expects the pod to run as (`--service-account`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account: Option<String>,
    /// The role that the user expects the pod to use (`--role`), a name or an ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Policies that the user expects the role to have (`--policy`), names or ARNs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<String>,
    /// What the pod needs to do (`--action` and `--resource`, `--needs`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<RequiredAction>,
    /// The pasted error, redacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// An action that the pod needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RequiredAction {
    /// `s3:ListBucket`.
    pub action: String,
    /// The resource's ARN; `*` where none was named.
    pub resource: String,
    /// Condition keys whose values are known.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub context: BTreeMap<String, Vec<String>>,
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// What kind of thing.
    pub kind: TargetKind,
    /// Its namespace; empty for a role.
    #[serde(default)]
    pub namespace: String,
    /// Its name; the ARN of a role.
    pub name: String,
    /// For a role: the service account that should be let in, `namespace/name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Whether nobody named it: a scan of a namespace, a cluster or a selector came upon it.
    /// Such a target is judged only if something says that it wants AWS.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub scanned: bool,
    /// The key of its cluster, where several were looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
}

impl Target {
    /// A namespaced target.
    pub fn new(kind: TargetKind, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind, namespace: namespace.into(), name: name.into(), subject: None, scanned: false, cluster: None }
    }
}

impl Target {
    /// The place that a scan looks at: "the cluster", "namespace shop".
    pub fn place(&self) -> String {
        match self.kind {
            TargetKind::Cluster => "the cluster".to_owned(),
            TargetKind::Namespace => format!("namespace {}", self.name),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Target {
    /// As one types it: `pod/awscli`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind == TargetKind::Error {
            return f.write_str("the pasted error");
        }
        if self.kind == TargetKind::Cluster {
            return f.write_str("every namespace");
        }
        write!(f, "{}/{}", self.kind.as_str(), self.name)
    }
}

/// The kinds of things that can be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TargetKind {
    /// A pod.
    Pod,
    /// A service account, with or without pods.
    ServiceAccount,
    /// A Deployment.
    Deployment,
    /// A StatefulSet.
    StatefulSet,
    /// A DaemonSet.
    DaemonSet,
    /// A ReplicaSet.
    ReplicaSet,
    /// A Job.
    Job,
    /// A CronJob.
    CronJob,
    /// An Argo Rollout.
    Rollout,
    /// An IAM role, with no cluster at all.
    Role,
    /// A namespace (a scan).
    Namespace,
    /// Every namespace of a cluster (a scan).
    Cluster,
    /// A pasted error alone, with no cluster and no account.
    Error,
}

impl TargetKind {
    /// The word used in reports and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pod => "pod",
            Self::ServiceAccount => "serviceaccount",
            Self::Deployment => "deployment",
            Self::StatefulSet => "statefulset",
            Self::DaemonSet => "daemonset",
            Self::ReplicaSet => "replicaset",
            Self::Job => "job",
            Self::CronJob => "cronjob",
            Self::Rollout => "rollout",
            Self::Role => "role",
            Self::Namespace => "namespace",
            Self::Cluster => "cluster",
            Self::Error => "error",
        }
    }

    /// The Kubernetes kind, for the keys of a snapshot; empty for a role.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Pod => "Pod",
            Self::ServiceAccount => "ServiceAccount",
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::ReplicaSet => "ReplicaSet",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
            Self::Rollout => "Rollout",
            Self::Role | Self::Error | Self::Cluster => "",
            Self::Namespace => "Namespace",
        }
    }

    /// Whether it stands for all pods of a place.
    pub fn is_scan(self) -> bool {
        matches!(self, Self::Namespace | Self::Cluster)
    }

    /// Whether it is something that makes pods.
    pub fn is_workload(self) -> bool {
        matches!(
            self,
            Self::Deployment | Self::StatefulSet | Self::DaemonSet | Self::ReplicaSet | Self::Job | Self::CronJob | Self::Rollout
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_is_called_by_its_place() {
        for (kind, name, place) in [
            (TargetKind::Cluster, "", "the cluster"),
            (TargetKind::Namespace, "shop", "namespace shop"),
            (TargetKind::Pod, "api", "pod/api"),
        ] {
            assert_eq!(Target::new(kind, "", name).place(), place);
        }
    }
}
