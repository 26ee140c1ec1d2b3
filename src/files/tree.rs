//! Documents with the places of their values, whether they are written in JSON or in YAML.

mod path;
mod yaml;

pub(super) use path::{Step, steps};

use irsa_doctor_iam::json::{self, Limits, Node, Position, Value};
use std::collections::BTreeMap;

/// The largest file that is read.
pub(super) const LARGEST: usize = 256 << 20;
/// Deeper than this nothing is nested that is meant.
const DEPTH: usize = 128;

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// The documents in a text: one of JSON, any number of YAML.
///
/// # Errors
///
/// The first place where it is neither.
pub(super) fn documents(text: &str) -> Result<Vec<Value>, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // JSON is read as what it is: plans have megabytes of it. What only looks like it is YAML in flow style.
    let is_json = text.trim_start().starts_with(['{', '[']);
    match is_json.then(|| json::read(text, Limits { bytes: LARGEST, depth: DEPTH })) {
        Some(Ok(value)) => Ok(vec![value]),
        Some(Err(error)) => yaml::documents(text, DEPTH).map_err(|_| Problem {
            message: error.message,
            line: error.position.line,
            column: error.position.column,
        }),
        None => yaml::documents(text, DEPTH),
    }
}

/// What is asked of a value.
pub(super) trait Tree {
    /// A member of an object; of two with one name the last, as most readers have it.
    fn get(&self, key: &str) -> Option<&Value>;
    /// A member further down, by its keys.
    fn at(&self, keys: &[&str]) -> Option<&Value>;
    /// A string's text.
    fn text(&self) -> Option<&str>;
    /// A member's text.
    fn text_of(&self, key: &str) -> Option<&str>;
    /// The items of a list; of anything else none.
    fn items(&self) -> &[Value];
    /// The items of a member that is a list.
    fn items_of(&self, key: &str) -> &[Value];
    /// The texts among the items of a member that is a list.
    fn texts_of(&self, key: &str) -> Vec<String>;
    /// The texts among the members of an object, by their keys.
    fn texts(&self) -> BTreeMap<String, String>;
    /// The members of an object, in order; of anything else none.
    fn members(&self) -> &[json::Member];
    /// Whether it is `true`.
    fn is_true(&self) -> bool;
    /// The same for serde, without what is null: to Kubernetes that is not there.
    fn plain(&self) -> serde_json::Value;
}

impl Tree for Value {
    fn get(&self, key: &str) -> Option<&Value> {
        member(self, key).map(|(value, _)| value)
    }

    fn at(&self, keys: &[&str]) -> Option<&Value> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    fn text(&self) -> Option<&str> {
        match &self.node {
            Node::String(text) => Some(text),
            _ => None,
        }
    }

    fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    fn items(&self) -> &[Value] {
        match &self.node {
            Node::Array(items) => items,
            _ => &[],
        }
    }

    fn items_of(&self, key: &str) -> &[Value] {
        self.get(key).map(Tree::items).unwrap_or_default()
    }

    fn texts_of(&self, key: &str) -> Vec<String> {
        self.items_of(key).iter().filter_map(Tree::text).map(str::to_owned).collect()
    }

    fn texts(&self) -> BTreeMap<String, String> {
        self.members().iter().filter_map(|member| Some((member.key.clone(), member.value.text()?.to_owned()))).collect()
    }

    fn members(&self) -> &[json::Member] {
        match &self.node {
            Node::Object(members) => members,
            _ => &[],
        }
    }

    fn is_true(&self) -> bool {
        self.node == Node::Bool(true)
    }

    fn plain(&self) -> serde_json::Value {
        match &self.node {
            Node::Null => serde_json::Value::Null,
            Node::Bool(value) => (*value).into(),
            Node::Number(text) => {
                let number = text.parse::<i64>().ok().map(Into::into);
                number.or_else(|| text.parse::<serde_json::Number>().ok()).map_or_else(|| text.as_str().into(), Into::into)
            }
            Node::String(text) => text.as_str().into(),
            Node::Array(items) => items.iter().map(Tree::plain).collect(),
            Node::Object(members) => {
                let kept = members.iter().filter(|member| member.value.node != Node::Null);
                serde_json::Value::Object(kept.map(|member| (member.key.clone(), member.value.plain())).collect())
            }
        }
    }
}

