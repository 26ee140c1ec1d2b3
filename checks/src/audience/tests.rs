use super::*;
use crate::snapshot::Snapshot;
use crate::testing;
use serde_json::json;

fn odd(snapshot: &Snapshot) -> Odd {
    testing::evidence(snapshot, |evidence| decision(evidence).odd)
}

fn with_token(snapshot: &mut Snapshot, audience: &str) {
    let volume = testing::pod(snapshot).spec.volumes.first_mut().unwrap();
    testing::edit(volume, |volume| volume["projected"]["sources"][0]["serviceAccountToken"]["audience"] = json!(audience));
}

fn with_provider(snapshot: &mut Snapshot, ids: &[&str]) {
    let provider = testing::account(snapshot).providers.get_mut(testing::PROVIDER).unwrap();
    testing::inside(provider).client_ids = ids.iter().map(|&id| id.to_owned()).collect();
}

fn with_trust(snapshot: &mut Snapshot, audience: Option<&str>) {
    let mut trust = testing::trust();
    let key = format!("{}:aud", testing::ISSUER.trim_start_matches("https://"));
    let condition = trust["Statement"][0]["Condition"]["StringEquals"].as_object_mut().unwrap();
    match audience {
        Some(audience) => condition.insert(key, json!(audience)),
        None => condition.remove(&key),
    };
    testing::set_trust(snapshot, &trust);
}

#[test]
fn they_agree() {
    assert_eq!(odd(&testing::healthy()), Odd::Nothing);
    let mut custom = testing::healthy();
    with_token(&mut custom, "internal");
    with_provider(&mut custom, &["internal", "sts.amazonaws.com"]);
    with_trust(&mut custom, Some("internal"));
    assert_eq!(odd(&custom), Odd::Nothing);
}

#[test]
fn two_against_one() {
    let mut token = testing::healthy();
    with_token(&mut token, "vault");
    assert_eq!(odd(&token), Odd::Token);
    testing::evidence(&token, |evidence| assert_eq!(decision(evidence).judged(), DEFAULT_AUDIENCE));
    let mut provider = testing::healthy();
    with_provider(&mut provider, &["sts.amazonaws.com.cn"]);
    assert_eq!(odd(&provider), Odd::Provider);
    let mut trust = testing::healthy();
    with_trust(&mut trust, Some("sts.amazonaws.com.cn"));
    assert_eq!(odd(&trust), Odd::Trust);
    let mut default = testing::healthy();
    with_provider(&mut default, &["internal"]);
    with_trust(&mut default, Some("internal"));
    assert_eq!(odd(&default), Odd::Token);
    let mut all_three = testing::healthy();
    with_provider(&mut all_three, &["x"]);
    with_trust(&mut all_three, Some("y"));
    assert_eq!(odd(&all_three), Odd::ProviderAndTrust);
}

#[test]
fn the_default_has_a_voice_where_one_is_unread() {
    let mut unread = testing::healthy();
    with_token(&mut unread, "vault");
    testing::role_evidence(&mut unread).role = Observed::default();
    assert_eq!(odd(&unread), Odd::Token);
    let mut without_provider = testing::healthy();
    with_token(&mut without_provider, "vault");
    testing::account(&mut without_provider).providers.clear();
    assert_eq!(odd(&without_provider), Odd::Token);
    with_trust(&mut without_provider, None);
    assert_eq!(odd(&without_provider), Odd::Nothing);
}

#[test]
fn an_empty_annotation_wins_over_all() {
    let mut snapshot = testing::healthy();
    testing::annotate(&mut snapshot, AUDIENCE_ANNOTATION, Some(""));
    with_token(&mut snapshot, "");
    assert_eq!(odd(&snapshot), Odd::Annotation);
    // An older pod still has the token of before.
    with_token(&mut snapshot, "sts.amazonaws.com");
    assert_eq!(odd(&snapshot), Odd::Nothing);
}

#[test]
fn without_a_pod_the_annotation_speaks_and_no_token_is_odd() {
    let mut snapshot = testing::healthy();
    snapshot.asked.targets =
        vec![crate::snapshot::Target::new(crate::snapshot::TargetKind::ServiceAccount, "default", "my-service-account")];
    assert_eq!(odd(&snapshot), Odd::Nothing);
    testing::annotate(&mut snapshot, AUDIENCE_ANNOTATION, Some("vault"));
    assert_eq!(odd(&snapshot), Odd::ProviderAndTrust);
}

