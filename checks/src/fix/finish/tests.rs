//! What every fix gets at the end.

use super::*;
use crate::locus::Locus;
use crate::registry;
use crate::snapshot::Snapshot;
use crate::testing;

const OTHER: &str = "arn:aws:iam::123456789012:role/other";

/// The fix of an error at this place, once it is finished.
fn finished(snapshot: &Snapshot, place: &str, after: Option<&AfterRestart>, fix: Fix) -> Fix {
    let fault = registry::ALL[0].faults[0];
    let mut finding = Finding::new(fault, Locus::new(place), "").severity(Severity::Error).fix(fix);
    testing::evidence(snapshot, |evidence| finish(evidence, after, &mut finding));
    finding.fix.unwrap()
}

#[test]
fn an_aws_command_that_writes_names_its_account() {
    let mut snapshot = testing::healthy();
    testing::cluster(&mut snapshot).account = Some("111111111111".to_owned());
    let fix = [
        (Effect::WritesIam, "aws iam attach-role-policy"),
        (Effect::WritesEks, "aws eks create-addon"),
        (Effect::WritesFile, "aws eks update-kubeconfig"),
        (Effect::WritesCluster, "kubectl annotate"),
    ]
    .into_iter()
    .fold(Fix::new("f", "mend it"), |fix, (effect, words)| fix.command(effect, words.split(' ')))
    .undo(Effect::WritesIam, ["aws", "iam", "detach-role-policy"]);
    let accounts = |place: &str| {
        let fix = finished(&snapshot, place, None, fix.clone());
        fix.commands.into_iter().chain(fix.undo).map(|command| command.account.unwrap_or_default()).collect::<Vec<_>>()
    };
    let judged = testing::ACCOUNT;
    assert_eq!(accounts("Pod default/awscli"), [judged, "111111111111", "", "", judged]);
    let elsewhere = "222222222222";
    assert_eq!(accounts("arn:aws:iam::222222222222:role/x"), [elsewhere, "111111111111", "", "", elsewhere]);
}

#[test]
fn a_policy_that_others_have_too_changes_them_all() {
    let affects = |count: Option<i32>| {
        let mut snapshot = testing::healthy();
        let policy = testing::account(&mut snapshot).policies.get_mut(testing::POLICY).unwrap();
        testing::inside(&mut policy.policy).attachment_count = count;
        finished(&snapshot, testing::POLICY, None, Fix::new("f", "mend it")).affects
    };
    let shared = format!(
        "policy {} is attached to 2 users, groups and roles: a change of it changes them all, an inline policy of the role only this one",
        testing::POLICY
    );
    assert_eq!(affects(Some(2)), [shared]);
    assert_eq!(affects(Some(1)), [""; 0]);
    assert_eq!(affects(None), [""; 0]);
}

#[test]
fn a_restart_brings_the_annotations_role() {
    let mut uninjected = testing::healthy();
    testing::uninject(&mut uninjected);
    let affects = |snapshot: &Snapshot, role: &str, verdict: Option<Verdict>, restart: Restart| {
        let after = verdict.map(|verdict| {
            let role_arn = role.to_owned();
            AfterRestart { role_arn, verdict, checks: Vec::new(), findings: Vec::new() }
        });
        let annotation = format!("{ROLE_ANNOTATION}={role}");
        let fix = Fix::new("f", "mend it").command(Effect::WritesCluster, ["kubectl", "annotate", &annotation]).restart(restart);
        finished(snapshot, "Pod default/awscli", after.as_ref(), fix).affects
    };
    let (healthy, required) = (testing::healthy(), Restart::Required);
    let instead = format!("new pods get role {OTHER} instead of {}, ", testing::ROLE);
    for (verdict, words) in [
        (None, "whose chain was not judged: run irsa-doctor again after it"),
        (Some(Verdict::Healthy), "whose chain holds"),
        (Some(Verdict::Broken), "WHOSE CHAIN IS BROKEN: mend that before the restart"),
        (Some(Verdict::Inconclusive), "whose chain could not be judged"),
    ] {
        assert_eq!(affects(&healthy, OTHER, verdict, required), [format!("{instead}{words}")]);
    }
    assert_eq!(affects(&healthy, OTHER, None, Restart::None), [""; 0], "nothing is restarted");
    assert_eq!(affects(&healthy, testing::ROLE, Some(Verdict::Healthy), required), [""; 0], "it has the role");
    let first = format!("new pods get role {OTHER}, whose chain was not judged: run irsa-doctor again after it");
    assert_eq!(affects(&uninjected, OTHER, None, required), [first], "it has none now");
    assert_eq!(affects(&uninjected, testing::ROLE, None, required), [""; 0], "the one that is judged");
}

#[test]
fn only_what_is_broken_waits_for_a_restart() {
    let snapshot = testing::healthy();
    for (severity, restart, wanted) in [
        (Severity::Error, Restart::Required, Restart::Required),
        (Severity::Warning, Restart::Required, Restart::Recommended),
        (Severity::Warning, Restart::None, Restart::None),
    ] {
        let fix = Fix::new("f", "mend it").restart(restart);
        let fault = registry::ALL[0].faults[0];
        let mut finding = Finding::new(fault, Locus::new("x"), "").severity(severity).fix(fix);
        testing::evidence(&snapshot, |evidence| finish(evidence, None, &mut finding));
        assert_eq!(finding.fix.unwrap().restart, wanted);
    }
}
