use super::*;
use crate::diagnose::diagnose;
use crate::fault::Confidence;
use crate::snapshot::{Gap, Observed, Snapshot, TargetKind};
use crate::testing;
use serde_json::json;

/// A scan whose one pod that wants something from AWS is broken, and of which one pod could not be read.
fn scanned() -> Snapshot {
    let mut snapshot = testing::healthy();
    let role = testing::role(&mut snapshot);
    role.trust_policy = role.trust_policy.replace("my-service-account", "other");
    let gap = Observed::Unavailable(Gap::new("get pods", GapCause::Denied));
    testing::cluster(&mut snapshot).pods.insert("default/hidden".to_owned(), gap);
    snapshot.asked.targets = vec![Target::new(TargetKind::Cluster, "", "")];
    crate::scan::spell_out(&mut snapshot, |_, _| true);
    snapshot
}

#[test]
fn words_are_those_that_a_baseline_or_a_bundle_is_read_by() {
    use Verdict::{Broken, Degraded, Healthy, Inconclusive, NotApplicable};
    for verdict in [NotApplicable, Healthy, Degraded, Inconclusive, Broken] {
        assert_eq!(json!(verdict), verdict.as_str());
    }
    for gate in [Gate::Pass, Gate::Inconclusive, Gate::Fail] {
        assert_eq!(json!(gate), gate.as_str());
    }
    for check in crate::registry::ALL {
        assert_eq!(json!(check.stage), check.stage.as_str());
    }
    for status in [Status::Pass, Status::Warn, Status::Fail, Status::Unknown, Status::NotApplicable] {
        assert_eq!(json!(status), status.as_str());
    }
    for severity in [Severity::Info, Severity::Warning, Severity::Error] {
        assert_eq!(json!(severity), severity.as_str());
    }
    for confidence in [Confidence::Likely, Confidence::Certain] {
        assert_eq!(json!(confidence), confidence.as_str());
    }
}

#[test]
fn only_the_wanted_verdicts_are_listed_and_what_could_not_be_read_always() {
    let mut report = diagnose(&scanned());
    let listed = |report: &Report| report.listed().map(|target| target.target.kind).collect::<Vec<_>>();
    let causes = |report: &Report| report.listed_causes(report.overview.as_ref().unwrap()).count();
    let verdicts: Vec<_> = report.targets.iter().map(|target| (target.target.kind, target.verdict)).collect();
    assert_eq!(verdicts, [(TargetKind::Pod, Verdict::Broken), (TargetKind::Cluster, Verdict::Inconclusive)]);
    for (only, kinds, listed_causes) in [
        (vec![], vec![TargetKind::Pod, TargetKind::Cluster], 1),
        (vec![Verdict::Broken], vec![TargetKind::Pod, TargetKind::Cluster], 1),
        (vec![Verdict::Healthy], vec![TargetKind::Cluster], 0),
    ] {
        report.only = only;
        assert_eq!((listed(&report), causes(&report)), (kinds, listed_causes), "{:?}", report.only);
    }
    assert!(report.shows(Verdict::Healthy) && !report.shows(Verdict::Broken));
    report.only.clear();
    assert!(report.shows(Verdict::Broken));
}

#[test]
fn a_place_is_changed_wherever_the_report_has_it() {
    let mut report = diagnose(&scanned());
    let pod = report.targets.iter_mut().find(|target| target.target.kind == TargetKind::Pod).unwrap();
    let findings = pod.findings.clone();
    let later = AfterRestart { role_arn: String::new(), verdict: Verdict::Broken, checks: Vec::new(), findings };
    pod.after_restart = Some(Box::new(later));
    report.place(|locus| locus.line = Some(7));
    let pod = report.targets.iter().find(|target| target.target.kind == TargetKind::Pod).unwrap();
    let later = &pod.after_restart.as_ref().unwrap().findings;
    let causes = report.overview.as_ref().unwrap().causes.iter().map(|cause| &cause.found);
    let lines: Vec<_> = pod.findings.iter().chain(later).chain(causes).map(|found| found.finding.locus.line).collect();
    assert_eq!(lines, [Some(7); 3]);
}

#[test]
fn what_has_a_target_of_its_own_is_not_counted_only() {
    let mut report = diagnose(&scanned());
    report.overview.as_mut().unwrap().without_intent = 3;
    assert_eq!(report.counted_only(), 3);
    // Where nothing else is judged, one of them stands for all.
    let mut example = report.targets[0].clone();
    example.intent = None;
    report.targets.push(example);
    assert_eq!(report.counted_only(), 2);
    report.overview.as_mut().unwrap().without_intent = 0;
    assert_eq!(report.counted_only(), 0);
    report.overview = None;
    assert_eq!(report.counted_only(), 0, "no scan");
}

#[test]
fn a_gate_hangs_on_what_decides_and_could_have_been_read() {
    for (decisive, cause, holds_up) in [
        (true, GapCause::Denied, true),
        (true, GapCause::KnownLater, true),
        (true, GapCause::NotInFiles, false),
        (false, GapCause::Denied, false),
        (false, GapCause::NotInFiles, false),
    ] {
        let found = FoundGap { gap: Gap::new("iam:GetRole", cause), decisive };
        assert_eq!(ReportedGap { check: "role", found }.holds_up(), holds_up, "{decisive} {cause:?}");
    }
}
