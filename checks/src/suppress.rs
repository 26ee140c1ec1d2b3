//! What doesn't count for the gate, and why: ignores of a configuration or of an annotation, and a baseline.
//!
//! What is hidden is counted and carries its reason; the verdict stays what it is.

mod annotation;

pub use annotation::ANNOTATION;

use crate::arn::RoleArn;
use crate::evidence::Evidence;
use crate::fault::Severity;
use crate::report::{FoundFinding, TargetReport};
use irsa_doctor_iam::pattern::Pattern;
use irsa_doctor_iam::{Arn, Context};
use std::collections::{BTreeMap, BTreeSet};

/// What a user has decided about findings.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// By fault, what the gate takes its findings for.
    pub severities: BTreeMap<String, Severity>,
    /// What is ignored.
    pub ignores: Vec<Ignore>,
    /// Whether the annotation [`ANNOTATION`] of service accounts and pods is heeded.
    pub heeds_annotations: bool,
    /// The fingerprints that a baseline holds.
    pub baseline: BTreeSet<String>,
}

/// What is ignored: findings of one of these faults that meet all that is said beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ignore {
    /// The faults' ids.
    pub faults: BTreeSet<String>,
    /// The target's namespace; `*` and `?` stand for any characters, here and below.
    pub namespace: Option<String>,
    /// The service account's name.
    pub service_account: Option<String>,
    /// The AWS account that the finding is in.
    pub account: Option<String>,
    /// The role, by its name or its ARN.
    pub role: Option<String>,
    /// Why.
    pub reason: String,
}

/// Writes on a target's findings why they don't count, and what they count as. What is wrong with an annotation is noted, where
/// there is something that it could ignore.
pub(crate) fn apply(report: &mut TargetReport, evidence: &Evidence<'_>, rules: &Rules) {
    if report.findings.is_empty() && report.after_restart.is_none() {
        return;
    }
    let annotated = if rules.heeds_annotations { annotation::read(evidence) } else { annotation::Annotated::default() };
    let (namespace, account) = (evidence.namespace().to_owned(), report.service_account.clone());
    let roles: BTreeSet<String> = report.identities.iter().filter_map(|identity| identity.role_arn.clone()).collect();
    let judge = |found: &mut FoundFinding| {
        let fault = found.finding.fault.id;
        let place = Place::of(&found.finding.locus.resource, &namespace, account.as_deref(), &roles);
        let ignored = rules.ignores.iter().find(|ignore| ignore.is_of(fault, &place)).map(|ignore| ignore.reason.clone());
        let known = || rules.baseline.contains(&found.fingerprint).then(|| "it is in the baseline".to_owned());
        found.suppressed = ignored.or_else(|| annotated.reasons.get(fault).cloned()).or_else(known);
        found.counts_as = rules.severities.get(fault).copied().filter(|severity| *severity != found.finding.severity);
    };
    let after = report.after_restart.iter_mut().flat_map(|after| &mut after.findings);
    report.findings.iter_mut().chain(after).for_each(judge);
    report.notes.extend(annotated.complaints);
}

/// Where a finding is, as far as an ignore can name it.
struct Place<'a> {
    namespace: &'a str,
    service_account: Option<&'a str>,
    /// The roles that it is about: its own, where it is in one, else all of the target.
    roles: Vec<&'a str>,
    /// The AWS accounts of its resource, else of these roles.
    accounts: Vec<&'a str>,
}

impl<'a> Place<'a> {
    fn of(resource: &'a str, namespace: &'a str, service_account: Option<&'a str>, roles: &'a BTreeSet<String>) -> Self {
        let own = RoleArn::parse(resource).map(|_| resource);
        let roles: Vec<&str> = own.map_or_else(|| roles.iter().map(String::as_str).collect(), |own| vec![own]);
        let account = |arn: &'a str| Arn::parse(arn).ok().map(|arn| arn.account).filter(|account| !account.is_empty());
        let accounts = match account(resource) {
            Some(account) => vec![account],
            None => roles.iter().copied().filter_map(account).collect(),
        };
        Self { namespace, service_account, roles, accounts }
    }
}

impl Ignore {
    /// Whether it is meant. What a finding has several of must all meet it: an ignore hides no more than it says.
    fn is_of(&self, fault: &str, place: &Place<'_>) -> bool {
        let meets = |wanted: &Option<String>, texts: &[&str]| match wanted {
            None => true,
            Some(wanted) => !texts.is_empty() && texts.iter().all(|text| fits(wanted, text)),
        };
        let role = |wanted: &String| {
            !place.roles.is_empty()
                && place.roles.iter().all(|arn| {
                    let name = arn.rsplit('/').next().unwrap_or_default();
                    fits(wanted, if wanted.contains(':') { arn } else { name })
                })
        };
        self.faults.contains(fault)
            && meets(&self.namespace, &[place.namespace])
            && meets(&self.service_account, place.service_account.as_slice())
            && meets(&self.account, &place.accounts)
            && self.role.as_ref().is_none_or(role)
    }
}

fn fits(pattern: &str, text: &str) -> bool {
    Pattern::glob(pattern).matches(text, &Context::default()).is_true()
}

#[cfg(test)]
mod tests;
