//! JSON: one document, indented, with nothing in it that a terminal would act on.

use super::escape_invisible;
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};

/// Writes one document and a newline.
pub(super) fn write<T: Serialize>(document: &T, out: &mut dyn Write) -> io::Result<()> {
    let mut shown = Shown::buffered(out);
    serde_json::to_writer_pretty(&mut shown, document)?;
    end(shown)
}

/// The same in one line.
pub(super) fn line<T: Serialize>(document: &T, out: &mut dyn Write) -> io::Result<()> {
    let mut shown = Shown::buffered(out);
    serde_json::to_writer(&mut shown, document)?;
    end(shown)
}

fn end(mut shown: BufWriter<Shown<'_>>) -> io::Result<()> {
    shown.write_all(b"\n")?;
    shown.flush()
}

/// Lets JSON through as it is written, piece by piece: the report of a large cluster is never held as a text.
struct Shown<'o> {
    out: &'o mut dyn Write,
    /// The first bytes of a character whose others are in the next piece.
    begun: Vec<u8>,
}

impl<'o> Shown<'o> {
    fn buffered(out: &'o mut dyn Write) -> BufWriter<Self> {
        BufWriter::with_capacity(1 << 16, Self { out, begun: Vec::new() })
    }

    /// Outside its strings JSON is plain ASCII whose line ends are its own, and inside of them `\uXXXX` means the same character.
    fn show(&mut self, text: &str) -> io::Result<()> {
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
            return self.out.write_all(text.as_bytes());
        }
        for line in text.split_inclusive('\n') {
            let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
            self.out.write_all(escape_invisible(line, show).as_bytes())?;
            self.out.write_all(end.as_bytes())?;
        }
        Ok(())
    }
}

impl Write for Shown<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let joined;
        let piece = if self.begun.is_empty() {
            bytes
        } else {
            joined = [std::mem::take(&mut self.begun).as_slice(), bytes].concat();
            &joined
        };
        match std::str::from_utf8(piece) {
            Ok(text) => self.show(text)?,
            Err(error) if error.error_len().is_none() => {
                let (whole, begun) = piece.split_at(error.valid_up_to());
                self.show(std::str::from_utf8(whole).map_err(io::Error::other)?)?;
                self.begun.extend_from_slice(begun);
            }
            Err(error) => return Err(io::Error::other(error)),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
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

    #[test]
    fn a_character_that_is_cut_by_a_piece_is_whole_again() {
        let text = "é漢🦀\u{202e}\n".repeat(40_000);
        for shift in 0..4 {
            let value = vec!["x".repeat(shift), text.clone()];
            let mut out = Vec::new();
            write(&value, &mut out).unwrap();
            let shown = String::from_utf8(out).unwrap();
            assert!(!shown.contains('\u{202e}') && shown.lines().count() == 4);
            assert_eq!(serde_json::from_str::<Vec<String>>(&shown).unwrap(), value);
            let mut out = Vec::new();
            line(&value, &mut out).unwrap();
            assert_eq!(serde_json::from_slice::<Vec<String>>(&out).unwrap(), value);
        }
    }
}
