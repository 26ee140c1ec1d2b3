//! Which cluster, and how to log in to it.

use super::api::{Api, Limits};
use super::configure::{configure, shown};
use super::error::ConnectError;
use super::exec::{plugin, profile_of, variables};
use super::identity::ClusterIdentity;
use super::kubeconfig::{Chosen, Files, choose};
use super::plugin::{Credential, Plugin};
use crate::collect::eks_token::TokenRequest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use irsa_doctor_checks::snapshot::EksCluster;
use kube::config::{AuthInfo, Cluster, Kubeconfig};
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the user said about the cluster.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// `--kubeconfig`.
    pub(crate) kubeconfig: Option<PathBuf>,
    /// `--context`.
    pub(crate) context: Option<String>,
    /// `--cluster`: the cluster's name in EKS.
    pub(crate) cluster: Option<String>,
    /// `--as`.
    pub(crate) impersonate: Option<String>,
    /// `--no-native-token`: run the kubeconfig's plugin even where we could make its token.
    pub(crate) no_native_token: bool,
    /// The environment: `KUBECONFIG`, `HOME`, proxies.
    pub(crate) environment: BTreeMap<String, String>,
}

impl Options {
    /// With this process' environment.
    pub(crate) fn from_environment() -> Self {
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self { environment: environment.collect(), ..Self::default() }
    }
}

/// A cluster and a way in, before anything was sent.
#[derive(Clone)]
pub(crate) struct Connection {
    /// The context's name; `None` in a pod, and for a cluster found through EKS.
    pub(crate) context: Option<String>,
    /// The API server's URL, without a password.
    pub(crate) server: String,
    /// The namespace to look in where none is given.
    pub(crate) namespace: String,
    /// The user's entry in the kubeconfig; a hint at who we are.
    pub(crate) user: String,
    /// What the names tell about the cluster.
    pub(crate) identity: ClusterIdentity,
    /// The AWS profile that the exec entry uses: the default one of the run.
    pub(crate) profile: Option<String>,
    config: kube::Config,
    plugin: Option<Plugin>,
    token_request: Option<TokenRequest>,
}

impl Connection {
    /// Finds out which cluster is meant. Reads files; sends and runs nothing.
    ///
    /// # Errors
    /// [`ConnectError`] where no cluster is named, or one that can't be used.
    /// [`ConnectError::is_no_cluster`] tells the two apart.
    pub(crate) fn load(options: &Options) -> Result<Self, ConnectError> {
        let files = Files::find(options.kubeconfig.as_deref(), &options.environment);
        let Some(config) = files.read()? else {
            return Self::in_cluster(options, &files);
        };
        if config.contexts.is_empty() {
            let empty = config.clusters.is_empty() && config.auth_infos.is_empty() && options.kubeconfig.is_none();
            let inside = if empty && options.context.is_none() { Self::in_cluster(options, &files).ok() } else { None };
            return inside.ok_or_else(|| ConnectError::Empty { paths: files.names() });
        }
        Self::from_kubeconfig(&config, options)
    }

    /// The names of all contexts, in the kubeconfigs' order.
    ///
    /// # Errors
    /// Where there is no kubeconfig, or one that can't be read, or none with a context.
    pub(crate) fn contexts(options: &Options) -> Result<Vec<String>, ConnectError> {
        let files = Files::find(options.kubeconfig.as_deref(), &options.environment);
        let Some(config) = files.read()? else { return Err(ConnectError::NoKubeconfig { looked: files.names() }) };
        let names: Vec<String> = config.contexts.into_iter().map(|entry| entry.name).collect();
        if names.is_empty() { Err(ConnectError::Empty { paths: files.names() }) } else { Ok(names) }
    }

    /// Whether it leads the same user to the same server in the same way: behind one address there may be many clusters, told apart
    /// by a proxy or by the name that TLS asks for.
    pub(crate) fn leads_where(&self, other: &Self) -> bool {
        let way = |connection: &Self| {
            let config = &connection.config;
            (config.cluster_url.clone(), config.proxy_url.clone(), config.tls_server_name.clone(), config.root_cert.clone())
        };
        self.user == other.user && way(self) == way(other)
    }

