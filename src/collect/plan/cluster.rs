//! What is asked of the cluster: the API server's objects, and the cluster itself in EKS.

use super::run::{Run, kubernetes_options};
use crate::collect::aws::{self, Profile};
use crate::collect::eks_token::{self, TokenRequest};
use crate::collect::kubernetes::{Api, ConnectError, Connection, Listed};
use irsa_doctor_checks::snapshot::kubernetes::{Pod, ServiceAccount, Workload};
use irsa_doctor_checks::snapshot::{Association, EksCluster, Gap, GapCause, Observed, TargetKind, key, kind_key};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

impl Run<'_> {
    /// The way in, or why there is none.
    pub(super) async fn api(&self) -> Result<&Api, &Gap> {
        self.api.get_or_init(|| Box::pin(self.open())).await.as_ref()
    }

    async fn open(&self) -> Result<Api, Gap> {
        if self.options.half.is_some() {
            return Err(Gap::not_collected("").detail("the saved half doesn't have it").remedy("save it again, with --save"));
        }
        if !super::needs_cluster(self.options) {
            return Err(Gap::not_collected("").detail("no cluster is asked where --issuer says what a role needs"));
        }
        let found;
        let connection = match &self.connection {
            Ok(connection) => connection,
            Err(error) if error.is_no_cluster() && self.options.cluster.is_some() => {
                found = self.connection_from_eks(error).await?;
                &found
            }
            Err(error) => return Err(error.gap()),
        };
        if connection.trusts_anybody() {
            let server = &connection.server;
            self.note(format!(
                "the kubeconfig switches TLS verification off (insecure-skip-tls-verify): whoever answers as {server} is believed"
            ));
        }
        let token = match connection.token_request() {
            Some(request) => self.token(request, connection).await?,
            None => None,
        };
        let api = connection.open(token, self.limits()).await.map_err(|error| error.gap())?;
        Ok(api.counting(Arc::clone(&self.options.progress)))
    }

    /// The cluster that `--cluster` names, as EKS has it.
    async fn connection_from_eks(&self, error: &ConnectError) -> Result<Connection, Gap> {
        match self.eks().await {
            Observed::Present(eks) => {
                let connection = Connection::from_eks(&eks, &kubernetes_options(self.options)).map_err(|error| error.gap())?;
                self.note(format!("no kubeconfig: the cluster's address comes from eks:DescribeCluster ({})", eks.arn));
                Ok(connection)
            }
            Observed::Absent => Err(error.gap().detail(format!("{error}, and EKS has no such cluster here"))),
            Observed::Unavailable(gap) => Err(gap),
        }
    }

    /// An EKS token made here; `None` where the plugin has to.
    async fn token(&self, request: &TokenRequest, connection: &Connection) -> Result<Option<String>, Gap> {
        let own;
        let session = match &request.profile {
            Some(profile) if self.options.profile.as_ref() != Some(profile) => {
                own = Box::pin(self.load_session(Profile::Named(profile.clone()))).await;
                &own
            }
            _ => self.session().await,
        };
        let credentials = match (&request.role_arn, session.credentials()) {
            (Some(role), Some(_)) => session.assume(role, request.session_name.as_deref(), request.external_id.as_deref()).await,
            (_, credentials) => credentials.cloned(),
        };
        let region = Some(session.region());
        let token = credentials.map(|credentials| eks_token::presign(request, &credentials, region, SystemTime::now()));
        match (token, connection.has_plugin()) {
            (Some(Ok(token)), _) => Ok(Some(token)),
            (_, true) => Ok(None),
            (Some(Err(error)), false) => {
                Err(Gap::new("connect to the cluster", GapCause::NoCredentials).detail(error.to_string()).remedy(error.help()))
            }
            (None, false) => Err(session.no_credentials().map_or_else(
                || Gap::new("connect to the cluster", GapCause::NoCredentials),
                |why| Gap::new("connect to the cluster", why.cause).detail(why.detail.as_str()).remedy(why.remedy.as_str()),
            )),
        }
    }

    async fn kube<T>(&self, operation: &str, about: &str, fetch: impl AsyncFnOnce(&Api) -> Observed<T>) -> Observed<T> {
        match self.api().await {
            Ok(api) => Box::pin(fetch(api)).await,
            Err(gap) => {
                Observed::Unavailable(Gap { operation: operation.to_owned(), resource: Some(about.to_owned()), ..gap.clone() })
            }
        }
    }

    /// A pod.
    pub(super) async fn pod(&self, namespace: &str, name: &str) -> Observed<Pod> {
        let key = key(namespace, name);
        self.cluster.pods.get(&key, async || self.kube("get pods", &key, async |api| api.pod(namespace, name).await).await).await
    }

    /// A service account.
    pub(super) async fn service_account(&self, namespace: &str, name: &str) -> Observed<ServiceAccount> {
        let key = key(namespace, name);
        let fetch = async |api: &Api| api.service_account(namespace, name).await;
        self.cluster.service_accounts.get(&key, async || self.kube("get serviceaccounts", &key, fetch).await).await
    }

    /// A workload.
    pub(super) async fn workload(&self, kind: TargetKind, namespace: &str, name: &str) -> Observed<Workload> {
        let key = kind_key(kind.kind(), namespace, name);
        let fetch = async |api: &Api| api.workload(kind, namespace, name).await;
        self.cluster.workloads.get(&key, async || self.kube("get workloads", &key, fetch).await).await
    }

    /// A namespace.
    pub(super) async fn namespace(&self, name: &str) -> Observed<irsa_doctor_checks::snapshot::kubernetes::Namespace> {
        let fetch = async |api: &Api| api.namespace(name).await;
        self.cluster.namespaces.get(name, async || self.kube("get namespaces", name, fetch).await).await
    }

    /// A node.
    pub(super) async fn node(&self, name: &str) {
        let fetch = async |api: &Api| api.node(name).await;
        self.cluster.nodes.get(name, async || self.kube("get nodes", name, fetch).await).await;
    }

    /// Events about an object.
    pub(super) async fn events(&self, kind: &str, namespace: &str, name: &str) {
        let key = kind_key(kind, namespace, name);
        let fetch = async |api: &Api| api.events(kind, namespace, name).await.items;
        self.cluster.events.get(&key, async || self.kube("list events", &key, fetch).await).await;
    }

    /// All service accounts of a namespace: a hint, whose refusal nobody hears of.
    pub(super) async fn service_accounts(&self, namespace: &str) -> Observed<Vec<String>> {
        let list = async |api: &Api| {
            let listed = api.service_accounts(&crate::collect::kubernetes::Selector::namespace(namespace)).await;
            if let Observed::Present(items) = &listed.items {
                for account in items {
                    self.cluster.service_accounts.put(&key(namespace, &account.metadata.name), account.clone());
                }
            }
            listed.map(|account| account.metadata.name).complete()
        };
        self.cluster.account_lists.get(namespace, async || self.kube("list serviceaccounts", namespace, list).await).await
    }

    /// Keeps pods that a list brought, and their names under `list_key`.
    pub(super) async fn pods(&self, list_key: &str, list: impl AsyncFnOnce(&Api) -> Listed<Pod>) -> Observed<Vec<Pod>> {
        let mut pods = None;
        let fetch = async |api: &Api| {
            let listed = list(api).await;
            if let Observed::Present(items) = &listed.items {
                for pod in items {
                    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
                    self.cluster.pods.put(&key(namespace, &pod.metadata.name), pod.clone());
                }
                pods = Some(items.clone());
            }
            listed.map(|pod| pod.metadata.name).complete()
        };
        let names = self.cluster.pod_lists.get(list_key, async || self.kube("list pods", list_key, fetch).await).await;
        match (pods, names) {
            (Some(pods), _) => Observed::Present(pods),
            (None, Observed::Unavailable(gap)) => Observed::Unavailable(gap),
            // Somebody else listed them: they are in the cells.
            (None, Observed::Present(names)) => Observed::Present(self.listed_pods(list_key, &names)),
            (None, Observed::Absent) => Observed::Present(Vec::new()),
        }
    }

    /// The pods of a list that was read: `list_key` is `NAMESPACE` or `Kind/NAMESPACE/NAME`.
    fn listed_pods(&self, list_key: &str, names: &[String]) -> Vec<Pod> {
        let namespace = list_key.split('/').nth(1).unwrap_or(list_key);
        let pod = |name: &String| self.cluster.pods.answer(&key(namespace, name), "get pods").present().cloned();
        names.iter().filter_map(pod).collect()
    }

    /// `/version`, the webhook configurations, the issuer's document and EKS' own words: nothing waits for these.
    pub(super) async fn cluster_facts(&self) {
        let version = self.cluster.version.get("", async || self.kube("get /version", "", async |api| api.version().await).await);
        let webhooks = self.cluster.webhooks.get("", async || {
            let fetch = async |api: &Api| {
                let listed = api.webhooks().await;
                let denied = listed.gaps.iter().all(|gap| gap.cause == GapCause::Denied);
                if denied { listed.items } else { listed.complete() }
            };
            self.kube("list mutatingwebhookconfigurations", "", fetch).await
        });
        tokio::join!(Box::pin(version), Box::pin(webhooks), Box::pin(self.openid()), Box::pin(self.eks()));
    }

    /// `/.well-known/openid-configuration`.
    async fn openid(&self) -> Observed<irsa_doctor_checks::snapshot::kubernetes::OpenIdConfiguration> {
        let fetch = async |api: &Api| api.openid_configuration().await;
        let path = "/.well-known/openid-configuration";
        self.cluster.openid.get("", async || self.kube("get /.well-known/openid-configuration", path, fetch).await).await
    }

    /// `eks:DescribeCluster`, in the cluster's own account.
    pub(super) async fn eks(&self) -> Observed<EksCluster> {
        self.cluster.eks.get("", || self.describe_cluster()).await
    }

    async fn describe_cluster(&self) -> Observed<EksCluster> {
        let Some(name) = self.identity.name.as_deref() else {
            return Observed::Unavailable(no_cluster_name("eks:DescribeCluster"));
        };
        if !self.options.aws {
            return Observed::Unavailable(Gap::not_collected("eks:DescribeCluster").remedy("leave --no-aws out"));
        }
        let session = self.session().await;
        // Who we are needn't be known before the question is put; only what the answer is worth depends on it.
        let (answer, caller) = tokio::join!(session.cluster(name), session.caller());
        match (&self.identity.account, caller) {
            (Some(account), Observed::Present(caller)) if *account != caller.account => {
                self.ask(account, &aws::DESCRIBE_CLUSTER, name, async |session| session.cluster(name).await).await
            }
            (Some(_), Observed::Unavailable(gap)) if answer.is_absent() => {
                Observed::Unavailable(Gap { operation: "eks:DescribeCluster".to_owned(), resource: Some(name.to_owned()), ..gap })
            }
            _ => answer,
        }
    }

    /// The account that the cluster is in.
    pub(super) async fn cluster_account(&self) -> Option<String> {
        match &self.identity.account {
            Some(account) => Some(account.clone()),
            None => self.eks().await.present().and_then(|eks| eks.arn.split(':').nth(4).map(str::to_owned)),
        }
    }

    /// The issuer, as soon as it is known: the API server's own word before EKS', EKS' before the user's.
    pub(super) async fn issuer(&self) -> Option<String> {
        if let Observed::Present(document) = self.openid().await
            && !document.issuer.is_empty()
        {
            return Some(document.issuer);
        }
        let eks = self.eks().await.present().and_then(|eks| eks.issuer.clone());
        eks.or_else(|| self.options.issuer.clone())
    }

    /// The Pod Identity association of a service account.
    pub(super) async fn association(&self, namespace: &str, account: &str) -> Observed<Association> {
        let key = key(namespace, account);
        let fetch = async || {
            let Some(cluster) = self.identity.name.as_deref() else {
                return Observed::Unavailable(no_cluster_name("eks:ListPodIdentityAssociations").about(key.as_str()));
            };
            if let Some(listed) = self.listed_association(cluster, &key).await {
                return listed;
            }
            let ask = async |session: &aws::Session| session.association(cluster, namespace, account).await;
            match self.cluster_account_if_known() {
                Some(id) => self.ask(id, &aws::LIST_ASSOCIATIONS, &key, ask).await,
                None if !self.options.aws => Observed::Unavailable(Gap::not_collected("eks:ListPodIdentityAssociations")),
                None => ask(self.session().await).await,
            }
        };
        self.cluster.associations.get(&key, fetch).await
    }

    /// All associations of the cluster, read with one list; a refusal is no gap: each account is then asked about.
    pub(super) async fn all_associations(&self) {
        let Some(cluster) = self.identity.name.as_deref().filter(|_| self.options.aws) else { return };
        let list = async |session: &aws::Session| session.association_ids(cluster).await;
        let ids = match self.cluster_account_if_known() {
            Some(id) => self.ask(id, &aws::LIST_ASSOCIATIONS, cluster, list).await,
            None => list(self.session().await).await,
        };
        let Observed::Present(ids) = ids else { return };
        let ids = ids.into_iter().map(|(namespace, account, id)| (key(&namespace, &account), id)).collect();
        let _kept = self.association_ids.set(ids);
    }

    /// The association of an account, of which all of the cluster were listed; `None`: they weren't.
    async fn listed_association(&self, cluster: &str, key: &str) -> Option<Observed<Association>> {
        let Some(id) = self.association_ids.get()?.get(key) else { return Some(Observed::Absent) };
        let describe = async |session: &aws::Session| session.describe_association(cluster, id).await;
        Some(match self.cluster_account_if_known() {
            Some(account) => self.ask(account, &aws::DESCRIBE_ASSOCIATION, key, describe).await,
            None => describe(self.session().await).await,
        })
    }

    fn cluster_account_if_known(&self) -> Option<&str> {
        self.identity.account.as_deref()
    }

    /// The EKS add-ons, each with its role.
    pub(super) async fn addons(&self) {
        let fetch = async || {
            let Some(cluster) = self.identity.name.as_deref().filter(|_| self.options.aws) else {
                return Observed::Unavailable(no_cluster_name("eks:ListAddons"));
            };
            let ask = async |session: &aws::Session| match session.addon_names(cluster).await {
                Observed::Present(names) => {
                    let each = names.iter().map(|name| async move { (name.clone(), session.addon(cluster, name).await) });
                    Observed::Present(futures_util::future::join_all(each).await.into_iter().collect::<BTreeMap<_, _>>())
                }
                Observed::Absent => Observed::Absent,
                Observed::Unavailable(gap) => Observed::Unavailable(gap),
            };
            match self.cluster_account_if_known() {
                Some(id) => self.ask(id, &aws::LIST_ADDONS, cluster, ask).await,
                None => ask(self.session().await).await,
            }
        };
        self.cluster.addons.get("", fetch).await;
    }

    /// The DaemonSets among which Pod Identity agents, kube2iam and kiam are.
    pub(super) async fn agents(&self) {
        let fetch = async |api: &Api| api.system_daemon_sets().await.complete();
        self.cluster.agents.get("", async || self.kube("list daemonsets", "kube-system", fetch).await).await;
    }
}

fn no_cluster_name(operation: &str) -> Gap {
    Gap::not_collected(operation)
        .detail("nothing says which EKS cluster this is")
        .remedy("name it with --cluster NAME (and --region)")
}
