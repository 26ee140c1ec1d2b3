//! Which of the cluster's webhooks is the pod identity webhook.

use crate::snapshot::kubernetes::{Webhook, WebhookConfiguration};

/// A webhook of a configuration, with its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'a> {
    /// The configuration.
    pub(super) configuration: &'a WebhookConfiguration,
    /// The webhook's index in it.
    pub(super) index: usize,
    /// The webhook.
    pub(super) webhook: &'a Webhook,
}

/// The webhooks that are, or by their address or name are meant to be, the pod identity webhook.
pub(super) fn candidates(configurations: &[WebhookConfiguration]) -> Vec<Candidate<'_>> {
    let all = configurations.iter().flat_map(|configuration| {
        let webhooks = configuration.webhooks.iter().enumerate();
        webhooks.map(move |(index, webhook)| Candidate { configuration, index, webhook })
    });
    all.filter(|candidate| is_pod_identity(candidate)).collect()
}

/// EKS calls its own on the control plane's loopback; others are services that say what they are, in their own
/// name, their path, or the webhook's. Azure's pod identity is another thing.
fn is_pod_identity(candidate: &Candidate<'_>) -> bool {
    let client = &candidate.webhook.client_config;
    if client.url.as_deref().is_some_and(is_eks_address) {
        return true;
    }
    let service = client.service.iter().flat_map(|service| [service.name.as_str(), service.path.as_deref().unwrap_or_default()]);
    let words: Vec<&str> = service
        .chain(client.url.as_deref())
        .chain([candidate.webhook.name.as_str(), candidate.configuration.metadata.name.as_str()])
        .collect();
    let says = |word: &&str| ["pod-identity", "podidentity", "iam-for-pods"].iter().any(|mark| word.contains(mark));
    words.iter().any(says) && !words.iter().any(|word| word.contains("azure") || word.contains("aad-"))
}

/// The control plane's own webhook: only the API server itself can be reached at its loopback address.
pub(super) fn is_eks_address(url: &str) -> bool {
    ["https://127.0.0.1:23443", "https://localhost:23443", "https://[::1]:23443"].iter().any(|own| url.starts_with(own))
}
