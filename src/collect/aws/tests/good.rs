//! What good answers become.

use super::super::operations::OPERATIONS;
use super::{POLICY, ROLE, ask, server, session};
use crate::collect::observe::aws::Question;
use irsa_doctor_checks::snapshot::{GapCause, Observed};
use irsa_doctor_test_support::Accounts;
use std::time::Duration;

const CALL: Duration = Duration::from_secs(10);

#[tokio::test]
async fn every_operation_has_an_answer() {
    let server = server();
    let (session, guard) = session(&server.url(), CALL);
    for operation in OPERATIONS {
        let answer = ask(&session, operation.action).await;
        assert!(answer.is_present(), "{}: {answer:?}", operation.action);
    }
    let asked = server.operations();
    assert_eq!(guard.requests(), asked.len() as u64, "every request is counted");
    for operation in OPERATIONS {
        assert!(asked.iter().any(|asked| asked == operation.action), "{} was not asked", operation.action);
    }
}

#[tokio::test]
async fn a_role_comes_whole_and_its_trust_policy_decoded() {
    let server = server();
    let (session, _) = session(&server.url(), CALL);
    let Observed::Present(role) = session.role("my-test-role", ROLE).await else { panic!("no role") };
    assert!(role.trust_policy.contains("{\"a+b\":\"100%\"}"), "{}", role.trust_policy);
    assert_eq!((role.arn.as_str(), role.path.as_str()), (ROLE, "/"));
    assert_eq!(role.tags.get("team").map(String::as_str), Some("shop"));
    assert_eq!(role.permissions_boundary.as_deref(), Some("arn:aws:iam::123456789012:policy/my-boundary"));
    assert!(role.create_date.is_some());
    let document = session.policy_version(POLICY, "v1").await;
    assert_eq!(document, Observed::Present(r#"{"Statement":[],"Version":"2012-10-17"}"#.to_owned()));
}

#[tokio::test]
async fn lists_are_read_to_the_end() {
    let mut accounts = super::accounts();
    let account = accounts.accounts.get_mut(super::ACCOUNT).unwrap();
    let template = account.roles[1].clone();
    account.roles.extend((0..7).map(|i| irsa_doctor_test_support::Role { name: format!("role-{i}"), ..template.clone() }));
    let server = irsa_doctor_test_support::AwsApi::start(&accounts, irsa_doctor_test_support::Cluster::new(super::ISSUER));
    server.set_page_size(2);
    let (session, _) = session(&server.url(), CALL);
    let Observed::Present(roles) = session.roles(super::ACCOUNT).await else { panic!("no list") };
    assert_eq!(roles.len(), 9);
    assert!(server.operations().len() >= 5, "in pages");
    let Observed::Present(addons) = session.addon_names("my-cluster").await else { panic!("no list") };
    assert!(addons.len() > 2, "{addons:?}");
}

#[tokio::test]
async fn an_empty_list_is_no_gap() {
    let server = server();
    let (session, _) = session(&server.url(), CALL);
    assert_eq!(session.attached_policies("other", ROLE).await, Observed::Present(vec![]));
    assert_eq!(session.inline_names("other", ROLE).await, Observed::Present(vec![]));
    assert_eq!(session.association("my-cluster", "default", "nobody").await, Observed::Absent);
}

#[tokio::test]
async fn what_is_not_there_is_absent() {
    let server = irsa_doctor_test_support::AwsApi::start(
        &Accounts::single(super::ACCOUNT, vec![]),
        irsa_doctor_test_support::Cluster::new(super::ISSUER),
    );
    let (session, _) = session(&server.url(), CALL);
    for operation in ["GetRole", "ListAttachedRolePolicies", "ListRolePolicies", "GetRolePolicy", "GetPolicy", "GetPolicyVersion"]
    {
        let answer = ask(&session, &format!("iam:{operation}")).await;
        assert!(answer.is_absent(), "{operation}: {answer:?}");
    }
    assert!(session.provider("arn:aws:iam::123456789012:oidc-provider/example.com").await.is_absent());
    assert!(session.cluster("no-such-cluster").await.is_absent());
    let gap = session.association("no-such-cluster", "default", "pi").await;
    assert!(gap.gap().is_some(), "without a cluster nobody knows its associations: {gap:?}");
}

#[tokio::test]
async fn the_guard_lets_no_write_through() {
    let server = server();
    let (session, guard) = session(&server.url(), CALL);
    let clients = session.clients(Question { operation: &super::super::GET_ROLE, about: "" }).unwrap();
    let written = clients.iam.delete_role().role_name("my-test-role").send().await;
    let error = written.unwrap_err();
    assert!(matches!(error, aws_sdk_iam::error::SdkError::ConstructionFailure(_)), "{error:?}");
    let assumed = clients.sts.assume_role().role_arn(ROLE).role_session_name("x").send().await;
    assert!(assumed.is_err());
    assert_eq!((guard.requests(), server.operations().len()), (0, 0), "nothing was sent");
}

#[tokio::test]
async fn a_caller_whom_nobody_knows_has_bad_credentials() {
    let server = server();
    let guard = super::Guard::default();
    let config = super::config(&server.url(), "999999999999");
    let session = super::Session::new(&config, Some("old"), None, super::Limits { call: CALL, many: false }, &guard);
    for operation in ["sts:GetCallerIdentity", "iam:GetRole", "eks:DescribeCluster"] {
        let answer = ask(&session, operation).await;
        assert_eq!(answer.gap().map(|gap| gap.cause), Some(GapCause::InvalidCredentials), "{answer:?}");
    }
    let caller = session.caller().await;
    assert!(caller.gap().unwrap().remedy.contains("aws sso login --profile old"));
}
