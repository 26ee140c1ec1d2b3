//! The JSON report as YAML: the same document, with every text in quotes, so that none is taken for a number or a word.

use super::{Run, escape_invisible, v1};
use irsa_doctor_checks::report::Report;
use serde::Serialize;
use serde_saphyr::SerializerOptions;
use std::fmt::{self, Write as _};
use std::io::{self, Write};

/// Writes the document.
pub(super) fn write(report: &Report, run: &Run, out: &mut dyn Write) -> io::Result<()> {
    document(&v1::Report::new(report, run), out)
}

/// Writes any document.
pub(super) fn document<T: Serialize>(document: &T, out: &mut dyn Write) -> io::Result<()> {
    let mut options = SerializerOptions::default();
    options.quote_all = true;
    options.prefer_block_scalars = false;
    let mut lines = Lines { out, line: String::new(), failed: None };
    let done = serde_saphyr::to_fmt_writer_with_options(&mut lines, document, options);
    if let Some(error) = lines.failed.take() {
        return Err(error);
    }
    done.map_err(io::Error::other)?;
    lines.end()
}

/// Lets YAML through line by line: with every text in quotes none goes on in the next line.
struct Lines<'o> {
    out: &'o mut dyn Write,
    line: String,
    /// The writer's own error, which `fmt` has no room for.
    failed: Option<io::Error>,
}

impl Lines<'_> {
    /// What is left where the last line has no end.
    fn end(mut self) -> io::Result<()> {
        if self.line.is_empty() { Ok(()) } else { self.flush("\n") }
    }

    fn flush(&mut self, end: &str) -> io::Result<()> {
        self.out.write_all(shown(&self.line).as_bytes())?;
        self.out.write_all(end.as_bytes())?;
        self.line.clear();
        Ok(())
    }
}

impl fmt::Write for Lines<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for part in text.split_inclusive('\n') {
            self.line.push_str(part.trim_end_matches('\n'));
            if part.ends_with('\n')
                && let Err(error) = self.flush("\n")
            {
                self.failed = Some(error);
                return Err(fmt::Error);
            }
        }
        Ok(())
    }
}

/// The line with what a terminal would act on as an escape, which only double quotes know. A text in single quotes has none
/// of `'` and `\`: the serializer takes double ones for those. <https://yaml.org/spec/1.2.2/#escaped-characters>
fn shown(line: &str) -> std::borrow::Cow<'_, str> {
    let single = line.find(['\'', '"']).filter(|&at| line.get(at..).is_some_and(|rest| rest.starts_with('\'')));
    let hidden = line.contains(irsa_doctor_checks::fix::acts_on_terminal);
    match single.and_then(|at| line.split_at_checked(at)) {
        Some((before, quoted)) if hidden => {
            let text = quoted.trim_matches('\'').replace('"', "\\\"");
            format!("{before}\"{}\"", escape_invisible(&text, show)).into()
        }
        _ => escape_invisible(line, show),
    }
}

fn show(c: char, out: &mut String) {
    let _ = match u32::from(c) {
        code @ 0..0x100 => write!(out, "\\x{code:02x}"),
        code @ 0x100..0x1_0000 => write!(out, "\\u{code:04x}"),
        code => write!(out, "\\U{code:08x}"),
    };
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{assert_snapshot, broken, healthy, two};
    use super::*;
    use serde_json::{Value, json};

    fn yaml<T: Serialize>(value: &T) -> String {
        let mut out = Vec::new();
        document(value, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn is_the_json_document() {
        for report in [broken(), healthy(), two()] {
            let document = v1::Report::new(&report, &Run::default());
            let text = yaml(&document);
            let read: Value = serde_saphyr::from_str(&text).unwrap();
            assert_eq!(read, serde_json::to_value(&document).unwrap(), "{text}");
        }
        assert_snapshot(
            "report.yaml",
            &yaml(&v1::Report::new(&broken(), &Run::default())).replace(env!("CARGO_PKG_VERSION"), "VERSION"),
        );
    }

    #[test]
    fn a_text_stays_a_text_and_is_harmless() {
        let texts = vec![
            "1",
            "1e3",
            "0x1f",
            "1_000",
            "true",
            "no",
            "null",
            "~",
            "",
            " ",
            "- a",
            "a: b",
            "#",
            "2026-11-23",
            "12:30:45",
            "<<",
            "---",
            "...",
            "\u{1b}[2J",
            "a\u{202e}b",
            "it's\u{202e}\"",
            "\\u{202e}",
            "a\nb",
            "\n",
            "'",
            "\"",
            "\u{e0041}",
            "\u{85}\u{2028}",
            "!!x",
            "%YAML",
            "&a *b",
            "é漢",
            "\u{feff}",
            "\u{fffe}\u{ffff}",
            "'\u{200b}'",
            "\u{200b}",
            "{{",
            "| x",
            "> y",
            "\u{a0}",
        ];
        let value =
            json!({"list": texts, "maps": texts.iter().map(|text| json!({"key": text, "2": [[text]]})).collect::<Vec<_>>()});
        let text = yaml(&value);
        assert_eq!(serde_saphyr::from_str::<Value>(&text).unwrap(), value, "{text}");
        let bad = text.chars().find(|&c| c != '\n' && irsa_doctor_checks::fix::acts_on_terminal(c));
        assert_eq!(bad, None, "{text}");
    }
}
