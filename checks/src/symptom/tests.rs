use super::*;

mod sentence;
mod sign;
mod text;
mod wrapper;

#[test]
fn nothing_is_not_an_error() {
    assert_eq!(read(""), Reading::NotAnAwsError(None));
}

fn aws(text: &str) -> Symptom {
    match read(text) {
        Reading::Aws(symptom) => *symptom,
        Reading::NotAnAwsError(what) => panic!("{text}: {what:?}"),
    }
}

fn refused(message: &str) -> String {
    format!("An error occurred (AccessDenied) when calling the ListObjectsV2 operation: {message}")
}

const USER: &str = "User: arn:aws:sts::123456789012:assumed-role/r/s is not authorized to perform: s3:ListBucket";

#[test]
fn the_issuer_is_the_url_behind_the_words() {
    let issuer = |url: &str| {
        let message = format!("No OpenIDConnect provider found in your account for {url}");
        aws(&format!("An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: {message}"))
            .issuer
    };
    let url = "https://oidc.eks.us-east-1.amazonaws.com/id/0123";
    assert_eq!(issuer(url).as_deref(), Some(url));
    assert_eq!(issuer(&format!("{url}.")).as_deref(), Some(url));
    assert_eq!(issuer("nobody"), None);
    assert_eq!(aws(&refused(USER)).issuer, None);
}

#[test]
fn only_a_host_of_aws_is_the_one_that_was_called() {
    let host =
        |url: &str| match read(&format!("Could not connect to the endpoint URL: \"{url}\" (AccessDenied) sts.amazonaws.com")) {
            Reading::Aws(symptom) => symptom.host,
            Reading::NotAnAwsError(_) => None,
        };
    for (url, wanted) in [
        ("https://sts.us-east-1.amazonaws.com/", Some("sts.us-east-1.amazonaws.com")),
        ("https://sts.cn-north-1.amazonaws.com.cn/", Some("sts.cn-north-1.amazonaws.com.cn")),
        ("https://s3.us-east-1.api.aws/", Some("s3.us-east-1.api.aws")),
        ("http://169.254.170.23/v1/credentials", Some("169.254.170.23")),
        ("https://oidc.eks.us-east-1.amazonaws.com/id/0123", None),
        ("https://www.example.com/", None),
    ] {
        assert_eq!(host(url).as_deref(), wanted, "{url}");
    }
}

#[test]
fn the_token_file_is_a_path_that_looks_like_one() {
    let file =
        |path: &str| aws(&format!("WebIdentityErr: failed to fetch credentials: open {path}: permission denied")).token_file;
    for path in [
        "/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
        "/var/run/x/serviceaccount/jwt",
        "/secrets/serviceaccount/jwt",
        "/tmp/token",
    ] {
        assert_eq!(file(path).as_deref(), Some(path));
        assert_eq!(file(&format!("{path}.")).as_deref(), Some(path));
    }
    assert_eq!(file("/home/serviceaccount/jwt"), None);
    assert_eq!(file("/tmp/file"), None);
}

#[test]
fn the_parameter_that_sts_calls_invalid_is_named() {
    let text = "An error occurred (ValidationError) when calling the AssumeRoleWithWebIdentity operation: 1 validation error detected: Value 'x' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20";
    assert_eq!(aws(text).parameter.as_deref(), Some("roleArn"));
    assert_eq!(aws(&refused(USER)).parameter, None);
}

#[test]
fn the_message_is_the_errors_own_words() {
    for (text, wanted) in [
        (refused(USER), USER),
        (refused("Access Denied\n\nmore of the log"), "Access Denied"),
        (refused("Access Denied (Service: Amazon S3; Status Code: 403)"), "Access Denied"),
        ("AccessDenied: Access\n  Denied\n\tstatus code: 403, request id: 1, host id: 2".to_owned(), "Access Denied"),
    ] {
        assert_eq!(aws(&text).message.as_deref(), Some(wanted), "{text}");
    }
    assert_eq!(aws(&refused("")).message, None);
}

#[test]
fn the_place_is_that_of_the_decisive_words() {
    assert_eq!(aws(&refused(USER)).place, (1, 82));
    assert_eq!(aws(&format!("first\n  {}", refused("Access Denied"))).place, (2, 22));
}

/// What is read of an encoded message.
fn encoded(message: &str) -> Option<String> {
    aws(&format!(
        "An error occurred (UnauthorizedOperation) when calling the RunInstances operation: You are not authorized to perform this operation. Encoded authorization failure message: {message}"
    ))
    .encoded
}

