//! What is in the accounts, in the shape of the recordings' `iam.json`.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// A policy document: its text, as it was written. It need not be JSON.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Document(pub String);

impl From<Value> for Document {
    fn from(value: Value) -> Self {
        Self(value.to_string())
    }
}

impl From<&str> for Document {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self(dedent(raw.get())))
    }
}

/// Takes away the indentation that a document has only because it stands inside of another one. JSON has no line
/// breaks inside of strings, so nothing else changes.
fn dedent(text: &str) -> String {
    let spaces = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let depth = text.lines().last().map_or(0, spaces);
    let lines: Vec<&str> = text.lines().map(|line| &line[spaces(line).min(depth)..]).collect();
    lines.join("\n")
}

/// All accounts, by id.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accounts {
    /// The accounts.
    pub accounts: BTreeMap<String, Account>,
    /// Texts in place of documents: `role/NAME` is a trust policy, `role/NAME/POLICY` an inline policy, `policy/NAME`
    /// the default version of a managed one.
    #[serde(default)]
    pub raw_documents: BTreeMap<String, String>,
}

impl Accounts {
    /// One account with these roles and the usual provider.
    pub fn single(id: &str, roles: Vec<Role>) -> Self {
        let account = Account { roles, ..Account::default() };
        Self { accounts: BTreeMap::from([(id.to_owned(), account)]), raw_documents: BTreeMap::new() }
    }
}

/// One account.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The roles.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// The OIDC providers; `None` is one for the cluster's issuer with the client id `sts.amazonaws.com`.
    #[serde(default)]
    pub providers: Option<Vec<Provider>>,
    /// The Pod Identity associations of the cluster in this account.
    #[serde(default)]
    pub associations: Vec<Association>,
    /// The add-ons of the cluster in this account: a name or what `DescribeAddon` gives; `None` is the usual ones with
    /// the Pod Identity agent.
    #[serde(default)]
    pub addons: Option<Vec<Value>>,
    /// Customer managed policies besides those that a role brings.
    #[serde(default)]
    pub policies: BTreeMap<String, Document>,
}

/// A role.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The name.
    pub name: String,
    /// The path, with a slash at both ends.
    #[serde(default = "root_path")]
    pub path: String,
    /// The trust policy.
    pub trust: Document,
    /// The attached policies.
    #[serde(default)]
    pub attached: Attached,
    /// The inline policies.
    #[serde(default)]
    pub inline: BTreeMap<String, Document>,
    /// The permission boundary: a policy of the account by name, or an ARN.
    #[serde(default)]
    pub boundary: Option<String>,
    /// The tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// By name of a managed policy a version that is newer than the default one.
    #[serde(default)]
    pub versions: BTreeMap<String, Document>,
    /// When the role was last used, if ever: an ISO 8601 time.
    #[serde(default)]
    pub last_used: Option<String>,
    /// `MaxSessionDuration` in seconds.
    #[serde(default = "hour")]
    pub max_session_duration: u32,
}

impl Role {
    /// A role at path `/` with this trust policy and nothing else.
    pub fn new(name: &str, trust: impl Into<Document>) -> Self {
        Self {
            name: name.to_owned(),
            path: root_path(),
            trust: trust.into(),
            attached: Attached::default(),
            inline: BTreeMap::new(),
            boundary: None,
            tags: BTreeMap::new(),
            versions: BTreeMap::new(),
            last_used: None,
            max_session_duration: hour(),
        }
    }

    /// Adds a customer managed policy.
    #[must_use]
    pub fn attach(mut self, name: &str, document: impl Into<Document>) -> Self {
        self.attached.customer.insert(name.to_owned(), document.into());
        self
    }
}

fn root_path() -> String {
    "/".to_owned()
}

fn hour() -> u32 {
    3600
}

/// The attached policies: in JSON a map of customer managed policies, or a list of ARNs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attached {
    /// Customer managed policies by name.
    pub customer: BTreeMap<String, Document>,
    /// Policies by ARN, those of AWS as a rule.
    pub arns: Vec<String>,
}

impl<'de> Deserialize<'de> for Attached {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MapOrList;
        impl<'de> Visitor<'de> for MapOrList {
            type Value = Attached;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map of policies or a list of ARNs")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Attached, M::Error> {
                let mut attached = Attached::default();
                while let Some((name, document)) = map.next_entry()? {
                    attached.customer.insert(name, document);
                }
                Ok(attached)
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Attached, S::Error> {
                let mut attached = Attached::default();
                while let Some(arn) = list.next_element()? {
                    attached.arns.push(arn);
                }
                Ok(attached)
            }
        }
        deserializer.deserialize_any(MapOrList)
    }
}

/// An OIDC provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The issuer's URL, with `https://`.
    pub url: String,
    /// The client ids (audiences).
    pub client_ids: Vec<String>,
    /// The thumbprints.
    #[serde(default)]
    pub thumbprints: Vec<String>,
    /// The tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// A Pod Identity association, in the words of `DescribePodIdentityAssociation`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Association {
    /// The namespace.
    pub namespace: String,
    /// The service account.
    pub service_account: String,
    /// All else: `roleArn`, `targetRoleArn`, `disableSessionTags`, `externalId`, `policy`, ...
    #[serde(flatten)]
    pub fields: serde_json::Map<String, Value>,
}
