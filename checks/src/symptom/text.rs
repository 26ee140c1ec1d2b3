//! A pasted text made readable: escapes undone, colours and controls out, and a second form without any white space,
//! in which a phrase is found however the text was wrapped.

use crate::fix::acts_on_terminal;
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// The most of a text that is read, in bytes. What an error says stands in its first lines.
pub const LARGEST: usize = 256 * 1024;

/// The longest token that is taken for a name or an ARN; an ARN has at most 2048 characters.
const LONGEST_TOKEN: usize = 2048;

/// A text in three forms.
#[derive(Debug)]
pub(super) struct Text {
    /// Readable: no escapes, no controls but line feeds.
    pub(super) plain: String,
    /// The same without white space.
    pub(super) flat: String,
    /// `flat` with ASCII letters in lower case; the same length.
    pub(super) low: String,
    /// For each byte of `flat`, where it stands in `plain`.
    places: Vec<usize>,
    /// The length of the longest line of `plain`: where hard wraps would be.
    widest: usize,
}

impl Text {
    /// Reads a text.
    pub(super) fn new(pasted: &str) -> Self {
        let mut plain = without_controls(beginning(pasted, LARGEST));
        // An error in JSON in a log line in JSON is escaped twice.
        for _ in 0..3 {
            match unescaped(&plain) {
                Cow::Borrowed(_) => break,
                Cow::Owned(text) => plain = without_controls(&text),
            }
        }
        let plain = without_marks(&without_entities(&plain));
        let (mut flat, mut places) = (String::with_capacity(plain.len()), Vec::with_capacity(plain.len()));
        for (place, c) in plain.char_indices().filter(|(_, c)| !c.is_whitespace()) {
            places.extend(std::iter::repeat_n(place, c.len_utf8()));
            flat.push(c);
        }
        let low = flat.to_ascii_lowercase();
        let widest = plain.lines().map(str::len).max().unwrap_or_default();
        Self { plain, flat, low, places, widest }
    }

    /// Whether the text holds a phrase, given in lower case and without white space.
    pub(super) fn has(&self, phrase: &str) -> bool {
        self.low.contains(phrase)
    }

    /// Whether the text holds any of these phrases.
    pub(super) fn has_any(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.has(phrase))
    }

    /// A part of the text without white space.
    pub(super) fn between(&self, from: usize, to: usize) -> &str {
        self.flat.get(from..to).unwrap_or_default()
    }

    /// The same part as it reads.
    pub(super) fn readable(&self, from: usize, to: usize) -> &str {
        let end = to.checked_sub(1).map_or(0, |last| self.place(last) + 1);
        self.plain.get(self.place(from)..end).unwrap_or_default()
    }

    /// Where a byte of `flat` stands in `plain`.
    pub(super) fn place(&self, flat: usize) -> usize {
        self.places.get(flat).copied().unwrap_or(self.plain.len())
    }

    /// The word that begins at a byte of `flat`: up to a blank, or to the end of a line that wasn't wrapped there.
    pub(super) fn token(&self, flat: usize) -> String {
        let start = self.place(flat);
        let rest = self.plain.get(start..).unwrap_or_default();
        let begin_of_line = self.plain.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let mut token = String::new();
        let mut column = start - begin_of_line;
        for line in rest.split('\n') {
            let word = line.split(char::is_whitespace).next().unwrap_or_default();
            // The next line of a log, and the end of an element, are no part of a name.
            if !token.is_empty() && word.starts_with('[') {
                break;
            }
            let word = word.split('<').next().unwrap_or_default();
            token.push_str(word);
            // So far to the right only the end of a line is.
            let goes_on = self.widest >= 40 && column + word.len() >= self.widest;
            if !goes_on || token.len() > LONGEST_TOKEN {
                break;
            }
            column = 0;
        }
        token
    }
}

/// The beginning of a text: at most this many bytes, up to a character's end.
pub(super) fn beginning(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default()
}

/// Colours, in any notation, and other control sequences of terminals.
static SEQUENCE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:\x1b|\^\[|\\x1b|\\u001[bB]|\\033|#033)(?:\[[0-9;?]*[A-Za-z]|\][^\x07\x1b\n]{0,200}(?:\x07|\x1b\\))").ok()
});

/// Without control sequences and controls; line feeds stay, and every other kind of blank is one.
fn without_controls(text: &str) -> String {
    let text = match &*SEQUENCE {
        Some(pattern) => pattern.replace_all(text, ""),
        None => Cow::Borrowed(text),
    };
    let text = text.replace("\r\n", "\n");
    text.chars().filter_map(readable).collect()
}

fn readable(c: char) -> Option<char> {
    match c {
        '\n' | '\r' => Some('\n'),
        '\t' | '\u{a0}' => Some(' '),
        c if acts_on_terminal(c) => None,
        c => Some(c),
    }
}

/// With the escapes of JSON and of Go's `%q` undone; borrowed where there are none.
fn unescaped(text: &str) -> Cow<'_, str> {
    let is_escaped = ["\\n", "\\t", "\\\"", "\\u00", "\\/"].iter().any(|escape| text.contains(escape));
    if !is_escaped {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, after) = rest.split_at(at);
        plain.push_str(before);
        rest = escape(after, &mut plain);
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// Writes what the escape at the beginning of a text stands for; gives what follows it.
fn escape<'a>(text: &'a str, plain: &mut String) -> &'a str {
    let mut chars = text.chars();
    chars.next();
    let meant = match chars.next() {
        Some('n' | 'r') => Some('\n'),
        Some('t') => Some(' '),
        Some(c @ ('"' | '\\' | '/' | '\'')) => Some(c),
        Some('u') => {
            let code = chars.as_str().get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
            if let Some(c) = code.and_then(char::from_u32) {
                plain.push(c);
                return chars.as_str().get(4..).unwrap_or_default();
            }
            None
        }
        _ => None,
    };
    if let Some(c) = meant {
        plain.push(c);
        return chars.as_str();
    }
    plain.push('\\');
    text.get(1..).unwrap_or_default()
}

/// With the entities of XML and HTML undone.
fn without_entities(text: &str) -> String {
    const ENTITIES: [(&str, &str); 9] = [
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&#xA;", "\n"),
        ("&#10;", "\n"),
        ("&amp;", "&"),
    ];
    if !text.contains('&') {
        return text.to_owned();
    }
    // A body that was escaped once more for a page.
    let once = |text: String| ENTITIES.iter().fold(text, |text, (entity, meant)| text.replace(entity, meant));
    once(once(text.to_owned()))
}

/// Marks of quotation, and the frames of Terraform and of terminal programs, at the beginning of lines.
static MARK: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?m)^(?:[ ]*(?:>|│|┃|\|)+)+[ ]?").ok());

fn without_marks(text: &str) -> String {
    match &*MARK {
        Some(pattern) => pattern.replace_all(text, "").into_owned(),
        None => text.to_owned(),
    }
}
