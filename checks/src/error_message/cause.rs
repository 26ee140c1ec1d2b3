//! Which fault a symptom is: whom AWS saw goes before what was refused, and the layer that the text names before the action.

use super::{
    ACCESS_DENIED, CHAINED_ROLE, DOUBLE_ASSUME, ISSUER_UNREACHABLE, KMS_KEY, NO_CREDENTIALS, NO_PROVIDER, NODE_ROLE, OTHER_ROLE,
    PASS_ROLE, REGION_DISABLED, REQUEST_INVALID, RESOURCE_CONTROL, RESOURCE_POLICY, SDK_LACKS_STS, SERVICE_CONTROL,
    SESSION_POLICY, STATIC_IDENTITY, STS_UNREACHABLE, THROTTLED, TOKEN_AUDIENCE, TOKEN_EXPIRED, TOKEN_MALFORMED,
    TOKEN_UNREADABLE, TRUST_REFUSED, VPC_ENDPOINT, locus, mend,
};
use crate::arn::RoleArn;
use crate::evidence::Evidence;
use crate::fault::{Confidence, Fault};
use crate::finding::{Compared, Finding};
use crate::snapshot::TargetKind;
use crate::symptom::{Sign, Symptom, WhomKind};
use irsa_doctor_iam::Layer;
use std::collections::BTreeSet;

/// A fault that the text proves, in words.
pub(super) struct Cause {
    fault: &'static Fault,
    detail: String,
    compared: Option<(Compared, Compared)>,
    confidence: Confidence,
}

impl Cause {
    fn new(fault: &'static Fault, detail: impl Into<String>) -> Self {
        Self { fault, detail: detail.into(), compared: None, confidence: fault.confidence }
    }

    /// The finding.
    pub(super) fn finding(self, evidence: &Evidence<'_>, symptom: &Symptom) -> Finding {
        let finding = Finding::new(self.fault, locus(symptom), self.detail).confidence(self.confidence);
        let finding = finding.fix(mend::fix(evidence, symptom, self.fault));
        match self.compared {
            Some((expected, actual)) => finding.compared(expected, actual),
            None => finding,
        }
    }
}

/// The fault that a symptom is; `None` where the call was let in and failed for a reason that has nothing to do with credentials.
pub(super) fn cause(evidence: &Evidence<'_>, symptom: &Symptom) -> Option<Cause> {
    match symptom.sign {
        Sign::Refused | Sign::KeyRefused => Some(refused(evidence, symptom)),
        Sign::AgentRefused => Some(of_layer(symptom).unwrap_or_else(|| {
            let detail = format!("the node's {} may not ask EKS for the pods' credentials ({})", caller(symptom), what(symptom));
            Cause::new(&ACCESS_DENIED, detail)
        })),
        Sign::WebIdentityRefused => Some(
            of_layer(symptom)
                .unwrap_or_else(|| Cause::new(&TRUST_REFUSED, format!("STS refuses the pod's web identity{}", on(symptom)))),
        ),
        Sign::NoProvider => Some(Cause::new(&NO_PROVIDER, no_provider(evidence, symptom))),
        // The network to another service has nothing to do with credentials.
        Sign::Unreachable if symptom.host.as_deref().is_some_and(|host| !is_of_credentials(host)) => None,
        Sign::Unreachable | Sign::WrongEndpoint | Sign::NoRegion => Some(Cause::new(&STS_UNREACHABLE, unreachable(symptom))),
        Sign::KeysInvalid => {
            let detail = format!(
                "AWS does not know the access key that was used ({}): keys of somebody's own, not the role's",
                code(symptom)
            );
            Some(Cause { confidence: Confidence::Likely, ..Cause::new(&STATIC_IDENTITY, detail) })
        }
        Sign::SignatureDiffers => {
            let detail = format!(
                "AWS knows the access key and not the signature ({}): its secret is another one, or the request was changed on its way",
                code(symptom)
            );
            Some(Cause { confidence: Confidence::Likely, ..Cause::new(&STATIC_IDENTITY, detail) })
        }
        Sign::Other => None,
        sign => Some(plain(symptom, sign)),
    }
}

