//! Whom AWS will see when a container calls with a default SDK, and why.
//!
//! The order of the default credential chain is the SDKs' common one: static keys in the environment,
//! web identity, (shared configuration), container credentials (Pod Identity), instance metadata.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>

use crate::evidence::{ContainerGroup, ContainerView, Evidence};
use crate::snapshot::Observed;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// How a container gets its credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A web identity token and a role: IRSA.
    Irsa,
    /// EKS Pod Identity.
    PodIdentity,
    /// Keys in the environment.
    Static,
    /// Nothing of its own: the node's role, if the pod can reach instance metadata.
    None,
}

impl Mode {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Irsa => "irsa",
            Self::PodIdentity => "pod_identity",
            Self::Static => "static",
            Self::None => "none",
        }
    }
}

/// Whom AWS will see when this container calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The container.
    pub container: String,
    /// The pod, where several are judged.
    pub pod: Option<String>,
    /// How it gets its credentials.
    pub mode: Mode,
    /// The role, where it has one.
    pub role_arn: Option<String>,
    /// Why, in a sentence.
    pub reason: String,
}

/// The mode of a container, from its own environment alone.
pub fn mode(container: &ContainerView<'_>) -> Mode {
    let set = |name: &str| container.is_set(name);
    if set("AWS_ACCESS_KEY_ID") && set("AWS_SECRET_ACCESS_KEY") {
        Mode::Static
    } else if set("AWS_ROLE_ARN") && set("AWS_WEB_IDENTITY_TOKEN_FILE") {
        Mode::Irsa
    } else if set("AWS_CONTAINER_CREDENTIALS_FULL_URI") || set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
        Mode::PodIdentity
    } else {
        Mode::None
    }
}

/// The identities of the judged pod's containers: regular ones first, then init containers (native sidecars among
/// them), then debug containers, which the webhook never sees.
pub fn identities(evidence: &Evidence<'_>) -> Vec<Identity> {
    let mut containers: Vec<_> = evidence.containers().iter().collect();
    containers.sort_by_key(|container| container.group == ContainerGroup::Init);
    let debug = evidence.pod_spec().into_iter().flat_map(|spec| &spec.ephemeral_containers);
    let debug = debug.map(|container| {
        let reason = format!("a debug container: the webhook never sees those, and this says nothing about the others; {NODE}");
        named(evidence, &container.name, Mode::None, None, reason)
    });
    containers.iter().map(|container| identity(evidence, container)).chain(debug).collect()
}

const NODE: &str = "it gets the node's role if it can reach instance metadata, else nothing";

