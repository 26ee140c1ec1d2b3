//! The recorded scenarios under `tests/scenarios/recordings`; their README says what is in them.

mod expect;
mod serve;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use self::expect::{Expect, IdentityExpect, Mentions};
pub use self::serve::Served;
use crate::aws::Accounts;
use crate::fault::{Effect, Fault};

/// A scenario: what is in the cluster and the accounts, what to run, and the right answer.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The folder's name.
    pub name: String,
    /// `kubernetes.json`: the objects of the scenario's namespace.
    pub objects: Vec<Value>,
    /// `webhook.json`; `None`: there was none.
    pub webhook: Option<Value>,
    /// `iam.json`.
    pub accounts: Accounts,
    /// `scenario.json`.
    pub scenario: Scenario,
    /// `expect.json`.
    pub expect: Expect,
}

/// What sort of scenario it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Broken, or worth a warning or a note.
    Fault,
    /// Looks wrong to naive tools, and works.
    Healthy,
    /// Evidence is withheld.
    Unknown,
    /// No report, but an exit code and an error document.
    Refusal,
}

/// Whether the API server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApiServer {
    /// It does.
    Ok,
    /// Its port refuses connections.
    Unreachable,
}

/// `scenario.json`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The sort of scenario.
    pub kind: Kind,
    /// The arguments.
    pub command: Vec<String>,
    /// Whether the API server answers.
    pub api_server: ApiServer,
    /// The namespace.
    pub namespace: String,
    /// The cluster's issuer.
    pub issuer: String,
    /// The cluster's region.
    pub region: String,
    /// The partition.
    pub partition: String,
    /// The cluster's name.
    pub cluster: String,
    /// What `DescribeCluster` says besides.
    #[serde(default)]
    pub describe_cluster: Map<String, Value>,
    /// The AWS calls that fail.
    #[serde(default)]
    pub aws: Vec<AwsFault>,
    /// What is special about the Kubernetes API.
    #[serde(default)]
    pub kubernetes: KubernetesSettings,
    /// Paths (patterns) of objects that aren't there.
    #[serde(default)]
    pub hide: Vec<String>,
}

/// An AWS call that fails.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwsFault {
    /// A pattern on `service:Operation`.
    pub op: String,
    /// The status.
    pub status: u16,
    /// The error code.
    #[serde(default)]
    pub code: Option<String>,
    /// The message; without one AWS' own.
    #[serde(default)]
    pub message: Option<String>,
}

/// What is special about the Kubernetes API.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KubernetesSettings {
    /// The paths that fail.
    #[serde(default)]
    pub faults: Vec<PathFault>,
    /// What `/version` says in place of the usual.
    #[serde(default)]
    pub version: Option<Value>,
    /// Paths (patterns) of objects that aren't there.
    #[serde(default)]
    pub hide: Vec<String>,
}

/// A path of the Kubernetes API that fails.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathFault {
    /// A pattern on the path.
    pub path: String,
    /// The status.
    pub status: u16,
}

impl Recording {
    /// Loads the scenario of this name.
    ///
    /// # Panics
    /// When it isn't there or isn't in the README's shape.
    pub fn load(name: &str) -> Self {
        let folder = folder().join(name);
        Self {
            name: name.to_owned(),
            objects: read(&folder.join("kubernetes.json")),
            webhook: read(&folder.join("webhook.json")),
            accounts: read(&folder.join("iam.json")),
            scenario: read(&folder.join("scenario.json")),
            expect: read(&folder.join("expect.json")),
        }
    }

    /// All scenarios, by name.
    ///
    /// # Panics
    /// As [`Recording::load`].
    pub fn all() -> Vec<Self> {
        Self::names().iter().map(|name| Self::load(name)).collect()
    }

    /// The names of all scenarios, sorted.
    ///
    /// # Panics
    /// When the folder can't be read.
    pub fn names() -> Vec<String> {
        let entries = std::fs::read_dir(folder()).expect("the folder of recordings");
        let paths = entries.map(|entry| entry.expect("an entry of the folder of recordings").path());
        let mut names: Vec<String> = paths
            .filter(|path| path.join("scenario.json").exists())
            .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
            .collect();
        names.sort();
        names
    }

    /// All objects of the cluster: those of the scenario, what all clusters have, and the webhook configuration.
    pub fn cluster_objects(&self) -> Vec<Value> {
        let common = common(&self.scenario.partition, "objects.json");
        let common = common.as_array().cloned().unwrap_or_default();
        common.into_iter().chain(self.objects.clone()).chain(self.webhook.clone()).collect()
    }

    /// The faults of the AWS side.
    pub fn aws_faults(&self) -> Vec<Fault> {
        let effect =
            |fault: &AwsFault| Effect::Error { status: fault.status, code: fault.code.clone(), message: fault.message.clone() };
        self.scenario.aws.iter().map(|fault| Fault::new(&fault.op, effect(fault))).collect()
    }

    /// The faults of the Kubernetes side.
    pub fn kubernetes_faults(&self) -> Vec<Fault> {
        let faults = &self.scenario.kubernetes.faults;
        faults.iter().map(|fault| Fault::status(&fault.path, fault.status)).collect()
    }

    /// Starts the servers and writes the configuration files.
    pub fn serve(&self) -> Served {
        Served::start(self)
    }
}

/// A document that all scenarios of a partition share.
///
/// # Panics
/// When it isn't there. `aws` stands in for partitions that were not recorded.
pub(crate) fn common(partition: &str, file: &str) -> Value {
    let folder = folder().join("common");
    let own = folder.join(partition).join(file);
    read(&if own.exists() { own } else { folder.join("aws").join(file) })
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/recordings")
}

fn read<T: DeserializeOwned>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A map of lists, as `expect.json` has some.
pub(crate) type OneOf = BTreeMap<String, Vec<String>>;

#[cfg(test)]
mod tests;