fn plain(symptom: &Symptom, sign: Sign) -> Cause {
    let said = said(symptom);
    let taker = if symptom.operation.as_deref() == Some("AssumeRoleForPodIdentity") { "EKS" } else { "STS" };
    let (fault, detail): (&'static Fault, String) = match sign {
        Sign::TokenAudience => {
            (&TOKEN_AUDIENCE, "STS says that the token's audience is not one of the OIDC provider's client ids".to_owned())
        }
        Sign::IssuerUnreachable => {
            (&ISSUER_UNREACHABLE, format!("STS could not get or verify the keys of the token's issuer{said}"))
        }
        Sign::TokenExpired => (&TOKEN_EXPIRED, format!("the token had expired when {taker} saw it{said}")),
        Sign::SessionExpired => (&TOKEN_EXPIRED, format!("the session's credentials had expired when they were used{said}")),
        Sign::ClockSkew => (&TOKEN_EXPIRED, format!("the clock of the caller and that of AWS differ{said}")),
        Sign::TokenMalformed => (&TOKEN_MALFORMED, format!("what was sent to {taker} as the token is not one{said}")),
        Sign::TokenUnreadable => (&TOKEN_UNREADABLE, unreadable(symptom)),
        Sign::RegionDisabled => {
            (&REGION_DISABLED, format!("STS is not active in the region that was called, for the role's account{said}"))
        }
        Sign::NoStsModule => (&SDK_LACKS_STS, "the SDK in the program has no STS module, so it can't do web identity".to_owned()),
        Sign::Throttled => (&THROTTLED, format!("AWS throttled {}", symptom.operation.as_deref().unwrap_or("the call"))),
        Sign::RequestInvalid => (&REQUEST_INVALID, format!("STS takes the request for invalid{said}")),
        Sign::PodIdentityMissing => {
            (&NO_CREDENTIALS, format!("EKS has no Pod Identity association for the pod's service account{said}"))
        }
        Sign::PodIdentityRefused => (
            &TRUST_REFUSED,
            "EKS may not assume the role of the Pod Identity association: its trust policy does not let pods.eks.amazonaws.com in"
                .to_owned(),
        ),
        Sign::CredentialsFailed => (&NO_CREDENTIALS, format!("{taker} gave no credentials ({}){said}", code_or_what(symptom))),
        _ => (&NO_CREDENTIALS, "the SDK found no credentials at all".to_owned()),
    };
    Cause::new(fault, detail)
}

/// A refusal: first whom AWS saw, then the layer, then the action.
fn refused(evidence: &Evidence<'_>, symptom: &Symptom) -> Cause {
    identity(evidence, symptom).or_else(|| of_layer(symptom)).unwrap_or_else(|| {
        let what = what(symptom);
        let role = caller(symptom);
        if symptom.sign == Sign::KeyRefused {
            let key = symptom.resource.as_deref().unwrap_or("a KMS key");
            return Cause::new(&KMS_KEY, format!("{role} may not use {key} ({what})"));
        }
        if symptom.assumes_itself() {
            return Cause::new(
                &DOUBLE_ASSUME,
                format!("{role} tries to assume itself: the program asks for a role that the pod already has"),
            );
        }
        if symptom.assumes_another() {
            return Cause::new(
                &CHAINED_ROLE,
                format!("{role} may not assume the second role that the program asks for ({what})"),
            );
        }
        if symptom.action.as_deref().is_some_and(|action| action.eq_ignore_ascii_case("iam:PassRole")) {
            return Cause::new(
                &PASS_ROLE,
                format!("{role} may not hand {} to a service", symptom.resource.as_deref().unwrap_or("a role")),
            );
        }
        Cause::new(&ACCESS_DENIED, format!("AWS refused {what} to {role}{}", layer_words(symptom)))
    })
}

