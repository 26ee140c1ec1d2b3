//! Condition keys that no token has.

use super::*;

#[test]
fn keys_that_no_token_has() {
    let sub = |name: &str| json!({"StringEquals": {key("aud"): "sts.amazonaws.com", name: SUBJECT}});
    for (name, fault) in [
        (format!("{PROVIDER}:sub"), "trust-key-is-arn"),
        (format!("https://{}", key("sub")), "trust-key-has-scheme"),
        (format!("{}/:sub", host()), "trust-key-has-scheme"),
        (format!(" {}", key("sub")), "trust-key-has-scheme"),
        (host().to_owned(), "trust-key-without-claim"),
        (format!("{}:", host()), "trust-key-without-claim"),
        (format!("{}/sub", host()), "trust-key-without-claim"),
        (format!("{OLD}:sub"), "trust-key-other-issuer"),
        ("${OIDC_PROVIDER}:sub".to_owned(), "trust-key-other-issuer"),
        (key("namespace"), "trust-unsupported-claim"),
        (key("iss"), "trust-unsupported-claim"),
    ] {
        let new = mends(&document(&[allow(PROVIDER, &sub(&name))]), &[fault]);
        assert_eq!(new["Statement"][0]["Condition"], sub(&key("sub")), "{name}");
    }
}

#[test]
fn both_keys_of_one_slip_are_one_finding() {
    for prefix in [PROVIDER.to_owned(), ISSUER.to_owned(), OLD.to_owned()] {
        let outcome = run(&document(&[allow(PROVIDER, &of(&prefix, SUBJECT))]));
        assert_eq!(testing::findings(&outcome).len(), 1, "{prefix}");
        assert_eq!(run(&fixed(&outcome)).status(), Status::Pass, "{prefix}");
    }
}

#[test]
fn a_wrong_key_with_a_wrong_value_is_two_things() {
    let condition = of(PROVIDER, "system:serviceaccount:a:b");
    let mut faults = testing::faults(&run(&document(&[allow(PROVIDER, &condition)])));
    faults.sort_unstable();
    assert_eq!(faults, ["trust-key-is-arn", "trust-subject-mismatch"]);
    assert_eq!(run(&fixed(&run(&document(&[allow(PROVIDER, &condition)])))).status(), Status::Pass);
}

#[test]
fn an_unsupported_claim_beside_the_subject_goes() {
    let mut condition = claims(SUBJECT, "sts.amazonaws.com");
    condition["StringEquals"][key("namespace")] = json!("default");
    let new = mends(&document(&[allow(PROVIDER, &condition)]), &["trust-unsupported-claim"]);
    assert_eq!(new["Statement"][0]["Condition"], claims(SUBJECT, "sts.amazonaws.com"));
    let mut condition = claims(SUBJECT, "sts.amazonaws.com");
    condition["StringLike"] = json!({key("namespace"): "default"});
    let new = mends(&document(&[allow(PROVIDER, &condition)]), &["trust-unsupported-claim"]);
    assert_eq!(new["Statement"][0]["Condition"], claims(SUBJECT, "sts.amazonaws.com"));
}

#[test]
fn several_clusters_in_one_statement() {
    let mut condition = claims(SUBJECT, "sts.amazonaws.com");
    for (key, value) in of(OLD, SUBJECT)["StringEquals"].as_object().unwrap() {
        condition["StringEquals"][key] = value.clone();
    }
    let mut statement = allow(PROVIDER, &condition);
    mends(&document(std::slice::from_ref(&statement)), &["trust-conditions-anded"]);
    statement["Principal"]["Federated"] = json!([PROVIDER, provider(OLD)]);
    mends(&document(&[statement]), &["trust-conditions-anded"]);
}

#[test]
fn one_key_of_each_issuer_is_a_slip() {
    let condition = json!({"StringEquals": {key("sub"): SUBJECT, format!("{OLD}:aud"): "sts.amazonaws.com"}});
    let new = mends(&document(&[allow(PROVIDER, &condition)]), &["trust-key-other-issuer"]);
    assert_eq!(new["Statement"][0]["Condition"], claims(SUBJECT, "sts.amazonaws.com"));
}

#[test]
fn another_clusters_condition_that_holds_stays_as_it_is() {
    let misspelt = host().replace("us-east-1", "us-west-2");
    let mut condition = of(&misspelt, SUBJECT);
    condition["StringNotEquals"] = json!({format!("{OLD}:sub"): "system:serviceaccount:a:b"});
    let new = mends(&document(&[allow(&provider(&misspelt), &condition)]), &["trust-issuer-typo"]);
    let mut mended = claims(SUBJECT, "sts.amazonaws.com");
    mended["StringNotEquals"] = condition["StringNotEquals"].clone();
    assert_eq!(new["Statement"][0]["Condition"], mended);
}

#[test]
fn the_other_clusters_keys_go_without_a_subject_in_their_place() {
    let mut condition = json!({"StringEquals": {key("aud"): "sts.amazonaws.com", format!("{OLD}:aud"): "sts.amazonaws.com"}});
    condition["StringLike"] = json!({format!("{OLD}:sub"): SUBJECT});
    let mut others = allow(PROVIDER, &json!({"StringEquals": {key("aud"): "sts.amazonaws.com"}}));
    let statement = allow(PROVIDER, &condition);
    // A statement that would let every pod in, once it is mended, is left as it is, and one is added.
    let new = mends(&document(std::slice::from_ref(&statement)), &["trust-conditions-anded"]);
    assert_eq!((&new["Statement"][0], new["Statement"].as_array().unwrap().len()), (&statement, 2));
    others["Condition"]["StringEquals"][key("sub")] = json!(SUBJECT);
    assert_eq!(new["Statement"][1], others);
}