    /// For a cluster that `eks:DescribeCluster` told us of.
    ///
    /// # Errors
    /// [`ConnectError::BadCluster`] where the answer has no endpoint or no CA.
    pub(crate) fn from_eks(eks: &EksCluster, options: &Options) -> Result<Self, ConnectError> {
        let cluster = Cluster {
            server: eks.endpoint.clone(),
            certificate_authority_data: eks.certificate_authority.clone(),
            ..Cluster::default()
        };
        let config = configure(&eks.name, &cluster, AuthInfo::default(), options)?;
        let identity = ClusterIdentity { name: Some(eks.name.clone()), ..ClusterIdentity::default() };
        let identity = identity.or(ClusterIdentity::of_arn(&eks.arn).unwrap_or_default());
        let identity = identity.or(eks.endpoint.as_deref().and_then(ClusterIdentity::of_server).unwrap_or_default());
        let request = TokenRequest {
            cluster_id: eks.name.clone(),
            is_name: true,
            region: identity.region.clone(),
            ..TokenRequest::default()
        };
        Ok(Self {
            context: None,
            server: shown(&config.cluster_url),
            namespace: "default".to_owned(),
            user: String::new(),
            identity,
            profile: None,
            config,
            plugin: None,
            token_request: Some(request),
        })
    }

    /// What an EKS token is to be made for, where the context's plugin is one that we can stand in for
    /// (always for [`Connection::from_eks`]). `None`: [`Connection::open`] needs no token.
    pub(crate) fn token_request(&self) -> Option<&TokenRequest> {
        self.token_request.as_ref()
    }

    /// Whether the kubeconfig has it that the server need not prove who it is.
    pub(crate) fn trusts_anybody(&self) -> bool {
        self.config.accept_invalid_certs && self.config.cluster_url.scheme_str() == Some("https")
    }

    /// Whether there is a plugin to fall back to where no token could be made.
    pub(crate) fn has_plugin(&self) -> bool {
        self.plugin.is_some()
    }

    /// Logs in: with this token, else by running the plugin (once), else with what the kubeconfig has.
    /// Sends nothing yet.
    ///
    /// # Errors
    /// [`ConnectError`] where the plugin gives no credential, or a certificate can't be used.
    pub(crate) async fn open(&self, token: Option<String>, limits: Limits) -> Result<Api, ConnectError> {
        let mut config = self.config.clone();
        let credential = match (token, &self.plugin) {
            (Some(token), _) => Credential { token: Some(token), ..Credential::default() },
            (None, Some(plugin)) => plugin.run(limits.left()).await?,
            (None, None) => Credential::default(),
        };
        if let Some(token) = credential.token.filter(|token| !token.trim().is_empty()) {
            config.auth_info.token = Some(token.trim().to_owned().into());
        }
        if let (Some(certificate), Some(key)) = (credential.client_certificate_data, credential.client_key_data) {
            config.auth_info.client_certificate_data = Some(STANDARD.encode(certificate));
            config.auth_info.client_key_data = Some(STANDARD.encode(key).into());
        }
        let token = config.auth_info.token.as_ref().map(ExposeSecret::expose_secret);
        if token.is_some_and(|token| token.bytes().any(|byte| !byte.is_ascii_graphic())) {
            // The client panics on a token that can't stand in a header.
            return Err(ConnectError::BadUser { user: self.user.clone(), what: "the token", problem: "can't be used" });
        }
        Api::new(config, limits, &self.user)
    }

