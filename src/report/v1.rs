//! The JSON report, version 1: its own types, frozen apart from the core's. They only grow.
//!
//! A field that is added later must be one that an older report may lack (an `Option`, or `#[serde(default)]`); a test
//! holds the schema against the one that was first published. Words that may grow (a stage, a cause) are plain strings
//! in the schema; consumers ignore fields and words that they don't know.

mod convert;
mod error;
mod finding;
mod overview;
mod runtime;
#[cfg(test)]
mod tests;

pub(crate) use error::ErrorReading;
pub(crate) use finding::Finding;
pub(crate) use overview::Overview;
pub(crate) use runtime::{SecondOpinion, Usage};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use std::collections::BTreeMap;

/// What `-o json` prints: a report, or why there is none.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "irsa-doctor report, version 1")]
#[expect(dead_code, reason = "the published schema is generated from it")]
pub(crate) enum Document {
    /// Exit codes 0, 1 and 3.
    Report(Box<Report<'static>>),
    /// Exit codes 2, 4 and 5.
    Error(ErrorDocument),
}

/// The published schema.
pub(crate) fn schema() -> Schema {
    SchemaGenerator::default().into_root_schema_for::<Document>()
}

/// Why there is no report.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ErrorDocument {
    /// 1.
    pub(crate) schema_version: u32,
    /// What happened.
    pub(crate) error: ErrorBody,
}

/// What kept a run from a report.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ErrorBody {
    /// A word for programs: `usage`, `bad-bundle`, `target-not-there`, ...
    pub(crate) code: String,
    /// What happened, in one line.
    pub(crate) message: String,
    /// What to do.
    pub(crate) help: Option<String>,
    /// Whether the same command may succeed later.
    pub(crate) retryable: bool,
}

/// All that one run has to say.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Report<'r> {
    /// 1.
    pub(crate) schema_version: u32,
    /// The run itself: all that varies from run to run.
    pub(crate) run: Run,
    /// The cluster; null where there are several.
    pub(crate) cluster: Option<Cluster>,
    /// The clusters, where there are several; each target names its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub(crate) clusters: Vec<ClusterPart>,
    /// Who we are to AWS.
    pub(crate) caller: Option<Caller>,
    /// Whether files were judged that are yet to be deployed: a verdict is then about what they say.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    pub(crate) from_files: bool,
    /// The worst verdict of the targets.
    pub(crate) verdict: Verdict,
    /// What is left of it after `--fail-on` and the like; the exit code follows it.
    pub(crate) gate: Gate,
    /// What was looked at.
    #[schemars(with = "Vec<Target>")]
    pub(crate) targets: Targets<'r>,
    /// How many findings were hidden from the gate.
    pub(crate) suppressed: usize,
    /// Totals.
    pub(crate) summary: Summary,
    /// Of a scan: all of it in one picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) overview: Option<Overview>,
}

/// The listed targets of a report, each made when it is written: those of a large cluster need not stand beside the
/// core's own.
#[derive(Debug)]
pub(crate) struct Targets<'r>(&'r irsa_doctor_checks::report::Report);

impl Serialize for Targets<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.listed().map(Target::from))
    }
}

/// The first of the JSON lines.
#[derive(Debug, Serialize)]
pub(crate) struct Head {
    schema_version: u32,
    run: Run,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    from_files: bool,
    cluster: Option<Cluster>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    clusters: Vec<ClusterPart>,
    caller: Option<Caller>,
}

/// The last of the JSON lines.
#[derive(Debug, Serialize)]
pub(crate) struct Tail {
    verdict: Verdict,
    gate: Gate,
    suppressed: usize,
    summary: Summary,
    over: usize,
    remarks: Vec<String>,
}

/// The run itself.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Run {
    /// `irsa-doctor`.
    pub(crate) tool: String,
    /// The tool's version.
    pub(crate) version: String,
    /// When the evidence was read, RFC 3339.
    pub(crate) collected_at: String,
    /// Requests made, retries included.
    pub(crate) calls: Calls,
    /// How long it took.
    pub(crate) seconds: f64,
    /// Whether somebody ended it before all was read (Ctrl-C).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    pub(crate) interrupted: bool,
}

/// Requests made, retries included.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Calls {
    /// To the API server.
    pub(crate) kubernetes: u64,
    /// To AWS.
    pub(crate) aws: u64,
}

/// The cluster.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Cluster {
    /// Its name in EKS.
    pub(crate) name: Option<String>,
    /// Its ARN.
    pub(crate) arn: Option<String>,
    /// The kubeconfig context.
    pub(crate) context: Option<String>,
    /// The API server.
    pub(crate) server: Option<String>,
    /// The API server's version.
    pub(crate) version: Option<String>,
    /// The region.
    pub(crate) region: Option<String>,
    /// The account that it lives in.
    pub(crate) account: Option<String>,
    /// The issuer of its tokens.
    pub(crate) issuer: Option<String>,
    /// Where that was read: `openid-configuration`, `describe-cluster`, `given`.
    pub(crate) issuer_source: Option<String>,
}

/// One of several clusters.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ClusterPart {
    /// Its key: the ARN, else the context's name. Targets and service accounts name it.
    pub(crate) key: String,
    /// What is known of it.
    pub(crate) cluster: Cluster,
    /// The worst verdict of its targets.
    pub(crate) verdict: Verdict,
    /// Its targets by verdict.
    pub(crate) targets: BTreeMap<String, usize>,
}

/// Who we are to AWS.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Caller {
    /// The ARN.
    pub(crate) arn: String,
    /// The account.
    pub(crate) account: String,
}

