use super::{ANNOTATION, Ignore, Rules};
use crate::diagnose::{GateOptions, apply_gate, diagnose_with};
use crate::fault::Severity;
use crate::report::{Gate, Report, Verdict};
use crate::snapshot::{Observed, Snapshot, key};
use crate::testing::healthy;
use std::collections::{BTreeMap, BTreeSet};

const FAULT: &str = "trust-subject-mismatch";
const ROLE: &str = "arn:aws:iam::123456789012:role/my-test-role";

/// A role that trusts another service account.
fn broken() -> Snapshot {
    let mut snapshot = healthy();
    let account = snapshot.accounts.get_mut("123456789012").unwrap();
    let Observed::Present(role) = &mut account.roles.get_mut("my-test-role").unwrap().role else { panic!("a role") };
    role.trust_policy = role.trust_policy.replace("default:my-service-account", "default:other");
    snapshot
}

fn judged(snapshot: &Snapshot, rules: &Rules) -> Report {
    let mut report = diagnose_with(snapshot, rules);
    apply_gate(&mut report, &GateOptions::default());
    report
}

fn ignore() -> Ignore {
    Ignore { faults: BTreeSet::from([FAULT.to_owned()]), reason: "known: OPS-1".to_owned(), ..Ignore::default() }
}

fn ignoring(ignore: Ignore) -> Rules {
    Rules { ignores: vec![ignore], ..Rules::default() }
}

fn annotated(snapshot: &mut Snapshot, text: &str) {
    let cluster = snapshot.clusters.values_mut().next().unwrap();
    let Some(Observed::Present(account)) = cluster.service_accounts.get_mut(&key("default", "my-service-account")) else {
        panic!("a service account")
    };
    account.metadata.annotations.insert(ANNOTATION.to_owned(), Some(text.to_owned()));
}

#[test]
fn an_ignore_changes_the_gate_and_not_the_verdict() {
    let before = judged(&broken(), &Rules::default());
    assert_eq!((before.verdict, before.gate, before.suppressed), (Verdict::Broken, Gate::Fail, 0));
    let report = judged(&broken(), &ignoring(ignore()));
    assert_eq!((report.verdict, report.gate, report.suppressed), (Verdict::Broken, Gate::Pass, 1));
    assert_eq!(report.targets[0].findings[0].suppressed.as_deref(), Some("known: OPS-1"));
}

#[test]
fn an_ignore_hides_what_meets_all_that_it_says_and_nothing_else() {
    let some = |text: &str| Some(text.to_owned());
    let meant = [
        Ignore { namespace: some("default"), ..ignore() },
        Ignore { namespace: some("def*"), service_account: some("my-service-accoun?"), ..ignore() },
        Ignore { account: some("123456789012"), ..ignore() },
        Ignore { role: some("my-test-role"), ..ignore() },
        Ignore { role: some("arn:aws:iam::*:role/my-*"), account: some("*"), ..ignore() },
    ];
    for ignore in meant {
        assert_eq!(judged(&broken(), &ignoring(ignore.clone())).gate, Gate::Pass, "{ignore:?}");
    }
    let others = [
        Ignore { namespace: some("shop"), ..ignore() },
        Ignore { namespace: some("default"), service_account: some("other"), ..ignore() },
        Ignore { account: some("210987654321"), ..ignore() },
        Ignore { role: some("my-test"), ..ignore() },
        Ignore { role: some(ROLE.trim_end_matches('e')), ..ignore() },
        Ignore { faults: BTreeSet::from(["trust-no-audience".to_owned()]), ..ignore() },
    ];
    for ignore in others {
        let report = judged(&broken(), &ignoring(ignore.clone()));
        assert_eq!((report.gate, report.suppressed), (Gate::Fail, 0), "{ignore:?}");
    }
}

#[test]
fn a_baseline_knows_findings_by_their_fingerprints() {
    let first = judged(&broken(), &Rules::default());
    let baseline: BTreeSet<String> = first.targets[0].findings.iter().map(|found| found.fingerprint.clone()).collect();
    let again = judged(&broken(), &Rules { baseline, ..Rules::default() });
    assert_eq!((again.verdict, again.gate, again.suppressed), (Verdict::Broken, Gate::Pass, 1));
    let other = judged(&broken(), &Rules { baseline: BTreeSet::from(["0".to_owned()]), ..Rules::default() });
    assert_eq!((other.gate, other.suppressed), (Gate::Fail, 0));
}

#[test]
fn another_severity_counts_for_the_gate_alone() {
    let rules = Rules { severities: BTreeMap::from([(FAULT.to_owned(), Severity::Warning)]), ..Rules::default() };
    let report = judged(&broken(), &rules);
    assert_eq!((report.verdict, report.gate, report.suppressed), (Verdict::Broken, Gate::Pass, 0));
    let found = &report.targets[0].findings[0];
    assert_eq!((found.finding.severity, found.counts_as), (Severity::Error, Some(Severity::Warning)));
}

#[test]
fn an_annotation_is_heeded_where_that_is_wanted_and_it_says_why() {
    let mut snapshot = broken();
    annotated(&mut snapshot, &format!("trust-no-audience: later; {FAULT}: until the move"));
    let heeding = Rules { heeds_annotations: true, ..Rules::default() };
    let report = judged(&snapshot, &heeding);
    assert_eq!((report.verdict, report.gate), (Verdict::Broken, Gate::Pass));
    let why = format!("until the move ({ANNOTATION} of ServiceAccount default/my-service-account)");
    assert_eq!(report.targets[0].findings[0].suppressed, Some(why));
    assert_eq!(judged(&snapshot, &Rules::default()).gate, Gate::Fail, "nobody asked for annotations to be heeded");
}

#[test]
fn an_annotation_that_says_nothing_ignores_nothing() {
    let heeding = Rules { heeds_annotations: true, ..Rules::default() };
    for (text, complaint) in [
        (FAULT, "gives no reason"),
        ("*: all is well", "names no fault"),
        ("trust-subject-mismach: a typo", "names no fault"),
        (" : \n;;", "names no fault"),
    ] {
        let mut snapshot = broken();
        annotated(&mut snapshot, text);
        let report = judged(&snapshot, &heeding);
        assert_eq!((report.gate, report.suppressed), (Gate::Fail, 0), "{text}");
        let notes = &report.targets[0].notes;
        assert!(notes.iter().any(|note| note.ends_with(complaint)), "{text}: {notes:?}");
    }
}

#[test]
fn a_pods_annotation_counts_where_all_pods_have_it() {
    let heeding = Rules { heeds_annotations: true, ..Rules::default() };
    let mut snapshot = broken();
    let cluster = snapshot.clusters.values_mut().next().unwrap();
    let Some(Observed::Present(pod)) = cluster.pods.get_mut(&key("default", "awscli")) else { panic!("a pod") };
    pod.metadata.annotations.insert(ANNOTATION.to_owned(), Some(format!("{FAULT}: mine")));
    let report = judged(&snapshot, &heeding);
    assert_eq!((report.gate, report.suppressed), (Gate::Pass, 1));
}