fn identity(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Identity {
    let mode = mode(container);
    if let Some(next) = to_come(evidence).filter(|_| mode == Mode::None && evidence.snapshot.from_files) {
        let (mode, arn, reason) = next;
        return named(evidence, container.name(), mode, Some(arn), reason);
    }
    let (role_arn, reason) = match mode {
        Mode::Static => (None, static_keys(container)),
        Mode::Irsa => (container.value("AWS_ROLE_ARN").map(str::to_owned), web_identity(container)),
        Mode::PodIdentity => pod_identity(evidence, container),
        Mode::None => (None, without(evidence, container)),
    };
    named(evidence, container.name(), mode, role_arn, reason)
}

/// What the webhook will give a pod of this manifest: the association's role before the annotation's.
fn to_come(evidence: &Evidence<'_>) -> Option<(Mode, String, String)> {
    if let Observed::Present(association) = evidence.association() {
        let arn = association.target_role_arn.as_ref().unwrap_or(&association.role_arn);
        return Some((Mode::PodIdentity, arn.clone(), "new pods get the association's role".to_owned()));
    }
    let arn = evidence.annotated_role()?.to_owned();
    Some((Mode::Irsa, arn, "the webhook gives new pods the annotation's role".to_owned()))
}

fn named(evidence: &Evidence<'_>, container: &str, mode: Mode, role_arn: Option<String>, reason: String) -> Identity {
    Identity { container: container.to_owned(), pod: evidence.pod_name().map(str::to_owned), mode, role_arn, reason }
}

fn static_keys(container: &ContainerView<'_>) -> String {
    let passed_over = if container.is_set("AWS_WEB_IDENTITY_TOKEN_FILE") { ", which is passed over" } else { "" };
    format!("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set; every SDK takes them before web identity{passed_over}")
}

fn web_identity(container: &ContainerView<'_>) -> String {
    let mut reason = "AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE are set: web identity".to_owned();
    if container.value("AWS_ROLE_ARN").is_none() {
        reason.push_str(" (the role comes from elsewhere than the spec and can't be seen)");
    }
    if container.is_set("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
        reason.push_str(", which comes before Pod Identity");
    }
    if let Some(profile) = profile(container) {
        let _ = write!(reason, "; {profile}, and SDKs differ in which of the two comes first");
    }
    reason
}

fn pod_identity(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> (Option<String>, String) {
    let variable = if container.is_set("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI"
    } else {
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
    };
    let association = evidence.association();
    let Some(association) = association.present() else {
        let why = if association.is_absent() {
            "there is no association for its service account now"
        } else {
            "its association was not read"
        };
        return (None, format!("{variable} is set: EKS Pod Identity; {why}"));
    };
    match &association.target_role_arn {
        Some(target) => (
            Some(target.clone()),
            format!("{variable} is set: EKS Pod Identity, which assumes {} and with it {target}", association.role_arn),
        ),
        None => (Some(association.role_arn.clone()), format!("{variable} is set: EKS Pod Identity, with the association's role")),
    }
}

/// Why a container has nothing of its own, and what it gets then: none, or the node's role.
fn without(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> String {
    if let Some(profile) = profile(container) {
        return format!("{profile}: what a profile names can't be seen");
    }
    let (role, token) = (container.is_set("AWS_ROLE_ARN"), container.is_set("AWS_WEB_IDENTITY_TOKEN_FILE"));
    let why = match (role, token) {
        (true, false) => "AWS_ROLE_ARN without AWS_WEB_IDENTITY_TOKEN_FILE is half a configuration, which SDKs pass over",
        (false, true) => {
            return "AWS_WEB_IDENTITY_TOKEN_FILE without AWS_ROLE_ARN is half a configuration, at which most SDKs fail"
                .to_owned();
        }
        _ => "no AWS credentials in its environment",
    };
    let node = match node_role(evidence, container) {
        Some(none) => none,
        None if evidence.pod_spec().is_some_and(|spec| spec.host_network == Some(true)) => {
            "it shares the node's network and gets the node's role from instance metadata"
        }
        None => NODE,
    };
    format!("{why}: {node}")
}

/// Why the container can't get the node's role, where that is certain.
/// <https://docs.aws.amazon.com/eks/latest/userguide/fargate.html>
fn node_role(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Option<&'static str> {
    let fargate = evidence.pod_spec().is_some_and(|spec| spec.scheduler_name.as_deref() == Some("fargate-scheduler"));
    let disabled = container.value("AWS_EC2_METADATA_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if fargate {
        Some("it gets nothing, for Fargate has no instance metadata")
    } else if disabled {
        Some("it gets nothing, for AWS_EC2_METADATA_DISABLED keeps SDKs from instance metadata")
    } else {
        None
    }
}

/// The profile or file that a container names, in words; `/dev/null` is how one says "none".
pub fn profile(container: &ContainerView<'_>) -> Option<String> {
    let name = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"]
        .into_iter()
        .find(|name| container.is_set(name) && container.value(name) != Some("/dev/null"))?;
    Some(match container.value(name) {
        Some(value) => format!("{name} names {value}"),
        None => format!("{name} is set"),
    })
}

#[cfg(test)]
mod tests;
