//! The functions of a session by the names of their operations, so that tests and fuzzers can put all of them to one use.

use super::{History, Pacer, Session};
use irsa_doctor_checks::second_opinion::Question;
use irsa_doctor_checks::snapshot::{EventLog, Observed, WEB_IDENTITY_EVENT};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/my-test-role";
pub(crate) const POLICY: &str = "arn:aws:iam::123456789012:policy/my-policy";
pub(crate) const ENCODED: &str = "4GIOHlTkIaWHQD0Q0m6XSnuUMCm-abcdefghijklmn";
pub(crate) const PROVIDER: &str =
    "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
pub(crate) const SUBJECT: &str = "system:serviceaccount:default:sa";

/// What the role and the service account left in a region's history.
pub(crate) async fn look_up(session: &Session, region: &str, deadline: Instant) -> Observed<EventLog> {
    let (roles, subjects) = (BTreeSet::from([ROLE.to_owned()]), BTreeSet::from([SUBJECT.to_owned()]));
    let (roles, subjects) = (&roles, &subjects);
    let history = History { region, event: WEB_IDENTITY_EVENT, roles, subjects, hours: 24, now: 1_795_403_564, deadline };
    session.credential_events(ACCOUNT, history, &Pacer::default()).await
}

/// Whether the role may do these.
pub(crate) fn question(actions: &[&str]) -> Question {
    Question {
        role: ROLE.to_owned(),
        resource: "arn:aws:s3:::b".to_owned(),
        context: BTreeMap::from([("aws:PrincipalTag/team".to_owned(), vec!["shop".to_owned()])]),
        actions: actions.iter().map(|&action| action.to_owned()).collect(),
    }
}

/// Asks by the operation's name; the answer as text, so that all operations can go through one table.
pub(crate) async fn ask(session: &Session, operation: &str) -> Observed<String> {
    fn shown<T: std::fmt::Debug>(answer: Observed<T>) -> Observed<String> {
        answer.map(|answer| format!("{answer:?}"))
    }
    match operation {
        "sts:GetCallerIdentity" => shown(session.caller().await),
        "eks:DescribeCluster" => shown(session.cluster("my-cluster").await),
        "eks:ListPodIdentityAssociations" | "eks:DescribePodIdentityAssociation" => {
            shown(session.association("my-cluster", "default", "pi").await)
        }
        "eks:ListAddons" => shown(session.addon_names("my-cluster").await),
        "eks:DescribeAddon" => shown(session.addon("my-cluster", "vpc-cni").await),
        "iam:GetRole" => shown(session.role("my-test-role", ROLE).await),
        "iam:ListAttachedRolePolicies" => shown(session.attached_policies("my-test-role", ROLE).await),
        "iam:ListRolePolicies" => shown(session.inline_names("my-test-role", ROLE).await),
        "iam:GetRolePolicy" => shown(session.inline_policy("my-test-role", ROLE, "extra").await),
        "iam:GetPolicy" => shown(session.policy(POLICY).await),
        "iam:GetPolicyVersion" => shown(session.policy_version(POLICY, "v1").await),
        "iam:ListPolicyVersions" => shown(session.policy_versions(POLICY).await),
        "iam:GetOpenIDConnectProvider" => shown(session.provider(PROVIDER).await),
        "iam:ListOpenIDConnectProviders" => shown(session.provider_arns(ACCOUNT).await),
        "iam:GetAccountAuthorizationDetails" => {
            shown(session.authorization_details(ACCOUNT, &BTreeSet::from(["my-test-role"]), 10).await)
        }
        "iam:ListRoles" => shown(session.roles(ACCOUNT).await),
        "iam:ListPolicies" => shown(session.local_policies(ACCOUNT).await),
        "sts:DecodeAuthorizationMessage" => shown(session.decode_message(ENCODED).await),
        "cloudtrail:LookupEvents" => shown(look_up(session, "us-east-1", Instant::now() + Duration::from_mins(1)).await),
        "iam:SimulatePrincipalPolicy" => {
            let mut answers = session.simulate(&question(&["s3:ListBucket"])).await;
            shown(answers.remove("s3:ListBucket").unwrap_or(Observed::Absent))
        }
        other => unreachable!("no question for {other}"),
    }
}
