//! Reports: a [`Report`] in, bytes out. Nothing here judges.

mod changes;
mod contents;
mod diff;
mod escape;
mod explain;
#[cfg(test)]
mod fixture;
mod github;
mod html;
mod json;
mod jsonl;
mod junit;
mod listing;
mod markdown;
mod mermaid;
mod metrics;
mod page;
mod query;
mod sarif;
mod script;
mod short;
mod summary;
mod table;
mod text;
pub(crate) mod v1;
mod yaml;

pub(crate) use changes::Changes;
pub(crate) use contents::{Contents, write_contents, write_contents_json};
pub(crate) use escape::{escape, escape_invisible};
pub(crate) use explain::write_page;
pub(crate) use listing::{write_listing, write_listing_json};
pub(crate) use query::Query;

use crate::collect::{Calls, INTERRUPTED};
use irsa_doctor_checks::report::{Gate, Report};
use std::io::{self, Write};

/// What a report says of the run itself; it varies from run to run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Run {
    /// How many requests were made.
    pub(crate) calls: Calls,
    /// How long it took.
    pub(crate) seconds: f64,
    /// Whether somebody ended it before all was read.
    pub(crate) interrupted: bool,
}

impl Run {
    /// The exit code of a run that had a report, and what it means.
    pub(crate) fn exit(&self, gate: Gate) -> (u8, &'static str) {
        match gate {
            _ if self.interrupted => (INTERRUPTED, "ended before all was read"),
            Gate::Pass => (0, "the gate passes"),
            Gate::Fail => (1, "the gate fails"),
            Gate::Inconclusive => (3, "inconclusive: what decides could not be read"),
        }
    }
}

/// How text looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Columns to wrap at.
    pub(crate) width: usize,
    /// Whether to colour.
    pub(crate) color: bool,
    /// Whether signs beyond ASCII can be shown.
    pub(crate) unicode: bool,
}

/// A format, with its own settings.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Style {
    /// For people.
    Table(Look),
    /// For people, with all that is known.
    Wide(Look),
    /// For programs.
    Json,
    /// For programs, a line at a time.
    JsonLines,
    /// The JSON document as YAML.
    Yaml,
    /// For code scanning.
    Sarif,
    /// For test reports.
    Junit,
    /// Workflow commands of GitHub Actions.
    Github,
    /// For a ticket.
    Markdown,
    /// For a chat.
    Short,
    /// Only what changes in policy documents.
    Diff(Look),
    /// The commands, as a shell script.
    Script,
    /// Prometheus' text format.
    Metrics,
    /// For a browser.
    Html,
    /// A picture for a wiki.
    Mermaid,
}

/// Writes a report.
///
/// # Errors
///
/// The writer's own.
pub(crate) fn write(report: &Report, run: &Run, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    match style {
        Style::Table(look) => table::write(report, look, out),
        Style::Wide(look) => table::write_wide(report, look, out),
        Style::Json => json::write(&v1::Report::new(report, run), out),
        Style::JsonLines => jsonl::write(report, run, out),
        Style::Yaml => yaml::write(report, run, out),
        Style::Sarif => sarif::write(report, run, out),
        Style::Junit => junit::write(report, out),
        Style::Github => github::write(report, out),
        Style::Markdown => markdown::write(report, out),
        Style::Short => short::write(report, out),
        Style::Diff(look) => diff::write(report, look, out),
        Style::Script => script::write(report, out),
        Style::Metrics => metrics::write(report, run, out),
        Style::Html => html::write(report, out),
        Style::Mermaid => mermaid::write(report, out),
    }
}

/// Writes the document that stands in for a report; with `lines` in one.
///
/// # Errors
///
/// The writer's own.
pub(crate) fn write_error(document: &v1::ErrorDocument, lines: bool, out: &mut dyn Write) -> io::Result<()> {
    if lines { jsonl::write_error(document, out) } else { json::write(document, out) }
}