#[test]
fn a_statement_for_somebody_else_says_nothing() {
    let mut snapshot = testing::healthy();
    let mut trust = testing::trust();
    let mut other = trust["Statement"][0].clone();
    let host = testing::ISSUER.trim_start_matches("https://");
    other["Condition"]["StringEquals"][format!("{host}:sub")] = json!("system:serviceaccount:other:other");
    other["Condition"]["StringEquals"][format!("{host}:aud")] = json!("vault");
    trust["Statement"].as_array_mut().unwrap().push(other);
    testing::set_trust(&mut snapshot, &trust);
    assert_eq!(odd(&snapshot), Odd::Nothing);
    with_token(&mut snapshot, "vault");
    assert_eq!(odd(&snapshot), Odd::Token);
}

/// The faults of the whole chain that are errors.
fn errors(snapshot: &Snapshot) -> Vec<&'static str> {
    let report = crate::diagnose::diagnose(snapshot);
    let findings = report.targets.iter().flat_map(|target| &target.findings);
    let errors = findings.filter(|found| found.finding.severity == crate::fault::Severity::Error);
    errors.map(|found| found.finding.fault.id).collect()
}

/// Changes a healthy snapshot.
fn changed(change: impl FnOnce(&mut Snapshot)) -> Snapshot {
    let mut snapshot = testing::healthy();
    change(&mut snapshot);
    snapshot
}

#[test]
fn one_broken_thing_is_one_fault_of_the_chain() {
    assert!(errors(&testing::healthy()).is_empty());
    let empty = changed(|snapshot| {
        testing::annotate(snapshot, AUDIENCE_ANNOTATION, Some(""));
        with_token(snapshot, "");
    });
    assert_eq!(errors(&empty), ["audience-empty"]);
    let token = changed(|snapshot| with_token(snapshot, "vault"));
    assert_eq!(errors(&token), ["token-audience-mismatch"]);
    let provider = changed(|snapshot| with_provider(snapshot, &["sts.amazonaws.com.cn"]));
    assert_eq!(errors(&provider), ["oidc-provider-audience-missing"]);
    let trust = changed(|snapshot| with_trust(snapshot, Some("sts.amazonaws.com.cn")));
    assert_eq!(errors(&trust), ["trust-audience-mismatch"]);
    let agreed = changed(|snapshot| {
        with_provider(snapshot, &["internal"]);
        with_trust(snapshot, Some("internal"));
    });
    assert_eq!(errors(&agreed), ["token-audience-mismatch"]);
    let annotated = changed(|snapshot| {
        testing::annotate(snapshot, AUDIENCE_ANNOTATION, Some("internal"));
        with_token(snapshot, "internal");
        with_trust(snapshot, Some("internal"));
    });
    assert_eq!(errors(&annotated), ["oidc-provider-audience-missing"]);
}

#[test]
fn the_default_speaks_only_where_it_is_asked_for_and_a_token_was_seen() {
    let ids = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
    let (default, other) = (ids(&[DEFAULT_AUDIENCE]), ids(&["other"]));
    let verdict = |token: &str, seen: bool, provider: Option<&[String]>, trust: &Trust| judge(token, seen, provider, trust).0;
    assert_eq!(verdict("vault", true, Some(&default), &Trust::Any), Odd::Token);
    assert_eq!(verdict("vault", false, Some(&default), &Trust::Any), Odd::Provider, "nobody has such a token yet");
    assert_eq!(verdict("vault", true, Some(&other), &Trust::Any), Odd::Provider, "the provider was changed too");
    let (wants_default, wants_other) = (Trust::Refuses(default), Trust::Refuses(other));
    assert_eq!(verdict("vault", true, None, &wants_default), Odd::Token);
    assert_eq!(verdict("vault", false, None, &wants_default), Odd::Trust);
    assert_eq!(verdict("vault", true, None, &wants_other), Odd::Trust);
    assert_eq!(verdict("vault", true, Some(&ids(&["vault"])), &wants_default), Odd::Trust, "two are against one");
}

