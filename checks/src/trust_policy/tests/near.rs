//! Which statement and which value come nearest, and what is said of them.

use super::*;

const NEAR: &str = "system:serviceaccount:default:my-service-accoun";
const FAR: &str = "system:serviceaccount:zzz:yyy";

fn finding(document: &Value) -> crate::finding::Finding {
    testing::findings(&run(document))[0].clone()
}

fn faults(statements: &[Value]) -> Vec<&'static str> {
    let mut faults = testing::faults(&run(&document(statements)));
    faults.sort_unstable();
    faults
}

/// An Allow statement for this cluster's provider, with this condition on the subject.
fn subject(operator: &str, values: &Value) -> Value {
    let mut condition = json!({"StringEquals": {key("aud"): "sts.amazonaws.com"}});
    condition[operator][key("sub")] = values.clone();
    allow(PROVIDER, &condition)
}

#[test]
fn what_a_subject_differs_in() {
    for (sub, words) in [
        ("system:serviceaccount:default:My-Service-Account", "only the case differs"),
        ("system:serviceaccount:other:my-service-account", "the namespace differs"),
        ("system:serviceaccount:default:other", "the service account differs"),
        (FAR, "namespace and service account differ"),
    ] {
        let detail = finding(&document(&[subject("StringEquals", &json!(sub))])).detail;
        let shown = sub.trim_start_matches("system:serviceaccount:");
        assert!(detail.contains(&format!("(it trusts {shown}; {words})")), "{detail}");
    }
}

#[test]
fn the_nearest_of_several_subjects_is_named() {
    let detail = finding(&document(&[subject("StringEquals", &json!([FAR, NEAR, "system:serviceaccount:a:b"]))])).detail;
    assert!(detail.contains("(it trusts default:my-service-accoun and 2 more; the service account differs)"), "{detail}");
}

#[test]
fn a_pattern_needs_no_whole_subject() {
    for (operator, fault) in [("StringLike", "trust-subject-mismatch"), ("StringEquals", "trust-subject-malformed")] {
        assert_eq!(faults(&[subject(operator, &json!("system:serviceaccount:other*"))]), [fault]);
    }
}

#[test]
fn blanks_are_shown() {
    for (sub, shown) in [
        (format!("{SUBJECT} "), format!("{SUBJECT:?}").replace("t\"", "t \"")),
        (String::new(), "\"\"".to_owned()),
        ("x".to_owned(), "x".to_owned()),
    ] {
        let detail = finding(&document(&[subject("StringEquals", &json!(sub))])).detail;
        assert!(detail.contains(&format!("its subject {shown} can't match")), "{detail}");
    }
}

#[test]
fn of_statements_with_one_wrong_subject_the_nearest_explains() {
    for values in [[json!(FAR), json!(NEAR)], [json!([FAR, FAR]), json!([FAR, NEAR])]] {
        let [far, near] = values.map(|values| subject("StringEquals", &values));
        for (statements, at) in [([far.clone(), near.clone()], 1), ([near, far], 0)] {
            let path = finding(&document(&statements)).locus.path;
            assert!(path.starts_with(&format!("$['Statement'][{at}]")), "{path}");
        }
    }
}

#[test]
fn fewer_wrong_things_come_nearer_wherever_they_are() {
    let misspelt = host().replace("us-east-1", "us-west-2");
    let two = allow(&provider(&misspelt), &claims(FAR, "sts.amazonaws.com"));
    let mut three = claims(FAR, "wrong");
    three["StringEquals"]["aws:PrincipalOrgID"] = json!("o-abc");
    let three = allow(PROVIDER, &three);
    let expected = ["trust-issuer-typo", "trust-subject-mismatch"];
    assert_eq!(faults(std::slice::from_ref(&two)), expected, "both are said");
    assert_eq!(faults(&[three, two]), expected);
}

