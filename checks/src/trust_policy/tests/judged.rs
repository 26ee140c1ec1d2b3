//! Other conditions, Deny statements, and what looks wrong and isn't.

use super::*;

#[test]
fn another_condition_is_somebodys_decision() {
    let mut condition = claims(SUBJECT, "sts.amazonaws.com");
    condition["StringEquals"]["aws:PrincipalOrgID"] = json!("o-abc");
    let outcome = run(&document(&[allow(PROVIDER, &condition)]));
    assert_eq!(testing::faults(&outcome), ["trust-condition-unmet"]);
    assert!(testing::findings(&outcome)[0].fix.as_ref().unwrap().needs_decision.is_some());
}

#[test]
fn whoever_is_left_out_by_name_stays_so() {
    let condition = json!({"StringNotEquals": {key("sub"): SUBJECT}});
    let outcome = run(&document(&[allow(PROVIDER, &condition)]));
    assert_eq!(testing::faults(&outcome), ["trust-subject-mismatch"]);
    assert!(testing::findings(&outcome)[0].fix.as_ref().unwrap().commands.is_empty());
}

#[test]
fn what_only_the_call_has_is_unknown() {
    for condition in [
        json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        json!({"StringEquals": {"aws:SourceVpc": "vpc-1"}}),
        json!({"StringLike": {"sts:RoleSessionName": "app-*"}}),
    ] {
        let mut all = claims(SUBJECT, "sts.amazonaws.com");
        for (operator, keys) in condition.as_object().unwrap() {
            for (key, value) in keys.as_object().unwrap() {
                all[operator][key] = value.clone();
            }
        }
        let outcome = run(&document(&[allow(PROVIDER, &all)]));
        assert_eq!(outcome.status(), Status::Unknown, "{condition}");
        // A definite difference decides all the same.
        all["StringEquals"][key("sub")] = json!("system:serviceaccount:a:b");
        assert_eq!(testing::faults(&run(&document(&[allow(PROVIDER, &all)]))), ["trust-subject-mismatch"], "{condition}");
    }
}

