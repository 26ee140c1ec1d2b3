//! Requests as a diagnosis knows them: nobody makes the call, so some keys can't be known.
//!
//! Which key is in which request:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html> for the
//! global ones and
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html> for
//! those of STS and of OIDC providers. On the first page the key `aws:NAME` has the anchor
//! `#condition-keys-NAME` in lower case; its "Availability" is what the rules below follow.

use super::{Principal, Request};
use crate::arn::Arn;
use crate::context::{Context, KeyValue};

const NOT_CALLED: &str = "known only when the call is made";
const NETWORK: &str = "depends on the network path of the call";
const NOT_READ: &str = "not read";

/// What is known of a call that EKS Pod Identity makes for a pod
/// (<https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html>).
#[derive(Debug, Clone, Copy, Default)]
pub struct PodIdentityCall<'a> {
    /// The cluster's ARN: `aws:SourceArn` and the tag `eks-cluster-arn`.
    pub cluster_arn: Option<&'a str>,
    /// The cluster's name: the tag `eks-cluster-name`.
    pub cluster_name: Option<&'a str>,
    /// The pod's namespace: the tag `kubernetes-namespace`.
    pub namespace: Option<&'a str>,
    /// The pod's service account: the tag `kubernetes-service-account`.
    pub service_account: Option<&'a str>,
    /// The pod's name: the tag `kubernetes-pod-name`.
    pub pod_name: Option<&'a str>,
    /// The pod's UID: the tag `kubernetes-pod-uid`.
    pub pod_uid: Option<&'a str>,
    /// The association has session tags switched off: none of the tags is sent.
    pub without_tags: bool,
}