/// The truth about a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// Every link holds.
    Healthy,
    /// Every link holds; there are warnings.
    Degraded,
    /// A link is broken.
    Broken,
    /// No error was found, but a link that decides could not be looked at.
    Inconclusive,
    /// It asks nothing of AWS.
    NotApplicable,
}

/// Whether the gate lets it through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Gate {
    /// Exit code 0.
    Pass,
    /// Exit code 1.
    Fail,
    /// Exit code 3.
    Inconclusive,
}

/// All that is to be said of one target.
#[derive(Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the names are published")]
pub(crate) struct Target {
    /// What was looked at.
    pub(crate) target: Name,
    /// The truth.
    pub(crate) verdict: Verdict,
    /// The first link with an error.
    pub(crate) first_broken: Option<String>,
    /// An earlier link that is unknown.
    pub(crate) first_unknown: Option<String>,
    /// The verdict in one sentence.
    pub(crate) sentence: String,
    /// Why we think that it wants something from AWS.
    pub(crate) intent: Option<String>,
    /// The service account, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service_account: Option<String>,
    /// Of a workload: the pods that were judged, those of its current revision.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub(crate) pods: Vec<String>,
    /// Whom AWS sees, container by container.
    pub(crate) identities: Vec<Identity>,
    /// What the pasted error says (`--error`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error_reading: Option<ErrorReading>,
    /// The chain, link by link.
    pub(crate) checks: Vec<Check>,
    /// What is wrong, in chain order.
    pub(crate) findings: Vec<Finding>,
    /// What the role's own policies say of each asked action.
    pub(crate) decisions: Vec<Decision>,
    /// What could not be read.
    pub(crate) gaps: Vec<Gap>,
    /// Layers that nobody looked at.
    pub(crate) not_examined: Vec<String>,
    /// The chain for the role that new pods would get, where it is another one.
    pub(crate) after_restart: Option<AfterRestart>,
    /// What was counted, not judged.
    pub(crate) notes: Vec<String>,
    /// What to ask of whoever can see what we couldn't.
    pub(crate) hand_over: Vec<String>,
    /// What was seen of the role in use; it decides nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) usage: Option<Usage>,
}

/// What was looked at.
#[derive(Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the names are published")]
pub(crate) struct Name {
    /// `pod`, `serviceaccount`, `deployment`, `role`, ...
    pub(crate) kind: String,
    /// The namespace; null for a role.
    pub(crate) namespace: Option<String>,
    /// The name; the ARN of a role.
    pub(crate) name: String,
    /// For a role: the service account that should be let in, `namespace/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    /// The key of its cluster, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cluster: Option<String>,
}

/// Whom AWS sees when this container calls.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Identity {
    /// The container.
    pub(crate) container: String,
    /// The pod, where several are judged.
    pub(crate) pod: Option<String>,
    /// `irsa`, `pod_identity`, `static` or `none`.
    pub(crate) mode: String,
    /// The role.
    pub(crate) role_arn: Option<String>,
    /// Why.
    pub(crate) reason: String,
}

/// One link of the chain.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Check {
    /// The check.
    pub(crate) id: String,
    /// The part of the chain.
    pub(crate) stage: String,
    /// The good state.
    pub(crate) title: String,
    /// What it came to.
    pub(crate) status: Status,
    /// Why it is unknown or doesn't apply.
    pub(crate) reason: Option<String>,
}

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// The link holds.
    Pass,
    /// It holds, but.
    Warn,
    /// It is broken.
    Fail,
    /// It could not be looked at.
    Unknown,
    /// It isn't a link of this chain, or wasn't reached.
    NotApplicable,
}

/// What the role's own policies say of an asked action.
#[derive(Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the names are published")]
pub(crate) struct Decision {
    /// The action.
    pub(crate) action: String,
    /// The resource.
    pub(crate) resource: String,
    /// The role that was judged.
    pub(crate) role: String,
    /// `allow`, `explicit-deny`, `implicit-deny` or `unknown`; of the layers below, and of no other.
    pub(crate) decision: String,
    /// The statements that decided.
    pub(crate) by: Vec<String>,
    /// What each layer alone says.
    pub(crate) layers: BTreeMap<String, String>,
    /// What AWS' own simulator says (`--simulate`); it changes nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) second_opinion: Option<SecondOpinion>,
}

/// Something that could not be read.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Gap {
    /// The operation: `iam:GetRole`, `get pods`.
    pub(crate) operation: String,
    /// What it was asked about.
    pub(crate) resource: Option<String>,
    /// `denied`, `throttled`, `unreachable`, `timed-out`, `malformed`, `server-error`, `no-credentials`, `not-collected`, ...
    pub(crate) cause: String,
    /// Whether a check's status hangs on it.
    pub(crate) decisive: bool,
    /// The check that met it.
    pub(crate) check: String,
    /// The answer's own words, shortened.
    pub(crate) detail: String,
    /// What would help.
    pub(crate) remedy: String,
}

/// The chain for the role that new pods would get.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AfterRestart {
    /// That role.
    pub(crate) role_arn: String,
    /// What the chain would come to.
    pub(crate) verdict: Verdict,
    /// The links that depend on the role.
    pub(crate) checks: Vec<Check>,
    /// What would be wrong.
    pub(crate) findings: Vec<Finding>,
}

/// Totals.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Summary {
    /// Links by status.
    pub(crate) checks: BTreeMap<String, usize>,
    /// Targets by verdict.
    pub(crate) targets: BTreeMap<String, usize>,
    /// Of a scan: service accounts by verdict, listed or not.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    pub(crate) service_accounts: BTreeMap<String, usize>,
}
