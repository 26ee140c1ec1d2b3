//! Random policies and requests from a small vocabulary, so that much matches.

use irsa_doctor_iam::{Context, KeyValue};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

pub(crate) const ACTIONS: [&str; 4] = ["s3:GetObject", "s3:ListBucket", "sqs:SendMessage", "s3:PutObject"];
pub(crate) const RESOURCES: [&str; 5] = [
    "arn:aws:s3:::bucket/a/b",
    "arn:aws:s3:::bucket",
    "arn:aws:s3:::other/x",
    "arn:aws:sqs:eu-west-1:111122223333:jobs",
    "arn:aws:sqs:us-east-1:111122223333:jobs:dead",
];
const ACTION_PATTERNS: [&str; 7] = ["*", "s3:*", "s3:Get*", "S3:getobject", "sqs:SendMessage", "s3:?etObject", "s3:ListBucket"];
const RESOURCE_PATTERNS: [&str; 9] = [
    "*",
    "arn:aws:s3:::bucket",
    "arn:aws:s3:::bucket/*",
    "arn:aws:s3:::*",
    "arn:aws:sqs:*:111122223333:jobs",
    "arn:aws:sqs:eu-*-1:111122223333:j?bs",
    "arn:aws:s3:::${aws:PrincipalTag/team}/*",
    "arn:aws:s3:::${aws:PrincipalTag/team, 'bucket'}/a/b",
    "arn:aws:sqs:${aws:RequestedRegion}:111122223333:*",
];

/// Keys with the values that they may have in a request.
const KEYS: [(&str, &[&str]); 7] = [
    ("aws:PrincipalTag/team", &["bucket", "other", "Bucket"]),
    ("aws:RequestedRegion", &["eu-west-1", "us-east-1"]),
    ("aws:SourceIp", &["10.1.2.3", "192.0.2.1", "2001:db8::1"]),
    ("aws:SecureTransport", &["true", "false"]),
    ("s3:max-keys", &["5", "10", "10.0"]),
    ("aws:CurrentTime", &["2024-06-01T00:00:00Z", "1717200000", "2025-01-01"]),
    ("aws:PrincipalArn", &["arn:aws:iam::111122223333:role/app", "arn:aws:iam::111122223333:role/x/app"]),
];
const MANY: (&str, &[&str]) = ("aws:TagKeys", &["team", "env", "owner"]);

