//! The policies of resources: good answers, absences, redirects, and every way to fail.

use super::{ACCOUNT, server, session};
use irsa_doctor_checks::resource_policy::Bearer;
use irsa_doctor_checks::snapshot::{GapCause, Observed, ResourceEvidence};
use irsa_doctor_test_support::{AwsApi, Effect, Fault, Response};
use serde_json::json;
use std::time::Duration;

const CALL: Duration = Duration::from_secs(10);
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;
const ALIAS: &str = "arn:aws:kms:eu-west-1:123456789012:alias/app";
const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:jobs";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf";

/// An action, a resource, and the operation that reads its policy.
const KINDS: [(&str, &str, &str); 7] = [
    ("s3:GetObject", "arn:aws:s3:::my-bucket/key", "s3:GetBucketPolicy"),
    ("kms:Decrypt", KEY, "kms:GetKeyPolicy"),
    ("sqs:SendMessage", QUEUE, "sqs:GetQueueAttributes"),
    ("sns:Publish", "arn:aws:sns:eu-west-1:123456789012:topic", "sns:GetTopicAttributes"),
    ("secretsmanager:GetSecretValue", SECRET, "secretsmanager:GetResourcePolicy"),
    ("ecr:BatchGetImage", "arn:aws:ecr:eu-west-1:123456789012:repository/team/app", "ecr:GetRepositoryPolicy"),
    ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:123456789012:function:job:PROD", "lambda:GetPolicy"),
];

async fn ask(server: &AwsApi, call: Duration, (action, resource): (&str, &str)) -> ResourceEvidence {
    let (session, _) = session(&server.url(), call);
    let bearer = Bearer::of(action, resource).unwrap();
    session.resource_policy(&bearer, Some(ACCOUNT)).await
}

fn reply(operation: &str, response: Response) -> Fault {
    Fault::new(&format!("{operation}$"), Effect::Reply(response))
}

/// The service's own answer; `None`: one without a policy.
fn answer(operation: &str, policy: Option<&str>) -> Response {
    let entry = |policy: &str| format!("<entry><key>Policy</key><value>{}</value></entry>", policy.replace('"', "&quot;"));
    match (operation, policy) {
        ("s3:GetBucketPolicy", policy) => Response::new(200, "application/json", policy.unwrap_or_default()),
        ("sns:GetTopicAttributes", policy) => {
            let entries = policy.map(entry).unwrap_or_default();
            let body = format!(
                "<GetTopicAttributesResponse xmlns=\"https://sns.amazonaws.com/doc/2010-03-31/\"><GetTopicAttributesResult>\
                 <Attributes>{entries}</Attributes></GetTopicAttributesResult></GetTopicAttributesResponse>"
            );
            Response::new(200, "text/xml", body)
        }
        ("sqs:GetQueueAttributes", Some(policy)) => {
            Response::json(200, &json!({"Attributes": {"QueueArn": QUEUE, "Policy": policy}}))
        }
        ("sqs:GetQueueAttributes", None) => Response::json(200, &json!({"Attributes": {"QueueArn": QUEUE}})),
        ("secretsmanager:GetResourcePolicy", policy) => {
            Response::json(200, &json!({"ARN": SECRET, "Name": "db", "ResourcePolicy": policy}))
        }
        ("ecr:GetRepositoryPolicy", policy) => Response::json(200, &json!({"registryId": ACCOUNT, "policyText": policy})),
        (_, policy) => Response::json(200, &json!({"Policy": policy})),
    }
}

fn error(operation: &str, status: u16, code: &str) -> Fault {
    Fault::code(&format!("{operation}$"), status, code)
}

#[tokio::test]
async fn every_kind_is_read_by_one_call_of_its_own_region() {
    for (action, resource, operation) in KINDS {
        let server = server();
        server.set_faults(vec![reply(operation, answer(operation, Some(POLICY)))]);
        let read = ask(&server, CALL, (action, resource)).await;
        assert_eq!(read.policy, Observed::Present(POLICY.to_owned()), "{operation}");
        assert_eq!(server.operations(), [operation]);
        assert_eq!((read.owner.as_deref(), read.asked_as.as_deref()), (Some(ACCOUNT), Some(ACCOUNT)));
        let region = if operation.starts_with("s3:") { "us-east-1" } else { "eu-west-1" };
        assert_eq!(read.region.as_deref(), Some(region));
    }
}

#[tokio::test]
async fn what_is_known_to_have_none() {
    let none = |operation: &str| match operation {
        "s3:GetBucketPolicy" => error(operation, 404, "NoSuchBucketPolicy"),
        "ecr:GetRepositoryPolicy" => error(operation, 400, "RepositoryPolicyNotFoundException"),
        "lambda:GetPolicy" => error(operation, 404, "ResourceNotFoundException"),
        operation => reply(operation, answer(operation, None)),
    };
    for (action, resource, operation) in KINDS {
        let server = server();
        let exists = reply("lambda:GetFunctionConcurrency", Response::json(200, &json!({})));
        server.set_faults(vec![none(operation), exists]);
        let read = ask(&server, CALL, (action, resource)).await;
        // Every key and every topic has a policy: an answer without it is none.
        let always = matches!(operation, "kms:GetKeyPolicy" | "sns:GetTopicAttributes");
        if always {
            assert_eq!(read.policy.gap().map(|gap| gap.cause), Some(GapCause::Malformed), "{operation}");
        } else {
            assert_eq!(read.policy, Observed::Absent, "{operation}");
        }
    }
}

