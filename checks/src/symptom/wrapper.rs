//! What SDKs and services put around an error: code, status, service, operation, request id.
//!
//! All patterns are matched against the text without white space, so that no wrapping hides anything.

use super::text::{Text, beginning};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// What the wrappers say.
#[derive(Debug, Default)]
pub(super) struct Wrapper {
    /// Who wrapped it: `botocore`, `go-v1`, ...; `None` where no wrapper was recognised.
    pub(super) sdk: Option<&'static str>,
    pub(super) code: Option<String>,
    pub(super) status: Option<u16>,
    pub(super) service: Option<String>,
    pub(super) operation: Option<String>,
    pub(super) request_id: Option<String>,
    /// Where the innermost wrapper ends in the flat text: the message follows.
    pub(super) end: Option<usize>,
}

macro_rules! patterns {
    ($($name:ident = $pattern:literal;)*) => {$(
        static $name: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new($pattern).ok());
    )*};
}

patterns! {
    BOTO = r"(?i)anerroroccurred\(([\w.:-]{1,80})\)whencallingthe(\w{1,80}?)operation(?:\(reachedmaxretries:\d+\))?:?";
    GO2 = r"(?i)operationerror([\w]{1,60}):(\w{1,80}),";
    GO2_CODE = r"(?i)requestid:[\w-]*,(?:hostid:[^,]{0,200},)?(?:apierror)?([A-Z]\w*(?:\.\w+)*):";
    GO2_API = r"(?i)apierror([A-Z][\w.]*):";
    GO2_ID = r"(?i)requestid:([\w-]+),";
    GO1 = r"(?i)statuscode:(\d{3}),requestid:";
    JAVA = r"(?i)\(service:(\w+)[;,]statuscode:(\d{3})[;,](?:errorcode:(?:\d{3})?([A-Z][\w.]*|\d{3})[;,])?requestid:([\w-]*)";
    JAVA_CLASS = r"(?:com\.amazonaws\.services|software\.amazon\.awssdk\.services)\.(\w+)\.(?:model\.)?(\w+?Exception)";
    JS = r#"(?i)\$metadata|\$fault|httpstatuscode['"]?:|@aws-sdk/|aws-sdk/lib/|@smithy/"#;
    RUST = r#"(?:code:Some\("|Error\{code:")([\w.]+)""#;
    RUBY = r"Aws::(\w+)::Errors::(\w+?)(?:[^\w]|$)";
    NET = r"Amazon(?:\.\w+\.(?:Model\.)?)?\.?(?:Amazon)?(\w+?)(?:Service)?Exception:";
    PHP = r#"(?i)errorexecuting"(\w+)"on"(?:https?://([\w.-]+))?"#;
    PHP_CODE = r"(\w+)\(client\):";
    XML = r"<Code>([\w.]+)</Code>";
    XML_ID = r"<RequestI[dD]>([\w-]+)</RequestI[dD]>";
    TYPE = r#"(?i)["']?__type["']?:["'](?:[\w.]+#)?([\w.]+)["']"#;
    NAMED_CODE = r#"(?:["']?\b(?:Code|code|errorCode|ErrorCode|error_code|errorcode|aws_error_code)["']?[:=]\s*["']?)([A-Z]\w*(?:\.\w+)*)"#;
    CPP_LOG = r"(?i)encounteredawserror'(\w+)':";
    CPP = r"(?i)awserror([A-Z_]{4,60})(?:\[code\d+\])?(?:\(httpstatus(\d{3})\))?during(\w+?)operation:?";
    RESPONDED = r"(?i)(?:[\]}]|^)?(?:(\w{2,60}?)APIrespondedwith)?error='([A-Z]\w+)',message=";
    STATUS = r#"(?i)(?:statuscode|httpstatuscode|httpresponsecode|httpstatus|resultedina`?)['"]?[:=(]?(?:code)?(\d{3})"#;
    REQUEST_ID = r#"(?i)(?:request_?id|requestid|x-amz-?n?-?request-?id|aws_request_id)['"]?[:=]?['"]?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9A-Z]{16}\b)"#;
    REQUEST_ID_LINE = r#"(?im)request[ _-]?id['"]?\s*[:=]\s*['"]?([0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-z]{12,60})\b"#;
    CAUSE = r"(?i)causedby:([A-Z][A-Za-z.]{2,60}?):";
    EVENT = r#""eventSource":"(\w+)\.amazonaws\.com","eventName":"(\w+)""#;
}

