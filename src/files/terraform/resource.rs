//! The resources of a plan, with what of them is known only later.

use crate::files::defined::later;
use crate::files::place::Spot;
use crate::files::tree::Tree;
use irsa_doctor_checks::snapshot::Observed;
use irsa_doctor_iam::json::Value;
use std::collections::BTreeMap;

/// Modules nested deeper than this are nobody's.
const DEPTH: usize = 64;

/// A resource, or data.
#[derive(Debug, Clone)]
pub(super) struct Resource<'v> {
    /// `module.irsa["a"].aws_iam_role.this[0]`
    pub(super) address: &'v str,
    /// `module.irsa["a"]`; empty for the root module.
    pub(super) module: &'v str,
    /// `aws_iam_role`
    pub(super) kind: &'v str,
    /// `this`
    pub(super) name: &'v str,
    /// Whether it is a resource; else it is data.
    pub(super) is_managed: bool,
    pub(super) values: &'v Value,
    /// What of it is known only later: `true` in the place of a value.
    unknown: Option<&'v Value>,
}

/// All resources of a module and those below it.
pub(super) fn resources<'v>(root: &'v Value, changes: &'v [Value]) -> Vec<Resource<'v>> {
    let unknown =
        changes.iter().filter_map(|change| Some((change.text_of("address")?, change.at(&["change", "after_unknown"])?)));
    let unknown: BTreeMap<&str, &Value> = unknown.collect();
    let mut all = Vec::new();
    let mut modules = vec![(root, 0)];
    while let Some((module, depth)) = modules.pop() {
        for resource in module.items_of("resources") {
            let text = |key: &str| resource.text_of(key);
            if let (Some(address), Some(kind), Some(name), Some(values)) =
                (text("address"), text("type"), text("name"), resource.get("values"))
            {
                let module = module.text_of("address").unwrap_or_default();
                let is_managed = text("mode") != Some("data");
                let unknown = unknown.get(address).copied();
                all.push(Resource { address, module, kind, name, is_managed, values, unknown });
            }
        }
        if depth < DEPTH {
            modules.extend(module.items_of("child_modules").iter().map(|child| (child, depth + 1)));
        }
    }
    all.sort_by(|one, other| one.address.cmp(other.address));
    all
}

impl<'v> Resource<'v> {
    /// Its place in the file.
    pub(super) fn spot(&self, file: usize) -> Spot {
        Spot::new(file, self.values, Some(self.address))
    }

    /// A value: not there, known, or known only later.
    pub(super) fn value(&self, key: &str) -> Observed<&'v Value> {
        let value = self.values.get(key).filter(|value| value.node != irsa_doctor_iam::json::Node::Null);
        match value {
            Some(value) => Observed::Present(value),
            None if self.is_later(&[key]) => Observed::Unavailable(later(format!("{key} of {}", self.address), self.address)),
            None => Observed::Absent,
        }
    }

    /// A text: not there (or empty), known, or known only later.
    pub(super) fn text(&self, key: &str) -> Observed<String> {
        match self.value(key) {
            Observed::Present(value) => match value.text().filter(|text| !text.is_empty()) {
                Some(text) => Observed::Present(text.to_owned()),
                None => Observed::Absent,
            },
            Observed::Absent => Observed::Absent,
            Observed::Unavailable(gap) => Observed::Unavailable(gap),
        }
    }

    /// Whether what is there, in a block of one or in the whole, is known only later.
    pub(super) fn is_later(&self, path: &[&str]) -> bool {
        let mut here = self.unknown;
        for key in path {
            here = here.and_then(|value| if value.items().len() == 1 { value.items().first() } else { Some(value) });
            if here.is_some_and(Tree::is_true) {
                return true;
            }
            here = here.and_then(|value| value.get(key));
        }
        here.is_some_and(Tree::is_true)
    }

    /// Whether an item of a list, or something in it, is known only later.
    pub(super) fn is_item_later(&self, key: &str, at: usize) -> bool {
        let item = self.unknown.and_then(|unknown| unknown.get(key)?.items().get(at));
        item.is_some_and(|item| item.is_true() || item.members().iter().any(|member| member.value.is_true()))
    }

    /// Its own index among those of its name: `["a"]` of `aws_iam_role.this["a"]`.
    pub(super) fn index(&self) -> &'v str {
        let last = self.address.strip_prefix(self.module).unwrap_or(self.address);
        last.find('[').and_then(|at| last.get(at..)).unwrap_or_default()
    }
}

/// An address without the indexes in it: `module.irsa.aws_iam_role.this`.
pub(super) fn without_indexes(address: &str) -> String {
    let mut plain = String::with_capacity(address.len());
    let (mut depth, mut in_quotes, mut escaped) = (0_usize, false, false);
    for c in address.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_quotes => escaped = true,
            '"' if depth > 0 => in_quotes = !in_quotes,
            '[' if !in_quotes => depth += 1,
            ']' if !in_quotes => depth = depth.saturating_sub(1),
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_indexes() {
        assert_eq!(without_indexes(r#"module.a["x.y]\"["].aws_iam_role.this[0]"#), "module.a.aws_iam_role.this");
        assert_eq!(without_indexes("aws_iam_role.this"), "aws_iam_role.this");
    }
}
