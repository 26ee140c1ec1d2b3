//! Who else gets in.

use super::*;
use crate::check::Status;
use crate::testing::{self, ISSUER};
use serde_json::{Value, json};

fn key(claim: &str) -> String {
    format!("{}:{claim}", ISSUER.trim_start_matches("https://"))
}

fn run(change: impl FnOnce(&mut Value)) -> Outcome {
    let mut trust = testing::trust();
    change(&mut trust);
    let mut snapshot = testing::healthy();
    testing::set_trust(&mut snapshot, &trust);
    testing::run(&CHECK, &snapshot)
}

fn condition(condition: &Value) -> Outcome {
    run(|trust| trust["Statement"][0]["Condition"] = condition.clone())
}

fn like(subject: &str) -> Outcome {
    condition(&json!({"StringLike": {key("sub"): subject}, "StringEquals": {key("aud"): "sts.amazonaws.com"}}))
}

fn severities(outcome: &Outcome) -> Vec<(&str, Severity)> {
    testing::findings(outcome).iter().map(|finding| (finding.fault.id, finding.severity)).collect()
}

#[test]
fn one_account_alone_passes() {
    assert_eq!(run(|_| {}).status(), Status::Pass);
    assert_eq!(testing::faults(&like("system:serviceaccount:default:my-service-account")), [""; 0]);
}

#[test]
fn no_subject_lets_every_pod_in() {
    let outcome = condition(&json!({"StringEquals": {key("aud"): "sts.amazonaws.com"}}));
    assert_eq!(severities(&outcome), [("trust-any-service-account", Severity::Warning)]);
    let fix = testing::findings(&outcome)[0].fix.clone().unwrap();
    assert!(fix.commands[0].shell().contains("\"system:serviceaccount:default:my-service-account\""));
}

#[test]
fn no_condition_at_all_is_two_things() {
    let outcome = run(|trust| {
        trust["Statement"][0].as_object_mut().unwrap().remove("Condition");
    });
    assert_eq!(testing::faults(&outcome), ["trust-any-service-account", "trust-no-audience"]);
    let fix = testing::findings(&outcome)[0].fix.clone().unwrap();
    let new: Value = serde_json::from_str(&fix.commands[0].argv[6]).unwrap();
    let both = json!({key("aud"): "sts.amazonaws.com", key("sub"): "system:serviceaccount:default:my-service-account"});
    assert_eq!(new["Statement"][0]["Condition"], json!({"StringEquals": both}), "one write mends both");
    let outcome = condition(&json!({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}));
    for finding in testing::findings(&outcome).iter().filter_map(|finding| finding.fix.as_ref()) {
        assert!(finding.commands[0].argv[6].contains(&key("aud")));
    }
}

#[test]
fn whom_a_statement_lets_in_beside_tokens_is_not_shut_out() {
    let wide = json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:*"});
    let outcome = run(|trust| trust["Statement"] = json!([wide]));
    let fix = testing::findings(&outcome)[0].fix.clone().unwrap();
    assert_eq!(fix.commands, []);
    assert!(fix.needs_decision.unwrap().contains("a statement of their own"));
}

#[test]
fn patterns_are_wide_beyond_the_namespace_and_noted_within() {
    let wide = [("trust-wide-subject", Severity::Warning)];
    for pattern in [
        "*",
        "system:*",
        "system:serviceaccount:*",
        "system:serviceaccount:*:*",
        "system:serviceaccount:*:my-service-account",
        "system:serviceaccount:d*:my-service-account",
        "system:serviceaccount:defaul?:my-service-account",
        "system:serviceaccount:def*",
    ] {
        assert_eq!(severities(&like(pattern)), wide, "{pattern}");
    }
    for pattern in ["system:serviceaccount:default:*", "system:serviceaccount:default:my-service-accoun?"] {
        assert_eq!(severities(&like(pattern)), [("trust-wide-subject", Severity::Info)], "{pattern}");
    }
}

#[test]
fn a_list_and_other_statements_are_not_wide() {
    let outcome = condition(&json!({"StringEquals": {
        key("sub"): ["system:serviceaccount:default:my-service-account", "system:serviceaccount:a:b"],
        key("aud"): "sts.amazonaws.com",
    }}));
    assert_eq!(testing::faults(&outcome), [""; 0]);
    // Another cluster's statement, however wide, is not this one's.
    let outcome = run(|trust| {
        let mut other = trust["Statement"][0].clone();
        other["Principal"]["Federated"] = json!("arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/B");
        other.as_object_mut().unwrap().remove("Condition");
        trust["Statement"].as_array_mut().unwrap().push(other);
    });
    assert_eq!(testing::faults(&outcome), [""; 0]);
}

