//! Explain pages: our own markdown, laid out for a terminal. It knows what the pages use, and prints the rest as it stands.

use super::Look;
use super::page::{Page, Tone};
use std::io::{self, Write};

/// Writes a page.
///
/// # Errors
///
/// The writer's own.
pub(crate) fn write_page(markdown: &str, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(out, look);
    let mut code = false;
    let mut paragraph = String::new();
    let mut indent = 0;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            flush(&mut page, &mut paragraph, indent)?;
            code = !code;
        } else if code {
            page.verbatim(if line.is_empty() { 0 } else { 4 }, line)?;
        } else if let Some(heading) = line.strip_prefix('#') {
            flush(&mut page, &mut paragraph, indent)?;
            page.prose("", 0, heading.trim_start_matches('#').trim(), Tone::Heading)?;
        } else if line.trim().is_empty() {
            flush(&mut page, &mut paragraph, indent)?;
            page.blank()?;
        } else if line.starts_with('|') {
            flush(&mut page, &mut paragraph, indent)?;
            page.verbatim(0, line)?;
        } else if let Some(marker) = item(line) {
            flush(&mut page, &mut paragraph, indent)?;
            indent = marker;
            paragraph.push_str(line.trim_end());
        } else {
            if paragraph.is_empty() {
                indent = line.len() - line.trim_start().len();
            } else {
                paragraph.push(' ');
            }
            paragraph.push_str(if paragraph.is_empty() { line.trim_end() } else { line.trim() });
        }
    }
    flush(&mut page, &mut paragraph, indent)
}

/// How far the text of a list's item is indented.
fn item(line: &str) -> Option<usize> {
    let text = line.trim_start();
    let spaces = line.len() - text.len();
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    if text.starts_with("- ") || text.starts_with("* ") {
        Some(spaces + 2)
    } else if digits > 0 && text.get(digits..).is_some_and(|rest| rest.starts_with(". ")) {
        Some(spaces + digits + 2)
    } else {
        None
    }
}

/// Writes the paragraph; of an item the first line begins with its marker, and the others below its text.
fn flush(page: &mut Page<'_>, paragraph: &mut String, indent: usize) -> io::Result<()> {
    if paragraph.is_empty() {
        return Ok(());
    }
    let (label, text) = paragraph.split_at_checked(indent).unwrap_or(("", paragraph));
    page.prose(label, indent, text, Tone::Plain)?;
    paragraph.clear();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lays_out_what_pages_use() {
        let markdown = "# heading\n\nA paragraph that is\nlong enough to be wrapped.\n\n- an item that is long enough\n  to be wrapped\n- two\n\n```sh\naws iam  get-role --role-name a-very-long-name\n```\n1. one\n";
        let mut out = Vec::new();
        write_page(markdown, Look { width: 30, color: false, unicode: true }, &mut out).unwrap();
        let wanted = "heading\n\nA paragraph that is long\nenough to be wrapped.\n\n- an item that is long enough\n  to be wrapped\n- two\n\n    aws iam  get-role --role-name a-very-long-name\n1. one\n";
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
    }
}
