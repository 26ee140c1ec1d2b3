//! What a container's token file turns out to be.

use super::state::{self, IRSA_VOLUME};
use super::{AUDIENCE_MISMATCH, MOUNT_MISSING, PATH_WRONG, SUBPATH, VOLUME_COLLISION, WINDOWS_PATH};
use crate::audience::{self, AUDIENCE_ANNOTATION, Odd};
use crate::evidence::{ContainerView, Evidence, TokenFile, is_same_file};
use crate::fault::{Confidence, Severity};
use crate::finding::{Compared, Finding};
use crate::fix::{Effect, Fix, commands, template};
use crate::locus::Locus;
use crate::snapshot::Observed;
use crate::snapshot::kubernetes::{Container, PodSpec, TokenProjection, Volume, VolumeMount};
use serde_json::json;

pub(super) const TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
const ENV: [&str; 2] = ["AWS_ROLE_ARN", TOKEN_FILE];

/// Whether a path is one of Windows: with a drive or backslashes.
pub(super) fn is_windows_path(path: &str) -> bool {
    path.contains('\\') || path.get(1..2) == Some(":")
}

/// What is wrong with the place of a web identity token, if anything: one thing only.
pub(super) fn web_identity(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Option<Finding> {
    let path = container.value(TOKEN_FILE)?;
    // What a subPathExpr comes to isn't known before the kubelet runs.
    if let TokenFile::Projected { mount, .. } | TokenFile::OtherVolume { mount, .. } = container.file(path)
        && mount.sub_path_expr.is_some()
    {
        return None;
    }
    if state::is_windows(evidence) == Some(true) && !is_windows_path(path) {
        return Some(windows(evidence, container, path));
    }
    match container.file(path) {
        TokenFile::Projected { token, mount, .. } => {
            is_kubernetes_own(container.spec, token, mount).then(|| kubernetes_own(evidence, container, path))
        }
        TokenFile::OtherVolume { volume: Some(volume), locus, .. } if volume.name == IRSA_VOLUME && !is_webhooks(volume) => {
            Some(collision(evidence, container, volume, locus, path))
        }
        TokenFile::OtherVolume { volume, mount, .. } => Some(other_volume(evidence, container, volume, mount, path)),
        TokenFile::NotMounted => Some(not_mounted(evidence, container, path)),
    }
}

/// The webhook writes a Windows path only where the node selector asks for Windows.
/// <https://github.com/aws/amazon-eks-pod-identity-webhook/issues/57>
fn windows(evidence: &Evidence<'_>, container: &ContainerView<'_>, path: &str) -> Finding {
    let wanted = format!("C:{}", path.replace('/', "\\"));
    let detail = format!(
        "container {} runs on Windows and has a Unix token path ({path}): the webhook knows Windows by the node selector kubernetes.io/os only",
        container.name()
    );
    let fix = Fix::new(
        format!("windows {}", evidence.pod_locus().resource),
        "say kubernetes.io/os: windows in the node selector, so that the webhook writes the path as Windows has it",
    );
    let patch = json!({"spec": {"nodeSelector": {"kubernetes.io/os": "windows"}}});
    let fix = template::merge(evidence, fix, &patch, "add nodeSelector kubernetes.io/os: windows");
    Finding::new(&WINDOWS_PATH, container.variable_locus(TOKEN_FILE), detail).compared(wanted, path).fix(fix)
}

/// Whether a projection is the token that every pod gets for the API server.
fn is_kubernetes_own(spec: &PodSpec, token: &TokenProjection, mount: &VolumeMount) -> bool {
    let for_api_server = token.audience.as_deref().unwrap_or_default().is_empty();
    let mut of_mount = spec.volumes.iter().filter(|volume| volume.name == mount.name);
    let with_ca = of_mount.any(|volume| {
        let sources = volume.projected.iter().flat_map(|projected| &projected.sources);
        sources.into_iter().any(|source| source.config_map.as_ref().is_some_and(|map| map.name == "kube-root-ca.crt"))
    });
    for_api_server && (with_ca || is_kubernetes_path(&mount.mount_path) || mount.name.starts_with("kube-api-access-"))
}

fn is_kubernetes_path(path: &str) -> bool {
    path.replace('\\', "/").contains("/run/secrets/kubernetes.io/serviceaccount")
}

fn kubernetes_own(evidence: &Evidence<'_>, container: &ContainerView<'_>, path: &str) -> Finding {
    let detail = format!(
        "container {} uses {path}, Kubernetes' own token: it is for the API server, and STS refuses its audience",
        container.name()
    );
    path_wrong(evidence, container, path, detail)
}

fn path_wrong(evidence: &Evidence<'_>, container: &ContainerView<'_>, path: &str, detail: String) -> Finding {
    let finding = Finding::new(&PATH_WRONG, container.variable_locus(TOKEN_FILE), detail).fix(without_env(evidence, container));
    match mounted_token(container) {
        Some(wanted) => finding.compared(wanted, path),
        None => finding.compared(Compared::Nothing, path),
    }
}

/// The way out of a hand-made configuration: let the webhook write it.
fn without_env(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Fix {
    let name = container.name();
    let fix = Fix::new(
        template::id(evidence, "env", container.name()),
        format!("remove {} from container {name}: the webhook then adds both, and the mount", ENV.join(" and ")),
    );
    template::unset_env(evidence, fix, name, &ENV)
}

/// The path of a token for STS that the container does mount.
fn mounted_token(container: &ContainerView<'_>) -> Option<String> {
    container.container.volume_mounts.iter().find_map(|mount| {
        let volume = container.spec.volumes.iter().find(|volume| volume.name == mount.name)?;
        let token = sts_token(volume).filter(|token| !is_kubernetes_own(container.spec, token, mount))?;
        Some(format!("{}/{}", mount.mount_path.trim_end_matches('/'), token.path))
    })
}

fn sts_token(volume: &Volume) -> Option<&TokenProjection> {
    let sources = volume.projected.iter().flat_map(|projected| &projected.sources);
    sources.into_iter().find_map(|source| source.service_account_token.as_ref())
}

/// Whether a volume has its token where the webhook puts it: then it is the path that is wrong.
pub(super) fn is_webhooks(volume: &Volume) -> bool {
    sts_token(volume).is_some_and(|token| token.path == "token")
}

fn collision(evidence: &Evidence<'_>, container: &ContainerView<'_>, volume: &Volume, locus: Locus, path: &str) -> Finding {
    let what = match sts_token(volume) {
        Some(token) => format!("has its token at {} and not where {path} is", token.path),
        None => "isn't a projected token".to_owned(),
    };
    let detail = format!(
        "volume {IRSA_VOLUME} {what}: the webhook keeps a volume of that name as it finds it, and container {} finds no token",
        container.name()
    );
    let fix = Fix::new(
        format!("volume {}", evidence.pod_locus().resource),
        format!("remove volume {IRSA_VOLUME} and its mounts from the pod template: the webhook adds its own"),
    );
    let instead = format!("remove volume {IRSA_VOLUME} and its mounts");
    let fix = match without_volume(evidence) {
        Some(patch) => template::merge_lists(evidence, fix, &patch, &instead),
        None => template::by_hand(evidence, fix, &instead),
    };
    Finding::new(&VOLUME_COLLISION, locus, detail).fix(fix)
}

/// A strategic merge patch that deletes the volume and its mounts from the owner's template; `None` where that wasn't read.
fn without_volume(evidence: &Evidence<'_>) -> Option<serde_json::Value> {
    let owners = evidence.owners();
    let template = owners.iter().rev().find_map(|(_, _, owner)| owner.present().and_then(|owner| owner.template()))?;
    let mounting = |containers: &[Container]| -> Vec<serde_json::Value> {
        let deleted = |container: &Container| -> Vec<serde_json::Value> {
            let mounts = container.volume_mounts.iter().filter(|mount| mount.name == IRSA_VOLUME);
            mounts.map(|mount| json!({"mountPath": mount.mount_path, "$patch": "delete"})).collect()
        };
        let changed =
            containers.iter().map(|container| (container, deleted(container))).filter(|(_, deleted)| !deleted.is_empty());
        changed.map(|(container, deleted)| json!({"name": container.name, "volumeMounts": deleted})).collect()
    };
    let mut spec = serde_json::Map::new();
    spec.insert("volumes".to_owned(), json!([{"name": IRSA_VOLUME, "$patch": "delete"}]));
    for (key, containers) in [("containers", &template.spec.containers), ("initContainers", &template.spec.init_containers)] {
        let changed = mounting(containers);
        if !changed.is_empty() {
            spec.insert(key.to_owned(), changed.into());
        }
    }
    Some(json!({ "spec": spec }))
}

fn other_volume(
    evidence: &Evidence<'_>,
    container: &ContainerView<'_>,
    volume: Option<&Volume>,
    mount: &VolumeMount,
    path: &str,
) -> Finding {
    if is_kubernetes_path(path) {
        return kubernetes_own(evidence, container, path);
    }
    let detail = format!(
        "container {} looks for its token at {path}, where volume {} is, which projects no such token",
        container.name(),
        mount.name
    );
    let finding = path_wrong(evidence, container, path, detail);
    match volume {
        // A driver may put tokens there (SPIFFE does); what it does can't be seen.
        Some(volume) if volume.csi.is_some() => finding.severity(Severity::Warning).confidence(Confidence::Likely),
        Some(volume) if volume.projected.is_none() => finding.confidence(Confidence::Likely),
        _ => finding,
    }
}

fn not_mounted(evidence: &Evidence<'_>, container: &ContainerView<'_>, path: &str) -> Finding {
    let name = container.name();
    if is_kubernetes_path(path) {
        return kubernetes_own(evidence, container, path);
    }
    let mut volumes = container.spec.volumes.iter().enumerate();
    if let Some((index, volume)) = volumes.find(|(_, volume)| volume.name == IRSA_VOLUME && sts_token(volume).is_none()) {
        let locus = evidence.pod_spec_locus().key("volumes").index(index);
        return collision(evidence, container, volume, locus, path);
    }
    if let Some(token) = mounted_token(container) {
        let detail = format!("container {name} looks for its token at {path}; it is mounted at {token}");
        let finding = path_wrong(evidence, container, path, detail);
        // Whether the image has the link can't be seen.
        return if is_same_file(path, &token) {
            finding.at_most(Severity::Warning).confidence(Confidence::Likely)
        } else {
            finding
        };
    }
    let projected = container.spec.volumes.iter().any(|volume| {
        sts_token(volume).is_some_and(|token| token.audience.as_deref().is_some_and(|audience| !audience.is_empty()))
    });
    if !projected && !path.contains("eks.amazonaws.com") {
        let detail = format!("container {name} looks for its token at {path}, and nothing is mounted there");
        return path_wrong(evidence, container, path, detail);
    }
    let detail = format!(
        "container {name} looks for its token at {path}, and the token isn't mounted (the webhook leaves a container alone whose spec already sets role, region and STS endpoint)"
    );
    let locus = if container.container.volume_mounts.is_empty() {
        container.locus.clone().missing("volumeMounts")
    } else {
        container.locus.clone().key("volumeMounts").missing(path)
    };
    Finding::new(&MOUNT_MISSING, locus, detail).fix(without_env(evidence, container))
}

/// A Pod Identity container whose token isn't mounted: the webhook's early exit knows that mode too.
pub(super) fn pod_identity(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Option<Finding> {
    let variable = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
    let path = container.value(variable)?;
    if !matches!(container.file(path), TokenFile::NotMounted) {
        return None;
    }
    let name = container.name();
    let names = ["AWS_CONTAINER_CREDENTIALS_FULL_URI", variable];
    let fix = Fix::new(
        template::id(evidence, "env", container.name()),
        format!("remove {} from container {name}: the webhook then adds both, and the mount", names.join(" and ")),
    );
    let detail = format!("container {name} looks for its Pod Identity token at {path}, and the token isn't mounted");
    let locus = container.variable_locus(variable);
    Some(Finding::new(&MOUNT_MISSING, locus, detail).fix(template::unset_env(evidence, fix, name, &names)))
}

/// A token whose audience is the odd one out.
pub(super) fn audience(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Option<Finding> {
    let TokenFile::Projected { token, locus, mount } = container.token_file()? else { return None };
    let audience = token.audience.as_deref().unwrap_or_default();
    let annotated = match evidence.service_account() {
        Observed::Present(account) => account.metadata.annotation(AUDIENCE_ANNOTATION),
        Observed::Absent | Observed::Unavailable(_) => None,
    };
    let by_webhook = mount.name == IRSA_VOLUME;
    // An empty annotation is a fault of its own, of the service account.
    if audience.is_empty() && annotated == Some("") && by_webhook {
        return None;
    }
    let decision = audience::decision_for(&super::env::with_role_of(evidence, container), audience, true);
    // A token for the API server is refused unless the provider lists just that audience.
    let for_api_server = decision.token.is_empty();
    if decision.odd != Odd::Token && !for_api_server {
        return None;
    }
    let wanted = decision.should_be().to_owned();
    let said = if audience.is_empty() { "the API server's own".to_owned() } else { audience.to_owned() };
    let detail = format!("the token of container {} is for {said}; provider and trust policy ask for {wanted}", container.name());
    let locus = if token.audience.is_some() { locus.key("audience") } else { locus.missing("audience") };
    let fix = audience_fix(evidence, annotated.filter(|_| by_webhook), audience, &wanted);
    Some(Finding::new(&AUDIENCE_MISMATCH, locus, detail).compared(wanted.as_str(), said).fix(fix))
}

fn audience_fix(evidence: &Evidence<'_>, annotated: Option<&str>, audience: &str, wanted: &str) -> Fix {
    let id = format!("audience {}", evidence.account_locus().resource);
    let fix = Fix::new(id, format!("ask for a token whose audience is {wanted}"));
    let by_default = wanted == audience::DEFAULT_AUDIENCE;
    match annotated {
        // The annotation is the token's source.
        Some(value) if value == audience && by_default => {
            let fix = fix.command(Effect::WritesCluster, commands::remove_annotation(evidence, AUDIENCE_ANNOTATION));
            commands::restart(evidence, fix)
        }
        Some(value) if value == audience => {
            let fix = fix.command(Effect::WritesCluster, commands::annotate(evidence, AUDIENCE_ANNOTATION, wanted));
            commands::restart(evidence, fix)
        }
        // It has been mended since: only the pod is old.
        Some(value) if value == wanted => commands::restart(evidence, fix),
        None if audience == audience::DEFAULT_AUDIENCE => {
            let fix = fix.command(Effect::WritesCluster, commands::annotate(evidence, AUDIENCE_ANNOTATION, wanted));
            commands::restart(evidence, fix)
        }
        _ => template::by_hand(evidence, fix, &format!("ask for audience {wanted} in the projected token")),
    }
}

/// A token that is mounted by subPath.
/// <https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath>
pub(super) fn sub_path(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Option<Finding> {
    let (TokenFile::Projected { mount, .. } | TokenFile::OtherVolume { mount, .. }) = container.token_file()? else {
        return None;
    };
    let is_set = |sub_path: &Option<String>| sub_path.as_deref().is_some_and(|sub_path| !sub_path.is_empty());
    if !is_set(&mount.sub_path) && !is_set(&mount.sub_path_expr) {
        return None;
    }
    let index = container.container.volume_mounts.iter().position(|other| std::ptr::eq(other, mount))?;
    let detail = format!(
        "container {} mounts its token by subPath: the file is never refreshed, and credentials end when the first token expires",
        container.name()
    );
    let key = if is_set(&mount.sub_path) { "subPath" } else { "subPathExpr" };
    let fix = Fix::new(template::id(evidence, "subpath", container.name()), "mount the token's whole volume, without subPath");
    let fix = template::by_hand(evidence, fix, &format!("mount volume {} without {key}", mount.name));
    let locus = container.locus.clone().key("volumeMounts").index(index).key(key);
    Some(Finding::new(&SUBPATH, locus, detail).fix(fix))
}
