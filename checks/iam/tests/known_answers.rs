//! Examples of AWS's documentation with the answers that it gives. Pages are below
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/>.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use irsa_doctor_iam::{
    Context, KeyValue, Layer, LayerOutcome, Outcome, Policy, PolicyKind, PolicySet, Principal, Request, Verdict, authorize,
    decide,
};

const ACCOUNT: &str = "111122223333";

fn identity(statements: &str) -> Policy {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    Policy::parse(&text, PolicyKind::Identity).unwrap()
}

fn resource(statements: &str) -> Policy {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    Policy::parse(&text, PolicyKind::Resource).unwrap()
}

fn user(name: &str) -> Principal {
    Principal::Iam { arn: format!("arn:aws:iam::{ACCOUNT}:user/{name}") }
}

/// The verdict on a request of an IAM user with one policy.
fn answer(statements: &str, action: &str, on: &str, context: Context) -> Verdict {
    let request = Request::new(user("carlos"), action, on).resource_account(ACCOUNT).with_context(context);
    decide(&request, &PolicySet::new().identity("policy", &identity(statements)))
}

/// A condition by itself: whether a statement with it matches.
fn condition(block: &str, context: Context) -> Verdict {
    answer(
        &format!(r#"{{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {block}}}"#),
        "s3:GetObject",
        "arn:aws:s3:::b/k",
        context,
    )
}

const YES: Verdict = Verdict::Allowed;
const NO: Verdict = Verdict::ImplicitDeny;

/// `reference_policies_elements_condition_operators.html#Conditions_String`
#[test]
fn string_operators() {
    let block = r#"{"StringEquals": {"aws:PrincipalTag/job-category": "iamuser-admin"}}"#;
    let tag = |value| Context::new().with("aws:PrincipalTag/job-category", value);
    assert_eq!(condition(block, tag("iamuser-admin")), YES);
    assert_eq!(condition(block, tag("dev-ops")), NO);
    assert_eq!(condition(block, Context::new()), NO);

    let block = r#"{"StringLike": {"s3:prefix": ["", "home/", "home/${aws:username}/"]}}"#;
    let prefix = |value| Context::new().with("s3:prefix", value).with("aws:username", "sofia");
    assert_eq!(condition(block, prefix("home/sofia/")), YES);
    assert_eq!(condition(block, prefix("")), YES);
    assert_eq!(condition(block, prefix("home/carlos/")), NO);
    assert_eq!(condition(block, Context::new()), NO);
}

/// `reference_policies_elements_condition_operators.html#Conditions_Null`: no temporary credentials.
#[test]
fn null_operator() {
    let block = r#"{"Null": {"aws:TokenIssueTime": "true"}}"#;
    assert_eq!(condition(block, Context::new()), YES);
    assert_eq!(condition(block, Context::new().with("aws:TokenIssueTime", "2024-01-01T00:00:00Z")), NO);
}

/// `reference_policies_elements_condition_operators.html#Conditions_IPAddress`
#[test]
fn address_operators() {
    let block = r#"{"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:DB8:1234:5678::/64"]}}"#;
    let from = |address| Context::new().with("aws:SourceIp", address);
    assert_eq!(condition(block, from("203.0.113.255")), YES);
    assert_eq!(condition(block, from("2001:db8:1234:5678:ffff::1")), YES);
    assert_eq!(condition(block, from("203.0.114.1")), NO);
    assert_eq!(condition(r#"{"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#, Context::new()), YES);
}

/// `reference_policies_elements_condition_operators.html#Conditions_ARN`: "`ArnEquals` and `ArnLike`
/// behave identically".
#[test]
fn arn_operators() {
    for operator in ["ArnEquals", "ArnLike"] {
        let block = format!(r#"{{"{operator}": {{"aws:SourceArn": "arn:aws:sns:*:123456789012:TOPIC-*"}}}}"#);
        let from = |arn| Context::new().with("aws:SourceArn", arn);
        assert_eq!(condition(&block, from("arn:aws:sns:us-east-1:123456789012:TOPIC-1")), YES);
        assert_eq!(condition(&block, from("arn:aws:sns:us-east-1:777788889999:TOPIC-1")), NO);
    }
}

/// `reference_policies_elements_condition_operators.html#Conditions_IfExists`: the key "isn't
/// relevant" where it is absent.
#[test]
fn if_exists() {
    let block = r#"{"StringLikeIfExists": {"ec2:InstanceType": ["t1.*", "t2.*", "m3.*"]}}"#;
    assert_eq!(condition(block, Context::new()), YES);
    assert_eq!(condition(block, Context::new().with("ec2:InstanceType", "t2.micro")), YES);
    assert_eq!(condition(block, Context::new().with("ec2:InstanceType", "c5.large")), NO);
    // What AWS does where the rules of `IfExists` and `ForAnyValue` contradict one another:
    // <https://repost.aws/questions/QU9HFmDzP0QGuU-fd7rS6B7w>
    let both = r#"{"ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": "team"}}"#;
    assert_eq!(condition(both, Context::new()), NO);
}

/// `reference_policies_condition-single-vs-multi-valued-context-keys.html` and
/// `reference_policies_condition_examples-multi-valued-context-keys.html`
#[test]
fn sets_of_values() {
    let tags = |tags: &[&str]| Context::new().with_many("aws:TagKeys", tags.iter().copied());
    let all = r#"{"ForAllValues:StringEquals": {"aws:TagKeys": ["environment", "cost-center"]}}"#;
    assert_eq!(condition(all, tags(&["environment", "cost-center"])), YES);
    assert_eq!(condition(all, tags(&["environment", "dept"])), NO);
    assert_eq!(condition(all, Context::new()), YES, "also true if there are no keys in the request");
    assert_eq!(condition(all, tags(&[])), YES);
    let any = r#"{"ForAnyValue:StringEquals": {"aws:TagKeys": ["environment", "cost-center"]}}"#;
    assert_eq!(condition(any, tags(&["environment", "dept"])), YES);
    assert_eq!(condition(any, tags(&["dept"])), NO);
    // "A null data set such as an empty string" counts as no values, one or many.
    let empty = r#"{"ForAnyValue:StringEquals": {"aws:TagKeys": ""}}"#;
    for nothing in [Context::new().with("aws:TagKeys", ""), tags(&[""])] {
        assert_eq!(condition(all, nothing.clone()), YES);
        assert_eq!(condition(empty, nothing), NO);
    }
    // Without a qualifier AWS doesn't say: known only where both would agree.
    let bare = r#"{"StringEquals": {"aws:TagKeys": ["environment", "cost-center"]}}"#;
    assert_eq!(condition(bare, tags(&["environment", "cost-center"])), YES);
    assert_eq!(condition(bare, tags(&["environment", "dept"])), Verdict::Unknown);
    assert_eq!(condition(bare, tags(&["dept"])), NO);
    assert_eq!(condition(any, Context::new()), NO, "false if there are no keys in the request");
    let none = r#"{"ForAllValues:StringNotLike": {"aws:TagKeys": "key1*"}}"#;
    assert_eq!(condition(none, tags(&["key2", "key3"])), YES);
    assert_eq!(condition(none, tags(&["key2", "key10"])), NO);
}

/// `reference_policies_condition-logic-multiple-context-keys-or-values.html`: operators and keys are
/// joined by AND, values by OR, those of negated operators by NOR.
#[test]
fn logic_of_conditions() {
    let block = r#"{"StringEquals": {"aws:PrincipalTag/department": ["finance", "hr", "legal"],
                                      "aws:PrincipalTag/role": ["audit", "security"]},
                    "StringNotLike": {"aws:VpceAccount": ["999", "888*"]}}"#;
    let full = || Context::new().with("aws:PrincipalTag/department", "hr").with("aws:PrincipalTag/role", "audit");
    assert_eq!(condition(block, full()), YES);
    assert_eq!(condition(block, full().with("aws:PrincipalTag/role", "dev")), NO);
    assert_eq!(condition(block, full().with("aws:VpceAccount", "8881")), NO);
}

/// `reference_policies_variables.html`: the user's own folder; no variables in older policies.
#[test]
fn variables() {
    let statement = r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username}/*"}"#;
    let carlos = || Context::new().with("aws:username", "carlos");
    assert_eq!(answer(statement, "s3:GetObject", "arn:aws:s3:::b/carlos/1", carlos()), YES);
    assert_eq!(answer(statement, "s3:GetObject", "arn:aws:s3:::b/sofia/1", carlos()), NO);
    assert_eq!(answer(statement, "s3:GetObject", "arn:aws:s3:::b/carlos/1", Context::new()), NO);
    let old = format!(r#"{{"Version": "2008-10-17", "Statement": {statement}}}"#);
    let old = Policy::parse(&old, PolicyKind::Identity).unwrap();
    let set = PolicySet::new().identity("old", &old);
    let on = |resource| Request::new(user("carlos"), "s3:GetObject", resource).with_context(carlos());
    assert_eq!(decide(&on("arn:aws:s3:::b/carlos/1"), &set), NO);
    assert_eq!(decide(&on("arn:aws:s3:::b/${aws:username}/1"), &set), YES);
}

/// `reference_policies_elements_version.html`: in the older version variables are "treated as literal strings".
#[test]
fn variables_need_the_version_that_has_them() {
    let text = r#"{"Version": "2008-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"s3:prefix": "${aws:username}"}}}}"#;
    let old = Policy::parse(text, PolicyKind::Identity).unwrap();
    for (prefix, expected) in [("carlos", NO), ("${aws:username}", YES)] {
        let context = Context::new().with("aws:username", "carlos").with("s3:prefix", prefix);
        let request = Request::new(user("carlos"), "s3:ListBucket", "arn:aws:s3:::b").with_context(context);
        assert_eq!(decide(&request, &PolicySet::new().identity("old", &old)), expected, "{prefix}");
    }
}

/// `reference_policies_variables.html#policy-vars-default-values`
#[test]
fn variables_with_defaults() {
    let statement = r#"{"Effect": "Allow", "Action": "s3:ListBucket",
        "Resource": "arn:aws:s3:::amzn-s3-demo-bucket-${aws:PrincipalTag/team, 'company-wide'}"}"#;
    let list = |bucket: &str, context| {
        answer(statement, "s3:ListBucket", &format!("arn:aws:s3:::amzn-s3-demo-bucket-{bucket}"), context)
    };
    let yellow = || Context::new().with("aws:PrincipalTag/team", "yellow");
    assert_eq!(list("yellow", yellow()), YES);
    assert_eq!(list("company-wide", yellow()), NO);
    assert_eq!(list("company-wide", Context::new()), YES);
}

/// `reference_policies_variables.html#policy-vars-no-value`: "Access is explicitly denied when
/// aws:PrincipalTag/Team is not set", because an inverted operator matches a null value; and a
/// resource with such a variable "will not match any resource", in `NotResource` neither.
#[test]
fn variables_with_no_value() {
    let deny = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
         "Condition": {"StringNotEquals": {"s3:ExistingObjectTag/Team": "${aws:PrincipalTag/Team}"}}}"#;
    let tagged = || Context::new().with("s3:ExistingObjectTag/Team", "red");
    let get = |context| answer(deny, "s3:GetObject", "arn:aws:s3:::b/k", context);
    assert_eq!(get(tagged()), Verdict::ExplicitDeny);
    assert_eq!(get(tagged().with("aws:PrincipalTag/Team", "red")), YES);
    let others = r#"{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::b/${aws:PrincipalTag/Team}"}"#;
    assert_eq!(answer(others, "s3:GetObject", "arn:aws:s3:::b/red", Context::new()), YES);
    assert_eq!(answer(others, "s3:GetObject", "arn:aws:s3:::b/red", Context::new().with("aws:PrincipalTag/Team", "red")), NO);
}

/// `reference_policies_elements_notaction.html`: all but the listed actions, case-insensitively.
#[test]
fn not_action() {
    let statement = r#"{"Effect": "Allow", "NotAction": "s3:DeleteBucket", "Resource": "arn:aws:s3:::*"}"#;
    let on = |action| answer(statement, action, "arn:aws:s3:::b", Context::new());
    assert_eq!(on("s3:ListBucket"), YES);
    assert_eq!(on("S3:deletebucket"), NO);
}

/// `access_policies_boundaries.html`: what both the boundary and the identity policy allow.
#[test]
fn boundary() {
    let boundary = identity(r#"{"Effect": "Allow", "Action": ["s3:*", "cloudwatch:*", "ec2:*"], "Resource": "*"}"#);
    let policy = identity(r#"{"Effect": "Allow", "Action": "iam:CreateUser", "Resource": "*"}"#);
    let request = Request::new(user("shirley"), "iam:CreateUser", "*");
    let decision = authorize(&request, &PolicySet::new().identity("own", &policy).boundary("XCompany", &boundary));
    assert_eq!(decision.outcome, Outcome::ImplicitDeny { layer: Layer::Boundary });
    assert_eq!(decision.layer(Layer::Identity).unwrap().outcome, LayerOutcome::Allow);
    let alone = authorize(&request, &PolicySet::new().boundary("XCompany", &boundary));
    assert_eq!(alone.outcome, Outcome::ImplicitDeny { layer: Layer::Identity }, "a boundary grants nothing");
}

/// `reference_policies_evaluation-logic_policy-eval-basics-resource.html`: within an account either
/// side is enough; from another account both have to allow.
#[test]
fn resource_policies() {
    let bucket = resource(&format!(
        r#"{{"Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::{ACCOUNT}:user/carlos"}},
            "Action": "s3:*", "Resource": "*"}}"#
    ));
    let request = |owner: &str| Request::new(user("carlos"), "s3:GetObject", "arn:aws:s3:::b/k").resource_account(owner);
    let set = PolicySet::new().resource("bucket", &bucket);
    assert_eq!(decide(&request(ACCOUNT), &set), YES);
    assert_eq!(decide(&request("444455556666"), &set), NO);
    let own = identity(r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}"#);
    assert_eq!(decide(&request("444455556666"), &set.identity("own", &own)), YES);
}

/// The same page: a policy that names only the account lets the account's own policies decide, and
/// one that names a role doesn't reach beyond the boundary.
#[test]
fn resource_policies_for_accounts_and_roles() {
    let role = "arn:aws:iam::111122223333:role/app";
    let session = Principal::AssumedRole {
        session_arn: Some("arn:aws:sts::111122223333:assumed-role/app/one".to_owned()),
        role_arn: Some(role.to_owned()),
    };
    let request = Request::new(session, "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:jobs");
    let queue = |principal: &str| {
        resource(&format!(r#"{{"Effect": "Allow", "Principal": {{"AWS": "{principal}"}}, "Action": "sqs:*", "Resource": "*"}}"#))
    };
    let account = queue("111122223333");
    assert_eq!(decide(&request, &PolicySet::new().resource("queue", &account)), NO);
    let named = queue(role);
    let set = PolicySet::new().resource("queue", &named);
    assert_eq!(decide(&request, &set), YES);
    let boundary = identity(r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#);
    assert_eq!(decide(&request, &set.boundary("boundary", &boundary)), NO);
    let direct = queue("arn:aws:sts::111122223333:assumed-role/app/one");
    let set = PolicySet::new().resource("queue", &direct).boundary("boundary", &boundary);
    assert_eq!(decide(&request, &set), YES);
}

/// `reference_policies_evaluation-logic_policy-eval-denyallow.html`: an explicit Deny in any policy.
#[test]
fn deny_wins_in_every_layer() {
    let allow = identity(r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#);
    let deny = identity(r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}"#);
    let request = Request::new(user("carlos"), "s3:GetObject", "arn:aws:s3:::b/k").with_context(Context::new());
    for layer in [Layer::Identity, Layer::Boundary, Layer::Session, Layer::ServiceControl] {
        let set = PolicySet::new().identity("allow", &allow).with(layer, "allow-too", &allow).with(layer, "deny", &deny);
        assert_eq!(decide(&request, &set), Verdict::ExplicitDeny, "{layer}");
    }
}

/// Not of AWS's: what can't be known decides only where it must.
#[test]
fn unknown_keys_decide_only_where_they_must() {
    let why = || KeyValue::Unknown("not called".to_owned());
    let deny_elsewhere = r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*",
         "Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}"#;
    let context = || {
        let mut context = Context::new();
        context.set("aws:SourceIp", why());
        context
    };
    assert_eq!(answer(deny_elsewhere, "s3:GetObject", "arn:aws:s3:::b/k", context()), YES);
    assert_eq!(answer(deny_elsewhere, "s3:PutObject", "arn:aws:s3:::b/k", context()), NO);
    let deny_all = deny_elsewhere.replace("s3:PutObject", "*");
    assert_eq!(answer(&deny_all, "s3:GetObject", "arn:aws:s3:::b/k", context()), Verdict::Unknown);
}