#[test]
fn an_encoded_message_ends_where_its_letters_do() {
    let run = "a1-_=".repeat(8);
    for text in [run.clone(), format!("{run} and more"), format!("{run}\nstatus code: 403"), format!("{run}\n\n")] {
        assert_eq!(encoded(&text).as_deref(), Some(run.as_str()), "{text}");
    }
    // A terminal wraps it.
    assert_eq!(encoded(&format!("{run}\n  {run}\nabc")), Some(format!("{run}{run}abc")));
    assert_eq!(encoded(&"a".repeat(19)), None);
    assert_eq!(encoded(&"a".repeat(20)).map(|message| message.len()), Some(20));
}

#[test]
fn an_arn_says_whom_aws_saw() {
    assert_eq!(whom("arn:aws:sts::123456789012:assumed-role/r/s").and_then(|whom| whom.role).as_deref(), Some("r"));
    assert_eq!(role_of_arn("arn:aws:iam::123456789012:role/path/r"), Some(("123456789012", "r")));
    assert_eq!(role_of_arn("arn:aws:iam::123456789012:user/r"), None);
}

#[test]
fn accounts_are_digits_or_masked() {
    let account = |account: &str| whom(&format!("arn:aws:iam::{account}:user/me")).is_some();
    for account_id in ["123456789012", "xxxxxxxxxxxx", "XXXXXXXXXXXX", "************", "11122223333444"] {
        assert!(account(account_id), "{account_id}");
    }
    for stranger in ["", "111222233334444", "12345678901x", "xxxxxx******", "my-account"] {
        assert!(!account(stranger), "{stranger}");
    }
    assert_eq!(whom("arn:gcp:iam::123456789012:user/me"), None);
}

#[test]
fn what_a_principal_is_tells_its_kind() {
    let session = |role: &str, session: &str| {
        whom(&format!("arn:aws:sts::123456789012:assumed-role/{role}/{session}")).map(|whom| whom.kind)
    };
    for (role, name, kind) in [
        ("r", "me@example.com", WhomKind::Person),
        ("AWSReservedSSO_x", "me", WhomKind::Person),
        ("r", "me@localhost", WhomKind::NamedSession),
        ("r", "example.com", WhomKind::NamedSession),
        ("r", "", WhomKind::Role),
        ("r", "i-0123456789abcdef0", WhomKind::NodeRole),
        ("r", "ZjQ3YWMxMGItNThjYy00MzcyLWE1NjctMGUwMmIyYzNkNDc5", WhomKind::WebIdentity),
        ("r", "ZjQ3YWMxMGItNThjYy00MzcyLWE1NjctMGUwMmIyYzNkNDc", WhomKind::NamedSession),
        ("r", "ZjQ3YWMxMGIrNThjYy00MzcyLWE1NjctMGUwMmIyYzNkNDc5", WhomKind::NamedSession),
    ] {
        assert_eq!(session(role, name), Some(kind), "{name}");
    }
    let role = whom("arn:aws:iam::123456789012:role/path/r").unwrap();
    assert_eq!((role.kind, role.role.as_deref()), (WhomKind::Role, Some("r")));
    assert_eq!(whom("Anonymous").map(|whom| whom.kind), Some(WhomKind::Anonymous));
}

#[test]
fn an_action_is_a_service_and_a_name() {
    let action = |action: &str| aws(&refused(&USER.replace("s3:ListBucket", action))).action;
    assert_eq!(action("S3:ListBucket").as_deref(), Some("s3:ListBucket"));
    assert_eq!(action("execute-api:Invoke").as_deref(), Some("execute-api:Invoke"));
    assert_eq!(action("s3:Get*").as_deref(), Some("s3:Get*"));
    assert_eq!(action(&format!("s3:{}", "a".repeat(80))).map(|action| action.len()), Some(83));
    for none in ["s3", "s:ListBucket", "s_3:ListBucket", "s3:", "s3:List_Bucket", &format!("s3:{}", "a".repeat(81))] {
        assert_eq!(action(none), None, "{none}");
    }
}

#[test]
fn the_first_reason_counts() {
    let refusal = |reason: &str| {
        let refusal = aws(&refused(&format!("{USER} on resource: \"arn:aws:s3:::b\" {reason}"))).refusal.unwrap();
        (refusal.explicit, refusal.layer, refusal.policy)
    };
    let (deny, none) =
        ("with an explicit deny in a service control policy", "because no session policy allows the s3:ListBucket action");
    assert_eq!(refusal(&format!("{deny} {none}")), (true, Some(irsa_doctor_iam::Layer::ServiceControl), None));
    assert_eq!(refusal(&format!("{none} {deny}")), (false, Some(irsa_doctor_iam::Layer::Session), None));
    let arn = "arn:aws:organizations::123456789012:policy/o-x/service_control_policy/p-y";
    assert_eq!(refusal(&format!("{deny}: {arn}")).2.as_deref(), Some(arn));
    assert_eq!(refusal(&format!("{deny}: p-y")).2, None, "no ARN");
}
