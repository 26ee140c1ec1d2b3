//! The document before and after, the way back, and whom else it changes.

use super::*;
use crate::testing;
use serde_json::json;

const OTHER: &str = "system:serviceaccount:default:other";

/// The fix that puts this document in the place of the healthy role's trust policy.
fn written(snapshot: &crate::snapshot::Snapshot, after: &str) -> Fix {
    let before = match &snapshot.accounts[testing::ACCOUNT].roles["my-test-role"].role {
        crate::snapshot::Observed::Present(role) => role.trust_policy.clone(),
        other => panic!("{other:?}"),
    };
    testing::evidence(snapshot, |evidence| trust(evidence, Fix::new("f", "mend it"), testing::ROLE, &before, after))
}

#[test]
fn there_is_a_way_back() {
    let mut snapshot = testing::healthy();
    testing::account(&mut snapshot).profile = Some("prod".to_owned());
    let fix = written(&snapshot, "{}");
    let change = fix.document.unwrap();
    let file = "trust-123456789012-my-test-role-20261124T120000Z.json";
    let get = "aws iam get-role --role-name my-test-role --query Role.AssumeRolePolicyDocument --output json --profile prod";
    assert_eq!(change.read.unwrap().shell(), get);
    let backup = change.backup.unwrap();
    assert_eq!((backup.shell(), backup.effect), (format!("{get} > {file}"), Effect::WritesFile));
    assert_eq!(
        fix.undo[0].shell(),
        format!("aws iam update-assume-role-policy --role-name my-test-role --policy-document file://{file} --profile prod")
    );
    assert_eq!(change.read_at.as_deref(), Some("2026-11-24T12:00:00Z"));
}

#[test]
fn a_file_is_called_something_harmless() {
    let snapshot = testing::healthy();
    let fix = testing::evidence(&snapshot, |evidence| {
        inline(evidence, Fix::new("f", "x"), "arn:aws:iam::123456789012:role/-r", "../../etc/$(x) \n", Some("{}"), "{}")
    });
    let file = fix.document.unwrap().backup.unwrap().stdout.unwrap();
    assert_eq!(file, "policy-123456789012--r-.._.._etc___x___-20261124T120000Z.json");
    assert!(fix.undo[0].argv.contains(&format!("file://{file}")));
    assert!(fix.commands[0].argv.contains(&"--role-name=-r".to_owned()));
}

#[test]
fn a_new_policy_is_undone_by_taking_it_away() {
    let snapshot = testing::healthy();
    let fix =
        testing::evidence(&snapshot, |evidence| inline(evidence, Fix::new("f", "x"), testing::ROLE, "p", None, "{\"a\": [1]}"));
    assert_eq!(fix.undo[0].shell(), "aws iam delete-role-policy --role-name my-test-role --policy-name p");
    let change = fix.document.unwrap();
    assert!(change.backup.is_none() && change.read.is_none());
    let diff = format!("--- /dev/null\n+++ {} p (laid out for reading)\n@@ -0,0 +1,5 @@\n", testing::ROLE);
    assert_eq!(change.diff(), diff + "+{\n+  \"a\": [\n+    1\n+  ]\n+}\n");
}

#[test]
fn what_is_left_out_has_no_backup() {
    let snapshot = testing::healthy();
    let fix = testing::evidence(&snapshot, |evidence| inline(evidence, Fix::new("f", "x"), testing::ROLE, "p\0", None, "{}"));
    assert!(fix.commands.is_empty() && fix.undo.is_empty() && fix.document.is_none());
}

