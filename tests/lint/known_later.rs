//! What a template or a plan decides only when it is carried out: never an empty list, and never taken as made.

use super::sources::{linted, planned, resource, trust};
use super::*;
use serde_json::json;

const POLICY: &str = "      ManagedPolicyArns:\n        - !Ref OrdersPolicy\n";
const IDS: &str = "      ClientIdList: [sts.amazonaws.com]\n";
const ASKED: [&str; 4] = ["--action", "s3:GetObject", "--resource", "arn:aws:s3:::checkout-orders/1"];

/// The kept template with one text in another's place, and the manifests.
fn template(old: &str, new: &str, args: &[&str]) -> (Value, Option<i32>) {
    let text = std::fs::read_to_string(kept("cloudformation/role.yaml")).unwrap();
    assert!(text.contains(old), "{old}");
    let manifests = kept("manifests").display().to_string();
    let known = [manifests.as_str(), "--account", "123456789012", "--issuer", ISSUER];
    linted(&text.replacen(old, new, 1), &[&known[..], args].concat())
}

/// That nothing is wrong, nothing is well, and a gate stops.
fn unknown(told: &(Value, Option<i32>), what: &str) {
    let (report, code) = told;
    assert_eq!(
        (faults(report).len(), report["verdict"].as_str(), *code),
        (0, Some("inconclusive"), Some(3)),
        "{what}: {report:#}"
    );
    let gaps = report["targets"][0]["gaps"].as_array().unwrap();
    assert!(gaps.iter().any(|gap| gap["cause"] == "known-later" && gap["decisive"] == true), "{what}: {gaps:#?}");
}

#[test]
fn a_list_that_a_function_makes_is_unknown() {
    let allow = "{PolicyName: a, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:GetObject', Resource: '*'}]}}";
    let with_inline = |list: &str| format!("      Policies: [{allow}]\n      ManagedPolicyArns: {list}\n");
    for (list, alone) in [
        ("!Ref PolicyArns", true),
        ("!Split [',', !Ref PolicyArns]", true),
        ("!If [X, [!Ref OrdersPolicy], []]", true),
        ("[!If [X, !Ref OrdersPolicy, !Ref AWS::NoValue]]", true),
        ("[!ImportValue OrdersPolicy]", true),
        ("!Ref AWS::NoValue", false),
        ("[!Ref AWS::NoValue]", false),
        ("[]", false),
    ] {
        let managed = template(POLICY, &format!("      ManagedPolicyArns: {list}\n"), &ASKED);
        let beside = template(POLICY, &with_inline(list), &ASKED);
        if alone {
            unknown(&managed, list);
            unknown(&template(POLICY, &format!("      ManagedPolicyArns: {list}\n"), &[]), list);
            unknown(&beside, list);
        } else {
            assert_eq!((faults(&managed.0), managed.1), (vec!["no-policies"], Some(1)), "{list}");
            assert_eq!((beside.0["verdict"].as_str(), beside.1), (Some("healthy"), Some(0)), "{list}");
        }
    }
    for list in [format!("!If [X, [{allow}], []]"), "!Ref X".to_owned(), format!("[!If [X, {allow}, !Ref AWS::NoValue]]")] {
        unknown(&template(POLICY, &format!("      Policies: {list}\n"), &ASKED), &list);
        unknown(&template(POLICY, &format!("{POLICY}      Policies: {list}\n"), &ASKED), &list);
    }
}

#[test]
fn roles_that_a_function_names_may_have_the_policy() {
    let roles = |list: &str| {
        let text = std::fs::read_to_string(kept("cloudformation/role.yaml")).unwrap().replace(POLICY, "");
        let named = format!("      ManagedPolicyName: checkout-orders\n      Roles: {list}\n");
        let text = text.replace("      ManagedPolicyName: checkout-orders\n", &named);
        let manifests = kept("manifests").display().to_string();
        let known = [manifests.as_str(), "--account", "123456789012", "--issuer", ISSUER];
        linted(&text, &[&known[..], &ASKED].concat())
    };
    for list in [
        "!If [X, [!Ref CheckoutRole], []]",
        "!Ref Roles",
        "[!Ref Role]",
        "!Split [',', !Ref Roles]",
        "[!If [X, checkout, other]]",
    ] {
        unknown(&roles(list), list);
    }
    assert_eq!(roles("[!Ref CheckoutRole]").1, Some(0));
    for list in ["!If [X, [one], [other]]", "[other, !Ref AWS::NoValue]"] {
        let (report, code) = roles(list);
        assert_eq!((faults(&report), code), (vec!["no-policies"], Some(1)), "{list}");
    }
}

#[test]
fn client_ids_that_are_not_written_out_are_unknown() {
    let ids = |list: &str| template(IDS, &format!("      ClientIdList: {list}\n"), &[]);
    for list in ["!Ref Ids", "!If [X, [sts.amazonaws.com], []]", "[!Ref Id]", "[other, !Ref Id]"] {
        unknown(&ids(list), list);
    }
    // What else it accepts is no matter.
    assert_eq!(ids("[!Ref Id, sts.amazonaws.com]").1, Some(0));
    assert_eq!(ids("[!Sub 'sts.${AWS::URLSuffix}']").1, Some(0));
    assert_eq!(faults(&ids("[other]").0), ["oidc-provider-audience-missing"]);
    assert_eq!(faults(&template(IDS, "", &[]).0), ["oidc-provider-audience-missing"]);
}

