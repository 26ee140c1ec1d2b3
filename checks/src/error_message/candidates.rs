//! What may be behind an error, likeliest first, each held against the chain.

use super::Seen;
use crate::check::Status;
use crate::fault::Severity;
use crate::symptom::{Sign, Symptom};
use irsa_doctor_iam::Layer;

/// Something that may be behind the error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// A fault, or a word for what no check can see.
    pub id: &'static str,
    /// The check that looks for it, where one does.
    pub check: Option<&'static str>,
    /// What the chain says of it.
    pub state: State,
    /// Why.
    pub why: String,
}

/// What the chain says of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// The check found it.
    Confirmed,
    /// Nobody could look, or nobody can.
    NotChecked,
    /// The link holds.
    Excluded,
}

impl State {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::NotChecked => "not_checked",
            Self::Excluded => "excluded",
        }
    }
}

/// A link (a whole check, or some of its faults), or something that can't be seen, with what it means.
type Suspect = (&'static str, Option<&'static str>, &'static str);

const IDENTITY: &[Suspect] = &[
    ("service-account-annotation", Some("service-account-annotation"), "the service account names no role"),
    ("pod-service-account", Some("pod-service-account"), "the pod runs as another service account"),
    ("pod-injection", Some("pod-injection"), "the pod was not given the role and the token"),
    ("webhook", Some("webhook"), "the pod identity webhook doesn't see the pod"),
    ("pod-identity", Some("pod-identity"), "EKS Pod Identity gives it another role, or none"),
    ("sdk-too-old", None, "the SDK in the image is older than web identity, or lacks its STS module"),
    ("app-credentials", None, "the program builds credentials of its own in place of the default chain"),
    ("other-pod", None, "another pod, or this one before it was restarted, logged the error"),
    ("process-environment", None, "the process was started without the container's environment (sudo, cron, supervisord)"),
];
const TRUST: &[Suspect] = &[
    ("role", Some("role"), "the role doesn't exist, or not by that path"),
    ("trust-policy", Some("trust-policy"), "the trust policy doesn't let this service account in"),
    ("oidc-provider", Some("oidc-provider"), "IAM doesn't know the issuer"),
    ("pod-service-account", Some("pod-service-account"), "the pod runs as another service account"),
    ("iam-eventual-consistency", None, "the role or its trust policy was changed within the last minute"),
    ("service-control-policy", None, "a service control policy denies sts:AssumeRoleWithWebIdentity"),
    ("resource-control-policy", None, "a resource control policy of the role's organization denies it"),
    ("vpc-endpoint-policy", None, "the policy of the VPC endpoint for STS denies it"),
    ("other-pod", None, "another pod, or this one before a change, logged the error"),
];
const PERMISSIONS: &[Suspect] = &[
    ("required-actions", Some("required-actions"), "the role's own policies don't allow it"),
    ("attached-policies", Some("attached-policies"), "the role has no policy, or a wrong one"),
    ("permissions-boundary", Some("permissions-boundary"), "the permissions boundary doesn't let it through"),
    ("resource-policy", None, "the resource's own policy refuses it (in another account both sides must allow)"),
    ("service-control-policy", None, "a service control policy of the organization denies it"),
    ("vpc-endpoint-policy", None, "the policy of a VPC endpoint denies it"),
    ("session-policy", None, "the program passed a session policy"),
    ("iam-eventual-consistency", None, "the role's policies were changed within the last minute, or since the error"),
    ("other-pod", None, "another pod logged the error"),
];
const PROVIDER: &[Suspect] = &[
    ("oidc-provider", Some("oidc-provider"), "IAM, in the role's account, has no provider for the issuer"),
    ("pod-injection", Some("pod-injection"), "the token is another one than the projected web identity token"),
    ("sts-region-inactive", None, "STS isn't active in the called region for the role's account"),
    ("other-pod", None, "another cluster's pod logged the error"),
];
const AUDIENCE: &[Suspect] = &[
    ("oidc-provider", Some("oidc-provider"), "the provider lacks the token's audience"),
    ("pod-injection", Some("pod-injection"), "the token has another audience"),
    ("service-account-settings", Some("service-account-settings"), "the service account's audience annotation is wrong"),
    ("app-credentials", None, "the program requests a token of its own, with another audience"),
];
const TOKEN: &[Suspect] = &[
    ("token-readable", Some("token-readable"), "the process may not read its token"),
    ("pod-injection", Some("pod-injection"), "the token's mount, or its path, is wrong"),
    ("token-read-once", None, "the program reads the token once, or copies it, and doesn't read it again"),
    ("clock-skew", None, "the node's clock is wrong"),
];
const NETWORK: &[Suspect] = &[
    ("pod-credentials", Some("pod-credentials"), "a setting sends the call elsewhere, or the region is missing"),
    ("vpc-endpoint-missing", None, "a private cluster without NAT or a VPC endpoint for the called (global or regional) host"),
    ("network-policy", None, "a network policy, security group or DNS blocks it"),
    ("http-proxy", None, "an HTTP proxy blocks it, or its certificate isn't trusted"),
    ("mesh-startup", None, "a sidecar's proxy wasn't ready when the program started"),
];
const KEYS: &[Suspect] = &[
    ("pod-credentials", Some("pod-credentials"), "access keys, or a profile, in the pod's environment come before web identity"),
    ("app-credentials", None, "the program has keys in its own settings"),
    ("optin-region", None, "the region is opt-in and isn't enabled in the account"),
    ("other-pod", None, "a laptop, a pipeline or another pod logged the error"),
];
const REQUEST: &[Suspect] = &[
    ("service-account-annotation", Some("service-account-annotation"), "the annotation isn't the ARN of a role"),
    ("pod-injection", Some("pod-injection"), "the session's name isn't one that STS takes"),
    ("max-session-duration", None, "the program asks for a longer session than the role, or role chaining, allows"),
];
const SECOND_ROLE: &[Suspect] = &[
    ("required-actions", Some("required-actions"), "the pod's role isn't allowed to assume the second role"),
    ("target-trust", None, "the second role's trust policy doesn't let the pod's role in (both are needed)"),
    ("service-control-policy", None, "a service control policy denies it"),
];
const NAMED_LAYER: &[Suspect] = &[
    ("named-policy", None, "the policy that the error names; its content can't be read from here"),
    ("other-pod", None, "another pod logged the error"),
];
const APP_ROLE: &[Suspect] = &[
    ("app-credentials", None, "the program assumes a role that is set in its own configuration"),
    ("pod-injection", Some("pod-injection"), "the pod still has an older role"),
    ("pod-identity", Some("pod-identity"), "an EKS Pod Identity association gives another role"),
    ("other-pod", None, "another pod logged the error"),
];

const AGENT: &[Suspect] = &[
    ("node-role-policy", None, "the node's role lacks eks-auth:AssumeRoleForPodIdentity, which AmazonEKSWorkerNodePolicy has"),
    ("service-control-policy", None, "a service control policy of the organization denies it"),
    ("vpc-endpoint-policy", None, "the policy of the VPC endpoint for EKS Auth denies it"),
];
const ASSOCIATION: &[Suspect] = &[
    ("pod-identity", Some("pod-identity"), "the service account has no Pod Identity association in this cluster"),
    ("pod-service-account", Some("pod-service-account"), "the pod runs as another service account"),
    ("iam-eventual-consistency", None, "the association was made within the last minute, or is gone since the pod was made"),
    ("other-pod", None, "another pod logged the error"),
];
const ASSOCIATION_ROLE: &[Suspect] = &[
    (
        "pod-identity",
        Some("pod-identity"),
        "the role's trust policy doesn't let pods.eks.amazonaws.com in (sts:AssumeRole and sts:TagSession)",
    ),
    ("role", Some("role"), "the role doesn't exist"),
    ("iam-eventual-consistency", None, "the role or its trust policy was changed within the last minute"),
    ("service-control-policy", None, "a policy of the role's organization denies it"),
    ("other-pod", None, "another pod, or this one before a change, logged the error"),
];
const CREDENTIALS: &[Suspect] = &[
    ("service-trouble", None, "the service that gives credentials failed, most likely for a time"),
    ("pod-credentials", Some("pod-credentials"), "a setting sends the call elsewhere"),
    ("pod-identity", Some("pod-identity"), "EKS Pod Identity has no role for the pod"),
    ("other-pod", None, "another pod logged the error"),
];
const SIGNATURE: &[Suspect] = &[
    ("pod-credentials", Some("pod-credentials"), "access keys, or a profile, in the pod's environment come before web identity"),
    ("app-credentials", None, "the program has keys in its own settings, with a secret that isn't theirs (a blank, a line feed)"),
    ("http-proxy", None, "a proxy, or a gateway that stands for AWS, changes the request on its way"),
    ("clock-skew", None, "the node's clock is wrong"),
    ("other-pod", None, "a laptop, a pipeline or another pod logged the error"),
];
const STS_MODULE: &[Suspect] = &[
    (
        "sdk-too-old",
        None,
        "the image lacks the SDK's STS module (software.amazon.awssdk:sts, aws-java-sdk-sts, AWSSDK.SecurityToken, @aws-sdk/client-sts)",
    ),
    ("app-credentials", None, "the program builds credentials of its own in place of the default chain"),
    ("other-pod", None, "another image logged the error"),
];
const NAMED_RESOURCE: &[Suspect] = &[
    ("resource-policy", None, "the resource's own policy, which the error names, doesn't allow it"),
    ("other-pod", None, "another pod logged the error"),
];

/// What the text says of the cause.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said {
    /// What kind of thing happened.
    pub sign: Option<Sign>,
    /// The layer that it names.
    pub layer: Option<Layer>,
}