#[test]
fn a_document_on_one_line_is_laid_out_and_another_is_not() {
    let change = |before: &str, after: &str| DocumentChange {
        resource: "arn:r".into(),
        document: "d".into(),
        before: Some(before.into()),
        after: after.into(),
        ..DocumentChange::default()
    };
    let one = change(r#"{"b":1,"a":["x","y"]}"#, r#"{"b":1,"a":["x","z"]}"#).diff();
    assert_eq!(
        one,
        "--- arn:r d (laid out for reading)\n+++ arn:r d (laid out for reading)\n@@ -2,6 +2,6 @@\n   \"b\": 1,\n   \"a\": [\n     \"x\",\n-    \"y\"\n+    \"z\"\n   ]\n }\n"
    );
    let two = change("{\n\t\"a\": 1\n}\n", "{\n\t\"a\": 2\n}\n").diff();
    assert_eq!(two, "--- arn:r d\n+++ arn:r d\n@@ -1,3 +1,3 @@\n {\n-\t\"a\": 1\n+\t\"a\": 2\n }\n");
    let empty = change(r"[[1,[]],{}]", "[]").diff();
    let lines = "@@ -1,7 +1 @@\n-[\n-  [\n-    1,\n-    []\n-  ],\n-  {}\n-]\n+[]\n";
    assert!(empty.ends_with(lines), "{empty}");
    assert!(change("not JSON", "{}").diff().contains("-not JSON\n+{}"), "what is no JSON is shown as it is");
}

#[test]
fn what_the_cli_prints_is_known_or_not_said() {
    let printed = |before: &str| DocumentChange { before: Some(before.into()), ..DocumentChange::default() }.as_printed();
    assert_eq!(
        printed("{ \"b\" : [1, true, null], \"a\": \"x y\\u00e9\\/\" }").as_deref(),
        Some("{\"b\":[1,true,null],\"a\":\"xyé/\"}")
    );
    assert_eq!(printed("{\"a\": 1, \"a\": 2}"), None);
    assert_eq!(printed("{\"a\": 1.0}"), None);
    assert_eq!(printed("{"), None);
    let written = DocumentChange { after: "{ \"a\": 1 }".into(), ..DocumentChange::default() }.as_written();
    assert_eq!(written.as_deref(), Some("{\"a\":1}"));
}

#[test]
fn says_who_stays_who_goes_and_who_else_uses_the_role() {
    let mut snapshot = testing::healthy();
    testing::add_account(&mut snapshot, "other", &json!({"eks.amazonaws.com/role-arn": testing::ROLE}));
    let mut old = testing::trust();
    let host = testing::ISSUER.trim_start_matches("https://");
    old["Statement"][0]["Condition"]["StringEquals"][format!("{host}:sub")] = json!([OTHER, "system:serviceaccount:a:b"]);
    let second = json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"});
    old["Statement"].as_array_mut().unwrap().push(second);
    testing::set_trust(&mut snapshot, &old);
    let mut new = old.clone();
    new["Statement"][0]["Condition"]["StringEquals"][format!("{host}:sub")] = json!(["system:serviceaccount:a:b", "x"]);
    let affects = written(&snapshot, &new.to_string()).affects;
    assert_eq!(
        affects,
        [
            format!(
                "the document names {OTHER} (which is there) no longer: if anything uses the role under that name, it is shut out"
            ),
            "the other subjects stay: system:serviceaccount:a:b".to_owned(),
            "1 of the 2 statements that are there stay as they are".to_owned(),
            "service account default/other uses the role too, and the document decides whether it gets in".to_owned(),
        ]
    );
}

#[test]
fn the_value_of_null_is_no_subject() {
    let mut snapshot = testing::healthy();
    let mut old = testing::trust();
    let host = testing::ISSUER.trim_start_matches("https://");
    old["Statement"][0]["Condition"]["Null"] = json!({ format!("{host}:sub"): "true" });
    testing::set_trust(&mut snapshot, &old);
    let mut new = old.clone();
    new["Statement"].as_array_mut().unwrap().push(testing::trust()["Statement"][0].clone());
    assert_eq!(written(&snapshot, &new.to_string()).affects, ["the statement that is there stays as it is"]);
}

#[test]
fn a_trust_policy_beyond_the_quota_is_said_to_be() {
    let notes = |size: usize| written(&testing::healthy(), &format!(" {}\n", "x".repeat(size))).notes;
    assert_eq!(notes(2048), [""; 0]);
    let beyond =
        "the new document has 2049 characters without white space; the default quota is 2,048 (it can be raised to 4,096)";
    assert_eq!(notes(2049), [beyond]);
}

#[test]
fn statements_that_all_stay_are_said_to() {
    let mut snapshot = testing::healthy();
    let service = |name: &str| json!({"Effect": "Allow", "Principal": {"Service": name}, "Action": "sts:AssumeRole"});
    let document = |names: &[&str]| json!({"Statement": names.iter().copied().map(service).collect::<Vec<_>>()});
    testing::set_trust(&mut snapshot, &document(&["ec2.amazonaws.com", "eks.amazonaws.com"]));
    let new = document(&["ec2.amazonaws.com", "eks.amazonaws.com", "ecs.amazonaws.com"]);
    assert_eq!(written(&snapshot, &new.to_string()).affects, ["all 2 statements that are there stay as they are"]);
}

#[test]
fn who_uses_the_role_in_another_cluster_is_named_with_it() {
    let mut snapshot = testing::healthy();
    let key = snapshot.clusters.keys().next().unwrap().clone();
    snapshot.asked.targets[0].cluster = Some(key);
    let pod = |account: &str, variable: &str| {
        json!({"present": {
            "metadata": {"name": account, "namespace": "shop"},
            "spec": {"serviceAccountName": account, "containers": [{"name": "c", "env": [{"name": variable, "value": testing::ROLE}]}]},
        }})
    };
    let other = json!({"pods": {"shop/api": pod("api", "AWS_ROLE_ARN"), "shop/web": pod("web", "ROLE_TO_SHOW")}});
    snapshot.clusters.insert("other".to_owned(), testing::read(&other));
    let affects = written(&snapshot, "{}").affects;
    let uses = "service account shop/api in cluster other uses the role too, and the document decides whether it gets in";
    assert!(affects.contains(&uses.to_owned()), "{affects:?}");
}