#[test]
fn a_deny_narrows_what_an_allow_leaves_open() {
    let outcome = run(|trust| {
        trust["Statement"][0]["Condition"] = json!({"StringEquals": {key("aud"): "sts.amazonaws.com"}});
        let mut deny = trust["Statement"][0].clone();
        deny["Effect"] = json!("Deny");
        deny["Condition"] = json!({"StringNotEquals": {key("sub"): "system:serviceaccount:default:my-service-account"}});
        trust["Statement"].as_array_mut().unwrap().push(deny);
    });
    assert_eq!(testing::faults(&outcome), [""; 0]);
}

#[test]
fn a_refusal_is_not_scoped() {
    let outcome = condition(&json!({"StringEquals": {key("sub"): "system:serviceaccount:a:b"}}));
    assert_eq!(outcome.status(), Status::NotApplicable);
}

#[test]
fn the_size_counts_without_white_space() {
    let padded = |count: usize| run(|trust| trust["Statement"][0]["Sid"] = json!("a".repeat(count)));
    let plain = testing::trust().to_string().len() + r#","Sid":"""#.len();
    assert_eq!(testing::faults(&padded(1843 - plain)), [""; 0]);
    assert_eq!(testing::faults(&padded(1850 - plain)), ["trust-policy-near-limit"]);
    assert_eq!(testing::faults(&padded(2100 - plain)), [""; 0]);
    assert_eq!(testing::faults(&padded(3700 - plain)), ["trust-policy-near-limit"]);
}

#[test]
fn a_statement_that_lets_others_in_is_not_pinned_by_a_command() {
    let fix = |principal: &Value, action: &Value| {
        let outcome = run(|trust| {
            let statement = &mut trust["Statement"][0];
            statement.as_object_mut().unwrap().remove("Condition");
            statement["Principal"] = principal.clone();
            statement["Action"] = action.clone();
        });
        testing::findings(&outcome)[0].fix.clone().unwrap()
    };
    let (token, both) =
        (json!({"Federated": testing::PROVIDER}), json!({"Federated": testing::PROVIDER, "AWS": testing::ACCOUNT}));
    let (ours, more) = (json!("sts:AssumeRoleWithWebIdentity"), json!(["sts:AssumeRoleWithWebIdentity", "sts:AssumeRole"]));
    assert!(!fix(&token, &ours).commands.is_empty());
    for (principal, action) in [(&both, &ours), (&token, &more), (&both, &more)] {
        let fix = fix(principal, action);
        assert!(fix.commands.is_empty() && fix.needs_decision.is_some(), "{principal} {action}: {:?}", fix.commands);
    }
}

#[test]
fn who_else_gets_in_is_not_said_where_nobody_is_known_to() {
    let mut open = testing::trust()["Statement"][0]["Condition"].clone();
    open["IpAddress"] = json!({"aws:SourceIp": "203.0.113.0/24"});
    assert_eq!(condition(&open).status(), Status::NotApplicable);
}

#[test]
fn what_a_pattern_may_stand_for_is_a_whole_subject() {
    let whole = format!("system:serviceaccount:{NOBODY}:{NOBODY}");
    let of = |namespace: &str, name: &str| format!("system:serviceaccount:{namespace}:{name}");
    assert_eq!(subjects("system:serviceaccount:*"), std::slice::from_ref(&whole));
    assert_eq!(subjects("system:serviceaccount:default:*"), [of("default", NOBODY), whole.clone()]);
    assert_eq!(subjects("system:serviceaccount:*:api"), [of(NOBODY, "api"), whole.clone()]);
    assert_eq!(
        subjects("system:serviceaccount:default:ap?*"),
        [of("default", &format!("apx{NOBODY}")), of("default", "apx"), whole,]
    );
}

