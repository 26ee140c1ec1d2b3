//! JUnit XML as Jenkins, GitLab and others read it: a suite for each target, a case for each link.
//!
//! A broken link is a failure, one that could not be looked at an error, one that isn't there is skipped. Suites are written
//! one by one.

mod case;
#[cfg(test)]
mod tests;

use super::escape;
use super::text::{after_restart, gap_line, layer_name, target_in_cluster};
use case::{Case, Result};
use irsa_doctor_checks::report::{Report, TargetReport};
use quick_xml::Writer;
use quick_xml::escape::partial_escape;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::io::{self, Write};

/// Where elements go.
type Xml<'o> = Writer<&'o mut dyn Write>;

/// Writes the suites.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut counts = Counts::default();
    for target in report.listed() {
        counts.add(&case::of(target));
    }
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let [tests, failures, errors, _] = counts.words();
    open(&mut xml, "testsuites", &[("name", "irsa-doctor"), ("tests", &tests), ("failures", &failures), ("errors", &errors)])?;
    for target in report.listed() {
        suite(&mut xml, report, target)?;
    }
    close(&mut xml, "testsuites")?;
    xml.get_mut().write_all(b"\n")
}

#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn add(&mut self, cases: &[Case<'_>]) {
        for case in cases {
            self.tests += 1;
            match case.result {
                Result::Passed => {}
                Result::Failed { .. } => self.failures += 1,
                Result::Unknown { .. } => self.errors += 1,
                Result::Skipped { .. } => self.skipped += 1,
            }
        }
    }

    fn words(&self) -> [String; 4] {
        [self.tests, self.failures, self.errors, self.skipped].map(|count| count.to_string())
    }
}

fn suite(xml: &mut Xml<'_>, report: &Report, target: &TargetReport) -> io::Result<()> {
    let cases = case::of(target);
    let mut counts = Counts::default();
    counts.add(&cases);
    let name = shown(&target_in_cluster(&target.target));
    let [tests, failures, errors, skipped] = counts.words();
    let numbers = [("tests", tests.as_str()), ("failures", &failures), ("errors", &errors), ("skipped", &skipped)];
    let collected_at = shown(&report.collected_at);
    let named = [("name", name.as_str())].into_iter().chain(numbers).chain([("timestamp", collected_at.as_str())]);
    open(xml, "testsuite", &named.collect::<Vec<_>>())?;
    for case in &cases {
        write_case(xml, &name, case)?;
    }
    text(xml, "system-out", &said(target))?;
    close(xml, "testsuite")
}

fn write_case(xml: &mut Xml<'_>, suite: &str, case: &Case<'_>) -> io::Result<()> {
    let named = [("name", case.id), ("classname", suite), ("time", "0")];
    if matches!(case.result, Result::Passed) && case.lines.is_empty() {
        return xml.write_event(Event::Empty(BytesStart::new("testcase").with_attributes(named)));
    }
    open(xml, "testcase", &named)?;
    match &case.result {
        Result::Passed => {}
        Result::Failed { fault, message } => problem(xml, "failure", fault, message, &case.lines)?,
        Result::Unknown { cause, message } => problem(xml, "error", cause, message, &case.lines)?,
        Result::Skipped { reason } => {
            let mut start = BytesStart::new("skipped");
            start.push_attribute(("message", shown(reason).as_str()));
            xml.write_event(Event::Empty(start))?;
        }
    }
    // Nothing is wrong enough to fail, but something is to be said.
    let told = matches!(case.result, Result::Failed { .. } | Result::Unknown { .. }) || case.lines.is_empty();
    if !told {
        text(xml, "system-out", &case.lines)?;
    }
    close(xml, "testcase")
}

fn problem(xml: &mut Xml<'_>, element: &str, kind: &str, message: &str, lines: &[String]) -> io::Result<()> {
    let mut start = BytesStart::new(element);
    start.push_attribute(("type", kind));
    start.push_attribute(("message", shown(message).as_str()));
    xml.write_event(Event::Start(start))?;
    body(xml, lines)?;
    xml.write_event(Event::End(BytesEnd::new(element)))
}

/// What belongs to no single link.
fn said(target: &TargetReport) -> Vec<String> {
    let mut lines = vec![target.sentence.clone()];
    let beside = target.gaps.iter().filter(|gap| !gap.found.decisive);
    lines.extend(beside.map(|gap| format!("not read (it decides nothing): {}", gap_line(&gap.found.gap))));
    if !target.not_examined.is_empty() {
        let layers: Vec<&str> = target.not_examined.iter().map(|layer| layer_name(layer)).collect();
        lines.push(format!("not examined: {}", layers.join(", ")));
    }
    if let Some(after) = &target.after_restart {
        lines.push(after_restart(after));
        lines.extend(after.findings.iter().flat_map(case::finding));
    }
    lines.extend(target.notes.iter().map(|note| format!("note: {note}")));
    lines.extend(target.hand_over.iter().map(|text| format!("hand-over: {text}")));
    lines
}

fn text(xml: &mut Xml<'_>, element: &str, lines: &[String]) -> io::Result<()> {
    xml.write_event(Event::Start(BytesStart::new(element)))?;
    body(xml, lines)?;
    xml.write_event(Event::End(BytesEnd::new(element)))
}

fn body(xml: &mut Xml<'_>, lines: &[String]) -> io::Result<()> {
    let lines: Vec<String> = lines.iter().map(|line| shown(line)).collect();
    let text = lines.join("\n");
    xml.write_event(Event::Text(BytesText::from_escaped(partial_escape(&text))))
}

fn open(xml: &mut Xml<'_>, element: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
    let start = BytesStart::new(element).with_attributes(attributes.iter().copied());
    xml.write_event(Event::Start(start))
}

fn close(xml: &mut Xml<'_>, element: &str) -> io::Result<()> {
    xml.write_event(Event::End(BytesEnd::new(element)))
}

/// One line of characters that XML has: control characters are no part of it, not even as references, nor are these two.
/// <https://www.w3.org/TR/xml/#charsets>
fn shown(text: &str) -> String {
    escape(text).replace('\u{fffe}', "\\u{fffe}").replace('\u{ffff}', "\\u{ffff}")
}
