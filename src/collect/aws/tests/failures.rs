//! What failures become: a gap with its cause, never an absence and never an empty list.

use super::super::operations::OPERATIONS;
use super::{ask, server, session};
use irsa_doctor_checks::snapshot::GapCause;
use irsa_doctor_test_support::{Effect, Fault, Response};
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// Asks every operation while all of them fail in this way; each must end as a gap of one of these causes.
async fn all_end_as(fault: impl Fn(&str) -> Fault, call: Duration, causes: &[GapCause]) {
    let server = server();
    for operation in OPERATIONS {
        let (session, _) = session(&server.url(), call);
        server.set_faults(vec![fault(&format!("{}$", operation.action))]);
        let answer = ask(&session, operation.action).await;
        let cause = answer.gap().map(|gap| gap.cause);
        assert!(cause.is_some_and(|cause| causes.contains(&cause)), "{}: {answer:?}", operation.action);
        let gap = answer.gap().unwrap();
        assert_eq!(gap.operation, operation.action);
        assert!(!gap.remedy.is_empty() || gap.cause == GapCause::Malformed, "{gap:?}");
    }
}

const CALL: Duration = Duration::from_secs(10);

#[tokio::test]
async fn denied() {
    all_end_as(Fault::denied, CALL, &[GapCause::Denied]).await;
}

#[tokio::test]
async fn expired() {
    let expired = |operation: &str| Fault::code(operation, 403, "ExpiredToken");
    all_end_as(expired, CALL, &[GapCause::InvalidCredentials]).await;
}

#[tokio::test]
async fn throttled_for_ever() {
    all_end_as(Fault::throttled, CALL, &[GapCause::Throttled]).await;
}

#[tokio::test]
async fn throttled_until_time_is_up() {
    let throttled = Fault::throttled;
    all_end_as(throttled, Duration::from_millis(60), &[GapCause::Throttled, GapCause::TimedOut]).await;
}

#[tokio::test]
async fn failing_servers() {
    all_end_as(|operation| Fault::status(operation, 500), CALL, &[GapCause::ServerError]).await;
    all_end_as(|operation| Fault::status(operation, 503), CALL, &[GapCause::ServerError, GapCause::Throttled]).await;
}

#[tokio::test]
async fn broken_connections() {
    let causes = [GapCause::Unreachable, GapCause::Malformed];
    all_end_as(|operation| Fault::new(operation, Effect::ResetBeforeHead), CALL, &causes[..1]).await;
    all_end_as(|operation| Fault::new(operation, Effect::ResetAfterHead), CALL, &causes).await;
    all_end_as(|operation| Fault::new(operation, Effect::Truncate), CALL, &causes).await;
}

#[tokio::test]
async fn no_answer_in_time() {
    let never = |operation: &str| Fault::new(operation, Effect::NeverAnswer);
    all_end_as(never, Duration::from_millis(200), &[GapCause::TimedOut]).await;
    let trickle = |operation: &str| Fault::new(operation, Effect::Trickle(Duration::from_millis(20)));
    all_end_as(trickle, Duration::from_millis(300), &[GapCause::TimedOut]).await;
}

#[tokio::test]
async fn answers_that_are_none() {
    for status in [200, 403, 404, 407] {
        all_end_as(|operation| Fault::new(operation, Effect::Html(status)), CALL, &[GapCause::Malformed]).await;
    }
    all_end_as(|operation| Fault::new(operation, Effect::EmptyBody), CALL, &[GapCause::Malformed]).await;
}

/// The SDK hands an answer without its required fields out as an empty one.
#[tokio::test]
async fn answers_without_their_fields() {
    let empty = |operation: &str| {
        let name = operation.trim_end_matches('$').split(':').next_back().unwrap_or_default().to_owned();
        let is_json = operation.starts_with("eks:") || operation.starts_with("cloudtrail:");
        let body = if is_json {
            "{}".to_owned()
        } else {
            format!(
                "<{name}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{name}Result></{name}Result></{name}Response>"
            )
        };
        let kind = if is_json { "application/json" } else { "text/xml" };
        Fault::new(operation, Effect::Reply(Response::new(200, kind, body)))
    };
    all_end_as(empty, CALL, &[GapCause::Malformed]).await;
}

#[tokio::test]
async fn a_list_that_is_cut_short_or_goes_round() {
    let page = |next: &str| {
        let body = format!(
            "<ListRolePoliciesResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListRolePoliciesResult>\
             <PolicyNames><member>extra</member></PolicyNames><IsTruncated>true</IsTruncated>{next}\
             </ListRolePoliciesResult></ListRolePoliciesResponse>"
        );
        Fault::new("iam:ListRolePolicies", Effect::Reply(Response::new(200, "text/xml", body)))
    };
    let server = server();
    for next in ["", "<Marker>again</Marker>"] {
        server.set_faults(vec![page(next)]);
        let (session, _) = session(&server.url(), CALL);
        let answer = ask(&session, "iam:ListRolePolicies").await;
        assert_eq!(answer.gap().map(|gap| gap.cause), Some(GapCause::Malformed), "{answer:?}");
    }
}

#[tokio::test]
async fn answers_that_are_too_long_or_too_deep() {
    let server = server();
    let long = format!("<GetRoleResponse><GetRoleResult>{}</GetRoleResult></GetRoleResponse>", " ".repeat(65 << 20));
    let deep = format!("<GetRoleResponse>{}{}</GetRoleResponse>", "<a>".repeat(100_000), "</a>".repeat(100_000));
    let nested = format!("{{\"cluster\":{{\"tags\":{}{}}}}}", "[".repeat(100_000), "]".repeat(100_000));
    for (operation, kind, body) in [
        ("iam:GetRole", "text/xml", long),
        ("iam:GetRole", "text/xml", deep),
        ("eks:DescribeCluster", "application/json", nested.clone()),
        ("eks:DescribeCluster", "application/json", nested.replace("tags", "unknown")),
    ] {
        server.set_faults(vec![Fault::new(operation, Effect::Reply(Response::new(200, kind, body)))]);
        let (session, _) = session(&server.url(), CALL);
        let answer = ask(&session, operation).await;
        assert_eq!(answer.gap().map(|gap| gap.cause), Some(GapCause::Malformed), "{operation}: {answer:?}");
    }
}

#[tokio::test]
async fn a_passing_throttle_is_waited_for() {
    let server = server();
    server.set_faults(vec![Fault::throttled("iam:GetRole$").times(2)]);
    let (session, guard) = session(&server.url(), CALL);
    assert!(ask(&session, "iam:GetRole").await.is_present());
    assert_eq!(guard.requests(), 3);
}

#[tokio::test]
async fn a_closed_port_costs_nothing() {
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let (session, _) = session(&format!("http://{port}"), CALL);
    let start = Instant::now();
    let answer = ask(&session, "iam:GetRole").await;
    assert_eq!(answer.gap().map(|gap| gap.cause), Some(GapCause::Unreachable), "{answer:?}");
    assert!(start.elapsed() < Duration::from_millis(300), "{:?}", start.elapsed());
}
