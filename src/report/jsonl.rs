//! JSON lines: each line is a document of its own, and says what it is of in `type`.

use super::{Run, json, v1};
use irsa_doctor_checks::report::Report;
use serde::Serialize;
use std::io::{self, Write};

/// A line: what it is, and the fields that the JSON report has for it.
#[derive(Serialize)]
struct Line<'l, T> {
    #[serde(rename = "type")]
    kind: &'l str,
    #[serde(flatten)]
    fields: T,
}

/// Writes `run` first, then each `target`, and of a scan each `service_account` and `cause`; `summary` is last, with what the
/// report has besides.
pub(super) fn write(report: &Report, run: &Run, out: &mut dyn Write) -> io::Result<()> {
    line("run", v1::Report::head(report, run), out)?;
    for target in report.listed() {
        line("target", v1::Target::from(target), out)?;
    }
    if let Some(overview) = report.overview.as_ref().map(|overview| v1::Overview::new(report, overview)) {
        for account in &overview.service_accounts {
            line("service_account", account, out)?;
        }
        for cause in &overview.causes {
            line("cause", cause, out)?;
        }
    }
    line("summary", v1::Report::tail(report), out)
}

/// Writes the line that stands in for all of them.
pub(super) fn write_error(document: &v1::ErrorDocument, out: &mut dyn Write) -> io::Result<()> {
    line("error", document, out)
}

fn line<T: Serialize>(kind: &str, fields: T, out: &mut dyn Write) -> io::Result<()> {
    json::line(&Line { kind, fields }, out)
}
