//! The picture of a scan in the JSON report.

use super::convert::{name, verdict};
use super::{Finding, Name, Verdict};
use irsa_doctor_checks as core;
use schemars::JsonSchema;
use serde::Serialize;

/// A scan in one picture.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Overview {
    /// The service accounts of what was judged, worst first.
    pub(crate) service_accounts: Vec<AccountLine>,
    /// The errors and warnings, those with the same cause as one, worst first.
    pub(crate) causes: Vec<Cause>,
    /// How many pods and workloads ask nothing of AWS: they were counted, not judged.
    pub(crate) without_intent: usize,
    /// How many pods the scan came upon.
    #[serde(default)]
    pub(crate) pods: usize,
    /// How many pods are over, being deleted or run to their end: they were counted, not judged.
    #[serde(default)]
    pub(crate) over: usize,
    /// What strikes the eye and is no fault.
    pub(crate) remarks: Vec<String>,
}

/// A service account.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AccountLine {
    /// The key of its cluster, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cluster: Option<String>,
    /// Its namespace.
    pub(crate) namespace: String,
    /// Its name.
    pub(crate) name: String,
    /// The roles that its pods ask for.
    pub(crate) roles: Vec<String>,
    /// How many pods were judged.
    pub(crate) pods: usize,
    /// The worst verdict of them.
    pub(crate) verdict: Verdict,
    /// The first broken link of the worst, or the first unknown one.
    pub(crate) first_broken: Option<String>,
    /// What was judged.
    pub(crate) targets: Vec<Name>,
}

/// One cause, and whom it hits.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Cause {
    /// The finding, as the first of them has it.
    pub(crate) finding: Finding,
    /// Whom it hits.
    pub(crate) victims: Vec<Name>,
}

impl Overview {
    /// The picture of a report, with the service accounts that are listed.
    pub(crate) fn new(report: &core::report::Report, overview: &core::overview::Overview) -> Self {
        let listed = overview.accounts.iter().filter(|line| report.shows(line.verdict));
        Self {
            service_accounts: listed.map(AccountLine::from).collect(),
            causes: report.listed_causes(overview).map(Cause::from).collect(),
            without_intent: overview.without_intent,
            pods: overview.pods,
            over: overview.over,
            remarks: overview.remarks.clone(),
        }
    }
}

impl From<&core::overview::AccountLine> for AccountLine {
    fn from(line: &core::overview::AccountLine) -> Self {
        Self {
            cluster: line.cluster.clone(),
            namespace: line.namespace.clone(),
            name: line.name.clone(),
            roles: line.roles.clone(),
            pods: line.pods,
            verdict: verdict(line.verdict),
            first_broken: line.first_broken.map(str::to_owned),
            targets: line.targets.iter().map(name).collect(),
        }
    }
}

impl From<&core::overview::Cause> for Cause {
    fn from(cause: &core::overview::Cause) -> Self {
        Self { finding: super::convert::finding(&cause.found), victims: cause.victims.iter().map(name).collect() }
    }
}
