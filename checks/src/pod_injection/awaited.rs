//! What the webhook has yet to do to what a file writes by hand.

use super::state::{self, IRSA_VOLUME};
use super::token::{self, TOKEN_FILE};
use crate::evidence::{ContainerView, Evidence, TokenFile};
use crate::skip_containers;
use crate::snapshot::{Gap, Observed};
use crate::webhook;

/// Where the webhook's token is, if nobody changed its `--token-mount-path`.
/// <https://github.com/aws/amazon-eks-pod-identity-webhook/blob/master/main.go>
const MOUNT_PATH: &str = "/var/run/secrets/eks.amazonaws.com/serviceaccount";

/// Whether a token that isn't mounted in a manifest will be, where the container looks for it: the webhook adds volume and
/// mount to a container that sets role and token file itself, too.
/// The gap is what kept us from knowing whether the webhook has anything to do with the pod.
pub(super) fn mount(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Result<bool, Gap> {
    let written = container.value(TOKEN_FILE).unwrap_or_default();
    let path = written.replace('\\', "/");
    let is_there = path.strip_prefix("C:").unwrap_or(&path).strip_prefix(MOUNT_PATH) == Some("/token")
        && (state::is_windows(evidence) != Some(true) || token::is_windows_path(written));
    let is_missing = match container.token_file() {
        Some(TokenFile::NotMounted) => true,
        // The webhook's mount covers what is below it.
        Some(TokenFile::OtherVolume { mount, .. }) => mount.mount_path.trim_end_matches('/') != MOUNT_PATH,
        Some(TokenFile::Projected { .. }) | None => false,
    };
    // A volume or a mount of that name is kept as it is.
    let is_taken = container.container.volume_mounts.iter().any(|mount| mount.name == IRSA_VOLUME)
        || container.spec.volumes.iter().any(|volume| volume.name == IRSA_VOLUME && !token::is_webhooks(volume));
    if !evidence.snapshot.from_files || !is_there || !is_missing || is_taken || is_left_alone(evidence, container) {
        return Ok(false);
    }
    match evidence.service_account() {
        // It is then given a token for the agent.
        _ if evidence.association().is_present() => Ok(false),
        Observed::Present(_) => Ok(evidence.annotated_role().is_some()),
        Observed::Absent => Ok(false),
        Observed::Unavailable(gap) => Err(gap),
    }
}

/// Whether the webhook gives a container neither variables nor the mount: it is told so, or the container has it all, as it
/// seems to the webhook.
/// <https://github.com/aws/amazon-eks-pod-identity-webhook/issues/82>
fn is_left_alone(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> bool {
    let sets = |names: &[&str]| names.iter().any(|name| container.variable(name).is_some());
    let has_all = sets(&["AWS_ROLE_ARN", TOKEN_FILE])
        && sets(&["AWS_REGION", "AWS_DEFAULT_REGION"])
        && sets(&["AWS_STS_REGIONAL_ENDPOINTS"]);
    has_all || skip_containers::is_skipped(evidence, container.name()) || webhook::is_skipped_by_label(evidence)
}