impl Said {
    /// What a symptom says.
    pub fn by(symptom: &Symptom) -> Self {
        Self { sign: Some(symptom.sign), layer: symptom.refusal.as_ref().and_then(|refusal| refusal.layer) }
    }
}

/// The suspects that the text itself leaves, where it says more than its fault does.
fn by_text(fault: &str, said: Said) -> Option<&'static [Suspect]> {
    match said.sign? {
        Sign::AgentRefused if fault == "error-access-denied" => Some(AGENT),
        Sign::PodIdentityMissing => Some(ASSOCIATION),
        Sign::PodIdentityRefused => Some(ASSOCIATION_ROLE),
        Sign::CredentialsFailed => Some(CREDENTIALS),
        Sign::SignatureDiffers => Some(SIGNATURE),
        _ => None,
    }
}

/// The suspects for a fault, in the order in which they are worth a look.
fn suspects(fault: &str, layer: Option<Layer>) -> &'static [Suspect] {
    match fault {
        "error-node-role" | "error-no-credentials" => IDENTITY,
        "error-sdk-lacks-sts" => STS_MODULE,
        "error-trust-refused" => TRUST,
        "error-no-provider" | "error-issuer-unreachable" | "error-region-disabled" => PROVIDER,
        "error-token-audience" => AUDIENCE,
        "error-token-expired" | "error-token-malformed" | "error-token-unreadable" => TOKEN,
        "error-sts-unreachable" => NETWORK,
        "error-static-identity" => KEYS,
        "error-request-invalid" => REQUEST,
        "error-chained-role" => SECOND_ROLE,
        "error-other-role" | "error-double-assume-self" => APP_ROLE,
        "error-resource-policy" => NAMED_RESOURCE,
        // What the role's own policies lack doesn't explain what the resource's own policy refuses.
        "error-kms-key" if layer == Some(Layer::Resource) => NAMED_RESOURCE,
        "error-access-denied" | "error-pass-role" | "error-kms-key" => PERMISSIONS,
        "error-throttled" => &[("call-rate", None, "many pods or threads ask without caching their credentials")],
        _ => NAMED_LAYER,
    }
}

