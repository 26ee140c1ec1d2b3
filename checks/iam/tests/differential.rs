//! The same random policies and requests, decided by this crate and by `iam-rs` 0.8.
//!
//! Where AWS's documentation is plain and `iam-rs` doesn't follow it, the difference is listed in
//! [`REASONS`] with the page that says who is right, and a test to tell whether it can play a part.
//! Everywhere else both must decide alike.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod generate;

use std::collections::BTreeMap;

use generate::{asked, complete, context, policy};
use iam_rs::{ContextValue, IAMPolicy, IAMRequest, PolicyEvaluator, PrincipalId};
use irsa_doctor_iam::{KeyValue, Policy, PolicyKind, PolicySet, Principal, Request, Verdict, decide};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;

type Keys = Vec<(&'static str, KeyValue)>;

/// A documented rule that `iam-rs` doesn't follow.
struct Reason {
    id: &'static str,
    /// The AWS page, below `https://docs.aws.amazon.com/IAM/latest/UserGuide/`.
    page: &'static str,
    applies: fn(&Value, &Keys) -> bool,
}

const REASONS: [Reason; 10] = [
    // The values of a condition are alternatives, for Bool and Null too; iam-rs wants all of them to hold.
    Reason {
        id: "several-boolean-values",
        page: "reference_policies_condition-logic-multiple-context-keys-or-values.html",
        applies: |policy, _| {
            conditions(policy).any(|(operator, _, values)| (operator == "Null" || operator.contains("Bool")) && values.is_array())
        },
    },
    // Version is optional; iam-rs refuses a policy without.
    Reason {
        id: "version-is-optional",
        page: "reference_policies_elements_version.html",
        applies: |policy, _| policy.get("Version").is_none(),
    },
    // "ArnEquals and ArnLike behave identically"; iam-rs compares ArnEquals without wildcards, and
    // lets a wildcard of ArnLike reach over colons: "each of the six components is checked
    // separately".
    Reason {
        id: "arn-operators",
        page: "reference_policies_elements_condition_operators.html#Conditions_ARN",
        applies: |policy, _| conditions(policy).any(|(operator, _, _)| operator.contains("Arn")),
    },
    // Variables are replaced under Version 2012-10-17 only; one with no value matches nothing;
    // what a variable stands for is no wildcard; they work in conditions as well. iam-rs replaces
    // them under any version, by nothing if there is no value, and not in conditions.
    Reason { id: "variables", page: "reference_policies_variables.html", applies: |policy, _| policy.to_string().contains("${") },
    // The operators are strings in JSON, `IfExists` can follow any of them, also behind a
    // qualifier; iam-rs refuses such policies.
    Reason {
        id: "qualifier-with-if-exists",
        page: "reference_policies_elements_condition_operators.html#Conditions_IfExists",
        applies: |policy, _| conditions(policy).any(|(operator, _, _)| operator.contains(':') && operator.ends_with("IfExists")),
    },
    // Qualifiers go with every type of operator; iam-rs knows them for some.
    Reason {
        id: "qualifier-with-other-types",
        page: "reference_policies_condition-single-vs-multi-valued-context-keys.html",
        applies: |policy, _| conditions(policy).any(|(operator, _, _)| operator.contains(':') && !operator.contains(":String")),
    },
    // "For multivalued context keys you must use a qualifier": iam-rs takes ForAnyValue for it,
    // this crate answers only where both qualifiers agree.
    Reason {
        id: "multivalued-without-qualifier",
        page: "reference_policies_condition-single-vs-multi-valued-context-keys.html",
        applies: |policy, keys| {
            conditions(policy).any(|(operator, key, _)| {
                !operator.contains(':') && keys.iter().any(|(have, value)| *have == key && matches!(value, KeyValue::Many(_)))
            })
        },
    },
    // A date may be one of the short ISO 8601 forms; iam-rs wants a time with it.
    Reason {
        id: "short-dates",
        page: "reference_policies_elements_condition_operators.html#Conditions_Date",
        applies: |policy, keys| {
            conditions(policy).any(|(operator, key, values)| {
                operator.contains("Date")
                    && (values.to_string().contains("2024-06-01")
                        || keys.iter().any(|(have, value)| *have == key && format!("{value:?}").contains("2025-01-01")))
            })
        },
    },
    // AWS sends all values as text, so other operators compare a boolean too; in iam-rs it has a
    // type of its own.
    Reason {
        id: "booleans-are-text",
        page: "reference_policies_condition-keys.html#condition-keys-securetransport",
        applies: |policy, _| {
            conditions(policy)
                .any(|(operator, key, _)| key == "aws:SecureTransport" && operator != "Bool" && operator != "BoolIfExists")
        },
    },
    // A value of the wrong type: AWS doesn't say what a negated operator makes of it, so this
    // crate says unknown where iam-rs says true.
    Reason {
        id: "wrong-type",
        page: "reference_policies_elements_condition_operators.html",
        applies: |policy, _| conditions(policy).any(|(operator, key, _)| mistyped(&operator, &key)),
    },
];

/// Whether a negated operator compares another type than the generator gives the key.
fn mistyped(operator: &str, key: &str) -> bool {
    let negated = operator.contains("Not") && !operator.contains("String") && !operator.contains("Arn");
    let natural = match key {
        "s3:max-keys" => operator.contains("Numeric"),
        "aws:CurrentTime" => operator.contains("Date"),
        "aws:SourceIp" => operator.contains("IpAddress"),
        _ => false,
    };
    negated && !natural
}

/// The policy without most of what the two decide differently.
fn simplified(policy: &Value) -> Value {
    let mut text = policy.to_string();
    for (from, to) in [
        ("${aws:PrincipalTag/team, 'bucket'}", "bucket"),
        ("${aws:PrincipalTag/team}", "bucket"),
        ("${aws:RequestedRegion}", "eu-west-1"),
        ("\"Arn", "\"String"),
        (":Arn", ":String"),
        ("2024-06-01\"", "2024-06-01T00:00:00Z\""),
    ] {
        text = text.replace(from, to);
    }
    let mut policy: Value = serde_json::from_str(&text).unwrap();
    policy["Version"] = "2012-10-17".into();
    for statement in policy["Statement"].as_array_mut().unwrap() {
        let Some(blocks) = statement.get_mut("Condition").and_then(Value::as_object_mut) else {
            continue;
        };
        *blocks = std::mem::take(blocks).into_iter().map(simplified_block).collect();
    }
    policy
}

fn simplified_block((operator, mut block): (String, Value)) -> (String, Value) {
    let one_value = operator == "Null" || operator.contains("Bool");
    for values in block.as_object_mut().unwrap().values_mut().filter(|values| one_value && values.is_array()) {
        *values = values[0].take();
    }
    match operator.split_once(':') {
        Some((qualifier, name)) if name.starts_with("String") => {
            (format!("{qualifier}:{}", name.trim_end_matches("IfExists")), block)
        }
        Some((_, name)) => (name.to_owned(), block),
        None => (operator, block),
    }
}

/// Operator, key and values of every condition.
fn conditions(policy: &Value) -> impl Iterator<Item = (String, String, Value)> {
    let mut found = Vec::new();
    for statement in policy["Statement"].as_array().unwrap() {
        for (operator, block) in statement.get("Condition").and_then(Value::as_object).into_iter().flatten() {
            for (key, values) in block.as_object().unwrap() {
                found.push((operator.clone(), key.clone(), values.clone()));
            }
        }
    }
    found.into_iter()
}

fn ours(policy: &Value, (action, resource): (&str, &str), keys: &Keys) -> Verdict {
    let policy = Policy::parse(&policy.to_string(), PolicyKind::Identity).unwrap();
    let principal = Principal::Iam { arn: "arn:aws:iam::111122223333:user/dev".to_owned() };
    let request = Request::new(principal, action, resource).resource_account("111122223333").with_context(context(keys, &[]));
    decide(&request, &PolicySet::new().identity("p", &policy))
}

fn theirs(policy: &Value, (action, resource): (&str, &str), keys: &Keys) -> Result<Verdict, String> {
    let policy: IAMPolicy = serde_json::from_value(policy.clone()).map_err(|error| error.to_string())?;
    let mut context = iam_rs::Context::new();
    for (key, value) in keys {
        match value {
            KeyValue::Single(value) if *key == "aws:SecureTransport" => {
                context.insert((*key).to_owned(), ContextValue::Boolean(value == "true"));
            }
            KeyValue::Single(value) => {
                context.insert((*key).to_owned(), ContextValue::String(value.clone()));
            }
            KeyValue::Many(values) => {
                context.insert((*key).to_owned(), ContextValue::StringList(values.clone()));
            }
            _ => {}
        }
    }
    let principal = iam_rs::Principal::Aws(PrincipalId::String("arn:aws:iam::111122223333:user/dev".to_owned()));
    let resource = iam_rs::Arn::parse(resource).map_err(|error| error.to_string())?;
    let request = IAMRequest::new_with_context(principal, action, resource, context);
    let result = PolicyEvaluator::with_policies(vec![policy]).evaluate(&request).map_err(|error| error.to_string())?;
    Ok(match result.decision {
        iam_rs::Decision::Allow => Verdict::Allowed,
        iam_rs::Decision::Deny => Verdict::ExplicitDeny,
        iam_rs::Decision::NotApplicable => Verdict::ImplicitDeny,
    })
}

#[test]
fn differs_from_iam_rs_only_where_the_documentation_says_so() {
    let mut runner = TestRunner::deterministic();
    let strategy = (policy(), asked(), complete());
    let mut differing: BTreeMap<&str, usize> = BTreeMap::new();
    let mut plain: BTreeMap<Verdict, usize> = BTreeMap::new();
    let mut unexplained: Vec<String> = Vec::new();
    for round in 0..10_000 {
        let (policy, asked, keys) = strategy.new_tree(&mut runner).unwrap().current();
        let policy = if round % 2 == 0 { policy } else { simplified(&policy) };
        let (ours, theirs) = (ours(&policy, asked, &keys), theirs(&policy, asked, &keys));
        let reason = REASONS.iter().find(|reason| (reason.applies)(&policy, &keys));
        let alike = theirs.as_ref() == Ok(&ours);
        match reason {
            Some(reason) => {
                assert!(reason.page.starts_with("reference_policies"));
                *differing.entry(reason.id).or_default() += usize::from(!alike);
            }
            None if alike => *plain.entry(ours).or_default() += 1,
            None => unexplained.push(format!("ours {ours:?}, theirs {theirs:?} on {asked:?}\n{policy}\n{keys:?}")),
        }
    }
    unexplained.sort_by_key(String::len);
    assert!(unexplained.is_empty(), "{} unexplained, such as\n{}", unexplained.len(), unexplained[0]);
    // No reason may be so wide that it explains everything, and each has to explain something.
    assert!(plain.values().sum::<usize>() > 2_000 && plain.len() == 3, "{plain:?}");
    let idle = REASONS.iter().filter(|reason| differing.get(reason.id).is_none_or(|count| *count == 0));
    assert_eq!(idle.map(|reason| reason.id).collect::<Vec<_>>(), Vec::<&str>::new(), "{differing:?}");
}