#[test]
fn what_hangs_on_a_condition_may_never_be_made() {
    for id in ["Provider", "CheckoutRole", "OrdersPolicy"] {
        let start = format!("  {id}:\n");
        unknown(&template(&start, &format!("{start}    Condition: Prod\n"), &ASKED), id);
    }
    // A boundary that is none.
    let none = format!("{POLICY}      PermissionsBoundary: !Ref AWS::NoValue\n");
    assert_eq!(template(POLICY, &none, &ASKED).1, Some(0));
    let some = format!("{POLICY}      PermissionsBoundary: !If [X, !Ref OrdersPolicy, !Ref AWS::NoValue]\n");
    unknown(&template(POLICY, &some, &ASKED), "a boundary");
}

/// A plan with the role and its configuration.
fn plan(role: &Value, more: &[Value], changes: &Value, expressions: &Value) -> (Value, Option<i32>) {
    let mut values = json!({"name": "checkout", "path": "/", "assume_role_policy": trust()});
    values.as_object_mut().unwrap().extend(role.as_object().unwrap().clone());
    let mut all = vec![resource("aws_iam_role", "app", &values)];
    all.extend_from_slice(more);
    let mut plan: Value = serde_json::from_str(&planned(&all.into(), changes)).unwrap();
    let configured = |(kind, expressions): (&String, &Value)| json!({"address": format!("{kind}.app"), "mode": "managed", "type": kind, "name": "app", "expressions": expressions});
    let configured: Vec<Value> = expressions.as_object().unwrap().iter().map(configured).collect();
    plan["configuration"] = json!({"root_module": {"resources": configured}});
    let manifests = kept("manifests").display().to_string();
    let args = [&[manifests.as_str(), "--account", "123456789012", "--issuer", ISSUER], &ASKED[..]].concat();
    linted(&plan.to_string(), &args)
}

fn change(kind: &str, after_unknown: &Value) -> Value {
    json!({"address": format!("{kind}.app"), "change": {"actions": ["create"], "after_unknown": after_unknown}})
}

#[test]
fn lists_of_a_plan_are_unknown_only_where_somebody_wrote_them() {
    let allow =
        json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}).to_string();
    let inline = json!({"inline_policy": [{"name": "a", "policy": allow}]});
    let provider =
        resource("aws_iam_openid_connect_provider", "app", &json!({"url": ISSUER, "client_id_list": ["sts.amazonaws.com"]}));
    let later = json!([change("aws_iam_role", &json!({"managed_policy_arns": true, "arn": true}))]);
    let written = json!({"aws_iam_role": {"managed_policy_arns": {"references": ["var.policies"]}}});
    unknown(&plan(&json!({}), std::slice::from_ref(&provider), &later, &written), "managed_policy_arns");
    unknown(&plan(&inline, std::slice::from_ref(&provider), &later, &written), "beside an inline policy");
    // The provider fills it in: nobody attaches anything.
    let (report, code) =
        plan(&inline, std::slice::from_ref(&provider), &later, &json!({"aws_iam_role": {"inline_policy": [{}]}}));
    assert_eq!((report["verdict"].as_str(), code), (Some("healthy"), Some(0)), "{report:#}");
    unknown(&plan(&json!({"managed_policy_arns": [null]}), std::slice::from_ref(&provider), &json!([]), &written), "an item");
    let unnamed = json!({"inline_policy": [{"policy": allow}]});
    let later = json!([change("aws_iam_role", &json!({"inline_policy": [{"name": true, "policy": true}]}))]);
    unknown(&plan(&json!({"inline_policy": [{}]}), std::slice::from_ref(&provider), &later, &json!({})), "an inline policy");
    let named_later = json!([change("aws_iam_role", &json!({"inline_policy": [{"name": true}]}))]);
    assert_eq!(plan(&unnamed, &[provider], &named_later, &json!({})).1, Some(0), "its name is no matter");
}

#[test]
fn client_ids_and_roles_of_a_plan_may_be_known_later() {
    let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
    let allow =
        json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}).to_string();
    let inline = json!({"inline_policy": [{"name": "a", "policy": allow}]});
    let ids = |list: Value| {
        let values = json!({"url": ISSUER, "client_id_list": list});
        resource("aws_iam_openid_connect_provider", "app", &values)
    };
    let later = json!([change("aws_iam_openid_connect_provider", &json!({"client_id_list": true}))]);
    unknown(&plan(&inline, &[ids(Value::Null)], &later, &json!({})), "all ids");
    unknown(&plan(&inline, &[ids(json!([null]))], &json!([]), &json!({})), "one id");
    assert_eq!(plan(&inline, &[ids(json!(["sts.amazonaws.com", null]))], &json!([]), &json!({})).1, Some(0));
    // An attachment to a role that isn't known may be to this one.
    let provider = ids(json!(["sts.amazonaws.com"]));
    let attached = resource("aws_iam_role_policy_attachment", "app", &json!({"policy_arn": arn}));
    let role_later = |kind: &str| json!([change(kind, &json!({"role": true}))]);
    let role = json!({"aws_iam_role_policy_attachment": {"role": {"references": ["local.role"]}}});
    unknown(
        &plan(&inline, &[provider.clone(), attached.clone()], &role_later("aws_iam_role_policy_attachment"), &role),
        "attached",
    );
    let deny = resource("aws_iam_role_policy", "app", &json!({"name": "x", "policy": allow.replace("Allow", "Deny")}));
    let to = |reference: &str| json!({"aws_iam_role_policy": {"role": {"references": [reference]}}});
    unknown(&plan(&inline, &[provider.clone(), deny.clone()], &role_later("aws_iam_role_policy"), &to("local.role")), "inline");
    let sure = plan(&inline, &[provider, deny], &role_later("aws_iam_role_policy"), &to("aws_iam_role.app.id"));
    assert_eq!(faults(&sure.0), ["action-denied"]);
}
