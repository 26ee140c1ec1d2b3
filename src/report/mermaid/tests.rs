//! The chart of the fixture, and what hostile text does to it.

use super::super::fixture::{broken, two};
use super::*;

fn chart(report: &Report) -> String {
    let mut out = Vec::new();
    write(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Each line without the text of its label.
fn shape(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| match (line.split_once("[\""), line.rsplit_once("\"]")) {
            (Some((before, _)), Some((_, after))) => format!("{before}[]{after}"),
            _ => line.to_owned(),
        })
        .collect()
}

#[test]
fn the_chain_is_drawn_with_what_was_found() {
    let text = chart(&two());
    for part in [
        "verdict: broken",
        "subgraph g1[\"pod/awscli in namespace default: broken at trust-policy, oidc-provider not checked\"]",
        "[\"✗ the trust policy lets this service account in<br/>trust-policy<br/>broken\"]:::fail",
        "[\"? IAM knows the issuer<br/>oidc-provider<br/>not checked: iam:GetOpenIDConnectProvider denied\"]:::unknown",
        "wanted: system:serviceaccount:default:my-sa<br/>actual: ",
        "ignored: known: OPS-1\"]:::note",
        "HEALTHY",
    ] {
        let expected = part != "HEALTHY";
        assert_eq!(text.contains(part), expected, "{part}\n{text}");
    }
    assert_eq!(text.matches("subgraph ").count(), text.matches("\n    end\n").count());
}

#[test]
fn hostile_text_changes_nothing_but_labels() {
    let with = |text: &str| {
        let mut report = broken();
        let target = &mut report.targets[0];
        target.target.name = text.into();
        target.checks[2].reason = Some(text.into());
        target.findings[1].finding.detail = text.into();
        target.gaps[0].found.gap.detail = text.into();
        chart(&report)
    };
    let hostile = "x\"]\nclick n1 \"javascript:alert(1)\"\n%%{init: {}}%%\n    end\n<script>alert(1)</script> `y` ]:::fail; style n1 fill:#fff;";
    let text = with(hostile);
    assert_eq!(shape(&text), shape(&with("word")), "{text}");
    for sign in ["<script", "%%", "`", "click n1 \""] {
        assert!(!text.contains(sign), "{sign}: {text}");
    }
}

#[test]
fn a_chart_is_never_too_large_for_renderers() {
    let mut report = broken();
    let target = report.targets[0].clone();
    report.targets = vec![target; 300];
    let text = chart(&report);
    assert!(text.len() < 50_000, "{}", text.len());
    assert!(text.matches(" n").count() > 100);
    let edges = text.lines().filter(|line| line.contains(" --> ") || line.contains(" --- ") || line.contains("-.")).count();
    assert!(edges < 500, "{edges}");
    assert!(text.contains("more targets are left out here"), "{text}");
}
