//! Whether the process can read its token.
//!
//! From Kubernetes 1.19 on the file is readable for whoever the spec says will read it: 0644, or 0640 for the
//! fsGroup, or owned by the one declared user. Before, it was root's alone unless there was an fsGroup.
//! <https://github.com/kubernetes/enhancements/tree/master/keps/sig-storage/1205-bound-service-account-tokens#file-permission>

use crate::check::{Check, Need, Outcome, Scope, Stage};
use crate::evidence::{ContainerView, Evidence, TokenFile};
use crate::fault::{Confidence, faults};
use crate::finding::Finding;
use crate::fix::{Fix, template};
use crate::identity::{self, Mode};
use crate::locus::Locus;
use crate::snapshot::kubernetes::PodSpec;
use crate::snapshot::{Gap, Observed};
use crate::symptom::Sign;
use serde_json::json;

faults! {
    NOT_READABLE: "token-not-readable", Error, Certain, "the process may not read its token file";
}

/// `token-readable`.
pub static CHECK: Check = Check {
    id: "token-readable",
    title: "the process can read its token",
    stage: Stage::Injection,
    scope: Scope::Pod,
    needs: &[Need::Pod, Need::Version],
    faults: &[&NOT_READABLE],
    run,
};

/// The minor version from which on the kubelet minds who reads the token.
const MINDFUL: u32 = 19;

fn run(evidence: &Evidence<'_>) -> Outcome {
    if let Observed::Unavailable(gap) = &evidence.pod {
        return Outcome::unknown(gap.clone());
    }
    if !evidence.pod.is_present() {
        return Outcome::not_applicable("no pod is looked at");
    }
    let containers = evidence.containers();
    let with_token: Vec<_> = containers.iter().filter(|container| identity::mode(container) == Mode::Irsa).collect();
    let Some(first) = with_token.first() else {
        return Outcome::not_applicable("no container uses a web identity token");
    };
    if let Some(container) = with_token.iter().find(|container| keeps_out(container)) {
        return Outcome::finding(mode(evidence, container));
    }
    let unprivileged = with_token.iter().find(|container| is_non_root(container) && fs_group(container).is_none());
    match (unprivileged, minor(evidence)) {
        (Some(container), Ok(minor)) if minor < MINDFUL => Outcome::finding(before_1_19(evidence, container, minor)),
        (Some(_), Err(gap)) => pasted(evidence, first).map_or_else(|| Outcome::unknown(gap), Outcome::finding),
        _ => {
            let outcome = pasted(evidence, first).map_or_else(Outcome::pass, Outcome::finding);
            match evidence.cluster {
                Some(cluster) => outcome.beside(&cluster.version),
                None => outcome,
            }
        }
    }
}

/// The API server's minor version: its own word before EKS'.
fn minor(evidence: &Evidence<'_>) -> Result<u32, Gap> {
    let Some(cluster) = evidence.cluster else { return Err(Gap::not_collected("get /version")) };
    let of_server = cluster
        .version
        .present()
        .and_then(|version| number(&version.minor).or_else(|| number(version.git_version.split('.').nth(1)?)));
    let of_eks = || cluster.eks.present().and_then(|eks| number(eks.version.as_deref()?.split('.').nth(1)?));
    of_server.or_else(of_eks).ok_or_else(|| {
        let gap = cluster.version.gap().cloned().unwrap_or_else(|| Gap::not_collected("get /version"));
        gap.remedy("allow get on /version: before Kubernetes 1.19 only root may read the token")
    })
}

/// The number that a text like `18+` begins with.
fn number(text: &str) -> Option<u32> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Whether the spec says that the container doesn't run as root; what the image says can't be seen.
fn is_non_root(container: &ContainerView<'_>) -> bool {
    let (own, pod) = (container.container.security_context.as_ref(), container.spec.security_context.as_ref());
    let user = own.and_then(|own| own.run_as_user).or_else(|| pod.and_then(|pod| pod.run_as_user));
    let non_root = own.and_then(|own| own.run_as_non_root).or_else(|| pod.and_then(|pod| pod.run_as_non_root));
    user.map_or(non_root == Some(true), |user| user != 0)
}

