//! Which words are names: those that stand where names stand, and are nobody's common words.

use crate::snapshot::Snapshot;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Words that nobody is known by, in lower case: AWS' and Kubernetes' own, and those that a snapshot's format has.
static COMMON: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let mut words: BTreeSet<String> = include_str!("vocabulary.txt").split_whitespace().map(str::to_owned).collect();
    format_words(schemars::schema_for!(Snapshot).as_value(), &mut words);
    words
});

/// The words of a schema: how members are called, and the values of those that take only certain ones.
fn format_words(schema: &Value, words: &mut BTreeSet<String>) {
    let mut add = |text: &str| words.extend(split(text).map(str::to_lowercase));
    match schema {
        Value::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value) {
                    ("properties", Value::Object(properties)) => properties.keys().for_each(|name| add(name)),
                    ("enum", Value::Array(values)) => values.iter().filter_map(Value::as_str).for_each(&mut add),
                    ("const", Value::String(value)) => add(value),
                    _ => {}
                }
            }
            members.values().for_each(|value| format_words(value, words));
        }
        Value::Array(items) => items.iter().for_each(|item| format_words(item, words)),
        _ => {}
    }
}

fn split(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 1)
}

/// The same without those that a wildcard cuts off: they are beginnings of words, or nothing.
fn whole(name: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '*' | '?');
    let words = name.split(move |c: char| !is_part(c)).map(|word| word.split(['*', '?']).next_back().unwrap_or_default());
    words.filter(|word| word.chars().count() > 1)
}

/// Members whose values are names.
const NAME_MEMBERS: &[&str] = &[
    "account",
    "by",
    "cluster",
    "container",
    "context",
    "external_id",
    "from",
    "generateName",
    "image",
    "name",
    "namespace",
    "nodeName",
    "path",
    "profile",
    "providerID",
    "role",
    "role_session_name",
    "server",
    "serviceAccount",
    "serviceAccountName",
    "service_account",
    "session",
    "subject",
    "user",
    "username",
];
/// Members whose own members are named by users, and have values that are theirs.
const NAMED_MEMBERS: &[&str] = &["labels", "matchLabels", "tags", "context_tags"];
/// Members that are maps from names.
const MAP_MEMBERS: &[&str] = &[
    "accounts",
    "associations",
    "callers",
    "clusters",
    "events",
    "inline",
    "namespaces",
    "nodes",
    "pod_lists",
    "pods",
    "policies",
    "providers",
    "resource_policies",
    "roles",
    "service_account_lists",
    "service_accounts",
    "workloads",
];
/// Members that are lists of names.
const LIST_MEMBERS: &[&str] = &["pod_lists", "service_account_lists", "inline_names", "policies", "whole"];

/// Words that are replaced, in lower case.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// The names in a snapshot's document.
    pub(super) fn of(document: &Value) -> Self {
        let mut names = Self::default();
        names.gather(document, "");
        names
    }

    /// Whether a word is one, however it is written.
    pub(super) fn has(&self, word: &str) -> bool {
        self.0.contains(&word.to_lowercase())
    }

    /// All of them.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Takes the names of a document that is the member `member` of another.
    fn gather(&mut self, document: &Value, member: &str) {
        match document {
            Value::String(text) => {
                self.text(text);
                if NAME_MEMBERS.contains(&member) {
                    self.add(text);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.gather(item, member)),
            Value::Object(members) => {
                for (name, value) in members {
                    self.text(name);
                    if MAP_MEMBERS.contains(&member) && !is_observed(name) {
                        self.add(name);
                    }
                    if NAMED_MEMBERS.contains(&member)
                        && let Value::String(text) = value
                    {
                        self.add(text);
                        if !is_well_known(name) {
                            self.add(name);
                        }
                    }
                    // A list by a namespace's name is still one of what the map around it lists.
                    let is_list = MAP_MEMBERS.contains(&member) && LIST_MEMBERS.contains(&member);
                    self.gather(value, if is_observed(name) || is_list { member } else { name });
                }
            }
            _ => {}
        }
        if let (Value::Array(items), true) = (document, LIST_MEMBERS.contains(&member)) {
            items.iter().filter_map(Value::as_str).for_each(|name| self.add(name));
        }
    }

    /// Takes the names that a text gives away by their form: ARNs, subjects, hosts, addresses of mail.
    fn text(&mut self, text: &str) {
        for (at, _) in text.match_indices("arn:") {
            let arn = text.get(at..).unwrap_or_default();
            let arn = arn.split(is_end).next().unwrap_or_default();
            let mut parts = arn.splitn(6, ':').skip(4);
            // AWS' own policies are the same for everybody.
            if let (Some(account), Some(resource)) = (parts.next(), parts.next())
                && account != "aws"
            {
                self.add(resource);
            }
        }
        for marker in ["system:serviceaccount:", "system:serviceaccounts:", "://", "system:node:"] {
            for (at, _) in text.match_indices(marker) {
                let rest = text.get(at + marker.len()..).unwrap_or_default();
                self.add(rest.split(is_end).next().unwrap_or_default());
            }
        }
        for (at, _) in text.match_indices('@') {
            let before = text.get(..at).unwrap_or_default().rsplit(is_end).next().unwrap_or_default();
            let after = text.get(at..).unwrap_or_default().split(is_end).next().unwrap_or_default();
            self.add(before);
            self.add(after);
        }
    }

    /// Whether a word that a wildcard follows is the beginning of a name: else it is that of a word which stays.
    pub(super) fn has_beginning(&self, word: &str) -> bool {
        let word = word.to_lowercase();
        let begins = |set: &BTreeSet<String>| set.range(word.clone()..).next().is_some_and(|next| next.starts_with(&word));
        begins(&self.0) || !begins(&COMMON)
    }

    /// Takes the words of a name.
    fn add(&mut self, name: &str) {
        // What is a name in an ARN is taken out of it as of any text.
        if name.contains("arn:") {
            return;
        }
        for word in whole(name).map(str::to_lowercase) {
            let is_number = word.len() < 10 && word.bytes().all(|byte| byte.is_ascii_digit());
            if !is_number && !COMMON.contains(&word) {
                self.0.insert(word);
            }
        }
    }
}

