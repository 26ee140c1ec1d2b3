//! What kind of thing happened.

use super::*;

/// The sign of a text; `None` where it is no error of AWS.
fn sign(text: &str) -> Option<Sign> {
    match read(text) {
        Reading::Aws(symptom) => Some(symptom.sign),
        Reading::NotAnAwsError(_) => None,
    }
}

#[test]
fn an_sdks_own_words_for_a_missing_region_need_no_mark_of_aws() {
    for text in [
        "You must specify a region.",
        "error: You must specify a region.",
        "{\"message\": \"You must specify a region.\"}",
        "You must specify a region. You can also configure your region by running \"aws configure\".",
        "aws: [ERROR]: An error occurred (NoRegion): You must specify a region.",
        "NoRegionError: You must specify a region.",
        "Unable to load region from any of the providers in the chain",
        "Unable to find a region via the region provider chain. Must provide an explicit region in the builder or setup environment to supply a region.",
        "No RegionEndpoint or ServiceURL configured",
        "Invalid Configuration: Missing Region",
    ] {
        assert_eq!(sign(text), Some(Sign::NoRegion), "{text}");
    }
    for text in [
        "If the function is deployed in multiple regions, you must specify a region.",
        "You must specify a region or chromosome",
        "Region is missing",
    ] {
        assert_eq!(sign(text), None, "{text}");
    }
}

#[test]
fn a_name_that_is_not_known_is_a_host_that_was_not_reached() {
    let failed = |host: &str| {
        let text = format!("Failed to open TCP connection to {host}:443 (getaddrinfo: Name or service not known)");
        let symptom = aws(&text);
        (symptom.sign, symptom.host)
    };
    for host in ["sts.us-east-1.amazonaws.com", "b.s3.amazonaws.com"] {
        assert_eq!(failed(host), (Sign::Unreachable, Some(host.to_owned())));
    }
}

fn failed(code: &str, operation: &str, message: &str) -> String {
    format!("An error occurred ({code}) when calling the {operation} operation: {message}")
}

#[test]
fn an_answer_that_sts_never_gives_came_from_something_else() {
    let of_sts = |code: &str| sign(&failed(code, "AssumeRoleWithWebIdentity", "no"));
    for code in ["NoSuchVersion", "MethodNotAllowed", "UnknownOperationException"] {
        assert_eq!(of_sts(code), Some(Sign::WrongEndpoint), "{code}");
        assert_eq!(sign(&failed(code, "GetObject", "no")), Some(Sign::Other), "{code}");
    }
    let answer = "AssumeRoleWithWebIdentity at our gateway: 405 Method Not Allowed";
    assert_eq!(sign(answer), None, "nothing of AWS");
    assert_eq!(sign(&format!("{answer} (https://sts.amazonaws.com)")), Some(Sign::WrongEndpoint));
}

#[test]
fn sts_is_a_host_and_not_the_end_of_a_word() {
    let code = |place: &str| sign(&failed("MethodNotAllowed", "GetObject", place));
    for sts in [
        "from sts.amazonaws.com",
        "from sts-fips.us-east-1.amazonaws.com",
        "from vpce-1.sts.us-east-1.vpce.amazonaws.com",
        "(sts.gateway.example)",
    ] {
        assert_eq!(code(sts), Some(Sign::WrongEndpoint), "{sts}");
    }
    for other in ["at requests.exceptions", "it exists.", "from requests.s3.amazonaws.com"] {
        assert_eq!(code(other), Some(Sign::Other), "{other}");
    }
}

