//! Collecting: what clusters and accounts say, as a snapshot. It judges nothing.
//!
//! [`collect`] is the one entry. The plan (`plan`) decides what is asked and when; `kubernetes` and `aws`
//! fetch one thing each; `observe` turns an SDK's answer into an [`Observed`](irsa_doctor_checks::snapshot::Observed).

pub(crate) mod aws;
pub(crate) mod bundle;
pub(crate) mod eks_token;
mod error;
mod interrupt;
pub(crate) mod kubernetes;
mod not_there;
pub(crate) mod observe;
mod plan;
mod progress;

pub(crate) use error::{CollectError, INTERRUPTED};
pub(crate) use interrupt::Interrupt;
pub(crate) use not_there::no_container;
pub(crate) use progress::Progress;

use irsa_doctor_checks::snapshot::{Asked, Snapshot, TargetKind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Where to look, for what, and for how long.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// The question. A target's empty namespace is filled in: `namespace`, else the context's, else `default`.
    /// Of a scan (`Namespace`, `Cluster`) the workloads and the bare pods become targets.
    pub(crate) asked: Asked,
    /// The kubeconfig file (`--kubeconfig`), in place of `KUBECONFIG` and `~/.kube/config`.
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The context (`--context`), in place of the current one.
    pub(crate) context: Option<String>,
    /// The cluster's name in EKS (`--cluster`).
    pub(crate) cluster: Option<String>,
    /// The AWS region (`--region`).
    pub(crate) region: Option<String>,
    /// The AWS profile (`--profile`).
    pub(crate) profile: Option<String>,
    /// The profile for the role's account (`--role-profile`).
    pub(crate) role_profile: Option<String>,
    /// The issuer (`--issuer`), with its scheme.
    pub(crate) issuer: Option<String>,
    /// The user to impersonate in Kubernetes (`--as`).
    pub(crate) impersonate: Option<String>,
    /// The namespace (`-n`).
    pub(crate) namespace: Option<String>,
    /// Of a scan: the pods' labels (`-l`), in the API's syntax; empty is all.
    pub(crate) labels: String,
    /// Of a scan: the pods' fields (`--field-selector`); empty is all.
    pub(crate) fields: String,
    /// How long one call may take, retries included (`--call-timeout`).
    pub(crate) call_timeout: Duration,
    /// How long the whole run may take (`--timeout`).
    pub(crate) timeout: Duration,
    /// Make EKS tokens here where the kubeconfig runs `aws eks get-token` (not `--no-native-token`).
    pub(crate) native_token: bool,
    /// Ask AWS at all (not `--no-aws`).
    pub(crate) aws: bool,
    /// How many hours of CloudTrail's event history to read, if any (`--cloudtrail`).
    pub(crate) cloudtrail: Option<u32>,
    /// Ask AWS' policy simulator about the asked actions, too (`--simulate`).
    pub(crate) simulate: bool,
    /// What somebody saved of the cluster: it stands in the place of a cluster, which is not asked (`--with-aws`).
    pub(crate) half: Option<Box<Snapshot>>,
    /// The end that somebody may put to the run.
    pub(crate) interrupt: Interrupt,
    /// How far the run is.
    pub(crate) progress: Arc<Progress>,
}

impl Options {
    /// Whether much is read: then calls slow down together where they are throttled, and none is made on a guess.
    fn reads_much(&self) -> bool {
        self.asked.targets.len() > 1 || self.asked.targets.iter().any(|target| target.kind.is_scan())
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            asked: Asked::default(),
            kubeconfig: None,
            context: None,
            cluster: None,
            region: None,
            profile: None,
            role_profile: None,
            issuer: None,
            impersonate: None,
            namespace: None,
            labels: String::new(),
            fields: String::new(),
            call_timeout: Duration::from_secs(10),
            timeout: Duration::from_mins(1),
            native_token: true,
            aws: true,
            cloudtrail: None,
            simulate: false,
            half: None,
            interrupt: Interrupt::default(),
            progress: Arc::default(),
        }
    }
}

/// What was collected.
#[derive(Debug, Clone)]
pub(crate) struct Collected {
    /// The evidence. Its `asked` has the namespaces filled in and the targets of a scan spelt out.
    pub(crate) snapshot: Snapshot,
    /// How many requests were made, retries included.
    pub(crate) calls: Calls,
    /// What a user should know of how it was collected, a sentence each, for stderr.
    pub(crate) notes: Vec<String>,
}

/// How many requests were made, retries included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    /// To the API server.
    pub(crate) kubernetes: u64,
    /// To IAM, EKS, STS and CloudTrail.
    pub(crate) aws: u64,
}

/// The contexts that the kubeconfig has.
///
/// # Errors
///
/// [`CollectError::BadArguments`] where there is none that can be read.
pub(crate) fn contexts(options: &Options) -> Result<Vec<String>, CollectError> {
    plan::contexts(options)
}

/// The names of a kind's objects, for completions: in the namespace that is meant, no more than one page of them.
/// `None` where they can't be had.
pub(crate) async fn names(options: &Options, kind: TargetKind) -> Option<Vec<String>> {
    Box::pin(plan::names(options, kind)).await
}

/// The same as [`collect`] for each of several contexts, side by side: one that can't be reached is a gap.
///
/// # Errors
///
/// As [`collect`] has it, where no cluster could be looked at, or none has the target.
pub(crate) async fn collect_each(options: &Options, contexts: &[String]) -> Result<Collected, CollectError> {
    Box::pin(plan::run_each(options, contexts)).await
}

/// Reads what the targets need from the cluster and from AWS.
///
/// What could not be read stands in the snapshot as a gap and is no error. Dropping the future ends the run.
///
/// # Errors
///
/// [`CollectError::TargetNotThere`] (exit 5) if a named pod, workload, service account or namespace is known not to
/// be there; [`CollectError::NothingToLookAt`] (exit 4) if neither the cluster nor AWS could be looked at;
/// [`CollectError::BadArguments`] (exit 2) for an unknown context, a kubeconfig that cannot be read, and the like;
/// [`CollectError::Interrupted`] (exit 130) if somebody ended it before anything was found.
pub(crate) async fn collect(options: &Options) -> Result<Collected, CollectError> {
    Box::pin(plan::run(options)).await
}
