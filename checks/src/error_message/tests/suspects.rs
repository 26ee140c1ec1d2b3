//! What may be behind an error, held against what the chain came to.

use super::super::candidates::{Candidate, Said, State, candidates};
use super::super::light::{Seen, settle};
use crate::check::{Outcome, Status};
use crate::fault::Severity;
use crate::finding::Finding;
use crate::locus::Locus;
use crate::symptom::Sign;
use irsa_doctor_iam::Layer;

fn ids(fault: &str, layer: Option<Layer>) -> Vec<&'static str> {
    let said = Said { layer, ..Said::default() };
    candidates(fault, said, &Seen::default()).iter().map(|candidate| candidate.id).collect()
}

/// A finding of any check.
fn finding(severity: Severity) -> Finding {
    Finding::new(&super::super::ACCESS_DENIED, Locus::new("x"), "what was found").severity(severity)
}

/// The candidate of a check for a refused web identity.
fn trust(check: &str, seen: &Seen<'_>) -> Candidate {
    let all = candidates("error-trust-refused", Said::default(), seen);
    all.into_iter().find(|candidate| candidate.check == Some(check)).unwrap()
}

#[test]
fn each_fault_has_its_own_suspects() {
    for (faults, suspect) in [
        (&["error-node-role", "error-no-credentials", "error-sdk-lacks-sts"][..], "sdk-too-old"),
        (&["error-trust-refused"], "trust-policy"),
        (&["error-no-provider", "error-issuer-unreachable", "error-region-disabled"], "sts-region-inactive"),
        (&["error-token-audience"], "service-account-settings"),
        (&["error-token-expired", "error-token-malformed", "error-token-unreadable"], "token-read-once"),
        (&["error-sts-unreachable"], "network-policy"),
        (&["error-static-identity"], "pod-credentials"),
        (&["error-request-invalid"], "max-session-duration"),
        (&["error-chained-role"], "target-trust"),
        (&["error-other-role", "error-double-assume-self"], "pod-identity"),
        (&["error-access-denied", "error-pass-role", "error-kms-key"], "permissions-boundary"),
        (&["error-throttled"], "call-rate"),
        (&["error-service-control-policy", "error-session-policy"], "named-policy"),
    ] {
        for fault in faults {
            assert!(ids(fault, None).contains(&suspect), "{fault}: {:?}", ids(fault, None));
        }
    }
}

#[test]
fn a_text_that_names_a_layer_of_the_role_itself_clears_the_others() {
    let others = ["resource-policy", "service-control-policy", "vpc-endpoint-policy", "session-policy"];
    let of_others = |layer| ids("error-access-denied", layer).into_iter().filter(|id| others.contains(id)).count();
    assert_eq!(of_others(None), 4);
    assert_eq!(of_others(Some(Layer::Identity)), 0);
    assert_eq!(of_others(Some(Layer::Boundary)), 0);
    assert_eq!(of_others(Some(Layer::Resource)), 4);
    assert!(ids("error-access-denied", Some(Layer::Identity)).contains(&"required-actions"));
}

#[test]
fn what_the_text_names_comes_first() {
    let first = |fault: &str, sign: Option<Sign>, layer: Option<Layer>| {
        let all = candidates(fault, Said { sign, layer }, &Seen::default());
        all[0].id
    };
    assert_eq!(first("error-access-denied", None, Some(Layer::Identity)), "required-actions");
    assert_eq!(first("error-access-denied", None, Some(Layer::Boundary)), "permissions-boundary");
    assert_eq!(first("error-resource-policy", None, Some(Layer::Resource)), "resource-policy");
    assert_eq!(first("error-kms-key", None, Some(Layer::Resource)), "resource-policy");
    assert_eq!(first("error-kms-key", None, None), "required-actions");
    assert_eq!(first("error-sdk-lacks-sts", Some(Sign::NoStsModule), None), "sdk-too-old");
    assert_eq!(first("error-no-credentials", Some(Sign::NoCredentials), None), "service-account-annotation");
    assert_eq!(first("error-no-credentials", Some(Sign::PodIdentityMissing), None), "pod-identity");
    assert_eq!(first("error-no-credentials", Some(Sign::CredentialsFailed), None), "service-trouble");
    assert_eq!(first("error-trust-refused", Some(Sign::PodIdentityRefused), None), "pod-identity");
    assert_eq!(first("error-access-denied", Some(Sign::AgentRefused), None), "node-role-policy");
    assert_eq!(first("error-static-identity", Some(Sign::SignatureDiffers), None), "pod-credentials");
}

