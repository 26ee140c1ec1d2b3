//! What a decision says of how it came about: who decided, what was wanted and had, what isn't known.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use irsa_doctor_iam::{
    Context, Decision, ElementKind, ElementTrace, Had, KeyValue, Layer, Outcome, Policy, PolicyKind, PolicySet, Principal,
    Request, Truth, Unresolved, authorize,
};

const USER: &str = "arn:aws:iam::111122223333:user/carlos";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:jobs";

fn parse(statements: &str, kind: PolicyKind) -> Policy {
    Policy::parse(&format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#), kind).unwrap()
}

fn request() -> Request {
    Request::new(Principal::Iam { arn: USER.to_owned() }, "sqs:SendMessage", QUEUE)
}

/// The decision on a request with one identity policy.
fn decision(statements: &str, context: Context) -> Decision {
    let policy = parse(statements, PolicyKind::Identity);
    authorize(&request().with_context(context), &PolicySet::new().identity("own", &policy))
}

/// A statement for all resources, with a condition if that isn't empty.
fn statement(effect: &str, action: &str, condition: &str) -> String {
    let condition = if condition.is_empty() { String::new() } else { format!(r#", "Condition": {condition}"#) };
    format!(r#"{{"Effect": "{effect}", "Action": "{action}", "Resource": "*"{condition}}}"#)
}

fn unresolved(decision: &Decision) -> &[Unresolved] {
    match &decision.outcome {
        Outcome::Unknown { unresolved } => unresolved,
        other => panic!("{other:?}"),
    }
}

/// The first element that is about this condition key.
fn condition<'d>(decision: &'d Decision, wanted: &str) -> &'d ElementTrace {
    let about = |element: &&ElementTrace| matches!(&element.element, ElementKind::Condition { key, .. } if key == wanted);
    decision.statements.iter().flat_map(|statement| &statement.elements).find(about).unwrap()
}

#[test]
fn an_outcome_names_the_statements_that_decide_and_no_others() {
    let (allow, deny) = (statement("Allow", "sqs:*", ""), statement("Deny", "sqs:*", ""));
    let (other, never) = (statement("Allow", "s3:*", ""), statement("Deny", "s3:*", ""));
    let indices = |statements: [&str; 3]| match decision(&statements.join(","), Context::new()).outcome {
        Outcome::Allowed { by } | Outcome::ExplicitDeny { by } => by.iter().map(|name| name.index).collect(),
        _ => Vec::new(),
    };
    assert_eq!(indices([&other, &never, &allow]), [2]);
    assert_eq!(indices([&allow, &never, &deny]), [2]);
}

#[test]
fn only_what_may_change_the_outcome_is_unresolved() {
    let tag = |name: &str| format!(r#"{{"StringEquals": {{"aws:PrincipalTag/{name}": "x"}}}}"#);
    let context = || Context::new().prefix("aws:PrincipalTag/", KeyValue::Unknown("not read".to_owned()));
    let keys = |statements: &[String]| -> Vec<String> {
        let decision = decision(&statements.join(","), context());
        unresolved(&decision).iter().map(|input| input.key.clone().unwrap()).collect()
    };
    let allow = statement("Allow", "sqs:*", &tag("a"));
    assert_eq!(keys(&[allow.clone(), statement("Allow", "s3:*", &tag("b"))]), ["aws:PrincipalTag/a"], "b can't match");
    let (deny, sure) = (statement("Deny", "sqs:*", &tag("d")), statement("Allow", "sqs:*", ""));
    assert_eq!(keys(&[allow, sure, deny]), ["aws:PrincipalTag/d"], "it is allowed whatever a is");
}

#[test]
fn an_unknown_owner_is_named_where_nothing_else_is_unknown() {
    let own = parse(&statement("Allow", "s3:*", r#"{"StringEquals": {"aws:x": "y"}}"#), PolicyKind::Identity);
    let bucket = parse(
        &format!(r#"{{"Effect": "Allow", "Principal": {{"AWS": "{USER}"}}, "Action": "s3:*", "Resource": "*"}}"#),
        PolicyKind::Resource,
    );
    let request = Request::new(Principal::Iam { arn: USER.to_owned() }, "s3:GetObject", "arn:aws:s3:::b/k");
    let set = PolicySet::new().resource("bucket", &bucket);
    let alone = authorize(&request, &set);
    assert_eq!(unresolved(&alone).len(), 1);
    assert!(unresolved(&alone)[0].reason.contains("account that owns the resource"));
    let request = request.with_key("aws:x", KeyValue::Unknown("not read".to_owned()));
    let both = authorize(&request, &set.identity("own", &own));
    assert_eq!(unresolved(&both).iter().map(|input| input.key.as_deref()).collect::<Vec<_>>(), [Some("aws:x")]);
}

#[test]
fn the_reason_tells_a_session_from_what_aws_leaves_open() {
    let mistyped = statement("Allow", "sqs:*", r#"{"NumericNotEquals": {"aws:x": "5"}}"#);
    let decision = decision(&mistyped, Context::new().with("aws:x", "five"));
    assert_eq!(unresolved(&decision)[0].reason, "AWS does not document how NumericNotEquals aws:x is decided here");
    let session = Principal::AssumedRole { session_arn: None, role_arn: Some("arn:aws:iam::111122223333:role/app".to_owned()) };
    let queue = parse(
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/app/one"}, "Action": "*", "Resource": "*"}"#,
        PolicyKind::Resource,
    );
    let decision = authorize(&Request::new(session, "sqs:SendMessage", QUEUE), &PolicySet::new().resource("queue", &queue));
    assert!(unresolved(&decision)[0].reason.contains("which session"), "{:?}", decision.outcome);
}

#[test]
fn every_element_is_traced_behind_one_that_differs_too() {
    let queue = parse(
        r#"{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:*", "Resource": "arn:aws:s3:::b",
            "Condition": {"StringEquals": {"a": "1", "b": "2"}}}"#,
        PolicyKind::Resource,
    );
    let decision = authorize(&request(), &PolicySet::new().resource("queue", &queue));
    let elements = &decision.statements[0].elements;
    assert_eq!(elements.len(), 5);
    assert_eq!(elements.iter().filter(|element| element.result == Truth::False).count(), 5);
    assert_eq!(elements[0].had, Had::Values(vec!["sqs:SendMessage".to_owned()]));
    assert_eq!(elements[1].had, Had::Values(vec![USER.to_owned()]));
    assert_eq!(elements[2].had, Had::Values(vec![QUEUE.to_owned()]));
    assert_eq!(elements[3].had, Had::Absent);
    let names: Vec<String> = elements.iter().map(|element| element.element.to_string()).collect();
    assert_eq!(names, ["Action", "Principal", "Resource", "StringEquals a", "StringEquals b"]);
}

#[test]
fn wanted_values_are_shown_with_their_variables_and_say_whether_they_match() {
    let block = r#"{"ForAnyValue:StringLike": {"aws:TagKeys": ["${aws:username}-?*", "env", "${aws:userid}"]},
                    "StringEquals": {"aws:y": "z"}, "ArnLike": {"aws:z": "arn:aws:sns:*:${aws:username}:t"},
                    "StringEqualsIgnoreCase": {"aws:q": "${aws:username}"}}"#;
    let context = Context::new()
        .with_many("aws:TagKeys", ["carlos-1", "team"])
        .with("aws:username", "carlos")
        .with("aws:y", "z")
        .unknown("aws:userid", "no session yet");
    let decision = decision(&statement("Allow", "sqs:*", block), context);
    let tags = condition(&decision, "aws:TagKeys");
    let wanted: Vec<_> = tags.wanted.iter().map(|wanted| (wanted.resolved.as_deref(), wanted.matches)).collect();
    assert_eq!(wanted, [(Some("carlos-?*"), Truth::True), (None, Truth::False), (None, Truth::Unknown)]);
    assert_eq!(tags.had, Had::Values(vec!["carlos-1".to_owned(), "team".to_owned()]));
    assert_eq!(tags.unknown, [("aws:userid".to_owned(), "no session yet".to_owned())]);
    let plain = condition(&decision, "aws:y");
    assert_eq!((plain.wanted[0].matches, plain.unknown.len()), (Truth::True, 0));
    assert_eq!(condition(&decision, "aws:z").wanted[0].resolved.as_deref(), Some("arn:aws:sns:*:carlos:t"));
    assert_eq!(condition(&decision, "aws:q").wanted[0].resolved.as_deref(), Some("carlos"));
}

#[test]
fn what_is_not_known_of_a_key_comes_with_its_reason() {
    let decision = decision(
        &statement("Allow", "sqs:*", r#"{"StringEquals": {"aws:x": "y"}}"#),
        Context::new().present("aws:x", "known only when the call is made"),
    );
    let element = condition(&decision, "aws:x");
    assert_eq!(element.had, Had::Unknown("known only when the call is made".to_owned()));
    assert_eq!(element.unknown, [("aws:x".to_owned(), "known only when the call is made".to_owned())]);
    assert_eq!(unresolved(&decision)[0].reason, "known only when the call is made");
}

/// The index of the statement that came nearest.
fn nearest(statements: &[&str]) -> Option<usize> {
    Some(decision(&statements.join(","), Context::new().with("aws:x", "abcd")).nearest()?.statement.index)
}

#[test]
fn the_nearest_statement_differs_least() {
    let x = |action: &str, value: &str| statement("Allow", action, &format!(r#"{{"StringEquals": {{"aws:x": "{value}"}}}}"#));
    let elsewhere = r#"{"Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:*:*:other"}"#;
    assert_eq!(nearest(&[&x("s3:*", "zzzz"), &x("sqs:*", "zzzz")]), Some(1), "one difference is less than two");
    assert_eq!(nearest(&[&x("s3:*", "abcd"), &x("sqs:*", "zzzz")]), Some(1), "the action counts more than the value");
    assert_eq!(nearest(&[&x("sqs:*", "zzzz"), &x("sqs:*", "abcz")]), Some(1), "one character is less than four");
    assert_eq!(nearest(&[&x("sqs:*", "abcz"), &x("sqs:*", "abzd")]), Some(0), "of equals the first");
    assert_eq!(nearest(&[&statement("Deny", "s3:*", ""), elsewhere]), Some(1), "a Deny allows nothing");
    assert_eq!(nearest(&[&statement("Deny", "s3:*", "")]), None);
}

#[test]
fn a_principal_that_differs_is_farther_than_a_condition() {
    let queue = parse(
        r#"{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "*", "Resource": "*"},
           {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"Null": {"aws:x": "false"}}}"#,
        PolicyKind::Resource,
    );
    let decision = authorize(&request(), &PolicySet::new().resource("queue", &queue));
    assert_eq!(decision.nearest_in(Layer::Resource).unwrap().statement.index, 1);
}

#[test]
fn statements_come_by_layer_and_as_they_were_given() {
    let policy = parse(&statement("Allow", "sqs:*", ""), PolicyKind::Identity);
    let set =
        PolicySet::new().session("s", &policy).identity("first", &policy).boundary("b", &policy).identity("second", &policy);
    let decision = authorize(&request(), &set);
    let order: Vec<_> = decision.statements.iter().map(|trace| (trace.layer, trace.policy.as_str())).collect();
    let expected = [(Layer::Identity, "first"), (Layer::Identity, "second"), (Layer::Boundary, "b"), (Layer::Session, "s")];
    assert_eq!(order, expected);
}