/// Operators with the values that a policy may have for them.
const STRINGS: &[&str] = &["bucket", "b*", "BUCKET", "${aws:RequestedRegion}", "*", "eu-west-1", "true", "team"];
const OPERATORS: [(&[&str], &[&str]); 6] = [
    (
        &[
            "StringEquals",
            "StringNotEquals",
            "StringLike",
            "StringNotLike",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
        ],
        STRINGS,
    ),
    (&["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals"], &["5", "10", "7.5"]),
    (&["DateEquals", "DateNotEquals", "DateLessThan", "DateGreaterThanEquals"], &["2024-06-01", "2024-12-01T00:00:00Z"]),
    (&["IpAddress", "NotIpAddress"], &["10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "192.0.2.1"]),
    (
        &["ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals"],
        &["arn:aws:iam::*:role/app", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:role/app"],
    ),
    (&["Bool", "Null"], &["true", "false"]),
];

fn one_or_many(values: impl Strategy<Value = &'static str>) -> impl Strategy<Value = Value> {
    (vec(values, 1..4), any::<bool>()).prop_map(
        |(values, list)| {
            if list || values.len() > 1 { json!(values) } else { json!(values[0]) }
        },
    )
}

fn key() -> impl Strategy<Value = &'static str> {
    let mut keys: Vec<&str> = KEYS.iter().map(|(key, _)| *key).collect();
    keys.push(MANY.0);
    keys.push("aws:neverpresent");
    select(keys)
}

fn condition() -> impl Strategy<Value = (String, &'static str, Value)> {
    let operator = select(OPERATORS.to_vec()).prop_flat_map(|(names, values)| {
        (select(names), one_or_many(select(values)), select(vec!["", "", "", "ForAllValues:", "ForAnyValue:"]), 0..4)
    });
    (operator, key()).prop_map(|((name, values, qualifier, suffix), key)| {
        let suffix = if suffix == 0 && name != "Null" { "IfExists" } else { "" };
        let qualifier = if name == "Null" { "" } else { qualifier };
        (format!("{qualifier}{name}{suffix}"), key, values)
    })
}

/// A statement of an identity policy.
pub(crate) fn statement() -> impl Strategy<Value = Value> {
    let parts = (
        select(vec!["Allow", "Allow", "Deny"]),
        select(vec!["Action", "Action", "Action", "NotAction"]),
        one_or_many(select(ACTION_PATTERNS.to_vec())),
        select(vec!["Resource", "Resource", "Resource", "NotResource"]),
        one_or_many(select(RESOURCE_PATTERNS.to_vec())),
        vec(condition(), 0..3),
    );
    parts.prop_map(|(effect, action, actions, resource, resources, conditions)| {
        let mut statement = Map::new();
        statement.insert("Effect".into(), json!(effect));
        statement.insert(action.into(), actions);
        statement.insert(resource.into(), resources);
        let mut blocks = Map::new();
        for (operator, key, values) in conditions {
            let block = blocks.entry(operator).or_insert_with(|| json!({}));
            block[key] = values;
        }
        if !blocks.is_empty() {
            statement.insert("Condition".into(), Value::Object(blocks));
        }
        Value::Object(statement)
    })
}

/// An identity policy.
pub(crate) fn policy() -> impl Strategy<Value = Value> {
    let version = select(vec![Some("2012-10-17"), Some("2012-10-17"), Some("2008-10-17"), None]);
    (version, vec(statement(), 1..5)).prop_map(|(version, statements)| document(version, &statements))
}

/// The statements as a document.
pub(crate) fn document(version: Option<&str>, statements: &[Value]) -> Value {
    match version {
        Some(version) => json!({"Version": version, "Statement": statements}),
        None => json!({"Statement": statements}),
    }
}

/// A value that a key may have.
fn known(values: &'static [&'static str]) -> impl Strategy<Value = KeyValue> {
    prop_oneof![
        3 => select(values).prop_map(|value| KeyValue::Single(value.to_owned())),
        1 => Just(KeyValue::Absent),
    ]
}

fn known_many(values: &'static [&'static str]) -> impl Strategy<Value = KeyValue> {
    prop_oneof![
        4 => vec(select(values), 0..3)
            .prop_map(|values| KeyValue::Many(values.into_iter().map(str::to_owned).collect())),
        1 => Just(KeyValue::Absent),
    ]
}

/// All keys with a value each.
pub(crate) fn complete() -> impl Strategy<Value = Vec<(&'static str, KeyValue)>> {
    let mut keys: Vec<BoxedStrategy<(&'static str, KeyValue)>> =
        KEYS.iter().map(|(key, values)| known(values).prop_map(move |value| (*key, value)).boxed()).collect();
    keys.push(known_many(MANY.1).prop_map(|value| (MANY.0, value)).boxed());
    keys
}

/// A context with these keys, of which those marked are withheld.
pub(crate) fn context(keys: &[(&str, KeyValue)], withheld: &[bool]) -> Context {
    let mut context = Context::new();
    for (index, (key, value)) in keys.iter().enumerate() {
        let value = match (withheld.get(index), value) {
            (Some(true), KeyValue::Absent) => KeyValue::Unknown("withheld".to_owned()),
            (Some(true), _) if index % 2 == 0 => KeyValue::Present("withheld".to_owned()),
            (Some(true), _) => KeyValue::Unknown("withheld".to_owned()),
            _ => value.clone(),
        };
        context.set(key, value);
    }
    context
}

/// An action and a resource.
pub(crate) fn asked() -> impl Strategy<Value = (&'static str, &'static str)> {
    (select(ACTIONS.to_vec()), select(RESOURCES.to_vec()))
}
