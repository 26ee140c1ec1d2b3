//! What a runner would make of the lines.

use super::super::fixture::{assert_snapshot, broken, healthy, two};
use super::*;

fn github(report: &Report) -> String {
    let mut out = Vec::new();
    write(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The commands in a text as the runner reads them: blanks first, then `::name properties::message`; or `##[name]` anywhere.
fn commands(text: &str) -> Vec<(String, String)> {
    let commands = text.lines().filter_map(|line| {
        let command = line.trim_start().strip_prefix("::");
        let old = || line.split_once("##[").map(|(_, rest)| (rest.to_owned(), String::new()));
        command
            .and_then(|rest| rest.split_once("::"))
            .map(|(head, data)| {
                let decoded = data.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%");
                (head.to_owned(), decoded)
            })
            .or_else(old)
    });
    commands.collect()
}

#[test]
fn looks_as_it_did() {
    assert_snapshot("github-broken.txt", &github(&broken()));
    assert_snapshot("github-healthy.txt", &github(&healthy()));
    assert_snapshot("github-two.txt", &github(&two()));
}

#[test]
fn hostile_names_are_no_commands() {
    let mut report = broken();
    let hostile = "x\n::set-output name=a::b\r\n ::add-mask::c%0A::stop-commands::d##[add-mask]e,title=f::g%25";
    let target = &mut report.targets[0];
    target.sentence = format!("  ::error::{hostile}");
    target.target.name = hostile.into();
    target.checks[2].reason = Some(hostile.into());
    target.gaps[0].found.gap.detail = hostile.into();
    target.notes = vec![hostile.into()];
    let finding = &mut target.findings[1].finding;
    finding.detail = format!("::debug::{hostile}");
    finding.locus.resource = hostile.into();
    finding.locus.path = hostile.into();
    let text = github(&report);
    assert!(!text.contains("##["), "{text}");
    let ours = ["group", "endgroup", "error title=", "warning title=", "notice title="];
    for (head, data) in commands(&text) {
        assert!(ours.iter().any(|own| head.starts_with(own)), "{head}");
        assert!(!head.contains([':', ',']), "one property: {head}");
        let smuggled = data.lines().skip(1).find(|line| line.trim_start().starts_with("::"));
        assert_eq!(smuggled, None, "{data}");
        assert!(!data.contains('\r'), "{data}");
    }
    let errors = text.lines().filter(|line| line.starts_with("::error ")).count();
    assert_eq!(errors, 2, "the finding and the gap: {text}");
}

#[test]
fn what_could_not_be_read_is_an_error_and_errors_come_first() {
    let text = github(&broken());
    let kinds: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("::")?.split(' ').next()).collect();
    let annotations: Vec<&&str> = kinds.iter().filter(|kind| ["error", "warning", "notice"].contains(*kind)).collect();
    assert_eq!(annotations, [&"error", &"error", &"notice"], "the warning is suppressed: {text}");
    assert!(text.contains("::error title=not checked%3A oidc-provider::iam:GetOpenIDConnectProvider of "), "{text}");
}

#[test]
fn says_how_many_github_leaves_out() {
    let mut report = broken();
    let found = report.targets[0].findings[1].clone();
    report.targets[0].findings.extend(std::iter::repeat_n(found, 20));
    assert!(github(&report).contains("22 errors: GitHub shows 10 of a step, 12 more are in this log\n"));
}
