//! The collector against an API server in this process, and against everything that can go wrong with one.

mod answers;
mod config;
mod lists;
#[cfg(unix)]
mod plugins;

use super::{Api, Connection, Limits, Options};
use irsa_doctor_checks::snapshot::{Gap, GapCause, Observed};
use irsa_doctor_test_support::{KubernetesApi, TempDir};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Limits that keep a test short.
const LIMITS: Limits = Limits { call: Duration::from_secs(2), deadline: None };

/// Options with an environment in which nothing is set.
fn options(kubeconfig: impl Into<PathBuf>) -> Options {
    Options { kubeconfig: Some(kubeconfig.into()), ..Options::default() }
}

/// Options with these variables and no flag.
fn environment(variables: &[(&str, &str)]) -> Options {
    let environment: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Options { environment, ..Options::default() }
}

/// A kubeconfig with one context, whose user is `user` (a YAML flow mapping).
fn kubeconfig(server: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: here\nclusters: [{{name: c, cluster: {{server: \"{server}\"}}}}]\n\
         contexts: [{{name: here, context: {{cluster: c, user: u, namespace: shop}}}}]\nusers: [{{name: u, user: {user}}}]\n"
    )
}

/// A client of a server.
async fn open(server: &KubernetesApi, limits: Limits) -> Api {
    let folder = TempDir::new();
    let file = folder.write("config", &kubeconfig(&server.url(), "{token: t0ken}"));
    Connection::load(&options(file)).unwrap().open(None, limits).await.unwrap()
}

/// A pod as the API gives it.
fn pod(namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": {"app": "a"}},
        "spec": {"serviceAccountName": "api", "containers": [{"name": "main", "image": "i", "env": [{"name": "PASSWORD", "value": "hunter2"}]}]},
        "status": {"phase": "Running"}
    })
}

/// A service account as the API gives it.
fn service_account(namespace: &str, name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}})
}

/// The gap of an answer that must be one, with this cause.
#[track_caller]
fn gap_of<T: std::fmt::Debug>(observed: &Observed<T>, cause: GapCause) -> Gap {
    let gap = observed.gap().unwrap_or_else(|| panic!("no gap: {observed:?}")).clone();
    assert_eq!(gap.cause, cause, "{gap:?}");
    gap
}
