//! The chain: boxes on a line, in groups by the part of the way that they belong to, with their findings beside them.

use super::escaped::Escaped;
use super::parts::status;
use irsa_doctor_checks::check::{Stage, Status};
use irsa_doctor_checks::report::{CheckResult, FoundFinding};
use std::io::{self, Write};

/// How a finding is written.
pub(super) type Tell<'t> = dyn FnMut(&FoundFinding, &mut dyn Write) -> io::Result<()> + 't;

/// Writes the chain, its parts with headings of level 4, each finding below its link. `prefix` tells the links' ids from those
/// of other chains.
pub(super) fn write(
    prefix: &str,
    checks: &[CheckResult],
    findings: &[FoundFinding],
    tell: &mut Tell<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "<ol class=\"chain\">")?;
    for stage in checks.chunk_by(|one, next| one.stage == next.stage) {
        let name = stage.first().map_or("", |check| words(check.stage));
        writeln!(out, "<li class=\"stage\"><h4>{name}</h4>\n<ol>")?;
        for check in stage {
            link(prefix, check, out)?;
            findings.iter().filter(|found| found.check == check.id).try_for_each(|found| tell(found, out))?;
            writeln!(out, "</li>")?;
        }
        writeln!(out, "</ol></li>")?;
    }
    writeln!(out, "</ol>")
}

/// A box.
fn link(prefix: &str, check: &CheckResult, out: &mut dyn Write) -> io::Result<()> {
    let (class, sign, word) = status(check.status, check.reason.as_deref());
    write!(out, "<li class=\"link {class}\" id=\"{prefix}-{}\">", Escaped(check.id))?;
    write!(out, "<div class=\"box\"><span class=\"sign\" aria-hidden=\"true\">{sign}</span>")?;
    write!(out, "<p class=\"title\">{}</p>", Escaped(check.title))?;
    let reason = check.reason.as_deref().filter(|_| matches!(check.status, Status::Unknown | Status::NotApplicable));
    if let Some(reason) = reason {
        write!(out, "<p class=\"reason\">{}</p>", Escaped(reason))?;
    }
    writeln!(out, "<p class=\"id\"><b>{word}</b> · <code>{}</code></p></div>", Escaped(check.id))
}

/// A part of the way, as a heading.
pub(super) fn words(stage: Stage) -> &'static str {
    match stage {
        Stage::Pod => "Pod",
        Stage::ServiceAccount => "Service account",
        Stage::Injection => "Injection",
        Stage::PodIdentity => "Pod Identity",
        Stage::Issuer => "Issuer",
        Stage::Provider => "OIDC provider",
        Stage::Role => "Role",
        Stage::Trust => "Trust",
        Stage::Permissions => "Permissions",
        Stage::Actions => "Actions",
        Stage::Error => "The error",
    }
}
