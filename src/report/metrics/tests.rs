//! What a collector reads, also of hostile names.

use super::super::fixture::{assert_snapshot, broken, healthy, two};
use super::*;
use crate::collect::Calls;
use irsa_doctor_checks::overview::Overview;
use irsa_doctor_checks::snapshot::{Target, TargetKind};

fn text(report: &Report) -> String {
    let run = Run { calls: Calls { kubernetes: 4, aws: 9 }, seconds: 0.412_345, interrupted: false };
    let mut out = Vec::new();
    write(report, &run, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The samples of a family.
fn samples<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    text.lines().filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with('{'))).collect()
}

#[test]
fn looks_as_it_did() {
    assert_snapshot("report.prom", &text(&two()));
}

#[test]
fn every_sample_has_a_head_and_stands_once() {
    let text = text(&two());
    let mut seen = BTreeSet::new();
    let mut family = "";
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("# TYPE ") {
            family = head.strip_suffix(" gauge").unwrap();
            assert!(text.contains(&format!("# HELP {family} ")), "{family}");
        } else if !line.starts_with("# HELP ") {
            assert!(line.starts_with(&format!("{family}{{cluster=\"my-cluster\"")), "{line}");
            assert!(seen.insert(line.rsplit_once(' ').unwrap().0.to_owned()), "{line}");
        }
    }
    assert!(seen.len() > 20 && text.ends_with('\n'));
}

#[test]
fn what_is_healthy_is_counted_and_not_named() {
    let text = text(&healthy());
    assert_eq!(samples(&text, "irsa_doctor_target_verdict"), Vec::<&str>::new());
    assert!(text.contains("irsa_doctor_targets{cluster=\"\",verdict=\"healthy\"} 1\n"), "{text}");
    assert!(text.contains("irsa_doctor_run_verdict{cluster=\"\",verdict=\"healthy\"} 1\n"), "{text}");
    assert!(text.contains("irsa_doctor_run_verdict{cluster=\"\",verdict=\"broken\"} 0\n"), "{text}");
}

#[test]
fn hostile_text_breaks_no_line() {
    let mut report = broken();
    report.cluster.as_mut().unwrap().name = Some("a\\b\"c\nd".into());
    report.targets[0].target.name = "x\"} 1\nirsa_doctor_run_verdict{\u{1b}[2J\u{202e}\\".into();
    let text = text(&report);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    assert_eq!(
        samples(&text, "irsa_doctor_target_verdict"),
        [
            r#"irsa_doctor_target_verdict{cluster="a\\b\"c\\nd",namespace="default",kind="pod",name="x\"} 1\\nirsa_doctor_run_verdict{\\x1b[2J\\u{202e}\\",verdict="broken"} 1"#
        ]
    );
    assert_eq!(samples(&text, "irsa_doctor_run_verdict").len(), VERDICTS.len(), "{text}");
}

#[test]
fn a_thousand_are_named_the_worst_first_and_the_rest_is_counted() {
    let mut report = two();
    let example = report.targets[0].clone();
    report.targets = (0..MOST_NAMED + 7)
        .map(|number| TargetReport {
            target: Target::new(TargetKind::Pod, "shop", format!("pod-{number}")),
            verdict: if number == MOST_NAMED + 6 { Verdict::Broken } else { Verdict::Degraded },
            ..example.clone()
        })
        .collect();
    let text = text(&report);
    assert_eq!(samples(&text, "irsa_doctor_target_verdict").len(), MOST_NAMED);
    assert!(text.contains("name=\"pod-1006\",verdict=\"broken\"} 1"), "the worst is among them");
    assert!(text.contains("irsa_doctor_targets_not_named{cluster=\"my-cluster\"} 7\n"));
    assert!(text.contains("irsa_doctor_targets{cluster=\"my-cluster\",verdict=\"degraded\"} 1006\n"));
}

#[test]
fn the_same_target_twice_is_one_series() {
    let mut report = broken();
    report.targets.push(report.targets[0].clone());
    let text = text(&report);
    assert_eq!(samples(&text, "irsa_doctor_target_verdict").len(), 1);
    assert!(text.contains("fault=\"trust-subject-mismatch\",severity=\"error\"} 2\n"), "{text}");
    assert!(!text.contains("skip-containers-misused"), "suppressed ones are counted apart: {text}");
}

#[test]
fn what_a_scan_left_out_is_counted_and_what_is_not_listed_is_named() {
    let mut report = broken();
    report.overview = Some(Overview { without_intent: 41, ..Overview::default() });
    report.only = vec![Verdict::Healthy];
    let text = text(&report);
    assert!(text.contains("irsa_doctor_targets{cluster=\"my-cluster\",verdict=\"not_applicable\"} 41\n"), "{text}");
    assert_eq!(samples(&text, "irsa_doctor_target_verdict").len(), 1, "--only is for readers");
}

#[test]
fn a_time_that_is_none_has_no_series() {
    let at = |time: &str| text(&Report { collected_at: time.into(), ..broken() });
    assert!(at("2026-11-23T03:12:44Z").contains("irsa_doctor_run_timestamp_seconds{cluster=\"my-cluster\"} 1795403564\n"));
    assert_eq!(samples(&at("yesterday"), "irsa_doctor_run_timestamp_seconds"), Vec::<&str>::new());
}
