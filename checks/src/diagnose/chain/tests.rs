//! What links come to, one beside the other.

use super::*;
use crate::finding::Finding;
use crate::locus::Locus;
use crate::snapshot::{Gap, GapCause};

fn link(id: &str, outcome: Outcome) -> Link {
    let check = registry::ALL.iter().find(|check| check.id == id).unwrap();
    Link::new(check, outcome)
}

fn unknown() -> Outcome {
    Outcome::unknown(Gap::new("iam:GetRole", GapCause::Denied))
}

fn fail() -> Outcome {
    let faults = registry::ALL.iter().flat_map(|check| check.faults);
    let error = faults.copied().find(|fault| fault.severity == crate::fault::Severity::Error).unwrap();
    Outcome::finding(Finding::new(error, Locus::new("x"), ""))
}

#[test]
fn credentials_are_given_only_where_the_trust_policy_was_seen_to_and_nothing_is_unknown() {
    let trust = || link("trust-policy", Outcome::pass());
    assert_eq!(credentials(&[trust()]), Credentials::Given);
    assert_eq!(credentials(&[link("role", unknown()), trust()]), Credentials::Unknown);
    assert_eq!(credentials(&[link("role", Outcome::pass())]), Credentials::Unknown, "a role proves no trust");
    assert_eq!(credentials(&[link("trust-policy", Outcome::not_applicable("not reached"))]), Credentials::Unknown);
    assert_eq!(credentials(&[link("role", fail()), trust()]), Credentials::Refused("role"));
    assert_eq!(credentials(&[trust(), link("attached-policies", fail())]), Credentials::Given, "that comes later");
}

#[test]
fn the_first_unknown_comes_before_the_first_broken() {
    let links = [link("role", unknown()), link("trust-policy", fail()), link("attached-policies", unknown())];
    assert_eq!(first_unknown(&links, Some("trust-policy")), Some("role"));
    assert_eq!(first_unknown(&links[1..], Some("trust-policy")), None);
    assert_eq!(first_unknown(&links[2..], None), Some("attached-policies"));
}

#[test]
fn behind_a_broken_link_nothing_unknown_decides() {
    let role = || registry::ALL.iter().find(|check| check.id == "role").unwrap();
    let behind = |outcome| not_reached(role(), outcome, "oidc-provider");
    let link = behind(unknown());
    assert_eq!(link.result().reason.as_deref(), Some("not reached: oidc-provider is broken"));
    // What was refused is said, so that the next run doesn't stop there.
    let said = gaps(&[link]);
    assert!(matches!(said.as_slice(), [gap] if gap.found.gap.cause == GapCause::Denied && !gap.found.decisive), "{said:?}");
    let not_asked = behind(Outcome::unknown(Gap::new("iam:GetRole", GapCause::NotCollected)));
    assert!(gaps(&[not_asked]).is_empty());
    assert_eq!(behind(Outcome::pass()).outcome.status(), Status::Pass);
    let Outcome::Judged { findings, .. } = fail() else { return };
    let warning = findings.into_iter().map(|finding| finding.severity(crate::fault::Severity::Warning)).collect();
    let gaps = vec![FoundGap { gap: Gap::new("iam:GetRole", GapCause::Denied), decisive: true }];
    let outcome = Outcome::Judged { findings: warning, gaps };
    assert_eq!(outcome.status(), Status::Unknown);
    assert_eq!(behind(outcome).outcome.status(), Status::Warn, "what was found stays");
}

#[test]
fn a_link_says_why_it_is_unknown() {
    assert!(link("role", unknown()).result().reason.is_some_and(|reason| reason.starts_with("iam:GetRole ")));
    let beside = Outcome::pass().with_gap(Gap::new("iam:GetRole", GapCause::Denied));
    assert_eq!(link("role", beside).result().reason, None);
    let Outcome::Judged { findings, .. } = fail() else { return };
    let gaps = vec![FoundGap { gap: Gap::new("iam:GetRole", GapCause::Denied), decisive: true }];
    assert_eq!(link("role", Outcome::Judged { findings, gaps }).result().reason, None, "it is broken, whatever was not read");
    let none = all_not_applicable("no pods");
    assert_eq!(none.len(), registry::ALL.len());
    assert!(none.iter().all(|link| link.reason.as_deref() == Some("no pods")));
}

#[test]
fn what_the_error_proves_to_work_is_not_what_broke() {
    let links = [link("role", fail()), link("trust-policy", fail()), link("policy-document", fail())];
    assert_eq!(first_broken(&links, None), Some("role"));
    assert_eq!(first_broken(&links, Some(Stage::Trust)), Some("policy-document"));
    assert_eq!(first_broken(&links, Some(Stage::Error)), Some("role"), "nothing is left that could have");
    assert_eq!(first_broken(&[link("role", Outcome::pass())], None), None);
}

#[test]
fn a_gap_stands_once_and_decides_if_it_does_for_any_link() {
    let denied = || Gap::new("iam:GetRole", GapCause::Denied);
    let said = |links: &[Link]| gaps(links).iter().map(|gap| (gap.check, gap.found.decisive)).collect::<Vec<_>>();
    let beside = || Outcome::pass().with_gap(denied());
    assert_eq!(said(&[link("role", beside()), link("trust-policy", unknown())]), [("role", true)]);
    assert_eq!(said(&[link("role", unknown()), link("trust-policy", beside())]), [("role", true)]);
    assert_eq!(said(&[link("role", beside()), link("trust-policy", beside())]), [("role", false)]);
}

#[test]
fn one_link_is_judged_whatever_the_others_are() {
    let links = [link("role", Outcome::not_applicable("it is no role's ARN")), link("trust-policy", Outcome::pass())];
    assert!(!is_judged(&links, "role") && is_judged(&links, "trust-policy"));
    assert!(is_judged(&[link("role", unknown())], "role") && !is_judged(&[], "role"));
}
