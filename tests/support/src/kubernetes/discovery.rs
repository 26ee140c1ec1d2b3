//! What stands outside of the resources: version, issuer, discovery.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::resource::{ARGO_GROUP, RESOURCES};
use crate::http::Response;
use crate::recording;

/// The documents by path.
#[derive(Debug, Clone)]
pub(crate) struct Documents(BTreeMap<String, Value>);

const VERSION: &str = "/version";
const OPENID: &str = "/.well-known/openid-configuration";

impl Documents {
    /// What was recorded in `common/PARTITION`, and the groups that the recorder left out.
    pub(crate) fn load(partition: &str) -> Self {
        let mut documents: BTreeMap<String, Value> =
            serde_json::from_value(recording::common(partition, "discovery.json")).expect("discovery is an object");
        documents.insert(VERSION.to_owned(), recording::common(partition, "version.json"));
        documents.insert(OPENID.to_owned(), recording::common(partition, "openid-configuration.json"));
        for resource in RESOURCES {
            let root = if resource.group.is_empty() { "/api" } else { "/apis" };
            let path = format!("{root}/{}", resource.api_version());
            documents.entry(path).or_insert_with(|| resource_list(resource.group, resource.version));
        }
        // The other groups exist, but nothing of them is served.
        let groups = documents["/apis"]["groups"].as_array().cloned().unwrap_or_default();
        for version in groups.iter().filter_map(|group| group["versions"].as_array()).flatten() {
            let version = version["groupVersion"].as_str().unwrap_or_default();
            let (group, version) = version.split_once('/').unwrap_or(("", version));
            documents.entry(format!("/apis/{group}/{version}")).or_insert_with(|| resource_list(group, version));
        }
        Self(documents)
    }

    pub(crate) fn set_version(&mut self, fields: &Value) {
        let version = self.0.entry(VERSION.to_owned()).or_insert_with(|| json!({}));
        for (key, value) in fields.as_object().into_iter().flatten() {
            version[key.as_str()] = value.clone();
        }
    }

    pub(crate) fn set_issuer(&mut self, issuer: &str) {
        self.0.entry(OPENID.to_owned()).or_insert_with(|| json!({}))["issuer"] = json!(issuer);
    }

    /// The document at `path`, if there is one.
    pub(crate) fn answer(&self, path: &str, rollouts: bool) -> Option<Response> {
        if matches!(path, "/healthz" | "/livez" | "/readyz") {
            return Some(Response::new(200, "text/plain; charset=utf-8", "ok"));
        }
        if path.starts_with(&format!("/apis/{ARGO_GROUP}")) && !rollouts {
            return None;
        }
        let mut document = self.0.get(path.trim_end_matches('/'))?.clone();
        if path == "/apis" && rollouts {
            let version = json!({"groupVersion": format!("{ARGO_GROUP}/v1alpha1"), "version": "v1alpha1"});
            let group = json!({"name": ARGO_GROUP, "versions": [version], "preferredVersion": version});
            if let Some(groups) = document["groups"].as_array_mut() {
                groups.push(group);
            }
        }
        Some(Response::json(200, &document))
    }
}

fn resource_list(group: &str, version: &str) -> Value {
    let inside = RESOURCES.iter().filter(|resource| resource.group == group && resource.version == version);
    let resources: Vec<Value> = inside
        .map(|resource| {
            json!({
                "name": resource.plural, "singularName": resource.kind.to_lowercase(), "namespaced": resource.namespaced,
                "kind": resource.kind, "verbs": ["create", "delete", "get", "list", "patch", "update", "watch"],
            })
        })
        .collect();
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": resources})
}
