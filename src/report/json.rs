//! JSON: one document, indented, with nothing in it that a terminal would act on.

use super::escape_invisible;
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Writes one document and a newline.
pub(super) fn write<T: Serialize>(document: &T, out: &mut dyn Write) -> io::Result<()> {
    let text = serde_json::to_string_pretty(document)?;
    // Outside its strings JSON is plain ASCII, and inside them `\uXXXX` means the same character.
    for line in text.lines() {
        out.write_all(escape_invisible(line, show).as_bytes())?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// The same in one line.
pub(super) fn line<T: Serialize>(document: &T, out: &mut dyn Write) -> io::Result<()> {
    let text = serde_json::to_string(document)?;
    out.write_all(escape_invisible(&text, show).as_bytes())?;
    out.write_all(b"\n")
}

/// As JSON writes it inside its strings.
pub(super) fn show(c: char, out: &mut String) {
    let mut units = [0; 2];
    for unit in c.encode_utf16(&mut units) {
        let _ = write!(out, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_a_terminal_would_act_on_and_stays_the_same_document() {
        let hostile = "a\u{1b}[31m\u{9b}2J\u{202e}\u{200b}\u{e0041}\u{7f}é\n\"";
        let mut out = Vec::new();
        write(&vec![hostile], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let raw = text.chars().filter(|c| !c.is_ascii() && *c != 'é').count();
        assert_eq!(raw, 0, "{text}");
        assert!(!text.contains('\u{7f}') && text.contains("\\u202e"), "{text}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).unwrap(), [hostile]);
    }
}