#[test]
fn what_happened_has_a_word() {
    let token = |message: &str| failed("InvalidIdentityToken", "AssumeRoleWithWebIdentity", message);
    for (text, word) in [
        (token("Not authorized to perform sts:AssumeRoleWithWebIdentity"), "web-identity-refused"),
        (refused(USER), "refused"),
        (refused(&USER.replace("s3:ListBucket", "kms:Decrypt")), "key-refused"),
        (token("No OpenIDConnect provider found in your account for https://example.com"), "no-provider"),
        (token("Incorrect token audience"), "token-audience"),
        (token("Couldn't retrieve verification key from your identity provider"), "issuer-unreachable"),
        (token("Token expired: current date/time 2 must be before the expiration date/time 1"), "token-expired"),
        (token("The ID Token provided is not a valid JWT"), "token-malformed"),
        (
            "[Errno 13] Permission denied: '/var/run/secrets/eks.amazonaws.com/serviceaccount/token'".to_owned(),
            "token-unreadable",
        ),
        (token("Request ARN is invalid"), "request-invalid"),
        (token("STS is not activated in this region"), "region-disabled"),
        (failed("Throttling", "GetObject", "Rate exceeded"), "throttled"),
        ("Could not connect to the endpoint URL: \"https://sts.us-east-1.amazonaws.com/\"".to_owned(), "unreachable"),
        (failed("NoSuchVersion", "AssumeRoleWithWebIdentity", "no"), "wrong-endpoint"),
        ("You must specify a region.".to_owned(), "no-region"),
        ("Unable to locate credentials".to_owned(), "no-credentials"),
        ("the aws-java-sdk-sts module must be on the class path".to_owned(), "no-sts-module"),
        (failed("InvalidClientTokenId", "GetObject", "no"), "keys-invalid"),
        (failed("SignatureDoesNotMatch", "GetObject", "no"), "signature-differs"),
        (token("No association found for service account: a"), "pod-identity-missing"),
        (token("EKS does not have permissions to assume the associated role."), "pod-identity-refused"),
        (failed("InternalFailure", "AssumeRoleWithWebIdentity", "no"), "credentials-failed"),
        (refused(&USER.replace("s3:ListBucket", "eks-auth:AssumeRoleForPodIdentity")), "agent-refused"),
        (failed("ExpiredToken", "GetObject", "no"), "session-expired"),
        (failed("RequestTimeTooSkewed", "GetObject", "no"), "clock-skew"),
        (failed("NoSuchKey", "GetObject", "The specified key does not exist."), "other"),
    ] {
        assert_eq!(sign(&text).map(Sign::as_str), Some(word), "{text}");
    }
}

#[test]
fn a_code_means_the_token_where_the_token_was_exchanged() {
    for (code, of_token, of_session) in [
        ("AccessDenied", Sign::WebIdentityRefused, Sign::Refused),
        ("ExpiredTokenException", Sign::TokenExpired, Sign::SessionExpired),
        ("Throttling", Sign::Throttled, Sign::Throttled),
    ] {
        assert_eq!(sign(&failed(code, "AssumeRoleWithWebIdentity", "no")), Some(of_token), "{code}");
        assert_eq!(sign(&failed(code, "GetObject", "no")), Some(of_session), "{code}");
    }
}

#[test]
fn a_call_for_credentials_that_fails_lets_nobody_in() {
    let of_eks = |status: u16, rest: &str| {
        let text = format!(
            "operation error EKS Auth: AssumeRoleForPodIdentity, https response error StatusCode: {status}, RequestID: 1a2b, {rest}"
        );
        sign(&text)
    };
    for (status, rest, wanted) in [
        (404, "ResourceNotFoundException: No association found for service account: my-account", Sign::PodIdentityMissing),
        (404, "ResourceNotFoundException: No cluster found for name: my-cluster", Sign::CredentialsFailed),
        (400, "InvalidTokenException: The token included in the request is invalid.", Sign::TokenMalformed),
        (400, "ExpiredTokenException: The token included in the request is expired.", Sign::TokenExpired),
        (
            400,
            "AccessDeniedException: Unauthorized Exception! EKS does not have permissions to assume the associated role.",
            Sign::PodIdentityRefused,
        ),
        (400, "AccessDeniedException: no", Sign::CredentialsFailed),
        (400, "InvalidRequestException: no", Sign::CredentialsFailed),
        (429, "ThrottlingException: Rate exceeded", Sign::Throttled),
        (500, "InternalServerException: no", Sign::CredentialsFailed),
    ] {
        assert_eq!(of_eks(status, rest), Some(wanted), "{rest}");
    }
    assert_eq!(sign(&failed("InternalFailure", "AssumeRoleWithWebIdentity", "no")), Some(Sign::CredentialsFailed));
    // The agent calls with the node's role, which says nothing of the pod's.
    let agent = refused(&USER.replace("s3:ListBucket", "eks-auth:AssumeRoleForPodIdentity"));
    assert_eq!(sign(&agent), Some(Sign::AgentRefused));
}

#[test]
fn a_signature_that_differs_is_of_a_key_that_is_known() {
    for (code, wanted) in [
        ("SignatureDoesNotMatch", Sign::SignatureDiffers),
        ("InvalidSignatureException", Sign::SignatureDiffers),
        ("InvalidAccessKeyId", Sign::KeysInvalid),
        ("UnrecognizedClientException", Sign::KeysInvalid),
    ] {
        assert_eq!(sign(&failed(code, "GetObject", "no")), Some(wanted), "{code}");
    }
}

