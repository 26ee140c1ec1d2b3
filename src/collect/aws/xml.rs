//! Whether an answer is the whole of what was sent.

use quick_xml::Reader;
use quick_xml::events::Event;

/// Whether every element that begins ends, under its own name.
///
/// The SDK takes the text before something that is no XML for the element's text, and what it hasn't read by then for
/// nothing: a policy would look cut, and a list shorter than it is.
pub(crate) fn is_well_formed(text: &[u8]) -> bool {
    let mut reader = Reader::from_reader(text);
    let mut open = 0_usize;
    loop {
        match reader.read_event() {
            Ok(Event::Start(_)) => open += 1,
            // The reader holds the names against each other, and refuses an end without a beginning.
            Ok(Event::End(_)) => open -= 1,
            Ok(Event::Eof) => return open == 0,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_ends() {
        for (text, wanted) in [
            ("<a><b>text &amp; more</b><c/></a>", true),
            ("<?xml version=\"1.0\"?>\n<a xmlns=\"b\">\n</a>\n", true),
            ("", true),
            ("<a><b>text</b>", false),
            ("<a><b>text", false),
            ("<a><b>text</a></b>", false),
            ("<a></a></b>", false),
            ("<a><b>te<</}]\"xt</b></a>", false),
            ("<a><b>te", false),
            ("<a><b>text</b></", false),
        ] {
            assert_eq!(is_well_formed(text.as_bytes()), wanted, "{text}");
        }
    }
}
