//! A kubeconfig's exec entry: what it runs, with which variables, for which AWS profile.

use super::plugin::Plugin;
use kube::config::{Cluster, ExecConfig};
use std::collections::BTreeMap;

/// The AWS profile that an exec entry uses, whatever it runs.
pub(super) fn profile_of(exec: &ExecConfig) -> Option<String> {
    let arguments = exec.args.as_deref().unwrap_or_default();
    let after = arguments.iter().position(|argument| argument == "--profile").and_then(|at| arguments.get(at + 1)).cloned();
    let joined = || arguments.iter().find_map(|argument| argument.strip_prefix("--profile=").map(str::to_owned));
    let variables = variables(exec);
    let variable = || variables.get("AWS_PROFILE").or_else(|| variables.get("AWS_DEFAULT_PROFILE")).cloned();
    after.or_else(joined).or_else(variable).filter(|profile| !profile.is_empty())
}

/// An exec entry's variables.
pub(super) fn variables(exec: &ExecConfig) -> BTreeMap<String, String> {
    let entries = exec.env.as_deref().unwrap_or_default();
    entries.iter().filter_map(|entry| Some((entry.get("name")?.clone(), entry.get("value")?.clone()))).collect()
}

/// The plugin of an exec entry.
pub(super) fn plugin(exec: ExecConfig, user: &str, cluster: &Cluster, profile: Option<String>) -> Plugin {
    let variables = variables(&exec);
    let version = exec.api_version.unwrap_or_else(|| "client.authentication.k8s.io/v1beta1".to_owned());
    let mut spec = serde_json::json!({ "interactive": false });
    if exec.provide_cluster_info
        && let Some(spec) = spec.as_object_mut()
    {
        spec.insert("cluster".to_owned(), cluster_info(cluster));
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
