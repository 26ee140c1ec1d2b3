//! A text made readable, and the words that wrapping tore apart.

use super::*;

#[test]
fn what_acts_on_a_terminal_is_left_out() {
    assert_eq!(Text::new("a\u{7}b\u{202e}c\u{200b}\u{1b}[31md\te").plain, "abcd e");
}

#[test]
fn the_escapes_of_json_are_undone() {
    assert_eq!(Text::new(r"\u003cCode\u003eAccess\u0020Denied").plain, "<Code>Access Denied");
    assert_eq!(Text::new(r#"a\nb\tc\/d\"e"#).plain, "a\nb c/d\"e");
    assert_eq!(Text::new(r"\u00zz\u00").plain, r"\u00zz\u00");
}

/// The token at `arn` in a line of this many columns, below one of 60.
fn token(columns: usize, next: &str) -> String {
    let name = "b".repeat(columns - "on arn:".len());
    let text = Text::new(&format!("{}\non arn:{name}\n{next}\nend", "x ".repeat(30)));
    text.token(text.low.find("arn:").unwrap())
}

#[test]
fn a_word_goes_on_below_a_line_that_is_full() {
    let (full, shorter) = (format!("arn:{}", "b".repeat(53)), format!("arn:{}", "b".repeat(52)));
    assert_eq!(token(60, "next word"), format!("{full}next"));
    assert_eq!(token(60, "next</Message>"), format!("{full}next"));
    assert_eq!(token(60, "[INFO] the log goes on"), full);
    assert_eq!(token(59, "next word"), shorter);
    assert_eq!(Text::new("[x] y").token(0), "[x]");
}

#[test]
fn short_lines_were_not_wrapped() {
    assert_eq!(Text::new("arn:b\nnext").token(0), "arn:b");
}

#[test]
fn a_word_that_is_too_long_for_a_name_shows_it() {
    // Cut to a name's length it could be taken for one.
    let text = Text::new(&format!("{}\n", "b".repeat(64)).repeat(40));
    assert_eq!(text.token(0).len(), 64 * 33);
}
