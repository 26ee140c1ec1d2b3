//! What mends what an error says: commands where commands do, else who must decide.

use super::{
    CHAINED_ROLE, DOUBLE_ASSUME, ISSUER_UNREACHABLE, KMS_KEY, NO_CREDENTIALS, NO_PROVIDER, NODE_ROLE, OTHER_ROLE, PASS_ROLE,
    REGION_DISABLED, REQUEST_INVALID, RESOURCE_CONTROL, RESOURCE_POLICY, SDK_LACKS_STS, SERVICE_CONTROL, SESSION_POLICY,
    STATIC_IDENTITY, STS_UNREACHABLE, THROTTLED, TOKEN_AUDIENCE, TOKEN_EXPIRED, TOKEN_MALFORMED, TOKEN_UNREADABLE, TRUST_REFUSED,
    VPC_ENDPOINT, cause,
};
use crate::evidence::Evidence;
use crate::fault::Fault;
use crate::fix::{Effect, Fix, commands};
use crate::permissions::permissions;
use crate::required_actions::grant;
use crate::snapshot::{RequiredAction, TargetKind};
use crate::symptom::{Sign, Symptom};
use irsa_doctor_iam::Outcome as Answer;

/// The fix of a fault that the text proves.
pub(super) fn fix(evidence: &Evidence<'_>, symptom: &Symptom, fault: &'static Fault) -> Fix {
    let is = |other: &Fault| fault.id == other.id;
    // What the resource's own policy refuses no policy of the role mends.
    let of_resource = symptom.refusal.as_ref().is_some_and(|refusal| refusal.layer == Some(irsa_doctor_iam::Layer::Resource));
    if !of_resource
        && (is(&KMS_KEY) || is(&PASS_ROLE) || is(&CHAINED_ROLE))
        && let Some(fix) = granted(evidence, symptom)
    {
        return other_side(fix, symptom, fault);
    }
    if let Some((summary, who)) = by_sign(symptom) {
        return Fix::new(format!("error {}", fault.id), summary).decision(who);
    }
    if is(&STS_UNREACHABLE) && symptom.host.as_deref() == Some("sts.amazonaws.com") && evidence.account_name().is_some() {
        return regional(evidence);
    }
    if evidence.target.kind == TargetKind::Error && (is(&NODE_ROLE) || is(&NO_CREDENTIALS)) {
        // The text alone doesn't say which link is missing; the image is to blame only where all of them hold.
        return Fix::new(format!("error {}", fault.id), "Find the link that leaves the program without a role of its own")
            .decision("whoever runs the pod: `irsa-doctor --pod POD -n NAMESPACE --error -` says which of the causes it is");
    }
    let (summary, who) = decided(symptom, fault);
    Fix::new(format!("error {}", fault.id), summary).decision(who)
}

/// What mends it, where the text says more than its fault does.
fn by_sign(symptom: &Symptom) -> Option<(&'static str, &'static str)> {
    Some(match symptom.sign {
        Sign::PodIdentityMissing => (
            "Make the association, or take away what makes the program ask for one",
            "whoever owns the cluster: `aws eks create-pod-identity-association` for the pod's namespace and service account; then make the pod anew",
        ),
        Sign::PodIdentityRefused => (
            "Let EKS Pod Identity into the association's role",
            "whoever owns the role: its trust policy must allow sts:AssumeRole and sts:TagSession to pods.eks.amazonaws.com",
        ),
        Sign::AgentRefused => (
            "Let the node's role ask EKS for the pods' credentials",
            "whoever owns the nodes: their role needs eks-auth:AssumeRoleForPodIdentity (AmazonEKSWorkerNodePolicy)",
        ),
        Sign::CredentialsFailed => (
            "Call again, and look at what the service itself says",
            "whoever runs the pod: does it pass? If not, the request's id tells AWS support which call it was",
        ),
        Sign::SignatureDiffers => (
            "Have the pod's role used in place of keys, or find out what differs",
            "whoever owns the workload: is the secret the key's own, and does nothing between the pod and AWS change the request?",
        ),
        _ => return None,
    })
}

