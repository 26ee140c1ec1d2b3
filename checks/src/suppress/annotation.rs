//! Ignores that stand on the objects themselves.

use crate::evidence::Evidence;
use crate::registry;
use crate::snapshot::kubernetes::Metadata;
use std::collections::BTreeMap;

/// The annotation of a service account or a pod: `fault-id: reason`, several on lines of their own or with `;` between them.
pub const ANNOTATION: &str = "irsa-doctor.io/ignore";

/// What annotations ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Annotated {
    /// Why a fault is ignored, by its id.
    pub(super) reasons: BTreeMap<String, String>,
    /// What in them ignores nothing.
    pub(super) complaints: Vec<String>,
}

/// What the service account's annotation asks for, and that of the target's pods: a fault must be ignored by each of them.
pub(super) fn read(evidence: &Evidence<'_>) -> Annotated {
    let mut all = Annotated::default();
    if let Some(account) = evidence.service_account().present() {
        all.take(&account.metadata, &format!("ServiceAccount {}/{}", evidence.namespace(), account.metadata.name));
    }
    let mut pods = evidence.pods.iter().map(|pod| {
        let mut own = Annotated::default();
        own.take(&pod.metadata, &format!("Pod {}/{}", evidence.namespace(), pod.metadata.name));
        own
    });
    if let Some(first) = pods.next() {
        let each = pods.fold(first, |mut each, other| {
            each.reasons.retain(|fault, _| other.reasons.contains_key(fault));
            each
        });
        for (fault, reason) in each.reasons {
            all.reasons.entry(fault).or_insert(reason);
        }
        all.complaints.extend(each.complaints);
    }
    all
}

impl Annotated {
    fn take(&mut self, metadata: &Metadata, object: &str) {
        let Some(text) = metadata.annotation(ANNOTATION) else { return };
        for entry in text.split(['\n', ';']).map(str::trim).filter(|entry| !entry.is_empty()) {
            let (fault, reason) = entry.split_once(':').map_or((entry, ""), |(fault, reason)| (fault.trim(), reason.trim()));
            let complaint = if registry::fault(fault).is_none() {
                "names no fault"
            } else if reason.is_empty() {
                "gives no reason"
            } else {
                self.reasons.entry(fault.to_owned()).or_insert_with(|| format!("{reason} ({ANNOTATION} of {object})"));
                continue;
            };
            self.complaints.push(format!("{ANNOTATION} of {object} ignores nothing with `{entry}`: it {complaint}"));
        }
    }
}