#[test]
fn a_deny_decides_and_nobody_removes_it() {
    let right = allow(PROVIDER, &claims(SUBJECT, "sts.amazonaws.com"));
    let deny = |condition: &Value| {
        let mut deny = right.clone();
        deny["Effect"] = json!("Deny");
        deny["Condition"] = condition.clone();
        deny
    };
    let all = json!({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity"});
    for denied in [all, deny(&json!({"StringNotEquals": {key("sub"): "system:serviceaccount:ops:admin"}}))] {
        let outcome = run(&document(&[denied, right.clone()]));
        assert_eq!(testing::faults(&outcome), ["trust-explicit-deny"]);
        let fix = testing::findings(&outcome)[0].fix.clone().unwrap();
        assert!(fix.commands.is_empty() && fix.needs_decision.is_some());
    }
    let others = deny(&json!({"StringEquals": {key("sub"): "system:serviceaccount:default:default"}}));
    assert_eq!(run(&document(&[right, others])).status(), Status::Pass);
}

#[test]
fn what_looks_wrong_and_is_not() {
    let right = || allow(PROVIDER, &claims(SUBJECT, "sts.amazonaws.com"));
    let with = |change: &dyn Fn(&mut Value)| {
        let mut statement = right();
        change(&mut statement);
        document(&[statement])
    };
    let like = json!({"StringLike": {key("sub"): SUBJECT, key("aud"): "sts.amazonaws.com"}});
    let upper = json!({"StringEquals": {key("sub").to_uppercase(): SUBJECT}});
    let sets = json!({
        "ForAnyValue:StringEquals": {key("sub"): [SUBJECT, "x"]}, "ForAllValues:StringEquals": {key("aud"): "sts.amazonaws.com"},
        "StringEqualsIfExists": {key("namespace"): "other"}, "Null": {key("sub"): "false"},
    });
    for document in [
        with(&|statement| statement["Action"] = json!("sts:*")),
        with(&|statement| statement["Action"] = json!(["sts:AssumeRole*", "sts:TagSession"])),
        with(&|statement| statement["Action"] = json!("*")),
        with(&|statement| statement["Principal"]["Federated"] = json!([provider(OLD), PROVIDER])),
        with(&|statement| statement["Principal"] = json!("*")),
        with(&|statement| statement["Condition"] = like.clone()),
        with(&|statement| statement["Condition"] = upper.clone()),
        with(&|statement| statement["Condition"] = sets.clone()),
        with(&|statement| statement["Condition"]["StringEquals"][key("sub")] = json!(["system:serviceaccount:a:b", SUBJECT])),
        with(&|statement| statement["Condition"]["StringEquals"]["aws:FederatedProvider"] = json!(PROVIDER)),
        document(&[allow(&provider(OLD), &of(OLD, "system:serviceaccount:a:b")), right()]),
        json!({"Version": "2012-10-17", "Statement": right()}),
    ] {
        let outcome = run(&document);
        assert_eq!((testing::faults(&outcome), outcome.status()), (vec![], Status::Pass), "{document}");
    }
}

#[test]
fn a_hostile_document_takes_no_ages() {
    let statement = json!({"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": "sts:*",
        "Condition": {"StringLike": {key("sub"): ["a*b*c", "system:serviceaccount:x:*y"]}}});
    let many = vec![statement; 600];
    let outcome = run(&document(&many));
    assert_eq!(testing::faults(&outcome).len(), 1);
}

#[test]
fn a_mended_statement_lets_nobody_else_in() {
    let elsewhere = "arn:aws:iam::210987654321:oidc-provider/";
    let star = "system:serviceaccount:*";
    let web = "sts:AssumeRoleWithWebIdentity";
    let free = |principal: Value, action: &str| json!({"Effect": "Allow", "Principal": principal, "Action": action});
    for statement in [
        free(json!({"Federated": PROVIDER}), "sts:AssumeRole"),
        free(json!("*"), "sts:AssumeRole"),
        free(json!({"Federated": host()}), web),
        free(json!({"Federated": format!("{elsewhere}{}", host())}), web),
        free(json!({"Federated": provider(&host().replace("us-east-1", "us-west-2"))}), web),
        allow(PROVIDER, &json!({"StringEquals": {format!("https://{}", key("aud")): "sts.amazonaws.com"}})),
        allow(PROVIDER, &json!({"StringEquals": {key("aud"): "wrong"}})),
        allow(PROVIDER, &json!({"StringEquals": {key("sub"): "system:serviceaccount:shop:web"}})),
        allow(PROVIDER, &json!({"StringLike": {format!("{OLD}:sub"): star}})),
        allow(PROVIDER, &json!({"StringLike": {key("sub"): star}, "StringEquals": {key("aud"): "wrong"}})),
    ] {
        let new = fixed(&run(&document(std::slice::from_ref(&statement))));
        assert_eq!(run(&new).status(), Status::Pass, "{new}");
        assert_eq!(new["Statement"][0], statement, "it stays as it is");
        let scope = testing::run(&crate::trust_scope::CHECK, &snapshot(&new));
        assert_eq!(testing::faults(&scope), [""; 0], "{new}");
    }
}

/// What was decided for a role and a service account is kept, and holds for their cluster only.
#[test]
fn clusters_do_not_share_what_was_decided() {
    use crate::snapshot::{Target, TargetKind};
    let mut snapshot = testing::healthy();
    let (name, mut other) = snapshot.clusters.iter().map(|(name, cluster)| (name.clone(), cluster.clone())).next().unwrap();
    other.eks = Observed::Absent;
    other.openid_configuration = testing::read(&json!({"present": {"issuer": format!("https://{OLD}")}}));
    snapshot.clusters.insert("other".to_owned(), other);
    for clusters in [[name.as_str(), "other"], ["other", name.as_str()]] {
        let pod =
            |cluster: &str| Target { cluster: Some(cluster.to_owned()), ..Target::new(TargetKind::Pod, "default", "awscli") };
        snapshot.asked.targets = clusters.map(pod).to_vec();
        for target in crate::diagnose::diagnose(&snapshot).targets {
            let trust = target.checks.iter().find(|check| check.id == CHECK.id).unwrap();
            let expected = if target.target.cluster.as_deref() == Some("other") { Status::Fail } else { Status::Pass };
            assert_eq!(trust.status, expected, "{:?} of {clusters:?}", target.target.cluster);
        }
    }
}