/// The caller wasn't the pod's role.
fn identity(evidence: &Evidence<'_>, symptom: &Symptom) -> Option<Cause> {
    let whom = symptom.whom.as_ref()?;
    let arn = whom.arn.as_deref().unwrap_or("nobody");
    let known = roles(evidence);
    let wanted = Compared::from(known.iter().cloned().collect::<Vec<_>>());
    let other = |fault, detail: String| {
        Some(Cause { compared: Some((wanted.clone(), Compared::from(arn))), ..Cause::new(fault, detail) })
    };
    match whom.kind {
        WhomKind::NodeRole if !is_among(evidence, symptom) => other(
            &NODE_ROLE,
            format!("AWS saw the node: role {} in the session of an instance", whom.role.as_deref().unwrap_or_default()),
        ),
        WhomKind::User | WhomKind::Root | WhomKind::FederatedUser => {
            other(&STATIC_IDENTITY, format!("AWS saw {arn}: access keys, not the pod's role"))
        }
        WhomKind::Person => {
            other(&STATIC_IDENTITY, format!("AWS saw a person, {arn}: the call was not made with the pod's role"))
        }
        WhomKind::Anonymous => Some(Cause::new(&NO_CREDENTIALS, "AWS saw nobody: the request was not signed")),
        _ if !known.is_empty() && !is_among(evidence, symptom) => other(
            &OTHER_ROLE,
            format!(
                "AWS saw role {} of account {}, which is not the pod's",
                whom.role.as_deref().unwrap_or_default(),
                whom.account.as_deref().unwrap_or_default()
            ),
        ),
        _ => None,
    }
}

/// The layer that the text names, where it isn't one of the role's own.
fn of_layer(symptom: &Symptom) -> Option<Cause> {
    let refusal = symptom.refusal.as_ref()?;
    let policy = refusal.policy.as_ref().map(|arn| format!(" {arn}")).unwrap_or_default();
    let how = if refusal.explicit { "denies" } else { "does not allow" };
    let what = what(symptom);
    let (fault, name) = match refusal.layer? {
        Layer::ServiceControl => (&SERVICE_CONTROL, "a service control policy"),
        Layer::ResourceControl => (&RESOURCE_CONTROL, "a resource control policy"),
        Layer::VpcEndpoint => (&VPC_ENDPOINT, "the policy of a VPC endpoint"),
        Layer::Session => (&SESSION_POLICY, "a session policy"),
        Layer::Resource if symptom.sign == Sign::KeyRefused => (&KMS_KEY, "the key's policy"),
        Layer::Resource => (&RESOURCE_POLICY, "the resource's own policy"),
        Layer::Trust if symptom.sign == Sign::WebIdentityRefused => (&TRUST_REFUSED, "the role's trust policy"),
        Layer::Identity | Layer::Boundary | Layer::Trust => return None,
    };
    Some(Cause::new(fault, format!("{name}{policy} {how} {what} to {}", caller(symptom))))
}

fn layer_words(symptom: &Symptom) -> String {
    let Some(refusal) = &symptom.refusal else { return "; the text does not say which policy did".to_owned() };
    let policy = refusal.policy.as_ref().map(|arn| format!(" {arn}")).unwrap_or_default();
    let name = match refusal.layer {
        Some(Layer::Identity) => "identity-based policy",
        Some(Layer::Boundary) => "permissions boundary",
        Some(Layer::Trust) => "trust policy",
        _ => "policy",
    };
    let a = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    if refusal.explicit { format!(": an explicit deny in {a} {name}{policy}") } else { format!(": no {name} allows it") }
}

/// "s3:GetObject on arn:...".
pub(super) fn what(symptom: &Symptom) -> String {
    let action = symptom.action.as_deref().or(symptom.operation.as_deref()).unwrap_or("the call");
    match &symptom.resource {
        Some(resource) => format!("{action} on {resource}"),
        None => action.to_owned(),
    }
}

