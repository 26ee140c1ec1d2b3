//! Reports in every format: whatever was read, nothing of it acts on whoever reads a report.

use crate::collect::aws::xml::is_well_formed;
use crate::collect::bundle;
use crate::report::{Look, Run, Style, write};
use irsa_doctor_checks::diagnose::diagnose;
use irsa_doctor_checks::fix::acts_on_terminal;
use irsa_doctor_checks::report::Report;
use std::sync::LazyLock;

/// Formats that go to a terminal or a log as they are.
fn for_eyes() -> [Style; 10] {
    let look = Look { width: 80, color: false, unicode: true };
    let ascii = Look { width: 40, unicode: false, ..look };
    [
        Style::Table(look),
        Style::Wide(ascii),
        Style::Diff(look),
        Style::Github,
        Style::Markdown,
        Style::Short,
        Style::Script,
        Style::Metrics,
        Style::Html,
        Style::Mermaid,
    ]
}

/// A report comes out in every format, and no character that a terminal acts on comes with it.
pub(super) fn assert_harmless(report: &Report) {
    for style in for_eyes() {
        let text = written(report, &style);
        let acting = text.chars().find(|&c| c != '\n' && acts_on_terminal(c));
        assert!(acting.is_none(), "{acting:?} in {style:?}: {text}");
    }
    for style in [Style::Json, Style::Sarif] {
        let text = written(report, &style);
        assert!(serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok(), "{style:?}: {text}");
    }
    for line in written(report, &Style::JsonLines).lines() {
        assert!(serde_json::from_str::<serde::de::IgnoredAny>(line).is_ok(), "{line}");
    }
    assert!(serde_saphyr::from_str::<serde_json::Value>(&written(report, &Style::Yaml)).is_ok());
    let junit = written(report, &Style::Junit);
    assert!(is_well_formed(junit.as_bytes()), "{junit}");
}

/// The same evidence gives the same report, to the last byte.
pub(super) fn assert_same(one: &Report, other: &Report) {
    assert_eq!(written(one, &Style::Json), written(other, &Style::Json));
}

fn written(report: &Report, style: &Style) -> String {
    let mut out = Vec::new();
    assert!(write(report, &Run::default(), style, &mut out).is_ok());
    let text = String::from_utf8(out);
    assert!(text.is_ok(), "{style:?} is UTF-8");
    text.unwrap_or_default()
}

/// The demonstration's report.
pub(super) fn demo() -> Report {
    static DEMO: LazyLock<Report> = LazyLock::new(|| {
        let snapshot = bundle::parse("demo", include_bytes!("../command/demo.json"));
        assert!(snapshot.is_ok());
        diagnose(&snapshot.unwrap_or_default())
    });
    DEMO.clone()
}
