//! Untrusted text in a label. What isn't a letter, a digit or harmless punctuation is written as a character's number.
//! <https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters>

use crate::report::escape;
use std::fmt::Write as _;

/// A line of a label is cut after so many bytes: a box is no place to read on.
const LONGEST: usize = 240;

/// The text, fit to stand between quotation marks in a chart.
pub(super) fn label(text: &str) -> String {
    // Mermaid itself takes a semicolon off where `style` or `classDef` has a colon and an entity behind it, and a link of what
    // looks like an address.
    let colon = !["style", "classDef", "://"].iter().any(|word| text.contains(word));
    let dot = !text.contains("www.");
    let mut shown = String::new();
    for c in escape(text).chars() {
        if shown.len() >= LONGEST {
            shown.push_str(" ...");
            break;
        }
        let kept = c.is_alphanumeric() || " -,/()=?!+✓✗".contains(c) || (c == ':' && colon) || (c == '.' && dot);
        if kept {
            shown.push(c);
        } else {
            let _ = write!(shown, "#{};", u32::from(c));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mermaid_would_act_on_is_a_number() {
        for (text, shown) in [
            ("✓ it's role a/b-1: (2 of 3).", "✓ it#39;s role a/b-1: (2 of 3)."),
            ("\"];n1[<b>&amp;#x", "#34;#93;#59;n1#91;#60;b#62;#38;amp#59;#35;x"),
            (
                "%%{init} `c` *b* _i_ $$x$$ a@b|c",
                "#37;#37;#123;init#125; #96;c#96; #42;b#42; #95;i#95; #36;#36;x#36;#36; a#64;b#124;c",
            ),
            ("a\nb\u{1b}", "a#92;nb#92;x1b"),
            ("style x:y", "style x#58;y"),
            ("https://www.example.com", "https#58;//www#46;example#46;com"),
        ] {
            assert_eq!(label(text), shown);
        }
        assert!(label(&"<".repeat(9999)).len() < LONGEST + 12);
    }
}