#[test]
fn providers_of_other_kinds_come_last() {
    let cognito = allow("cognito-identity.amazonaws.com", &claims(SUBJECT, "sts.amazonaws.com"));
    assert_eq!(
        faults(&[cognito.clone(), allow(PROVIDER, &claims(FAR, "wrong"))]),
        ["trust-audience-mismatch", "trust-subject-mismatch"]
    );
    let misspelt = host().replace("us-east-1", "us-west-2");
    let typo = allow(&provider(&misspelt), &claims(FAR, "wrong"));
    assert!(faults(&[cognito.clone(), typo]).contains(&"trust-issuer-typo"));
    assert_eq!(faults(&[cognito, allow(&provider(OLD), &of(OLD, FAR))]), ["trust-other-cluster"]);
    let with = |federated: &str, action: &str| {
        let mut statement = allow(federated, &json!({}));
        statement["Action"] = json!(action);
        faults(&[statement])
    };
    // What doesn't even speak of web identity is for somebody else altogether.
    let saml = "arn:aws:iam::123456789012:saml-provider/okta";
    assert_eq!(with(saml, "sts:AssumeRoleWithSAML"), ["trust-not-web-identity"]);
    assert_eq!(with(&provider(OLD), "sts:AssumeRole"), ["trust-other-cluster"]);
    assert_eq!(with(host(), "sts:AssumeRole"), ["trust-federated-not-provider", "trust-not-web-identity"]);
}

#[test]
fn whom_a_role_trusts_is_said() {
    let service = |name: &str| json!({"Effect": "Allow", "Principal": {"Service": name}, "Action": "sts:AssumeRole"});
    let finding = finding(&document(&[service("ec2.amazonaws.com"), service("lambda.amazonaws.com")]));
    assert!(finding.detail.contains("trusts ec2.amazonaws.com, lambda.amazonaws.com, and lets no OIDC"), "{}", finding.detail);
    assert_eq!(finding.expected, Some(Compared::One(PROVIDER.to_owned())));
}

#[test]
fn a_text_with_several_errors_names_one_and_counts_the_others() {
    let statement = |effect: &str| json!({"Effect": effect, "Principal": "*", "Action": "sts:*"});
    let detail = |effects: &[&str]| {
        let statements: Vec<Value> = effects.iter().map(|effect| statement(effect)).collect();
        finding(&document(&statements)).detail
    };
    assert!(!detail(&["Maybe"]).contains("more)"));
    assert!(detail(&["Maybe", "Perhaps", "No"]).ends_with(" (and 2 more)"), "{}", detail(&["Maybe", "Perhaps", "No"]));
}

#[test]
fn a_new_statement_is_written_as_the_others_are() {
    let compact = json!({"Version": "2012-10-17", "Statement": [allow(&provider(OLD), &of(OLD, SUBJECT))]}).to_string();
    let spaced = compact.replace("\":", "\": ").replace(",\"", ", \"");
    for (text, member) in [(compact, r#"{"Effect":"Allow","Principal":"#), (spaced, r#"{"Effect": "Allow", "Principal": "#)] {
        let mut snapshot = testing::healthy();
        testing::role(&mut snapshot).trust_policy = text;
        let outcome = testing::run(&CHECK, &snapshot);
        let argv = &testing::findings(&outcome)[0].fix.as_ref().unwrap().commands[0].argv;
        assert!(argv[6].contains(member), "{}", argv[6]);
    }
}

#[test]
fn a_statement_for_all_but_some_is_not_made_one_for_web_identity() {
    let mut statement = json!({"Effect": "Allow", "NotPrincipal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"});
    let said = finding(&document(std::slice::from_ref(&statement)));
    assert_eq!(said.detail, "role my-test-role trusts nobody by name, and lets no OIDC provider's tokens in");
    assert_eq!(said.locus.path, "$['Statement'][0]['NotPrincipal']");
    assert_eq!(said.actual, Some(Compared::Nothing));
    let new = mends(&document(std::slice::from_ref(&statement)), &["trust-not-web-identity"]);
    assert_eq!((&new["Statement"][0], new["Statement"].as_array().unwrap().len()), (&statement, 2));
    statement["Action"] = json!(["sts:AssumeRole", "sts:TagSession"]);
    let new = mends(&document(std::slice::from_ref(&statement)), &["trust-not-web-identity"]);
    assert_eq!(new["Statement"][0], statement);
}

#[test]
fn where_no_value_of_a_condition_would_do_a_statement_is_added() {
    for (operator, value) in [("ArnEquals", "arn:aws:iam::123456789012:role/x"), ("NumericEquals", "1"), ("Bool", "true")] {
        let mut condition = json!({"StringEquals": {key("sub"): SUBJECT}});
        condition[operator][key("aud")] = json!(value);
        let statement = allow(PROVIDER, &condition);
        let new = mends(&document(std::slice::from_ref(&statement)), &["trust-audience-mismatch"]);
        let added = allow(PROVIDER, &claims(SUBJECT, "sts.amazonaws.com"));
        assert_eq!(new["Statement"], json!([statement, added]), "{operator}");
    }
}
