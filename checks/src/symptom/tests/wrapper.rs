//! What SDKs and services put around an error.

use super::*;

/// Who wrapped it, service, operation, code, status, request id and message.
type Around<'a> =
    (Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<u16>, Option<&'a str>, Option<&'a str>);

fn around(symptom: &Symptom) -> Around<'_> {
    let Symptom { sdk, service, operation, code, status, request_id, message, .. } = symptom;
    let (service, operation, code) = (service.as_deref(), operation.as_deref(), code.as_deref());
    (*sdk, service, operation, code, *status, request_id.as_deref(), message.as_deref())
}

/// A text, and the same fields.
type Case<'a> = (&'a str, Around<'a>);

#[test]
fn each_program_has_its_own_wrapper() {
    let (denied, words) = (Some("AccessDenied"), Some("Access Denied"));
    let cases: [Case<'_>; 13] = [
        (
            "An error occurred (AccessDenied) when calling the GetObject operation: Access Denied",
            (Some("botocore"), None, Some("GetObject"), denied, None, None, words),
        ),
        (
            "operation error S3: GetObject, https response error StatusCode: 403, RequestID: 7BMJM8PWV1J1FNF2, HostID: a=, api error AccessDenied: Access Denied",
            (Some("go-v2"), Some("S3"), Some("GetObject"), denied, Some(403), Some("7BMJM8PWV1J1FNF2"), words),
        ),
        (
            "AccessDenied: Access Denied\n\tstatus code: 403, request id: 7BMJM8PWV1J1FNF2, host id: a=",
            (Some("go-v1"), None, None, denied, Some(403), Some("7BMJM8PWV1J1FNF2"), words),
        ),
        (
            "Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: 21722BC29BCED4A8)",
            (Some("java"), Some("Amazon S3"), None, denied, Some(403), Some("21722BC29BCED4A8"), None),
        ),
        (
            "Error executing \"GetObject\" on \"https://b.s3.eu-west-1.amazonaws.com/k\"; resulted in a `403 Forbidden` response: AccessDenied (client): Access Denied",
            (Some("php"), Some("s3"), Some("GetObject"), denied, Some(403), None, None),
        ),
        ("Aws::S3::Errors::AccessDenied: Access Denied", (Some("ruby"), Some("S3"), None, denied, None, None, words)),
        ("Encountered AWSError 'AccessDenied': Access Denied", (Some("c++"), None, None, denied, None, None, words)),
        (
            "AWS Error ACCESS_DENIED [code 15] (HTTP status 403) during HeadObject operation: No response body.",
            (Some("c++"), None, Some("HeadObject"), Some("ACCESS_DENIED"), Some(403), None, Some("No response body.")),
        ),
        ("Amazon.S3.AmazonS3Exception: Access Denied", (Some(".net"), Some("S3"), None, None, None, None, None)),
        ("Amazon.Runtime.AmazonServiceException: Access Denied", (Some(".net"), None, None, None, None, None, None)),
        (
            r#"{"eventSource":"s3.amazonaws.com","eventName":"GetObject","errorCode":"AccessDenied","errorMessage":"Access Denied"}"#,
            (Some("cloudtrail"), Some("s3"), Some("GetObject"), denied, None, None, None),
        ),
        (
            r#"{"__type":"com.amazon.coral.service#AccessDeniedException","message":"no"}"#,
            (Some("json"), None, None, Some("AccessDeniedException"), None, None, None),
        ),
        (
            "<Error><Code>AccessDenied</Code><RequestId>7BMJM8PWV1J1FNF2</RequestId></Error>",
            (Some("xml"), None, None, denied, None, Some("7BMJM8PWV1J1FNF2"), None),
        ),
    ];
    for (text, wanted) in cases {
        assert_eq!(around(&aws(text)), wanted, "{text}");
    }
}

#[test]
fn what_the_wrapper_says_counts_before_a_logs_own_fields() {
    let log = r#"{"code":"Internal","httpStatus":502,"requestId":"0f1e2d3c-0000-1111-2222-333344445555"} "#;
    let said = |text: &str| {
        let symptom = aws(&format!("{log}{text}"));
        (symptom.code.unwrap(), symptom.status.unwrap(), symptom.request_id.unwrap())
    };
    let java = said("(Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: 21722BC29BCED4A8)");
    assert_eq!(java, ("AccessDenied".to_owned(), 403, "21722BC29BCED4A8".to_owned()));
    for id in ["7BMJM8PWV1J1FNF2", "c87e019b-1c5e-11e1-9388-b50d1a7693b8"] {
        let go = said(&format!("AccessDenied: Access Denied\n\tstatus code: 403, request id: {id}\ntime=2026-11-20"));
        assert_eq!(go, ("AccessDenied".to_owned(), 403, id.to_owned()));
    }
    let (code, status, _) = said("AWS Error ACCESS_DENIED (HTTP status 403) during HeadObject operation: No response body.");
    assert_eq!((code.as_str(), status), ("ACCESS_DENIED", 403));
}

#[test]
fn a_java_error_without_a_body_has_its_status_in_the_code() {
    let code = |code: &str| {
        let text = format!("Forbidden (Service: Amazon S3; Status Code: 403; Error Code: {code}; Request ID: W9VA1Z6XN1EE1X8Y)");
        let Symptom { code, status, request_id, .. } = aws(&text);
        assert_eq!((status, request_id.as_deref()), (Some(403), Some("W9VA1Z6XN1EE1X8Y")));
        code
    };
    assert_eq!(code("403 Forbidden").as_deref(), Some("Forbidden"));
    assert_eq!(code("403").as_deref(), Some("403"));
}

#[test]
fn of_several_answers_in_a_java_chain_that_of_sts_counts() {
    let symptom = aws(
        "Failed (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: 1)\nCaused by: failed (Service: AWSSecurityTokenService; Status Code: 400; Error Code: InvalidIdentityToken; Request ID: 2)",
    );
    assert_eq!(symptom.service.as_deref(), Some("AWSSecurityTokenService"));
    assert_eq!((symptom.code.as_deref(), symptom.status), (Some("InvalidIdentityToken"), Some(400)));
}

#[test]
fn of_a_chain_of_operations_the_innermost_failed_and_not_that_of_another_line() {
    let operation = |between: usize| {
        let between = "x".repeat(between);
        aws(&format!("operation error S3: GetObject,{between}operation error STS: AssumeRole, api error AccessDenied: no"))
            .operation
    };
    assert_eq!(operation(1).as_deref(), Some("AssumeRole"));
    assert_eq!(operation(260).as_deref(), Some("AssumeRole"));
    assert_eq!(operation(261).as_deref(), Some("GetObject"));
}

#[test]
fn a_code_is_a_word_of_its_own_and_no_wrappers_name() {
    let code = |text: &str| aws(&format!("{text} (@aws-sdk/client-s3)")).code;
    for none in ["RequestError", "User", "OK"] {
        assert_eq!(code(&format!("{{ code: '{none}' }} {{ code: 'AccessDenied' }}")).as_deref(), Some("AccessDenied"), "{none}");
    }
    assert_eq!(code("{ code: 'Teapot' } { code: 'AccessDenied' }").as_deref(), Some("Teapot"));
    let api = |code: &str| aws(&format!("operation error S3: GetObject, api error {code}: no")).code;
    assert_eq!((api("Teapot").as_deref(), api("teapot")), (Some("Teapot"), None));
    assert_eq!(code("AccessDenied: no").as_deref(), Some("AccessDenied"));
    assert_eq!(code("MyAccessDenied: no"), None);
    assert_eq!(code("my.AccessDenied: no"), None);
}