#[test]
fn the_token_should_have_the_default_where_that_would_do() {
    let wanted = |wanted: &[&str]| {
        let wanted = wanted.iter().map(|&id| id.to_owned()).collect();
        AudienceDecision { odd: Odd::Token, token: "vault".to_owned(), wanted }.should_be().to_owned()
    };
    assert_eq!(wanted(&["x", DEFAULT_AUDIENCE]), DEFAULT_AUDIENCE);
    assert_eq!(wanted(&["", "x"]), "x");
    assert_eq!(wanted(&[]), DEFAULT_AUDIENCE);
}

#[test]
fn only_conditions_on_the_audience_of_statements_for_us_count() {
    let host = testing::ISSUER.trim_start_matches("https://");
    let mut snapshot = testing::healthy();
    with_token(&mut snapshot, "vault");
    with_provider(&mut snapshot, &["vault"]);
    let mut trust = testing::trust();
    trust["Statement"][0]["Condition"]["StringEquals"][format!("{host}:sub")] = json!("system:serviceaccount:other:other");
    let service = json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"});
    trust["Statement"].as_array_mut().unwrap().push(service);
    testing::set_trust(&mut snapshot, &trust);
    assert_eq!(odd(&snapshot), Odd::Trust, "a service's statement says nothing of audiences");
    trust["Statement"][0]["Condition"]["StringEquals"].as_object_mut().unwrap().remove(&format!("{host}:aud"));
    testing::set_trust(&mut snapshot, &trust);
    assert_eq!(odd(&snapshot), Odd::Nothing, "a condition on the subject is none on the audience");
}

#[test]
fn a_token_without_an_audience_should_have_what_the_others_ask_for() {
    let judged = |change: &dyn Fn(&mut Snapshot)| {
        let mut snapshot = changed(|snapshot| {
            testing::annotate(snapshot, AUDIENCE_ANNOTATION, Some(""));
            with_token(snapshot, "");
            with_provider(snapshot, &["of-the-provider"]);
        });
        change(&mut snapshot);
        testing::evidence(&snapshot, |evidence| decision(evidence).judged().to_owned())
    };
    assert_eq!(judged(&|snapshot| with_trust(snapshot, Some("of-the-trust"))), "of-the-trust", "the role's owner chose it");
    assert_eq!(judged(&|snapshot| with_trust(snapshot, None)), "of-the-provider", "any will do for the role");
}

#[test]
fn the_token_is_that_of_the_container_whose_role_is_judged() {
    let snapshot = changed(|snapshot| {
        testing::edit(testing::pod(snapshot), |pod| {
            let mut volume = pod["spec"]["volumes"][0].clone();
            volume["name"] = json!("vault");
            volume["projected"]["sources"][0]["serviceAccountToken"]["audience"] = json!("vault");
            pod["spec"]["volumes"].as_array_mut().unwrap().push(volume);
            for name in ["first", "sidecar"] {
                let mut container = pod["spec"]["containers"][0].clone();
                container["name"] = json!(name);
                if name == "sidecar" {
                    container["volumeMounts"][1]["name"] = json!("vault");
                }
                pod["spec"]["containers"].as_array_mut().unwrap().push(container);
            }
        });
    });
    let token = |snapshot: &Snapshot, source: RoleSource| {
        testing::evidence(snapshot, |evidence| {
            let role = evidence.role.clone().map(|role| crate::evidence::RoleUnderJudgement { source, ..role });
            decision(&evidence.with_role(role)).token
        })
    };
    assert_eq!(token(&snapshot, RoleSource::Container("sidecar".to_owned())), "vault");
    assert_eq!(token(&snapshot, RoleSource::Container("first".to_owned())), DEFAULT_AUDIENCE);
    assert_eq!(token(&snapshot, RoleSource::Given), DEFAULT_AUDIENCE, "the first container's");
    let mut declared = snapshot;
    let annotations = &mut testing::pod(&mut declared).metadata.annotations;
    annotations.insert("kubectl.kubernetes.io/default-container".to_owned(), Some("sidecar".to_owned()));
    assert_eq!(token(&declared, RoleSource::Given), "vault", "the declared default container's");
    // The annotation's role is the next pod's, where this one has a role already.
    with_token(&mut declared, "vault");
    assert_eq!(token(&declared, RoleSource::Annotation), DEFAULT_AUDIENCE);
}