impl Request {
    /// A pod's token asks for `sts:AssumeRoleWithWebIdentity` on a role.
    ///
    /// `issuer` is the issuer's URL without its scheme, as the condition keys have it. The call is
    /// not signed, so keys about an IAM principal (`aws:PrincipalArn`, `aws:PrincipalTag/*`,
    /// `aws:PrincipalOrgID`, MFA) are absent. Of the token's claims AWS passes on `amr`, `aud`,
    /// `azp`, `oaud` and `sub`
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif>);
    /// a service account token has `aud` and `sub` only, and every other key of the issuer is absent.
    #[must_use]
    pub fn web_identity(role_arn: &str, provider_arn: &str, issuer: &str, audience: &str, subject: &str) -> Self {
        let principal = Principal::Federated { provider_arn: provider_arn.to_owned() };
        let context = own_call(unsigned(sts_context(role_arn)))
            .prefix(&format!("{issuer}:"), KeyValue::Absent)
            .with(&format!("{issuer}:aud"), audience)
            .with(&format!("{issuer}:sub"), subject)
            .with("aws:FederatedProvider", provider_arn)
            .prefix("aws:RequestTag/", KeyValue::Absent)
            .absent("aws:TagKeys")
            .absent("sts:TransitiveTagKeys")
            .absent("sts:ExternalId")
            .absent("sts:SourceIdentity")
            .present("sts:RoleSessionName", "the SDK chooses the session's name");
        Self::new(principal, "sts:AssumeRoleWithWebIdentity", role_arn).with_context(context)
    }

    /// EKS Pod Identity asks for `action`, which is `sts:AssumeRole` or `sts:TagSession`, on a role.
    #[must_use]
    pub fn pod_identity(role_arn: &str, action: &str, call: &PodIdentityCall<'_>) -> Self {
        let principal = Principal::Service { name: "pods.eks.amazonaws.com".to_owned() };
        let mut context = unsigned(sts_context(role_arn))
            .with("aws:PrincipalIsAWSService", "true")
            .with("aws:PrincipalServiceName", "pods.eks.amazonaws.com")
            .absent("aws:FederatedProvider")
            .absent("sts:ExternalId")
            .present("sts:RoleSessionName", "EKS chooses the session's name");
        let tags = [
            ("eks-cluster-arn", call.cluster_arn),
            ("eks-cluster-name", call.cluster_name),
            ("kubernetes-namespace", call.namespace),
            ("kubernetes-service-account", call.service_account),
            ("kubernetes-pod-name", call.pod_name),
            ("kubernetes-pod-uid", call.pod_uid),
        ];
        context = context.prefix("aws:RequestTag/", KeyValue::Absent);
        for (tag, value) in tags {
            let value = match value {
                _ if call.without_tags => KeyValue::Absent,
                Some(value) => KeyValue::Single(value.to_owned()),
                None => KeyValue::Present(NOT_READ.to_owned()),
            };
            context.set(&format!("aws:RequestTag/{tag}"), value);
        }
        context = if call.without_tags {
            context.absent("aws:TagKeys").absent("sts:TransitiveTagKeys")
        } else {
            context.with_many("aws:TagKeys", tags.map(|(tag, _)| tag))
        };
        let cluster = call.cluster_arn.and_then(|arn| Arn::parse(arn).ok());
        context = match cluster {
            Some(arn) => context.with("aws:SourceArn", arn.text).with("aws:SourceAccount", arn.account),
            None => context.present("aws:SourceArn", NOT_READ).present("aws:SourceAccount", NOT_READ),
        };
        Self::new(principal, action, role_arn).with_context(context)
    }

    /// A signed principal, as a rule another role's session, asks for `sts:AssumeRole` on a role.
    #[must_use]
    pub fn assume_role(from: Principal, role_arn: &str, external_id: Option<&str>) -> Self {
        let mut context = own_call(signed(sts_context(role_arn), &from))
            .present("sts:RoleSessionName", "the caller chooses the session's name");
        context = match external_id {
            Some(id) => context.with("sts:ExternalId", id),
            None => context.absent("sts:ExternalId"),
        };
        Self::new(from, "sts:AssumeRole", role_arn).with_context(context)
    }

    /// A session of a role asks for `action` on `resource`, itself and over TLS, as every SDK does.
    /// `aws:RequestedRegion` and `aws:ResourceAccount` are those of the resource's ARN where it has
    /// them. Keys that depend on the call, the service's own ones among them, are unknown.
    /// [`Request::role_tags`] adds the role's tags.
    #[must_use]
    pub fn role_session(role_arn: &str, action: &str, resource: &str) -> Self {
        let principal = Principal::AssumedRole { session_arn: None, role_arn: Some(role_arn.to_owned()) };
        let context = signed(Context::unknown_by_default(NOT_CALLED), &principal)
            .with("aws:SecureTransport", "true")
            .present("aws:RequestedRegion", NOT_CALLED);
        let mut context = own_call(call_time(context));
        if let Some(account) = principal.account() {
            // <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-caller-account>
            context.set("kms:CallerAccount", KeyValue::Single(account.to_owned()));
        }
        if let Ok(arn) = Arn::parse(resource) {
            for (key, value) in [("aws:RequestedRegion", arn.region), ("aws:ResourceAccount", arn.account)] {
                if !value.is_empty() && !value.contains(['*', '?']) {
                    context.set(key, KeyValue::Single(value.to_owned()));
                }
            }
        }
        Self::new(principal, action, resource).with_context(context)
    }

    /// Sets the tags of the principal, `aws:PrincipalTag/*`: those of the role and of the session.
    /// Tags that aren't among them are absent.
    #[must_use]
    pub fn role_tags<K: AsRef<str>, V: Into<String>>(mut self, tags: impl IntoIterator<Item = (K, V)>) -> Self {
        self.context = self.context.prefix("aws:PrincipalTag/", KeyValue::Absent);
        for (key, value) in tags {
            self.context.set(&format!("aws:PrincipalTag/{}", key.as_ref()), KeyValue::Single(value.into()));
        }
        self
    }
}