    /// From a context of a kubeconfig.
    fn from_kubeconfig(kubeconfig: &Kubeconfig, options: &Options) -> Result<Self, ConnectError> {
        let chosen = choose_cluster(kubeconfig, options)?;
        let token_request = token_request(&chosen);
        let identity = identify(&chosen, options.cluster.as_deref(), token_request.as_ref());
        let Chosen { context, namespace, cluster_name, cluster, user_name, mut user } = chosen;
        if let Some(provider) = user.auth_provider.take() {
            return Err(ConnectError::AuthProvider { user: user_name, provider: provider.name });
        }
        let profile = user.exec.as_ref().and_then(profile_of);
        let exec = user.exec.take();
        let plugin = exec.map(|exec| plugin(exec, &user_name, &cluster, profile.clone()));
        let config = configure(&cluster_name, &cluster, user, options)?;
        let region = identity.region.clone();
        Ok(Self {
            context: Some(context),
            server: shown(&config.cluster_url),
            namespace: namespace.unwrap_or_else(|| "default".to_owned()),
            user: user_name,
            identity,
            profile,
            config,
            plugin,
            token_request: token_request
                .filter(|_| !options.no_native_token)
                .map(|request| TokenRequest { region: request.region.or(region), ..request }),
        })
    }

    /// From inside a pod.
    fn in_cluster(options: &Options, files: &Files) -> Result<Self, ConnectError> {
        let none = || ConnectError::NoKubeconfig { looked: files.names() };
        if options.context.is_some() {
            return Err(none());
        }
        let mut config = kube::Config::incluster().map_err(|_| none())?;
        config.auth_info.impersonate.clone_from(&options.impersonate);
        config.proxy_url = None;
        Ok(Self {
            context: None,
            server: shown(&config.cluster_url),
            namespace: config.default_namespace.clone(),
            user: String::new(),
            identity: ClusterIdentity { name: options.cluster.clone(), ..ClusterIdentity::default() },
            profile: None,
            config,
            plugin: None,
            token_request: None,
        })
    }
}

/// Without the configuration and the plugin: they hold tokens and passwords.
impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("context", &self.context).field("server", &self.server).finish_non_exhaustive()
    }
}

/// The context that is meant: the one that is named, else the current one, unless `--cluster` names a cluster
/// that another context is of.
fn choose_cluster(kubeconfig: &Kubeconfig, options: &Options) -> Result<Chosen, ConnectError> {
    let chosen = choose(kubeconfig, options.context.as_deref());
    let Some(wanted) = options.cluster.as_deref().filter(|_| options.context.is_none()) else { return chosen };
    let name_of = |chosen: &Chosen| identify(chosen, None, token_request(chosen).as_ref()).name;
    let current = match chosen {
        Ok(chosen) => match name_of(&chosen) {
            Some(name) if name != wanted => Some((chosen.context, name)),
            // A context whose cluster has no name that we know may well be the one that is meant.
            Some(_) | None => return Ok(chosen),
        },
        Err(_) => None,
    };
    let contexts = kubeconfig.contexts.iter().filter_map(|entry| choose(kubeconfig, Some(&entry.name)).ok());
    let mut fitting = contexts.filter(|chosen| name_of(chosen).as_deref() == Some(wanted));
    let (context, other) = current.unwrap_or_default();
    fitting.next().ok_or_else(|| ConnectError::OtherCluster { cluster: wanted.to_owned(), context, other })
}

/// What the exec entry asks for, if it is a plugin that we know.
fn token_request(chosen: &Chosen) -> Option<TokenRequest> {
    let exec = chosen.user.exec.as_ref()?;
    let arguments = exec.args.as_deref().unwrap_or_default();
    TokenRequest::parse(exec.command.as_deref()?, arguments, &variables(exec))
}

/// What the names tell about a cluster, the surest first.
fn identify(chosen: &Chosen, given: Option<&str>, request: Option<&TokenRequest>) -> ClusterIdentity {
    let given = ClusterIdentity { name: given.map(str::to_owned), ..ClusterIdentity::default() };
    let requested = request.map(|request| ClusterIdentity {
        name: request.is_name.then(|| request.cluster_id.clone()),
        ..request.region.as_deref().map(ClusterIdentity::in_region).unwrap_or_default()
    });
    let names = [&chosen.cluster_name, &chosen.context, &chosen.user_name];
    let arn = names.iter().find_map(|name| ClusterIdentity::of_arn(name));
    let eksctl = names.iter().find_map(|name| ClusterIdentity::of_eksctl(name));
    let server = chosen.cluster.server.as_deref().and_then(ClusterIdentity::of_server);
    [arn, requested, eksctl, server].into_iter().flatten().fold(given, ClusterIdentity::or)
}
