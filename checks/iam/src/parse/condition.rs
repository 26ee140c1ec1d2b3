use std::collections::BTreeMap;

use super::{At, Parser, place};
use crate::condition::{Base, Compiled, Operator};
use crate::json::{Member, Node, Value, path_index, path_key};
use crate::policy::{Condition, ConditionValue};

impl Parser {
    pub(super) fn conditions(&mut self, at: At<'_>) -> Option<Vec<Condition>> {
        let blocks = self.object(at, "Condition")?;
        self.no_duplicates(at.path, blocks);
        let mut conditions = Vec::new();
        for block in blocks {
            let path = path_key(at.path, &block.key);
            match Operator::parse(&block.key) {
                Ok(operator) => self.block(At { value: &block.value, path: &path }, block, operator, &mut conditions),
                Err(error) => self.error(&path, block.position, error.to_string()),
            }
        }
        Some(conditions)
    }

    /// The keys of one operator.
    fn block(&mut self, at: At<'_>, block: &Member, operator: Operator, conditions: &mut Vec<Condition>) {
        let Some(members) = self.object(at, &block.key) else {
            return;
        };
        self.no_duplicates(at.path, members);
        let mut lower: BTreeMap<String, &str> = BTreeMap::new();
        for member in members {
            let path = path_key(at.path, &member.key);
            if member.key.is_empty() {
                self.error(&path, member.position, "a condition key is empty");
            }
            // Keys are case-insensitive, so these two are one, twice; both have to hold.
            let key_lower = member.key.to_ascii_lowercase();
            let first = lower.insert(key_lower.clone(), &member.key);
            if let Some(first) = first.filter(|first| *first != member.key) {
                let message = format!("the condition key `{}` is `{first}` in another case", member.key);
                self.warn(place(path.clone(), member.position), message);
            }
            let (values, list) = self.values(At { value: &member.value, path: &path }, operator.base);
            conditions.push(Condition {
                operator,
                operator_text: block.key.clone(),
                key: member.key.clone(),
                values,
                list,
                place: place(path, member.position),
                key_lower,
            });
        }
    }

    /// A scalar or a list of scalars. An empty list is legal here and matches nothing.
    fn values(&mut self, at: At<'_>, base: Base) -> (Vec<ConditionValue>, bool) {
        if let Node::Array(items) = &at.value.node {
            if items.is_empty() {
                self.warn(at.place(), "the condition has no values, so it can't match".to_owned());
            }
            let values = items.iter().enumerate().filter_map(|(index, value)| {
                let path = path_index(at.path, index);
                self.value(At { value, path: &path }, base)
            });
            return (values.collect(), true);
        }
        (self.value(at, base).into_iter().collect(), false)
    }

    fn value(&mut self, at: At<'_>, base: Base) -> Option<ConditionValue> {
        let Some((text, quoted)) = scalar(at.value) else {
            let kind = at.value.kind();
            self.wrong(at, format!("a condition's value must be a string, number or boolean, not {kind}"));
            return None;
        };
        let compiled = Compiled::new(base, &text, self.variables);
        if !compiled.is_well_typed() {
            self.warn(at.place(), format!("`{text}` can't be compared by {}", base.name()));
        }
        Some(ConditionValue { text, quoted, place: at.place(), compiled })
    }
}

/// The text of a string, number or boolean, and whether it was a string.
fn scalar(value: &Value) -> Option<(String, bool)> {
    match &value.node {
        Node::String(text) => Some((text.clone(), true)),
        Node::Number(text) => Some((text.clone(), false)),
        Node::Bool(value) => Some((value.to_string(), false)),
        Node::Null | Node::Array(_) | Node::Object(_) => None,
    }
}
