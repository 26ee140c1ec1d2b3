//! Requests as a diagnosis makes them: which keys are known, absent and unknown.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use irsa_doctor_iam::{
    ElementKind, Had, KeyValue, Layer, Outcome, PodIdentityCall, Policy, PolicyKind, PolicySet, Principal, Request, Truth,
    Verdict, authorize, decide,
};

const ROLE: &str = "arn:aws:iam::111122223333:role/app";
const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC";
const ISSUER: &str = "oidc.eks.eu-west-1.amazonaws.com/id/ABC";

fn web_identity() -> Request {
    Request::web_identity(ROLE, PROVIDER, ISSUER, "sts.amazonaws.com", "system:serviceaccount:default:awscli")
}

fn trust(statements: &str) -> Policy {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    Policy::parse(&text, PolicyKind::Trust).unwrap()
}

/// A trust policy for the service account, with these conditions and further statements.
fn irsa(condition: &str, more: &str) -> Policy {
    trust(&format!(
        r#"{{"Effect": "Allow", "Principal": {{"Federated": "{PROVIDER}"}},
            "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {condition}}}{more}"#
    ))
}

fn verdict(condition: &str, more: &str) -> Verdict {
    let policy = irsa(condition, more);
    decide(&web_identity(), &PolicySet::new().trust("trust", &policy))
}

fn right() -> String {
    format!(
        r#"{{"StringEquals": {{"{ISSUER}:aud": "sts.amazonaws.com",
                               "{ISSUER}:sub": "system:serviceaccount:default:awscli"}}}}"#
    )
}