/// Whether a label's or a tag's key is that of a project which everybody knows.
fn is_well_known(key: &str) -> bool {
    const DOMAINS: &[&str] =
        &["amazonaws.com", "kubernetes.io", "k8s.io", "openshift.io", "istio.io", "helm.sh", "argoproj.io", "fluxcd.io"];
    let domain = key.split_once('/').map(|(domain, _)| domain).unwrap_or_default();
    key.starts_with("aws:") || DOMAINS.iter().any(|known| domain.ends_with(known))
}

/// Where a name in running text is over.
fn is_end(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';' | '(' | ')' | '<' | '>' | '{' | '}' | '[' | ']' | '|')
}

/// How a snapshot writes what was observed: not a name, and what is in it belongs to the member around it.
fn is_observed(name: &str) -> bool {
    matches!(name, "present" | "absent" | "unavailable")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(document: &Value) -> Vec<String> {
        Names::of(document).words().map(str::to_owned).collect()
    }

    #[test]
    fn a_formats_words_are_its_members_and_the_values_that_it_knows() {
        let mut words = BTreeSet::new();
        let schema = json!({
            "title": "Title", "description": "some words",
            "properties": {"trust_policy": {"enum": ["not-asked", 3]}, "x": {"const": "Second"}},
            "anyOf": [{"const": "third"}],
        });
        format_words(&schema, &mut words);
        assert_eq!(words.into_iter().collect::<Vec<_>>(), ["asked", "not", "policy", "second", "third", "trust"]);
    }

    #[test]
    fn names_are_where_names_stand() {
        for (document, wanted) in [
            (json!({"containers": [{"name": "Checkout-a-1", "mode": "fast"}]}), vec!["checkout"]),
            (json!({"pods": {"shop/blue": {"present": {"spec": {"colour": "red"}}}}}), vec!["blue", "shop"]),
            (json!({"inline_names": {"present": ["blue", "green"]}}), vec!["blue", "green"]),
            (json!({"service_account_lists": {"shop": {"present": ["blue"]}}}), vec!["blue", "shop"]),
            (json!({"pod_lists": {"Deployment/shop/web": {"present": ["blue-1"]}}}), vec!["blue", "shop"]),
            (json!({"whole": ["shop"], "halves": ["unlike"]}), vec!["shop"]),
            (json!({"name": "1234567890"}), vec!["1234567890"]),
            (json!({"name": "123456789"}), vec![]),
            (json!({"name": "shop*"}), vec![]),
        ] {
            assert_eq!(names(&document), wanted, "{document}");
        }
    }

    #[test]
    fn a_label_is_a_name_unless_everybody_knows_it() {
        let labels = json!({"labels": {
            "corp.example/tier": "gold", "topology.kubernetes.io/rack": "r42", "aws:autoscaling:fleet": "blue", "plain": "x1",
        }});
        assert_eq!(names(&labels), ["blue", "corp", "gold", "plain", "r42", "tier", "x1"]);
    }

    #[test]
    fn a_text_gives_names_away_by_their_form() {
        for (text, wanted) in [
            (r#"["arn:aws:iam::123456789012:role/blue","green"]"#, vec!["blue"]),
            ("not arn:aws:iam::aws:policy/Famous but arn:aws:s3:::blue/red and more", vec!["blue", "red"]),
            ("to system:serviceaccount:shop:blue, not green", vec!["blue", "shop"]),
            ("system:serviceaccounts:shop", vec!["shop"]),
            ("at https://blue.example:8443/x (down)", vec!["blue"]),
            ("by jörgü@blue.example; yes", vec!["blue", "jörgü"]),
            ("@blue", vec!["blue"]),
            ("nothing at all", vec![]),
        ] {
            assert_eq!(names(&json!({"message": text})), wanted, "{text}");
        }
    }

    #[test]
    fn a_beginning_is_a_names_unless_it_is_only_a_common_words() {
        let names = Names::of(&json!({"name": "serenity"}));
        assert!(names.has_beginning("Seren"), "a name's");
        assert!(names.has_beginning("ser"), "a name's, and that of service, too");
        assert!(names.has_beginning("blu"), "nobody knows whose");
        assert!(!names.has_beginning("Servic"), "of service alone");
    }
}