/// Codes of refusals and of STS; whatever else ends like one is taken for one where a wrapper names it.
pub(super) const CODES: &[&str] = &[
    "AWS.SimpleQueueService.AccessDenied",
    "AccessDenied",
    "AccessDenied.Exception",
    "AccessDeniedException",
    "AllAccessDisabled",
    "AuthFailure",
    "AuthorizationError",
    "AuthorizationErrorException",
    "Client.UnauthorizedOperation",
    "ExpiredToken",
    "ExpiredTokenException",
    "Forbidden",
    "IDPCommunicationError",
    "IDPRejectedClaim",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidAuthorizationMessageException",
    "InvalidClientTokenId",
    "InvalidIdentityToken",
    "InvalidIdentityTokenException",
    "InvalidParameterValue",
    "InvalidSignatureException",
    "InvalidToken",
    "KMS.AccessDeniedException",
    "KMSAccessDeniedException",
    "KmsAccessDeniedException",
    "MalformedPolicyDocument",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NoSuchVersion",
    "NotAuthorized",
    "NotAuthorizedException",
    "OptInRequired",
    "PackedPolicyTooLarge",
    "PackedPolicyTooLargeException",
    "RegionDisabledException",
    "RequestExpired",
    "RequestLimitExceeded",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
    "ValidationError",
    "ValidationException",
];

fn find<'t>(pattern: &LazyLock<Option<Regex>>, text: &'t str) -> Option<Captures<'t>> {
    pattern.as_ref()?.captures(text)
}

fn part(found: &Captures<'_>, index: usize) -> Option<String> {
    found.get(index).map(|part| part.as_str().to_owned()).filter(|part| !part.is_empty())
}

/// A part as it reads: with its blanks.
fn readable(text: &Text, found: &Captures<'_>, index: usize) -> Option<String> {
    let part = found.get(index)?;
    let words: Vec<&str> = text.readable(part.start(), part.end()).split_whitespace().collect();
    Some(words.join(" ")).filter(|text| !text.is_empty())
}

/// The known code that a run of words without blanks ends with, or all of it.
fn known_end(words: &str) -> &str {
    let known = CODES.iter().filter(|code| words.ends_with(**code)).max_by_key(|code| code.len());
    known.copied().unwrap_or(words)
}

fn number(found: &Captures<'_>, index: usize) -> Option<u16> {
    found.get(index)?.as_str().parse().ok()
}

fn end(found: &Captures<'_>) -> usize {
    found.get(0).map_or(0, |whole| whole.end())
}

/// Reads what is around the error.
pub(super) fn read(text: &Text) -> Wrapper {
    const READERS: [fn(&Text) -> Option<Wrapper>; 11] = [boto, go2, java, go1, rust, php, ruby, cpp, net, js, document];
    let mut wrapper = READERS.iter().find_map(|read| read(text)).unwrap_or_default();
    let flat = text.flat.as_str();
    if wrapper.status.is_none() {
        wrapper.status = find(&STATUS, flat).and_then(|found| number(&found, 1)).filter(|status| (100..600).contains(status));
    }
    if wrapper.request_id.is_none() {
        let of_line = || find(&REQUEST_ID_LINE, &text.plain).and_then(|found| part(&found, 1));
        wrapper.request_id = find(&REQUEST_ID, flat).and_then(|found| part(&found, 1)).or_else(of_line);
    }
    wrapper.code = wrapper
        .code
        .or_else(|| named_code(text))
        .or_else(|| leading_code(text))
        .map(|code| code.trim_end_matches('.').to_owned());
    wrapper
}

fn boto(text: &Text) -> Option<Wrapper> {
    let found = find(&BOTO, &text.flat)?;
    Some(Wrapper {
        sdk: Some("botocore"),
        code: part(&found, 1),
        operation: part(&found, 2),
        end: Some(end(&found)),
        ..Wrapper::default()
    })
}

/// Go v2: of a chain of operations the innermost one failed.
fn go2(text: &Text) -> Option<Wrapper> {
    /// How far the next operation of one chain may be.
    const NEXT: usize = 260;
    let pattern = GO2.as_ref()?;
    let mut innermost: Option<Captures<'_>> = None;
    for found in pattern.captures_iter(&text.flat).take(50) {
        let begin = found.get(0).map_or(0, |whole| whole.start());
        if innermost.as_ref().is_some_and(|last| begin > end(last) + NEXT) {
            break;
        }
        innermost = Some(found);
    }
    let found = innermost?;
    let rest = text.flat.get(end(&found)..).unwrap_or_default();
    let rest = beginning(rest, 4000);
    let code = find(&GO2_API, rest).or_else(|| find(&GO2_CODE, rest));
    let after = code.as_ref().map_or(0, end);
    Some(Wrapper {
        sdk: Some("go-v2"),
        code: code.and_then(|code| part(&code, 1)).filter(|code| is_code(code)),
        status: find(&STATUS, rest).and_then(|found| number(&found, 1)),
        service: readable(text, &found, 1),
        operation: part(&found, 2),
        request_id: find(&GO2_ID, rest).and_then(|found| part(&found, 1)),
        end: Some(end(&found) + after),
    })
}

