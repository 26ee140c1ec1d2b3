//! Changes to a JSON document in its text: what isn't changed stays as it is, to the blank.
//!
//! Places are RFC 9535 normalized paths, as findings and policy traces have them.

use irsa_doctor_iam::json::{self, Limits, Member, Node, Value};

/// What is read at most; policies are far smaller.
pub(super) const LIMITS: Limits = Limits { bytes: irsa_doctor_iam::MAX_BYTES, depth: 32 };

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Puts other JSON in the place of a value.
    Replace {
        /// The value.
        path: String,
        /// The JSON text to put there.
        json: String,
    },
    /// Gives a member of an object another key.
    Rename {
        /// The member.
        path: String,
        /// The new key.
        key: String,
    },
    /// Takes a member out of its object.
    Remove {
        /// The member.
        path: String,
    },
    /// Adds a member at the end of an object, or an element at the end of a list.
    Insert {
        /// The object or the list.
        path: String,
        /// The member's key; `None` for a list.
        key: Option<String>,
        /// The JSON text to add.
        json: String,
    },
}

/// Makes changes, one after the other, each in the document that the one before left. `None` if the text isn't JSON
/// or a place isn't there.
pub fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    edits.iter().try_fold(text.to_owned(), |text, edit| apply_one(&text, edit))
}

/// A JSON string literal.
pub fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The text of the value at a path, as it stands in the document.
pub fn value_text<'t>(text: &'t str, path: &str) -> Option<&'t str> {
    let root = json::read(text, LIMITS).ok()?;
    let (value, _) = find(&root, path)?;
    let (start, end) = span(text, value);
    text.get(start..end)
}

/// How a member's colon is written in this document: `": "` or `":"`.
pub fn colon(text: &str) -> &'static str {
    if text.contains("\":\"") || text.contains("\":{") || text.contains("\":[") { ":" } else { ": " }
}

fn apply_one(text: &str, edit: &Edit) -> Option<String> {
    let path = match edit {
        Edit::Replace { path, .. } | Edit::Rename { path, .. } | Edit::Remove { path } | Edit::Insert { path, .. } => path,
    };
    let root = json::read(text, LIMITS).ok()?;
    let (value, parent) = find(&root, path)?;
    match edit {
        Edit::Replace { json, .. } => {
            let (start, end) = span(text, value);
            splice(text, start, end, json)
        }
        Edit::Rename { key, .. } => {
            let (members, index) = parent?;
            let start = members.get(index)?.position.offset;
            splice(text, start, end_of(text, start), &string(key))
        }
        Edit::Remove { .. } => remove(text, parent?),
        Edit::Insert { key, json, .. } => {
            let member = key.as_ref().map_or_else(|| json.clone(), |key| format!("{}{}{json}", string(key), colon(text)));
            insert(text, value, &member)
        }
    }
}

fn remove(text: &str, (members, index): Place<'_>) -> Option<String> {
    let member = members.get(index)?;
    let (_, own_end) = span(text, &member.value);
    let (start, end) = match (index.checked_sub(1).and_then(|before| members.get(before)), members.get(index + 1)) {
        (_, Some(next)) => (member.position.offset, next.position.offset),
        (Some(before), None) => (span(text, &before.value).1, own_end),
        (None, None) => (member.position.offset, own_end),
    };
    splice(text, start, end, "")
}

fn insert(text: &str, container: &Value, new: &str) -> Option<String> {
    let (open, close) = span(text, container);
    let last = match &container.node {
        Node::Array(items) => items.last().map(|last| (last.position.offset, last)),
        Node::Object(members) => members.last().map(|last| (last.position.offset, &last.value)),
        _ => return None,
    };
    let Some((start, value)) = last else { return splice(text, open + 1, close - 1, new) };
    let end = span(text, value).1;
    // A container that stands on several lines goes on as it began: each entry on a line of its own.
    let line = text.get(..start)?.rfind('\n').map(|at| at + 1);
    let indent = line.and_then(|at| text.get(at..start)).filter(|indent| indent.trim().is_empty());
    let separator = match indent {
        Some(indent) => format!(",\n{indent}"),
        None if colon(text) == ":" => ",".to_owned(),
        None => ", ".to_owned(),
    };
    splice(text, end, end, &format!("{separator}{new}"))
}

fn splice(text: &str, start: usize, end: usize, new: &str) -> Option<String> {
    Some(format!("{}{new}{}", text.get(..start)?, text.get(end..)?))
}

/// An object's members, and the index of one of them.
type Place<'v> = (&'v [Member], usize);

/// The value at a normalized path, and, of a member, its object's members and its index among them.
fn find<'v>(root: &'v Value, path: &str) -> Option<(&'v Value, Option<Place<'v>>)> {
    let mut value = root;
    let mut parent = None;
    let mut rest = path.strip_prefix('$')?;
    while !rest.is_empty() {
        let (step, after) = step(rest)?;
        rest = after;
        (value, parent) = match (&value.node, step) {
            (Node::Object(members), Step::Key(key)) => {
                let index = members.iter().position(|member| member.key == key)?;
                (&members.get(index)?.value, Some((members.as_slice(), index)))
            }
            (Node::Array(items), Step::Index(index)) => (items.get(index)?, None),
            _ => return None,
        };
    }
    Some((value, parent))
}

enum Step {
    Key(String),
    Index(usize),
}

