//! Object metadata, and which annotation values are kept.

use super::is_default;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// An object's metadata.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct Metadata {
    /// The name.
    pub name: String,
    /// The namespace, where the kind has one.
    #[serde(skip_serializing_if = "is_default")]
    pub namespace: Option<String>,
    /// The unique id.
    #[serde(skip_serializing_if = "is_default")]
    pub uid: Option<String>,
    /// When it was made, RFC 3339.
    #[serde(skip_serializing_if = "is_default")]
    pub creation_timestamp: Option<String>,
    /// Since when it is being deleted.
    #[serde(skip_serializing_if = "is_default")]
    pub deletion_timestamp: Option<String>,
    /// Labels.
    #[serde(skip_serializing_if = "is_default")]
    pub labels: BTreeMap<String, String>,
    /// Annotations: every key, but a value only where it can decide something: `eks.amazonaws.com/*`,
    /// `iam.amazonaws.com/*` and what nearly is one of these, values shaped like an ARN, the marks of
    /// known owners, and a few of Kubernetes' own. `None` is a value that was left out:
    /// `kubectl.kubernetes.io/last-applied-configuration` holds whole specs with their secrets.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "kept_annotations")]
    pub annotations: BTreeMap<String, Option<String>>,
    /// Owners.
    #[serde(skip_serializing_if = "is_default")]
    pub owner_references: Vec<OwnerReference>,
    /// Who wrote which annotations and when; of other fields nothing is kept.
    #[serde(skip_serializing_if = "is_default")]
    pub managed_fields: Vec<FieldsManager>,
}

impl Metadata {
    /// An annotation's value, where it is there and was kept.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.get(key).and_then(Option::as_deref)
    }
}

/// An owner of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct OwnerReference {
    /// The API version.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// The name.
    pub name: String,
    /// The unique id.
    pub uid: String,
    /// Whether this owner is the controller.
    #[serde(skip_serializing_if = "is_default")]
    pub controller: Option<bool>,
}

/// One entry of `managedFields`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct FieldsManager {
    /// Who.
    pub manager: String,
    /// `Apply` or `Update`.
    pub operation: String,
    /// When it last changed any of its fields, RFC 3339.
    #[serde(skip_serializing_if = "is_default")]
    pub time: Option<String>,
    /// The subresource, where it was written through one.
    #[serde(skip_serializing_if = "is_default")]
    pub subresource: Option<String>,
    /// Which annotations; null where it wrote none.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "metadata_fields")]
    pub fields_v1: Value,
}

impl FieldsManager {
    /// Whether this manager owns the annotation.
    pub fn owns_annotation(&self, key: &str) -> bool {
        self.fields_v1
            .get("f:metadata")
            .and_then(|metadata| metadata.get("f:annotations"))
            .and_then(|annotations| annotations.get(format!("f:{key}")))
            .is_some()
    }
}

/// Keeps of `fieldsV1` what says who wrote an annotation. In a large cluster the rest would be most of what is kept.
fn metadata_fields<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Fields {
        #[serde(rename = "f:metadata")]
        metadata: Option<OfMetadata>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct OfMetadata {
        #[serde(rename = "f:annotations")]
        annotations: Option<Value>,
    }
    let fields = Option::<Fields>::deserialize(deserializer)?;
    let annotations = fields.and_then(|fields| fields.metadata?.annotations);
    Ok(annotations.map_or(Value::Null, |annotations| serde_json::json!({ "f:metadata": { "f:annotations": annotations } })))
}

/// Drops the values that no check reads.
fn kept_annotations<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Option<String>>, D::Error> {
    let all = BTreeMap::<String, Option<String>>::deserialize(deserializer)?;
    Ok(all
        .into_iter()
        .map(|(key, value)| {
            let value = value.filter(|value| is_kept(&key, value));
            (key, value)
        })
        .collect())
}

/// Keys whose values are marks of an owner or of the scheduler, and never secret.
const KEPT_KEYS: &[&str] = &[
    "meta.helm.sh/release-name",
    "meta.helm.sh/release-namespace",
    "argocd.argoproj.io/tracking-id",
    "argocd.argoproj.io/instance",
    "kustomize.toolkit.fluxcd.io/name",
    "kustomize.toolkit.fluxcd.io/namespace",
    "helm.toolkit.fluxcd.io/name",
    "helm.toolkit.fluxcd.io/namespace",
    "kubectl.kubernetes.io/default-container",
    "kubectl.kubernetes.io/restartedAt",
    "deployment.kubernetes.io/revision",
    "irsa-doctor.io/ignore",
    "cert-manager.io/inject-ca-from",
];

/// A value longer than this is not kept, whatever its key (a role's ARN is at most 2,048 characters).
const LONGEST_VALUE: usize = 4096;

/// Whether the value can decide something and cannot be a secret.
fn is_kept(key: &str, value: &str) -> bool {
    if value.len() > LONGEST_VALUE || key == "kubectl.kubernetes.io/last-applied-configuration" {
        return false;
    }
    let lower = key.to_ascii_lowercase();
    KEPT_KEYS.contains(&key)
        || lower.contains("amazonaws.com/")
        || lower.contains("amazon.com/")
        || lower.contains("eks.amazonaws")
        || lower.contains("role-arn")
        || lower.contains("rolearn")
        || lower.contains("role_arn")
        || value.trim().trim_matches(['"', '\'']).starts_with("arn:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_no_value_that_could_be_a_secret() {
        let metadata: Metadata = serde_json::from_value(serde_json::json!({
            "name": "x",
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": "{\"password\":\"hunter2\"} arn:",
                "example.com/token": "hunter2",
                "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/r",
                "eks.amazonaws.com/role_arn": "x",
                "mine": " arn:aws:iam::123456789012:role/r",
            }
        }))
        .unwrap();
        assert_eq!(metadata.annotation("example.com/token"), None);
        assert_eq!(metadata.annotation("kubectl.kubernetes.io/last-applied-configuration"), None);
        assert!(metadata.annotations.contains_key("example.com/token"), "the key is kept");
        assert_eq!(metadata.annotation("eks.amazonaws.com/role-arn"), Some("arn:aws:iam::123456789012:role/r"));
        assert_eq!(metadata.annotation("eks.amazonaws.com/role_arn"), Some("x"));
        assert!(metadata.annotation("mine").is_some());
    }

    #[test]
    fn a_value_that_is_too_long_or_kubectls_own_copy_is_never_kept() {
        let arn = |length: usize| format!("arn:{}", "x".repeat(length - 4));
        assert!(is_kept("mine", &arn(LONGEST_VALUE)));
        assert!(!is_kept("mine", &arn(LONGEST_VALUE + 1)));
        assert!(!is_kept("eks.amazonaws.com/role-arn", &arn(2 * LONGEST_VALUE)));
        assert!(!is_kept("kubectl.kubernetes.io/last-applied-configuration", "arn:"));
    }

    #[test]
    fn knows_who_wrote_an_annotation() {
        let manager: FieldsManager = serde_json::from_value(serde_json::json!({
            "manager": "helm", "operation": "Update", "time": "2026-01-01T00:00:00Z",
            "fieldsV1": {"f:metadata": {"f:annotations": {"f:eks.amazonaws.com/role-arn": {}}}, "f:spec": {"f:x": {}}}
        }))
        .unwrap();
        assert!(manager.owns_annotation("eks.amazonaws.com/role-arn"));
        assert!(!manager.owns_annotation("eks.amazonaws.com/audience"));
        assert!(manager.fields_v1.get("f:spec").is_none());
    }
}
