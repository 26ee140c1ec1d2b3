//! How a container is wired, and what the webhook did to its pod.
//! <https://github.com/aws/amazon-eks-pod-identity-webhook/blob/master/pkg/handler/handler.go>

use crate::evidence::{ContainerView, Evidence};
use crate::snapshot::Observed;
use crate::snapshot::kubernetes::PodSpec;

/// The name of the volume that the webhook adds for IRSA.
pub(super) const IRSA_VOLUME: &str = "aws-iam-token";
/// The name of the volume that it adds for EKS Pod Identity.
const POD_IDENTITY_VOLUME: &str = "eks-pod-identity-token";

/// How a container is wired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// A role and a token file: IRSA, by the webhook or by hand.
    Irsa,
    /// The address of the Pod Identity agent.
    PodIdentity,
    /// One of role and token file: the webhook then adds neither. Holds the one that is there.
    Half(&'static str),
    /// Neither.
    Bare,
}

/// How a container is wired. The webhook looks at the names of `env` only, so does this.
pub(super) fn state(container: &ContainerView<'_>) -> State {
    let role = container.variable("AWS_ROLE_ARN").is_some();
    let token = container.variable("AWS_WEB_IDENTITY_TOKEN_FILE").is_some();
    let agent = container.is_set("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    let emptied = || !container.is_set("AWS_ROLE_ARN") && !container.is_set("AWS_WEB_IDENTITY_TOKEN_FILE");
    match (role, token) {
        (true, true) if emptied() && agent => State::PodIdentity,
        (true, true) if !container.is_set("AWS_WEB_IDENTITY_TOKEN_FILE") => State::Half("AWS_ROLE_ARN"),
        (true, true) if !container.is_set("AWS_ROLE_ARN") => State::Half("AWS_WEB_IDENTITY_TOKEN_FILE"),
        (true, true) => State::Irsa,
        // Without a token file SDKs skip web identity and ask the agent.
        (_, false) if agent => State::PodIdentity,
        (true, false) => State::Half("AWS_ROLE_ARN"),
        (false, true) => State::Half("AWS_WEB_IDENTITY_TOKEN_FILE"),
        (false, false) => State::Bare,
    }
}

/// Whether the webhook saw the pod: the volume is what it adds first, even where it skips every container.
pub(super) fn webhook_saw(spec: &PodSpec) -> bool {
    spec.volumes.iter().any(|volume| volume.name == IRSA_VOLUME || volume.name == POD_IDENTITY_VOLUME)
}

/// Whether the pod runs on Windows; `None` where something hints at it and nothing says it.
pub(crate) fn is_windows(evidence: &Evidence<'_>) -> Option<bool> {
    let spec = evidence.pod_spec()?;
    if let Some(os) = &spec.os {
        return Some(os.name.eq_ignore_ascii_case("windows"));
    }
    if let Some(os) = ["kubernetes.io/os", "beta.kubernetes.io/os"].iter().find_map(|key| spec.node_selector.get(*key)) {
        return Some(os == "windows");
    }
    if spec.node_selector.contains_key("node.kubernetes.io/windows-build") || affinity_is_windows(spec) {
        return Some(true);
    }
    match node_is_windows(evidence) {
        Some(windows) => Some(windows),
        None if hints_at_windows(spec) => None,
        None => Some(false),
    }
}

fn node_is_windows(evidence: &Evidence<'_>) -> Option<bool> {
    let name = evidence.pod_spec()?.node_name.as_deref()?;
    let Some(Observed::Present(node)) = evidence.cluster?.nodes.get(name) else { return None };
    let said = node.status.node_info.as_ref().and_then(|info| info.operating_system.as_deref());
    let os = node.metadata.labels.get("kubernetes.io/os").map(String::as_str).or(said)?;
    Some(os == "windows")
}

fn hints_at_windows(spec: &PodSpec) -> bool {
    let of_container = spec.containers.iter().chain(&spec.init_containers);
    let mut settings = of_container.filter_map(|container| container.security_context.as_ref()).chain(&spec.security_context);
    settings.any(|settings| settings.windows_options.is_some())
}

/// Whether every term of the required node affinity asks for Windows.
/// <https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#node-affinity>
fn affinity_is_windows(spec: &PodSpec) -> bool {
    let required = spec
        .affinity
        .as_ref()
        .and_then(|affinity| affinity.pointer("/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms"));
    let Some(terms) = required.and_then(serde_json::Value::as_array) else { return false };
    let asks = |expression: &serde_json::Value| {
        let key = expression.get("key").and_then(serde_json::Value::as_str).unwrap_or_default();
        let os = key == "kubernetes.io/os" || key == "beta.kubernetes.io/os";
        let only = expression.get("values") == Some(&serde_json::json!(["windows"]));
        os && only && expression.get("operator").and_then(serde_json::Value::as_str) == Some("In")
    };
    let is_windows = |term: &serde_json::Value| {
        let expressions = term.get("matchExpressions").and_then(serde_json::Value::as_array);
        expressions.is_some_and(|expressions| expressions.iter().any(asks))
    };
    !terms.is_empty() && terms.iter().all(is_windows)
}

/// Whether the spec that pods are made of sets the variable itself: the nearest owner's template says it; without
/// one the order does: the webhook adds role and token file last, one after the other, after the regions.
pub(super) fn is_hard_coded(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> bool {
    // What stands in a file somebody wrote.
    if evidence.snapshot.from_files {
        return container.variable("AWS_ROLE_ARN").is_some();
    }
    for (_, _, owner) in evidence.owners() {
        let Some(template) = owner.present().and_then(|owner| owner.template()) else { continue };
        let mut containers = template.spec.containers.iter().chain(&template.spec.init_containers);
        let Some(container) = containers.find(|other| other.name == container.name()) else { continue };
        return container.env.iter().any(|variable| variable.name == "AWS_ROLE_ARN");
    }
    let Some((role, _)) = container.variable("AWS_ROLE_ARN") else { return false };
    let mut from_role = container.container.env.iter().skip(role).map(|variable| variable.name.as_str());
    let regions = ["AWS_STS_REGIONAL_ENDPOINTS", "AWS_DEFAULT_REGION", "AWS_REGION"];
    from_role.nth(1) != Some("AWS_WEB_IDENTITY_TOKEN_FILE") || from_role.any(|name| regions.contains(&name))
}