#[tokio::test]
async fn a_function_that_is_not_there_is_not_one_without_a_policy() {
    let server = server();
    let (action, resource, operation) = KINDS[6];
    let missing = |operation: &str| error(operation, 404, "ResourceNotFoundException");
    for second in [missing("lambda:GetFunctionConcurrency"), error("lambda:GetFunctionConcurrency", 403, "AccessDeniedException")]
    {
        server.set_faults(vec![missing(operation), second]);
        let read = ask(&server, CALL, (action, resource)).await;
        assert!(read.policy.gap().is_some(), "{read:?}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_no_absent_policy() {
    for (index, code) in [
        (0, "NoSuchBucket"),
        (0, "MethodNotAllowed"),
        (1, "NotFoundException"),
        (2, "QueueDoesNotExist"),
        (3, "NotFound"),
        (4, "ResourceNotFoundException"),
        (5, "RepositoryNotFoundException"),
    ] {
        let server = server();
        let (action, resource, operation) = KINDS[index];
        server.set_faults(vec![error(operation, 400, code)]);
        let read = ask(&server, CALL, (action, resource)).await;
        let gap = read.policy.gap().unwrap_or_else(|| panic!("{code}"));
        assert!(gap.detail.contains(code), "{gap:?}");
        assert!(index != 0 || read.owner.is_none(), "whose bucket it is isn't known");
    }
}

#[tokio::test]
async fn an_answer_about_another_queue_is_none() {
    let server = server();
    let (action, resource, operation) = KINDS[2];
    let other = json!({"Attributes": {"QueueArn": "arn:aws:sqs:eu-west-1:210987654321:jobs", "Policy": POLICY}});
    server.set_faults(vec![reply(operation, Response::json(200, &other))]);
    let read = ask(&server, CALL, (action, resource)).await;
    assert_eq!(read.policy.gap().map(|gap| gap.cause), Some(GapCause::Malformed));
}

/// Every failure is a gap of one of these causes.
async fn all_end_as(fault: impl Fn(&str) -> Fault, call: Duration, causes: &[GapCause]) {
    for (action, resource, operation) in KINDS {
        let server = server();
        server.set_faults(vec![fault(&format!("{operation}$"))]);
        let read = ask(&server, call, (action, resource)).await;
        let gap = read.policy.gap().unwrap_or_else(|| panic!("{operation}: {read:?}"));
        assert!(causes.contains(&gap.cause), "{operation}: {gap:?}");
        assert_eq!(gap.operation, operation);
        assert!(gap.cause != GapCause::Denied || gap.remedy.starts_with(&format!("allow {operation} on arn:")), "{gap:?}");
    }
}

#[tokio::test]
async fn what_fails_is_a_gap() {
    all_end_as(Fault::denied, CALL, &[GapCause::Denied]).await;
    all_end_as(|operation| Fault::code(operation, 403, "ExpiredToken"), CALL, &[GapCause::InvalidCredentials]).await;
    all_end_as(Fault::throttled, CALL, &[GapCause::Throttled]).await;
    all_end_as(|operation| Fault::status(operation, 500), CALL, &[GapCause::ServerError]).await;
    let never = |operation: &str| Fault::new(operation, Effect::NeverAnswer);
    all_end_as(never, Duration::from_millis(200), &[GapCause::TimedOut]).await;
    all_end_as(|operation| Fault::new(operation, Effect::ResetBeforeHead), CALL, &[GapCause::Unreachable]).await;
    for status in [200, 403, 404] {
        all_end_as(|operation| Fault::new(operation, Effect::Html(status)), CALL, &[GapCause::Malformed]).await;
    }
    let empty = |operation: &str| Fault::new(operation, Effect::Reply(Response::new(200, "application/json", "")));
    all_end_as(empty, CALL, &[GapCause::Malformed]).await;
}

#[tokio::test]
async fn a_bucket_of_another_region_is_asked_there() {
    let (action, resource, operation) = KINDS[0];
    let body = "<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>";
    for (status, region, calls) in [(301, "eu-west-1", 2), (400, "eu-west-1", 2), (301, "us-east-1", 1), (301, "a/b", 1)] {
        let server = server();
        let elsewhere = Response::new(status, "application/xml", body).with_header("x-amz-bucket-region", region);
        let there = reply(operation, answer(operation, Some(POLICY)));
        server.set_faults(vec![reply(operation, elsewhere).times(1), there]);
        let read = ask(&server, CALL, (action, resource)).await;
        assert_eq!(server.operations().len(), calls, "{status} {region}");
        assert_eq!(read.policy.is_present(), calls == 2, "{read:?}");
        assert_eq!(read.region.as_deref(), Some(if calls == 2 { region } else { "us-east-1" }));
    }
}

#[tokio::test]
async fn an_alias_is_looked_up_first() {
    let described =
        |arn: &str| reply("kms:DescribeKey", Response::json(200, &json!({"KeyMetadata": {"KeyId": "1", "Arn": arn}})));
    let policy = || reply("kms:GetKeyPolicy", answer("kms:GetKeyPolicy", Some(POLICY)));
    let server = server();
    server.set_faults(vec![described(KEY), policy()]);
    let read = ask(&server, CALL, ("kms:Decrypt", ALIAS)).await;
    assert_eq!((read.key, read.policy.is_present()), (Some(Observed::Present(KEY.to_owned())), true));
    for fault in [Fault::denied("kms:DescribeKey$"), described(ALIAS), described("")] {
        server.set_faults(vec![fault, policy()]);
        let read = ask(&server, CALL, ("kms:Decrypt", ALIAS)).await;
        assert!(read.policy.gap().is_some() && read.key.is_some_and(|key| key.gap().is_some()));
    }
}