/// How far a path leads into a value, and whether to its end: the last place on it that is there. A member's place is
/// that of its key. A list of one stands for its only item where a key is asked of it: Terraform writes blocks so.
pub(super) fn place(value: &Value, path: &str) -> Position {
    let (mut here, mut position) = (value, value.position);
    for step in steps(path) {
        let next = match (&step, &here.node) {
            (Step::Key(key), Node::Array(only)) if only.len() == 1 => only.first().and_then(|only| member(only, key)),
            (Step::Key(key), _) => member(here, key),
            (Step::Index(index), _) => here.items().get(*index).map(|item| (item, item.position)),
        };
        let Some((value, at)) = next else { break };
        (here, position) = (value, at);
    }
    position
}

fn member<'v>(value: &'v Value, key: &str) -> Option<(&'v Value, Position)> {
    value.members().iter().rev().find(|member| member.key == key).map(|member| (&member.value, member.position))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, path: &str) -> (u32, u32) {
        let documents = documents(text).unwrap();
        let position = place(&documents[0], path);
        (position.line, position.column)
    }

    #[test]
    fn a_path_leads_to_the_line_of_its_key() {
        let yaml = "apiVersion: v1\nmetadata:\n  annotations:\n    a.b/c: x\nlist:\n- one: 1\n- two: 2\n";
        assert_eq!(at(yaml, "$['metadata']['annotations']['a.b/c']"), (4, 5));
        assert_eq!(at(yaml, "$['list'][1]['two']"), (7, 3));
        assert_eq!(at(yaml, "$['metadata']['labels']['x']"), (2, 1), "as far as it leads");
        assert_eq!(at(yaml, "$"), (1, 1));
        let json = "{\n  \"Statement\": [\n    {\"Effect\": \"Allow\"}\n  ]\n}";
        assert_eq!(at(json, "$['Statement'][0]['Effect']"), (3, 6));
        assert_eq!(at("{\"metadata\": [{\"name\": \"x\"}]}", "$['metadata']['name']"), (1, 16), "a block of Terraform's");
    }

    #[test]
    fn what_is_neither_says_where() {
        for (text, line) in [("{\"a\": 1]", 1), ("a: b\n  c: d\n", 2), ("a: [1\n", 1), ("a: &x 1\nb: *y\n", 2)] {
            let problem = documents(text).unwrap_err();
            assert_eq!(problem.line, line, "{text}: {problem:?}");
            assert!(!problem.message.is_empty() && !problem.message.contains('\n'), "{problem:?}");
        }
        assert!(documents(&"[".repeat(100_000)).unwrap_err().message.contains("nested"));
    }

    #[test]
    fn yaml_is_taken_as_kubernetes_takes_it() {
        let text = "a: 1\nb: '1'\nc: true\nd: \"true\"\ne: ~\nf:\ng: 0x10\nh: |\n  {\"x\": 1}\ni: &i {k: v}\nj: *i\nk:\n  <<: *i\n  l: m\n--- \nsecond: 2\n---\n";
        let documents = documents(text).unwrap();
        assert_eq!(
            documents[0].plain(),
            serde_json::json!({"a": 1, "b": "1", "c": true, "d": "true", "g": 16, "h": "{\"x\": 1}\n", "i": {"k": "v"}, "j": {"k": "v"}, "k": {"k": "v", "l": "m"}})
        );
        assert_eq!(documents[1].plain(), serde_json::json!({"second": 2}));
    }

    #[test]
    fn yaml_has_more_numbers_and_truths_than_json() {
        let text = "[0444, 0o444, 1_000, 0b11, yes, Off, 0899, 012345678901, 0444x, _1, 'no', 1-2, y]";
        let plain = documents(text).unwrap()[0].plain();
        let wanted = serde_json::json!([292, 292, 1000, 3, true, false, "0899", "012345678901", "0444x", "_1", "no", "1-2", "y"]);
        assert_eq!(plain, wanted);
    }
}
