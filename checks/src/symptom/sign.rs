//! What kind of thing happened, from what the text says.

mod phrases;

use super::Symptom;
use super::text::Text;
use phrases::{
    BOTO_REGION, BY_CODE, MARKS, NO_CREDENTIALS, NO_REGION, NOT_OF_STS, PHRASES, SDK_PHRASES, TRANSPORT, WRONG_ENDPOINT,
};

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// STS did not let the web identity assume the role, and doesn't say why.
    WebIdentityRefused,
    /// A call was refused: permissions.
    Refused,
    /// A KMS key that an answer needs may not be used.
    KeyRefused,
    /// EKS has no Pod Identity association for the service account.
    PodIdentityMissing,
    /// EKS may not assume the role of the Pod Identity association.
    PodIdentityRefused,
    /// The node's role may not ask EKS for credentials, as the Pod Identity agent does.
    AgentRefused,
    /// A call for credentials failed otherwise: nobody was let in.
    CredentialsFailed,
    /// IAM knows no OIDC provider for the token's issuer.
    NoProvider,
    /// The provider doesn't accept the token's audience.
    TokenAudience,
    /// STS could not get, or not verify, the issuer's keys.
    IssuerUnreachable,
    /// The token had expired.
    TokenExpired,
    /// The token isn't one, or is empty.
    TokenMalformed,
    /// The process may not read the token file, or it isn't there.
    TokenUnreadable,
    /// STS takes the request for malformed: an ARN, a session name, a duration.
    RequestInvalid,
    /// STS isn't active in the region.
    RegionDisabled,
    /// Too many calls.
    Throttled,
    /// STS, or another endpoint of AWS, was not reached.
    Unreachable,
    /// The answer came from something else than the service that was meant.
    WrongEndpoint,
    /// No region is configured, so no endpoint is known.
    NoRegion,
    /// The SDK found no credentials.
    NoCredentials,
    /// The SDK lacks its STS module.
    NoStsModule,
    /// AWS doesn't know the keys.
    KeysInvalid,
    /// AWS knows the key, and the signature isn't the one that its secret makes of the request.
    SignatureDiffers,
    /// The credentials of the session had expired.
    SessionExpired,
    /// The clocks differ.
    ClockSkew,
    /// The call was let in and failed for another reason.
    Other,
}

impl Sign {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WebIdentityRefused => "web-identity-refused",
            Self::Refused => "refused",
            Self::KeyRefused => "key-refused",
            Self::PodIdentityMissing => "pod-identity-missing",
            Self::PodIdentityRefused => "pod-identity-refused",
            Self::AgentRefused => "agent-refused",
            Self::CredentialsFailed => "credentials-failed",
            Self::NoProvider => "no-provider",
            Self::TokenAudience => "token-audience",
            Self::IssuerUnreachable => "issuer-unreachable",
            Self::TokenExpired => "token-expired",
            Self::TokenMalformed => "token-malformed",
            Self::TokenUnreadable => "token-unreadable",
            Self::RequestInvalid => "request-invalid",
            Self::RegionDisabled => "region-disabled",
            Self::Throttled => "throttled",
            Self::Unreachable => "unreachable",
            Self::WrongEndpoint => "wrong-endpoint",
            Self::NoRegion => "no-region",
            Self::NoCredentials => "no-credentials",
            Self::NoStsModule => "no-sts-module",
            Self::KeysInvalid => "keys-invalid",
            Self::SignatureDiffers => "signature-differs",
            Self::SessionExpired => "session-expired",
            Self::ClockSkew => "clock-skew",
            Self::Other => "other",
        }
    }
}

/// The sign of a symptom whose other parts have been read; `None` where nothing shows that AWS, or an SDK of it, said this.
pub(super) fn read(text: &Text, symptom: &Symptom) -> Option<Sign> {
    if symptom.action.as_deref() == Some("sts:AssumeRoleWithWebIdentity") {
        return Some(Sign::WebIdentityRefused);
    }
    if let Some(sign) = authorization(symptom) {
        return Some(sign);
    }
    if unreadable(text) {
        return Some(Sign::TokenUnreadable);
    }
    if let Some((sign, _)) = PHRASES.iter().find(|(_, phrases)| text.has_any(phrases)) {
        return Some(*sign);
    }
    generic(text, symptom).or_else(|| by_code(symptom)).or_else(|| refused_without_code(text, symptom)).or_else(|| {
        // A wrapper of an SDK proves that AWS said something, or was asked.
        let said = symptom.code.is_some() || symptom.status.is_some() || symptom.operation.is_some();
        // Whatever keeps a call for credentials from giving any, it lets nobody in.
        let sign = if gives_credentials(symptom) { Sign::CredentialsFailed } else { Sign::Other };
        (symptom.sdk.is_some() && said).then_some(sign)
    })
}

/// The sentence was read: a refusal, by its action of a key.
fn authorization(symptom: &Symptom) -> Option<Sign> {
    match (&symptom.whom, &symptom.action) {
        (_, Some(action)) if action.starts_with("kms:") => Some(Sign::KeyRefused),
        (_, Some(action)) if action.eq_ignore_ascii_case(super::ASK_EKS) => Some(Sign::AgentRefused),
        (Some(_), _) | (_, Some(_)) => Some(Sign::Refused),
        (None, None) => None,
    }
}

