//! Environment variables: their names, where their values come from, and very few values.

use super::is_default;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The variables whose literal values are kept: none of them holds a credential.
/// (`AWS_CONTAINER_AUTHORIZATION_TOKEN` and the keys are not among them, and never will be.)
pub const READABLE_VARIABLES: &[&str] = &[
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_PROFILE",
    "AWS_DEFAULT_REGION",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_STS",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SDK_LOAD_CONFIG",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
];

/// One `env` entry of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "RawEnvVar", rename_all = "camelCase")]
pub struct EnvVar {
    /// The variable's name.
    pub name: String,
    /// Its literal value, if it is one of [`READABLE_VARIABLES`] (of a URL, without user and query).
    #[serde(default, skip_serializing_if = "is_default")]
    pub value: Option<String>,
    /// What is known of its literal value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub literal: Literal,
    /// Where its value comes from, if it isn't a literal.
    #[serde(default, skip_serializing_if = "is_default")]
    pub value_from: Option<Box<EnvVarSource>>,
}

impl EnvVar {
    /// Whether the variable is known to be empty: a literal without a character.
    pub fn is_empty(&self) -> bool {
        self.value_from.is_none() && matches!(self.literal, Literal::Empty | Literal::None)
    }
}

/// What is known of a literal value that isn't kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Literal {
    /// There is none.
    #[default]
    None,
    /// It is empty.
    Empty,
    /// It is set to something.
    Set,
}

/// Where a variable's value comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct EnvVarSource {
    /// A key of a secret.
    #[serde(skip_serializing_if = "is_default")]
    pub secret_key_ref: Option<KeyRef>,
    /// A key of a config map.
    #[serde(skip_serializing_if = "is_default")]
    pub config_map_key_ref: Option<KeyRef>,
    /// A field of the pod.
    #[serde(skip_serializing_if = "is_default")]
    pub field_ref: Option<FieldRef>,
}

/// A key of a secret or of a config map.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct KeyRef {
    /// The object's name.
    pub name: String,
    /// The key.
    pub key: String,
    /// Whether it may be missing.
    #[serde(skip_serializing_if = "is_default")]
    pub optional: Option<bool>,
}

/// A field of the pod.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct FieldRef {
    /// `metadata.name`, ...
    pub field_path: String,
}

/// One `envFrom` entry of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct EnvFromSource {
    /// What is put before each name.
    #[serde(skip_serializing_if = "is_default")]
    pub prefix: Option<String>,
    /// A secret.
    #[serde(skip_serializing_if = "is_default")]
    pub secret_ref: Option<NameRef>,
    /// A config map.
    #[serde(skip_serializing_if = "is_default")]
    pub config_map_ref: Option<NameRef>,
}

/// The name of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct NameRef {
    /// The name.
    pub name: String,
}

/// An entry as the API (or a bundle) gives it, before its value is dropped.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RawEnvVar {
    name: String,
    #[serde(default)]
    value: Option<String>,
    #[serde(default)]
    literal: Literal,
    #[serde(default)]
    value_from: Option<EnvVarSource>,
}

impl From<RawEnvVar> for EnvVar {
    fn from(raw: RawEnvVar) -> Self {
        let literal = match raw.value.as_deref() {
            Some("") => Literal::Empty,
            Some(_) => Literal::Set,
            None => raw.literal,
        };
        let value = raw.value.filter(|_| READABLE_VARIABLES.contains(&raw.name.as_str())).map(without_user_and_query);
        Self { name: raw.name, value, literal, value_from: raw.value_from.map(Box::new) }
    }
}

/// Drops what a URL could carry besides its address.
fn without_user_and_query(value: String) -> String {
    let Some((scheme, rest)) = value.split_once("://") else { return value };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let authority = rest.split('/').next().unwrap_or_default();
    let rest = match authority.rsplit_once('@') {
        Some((user, _)) => rest.get(user.len() + 1..).unwrap_or_default(),
        None => rest,
    };
    format!("{scheme}://{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &serde_json::Value) -> EnvVar {
        serde_json::from_value(json.clone()).unwrap()
    }

    #[test]
    fn keeps_no_secret_value() {
        let key = read(&serde_json::json!({"name": "AWS_SECRET_ACCESS_KEY", "value": "hunter2"}));
        assert_eq!((key.value.as_deref(), key.literal), (None, Literal::Set));
        assert!(!serde_json::to_string(&key).unwrap().contains("hunter2"));
        let empty = read(&serde_json::json!({"name": "AWS_ACCESS_KEY_ID", "value": ""}));
        assert!(empty.is_empty());
        let none = read(&serde_json::json!({"name": "AWS_ACCESS_KEY_ID"}));
        assert!(none.is_empty());
    }

    #[test]
    fn keeps_an_address_without_its_user() {
        let url = read(&serde_json::json!({"name": "AWS_ENDPOINT_URL", "value": "http://me:hunter2@minio:9000/x?token=hunter2"}));
        assert_eq!(url.value.as_deref(), Some("http://minio:9000/x"));
    }

    #[test]
    fn reads_back_what_it_wrote() {
        let key = read(&serde_json::json!({"name": "AWS_SECRET_ACCESS_KEY", "value": "hunter2"}));
        assert_eq!(read(&serde_json::to_value(&key).unwrap()), key);
    }
}
