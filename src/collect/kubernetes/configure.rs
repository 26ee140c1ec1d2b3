//! From a cluster's and a user's entry to the client's configuration.
//!
//! kube's own way from a kubeconfig reads the proxy's variables wrongly, and its errors say too much.

use super::connection::Options;
use super::error::ConnectError;
use super::proxy::proxy;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kube::config::{AuthInfo, Cluster};

/// The client's configuration.
pub(super) fn configure(name: &str, cluster: &Cluster, user: AuthInfo, options: &Options) -> Result<kube::Config, ConnectError> {
    let bad = |what, problem: &str| ConnectError::BadCluster { cluster: name.to_owned(), what, problem: problem.to_owned() };
    let server = cluster.server.as_deref().filter(|server| !server.is_empty()).ok_or_else(|| bad("the server", "is missing"))?;
    let server = if server.contains("://") { server.to_owned() } else { format!("https://{server}") };
    let uri: http::Uri = server.parse().map_err(|_| bad("the server", "is not a URL"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none_or(str::is_empty) {
        return Err(bad("the server", "is not an http or https URL"));
    }
    let proxy_url = proxy(cluster.proxy_url.as_deref(), &uri, &options.environment)?;
    let plain = uri.scheme_str() == Some("http") && proxy_url.is_none();
    let mut config = kube::Config::new(uri);
    config.proxy_url = proxy_url;
    config.root_cert = certificate_authority(cluster).map_err(|problem| bad("the CA", &problem))?;
    if plain {
        // Without TLS nobody needs the system's trust store, which takes as long to read as many an answer.
        config.root_cert.get_or_insert_default();
    }
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

/// A server's URL as it may be shown: without user, password and query.
pub(super) fn shown(uri: &http::Uri) -> String {
    let text = uri.to_string();
    let text = text.split('?').next().unwrap_or_default();
    let text = text.strip_suffix('/').unwrap_or(text);
    match (text.split_once("://"), uri.authority()) {
        (Some((scheme, rest)), Some(authority)) if authority.as_str().contains('@') => {
            let path = rest.strip_prefix(authority.as_str()).unwrap_or_default();
            let host = authority.as_str().rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        _ => text.to_owned(),
    }
}
