//! Text in markdown. Plain words stand as they are; every other word stands in a code span, where nothing is a link, an image,
//! a mention, an emoji or HTML.

use crate::report::escape;

/// Untrusted text as prose, in one line; fit for a heading, an item and a cell of a table.
pub(super) fn prose(text: &str) -> String {
    let text = escape(text);
    let mut shown: Vec<String> = Vec::new();
    // Words that need a code span stand in one together, up to a mark of punctuation.
    let mut pending: Vec<&str> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let (lead, core, trail) = parts(word);
        if is_plain(core) && !is_number_of_list(word) {
            end(&mut shown, &mut pending, "");
            shown.push(word.to_owned());
        } else if core.is_empty() {
            pending.push(word);
        } else if lead.is_empty() {
            pending.push(core);
            if !trail.is_empty() {
                end(&mut shown, &mut pending, trail);
            }
        } else {
            end(&mut shown, &mut pending, "");
            shown.push(format!("{lead}{}{trail}", code(core)));
        }
    }
    end(&mut shown, &mut pending, "");
    shown.join(" ")
}

fn end(shown: &mut Vec<String>, pending: &mut Vec<&str>, trail: &str) {
    if !pending.is_empty() {
        shown.push(format!("{}{trail}", code(&pending.join(" "))));
        pending.clear();
    }
}

/// A word without the punctuation of a sentence around it.
fn parts(word: &str) -> (&str, &str, &str) {
    let rest = word.strip_prefix('(').unwrap_or(word);
    let core = rest.trim_end_matches([',', ';', ':', '.', '?', '!', ')']);
    let lead = word.get(..word.len() - rest.len()).unwrap_or_default();
    (lead, core, rest.get(core.len()..).unwrap_or_default())
}

/// Letters, with hyphens and apostrophes among them; or a short number.
fn is_plain(core: &str) -> bool {
    let letters = core.starts_with(char::is_alphabetic)
        && !core.ends_with('-')
        && core.chars().all(|c| c.is_alphabetic() || c == '-' || c == '\'');
    letters || (!core.is_empty() && core.len() <= 6 && core.bytes().all(|byte| byte.is_ascii_digit()))
}

/// "1." and "1)" begin a list where a line begins with them.
fn is_number_of_list(word: &str) -> bool {
    word.strip_suffix(['.', ')']).is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Untrusted text as a code span: with more backticks around than stand inside one after the other.
/// <https://spec.commonmark.org/0.31.2/#code-spans> A bar would end the cell of a table, and is shown as an escape.
pub(super) fn code(text: &str) -> String {
    let text = escape(text).replace('|', "\\x7c");
    let ticks = "`".repeat(longest_run(&text) + 1);
    // One blank at either end is taken off again.
    let pad = if text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// Harmless lines as a block, with a longer fence than any run of backticks inside.
/// <https://spec.commonmark.org/0.31.2/#fenced-code-blocks>
pub(super) fn block(language: &str, text: &str) -> String {
    let fence = "`".repeat((longest_run(text) + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}", text.trim_end_matches('\n'))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_plain_word_is_code() {
        for (text, shown) in [
            ("BROKEN at trust-policy: it's so (really).", "BROKEN at trust-policy: it's so (really)."),
            ("role a1 refuses x:y, too", "role `a1` refuses `x:y`, too"),
            ("@all see www.evil.example or https://x", "`@all` see `www.evil.example` or `https://x`"),
            ("1 of 40 pods", "1 of 40 pods"),
            ("1. no list", "`1`. no list"),
            ("(a1 b) is AWS' (1 of 2): @a, @b c2.", "(`a1` b) is AWS' (1 of 2): `@a`, `@b c2`."),
            ("- # > + * no block", "`- # > + *` no block"),
            ("<img src=x> ![a](b) [c](d) &amp; #12 :joy:", "`<img src=x> ![a](b`) `[c](d`) `&amp`; `#12 :joy`:"),
            ("a`b a``b|c", "```a`b a``b\\x7cc```"),
        ] {
            assert_eq!(prose(text), shown);
        }
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code(""), "`  `");
        assert_eq!(block("sh", "a\n```\nb\n"), "````sh\na\n```\nb\n````");
    }
}