#[test]
fn what_the_roles_policies_lack_does_not_explain_a_key_whose_own_policy_refuses() {
    let (lacks, seen_by) =
        (finding(Severity::Error), |lacks| Seen { checks: Vec::new(), findings: vec![("required-actions", lacks)] });
    let said = |layer| Said { layer, ..Said::default() };
    let refusal = || Outcome::finding(Finding::new(&super::super::KMS_KEY, Locus::new("error"), "the key"));
    let severity = |layer| {
        let settled = settle(refusal(), said(layer), &seen_by(&lacks));
        crate::testing::findings(&settled)[0].severity
    };
    assert_eq!(severity(Some(Layer::Resource)), Severity::Error);
    assert_eq!(severity(Some(Layer::Identity)), Severity::Info);
}

#[test]
fn what_a_check_found_confirms_its_candidate_and_what_passes_is_excluded() {
    let (error, warning) = (finding(Severity::Error), finding(Severity::Warning));
    let seen = Seen {
        checks: vec![
            ("role", Status::Pass, None),
            ("oidc-provider", Status::Warn, None),
            ("trust-policy", Status::Fail, None),
            ("pod-service-account", Status::Unknown, Some("get pods denied".to_owned())),
        ],
        findings: vec![("oidc-provider", &warning), ("trust-policy", &error)],
    };
    let all = candidates("error-trust-refused", Said::default(), &seen);
    assert_eq!((all[0].check, all[0].state), (Some("trust-policy"), State::Confirmed), "what was found comes first");
    assert_eq!((all[0].id, all[0].why.as_str()), ("error-access-denied", "what was found"));
    let excluded: Vec<_> = all.iter().filter(|candidate| candidate.state == State::Excluded).collect();
    assert_eq!(excluded.iter().map(|candidate| candidate.id).collect::<Vec<_>>(), ["role", "oidc-provider"]);
    assert_eq!(excluded[0].why, "not that the role doesn't exist, or not by that path: role passes");
    assert_eq!(all.last().unwrap().state, State::Excluded, "what is excluded comes last");
    let unknown = trust("pod-service-account", &seen);
    assert_eq!(
        (unknown.state, unknown.why.as_str()),
        (State::NotChecked, "the pod runs as another service account; get pods denied")
    );
    let unseen = trust("role", &Seen::default());
    assert_eq!(
        (unseen.state, unseen.why.as_str()),
        (State::NotChecked, "the role doesn't exist, or not by that path; it was not looked at")
    );
    let invisible = all.iter().find(|candidate| candidate.id == "other-pod").unwrap();
    assert_eq!(invisible.state, State::NotChecked);
    assert!(invisible.why.ends_with("; that can't be seen from here"), "{}", invisible.why);
}

#[test]
fn only_a_link_that_is_not_there_is_excluded() {
    for (reason, state) in [
        ("the pod uses EKS Pod Identity", State::Excluded),
        ("not reached: role is broken", State::NotChecked),
        ("not read; the error proves that this link worked", State::NotChecked),
        ("no cluster and no account was looked at", State::NotChecked),
        ("no action was asked for (--action, --error)", State::NotChecked),
    ] {
        let seen = Seen { checks: vec![("role", Status::NotApplicable, Some(reason.to_owned()))], findings: Vec::new() };
        let role = trust("role", &seen);
        assert_eq!(role.state, state, "{reason}");
        assert!(role.why.ends_with(reason), "{}", role.why);
    }
}

#[test]
fn the_states_have_words() {
    let words = [State::Confirmed, State::NotChecked, State::Excluded].map(State::as_str);
    assert_eq!(words, ["confirmed", "not_checked", "excluded"]);
}

#[test]
fn an_error_that_the_chain_explains_is_no_more_than_a_note() {
    let cause = finding(Severity::Error);
    let said = || {
        let finding = Finding::new(&super::super::TRUST_REFUSED, Locus::new("error"), "STS refuses it");
        Outcome::finding(finding.fix(crate::fix::Fix::new("id", "summary").decision("somebody")))
    };
    let seen = Seen { checks: Vec::new(), findings: vec![("trust-policy", &cause)] };
    let settled = settle(said(), Said::default(), &seen);
    let [explained] = crate::testing::findings(&settled) else { panic!("{settled:?}") };
    assert_eq!(explained.detail, "STS refuses it; error-access-denied explains it");
    assert_eq!((explained.severity, explained.fix.clone()), (Severity::Info, None));
    let settled = settle(said(), Said::default(), &Seen::default());
    let [unexplained] = crate::testing::findings(&settled) else { panic!("{settled:?}") };
    assert_eq!((unexplained.detail.as_str(), unexplained.severity), ("STS refuses it", Severity::Error));
    assert!(unexplained.fix.is_some());
}