/// Go v1: the innermost `caused by` has the code.
fn go1(text: &Text) -> Option<Wrapper> {
    let found = find(&GO1, &text.flat)?;
    let begin = found.get(0).map_or(0, |whole| whole.start());
    let before = text.flat.get(..begin)?;
    let cause = CAUSE.as_ref()?.captures_iter(before).last();
    let code = cause.and_then(|cause| part(&cause, 1)).filter(|code| is_code(code)).or_else(|| last_code(before));
    // The id follows in the line, where the text isn't run together.
    let own = beginning(text.plain.get(text.place(begin)..)?, 120);
    let request_id = find(&REQUEST_ID_LINE, own).and_then(|id| part(&id, 1));
    let status = number(&found, 1);
    Some(Wrapper { sdk: Some("go-v1"), code, status, request_id, ..Wrapper::default() })
}

fn java(text: &Text) -> Option<Wrapper> {
    let class = find(&JAVA_CLASS, &text.flat);
    // A chain of causes and a list of providers have several: STS' own word is the true one.
    let all = JAVA.as_ref()?.captures_iter(&text.flat).take(50);
    let mut all: Vec<Captures<'_>> = all.collect();
    let sts = all.iter().position(|found| part(found, 1).is_some_and(|service| is_sts(&service)));
    let found = (!all.is_empty()).then(|| all.swap_remove(sts.unwrap_or_default()));
    if found.is_none() && !text.has_any(&["software.amazon.awssdk.", "com.amazonaws."]) {
        return None;
    }
    let named = class.as_ref().and_then(|class| part(class, 2)).filter(|name| CODES.contains(&name.as_str()));
    Some(Wrapper {
        sdk: Some("java"),
        code: found.as_ref().and_then(|found| part(found, 3)).or(named),
        status: found.as_ref().and_then(|found| number(found, 2)),
        request_id: found.as_ref().and_then(|found| part(found, 4)),
        service: found
            .as_ref()
            .and_then(|found| readable(text, found, 1))
            .or_else(|| class.as_ref().and_then(|class| part(class, 1))),
        ..Wrapper::default()
    })
}

fn is_sts(service: &str) -> bool {
    matches!(service.to_ascii_lowercase().as_str(), "sts" | "awssecuritytokenservice" | "securitytoken")
}

fn rust(text: &Text) -> Option<Wrapper> {
    let found = find(&RUST, &text.flat).filter(|_| text.has_any(&["some(", "aws_request_id"]));
    if found.is_none()
        && !text.has_any(&["dispatchfailure(", "dispatchfailure:", "aws_smithy", "serviceerror{source", "aws-sdk-rust"])
    {
        return None;
    }
    Some(Wrapper { sdk: Some("rust"), code: found.and_then(|found| part(&found, 1)), ..Wrapper::default() })
}

fn php(text: &Text) -> Option<Wrapper> {
    let found = find(&PHP, &text.flat);
    if found.is_none() && !text.has("aws\\exception\\") {
        return None;
    }
    let service = found.as_ref().and_then(|found| part(found, 2)).and_then(|host| service_of_host(&host));
    let code = find(&PHP_CODE, &text.flat).and_then(|code| part(&code, 1)).map(|code| known_end(&code).to_owned());
    let operation = found.as_ref().and_then(|found| part(found, 1));
    Some(Wrapper { sdk: Some("php"), code, operation, service, ..Wrapper::default() })
}

fn ruby(text: &Text) -> Option<Wrapper> {
    let found = find(&RUBY, &text.flat)?;
    Some(Wrapper { sdk: Some("ruby"), service: part(&found, 1), code: part(&found, 2), ..Wrapper::default() })
}

fn cpp(text: &Text) -> Option<Wrapper> {
    if let Some(found) = find(&CPP_LOG, &text.flat) {
        return Some(Wrapper { sdk: Some("c++"), code: part(&found, 1), end: Some(end(&found)), ..Wrapper::default() });
    }
    let found = find(&CPP, &text.flat)?;
    Some(Wrapper {
        sdk: Some("c++"),
        code: part(&found, 1),
        status: number(&found, 2),
        operation: part(&found, 3),
        end: Some(end(&found)),
        ..Wrapper::default()
    })
}