/// What is common to all calls of STS for a role. Keys of other services and issuers are absent.
fn sts_context(role_arn: &str) -> Context {
    let unknown = || KeyValue::Unknown(NOT_CALLED.to_owned());
    let context = Context::new()
        .prefix("aws:", unknown())
        .prefix("sts:", unknown())
        .prefix("iam:ResourceTag/", unknown())
        // STS answers over TLS only.
        .with("aws:SecureTransport", "true")
        .present("aws:RequestedRegion", "depends on the STS endpoint that the SDK picks");
    let context = match Arn::parse(role_arn) {
        Ok(arn) => context.with("aws:ResourceAccount", arn.account),
        Err(_) => context,
    };
    call_time(context)
}

/// Keys about a service of AWS that calls for itself or passes a call on: this call is neither.
fn own_call(context: Context) -> Context {
    const KEYS: [&str; 10] = [
        "aws:CalledVia",
        "aws:CalledViaFirst",
        "aws:CalledViaLast",
        "aws:PrincipalServiceName",
        "aws:PrincipalServiceNamesList",
        "aws:SourceArn",
        "aws:SourceAccount",
        "aws:SourceOrgID",
        "aws:SourceOrgPaths",
        // The older name of `aws:SourceAccount`, in the default policy of SNS topics: set by services that publish
        // (<https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html>).
        "aws:SourceOwner",
    ];
    KEYS.into_iter().fold(context, Context::absent).with("aws:PrincipalIsAWSService", "false").with("aws:ViaAWSService", "false")
}

/// Keys about the moment and the way of a call.
fn call_time(context: Context) -> Context {
    let context = context.present("aws:CurrentTime", NOT_CALLED).present("aws:EpochTime", NOT_CALLED);
    ["aws:SourceIp", "aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp"]
        .into_iter()
        .fold(context, |context, key| context.unknown(key, NETWORK))
}

/// Keys about an IAM principal, which a call without a signature doesn't have.
fn unsigned(context: Context) -> Context {
    const KEYS: [&str; 10] = [
        "aws:PrincipalArn",
        "aws:PrincipalAccount",
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgPaths",
        "aws:username",
        "aws:TokenIssueTime",
        "aws:MultiFactorAuthPresent",
        "aws:MultiFactorAuthAge",
        "aws:SourceIdentity",
        "aws:Ec2InstanceSourceVpc",
    ];
    KEYS.into_iter().fold(context, Context::absent).prefix("aws:PrincipalTag/", KeyValue::Absent)
}

/// Keys about a principal that signs.
fn signed(context: Context, principal: &Principal) -> Context {
    let mut context = context;
    match principal {
        Principal::AssumedRole { session_arn, role_arn } => {
            context = context.with("aws:PrincipalType", "AssumedRole").absent("aws:username");
            context = match role_arn {
                Some(arn) => context.with("aws:PrincipalArn", arn.as_str()),
                None => context.present("aws:PrincipalArn", "the role's path isn't in its session's ARN"),
            };
            let session = session_arn.as_deref().and_then(|arn| Arn::parse(arn).ok()?.role_session());
            let why = match session {
                Some((_, name)) => {
                    format!("`ROLE-ID:{name}`, and the role's unique ID was not read")
                }
                None => "the session's name is not known".to_owned(),
            };
            // A session of a pod was not opened with MFA: the key is absent or false.
            let no_mfa = KeyValue::OneOf(vec![KeyValue::Absent, KeyValue::Single("false".to_owned())]);
            context.set("aws:MultiFactorAuthPresent", no_mfa);
            context =
                context.present("aws:userid", why).present("aws:TokenIssueTime", NOT_CALLED).absent("aws:MultiFactorAuthAge");
        }
        Principal::Iam { arn } => {
            context = context.with("aws:PrincipalArn", arn.as_str());
        }
        Principal::Federated { .. } | Principal::Service { .. } | Principal::Anonymous => {}
    }
    match principal.account() {
        Some(account) => context.with("aws:PrincipalAccount", account),
        None => context,
    }
}
