//! Untrusted text as HTML. All text goes through here, ours too: nobody has to know which is which.

use crate::report::escape::show;
use crate::report::{escape, escape_invisible};
use std::fmt::{self, Display, Formatter, Write as _};

/// Text fit for an element and for a quoted attribute, in one line; a very long one is cut, and says so.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        entities(&escape(self.0), out)
    }
}

/// Text to copy: whole, with its lines.
pub(super) struct Whole<'a>(pub(super) &'a str);

impl Display for Whole<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for (index, line) in self.0.split('\n').enumerate() {
            if index > 0 {
                out.write_char('\n')?;
            }
            entities(&escape_invisible(line, show), out)?;
        }
        Ok(())
    }
}

/// The characters that mean something to a parser, in text or in an attribute.
/// <https://html.spec.whatwg.org/multipage/parsing.html#data-state>
fn entities(text: &str, out: &mut Formatter<'_>) -> fmt::Result {
    for part in text.split_inclusive(['&', '<', '>', '"', '\'']) {
        let plain = part.trim_end_matches(['&', '<', '>', '"', '\'']);
        out.write_str(plain)?;
        match part.get(plain.len()..) {
            Some("&") => out.write_str("&amp;")?,
            Some("<") => out.write_str("&lt;")?,
            Some(">") => out.write_str("&gt;")?,
            Some("\"") => out.write_str("&quot;")?,
            Some("'") => out.write_str("&#39;")?,
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_that_a_parser_acts_on() {
        for (text, shown) in [
            ("plain é 漢", "plain é 漢"),
            ("<b a='1' c=\"2\">&amp;", "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;amp;"),
            ("a\nb\u{1b}[2J\u{202e}\0", "a\\nb\\x1b[2J\\u{202e}\\x00"),
            ("&&", "&amp;&amp;"),
            ("", ""),
        ] {
            assert_eq!(Escaped(text).to_string(), shown);
        }
        assert!(Escaped(&"<".repeat(1 << 20)).to_string().len() < 20_000);
        assert_eq!(Whole("a <\n\tb\u{1b}").to_string(), "a &lt;\n\\tb\\x1b");
        assert_eq!(Whole(&"x".repeat(10_000)).to_string().len(), 10_000);
    }
}