fn fs_group(container: &ContainerView<'_>) -> Option<i64> {
    container.spec.security_context.as_ref().and_then(|settings| settings.fs_group)
}

/// Whether the volume's `defaultMode` keeps a container out that doesn't run as root: the kubelet minds who reads the token
/// only where there is an fsGroup, or where all containers declare the same user.
/// <https://github.com/kubernetes/kubernetes/blob/master/pkg/volume/projected/projected.go>
fn keeps_out(container: &ContainerView<'_>) -> bool {
    const OTHERS_MAY_READ: i32 = 0o004;
    let Some(TokenFile::Projected { mount, .. }) = container.token_file() else { return false };
    let volume = container.spec.volumes.iter().find(|volume| volume.name == mount.name);
    let mode = volume.and_then(|volume| volume.projected.as_ref()?.default_mode);
    let is_closed = mode.is_some_and(|mode| mode & OTHERS_MAY_READ == 0);
    is_closed && is_non_root(container) && fs_group(container).is_none() && !one_user(container.spec)
}

/// Whether all containers of a pod declare the same user, who then owns the token.
fn one_user(spec: &PodSpec) -> bool {
    let of_pod = spec.security_context.as_ref().and_then(|settings| settings.run_as_user);
    let mut users = spec.init_containers.iter().chain(&spec.containers).map(|container| {
        let own = container.security_context.as_ref().and_then(|settings| settings.run_as_user);
        own.or(of_pod)
    });
    let first = users.next().flatten();
    first.is_some() && users.all(|user| user == first)
}

fn mode(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Finding {
    let detail = format!(
        "container {} doesn't run as root, and the token's volume has a defaultMode that lets only root read it",
        container.name()
    );
    finding(evidence, container, detail)
}

fn before_1_19(evidence: &Evidence<'_>, container: &ContainerView<'_>, minor: u32) -> Finding {
    let detail = format!(
        "container {} doesn't run as root and the pod has no fsGroup: on Kubernetes 1.{minor} only root may read the token",
        container.name()
    );
    finding(evidence, container, detail)
}

/// What the pasted error says: the process runs as somebody else than the spec declares.
fn pasted(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Option<Finding> {
    let symptom = evidence.symptom().filter(|symptom| symptom.sign == Sign::TokenUnreadable)?;
    if symptom.missing_file {
        return None;
    }
    let detail = format!(
        "the error says that the token may not be read: the process of container {} most likely drops to another user than the spec declares",
        container.name()
    );
    Some(finding(evidence, container, detail).confidence(Confidence::Likely))
}

fn finding(evidence: &Evidence<'_>, container: &ContainerView<'_>, detail: String) -> Finding {
    let fix = Fix::new(
        format!("fs-group {}", evidence.pod_locus().resource),
        "give the pod an fsGroup: the token then belongs to that group",
    );
    let patch = json!({"spec": {"securityContext": {"fsGroup": 65534}}});
    let fix = template::merge(evidence, fix, &patch, "set securityContext.fsGroup to 65534 (or the process' own group)");
    Finding::new(&NOT_READABLE, locus(evidence, container), detail).fix(fix)
}

/// The pod's security settings, which lack the fsGroup.
fn locus(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Locus {
    let spec = evidence.pod_spec_locus();
    // Settings without a value are left out of a snapshot.
    match &container.spec.security_context {
        Some(settings) if *settings != crate::snapshot::kubernetes::SecurityContext::default() => {
            let locus = spec.key("securityContext");
            if settings.fs_group.is_some() { locus.key("fsGroup") } else { locus.missing("fsGroup") }
        }
        _ => spec.missing("securityContext.fsGroup"),
    }
}

#[cfg(test)]
mod tests;
