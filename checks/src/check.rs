//! A check: one link of the chain, phrased as the good state.

use crate::evidence::Evidence;
use crate::fault::{Fault, Severity};
use crate::finding::Finding;
use crate::snapshot::{Gap, GapCause, Observed};
use serde::{Deserialize, Serialize};

/// One link of the chain. A value, not a trait object: it holds no state and does no I/O.
#[derive(Debug)]
pub struct Check {
    /// Kebab-case: `trust-policy`. For ever.
    pub id: &'static str,
    /// The good state, in lower case: "the trust policy lets this service account in".
    pub title: &'static str,
    /// Where in the chain.
    pub stage: Stage,
    /// What it is judged for; a scan judges a role once for its fifty pods.
    pub scope: Scope,
    /// What it needs to see. A law test withholds each thing that was observed, and the first check that changes must name it.
    pub needs: &'static [Need],
    /// The ways in which it can fail.
    pub faults: &'static [&'static Fault],
    /// The judgement: a pure function.
    pub run: fn(&Evidence<'_>) -> Outcome,
}

/// The part of the chain that a check belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The pod and its service account.
    Pod,
    /// The service account's annotations.
    ServiceAccount,
    /// The webhook, and what it did to the pod.
    Injection,
    /// EKS Pod Identity.
    PodIdentity,
    /// The cluster's issuer.
    Issuer,
    /// IAM's OIDC provider.
    Provider,
    /// The role.
    Role,
    /// The role's trust policy.
    Trust,
    /// The role's permissions.
    Permissions,
    /// What the pod needs to do.
    Actions,
    /// The pasted error.
    Error,
}

impl Stage {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pod => "pod",
            Self::ServiceAccount => "service-account",
            Self::Injection => "injection",
            Self::PodIdentity => "pod-identity",
            Self::Issuer => "issuer",
            Self::Provider => "provider",
            Self::Role => "role",
            Self::Trust => "trust",
            Self::Permissions => "permissions",
            Self::Actions => "actions",
            Self::Error => "error",
        }
    }
}

/// What a check is judged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Once for a cluster.
    Cluster,
    /// Once for a service account.
    ServiceAccount,
    /// Once for each pod.
    Pod,
    /// Once for each role and the service account that wants in.
    Role,
    /// Once for the target.
    Target,
}

/// A kind of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// The pod.
    Pod,
    /// The workload's pods and the pod's owners.
    Workload,
    /// Events about a workload.
    Events,
    /// The namespace.
    Namespace,
    /// The service account.
    ServiceAccount,
    /// Other service accounts of the namespace (a hint).
    ServiceAccounts,
    /// The pod's node.
    Node,
    /// Mutating webhook configurations.
    Webhooks,
    /// The API server's version.
    Version,
    /// The issuer: openid-configuration or `eks:DescribeCluster`.
    Issuer,
    /// `eks:DescribeCluster`.
    EksCluster,
    /// Pod Identity associations.
    Associations,
    /// EKS add-ons.
    Addons,
    /// Agents that run as DaemonSets.
    Agents,
    /// IAM OIDC providers.
    Providers,
    /// The role and its trust policy.
    Role,
    /// The account's other roles (a hint).
    Roles,
    /// Lists of the role's policies.
    RolePolicies,
    /// The policies' documents.
    PolicyDocuments,
    /// The permissions boundary.
    Boundary,
    /// The policies of the resources that were asked about.
    ResourcePolicies,
}

/// What a check found out.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The link doesn't exist here, or wasn't reached; why, in a few words.
    NotApplicable(String),
    /// The link was judged.
    Judged {
        /// What is wrong, most important first.
        findings: Vec<Finding>,
        /// What couldn't be read.
        gaps: Vec<FoundGap>,
    },
}

/// A gap that a check met.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundGap {
    /// What couldn't be read.
    pub gap: Gap,
    /// Whether the check's status hangs on it.
    pub decisive: bool,
}

impl Outcome {
    /// All is well.
    pub fn pass() -> Self {
        Self::Judged { findings: Vec::new(), gaps: Vec::new() }
    }

    /// Not a link of this chain, or not reached.
    pub fn not_applicable(reason: impl Into<String>) -> Self {
        Self::NotApplicable(reason.into())
    }

    /// What was found, everything having been read.
    pub fn findings(findings: Vec<Finding>) -> Self {
        Self::Judged { findings, gaps: Vec::new() }
    }

    /// One finding.
    pub fn finding(finding: Finding) -> Self {
        Self::findings(vec![finding])
    }

    /// Nothing can be said: this could not be read.
    pub fn unknown(gap: Gap) -> Self {
        Self::Judged { findings: Vec::new(), gaps: vec![FoundGap { gap, decisive: true }] }
    }

    /// The same outcome, with a gap that decides nothing.
    #[must_use]
    pub fn with_gap(mut self, gap: Gap) -> Self {
        if let Self::Judged { gaps, .. } = &mut self {
            gaps.push(FoundGap { gap, decisive: false });
        }
        self
    }

    /// The same outcome; where this was asked for in vain, with a gap that decides nothing. What was never asked for is
    /// no gap: nothing hung on it.
    #[must_use]
    pub fn beside<T>(self, observed: &Observed<T>) -> Self {
        match observed.gap() {
            Some(gap) if gap.cause != GapCause::NotCollected => self.with_gap(gap.clone()),
            _ => self,
        }
    }

    /// The worst of error, decisive gap, warning and pass.
    pub fn status(&self) -> Status {
        let Self::Judged { findings, gaps } = self else { return Status::NotApplicable };
        let worst = findings.iter().map(|finding| finding.severity).max();
        if worst == Some(Severity::Error) {
            Status::Fail
        } else if gaps.iter().any(|gap| gap.decisive) {
            Status::Unknown
        } else if worst == Some(Severity::Warning) {
            Status::Warn
        } else {
            Status::Pass
        }
    }
}

/// What a check comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The link holds.
    Pass,
    /// It holds, but.
    Warn,
    /// It is broken.
    Fail,
    /// It could not be looked at.
    Unknown,
    /// It isn't a link of this chain, or wasn't reached.
    NotApplicable,
}

impl Status {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not_applicable",
        }
    }
}
