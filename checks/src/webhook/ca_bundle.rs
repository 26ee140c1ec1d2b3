//! Whether the API server can trust the webhook's certificate.

use super::WEBHOOK_CA_BUNDLE;
use super::certificate::{Certificate, certificates};
use super::find::{Candidate, is_eks_address};
use super::judge::{Problem, locus, owner};
use crate::evidence::Evidence;
use crate::finding::Compared;
use crate::snapshot::kubernetes::Pod;
use crate::snapshot::{Gap, Observed};
use crate::wiring::WEBHOOK_VOLUME;

/// What is wrong with the webhook's `caBundle`, and what could not be compared.
///
/// Nothing is said where a pod that is younger than the judged one is injected: the call works. Nor where
/// the pod is older than what it should have been given: it was never called for that.
pub(super) fn problem<'a>(evidence: &Evidence<'a>, candidate: Candidate<'a>) -> (Option<Problem>, Option<Gap>) {
    if younger_is_injected(evidence) {
        return (None, None);
    }
    let bundle = candidate.webhook.client_config.ca_bundle.as_deref().unwrap_or_default();
    if bundle.trim().is_empty() {
        let of_its_own = candidate.webhook.client_config.url.as_deref().is_some_and(has_public_name);
        return (if of_its_own { None } else { Some(found(candidate, "it is empty", None)) }, None);
    }
    let certificates = match certificates(bundle) {
        Ok(certificates) => certificates,
        Err(error) => return (Some(found(candidate, &error.to_string(), None)), None),
    };
    if let Some(problem) = expired(evidence, candidate, &certificates) {
        return (Some(problem), None);
    }
    without_cluster_ca(evidence, candidate, &certificates)
}

fn found(candidate: Candidate<'_>, what: &str, compared: Option<(Compared, Compared)>) -> Problem {
    let client = locus(candidate).key("clientConfig");
    let there = candidate.webhook.client_config.ca_bundle.is_some();
    Problem {
        fault: &WEBHOOK_CA_BUNDLE,
        locus: if there { client.key("caBundle") } else { client.missing("caBundle") },
        detail: format!(
            "webhook {} can't be trusted by the API server, which then lets pods through as they are: its caBundle is of no use, {what}",
            candidate.webhook.name
        ),
        compared,
        remedy:
            "Put the CA that signs the webhook's certificate into caBundle (on EKS: certificateAuthority.data of the cluster)."
                .to_owned(),
        command: None,
        decides: Some(owner(candidate)),
    }
}

/// Whether a URL's host is one that a public CA could vouch for: then the API server's own roots do.
fn has_public_name(url: &str) -> bool {
    let authority = url.strip_prefix("https://").unwrap_or(url).split('/').next().unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let is_address = host.starts_with('[') || host.split('.').all(|part| part.parse::<u8>().is_ok());
    let last = host.rsplit('.').next().unwrap_or_default();
    !is_address && host.contains('.') && !matches!(last, "svc" | "local" | "internal" | "localhost")
}

/// Whether every certificate is out of its time: when the pod was made (that is why it isn't injected), and now.
fn expired<'a>(evidence: &Evidence<'a>, candidate: Candidate<'a>, certificates: &[Certificate]) -> Option<Problem> {
    let now = seconds(&evidence.snapshot.collected_at)?;
    let created = evidence.pod.present().and_then(|pod| seconds(pod.metadata.creation_timestamp.as_deref()?)).unwrap_or(now);
    if certificates.iter().any(|certificate| certificate.is_valid_at(now) || certificate.is_valid_at(created)) {
        return None;
    }
    let latest = certificates.iter().max_by_key(|certificate| certificate.not_after)?;
    let until = jiff::Timestamp::from_second(latest.not_after).map_or_else(|_| "long ago".to_owned(), |time| time.to_string());
    let what = if latest.not_after < now { format!("it expired at {until}") } else { "it is not valid yet".to_owned() };
    let compared = (Compared::from(format!("valid at {}", evidence.snapshot.collected_at)), Compared::from(what.clone()));
    Some(found(candidate, &what, Some(compared)))
}

/// EKS' own webhook is signed by the cluster's CA: some certificate of the bundle must be that, or have its key.
fn without_cluster_ca<'a>(
    evidence: &Evidence<'a>,
    candidate: Candidate<'a>,
    bundle: &[Certificate],
) -> (Option<Problem>, Option<Gap>) {
    if !candidate.webhook.client_config.url.as_deref().is_some_and(is_eks_address) {
        return (None, None);
    }
    let Some(cluster) = evidence.cluster else { return (None, None) };
    let eks = match &cluster.eks {
        Observed::Present(eks) => eks,
        Observed::Absent => return (None, None),
        Observed::Unavailable(gap) => return (None, Some(gap.clone())),
    };
    // Something that isn't a certificate is nothing to compare with.
    let Some(Ok(own)) = eks.certificate_authority.as_deref().map(certificates) else { return (None, None) };
    if older_than_role(evidence) || own.iter().any(|own| bundle.iter().any(|other| other.has_key_of(own))) {
        return (None, None);
    }
    let names = |certificates: &[Certificate]| certificates.iter().map(Certificate::name).collect::<Vec<_>>();
    let compared = (Compared::from(names(&own)), Compared::from(names(bundle)));
    (Some(found(candidate, "it lacks the cluster's CA", Some(compared))), None)
}

/// Whether the pod was made before its account could name a role: the account is younger, or its annotation was written later.
fn older_than_role(evidence: &Evidence<'_>) -> bool {
    let Some(pod) = evidence.pod.present().and_then(|pod| seconds(pod.metadata.creation_timestamp.as_deref()?)) else {
        return false;
    };
    let account = evidence.service_account();
    let Some(account) = account.present() else { return false };
    let writers =
        account.metadata.managed_fields.iter().filter(|manager| manager.owns_annotation(crate::evidence::ROLE_ANNOTATION));
    let times = writers.filter_map(|manager| manager.time.as_deref()).chain(account.metadata.creation_timestamp.as_deref());
    times.filter_map(seconds).any(|time| time > pod)
}

/// Whether some pod that was made after the judged one is injected.
fn younger_is_injected(evidence: &Evidence<'_>) -> bool {
    let created = |pod: &Pod| pod.metadata.creation_timestamp.as_deref().and_then(seconds);
    let (Some(cluster), Some(own)) = (evidence.cluster, evidence.pod.present().and_then(|pod| created(pod))) else {
        return false;
    };
    let pods = cluster.pods.values().filter_map(Observed::present);
    let injected = pods.filter(|pod| crate::wiring::has_volume(&pod.spec, WEBHOOK_VOLUME));
    evidence.policies.youngest_injected(cluster, || injected.filter_map(created).max()).is_some_and(|time| time > own)
}

fn seconds(time: &str) -> Option<i64> {
    time.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}
