//! Run-time evidence: the event history page by page, and the simulator.

use super::super::by_name::{SUBJECT, look_up as look_up_until, question};
use super::{ACCOUNT, ROLE, server, session};
use crate::collect::aws::Session;
use irsa_doctor_checks::snapshot::{EventLog, GapCause, Observed, WEB_IDENTITY_EVENT};
use irsa_doctor_test_support::{AwsApi, Effect, Fault, Response};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

const CALL: Duration = Duration::from_secs(10);

/// What a region's history has, with time enough.
async fn look_up(session: &Session, region: &str) -> Observed<EventLog> {
    look_up_until(session, region, Instant::now() + Duration::from_mins(1)).await
}

fn event(second: u32, subject: &str, role: &str) -> Value {
    json!({"eventName": WEB_IDENTITY_EVENT, "eventTime": format!("2026-11-23T03:00:{second:02}Z"), "eventID": format!("e-{second}"),
        "userIdentity": {"userName": subject}, "requestParameters": {"roleArn": role},
        "responseElements": {"credentials": {"accessKeyId": "ASIACANARY", "sessionToken": "CANARY"}}})
}

fn add(server: &AwsApi, region: &str, count: u32) {
    for second in 0..count {
        server.add_event(ACCOUNT, region, event(second, SUBJECT, ROLE));
    }
}

#[tokio::test]
async fn a_history_is_read_to_its_end_and_only_what_matters_is_kept() {
    let server = server();
    server.set_page_size(2);
    add(&server, "eu-west-1", 3);
    server.add_event(ACCOUNT, "eu-west-1", event(7, "system:serviceaccount:a:b", "arn:aws:iam::123456789012:role/x"));
    server.add_event(ACCOUNT, "eu-west-1", json!({"eventName": WEB_IDENTITY_EVENT, "eventTime": 7}));
    add(&server, "us-east-1", 1);
    let (session, guard) = session(&server.url(), CALL);
    let Observed::Present(log) = look_up(&session, "eu-west-1").await else { panic!("no log") };
    assert_eq!((log.read, log.events.len(), log.not_understood, log.hours), (5, 3, 1, 24));
    assert_eq!((log.cut_short, log.back_to), (None, None), "all of it");
    assert_eq!(log.events[0].time, "2026-11-23T03:00:02Z", "newest first");
    assert_eq!((guard.requests(), server.operations().len()), (3, 3), "three pages, of that region alone");
    assert!(!serde_json::to_string(&log.events).unwrap().contains("CANARY"));
}

#[tokio::test]
async fn an_empty_history_is_an_answer() {
    let server = server();
    let (session, _) = session(&server.url(), CALL);
    assert_eq!(look_up(&session, "us-east-1").await, Observed::Present(EventLog { hours: 24, ..EventLog::default() }));
}

#[tokio::test]
async fn a_later_page_that_cannot_be_read_leaves_what_was() {
    let server = server();
    server.set_page_size(1);
    add(&server, "us-east-1", 3);
    server.set_faults(vec![Fault::denied("cloudtrail:LookupEvents").after(1)]);
    let (session, _) = session(&server.url(), CALL);
    let Observed::Present(log) = look_up(&session, "us-east-1").await else { panic!("no log") };
    assert_eq!((log.read, log.back_to.as_deref()), (1, Some("2026-11-23T03:00:02Z")));
    assert!(log.cut_short.is_some_and(|why| why.contains("AccessDenied")));
}

#[tokio::test]
async fn time_is_a_bound() {
    let server = server();
    server.set_page_size(1);
    add(&server, "us-east-1", 20);
    let (session, _) = session(&server.url(), CALL);
    let Observed::Present(log) = look_up_until(&session, "us-east-1", Instant::now() + Duration::from_millis(700)).await else {
        panic!("no log")
    };
    assert!(log.read < 20 && log.cut_short.as_deref() == Some("the run's time was up"), "{log:?}");
    let none = look_up_until(&session, "us-east-1", Instant::now()).await;
    assert_eq!(none.gap().map(|gap| gap.cause), Some(GapCause::TimedOut), "{none:?}");
}

#[tokio::test]
async fn pages_that_go_round_come_to_an_end() {
    let server = server();
    let page = json!({"Events": [{"CloudTrailEvent": event(1, SUBJECT, ROLE).to_string()}], "NextToken": "again"});
    let reply = Response::new(200, "application/x-amz-json-1.1", page.to_string());
    server.set_faults(vec![Fault::new("cloudtrail:LookupEvents", Effect::Reply(reply))]);
    let (session, guard) = session(&server.url(), CALL);
    let Observed::Present(log) = look_up(&session, "us-east-1").await else { panic!("no log") };
    assert_eq!((guard.requests(), log.cut_short.as_deref()), (2, Some("the pages go round in a circle")));
}

#[tokio::test]
async fn the_simulator_is_asked_once_for_all_actions() {
    let server = server();
    server.set_simulation("s3:ListBucket", json!({"decision": "allowed", "by": ["my-policy"], "organization": true}));
    server.set_simulation(
        "s3:GetBucketTagging",
        json!({"decision": "implicitDeny", "missing": ["aws:SourceVpc"], "boundary": false}),
    );
    let (session, guard) = session(&server.url(), CALL);
    let answers = session.simulate(&question(&["s3:ListBucket", "s3:GetBucketTagging"])).await;
    let answer = |action: &str| answers[action].present().unwrap().clone();
    let (list, tagging) = (answer("s3:ListBucket"), answer("s3:GetBucketTagging"));
    assert_eq!(
        (list.decision.as_str(), list.by, list.organization_allows),
        ("allowed", vec!["my-policy".to_owned()], Some(true))
    );
    assert_eq!((tagging.decision.as_str(), tagging.boundary_allows), ("implicitDeny", Some(false)));
    assert_eq!(tagging.missing_context, ["aws:SourceVpc"]);
    assert_eq!(guard.requests(), 1);
}

#[tokio::test]
async fn one_action_that_is_not_taken_does_not_spoil_the_others() {
    let server = server();
    server.set_faults(vec![Fault::code("iam:SimulatePrincipalPolicy", 400, "InvalidInput").times(1)]);
    let (session, _) = session(&server.url(), CALL);
    let answers = session.simulate(&question(&["s3:ListBucket", "s3:PutObject", "s3:Get*"])).await;
    assert!(answers["s3:ListBucket"].is_present(), "{answers:?}");
    assert_eq!(answers["s3:PutObject"].gap().map(|gap| gap.cause), Some(GapCause::ServerError));
    assert_eq!(answers["s3:Get*"].gap().map(|gap| gap.cause), Some(GapCause::NotCollected), "it takes no wildcards");
}

#[tokio::test]
async fn an_action_without_an_answer_is_a_gap() {
    let server = server();
    let (session, _) = session(&server.url(), CALL);
    let answers = session.simulate(&question(&["s3:PutObject"])).await;
    assert_eq!(answers["s3:PutObject"].gap().map(|gap| gap.cause), Some(GapCause::ServerError), "as moto answers");
}
