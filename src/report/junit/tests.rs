//! What an XML parser makes of it.

use super::super::fixture::{assert_snapshot, broken, healthy, two};
use super::*;
use irsa_doctor_checks::check::Status;
use roxmltree::Document;

fn junit(report: &Report) -> String {
    let mut out = Vec::new();
    write(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn looks_as_it_did() {
    assert_snapshot("junit-broken.xml", &junit(&broken()));
    assert_snapshot("junit-healthy.xml", &junit(&healthy()));
    assert_snapshot("junit-two.xml", &junit(&two()));
}

#[test]
fn counts_what_it_has() {
    let text = junit(&two());
    let document = Document::parse(&text).unwrap();
    let root = document.root_element();
    let count = |element: &str| document.descendants().filter(|node| node.has_tag_name(element)).count().to_string();
    assert_eq!(root.attribute("tests"), Some(count("testcase").as_str()));
    assert_eq!(root.attribute("failures"), Some("1"));
    assert_eq!(root.attribute("failures"), Some(count("failure").as_str()));
    assert_eq!(root.attribute("errors"), Some("1"));
    let error = document.descendants().find(|node| node.has_tag_name("error")).unwrap();
    assert_eq!(error.attribute("type"), Some("denied"));
    assert_eq!(error.parent().unwrap().attribute("name"), Some("oidc-provider"));
}

#[test]
fn whatever_a_name_is_it_is_xml() {
    let hostile = "a]]>b<c attr=\"&'\">&amp;\u{0}\u{1}\u{1b}\u{85}\u{fffe}\u{ffff}\u{202e}\r\n</testcase><!--";
    let mut report = broken();
    report.collected_at = hostile.into();
    let target = &mut report.targets[0];
    target.target.name = hostile.into();
    target.sentence = hostile.into();
    target.gaps[0].found.gap.detail = hostile.into();
    target.checks[4].reason = Some(hostile.into());
    target.findings[1].finding.detail = hostile.into();
    let cases = target.checks.len();
    let text = junit(&report);
    let document = Document::parse(&text).unwrap();
    assert_eq!(document.descendants().filter(|node| node.has_tag_name("testcase")).count(), cases);
    let shown = "a]]>b<c attr=\"&'\">&amp;\\x00\\x01\\x1b\\x85\\u{fffe}\\u{ffff}\\u{202e}\\r\\n</testcase><!--";
    let failure = document.descendants().find(|node| node.has_tag_name("failure")).unwrap();
    assert_eq!(failure.attribute("message"), Some(shown));
    assert!(failure.text().unwrap().contains(shown), "{text}");
}

#[test]
fn what_was_accepted_is_no_failure_and_what_was_not_read_is_no_pass() {
    let mut report = broken();
    let target = &mut report.targets[0];
    target.findings.iter_mut().for_each(|found| found.suppressed = Some("OPS-2".into()));
    assert!(junit(&report).contains("<skipped message=\"broken, and ignored: OPS-2\"/>"));
    let target = &mut report.targets[0];
    target.verdict = irsa_doctor_checks::report::Verdict::Inconclusive;
    target.checks.iter_mut().for_each(|check| check.status = Status::NotApplicable);
    let text = junit(&report);
    assert!(text.contains("errors=\"1\"") && text.contains("<testcase name=\"evidence\""), "{text}");
}
