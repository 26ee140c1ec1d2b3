//! Which cluster, and how to log in to it.

use super::api::{Api, Limits};
use super::error::ConnectError;
use super::identity::ClusterIdentity;
use super::kubeconfig::{Chosen, Files, choose};
use super::plugin::{Credential, Plugin};
use super::proxy::proxy;
use crate::collect::eks_token::TokenRequest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use irsa_doctor_checks::snapshot::EksCluster;
use kube::config::{AuthInfo, Cluster, ExecConfig, Kubeconfig};
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
#[derive(Debug, Clone)]
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

/// The AWS profile that an exec entry uses, whatever it runs.
fn profile_of(exec: &ExecConfig) -> Option<String> {
    let arguments = exec.args.as_deref().unwrap_or_default();
    let after = arguments.iter().position(|argument| argument == "--profile").and_then(|at| arguments.get(at + 1)).cloned();
    let joined = || arguments.iter().find_map(|argument| argument.strip_prefix("--profile=").map(str::to_owned));
    let variables = variables(exec);
    let variable = || variables.get("AWS_PROFILE").or_else(|| variables.get("AWS_DEFAULT_PROFILE")).cloned();
    after.or_else(joined).or_else(variable).filter(|profile| !profile.is_empty())
}

/// An exec entry's variables.
fn variables(exec: &ExecConfig) -> BTreeMap<String, String> {
    let entries = exec.env.as_deref().unwrap_or_default();
    entries.iter().filter_map(|entry| Some((entry.get("name")?.clone(), entry.get("value")?.clone()))).collect()
}

/// The plugin of an exec entry.
fn plugin(exec: ExecConfig, user: &str, cluster: &Cluster, profile: Option<String>) -> Plugin {
    let variables = variables(&exec);
    let version = exec.api_version.unwrap_or_else(|| "client.authentication.k8s.io/v1beta1".to_owned());
    let mut spec = serde_json::json!({ "interactive": false });
    if exec.provide_cluster_info {
        if let Some(spec) = spec.as_object_mut() {
            spec.insert("cluster".to_owned(), cluster_info(cluster));
        }
    }
    let info = serde_json::json!({ "apiVersion": version, "kind": "ExecCredential", "spec": spec });
    Plugin {
        user: user.to_owned(),
        command: exec.command.unwrap_or_default(),
        arguments: exec.args.unwrap_or_default(),
        variables,
        info: info.to_string(),
        profile,
    }
}

/// What a plugin with `provideClusterInfo` is told of the cluster.
fn cluster_info(cluster: &Cluster) -> serde_json::Value {
    let extensions = cluster.extensions.as_deref().unwrap_or_default();
    let config = extensions.iter().find(|extension| extension.name == "client.authentication.k8s.io/exec");
    let info = serde_json::json!({
        "server": cluster.server,
        "tls-server-name": cluster.tls_server_name,
        "insecure-skip-tls-verify": cluster.insecure_skip_tls_verify,
        "certificate-authority-data": cluster.certificate_authority_data,
        "proxy-url": cluster.proxy_url,
        "config": config.map(|config| &config.extension),
    });
    match info {
        serde_json::Value::Object(map) => map.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        other => other,
    }
}

/// The client's configuration.
fn configure(name: &str, cluster: &Cluster, user: AuthInfo, options: &Options) -> Result<kube::Config, ConnectError> {
    let bad = |what, problem: &str| ConnectError::BadCluster { cluster: name.to_owned(), what, problem: problem.to_owned() };
    let server = cluster.server.as_deref().filter(|server| !server.is_empty()).ok_or_else(|| bad("the server", "is missing"))?;
    let server = if server.contains("://") { server.to_owned() } else { format!("https://{server}") };
    let uri: http::Uri = server.parse().map_err(|_| bad("the server", "is not a URL"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none_or(str::is_empty) {
        return Err(bad("the server", "is not an http or https URL"));
    }
    let proxy_url = proxy(cluster.proxy_url.as_deref(), &uri, &options.environment)?;
    let mut config = kube::Config::new(uri);
    config.proxy_url = proxy_url;
    config.root_cert = certificate_authority(cluster).map_err(|problem| bad("the CA", &problem))?;
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
    config.tls_server_name.clone_from(&cluster.tls_server_name);
    config.disable_compression = cluster.disable_compression.unwrap_or(false);
    config.auth_info = user;
    if let Some(impersonate) = &options.impersonate {
        config.auth_info.impersonate = Some(impersonate.clone());
        config.auth_info.impersonate_uid = None;
        config.auth_info.impersonate_groups = None;
        config.auth_info.impersonate_user_extra = None;
    }
    Ok(config)
}

/// The CA's certificates (DER); `None` is the system's trust store.
fn certificate_authority(cluster: &Cluster) -> Result<Option<Vec<Vec<u8>>>, String> {
    let pem = if let Some(data) = cluster.certificate_authority_data.as_deref().filter(|data| !data.is_empty()) {
        let data: String = data.split_whitespace().collect();
        let bytes = STANDARD.decode(data).map_err(|_| "is not base64")?;
        String::from_utf8(bytes).map_err(|_| "is not PEM")?
    } else if let Some(path) = cluster.certificate_authority.as_deref().filter(|path| !path.is_empty()) {
        std::fs::read_to_string(path).map_err(|error| format!("can't be read from `{path}`: {}", error.kind()))?
    } else {
        return Ok(None);
    };
    let mut certificates = Vec::new();
    for block in pem.split("-----BEGIN CERTIFICATE-----").skip(1) {
        let body = block.split("-----END CERTIFICATE-----").next().unwrap_or_default();
        let body: String = body.split_whitespace().collect();
        certificates.push(STANDARD.decode(body).map_err(|_| "is not PEM")?);
    }
    if certificates.is_empty() { Err("holds no certificate".to_owned()) } else { Ok(Some(certificates)) }
}

/// A server's URL as it may be shown: without user and password.
fn shown(uri: &http::Uri) -> String {
    let text = uri.to_string();
    let text = text.strip_suffix('/').unwrap_or(&text);
    match (text.split_once("://"), uri.authority()) {
        (Some((scheme, rest)), Some(authority)) if authority.as_str().contains('@') => {
            let path = rest.strip_prefix(authority.as_str()).unwrap_or_default();
            let host = authority.as_str().rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        _ => text.to_owned(),
    }
}