/// The first step of what is left of a normalized path, and the rest.
/// <https://www.rfc-editor.org/rfc/rfc9535#section-2.7>
fn step(path: &str) -> Option<(Step, &str)> {
    let inner = path.strip_prefix('[')?;
    let Some(quoted) = inner.strip_prefix('\'') else {
        let (index, rest) = inner.split_once(']')?;
        return Some((Step::Index(index.parse().ok()?), rest));
    };
    let mut key = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' => return Some((Step::Key(key), quoted.get(at + 1..)?.strip_prefix(']')?)),
            '\\' => key.push(match chars.next()?.1 {
                'b' => '\u{8}',
                't' => '\t',
                'n' => '\n',
                'f' => '\u{c}',
                'r' => '\r',
                'u' => {
                    let digits: String = chars.by_ref().take(4).map(|(_, digit)| digit).collect();
                    char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
                }
                other => other,
            }),
            c => key.push(c),
        }
    }
    None
}

fn span(text: &str, value: &Value) -> (usize, usize) {
    let start = value.position.offset;
    (start, end_of(text, start))
}

/// Where the JSON value that begins at an offset ends; the text is known to be JSON.
fn end_of(text: &str, start: usize) -> usize {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate().skip(start) {
        if in_string {
            (in_string, escaped) = (escaped || byte != b'"', !escaped && byte == b'\\');
            if !in_string && depth == 0 {
                return at + 1;
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' | b',' | b' ' | b'\n' | b'\r' | b'\t' if depth == 0 => return at,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRETTY: &str = "{\n  \"a\": {\"k'\\n\": [1, \"x \\\"}\"]},\n  \"b\": [\n    {\"c\": true}\n  ]\n}\n";

    fn one(text: &str, edit: Edit) -> String {
        let new = apply(text, &[edit]).unwrap();
        serde_json::from_str::<serde_json::Value>(&new).unwrap();
        new
    }

    #[test]
    fn a_value_is_replaced_and_nothing_else() {
        let new = one(PRETTY, Edit::Replace { path: r"$['a']['k\'\n'][1]".into(), json: string("y\"") });
        assert_eq!(new, PRETTY.replace("\"x \\\"}\"", "\"y\\\"\""));
        let new = one(PRETTY, Edit::Replace { path: "$['b'][0]['c']".into(), json: "false".into() });
        assert_eq!(new, PRETTY.replace("true", "false"));
    }

    #[test]
    fn a_whole_document_is_replaced() {
        for text in ["7", "\"x\"", "[1]", "{\"a\": [{}]}"] {
            assert_eq!(one(text, Edit::Replace { path: "$".into(), json: "null".into() }), "null", "{text}");
        }
    }

    #[test]
    fn a_key_is_renamed() {
        assert_eq!(one(PRETTY, Edit::Rename { path: "$['b']".into(), key: "z".into() }), PRETTY.replace("\"b\"", "\"z\""));
    }

    #[test]
    fn members_are_removed_with_their_comma() {
        let remove = |text: &str, path: &str| one(text, Edit::Remove { path: path.into() });
        assert_eq!(remove(r#"{"a": 1, "b": 2, "c": 3}"#, "$['a']"), r#"{"b": 2, "c": 3}"#);
        assert_eq!(remove(r#"{"a": 1, "b": 2, "c": 3}"#, "$['b']"), r#"{"a": 1, "c": 3}"#);
        assert_eq!(remove(r#"{"a": 1, "b": 2, "c": 3}"#, "$['c']"), r#"{"a": 1, "b": 2}"#);
        assert_eq!(remove(r#"{"a": 1}"#, "$['a']"), "{}");
    }

    #[test]
    fn entries_are_added_in_the_documents_style() {
        let add = |text: &str, path: &str, key: Option<&str>| {
            one(text, Edit::Insert { path: path.into(), key: key.map(str::to_owned), json: "7".into() })
        };
        assert_eq!(add(PRETTY, "$['b']", None), PRETTY.replace("{\"c\": true}", "{\"c\": true},\n    7"));
        assert_eq!(add(PRETTY, "$", Some("n")), PRETTY.replace("  ]\n}", "  ],\n  \"n\": 7\n}"));
        assert_eq!(add(r#"{"a":["x"]}"#, "$['a']", None), r#"{"a":["x",7]}"#);
        assert_eq!(add(r#"{"a":["x"]}"#, "$", Some("b")), r#"{"a":["x"],"b":7}"#);
        assert_eq!(add(r#"{"a":"x"}"#, "$", Some("b")), r#"{"a":"x","b":7}"#);
        assert_eq!(add(r#"{"a":{}}"#, "$['a']", Some("b")), r#"{"a":{"b":7}}"#);
        assert_eq!(add(r#"{"a": []}"#, "$['a']", None), r#"{"a": [7]}"#);
        assert_eq!(add("[\n{\"a\": 1}\n]", "$[0]", Some("b")), "[\n{\"a\": 1, \"b\": 7}\n]");
        assert_eq!(add(r#"{"a": {"b": 1}}"#, "$['a']", Some("c")), r#"{"a": {"b": 1, "c": 7}}"#);
    }

    #[test]
    fn what_is_not_there_is_not_changed() {
        for (text, path) in [(PRETTY, "$['x']"), (PRETTY, "$['b'][1]"), (PRETTY, "b"), ("{", "$"), (PRETTY, "$['b'")] {
            assert_eq!(apply(text, &[Edit::Replace { path: path.into(), json: "1".into() }]), None, "{path}");
        }
    }

    #[test]
    fn a_values_text_is_found() {
        assert_eq!(value_text(PRETTY, "$['b'][0]"), Some("{\"c\": true}"));
        assert_eq!(value_text(PRETTY, "$['a']['k\\'\\n'][0]"), Some("1"));
    }
}