#[test]
fn the_subject_is_pinned_beside_what_the_statement_asks_for() {
    let pinned = |old: &Value| {
        let fix = testing::findings(&condition(old))[0].fix.clone().unwrap();
        let new: Value = serde_json::from_str(&fix.commands[0].argv[6]).unwrap();
        new["Statement"][0]["Condition"].clone()
    };
    let subject = "system:serviceaccount:default:my-service-account";
    let aud = "sts.amazonaws.com";
    let equals = json!({"StringEquals": {key("aud"): aud}});
    assert_eq!(pinned(&equals), json!({"StringEquals": {key("aud"): aud, key("sub"): subject}}));
    let like = json!({"StringLike": {key("aud"): "sts.*"}});
    assert_eq!(pinned(&like), json!({"StringLike": {key("aud"): "sts.*"}, "StringEquals": {key("sub"): subject}}));
    let both = json!({"StringLike": {key("aud"): "sts.*"}, "StringEquals": {key("aud"): aud}});
    let mut wanted = both.clone();
    wanted["StringEquals"][key("sub")] = json!(subject);
    assert_eq!(pinned(&both), wanted);
}

#[test]
fn why_nobody_else_is_looked_for_is_said() {
    let mut open = testing::trust()["Statement"][0]["Condition"].clone();
    open["IpAddress"] = json!({"aws:SourceIp": "203.0.113.0/24"});
    let refused = json!({"StringEquals": {key("sub"): "system:serviceaccount:a:b"}});
    for (old, why) in [
        (&open, "not reached: whether the trust policy lets anybody in is not known"),
        (&refused, "not reached: the trust policy refuses"),
    ] {
        let outcome = condition(old);
        assert!(matches!(&outcome, Outcome::NotApplicable(reason) if reason == why), "{outcome:?}");
    }
}

#[test]
fn a_condition_on_the_subject_that_limits_nothing_is_none() {
    let audience = json!({key("aud"): "sts.amazonaws.com"});
    let any = [("trust-any-service-account", Severity::Warning)];
    let exact = json!({key("sub"): "system:serviceaccount:default:my-service-account"});
    for open in [
        json!({"StringEquals": audience, "Null": {key("sub"): "false"}}),
        json!({"StringEquals": audience, "StringNotEquals": {key("sub"): "system:serviceaccount:other:other"}}),
        json!({"StringEquals": {key("aud"): "sts.amazonaws.com", key("sub"): format!("${{{}}}", key("sub"))}}),
    ] {
        assert_eq!(severities(&condition(&open)), any, "{open}");
        // Beside a statement that names the account alone.
        let outcome = run(|trust| {
            let mut wide = trust["Statement"][0].clone();
            wide["Condition"] = open.clone();
            trust["Statement"].as_array_mut().unwrap().push(wide);
        });
        assert_eq!(severities(&outcome), any, "{open}");
    }
    // Only this one is let in, whatever else is said of it.
    let closed =
        json!({"StringEquals": {key("aud"): "sts.amazonaws.com", key("sub"): exact[key("sub")]}, "Null": {key("sub"): "false"}});
    assert_eq!(severities(&condition(&closed)), []);
}

#[test]
fn tokens_of_other_providers_lack_the_keys_of_this_one() {
    let claims = json!({
        key("aud"): "sts.amazonaws.com", key("sub"): "system:serviceaccount:default:my-service-account",
    });
    let other = testing::PROVIDER.replace("EXAMPLED", "OTHER");
    for (principal, operator, open) in [
        (json!("*"), "StringEqualsIfExists", true),
        (json!("*"), "ForAllValues:StringEquals", true),
        (json!("*"), "StringEquals", false),
        (json!({"Federated": [testing::PROVIDER, other]}), "StringEqualsIfExists", true),
        (json!({"Federated": [testing::PROVIDER, other]}), "StringEquals", false),
        (json!({"Federated": testing::PROVIDER}), "StringEqualsIfExists", false),
    ] {
        let outcome = run(|trust| {
            trust["Statement"][0]["Principal"] = principal.clone();
            trust["Statement"][0]["Condition"] = json!({operator: claims});
        });
        let wide = if open { vec!["trust-any-service-account"] } else { vec![] };
        assert_eq!(testing::faults(&outcome), wide, "{principal} {operator}");
    }
}

#[test]
fn an_audience_of_any_kind_is_no_condition() {
    let claims = json!({"StringLike": {key("aud"): "*"}, "StringEquals": {key("sub"): "system:serviceaccount:default:my-service-account"}});
    assert_eq!(severities(&condition(&claims)), [("trust-no-audience", Severity::Info)]);
}
