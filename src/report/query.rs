//! Of the JSON report, what a `JSONPath` selects (RFC 9535: <https://www.rfc-editor.org/rfc/rfc9535>).

use super::{Run, escape, json, v1};
use irsa_doctor_checks::report::Report;
use jsonpath_rust::parser::model::JpQuery;
use jsonpath_rust::parser::parse_json_path;
use jsonpath_rust::query::{QueryRef, js_path_process};
use serde_json::Value;
use std::io::{self, Write};

/// Longer expressions are none that somebody wrote.
const LONGEST: usize = 4096;
/// Nor are more deeply nested ones, which would exhaust the parser's stack.
const DEEPEST: usize = 32;

/// An expression that was understood.
#[derive(Debug)]
pub(crate) struct Query {
    path: JpQuery,
    raw: bool,
}

impl Query {
    /// Understands an expression. With `raw` each value comes on a line of its own, strings without quotes.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and where.
    pub(crate) fn parse(text: &str, raw: bool) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("it is longer than {LONGEST} characters"));
        }
        if depth(text) > DEEPEST {
            return Err(format!("it is nested more than {DEEPEST} deep"));
        }
        let path = parse_json_path(text).map_err(|error| explain(text, &error.to_string()))?;
        Ok(Self { path, raw })
    }

    /// Writes what it selects of a report.
    ///
    /// # Errors
    ///
    /// The writer's own.
    pub(crate) fn write(&self, report: &Report, run: &Run, out: &mut dyn Write) -> io::Result<()> {
        let document = serde_json::to_value(v1::Report::new(report, run))?;
        let found = js_path_process(&self.path, &document).map_err(io::Error::other)?;
        let found: Vec<&Value> = found.into_iter().map(QueryRef::val).collect();
        if !self.raw {
            return json::write(&found, out);
        }
        for value in found {
            match value {
                Value::String(text) => {
                    for line in text.split('\n') {
                        writeln!(out, "{}", escape::escape_invisible(line, escape::show))?;
                    }
                }
                other => json::line(other, out)?,
            }
        }
        Ok(())
    }
}

/// How deep brackets are nested, whatever stands between them.
fn depth(text: &str) -> usize {
    let (mut now, mut most) = (0_usize, 0);
    for c in text.chars() {
        match c {
            '(' | '[' | '!' => now += 1,
            ')' | ']' => now = now.saturating_sub(1),
            _ => {}
        }
        most = most.max(now);
    }
    most
}

/// The parser's complaint in one line: it draws the expression over several, with a mark below the place.
fn explain(text: &str, problem: &str) -> String {
    let expected = problem.lines().filter_map(|line| line.trim().strip_prefix("= ")).next_back();
    let mark = problem.lines().find_map(|line| line.split_once("| ").filter(|(_, mark)| mark.trim_start().starts_with('^')));
    let column = mark.map(|(_, mark)| mark.chars().take_while(|c| *c == ' ').count() + 1);
    match (column, expected) {
        (Some(column), Some(expected)) => {
            let rest: String = text.chars().skip(column - 1).take(20).collect();
            let place = if rest.is_empty() { "at its end".to_owned() } else { format!("at character {column}, `{rest}`") };
            format!("{place}: {expected}")
        }
        _ => problem.lines().map(str::trim).collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    fn selected(path: &str, raw: bool) -> String {
        let mut out = Vec::new();
        Query::parse(path, raw).unwrap().write(&fixture::two(), &Run::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn selects_as_a_list_or_bare() {
        assert_eq!(selected("$.verdict", false), "[\n  \"broken\"\n]\n");
        assert_eq!(selected("$.verdict", true), "broken\n");
        assert_eq!(selected("$.nothing", false), "[]\n");
        assert_eq!(selected("$.nothing", true), "");
        assert_eq!(selected("$.schema_version", true), "1\n");
        let broken = selected("$.targets[?@.verdict == 'broken'].first_broken", true);
        assert!(!broken.is_empty() && !broken.contains('"'), "{broken}");
    }

    #[test]
    fn says_where_an_expression_goes_wrong() {
        for (text, place) in [
            ("", "at its end"),
            ("targets", "at character 1, `targets`"),
            ("$.targets[", "at its end"),
            ("$.targets[?@.verdict = 'broken']", "at character"),
            ("$..", "at"),
        ] {
            let problem = Query::parse(text, false).unwrap_err();
            assert!(problem.contains(place) && !problem.contains('\n'), "{text}: {problem}");
        }
    }

    #[test]
    fn no_expression_exhausts_the_stack() {
        for text in
            ["(".repeat(4000), format!("$[?{}@.a{}]", "(".repeat(2000), ")".repeat(2000)), "!".repeat(4000), "$.a".repeat(3000)]
        {
            Query::parse(&text, false).unwrap_err();
        }
        let flat = format!("$[?{}]", vec!["@.a == 1"; 300].join(" || "));
        Query::parse(&flat, false).unwrap();
    }
}