#[test]
fn the_right_trust_policy_lets_the_service_account_in() {
    assert_eq!(verdict(&right(), ""), Verdict::Allowed);
    assert_eq!(verdict(&right().replace("default:awscli", "other:awscli"), ""), Verdict::ImplicitDeny);
    assert_eq!(
        verdict(&format!(r#"{{"StringLike": {{"{ISSUER}:sub": "system:serviceaccount:*:awscli"}}}}"#), ""),
        Verdict::Allowed
    );
}

#[test]
fn claims_that_a_service_account_token_lacks_are_absent() {
    for claim in ["amr", "azp", "oaud", "email", "namespace", "iss"] {
        let condition = format!(r#"{{"StringEquals": {{"{ISSUER}:{claim}": "x"}}}}"#);
        assert_eq!(verdict(&condition, ""), Verdict::ImplicitDeny, "{claim}");
    }
    for key in ["https://oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub", "oidc.eks.eu-west-1.amazonaws.com/id/DEF:sub", PROVIDER] {
        let condition = format!(r#"{{"StringLike": {{"{key}": "*"}}}}"#);
        assert_eq!(verdict(&condition, ""), Verdict::ImplicitDeny, "{key}");
    }
}

#[test]
fn an_unsigned_call_has_no_principal_keys() {
    for key in
        ["aws:PrincipalArn", "aws:PrincipalOrgID", "aws:PrincipalTag/team", "aws:MultiFactorAuthPresent", "aws:PrincipalAccount"]
    {
        assert_eq!(verdict(&format!(r#"{{"StringLike": {{"{key}": "*"}}}}"#), ""), Verdict::ImplicitDeny, "{key}");
    }
    // The well-known trap: a perimeter that denies all who are not of the organization.
    let deny = r#", {"Effect": "Deny", "Principal": "*", "Action": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}}"#;
    assert_eq!(verdict(&right(), deny), Verdict::ExplicitDeny);
}

#[test]
fn what_depends_on_the_call_is_unknown_and_decides_only_where_it_must() {
    let deny = |condition: &str| format!(r#", {{"Effect": "Deny", "Principal": "*", "Action": "*", "Condition": {condition}}}"#);
    let address = r#"{"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#;
    assert_eq!(verdict(&right(), &deny(address)), Verdict::Unknown);
    assert_eq!(verdict(&right().replace("awscli", "x"), &deny(address)), Verdict::ImplicitDeny);
    assert_eq!(verdict(&right(), &deny(r#"{"DateGreaterThan": {"aws:CurrentTime": "2020-01-01"}}"#)), Verdict::Unknown);
    assert_eq!(verdict(&right(), &deny(r#"{"Null": {"aws:CurrentTime": "true"}}"#)), Verdict::Allowed);
    assert_eq!(verdict(&right(), &deny(r#"{"Bool": {"aws:SecureTransport": "false"}}"#)), Verdict::Allowed);
    assert_eq!(verdict(&right(), &deny(r#"{"Null": {"sts:RoleSessionName": "true"}}"#)), Verdict::Allowed);
}

#[test]
fn an_unknown_outcome_names_the_key_and_the_reason() {
    let policy =
        irsa(&right().replace("{\"StringEquals\"", r#"{"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "StringEquals""#), "");
    let decision = authorize(&web_identity(), &PolicySet::new().trust("trust", &policy));
    let Outcome::Unknown { unresolved } = &decision.outcome else { panic!("{:?}", decision.outcome) };
    assert_eq!(unresolved.len(), 1);
    assert_eq!(unresolved[0].key.as_deref(), Some("aws:SourceIp"));
    assert_eq!(unresolved[0].path, "$['Statement'][0]['Condition']['IpAddress']['aws:SourceIp']");
    assert!(!unresolved[0].reason.is_empty());
    assert!(decision.nearest().unwrap().differing.is_empty());
}

#[test]
fn an_unreadable_trust_policy_is_unknown() {
    let set = PolicySet::new().unreadable(Layer::Trust, "trust", "access denied");
    let decision = authorize(&web_identity(), &set);
    let Outcome::Unknown { unresolved } = &decision.outcome else { panic!("{:?}", decision.outcome) };
    assert_eq!((unresolved[0].policy.as_str(), unresolved[0].reason.as_str()), ("trust", "access denied"));
}

#[test]
fn the_nearest_statement_has_the_fewest_differences() {
    let wrong_subject = right().replace("default:awscli", "defualt:awscli");
    let policy = irsa(
        &wrong_subject,
        r#", {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}"#,
    );
    let decision = authorize(&web_identity(), &PolicySet::new().trust("trust", &policy));
    assert_eq!(decision.outcome, Outcome::ImplicitDeny { layer: Layer::Trust });
    let nearest = decision.nearest().unwrap();
    assert_eq!(nearest.statement.index, 0);
    assert_eq!(nearest.differing.len(), 1);
    let element = nearest.differing[0];
    let kind = ElementKind::Condition { operator: "StringEquals".into(), key: format!("{ISSUER}:sub") };
    assert_eq!((&element.element, element.result), (&kind, Truth::False));
    assert_eq!(element.wanted[0].text, "system:serviceaccount:defualt:awscli");
    assert_eq!(element.had, Had::Values(vec!["system:serviceaccount:default:awscli".into()]));
    assert_eq!(element.path, format!("$['Statement'][0]['Condition']['StringEquals']['{ISSUER}:sub']"));
    assert_eq!((element.line, decision.statements.len()), (3, 2));
}

#[test]
fn pod_identity_sends_its_tags() {
    let policy = trust(
        r#"{"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {"StringEquals": {"aws:RequestTag/kubernetes-namespace": "default",
                                           "aws:SourceAccount": "111122223333"},
                          "ArnLike": {"aws:SourceArn": "arn:aws:eks:*:111122223333:cluster/*"}}}"#,
    );
    let call = PodIdentityCall {
        cluster_arn: Some("arn:aws:eks:eu-west-1:111122223333:cluster/one"),
        namespace: Some("default"),
        ..PodIdentityCall::default()
    };
    let decide_for = |action: &str, call: &PodIdentityCall<'_>| {
        decide(&Request::pod_identity(ROLE, action, call), &PolicySet::new().trust("trust", &policy))
    };
    assert_eq!(decide_for("sts:AssumeRole", &call), Verdict::Allowed);
    assert_eq!(decide_for("sts:TagSession", &call), Verdict::Allowed);
    let elsewhere = PodIdentityCall { namespace: Some("other"), ..call };
    assert_eq!(decide_for("sts:AssumeRole", &elsewhere), Verdict::ImplicitDeny);
    let untagged = PodIdentityCall { without_tags: true, ..call };
    assert_eq!(decide_for("sts:AssumeRole", &untagged), Verdict::ImplicitDeny);
    let unread = PodIdentityCall { cluster_arn: None, ..call };
    assert_eq!(decide_for("sts:AssumeRole", &unread), Verdict::Unknown);
}

#[test]
fn role_chaining_needs_the_external_id() {
    let policy = trust(&format!(
        r#"{{"Effect": "Allow", "Principal": {{"AWS": "{ROLE}"}}, "Action": "sts:AssumeRole",
            "Condition": {{"StringEquals": {{"sts:ExternalId": "id-1"}}}}}}"#
    ));
    let from = || Principal::AssumedRole { session_arn: None, role_arn: Some(ROLE.into()) };
    let target = "arn:aws:iam::444455556666:role/target";
    let with = |id| Request::assume_role(from(), target, id);
    let set = PolicySet::new().trust("trust", &policy);
    assert_eq!(decide(&with(Some("id-1")), &set), Verdict::Allowed);
    assert_eq!(decide(&with(None), &set), Verdict::ImplicitDeny);
    // From another account the caller's own policies have to allow it too.
    let both = set.examined(Layer::Identity);
    let decision = authorize(&with(Some("id-1")), &both);
    assert_eq!(decision.outcome, Outcome::ImplicitDeny { layer: Layer::Identity });
}

#[test]
fn a_role_session_knows_its_tags_and_not_its_call() {
    let text = |condition: &str| {
        format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "s3:ListBucket",
                "Resource": "arn:aws:s3:::b", "Condition": {condition}}}}}"#
        )
    };
    let decide_for = |condition: &str| {
        let policy = Policy::parse(&text(condition), PolicyKind::Identity).unwrap();
        let request = Request::role_session(ROLE, "s3:ListBucket", "arn:aws:s3:::b").role_tags([("team", "web")]);
        decide(&request, &PolicySet::new().identity("own", &policy))
    };
    assert_eq!(decide_for(r#"{"StringEquals": {"aws:PrincipalTag/team": "web"}}"#), Verdict::Allowed);
    assert_eq!(decide_for(r#"{"StringEquals": {"aws:PrincipalTag/Other": "web"}}"#), Verdict::ImplicitDeny);
    assert_eq!(decide_for(r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}}"#), Verdict::Allowed);
    assert_eq!(decide_for(r#"{"StringEquals": {"s3:prefix": "a/"}}"#), Verdict::Unknown);
    assert_eq!(decide_for(r#"{"StringLikeIfExists": {"s3:prefix": "*"}}"#), Verdict::Allowed);
    assert_eq!(decide_for(r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#), Verdict::ImplicitDeny);
    assert_eq!(decide_for(r#"{"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}"#), Verdict::Allowed);
    assert_eq!(decide_for(r#"{"Bool": {"aws:MultiFactorAuthPresent": "false"}}"#), Verdict::Unknown);
}

#[test]
fn a_role_session_calls_itself_over_tls_in_the_region_of_the_resource() {
    let policy = |condition: &str| {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": [
                {{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}},
                {{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {condition}}}]}}"#
        );
        Policy::parse(&text, PolicyKind::Identity).unwrap()
    };
    let decide_for = |condition: &str, queue: &str| {
        let policy = policy(condition);
        let request = Request::role_session(ROLE, "sqs:SendMessage", queue);
        decide(&request, &PolicySet::new().identity("own", &policy))
    };
    let queue = "arn:aws:sqs:eu-west-1:111122223333:jobs";
    for condition in [
        r#"{"Bool": {"aws:SecureTransport": "false"}}"#,
        r#"{"Bool": {"aws:ViaAWSService": "true"}}"#,
        r#"{"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}"#,
        r#"{"StringNotEquals": {"aws:ResourceAccount": "111122223333"}}"#,
        r#"{"Null": {"aws:SourceArn": "false"}}"#,
    ] {
        assert_eq!(decide_for(condition, queue), Verdict::Allowed, "{condition}");
    }
    let region = r#"{"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}"#;
    assert_eq!(decide_for(region, "arn:aws:sqs:us-east-1:111122223333:jobs"), Verdict::ExplicitDeny);
    assert_eq!(decide_for(region, "arn:aws:sqs:*:111122223333:jobs"), Verdict::Unknown);
}

#[test]
fn layers_that_were_not_given_are_named() {
    let policy = irsa(&right(), "");
    let decision = authorize(&web_identity(), &PolicySet::new().trust("trust", &policy));
    assert_eq!(decision.not_examined, [Layer::ServiceControl, Layer::ResourceControl, Layer::VpcEndpoint]);
    let decision = authorize(&Request::role_session(ROLE, "s3:ListBucket", "arn:aws:s3:::b"), &PolicySet::new());
    assert_eq!(decision.outcome, Outcome::ImplicitDeny { layer: Layer::Identity });
    assert_eq!(decision.not_examined, [Layer::Resource, Layer::ServiceControl, Layer::ResourceControl, Layer::VpcEndpoint]);
    assert_eq!(KeyValue::Absent, *web_identity().context.get("sts:ExternalId"));
}