/// The token file can't be read.
fn unreadable(text: &Text) -> bool {
    let file = text.has_any(&[
        "serviceaccount/token",
        "web_identity_token_file",
        "webidentityerr",
        "awswebidentitytokenfile",
        "retrievejwtfromprovidesource",
        "webidentitytokenfile",
    ]);
    let refused = text.has_any(&[
        "permissiondenied",
        "errno13",
        "eacces",
        "accessdeniedexception:/",
        "nosuchfileordirectory",
        "nosuchfileexception",
        "enoent",
        "errno2]",
        "unauthorizedaccessexception",
        "doesnotexist",
        "unabletoreadfile",
        "filenotfound",
    ]);
    file && refused
}

/// What anybody's program could have written, where a mark of AWS stands beside it.
fn generic(text: &Text, symptom: &Symptom) -> Option<Sign> {
    let marked = symptom.sdk.is_some() || text.has_any(MARKS);
    let own = marked || text.has_any(SDK_PHRASES);
    let sts = text.has_any(&["assumerolewithwebidentity", "webidentity", "awssecuritytokenservice"])
        || super::first(&super::STS_HOST, &text.low).is_some();
    if text.has_any(NO_REGION) && (own || text.flat.contains(BOTO_REGION)) {
        return Some(Sign::NoRegion);
    }
    let is_strange = || text.has_any(WRONG_ENDPOINT) || NOT_OF_STS.iter().any(|code| text.has(&code.to_ascii_lowercase()));
    if marked && sts && symptom.code.as_deref().is_none_or(|code| NOT_OF_STS.contains(&code)) && is_strange() {
        return Some(Sign::WrongEndpoint);
    }
    let metadata =
        text.has_any(&["169.254.169.254", "169.254.170.2", "ec2imds", "fd00:ec2::", "instancemetadata", "ec2metadata"]);
    if marked
        && text.has_any(TRANSPORT)
        && !metadata
        && answered(symptom).is_none()
        && (sts || text.has_any(&["amazonaws.com", "endpointurl"]))
    {
        return Some(Sign::Unreachable);
    }
    let none = text.has_any(NO_CREDENTIALS) || (metadata && text.has_any(TRANSPORT));
    if none && (own || metadata) && answered(symptom).is_none() {
        return Some(Sign::NoCredentials);
    }
    None
}

/// The codes that SDKs give their own failures before a service has answered.
pub(super) fn code_of_client(text: &Text) -> Option<&'static str> {
    ["NoCredentialProviders", "MissingRegion"].into_iter().find(|code| text.flat.contains(&format!("{code}:")))
}

/// The code that a service answered with: then it was reached, with credentials.
fn answered(symptom: &Symptom) -> Option<&str> {
    let code = symptom.code.as_deref()?;
    BY_CODE.iter().any(|(_, codes)| codes.contains(&code)).then_some(code)
}

/// The operation by which a web identity token becomes credentials.
const OF_STS: &str = "AssumeRoleWithWebIdentity";

/// The operation by which the Pod Identity agent gets credentials.
/// <https://docs.aws.amazon.com/eks/latest/APIReference/API_auth_AssumeRoleForPodIdentity.html>
const OF_EKS: &str = "AssumeRoleForPodIdentity";

/// Whether the operation is one that gives a pod its credentials.
fn gives_credentials(symptom: &Symptom) -> bool {
    matches!(symptom.operation.as_deref(), Some(OF_STS | OF_EKS))
}

fn by_code(symptom: &Symptom) -> Option<Sign> {
    let code = symptom.code.as_deref()?;
    symptom.sdk?;
    let of_token = symptom.operation.as_deref() == Some(OF_STS);
    let of_eks = symptom.operation.as_deref() == Some(OF_EKS);
    if of_eks && code == "InvalidTokenException" {
        return Some(Sign::TokenMalformed);
    }
    match BY_CODE.iter().find(|(_, codes)| codes.contains(&code))?.0 {
        Sign::Refused if of_token => Some(Sign::WebIdentityRefused),
        Sign::SessionExpired if of_token || of_eks => Some(Sign::TokenExpired),
        Sign::Refused if of_eks => Some(Sign::CredentialsFailed),
        sign => Some(sign),
    }
}

/// A refusal by status alone, or in words that only AWS uses.
fn refused_without_code(text: &Text, symptom: &Symptom) -> Option<Sign> {
    if text.has_any(&["thesecuritytokenincludedintherequestisexpired", "theprovidedtokenhasexpired"]) {
        return Some(Sign::SessionExpired);
    }
    if text.has_any(&[
        "thesecuritytokenincludedintherequestisinvalid",
        "theawsaccesskeyidyouprovideddoesnotexistinourrecords",
        "awswasnotabletovalidatetheprovidedaccesscredentials",
        "theprovidedtokenismalformedorotherwiseinvalid",
    ]) {
        return Some(Sign::KeysInvalid);
    }
    if text.has("therequestsignaturewecalculateddoesnotmatchthesignatureyouprovided") {
        return Some(Sign::SignatureDiffers);
    }
    // S3's code and message, and what botocore and the SDK for Rust write around a code, without the rest.
    if text.has_any(&[
        "encodedauthorizationfailuremessage:",
        "accessdenied:accessdenied",
        "anerroroccurred(accessdenied",
        "serviceerror:unhandlederror(accessdenied",
    ]) {
        return Some(Sign::Refused);
    }
    // An HTTP client that only shows the call: the URL names the operation.
    if text.has("?action=assumerolewithwebidentity") && text.has("(403forbidden)") {
        return Some(Sign::WebIdentityRefused);
    }
    let refused = symptom.status == Some(403) || text.has_any(&["accessdenied", "errorcodeforbidden"]);
    (symptom.sdk.is_some() && refused).then_some(Sign::Refused)
}
