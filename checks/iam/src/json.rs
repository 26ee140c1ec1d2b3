//! A JSON reader that keeps positions.
//!
//! General readers keep the last of two equal keys and forget where things stood. Policies need
//! both: IAM refuses duplicate keys, and a finding points at a line. The reader follows RFC 8259
//! strictly, is bounded in size and depth, and looks at every byte once.

mod reader;

use std::fmt::Write as _;

/// Where a value or a key starts in its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Bytes before it.
    pub offset: usize,
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
}

/// A JSON value with the position of its first byte.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// What it is.
    pub node: Node,
    /// Where it starts.
    pub position: Position,
}

/// The kinds of JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it was written.
    Number(String),
    /// A string, unescaped.
    String(String),
    /// A list.
    Array(Vec<Value>),
    /// An object, in document order, duplicate keys included.
    Object(Vec<Member>),
}

/// A key of an object with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The key, unescaped.
    pub key: String,
    /// Where the key starts.
    pub position: Position,
    /// Its value.
    pub value: Value,
}

/// What keeps a text from being read as JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at line {} column {}", position.line, position.column)]
pub struct JsonError {
    /// What is wrong.
    pub message: String,
    /// Where reading stopped.
    pub position: Position,
}

/// How much the reader takes.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longest document, in bytes.
    pub bytes: usize,
    /// Deepest nesting of lists and objects.
    pub depth: usize,
}

/// Reads one JSON value that fills `text`.
///
/// # Errors
///
/// The first place where `text` isn't JSON (RFC 8259), or where it is longer or nested deeper than
/// `limits` allow.
pub fn read(text: &str, limits: Limits) -> Result<Value, JsonError> {
    reader::read(text, limits)
}

impl Value {
    /// The kind in words, for messages: "a string", "an object" and so on.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.node {
            Node::Null => "null",
            Node::Bool(_) => "a boolean",
            Node::Number(_) => "a number",
            Node::String(_) => "a string",
            Node::Array(_) => "a list",
            Node::Object(_) => "an object",
        }
    }
}

/// Appends the name selector of `key` to an RFC 9535 normalized path.
#[must_use]
pub fn path_key(path: &str, key: &str) -> String {
    let mut out = String::with_capacity(path.len() + key.len() + 4);
    out.push_str(path);
    out.push_str("['");
    for c in key.chars() {
        match c {
            '\'' => out.push_str("\\'"),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if u32::from(c) < 0x20 => {
                // Writing to a String can't fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push_str("']");
    out
}

/// Appends the index selector of `index` to an RFC 9535 normalized path.
#[must_use]
pub fn path_index(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}

/// Writes `text` as a JSON string literal.
pub(crate) fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if u32::from(c) < 0x20 || c == '\u{7f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalized_paths_follow_rfc_9535_table_6() {
        assert_eq!(path_key("$", "a"), "$['a']");
        assert_eq!(path_index("$", 1), "$[1]");
        assert_eq!(path_key("$", "\u{b}"), "$['\\u000b']");
        assert_eq!(path_key("$", "it's"), "$['it\\'s']");
        assert_eq!(path_key("$", "a b"), "$['a b']");
    }

    #[test]
    fn control_characters_are_escaped_and_nothing_else() {
        let mut out = String::new();
        write_string(&mut out, "a b\u{1f}\u{7f}é\"\\");
        assert_eq!(out, r#""a b\u001f\u007fé\"\\""#);
    }
}