/// Exactly the refused action on exactly its resource, where the role's own policies leave it out.
fn granted(evidence: &Evidence<'_>, symptom: &Symptom) -> Option<Fix> {
    let asked: &RequiredAction =
        evidence.required().iter().find(|asked| symptom.action.as_deref() == Some(asked.action.as_str()))?;
    let permissions = permissions(evidence).filter(|permissions| permissions.role.is_present())?;
    let decision = permissions.decide(evidence, asked);
    let left_out = matches!(decision.outcome, Answer::ImplicitDeny { layer: irsa_doctor_iam::Layer::Identity });
    (left_out && asked.resource != "*").then(|| grant(evidence, &permissions, &[asked]))
}

fn other_side(fix: Fix, symptom: &Symptom, fault: &Fault) -> Fix {
    let resource = symptom.resource.as_deref().unwrap_or("the resource");
    if fault.id == KMS_KEY.id {
        fix.note(format!("the policy of {resource} must let the account's IAM policies decide, or name the role"))
    } else if fault.id == CHAINED_ROLE.id {
        fix.note(format!("the trust policy of {resource} must let the pod's role in as well"))
    } else {
        fix
    }
}

/// The regional endpoint of STS in place of the global one, which no VPC endpoint serves.
fn regional(evidence: &Evidence<'_>) -> Fix {
    let key = "eks.amazonaws.com/sts-regional-endpoints";
    let fix = Fix::new(
        format!("{} {key}", evidence.account_locus().resource),
        "Have the SDK call STS in the cluster's own region, which a VPC endpoint can serve",
    )
    .command(Effect::WritesCluster, commands::annotate(evidence, key, "true"))
    .note("a private cluster also needs an interface VPC endpoint for com.amazonaws.REGION.sts with private DNS");
    commands::restart(evidence, fix)
}

/// What has to be done, and by whom.
fn decided(symptom: &Symptom, fault: &Fault) -> (String, String) {
    let policy = symptom.refusal.as_ref().and_then(|refusal| refusal.policy.as_deref());
    let policy = policy.map(|arn| format!(" {arn}")).unwrap_or_default();
    let resource = symptom.resource.as_deref().unwrap_or("the resource");
    let what = cause::what(symptom);
    let is = |other: &Fault| fault.id == other.id;
    let (summary, who): (&str, String) = if is(&NODE_ROLE) || is(&NO_CREDENTIALS) {
        ("Have the program use the pod's role: an SDK that knows web identity, and its default chain of credentials", "whoever owns the image: an SDK of the minimum version or later, no credentials provider of its own; then restart the pod".to_owned())
    } else if is(&SDK_LACKS_STS) {
        (
            "Add the STS module to the program, and update its SDK",
            "whoever owns the image: Java needs software.amazon.awssdk:sts on the class path, .NET AWSSDK.SecurityToken"
                .to_owned(),
        )
    } else if is(&STATIC_IDENTITY) {
        ("Take the keys away, so that the pod's role is used", "whoever owns the workload: where do these credentials come from (environment, mounted file, the program's settings), or was it not the pod's error at all?".to_owned())
    } else if is(&OTHER_ROLE) {
        ("Find out who uses that role: the program's own settings, or another pod", "whoever owns the workload: remove the role from the program's configuration, or look at the pod that logged the error".to_owned())
    } else if is(&DOUBLE_ASSUME) {
        ("Remove the role_arn/assume-role from the app's configuration: the pod already has that role", "whoever owns the application's configuration: remove the role_arn or assume-role setting that names the pod's own role".to_owned())
    } else if is(&CHAINED_ROLE) {
        (
            "Let the pod's role into the second one",
            format!("whoever owns {resource}: its trust policy must allow sts:AssumeRole to the pod's role"),
        )
    } else if is(&KMS_KEY) {
        ("Let the role use the key", format!("whoever owns the key ({resource}): its key policy must let the role in for {what}"))
    } else if is(&PASS_ROLE) {
        (
            "Allow the role iam:PassRole on exactly that role",
            format!("whoever owns the role's permissions: may it hand {resource} to the service? (with iam:PassedToService)"),
        )
    } else if is(&SERVICE_CONTROL) {
        (
            "Have the service control policy changed, if it is not meant for this role",
            format!("whoever administers the organization: service control policy{policy}"),
        )
    } else if is(&RESOURCE_CONTROL) {
        (
            "Have the resource control policy changed, if it is not meant for this role",
            format!("whoever administers the resource's organization: resource control policy{policy}"),
        )
    } else if is(&RESOURCE_POLICY) {
        (
            "Let the role in by the resource's own policy",
            format!("whoever owns {resource}: its policy must allow it to the role (not to its session)"),
        )
    } else if is(&SESSION_POLICY) {
        (
            "Widen the session policy, or pass none",
            "whoever owns the program or the Pod Identity association that passes the session policy".to_owned(),
        )
    } else if is(&VPC_ENDPOINT) {
        ("Let the call through the VPC endpoint", format!("whoever owns the VPC's endpoints: endpoint policy{policy}"))
    } else {
        return of_token(symptom, fault);
    };
    (summary.to_owned(), who)
}

