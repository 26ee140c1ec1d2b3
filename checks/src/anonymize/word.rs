//! A word and what stands in its place.

use super::collect::Names;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};

/// What the substitutes hang on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key([u64; 2]);

impl Key {
    pub(super) fn new(key: [u64; 2]) -> Self {
        Self(key)
    }

    /// A number that nobody can tell without the key.
    fn number(self, of: &str, place: usize) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.0, of, place).hash(&mut hasher);
        hasher.finish()
    }
}

/// The words that are replaced, with the key.
#[derive(Debug)]
pub(super) struct Substitutes {
    key: Key,
    names: Names,
}

impl Substitutes {
    pub(super) fn new(key: Key, names: Names) -> Self {
        Self { key, names }
    }

    /// The words that are replaced.
    pub(super) fn words(&self) -> Vec<String> {
        self.names.words().map(str::to_owned).collect()
    }

    /// A text with its names replaced.
    pub(super) fn text(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
            let (word, more) = rest.split_at(end);
            self.word(word, more.starts_with(['*', '?']), &mut out);
            let separators = more.find(char::is_alphanumeric).unwrap_or(more.len());
            let (separators, more) = more.split_at(separators);
            out.push_str(separators);
            rest = more;
        }
        out
    }

    fn word(&self, word: &str, is_cut: bool, out: &mut String) {
        match Kind::of(word) {
            Kind::HexId => by_place(self.key, word, 16, out),
            Kind::LongId => by_place(self.key, word, 36, out),
            Kind::UniqueId => {
                let (prefix, rest) = word.split_at(4);
                out.push_str(prefix);
                shifted(self.key, rest, out);
            }
            Kind::LongNumber => shifted(self.key, word, out),
            Kind::Word if is_cut && word.chars().count() > 1 && self.names.has_beginning(word) => shifted(self.key, word, out),
            Kind::Word if self.names.has(word) => shifted(self.key, word, out),
            Kind::Word => out.push_str(word),
        }
    }
}

/// What a word is by its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// An issuer's id, a certificate's thumbprint, an instance's id.
    HexId,
    /// Something as long that has letters beyond `f`.
    LongId,
    /// `AROAEXAMPLEID`: the unique id of a role, a user or a key.
    UniqueId,
    /// An account, or something of its kind with a digit too many or too few.
    LongNumber,
    /// Anything else.
    Word,
}

impl Kind {
    fn of(word: &str) -> Self {
        let has_digits = word.len() >= 16 && word.bytes().any(|byte| byte.is_ascii_digit());
        let hex = has_digits && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let long = has_digits && word.len() >= 20 && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let unique = ["AROA", "AIDA", "AGPA", "ANPA", "AKIA", "ASIA", "AIPA", "APKA"];
        if word.len() >= 10 && word.bytes().all(|byte| byte.is_ascii_digit()) {
            Self::LongNumber
        } else if hex {
            Self::HexId
        } else if word.len() >= 8 && unique.iter().any(|prefix| word.starts_with(prefix)) {
            Self::UniqueId
        } else if long {
            Self::LongId
        } else {
            Self::Word
        }
    }
}

/// Replaces the digits of an id, to this base, each place by its own measure: ids that differ in one place still do.
fn by_place(key: Key, word: &str, base: u32, out: &mut String) {
    let upper = word.bytes().any(|byte| byte.is_ascii_uppercase());
    for (place, c) in word.chars().enumerate() {
        let shift = u32::try_from(key.number("", place) % u64::from(base)).unwrap_or_default();
        let digit = c.to_digit(base).and_then(|digit| char::from_digit((digit + shift) % base, base)).unwrap_or('0');
        out.push(if upper { digit.to_ascii_uppercase() } else { digit });
    }
}

/// Replaces letters by letters and digits by digits, each by a measure that hangs on all before it: words that begin alike still
/// do, and no letter gives another away.
fn shifted(key: Key, word: &str, out: &mut String) {
    let lower = word.to_lowercase();
    for (place, (at, c)) in word.char_indices().enumerate() {
        let number = key.number(lower.get(..at).unwrap_or(&lower), place + 1);
        out.push(match c {
            'a'..='z' => rotated(c, 'a', 26, number),
            'A'..='Z' => rotated(c, 'A', 26, number),
            '0'..='9' => rotated(c, '0', 10, number),
            // A letter of another script is as telling as any.
            _ => rotated('a', 'a', 26, number),
        });
    }
}

fn rotated(c: char, first: char, count: u32, by: u64) -> char {
    let (c, first) = (u32::from(c), u32::from(first));
    let by = u32::try_from(by % u64::from(count)).unwrap_or_default();
    char::from_u32(first + (c - first + by) % count).unwrap_or('x')
}
