//! Whom AWS will see when a container calls with a default SDK, and why.
//!
//! The order of the default credential chain is the SDKs' common one: static keys in the environment,
//! web identity, (shared configuration), container credentials (Pod Identity), instance metadata.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>

use crate::evidence::{ContainerView, Evidence};
use serde::{Deserialize, Serialize};

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

/// The identities of the judged pod's containers, init containers among them.
pub fn identities(evidence: &Evidence<'_>) -> Vec<Identity> {
    evidence.containers().iter().map(|container| identity(evidence, container)).collect()
}

fn identity(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Identity {
    let mode = mode(container);
    let (role_arn, reason) = match mode {
        Mode::Static => (None, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY come before web identity in every SDK".to_owned()),
        Mode::Irsa => {
            let role = container.value("AWS_ROLE_ARN").map(str::to_owned);
            (role, "AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE are set".to_owned())
        }
        Mode::PodIdentity => {
            let role = evidence.association().present().map(|association| association.role_arn.clone());
            (role, "AWS_CONTAINER_CREDENTIALS_FULL_URI is set: EKS Pod Identity".to_owned())
        }
        Mode::None => (
            None,
            "no AWS credentials in its environment: the node's role, if it can reach instance metadata, else none".to_owned(),
        ),
    };
    Identity { container: container.name().to_owned(), pod: evidence.pod_name().map(str::to_owned), mode, role_arn, reason }
}