#[test]
fn a_status_alone_is_a_refusal_where_an_sdk_or_the_call_is_named() {
    let url = "POST https://sts.us-east-1.amazonaws.com/?Action=AssumeRoleWithWebIdentity";
    for (text, wanted) in [
        ("upload failed\n\tstatus code: 403, request id: 1".to_owned(), Some(Sign::Refused)),
        ("upload failed\n\tstatus code: 500, request id: 1".to_owned(), Some(Sign::Other)),
        ("upload failed: status code: 403".to_owned(), None),
        (format!("{url} (403 Forbidden)"), Some(Sign::WebIdentityRefused)),
        (format!("{url} (400 Bad Request)"), None),
        ("GET https://example.com (403 Forbidden)".to_owned(), None),
    ] {
        assert_eq!(sign(&text), wanted, "{text}");
    }
}

#[test]
fn what_is_left_of_a_wrapper_is_enough() {
    for (text, wanted) in [
        ("AccessDenied: Access Denied", Some(Sign::Refused)),
        ("ERROR upload failed: AccessDenied: Access Denied", Some(Sign::Refused)),
        ("An error occurred (AccessDenied)", Some(Sign::Refused)),
        ("service error: unhandled error (AccessDenied)", Some(Sign::Refused)),
        (
            "SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided.",
            Some(Sign::SignatureDiffers),
        ),
        ("access denied", None),
        ("AccessDenied: no such door", None),
    ] {
        assert_eq!(sign(text), wanted, "{text}");
    }
}

#[test]
fn a_failure_of_the_network_is_one_of_aws_only_on_the_way_there() {
    for (text, wanted) in [
        ("AWS_REGION=eu-west-1; dial tcp 10.0.1.5:5432: connection refused".to_owned(), None),
        ("http://169.254.169.254/latest/meta-data/ is where roles are".to_owned(), None),
        ("Get \"http://169.254.169.254/latest/meta-data/\": context deadline exceeded".to_owned(), Some(Sign::NoCredentials)),
        ("dial tcp: lookup sts.us-east-1.amazonaws.com: no such host".to_owned(), Some(Sign::Unreachable)),
        // It answered.
        (
            failed("Throttling", "GetParameter", "no (https://ssm.us-east-1.amazonaws.com: connection reset)"),
            Some(Sign::Throttled),
        ),
    ] {
        assert_eq!(sign(&text), wanted, "{text}");
    }
}

#[test]
fn an_error_of_somebody_else_is_told_by_name() {
    let body = |rest: &str| format!("<Error><Code>AccessDenied</Code><RequestId>1</RequestId>{rest}</Error>");
    for (text, what) in [
        (body("<Details>no storage.objects.get access</Details>"), Some("an error of Google Cloud")),
        (body("<HostId>b.oss-cn-hangzhou.aliyuncs.com</HostId>"), Some("an error of Alibaba Cloud")),
        (body("<Server>MinIO</Server>"), Some("an error of MinIO, not of AWS")),
        (
            "pods is forbidden: User \"me\" cannot list resource \"pods\"".to_owned(),
            Some("a refusal of Kubernetes (RBAC), not of AWS"),
        ),
        ("nothing that is known".to_owned(), None),
        (
            "<html>\n<h1>403 Forbidden</h1>\n<hr><center>nginx/1.27.2</center>".to_owned(),
            Some("an error of a registry or a proxy that isn't AWS"),
        ),
        (
            "Failed to pull image \"docker.io/shop/api:1\": not found".to_owned(),
            Some("an error of a registry or a proxy that isn't AWS"),
        ),
        // Names alone are no error.
        ("Name: api\nContainers:\n  web:\n    Image: nginx\n    State: Terminated\n    Reason: Error".to_owned(), None),
        ("Back-off restarting failed container nginx in pod api".to_owned(), None),
        ("listening behind nginx on 8080".to_owned(), None),
        ("Image: minio/minio\nImage: quay.io/hashicorp/vault\nImage: envoyproxy/envoy".to_owned(), None),
    ] {
        assert_eq!(read(&text), Reading::NotAnAwsError(what), "{text}");
    }
    // Another's client may ask AWS.
    let client = format!("minio-go: https://b.s3.eu-west-1.amazonaws.com/: {}", body(""));
    assert_eq!(sign(&client), Some(Sign::Refused));
}