fn caller(symptom: &Symptom) -> String {
    let whom = symptom.whom.as_ref();
    match whom.and_then(|whom| whom.role.as_deref()) {
        Some(role) => format!("role {role}"),
        None => "the caller".to_owned(),
    }
}

fn on(symptom: &Symptom) -> String {
    symptom.resource.as_ref().map(|role| format!(" for {role}")).unwrap_or_default()
}

fn code(symptom: &Symptom) -> &str {
    symptom.code.as_deref().unwrap_or("the security token is invalid")
}

fn code_or_what(symptom: &Symptom) -> String {
    symptom.code.clone().unwrap_or_else(|| what(symptom))
}

fn said(symptom: &Symptom) -> String {
    symptom.message.as_ref().map(|message| format!(": {message}")).unwrap_or_default()
}

fn unreadable(symptom: &Symptom) -> String {
    let file = symptom.token_file.as_deref().unwrap_or("its token file");
    if symptom.missing_file { format!("the process found no {file}") } else { format!("the process may not read {file}") }
}

/// Whether a host is one that credentials come from.
fn is_of_credentials(host: &str) -> bool {
    host.starts_with("sts.") || host.starts_with("sts-") || host.contains(".sts.") || host.starts_with("169.254.")
}

fn unreachable(symptom: &Symptom) -> String {
    let host = symptom.host.as_deref();
    match (symptom.sign, host) {
        (Sign::NoRegion, _) => "no region is configured, so the SDK knows no address of STS".to_owned(),
        (Sign::WrongEndpoint, _) => "something else than STS answered the call to STS".to_owned(),
        (_, Some(host)) => format!("{host} was not reached"),
        (_, None) => "the endpoint of AWS was not reached".to_owned(),
    }
}

fn no_provider(evidence: &Evidence<'_>, symptom: &Symptom) -> String {
    let named = symptom.issuer.as_deref().unwrap_or("the token's issuer");
    let issuer = evidence.cluster.map(|_| evidence.issuer());
    let ours = issuer.as_ref().and_then(|issuer| issuer.present()).map(|issuer| issuer.url.as_str());
    match ours {
        Some(ours) if symptom.issuer.as_deref().is_some_and(|issuer| issuer != ours) => {
            format!("IAM has no OIDC provider for {named}, which is not the issuer of this cluster ({ours})")
        }
        _ => format!("IAM, in the role's account, has no OIDC provider for {named}"),
    }
}

/// The roles that the pod has, would get, or reaches by its association.
pub(super) fn roles(evidence: &Evidence<'_>) -> BTreeSet<String> {
    let mut roles = BTreeSet::new();
    if evidence.target.kind == TargetKind::Role {
        roles.insert(evidence.target.name.clone());
    }
    roles.extend(evidence.annotated_role().map(str::to_owned));
    if let Some(association) = evidence.association().present() {
        roles.insert(association.role_arn.clone());
        roles.extend(association.target_role_arn.clone());
    }
    for pod in std::iter::once(evidence.pod_spec()).flatten().chain(evidence.pods.iter().map(|pod| &pod.spec)) {
        let containers = pod.init_containers.iter().chain(&pod.containers);
        let variables = containers.flat_map(|container| &container.env).filter(|variable| variable.name == "AWS_ROLE_ARN");
        roles.extend(variables.filter_map(|variable| variable.value.clone()));
    }
    roles.retain(|role| RoleArn::parse(role).is_some());
    roles
}

/// Whether the role that AWS saw is one of the pod's.
pub(super) fn is_among(evidence: &Evidence<'_>, symptom: &Symptom) -> bool {
    let Some(whom) = &symptom.whom else { return false };
    let (Some(role), Some(account)) = (whom.role.as_deref(), whom.account.as_deref()) else { return false };
    let masked = account.bytes().any(|byte| !byte.is_ascii_digit());
    let is_it = |arn: &String| RoleArn::parse(arn).is_some_and(|arn| arn.name == role && (masked || arn.account == account));
    roles(evidence).iter().any(is_it)
}
