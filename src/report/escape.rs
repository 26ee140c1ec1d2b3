//! The one place where untrusted text is made harmless for a terminal.

use irsa_doctor_checks::fix::acts_on_terminal;
use std::borrow::Cow;
use std::fmt::Write as _;

/// A value longer than this is cut in a table: nobody reads on, and it may be a mebibyte.
const LONGEST: usize = 4096;

/// Shows what a terminal would act on or hide: control characters (newlines too), and the marks that turn text around
/// or have no width. A value that is very long is cut, and says so.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST) {
        None => escape_invisible(text, show),
        Some((end, _)) => {
            let (kept, rest) = text.split_at(end);
            let mut cut = escape_invisible(kept, show).into_owned();
            let _ = write!(cut, " ... ({} more characters)", rest.chars().count());
            Cow::Owned(cut)
        }
    }
}

/// Replaces each character that a terminal would act on with what `show` writes for it.
pub(crate) fn escape_invisible(text: &str, show: impl Fn(char, &mut String)) -> Cow<'_, str> {
    if !text.contains(acts_on_terminal) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts_on_terminal(c) { show(c, &mut shown) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// As programmers write it: `\n`, `\x1b`, `\u{202e}`.
pub(super) fn show(c: char, out: &mut String) {
    let _ = match c {
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        c if u32::from(c) < 0x100 => write!(out, "\\x{:02x}", u32::from(c)),
        c => write!(out, "\\u{{{:x}}}", u32::from(c)),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_a_terminal_would_act_on() {
        for (text, shown) in [
            ("plain é 漢", "plain é 漢"),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\u{1b}[31mred", "\\x1b[31mred"),
            ("\u{9b}31m\u{7f}\0", "\\x9b31m\\x7f\\x00"),
            ("\u{202e}olleh\u{2066}\u{200b}\u{feff}\u{ad}\u{61c}", "\\u{202e}olleh\\u{2066}\\u{200b}\\u{feff}\\xad\\u{61c}"),
            ("\u{2028}\u{e0041}\u{fff9}\u{180e}", "\\u{2028}\\u{e0041}\\u{fff9}\\u{180e}"),
        ] {
            assert_eq!(escape(text), shown);
        }
    }

    #[test]
    fn cuts_what_nobody_reads() {
        let long = "é".repeat(1 << 20);
        let shown = escape(&long);
        assert!(shown.len() < 9000 && shown.ends_with("(1044480 more characters)"), "{}", shown.len());
    }
}
