//! One word as a shell reads it back, whatever stands in it.

use std::fmt::Write as _;

/// Quotes one word for every POSIX shell (dash, bash, ksh, zsh, busybox).
///
/// A word that a shell could read in any other way is put in single quotes. Characters that a terminal could act on
/// while pasting are written as octal escapes that the shell's own `printf` undoes: `$'...'` would be shorter, but dash
/// and older POSIX shells don't know it.
/// <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/printf.html>
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && !word.starts_with('=') && !word.starts_with('~') && word.chars().all(plain) {
        return word.to_owned();
    }
    // The newlines of a JSON document are its layout, and fine in single quotes. In any other word a newline could
    // begin a line that looks like one of ours.
    let is_document = || serde_json::from_str::<serde::de::IgnoredAny>(word).is_ok();
    let hidden = |c: char| acts_on_terminal(c) && c != '\n';
    if !word.contains(hidden) && (!word.contains('\n') || is_document()) {
        return single(word);
    }
    // A command substitution drops the newlines at its end.
    let body = word.trim_end_matches('\n');
    let newlines = word.get(body.len()..).unwrap_or_default();
    let printed = if body.is_empty() { String::new() } else { format!("\"$(printf '{}')\"", printf_format(body)) };
    if newlines.is_empty() { printed } else { printed + &single(newlines) }
}

fn single(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A format for `printf` that prints exactly this; fit to stand in single quotes inside double ones.
fn printf_format(text: &str) -> String {
    let mut format = String::with_capacity(text.len() + 16);
    for (at, c) in text.char_indices() {
        match c {
            '%' => format.push_str("%%"),
            '\\' => format.push_str("\\\\"),
            // Bash looks for its history's `!` inside double quotes too; a format that begins with `-` is an option.
            '\'' | '!' => octal(c, &mut format),
            '-' if at == 0 => octal(c, &mut format),
            '\n' => format.push_str("\\n"),
            c if acts_on_terminal(c) => octal(c, &mut format),
            c => format.push(c),
        }
    }
    format
}

fn octal(c: char, out: &mut String) {
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        let _ = write!(out, "\\{byte:03o}");
    }
}

/// Control characters, and the marks that turn text around, break lines, hide it or have no width.
/// <https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing>
pub fn acts_on_terminal(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_a_shell_would_read() {
        assert_eq!(quote("arn:aws:iam::123456789012:role/a"), "arn:aws:iam::123456789012:role/a");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("a b"), "'a b'");
        assert_eq!(quote("$(rm -rf /)'"), r"'$(rm -rf /)'\'''");
        assert_eq!(quote("a!b"), "'a!b'");
        assert_eq!(quote("~root"), "'~root'");
        assert_eq!(quote("{\n \"a\": 1\n}"), "'{\n \"a\": 1\n}'", "a document keeps its layout");
    }

    #[test]
    fn what_a_terminal_would_act_on_is_never_sent() {
        assert_eq!(quote("a\u{1b}[2Jb'c"), r#""$(printf 'a\033[2Jb\047c')""#);
        assert_eq!(quote("a\u{202e}b"), r#""$(printf 'a\342\200\256b')""#);
        assert_eq!(quote("a\nverdict: healthy"), r#""$(printf 'a\nverdict: healthy')""#);
        assert_eq!(quote("-\t100%\\!"), r#""$(printf '\055\011100%%\\\041')""#);
        assert_eq!(quote("a-b\t"), r#""$(printf 'a-b\011')""#, "only at the beginning it could be an option");
        assert_eq!(quote("a\n\n"), "\"$(printf 'a')\"'\n\n'", "a substitution drops what it ends with");
        assert_eq!(quote("\n"), "'\n'");
    }
}
