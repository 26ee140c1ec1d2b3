//! What one run knows and has asked so far.

use super::account::AccountCells;
use super::once::Once;
use super::{half, is_answer};
use crate::collect::aws::{Guard, Session};
use crate::collect::kubernetes::{Api, ClusterIdentity, ConnectError, Connection};
use crate::collect::{Options, kubernetes};
use irsa_doctor_checks::resource_policy::Bearer;
use irsa_doctor_checks::snapshot::kubernetes::{
    Event, Namespace, Node, OpenIdConfiguration, Pod, ServerVersion, ServiceAccount, WebhookConfiguration, Workload,
};
use irsa_doctor_checks::snapshot::{Addon, Association, DecodedMessage, EksCluster, Gap, Observed, ResourceEvidence};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;
use tokio::time::Instant;

/// Where sessions come from.
#[derive(Debug, Clone, Default)]
pub(super) enum Source {
    /// The environment and the shared configuration files.
    #[default]
    Environment,
    /// These configurations by profile, the empty name for the default one.
    #[cfg(test)]
    Given(BTreeMap<String, aws_config::SdkConfig>),
}

/// The answers of the cluster.
#[derive(Debug, Default)]
pub(super) struct ClusterCells {
    pub(super) version: Once<ServerVersion>,
    pub(super) openid: Once<OpenIdConfiguration>,
    pub(super) webhooks: Once<Vec<WebhookConfiguration>>,
    pub(super) namespaces: Once<Namespace>,
    pub(super) pods: Once<Pod>,
    pub(super) service_accounts: Once<ServiceAccount>,
    pub(super) workloads: Once<Workload>,
    pub(super) nodes: Once<Node>,
    pub(super) events: Once<Vec<Event>>,
    pub(super) account_lists: Once<Vec<String>>,
    pub(super) pod_lists: Once<Vec<String>>,
    pub(super) agents: Once<Vec<Workload>>,
    pub(super) eks: Once<EksCluster>,
    pub(super) associations: Once<Association>,
    pub(super) addons: Once<BTreeMap<String, irsa_doctor_checks::snapshot::Observed<Addon>>>,
}

impl ClusterCells {
    /// Whether the API server answered anything.
    pub(super) fn is_seen(&self) -> bool {
        self.pods.any(is_answer)
            || self.service_accounts.any(is_answer)
            || self.workloads.any(is_answer)
            || self.pod_lists.any(is_answer)
            || self.version.any(is_answer)
            || self.openid.any(is_answer)
            || self.webhooks.any(is_answer)
    }

    /// Why the first thing that was asked for could not be had.
    pub(super) fn first_gap(&self) -> Option<Gap> {
        let gap = self.pods.first_gap().or_else(|| self.service_accounts.first_gap());
        gap.or_else(|| self.workloads.first_gap()).or_else(|| self.pod_lists.first_gap())
    }
}

/// One run.
pub(super) struct Run<'a> {
    pub(super) options: &'a Options,
    pub(super) source: Source,
    /// What the kubeconfig says; an error where it names no usable cluster.
    pub(super) connection: Result<Connection, ConnectError>,
    /// What the names tell about the cluster.
    pub(super) identity: ClusterIdentity,
    pub(super) deadline: Instant,
    pub(super) api: OnceCell<Result<Api, Gap>>,
    pub(super) guard: Guard,
    pub(super) session: OnceCell<Session>,
    pub(super) role_session: OnceCell<Option<Session>>,
    pub(super) cluster: ClusterCells,
    /// Of a scan: the keys of the pods that were chosen.
    pub(super) scanned: Mutex<BTreeSet<String>>,
    /// How many scans have their list of pods.
    pub(super) scans_read: std::sync::atomic::AtomicUsize,
    /// Of a scan: what of its pods could not be read.
    pub(super) scan_gaps: Mutex<Vec<Gap>>,
    /// Of a scan: the ids of all Pod Identity associations, by service account.
    pub(super) association_ids: OnceCell<BTreeMap<String, String>>,
    /// What bears a policy that is read; known once what is asked of the role is.
    pub(super) bearers: OnceCell<BTreeMap<String, Bearer>>,
    /// By the ARN of what bears the policy.
    pub(super) resources: Once<ResourceEvidence>,
    pub(super) accounts: Mutex<BTreeMap<String, Arc<AccountCells>>>,
    pub(super) decoded: OnceCell<Observed<DecodedMessage>>,
    pub(super) notes: Mutex<Vec<String>>,
}

impl<'a> Run<'a> {
    /// A run that has asked nothing yet.
    pub(super) fn new(options: &'a Options, source: Source, connection: Result<Connection, ConnectError>) -> Self {
        let half = options.half.as_deref().and_then(|half| half.cluster()).map(|(_, cluster)| cluster);
        let known = half.map(half::identity).unwrap_or_default();
        let given = ClusterIdentity { name: options.cluster.clone().or(known.name.clone()), ..known };
        let identity = connection.as_ref().map_or(given, |connection| connection.identity.clone());
        Self {
            options,
            source,
            connection,
            identity,
            deadline: Instant::now() + options.timeout,
            api: OnceCell::new(),
            guard: Guard::default(),
            session: OnceCell::new(),
            role_session: OnceCell::new(),
            cluster: half.map(half::cells).unwrap_or_default(),
            scanned: Mutex::default(),
            scans_read: std::sync::atomic::AtomicUsize::new(0),
            scan_gaps: Mutex::default(),
            association_ids: OnceCell::new(),
            bearers: OnceCell::new(),
            resources: Once::default(),
            accounts: Mutex::default(),
            decoded: OnceCell::new(),
            notes: Mutex::default(),
        }
    }

    /// The cells of an account.
    pub(super) fn account(&self, id: &str) -> Arc<AccountCells> {
        Arc::clone(self.accounts.lock().unwrap_or_else(PoisonError::into_inner).entry(id.to_owned()).or_default())
    }

    /// Whether an account answered anything about a role.
    pub(super) fn is_account_seen(&self) -> bool {
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.values().any(|cells| cells.roles.any(is_answer) || cells.providers.any(is_answer))
    }

    /// Why the first role that was asked for could not be had.
    pub(super) fn first_account_gap(&self) -> Option<Gap> {
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.values().find_map(|cells| cells.roles.first_gap())
    }

    /// Something that the user should know of how it was collected.
    pub(super) fn note(&self, note: String) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(note);
    }

    /// How long Kubernetes calls may take.
    pub(super) fn limits(&self) -> kubernetes::Limits {
        kubernetes::Limits { call: self.options.call_timeout, deadline: Some(self.deadline) }
    }
}

/// What the kubeconfig says, where a cluster is needed. Reads its files.
pub(super) fn connection(options: &Options, needs_cluster: bool) -> Result<Connection, ConnectError> {
    if needs_cluster && options.half.is_none() {
        Connection::load(&kubernetes_options(options))
    } else {
        Err(ConnectError::Empty { paths: Vec::new() })
    }
}

/// The Kubernetes half's own options.
pub(super) fn kubernetes_options(options: &Options) -> kubernetes::Options {
    kubernetes::Options {
        kubeconfig: options.kubeconfig.clone(),
        context: options.context.clone(),
        cluster: options.cluster.clone(),
        impersonate: options.impersonate.clone(),
        no_native_token: !options.native_token,
        ..kubernetes::Options::from_environment()
    }
}
