//! A word and what stands in its place.

use super::collect::Names;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher as _};

/// What the substitutes hang on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key([u64; 2]);

impl Key {
    pub(super) fn new(key: [u64; 2]) -> Self {
        Self(key)
    }

    /// A number that nobody can tell without the key.
    fn number(self, of: impl Hash) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.0, of).hash(&mut hasher);
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
        let shift = u32::try_from(key.number(place) % u64::from(base)).unwrap_or_default();
        let digit = c.to_digit(base).and_then(|digit| char::from_digit((digit + shift) % base, base)).unwrap_or('0');
        out.push(if upper { digit.to_ascii_uppercase() } else { digit });
    }
}

/// Replaces letters by letters and digits by digits, each by a measure that hangs on all before it: words that begin alike still
/// do, and no letter gives another away.
fn shifted(key: Key, word: &str, out: &mut String) {
    let lower = word.to_lowercase();
    for (at, c) in word.char_indices() {
        let number = key.number(lower.get(..at).unwrap_or(&lower));
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeSet;

    fn substitutes(names: &[&str]) -> Substitutes {
        Substitutes::new(Key::new([7, 11]), Names::of(&json!({"whole": names})))
    }

    /// Whether two texts differ, and how: in which places.
    fn differing(one: &str, other: &str) -> Vec<usize> {
        assert_eq!(one.len(), other.len());
        one.bytes().zip(other.bytes()).enumerate().filter(|(_, (one, other))| one != other).map(|(place, _)| place).collect()
    }

    #[test]
    fn each_letter_and_each_digit_of_a_name_becomes_another_of_its_kind() {
        for (first, last) in [('a', 'z'), ('A', 'Z'), ('0', '9')] {
            for before in ["Shop", "w", "x1", "web-Y"] {
                let all: Vec<String> = (first..=last).map(|c| format!("{before}{c}pq")).collect();
                let names: Vec<&str> = all.iter().map(String::as_str).collect();
                let substitutes = substitutes(&names);
                let changed = |name: &String| substitutes.text(name).chars().nth(before.len()).unwrap();
                let changed: BTreeSet<char> = all.iter().map(changed).collect();
                assert_eq!(changed, (first..=last).collect(), "no two become one");
            }
        }
    }

    #[test]
    fn words_that_begin_alike_still_do() {
        let substitutes = substitutes(&["checkout", "checkmate"]);
        assert_eq!(substitutes.words(), ["checkmate", "checkout"]);
        let (one, other) = (substitutes.text("Checkout"), substitutes.text("checkmate"));
        assert_ne!(one.to_lowercase(), "checkout");
        assert_eq!(one.get(..5).map(str::to_lowercase).as_deref(), other.get(..5));
        assert_eq!(
            one.chars().map(char::is_uppercase).collect::<Vec<_>>(),
            [true, false, false, false, false, false, false, false]
        );
        for (pattern, length) in [("check*", 5), ("ch?ck*", 2)] {
            assert_eq!(substitutes.text(pattern).get(..length), other.get(..length), "{pattern}");
        }
        for kept in ["check", "c*", "role*", "the role of a service", "serviceaccount:*"] {
            assert_eq!(substitutes.text(kept), kept, "no name, and no beginning of one");
        }
    }

    #[test]
    fn an_id_becomes_another_of_its_kind_whoevers_it_is() {
        let substitutes = substitutes(&[]);
        for id in ["0123456789abcdef", "EXAMPLED539D4633E53DE1B71EXAMPLE", "0123456789ABCDEF0123456789ABCDEF", "1234567890"] {
            let changed = substitutes.text(id);
            assert_ne!(changed, id);
            let kind = |text: &str| {
                let upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
                (text.len(), upper, text.bytes().any(|byte| byte.is_ascii_lowercase()), Kind::of(text))
            };
            assert_eq!(kind(&changed), kind(id), "{changed}");
        }
        let role = substitutes.text("AROAEXAMPLE");
        assert!(role.starts_with("AROA") && role != "AROAEXAMPLE", "what the prefix says stays: {role}");
        assert_eq!(substitutes.text("123456789"), "123456789", "a number, and nobody's account");
    }

    #[test]
    fn ids_that_differ_in_one_place_still_do() {
        let substitutes = substitutes(&[]);
        let id = "0123456789abcdef0123456789abcdef";
        for place in 0..id.len() {
            let with = |digit: char| {
                let changed = id.chars().enumerate().map(|(at, c)| if at == place { digit } else { c });
                substitutes.text(&changed.collect::<String>())
            };
            let all: BTreeSet<String> = "0123456789abcdef".chars().map(with).collect();
            assert_eq!(all.len(), 16, "no two become one");
            assert!(all.iter().all(|one| matches!(differing(one, &with('0')).as_slice(), [] | [_])), "{all:?}");
        }
    }
}