fn of_token(symptom: &Symptom, fault: &Fault) -> (String, String) {
    let is = |other: &Fault| fault.id == other.id;
    let (summary, who) = if is(&TRUST_REFUSED) {
        (
            "Find out which policy refuses the web identity",
            "whoever owns the role: its trust policy, and the organization's policies for sts:AssumeRoleWithWebIdentity",
        )
    } else if is(&NO_PROVIDER) {
        (
            "Make the provider for the token's issuer in the role's account, or use the cluster's own token",
            "whoever owns the role's account: is there a provider for that issuer, and is STS active in the region?",
        )
    } else if is(&TOKEN_AUDIENCE) {
        (
            "Make token and provider agree on an audience",
            "whoever owns the role's account or the program: which audience is meant (sts.amazonaws.com as a rule)?",
        )
    } else if is(&TOKEN_EXPIRED) {
        (
            "Have the program read the token anew, and its credentials refreshed",
            "whoever owns the program: a refreshing provider of a current SDK, no subPath mount, a correct clock on the node",
        )
    } else if is(&TOKEN_MALFORMED) {
        (
            "Send the contents of the token file",
            "whoever owns the program: the contents of the file and not its path; make the pod anew if the file is empty",
        )
    } else if is(&TOKEN_UNREADABLE) {
        ("Let the process read its token", "whoever owns the pod: an fsGroup or the right runAsUser, and a path that is mounted")
    } else if is(&ISSUER_UNREACHABLE) {
        (
            "Make the issuer's discovery document and keys public, and current",
            "whoever runs the issuer; on EKS itself it passes: retry",
        )
    } else if is(&STS_UNREACHABLE) {
        (
            "Let the pod reach the endpoint",
            "whoever owns the network or the program's endpoint settings: a VPC endpoint with private DNS, NAT, DNS, network policies, the proxy, AWS_REGION, AWS_ENDPOINT_URL",
        )
    } else if is(&REGION_DISABLED) {
        (
            "Activate STS in the region, or call another one",
            "an administrator of the role's account: IAM console, account settings, STS endpoints",
        )
    } else if is(&THROTTLED) {
        ("Make fewer calls: keep clients and their credentials, retry adaptively", "whoever owns the program")
    } else if is(&REQUEST_INVALID) {
        (
            "Send a request that STS takes",
            match symptom.parameter.as_deref() {
                Some("roleArn") => "whoever owns the workload: the role's ARN",
                Some("roleSessionName") => "whoever owns the workload: the session's name (AWS_ROLE_SESSION_NAME)",
                Some("durationSeconds") => "whoever owns the program or the role: the session's duration",
                _ => "whoever owns the program or the role: the parameter that the error names",
            },
        )
    } else {
        ("Find out which policy refuses the call", "whoever owns the role, and whoever owns the resource: see the candidates")
    };
    (summary.to_owned(), who.to_owned())
}