/// The candidates for a fault, held against what the chain came to.
pub(super) fn candidates(fault: &str, said: Said, seen: &Seen<'_>) -> Vec<Candidate> {
    let layer = said.layer;
    // A text that names one of the role's own layers leaves the others out.
    let own = matches!(layer, Some(Layer::Identity | Layer::Boundary));
    let others = ["resource-policy", "service-control-policy", "vpc-endpoint-policy", "session-policy"];
    let suspects = by_text(fault, said).unwrap_or_else(|| suspects(fault, layer));
    let suspects = suspects.iter().filter(|(id, _, _)| !own || !others.contains(id));
    let mut all: Vec<Candidate> = suspects.map(|suspect| held(*suspect, seen)).collect();
    // What the text names comes first.
    all.sort_by_key(|candidate| layer == Some(Layer::Boundary) && candidate.check != Some("permissions-boundary"));
    all.sort_by_key(|candidate| candidate.state);
    all
}

/// Whether a check doesn't apply because there is no such link, and not because nobody got there.
fn is_no_link(reason: &str) -> bool {
    !["not reached", "not read", "no cluster", "no action"].iter().any(|begin| reason.starts_with(begin))
}

fn held((id, check, means): Suspect, seen: &Seen<'_>) -> Candidate {
    let Some(check) = check else {
        return Candidate { id, check: None, state: State::NotChecked, why: format!("{means}; that can't be seen from here") };
    };
    let finding = seen.findings.iter().find(|(of, finding)| *of == check && finding.severity == Severity::Error);
    let status = seen.checks.iter().find(|(of, _, _)| *of == check);
    let (state, id, why) = match (finding, status) {
        (Some((_, finding)), _) => (State::Confirmed, finding.fault.id, finding.detail.clone()),
        (None, Some((_, Status::Pass | Status::Warn, _))) => (State::Excluded, id, format!("not that {means}: {check} passes")),
        (None, Some((_, Status::NotApplicable, Some(reason)))) if is_no_link(reason) => {
            (State::Excluded, id, format!("not that {means}: {reason}"))
        }
        (None, Some((_, _, Some(reason)))) => (State::NotChecked, id, format!("{means}; {reason}")),
        (None, _) => (State::NotChecked, id, format!("{means}; it was not looked at")),
    };
    Candidate { id, check: Some(check), state, why }
}
