//! What a markdown parser makes of it.

use super::super::fixture::{assert_snapshot, broken, healthy, two};
use super::*;
use pulldown_cmark::{Event, Options, Parser, Tag};

fn markdown(report: &Report) -> String {
    let mut out = Vec::new();
    write(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn looks_as_it_did() {
    assert_snapshot("markdown-broken.md", &markdown(&broken()));
    assert_snapshot("markdown-healthy.md", &markdown(&healthy()));
    assert_snapshot("markdown-two.md", &markdown(&two()));
}

/// What the parser sees, without the text itself.
fn shape(text: &str) -> Vec<String> {
    Parser::new_ext(text, Options::ENABLE_TABLES)
        .filter_map(|event| match event {
            Event::Start(tag) => Some(format!("{tag:?}")),
            Event::End(tag) => Some(format!("/{tag:?}")),
            Event::Html(_) | Event::InlineHtml(_) => Some("HTML".to_owned()),
            Event::Code(_) | Event::Text(_) => None,
            other => Some(format!("{other:?}")),
        })
        .collect()
}

#[test]
fn hostile_text_changes_nothing_but_text() {
    let plain = "word";
    let hostile = "x | y\n\n# h\n- @all ![i](https://e.example/p.png) [l](javascript:a) <img src=x> <b>&lt; `t` ```\n~~~ \\| ``u`` 1. www.e.example a@b.c";
    let with = |text: &str| {
        let mut report = broken();
        report.collected_at = text.into();
        let target = &mut report.targets[0];
        target.target.name = text.into();
        target.sentence = text.into();
        target.checks[2].reason = Some(text.into());
        target.checks[4].reason = Some(text.into());
        target.notes = vec![text.into()];
        target.hand_over = vec![text.into()];
        target.identities[0].container = text.into();
        target.gaps[0].found.gap.detail = text.into();
        let finding = &mut target.findings[1].finding;
        finding.detail = text.into();
        finding.locus.resource = text.into();
        finding.locus.path = text.into();
        let fix = finding.fix.as_mut().unwrap();
        fix.summary = text.into();
        fix.choices = vec![text.into()];
        fix.commands[0].argv = vec!["echo".into(), text.into()];
        markdown(&report)
    };
    let (harmless, text) = (shape(&with(plain)), with(hostile));
    assert_eq!(shape(&text), harmless, "{text}");
    let odd = Parser::new_ext(&text, Options::ENABLE_TABLES).find(|event| {
        matches!(event, Event::Html(_) | Event::InlineHtml(_) | Event::Start(Tag::Link { .. } | Tag::Image { .. }))
    });
    assert!(odd.is_none(), "{odd:?}");
    let mentions = Parser::new_ext(&text, Options::ENABLE_TABLES).scan(false, |block, event| {
        match &event {
            Event::Start(Tag::CodeBlock(_)) => *block = true,
            Event::End(pulldown_cmark::TagEnd::CodeBlock) => *block = false,
            _ => {}
        }
        Some(matches!(&event, Event::Text(text) if !*block && text.contains(['@', '/'])))
    });
    assert_eq!(mentions.filter(|mention| *mention).count(), 0, "{text}");
}
