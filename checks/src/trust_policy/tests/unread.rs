//! Texts that are no policies, and what couldn't be read.

use super::*;

#[test]
fn a_text_that_is_no_policy_has_line_and_column() {
    let mut snapshot = testing::healthy();
    testing::role(&mut snapshot).trust_policy =
        "{\"Version\": \"2012-10-17\",\n \"Statement\": [{\"Effect\": \"Allow\",]}".to_owned();
    let outcome = testing::evidence(&snapshot, |evidence| (CHECK.run)(evidence));
    assert_eq!(testing::faults(&outcome), ["trust-policy-malformed"]);
    assert_eq!(testing::findings(&outcome)[0].locus.line, Some(2));
    assert_eq!(run(&fixed(&outcome)).status(), Status::Pass);
    let unknown = document(&[json!({"Effect": "Permit", "Principal": "*", "Action": "*"})]);
    assert_eq!(testing::faults(&run(&unknown)), ["trust-policy-malformed"]);
}

#[test]
fn what_was_not_read_is_a_gap() {
    let mut denied = testing::healthy();
    let gap = Gap::new("iam:GetRole", GapCause::Denied);
    testing::role_evidence(&mut denied).role = crate::snapshot::Observed::Unavailable(gap);
    assert_eq!(testing::gaps(&testing::run(&CHECK, &denied)), [("iam:GetRole", true)]);
    let mut gone = testing::healthy();
    testing::role_evidence(&mut gone).role = crate::snapshot::Observed::Absent;
    assert_eq!(testing::run(&CHECK, &gone).status(), Status::NotApplicable);
}

#[test]
fn without_the_issuer_only_what_holds_for_every_issuer_is_said() {
    let blind = |document: &Value| {
        let mut snapshot = snapshot(document);
        let cluster = testing::cluster(&mut snapshot);
        cluster.eks = crate::snapshot::Observed::Unavailable(Gap::new("eks:DescribeCluster", GapCause::Denied));
        cluster.openid_configuration = crate::snapshot::Observed::Unavailable(Gap::new("get", GapCause::Denied));
        testing::run(&CHECK, &snapshot)
    };
    assert_eq!(blind(&testing::trust()).status(), Status::Unknown);
    assert_eq!(blind(&document(&[allow(&provider(OLD), &of(OLD, SUBJECT))])).status(), Status::Unknown);
    let node = json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"});
    let outcome = blind(&document(&[node]));
    assert_eq!(testing::faults(&outcome), ["trust-not-web-identity"]);
    assert!(!format!("{outcome:?}").contains("issuer.invalid"), "{outcome:?}");
    let other = allow(PROVIDER, &claims("system:serviceaccount:a:b", "sts.amazonaws.com"));
    assert_eq!(testing::faults(&blind(&document(&[other]))), ["trust-subject-mismatch"]);
}