fn net(text: &Text) -> Option<Wrapper> {
    if !text.has_any(&[
        "amazon.runtime.",
        "awssdk.",
        "amazon.s3.",
        "amazon.securitytoken",
        "amazonsecuritytokenservice",
        "amazonserviceexception:",
        "amazon.dynamodb",
        "amazon.sqs",
        "amazon.secretsmanager",
    ]) {
        return None;
    }
    let service = find(&NET, &text.flat)
        .and_then(|found| part(&found, 1))
        .filter(|name| !["", "Service", "Client", "Runtime"].contains(&name.as_str()));
    Some(Wrapper { sdk: Some(".net"), service, ..Wrapper::default() })
}

fn js(text: &Text) -> Option<Wrapper> {
    find(&JS, &text.flat)?;
    Some(Wrapper { sdk: Some("js"), ..Wrapper::default() })
}

/// The body of an answer, or CloudTrail's event.
fn document(text: &Text) -> Option<Wrapper> {
    let flat = text.flat.as_str();
    if let Some(found) = find(&XML, flat).filter(|_| text.has_any(&["<requestid>", "<hostid>", "<type>sender"])) {
        let request_id = find(&XML_ID, flat).and_then(|found| part(&found, 1));
        return Some(Wrapper { sdk: Some("xml"), code: part(&found, 1), request_id, ..Wrapper::default() });
    }
    if let Some(found) = find(&EVENT, flat) {
        return Some(Wrapper {
            sdk: Some("cloudtrail"),
            service: part(&found, 1),
            operation: part(&found, 2),
            ..Wrapper::default()
        });
    }
    if let Some(found) = find(&RESPONDED, flat) {
        let operation = part(&found, 1);
        return Some(Wrapper { sdk: Some("log"), code: part(&found, 2), operation, ..Wrapper::default() });
    }
    let found = find(&TYPE, flat)?;
    Some(Wrapper { sdk: Some("json"), code: part(&found, 1), ..Wrapper::default() })
}

/// A code that a field names: `Code: 'AccessDenied'`, `"errorCode": "AccessDenied"`.
fn named_code(text: &Text) -> Option<String> {
    let all = NAMED_CODE.as_ref()?.captures_iter(&text.flat).take(50);
    all.filter_map(|found| part(&found, 1)).find(|code| is_code(code))
}

/// A known code that stands before a colon.
fn leading_code(text: &Text) -> Option<String> {
    let mut all: Vec<(usize, &str)> = CODES.iter().filter_map(|code| Some((before_colon(&text.flat, code)?, *code))).collect();
    all.sort_unstable_by_key(|(at, code)| (*at, std::cmp::Reverse(code.len())));
    all.first().map(|(_, code)| (*code).to_owned())
}

/// Where a whole word stands before a colon.
fn before_colon(flat: &str, code: &str) -> Option<usize> {
    let fits = |at: &usize| {
        let before = flat.get(..*at).and_then(|before| before.chars().next_back());
        let after = flat.get(at + code.len()..).and_then(|after| after.chars().next());
        before.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '.') && after == Some(':')
    };
    flat.match_indices(code).take(20).map(|(at, _)| at).find(fits)
}

fn last_code(before: &str) -> Option<String> {
    let mut all: Vec<(usize, &str)> = CODES.iter().filter_map(|code| Some((before_colon(before, code)?, *code))).collect();
    all.sort_unstable_by_key(|(at, code)| (*at, code.len()));
    all.last().map(|(_, code)| (*code).to_owned())
}

/// Whether a word can be an error's code, and isn't the name of a wrapper.
fn is_code(word: &str) -> bool {
    const WRAPPERS: [&str; 8] = [
        "WebIdentityErr",
        "RequestError",
        "NoCredentialProviders",
        "SerializationError",
        "RequestCanceled",
        "EC2MetadataError",
        "User",
        "MultipartUploadError",
    ];
    !WRAPPERS.contains(&word) && word.len() >= 4 && word.chars().next().is_some_and(|c| c.is_ascii_uppercase())
}

/// `s3` of `my-bucket.s3.eu-west-1.amazonaws.com`.
pub(super) fn service_of_host(host: &str) -> Option<String> {
    const SERVICES: [&str; 14] = [
        "s3",
        "sts",
        "sqs",
        "sns",
        "kms",
        "dynamodb",
        "secretsmanager",
        "ssm",
        "ec2",
        "ecr",
        "route53",
        "logs",
        "lambda",
        "sts-fips",
    ];
    let host = host.strip_suffix(".cn").unwrap_or(host).strip_suffix(".amazonaws.com")?;
    host.split('.').find(|label| SERVICES.contains(label)).map(str::to_owned)
}
