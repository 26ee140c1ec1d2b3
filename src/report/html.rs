//! For a browser: one page that holds all it needs. No script, no picture, nothing from elsewhere; a policy in its head forbids
//! what is not there anyway. All text is escaped, ours too: see `escaped`.

mod chain;
mod escaped;
mod finding;
mod parts;
mod scan;
mod target;
#[cfg(test)]
mod tests;

use super::summary::{headline, last_line};
use super::text::{caller, target_in_cluster, verdict_at, verdict_class, verdict_words};
use escaped::Escaped;
use irsa_doctor_checks::report::{ClusterHead, Report, Verdict};
use std::io::{self, Write};

/// How the page looks: bright and dark, narrow and wide, on paper.
const CSS: &str = include_str!("html/page.css");
/// No source of anything but the styles in the page itself. <https://www.w3.org/TR/CSP3/#directive-default-src>
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
/// The list of targets is a list for so many; behind them one scrolls.
const MOST_LINKS: usize = 100;

/// Writes a report as a page.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let headline = headline(report);
    writeln!(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    writeln!(out, "<meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>", Escaped(&headline))?;
    writeln!(out, "<style>\n{CSS}</style>\n</head>\n<body>")?;
    head(report, &headline, out)?;
    writeln!(out, "<main>")?;
    if let Some(overview) = &report.overview {
        scan::write(report, overview, out)?;
    } else {
        let several = report.targets.len() > 1;
        if several {
            contents(report, out)?;
        }
        for (number, target) in report.listed().enumerate() {
            target::write(target, number, several, out)?;
        }
    }
    writeln!(out, "</main>\n<footer><p>{}</p></footer>\n</body>\n</html>", Escaped(&last_line(report)))
}

/// The verdict, and who looked at what, and when.
fn head(report: &Report, headline: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<header class=\"{}\">\n<h1>{}</h1>\n<dl class=\"facts\">", verdict_class(report.verdict), Escaped(headline))?;
    if let Some(head) = &report.cluster {
        facts("Cluster", head, None, out)?;
    }
    for part in &report.clusters {
        facts("Cluster", &part.head, Some((&part.key, part.verdict)), out)?;
    }
    let (label, caller) = caller(report);
    fact(if label == "caller" { "Caller" } else { "Evidence" }, &caller, out)?;
    fact("Read", &report.collected_at, out)?;
    fact("Gate", report.gate.as_str(), out)?;
    writeln!(out, "</dl>\n</header>")
}

fn facts(label: &str, head: &ClusterHead, part: Option<(&str, Verdict)>, out: &mut dyn Write) -> io::Result<()> {
    let known = [&head.arn, &head.name, &head.context, &head.server].into_iter().flatten().next();
    let named = part.map(|(key, verdict)| format!("{key}: {}", verdict_words(verdict)));
    let name = [named.as_ref(), known].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ");
    fact(label, if name.is_empty() { "not known" } else { &name }, out)?;
    head.version.iter().try_for_each(|version| fact("Version", version, out))?;
    head.issuer.iter().try_for_each(|issuer| fact("Issuer", issuer, out))
}

fn fact(label: &str, value: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<div><dt>{label}</dt><dd><code>{}</code></dd></div>", Escaped(value))
}

/// The way to each of several targets.
fn contents(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<nav aria-label=\"Targets\"><ul>")?;
    for (number, target) in report.listed().enumerate().take(MOST_LINKS) {
        let (class, name) = (verdict_class(target.verdict), target_in_cluster(&target.target));
        let words = verdict_at(target);
        writeln!(out, "<li class=\"{class}\"><a href=\"#target-{number}\">{}</a>: {}</li>", Escaped(&name), Escaped(&words))?;
    }
    let rest = report.listed().count().saturating_sub(MOST_LINKS);
    if rest > 0 {
        writeln!(out, "<li>{rest} more below</li>")?;
    }
    writeln!(out, "</ul></nav>")
}
