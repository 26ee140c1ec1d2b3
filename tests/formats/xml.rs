//! JUnit XML held against its schema, as far as that schema goes: which elements, which attributes, and where.

use roxmltree::{Document, Node};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// What the schema says of an element.
#[derive(Default)]
struct Rule {
    children: BTreeSet<String>,
    /// Attributes, and whether each has to be there.
    attributes: BTreeMap<String, bool>,
}

static RULES: LazyLock<BTreeMap<String, Rule>> = LazyLock::new(rules);

/// What is wrong with a document, if anything is.
pub(crate) fn problem(text: &str) -> Option<String> {
    match Document::parse(text) {
        Err(error) => Some(error.to_string()),
        Ok(document) => document.descendants().filter(Node::is_element).find_map(wrong),
    }
}

fn rules() -> BTreeMap<String, Rule> {
    let schema = Document::parse(include_str!("../schema/junit-10.xsd")).unwrap();
    let elements = schema.root_element().children().filter(|node| node.tag_name().name() == "element");
    let rule = |element: Node<'_, '_>| {
        let mut rule = Rule::default();
        for node in element.descendants().skip(1) {
            match (node.tag_name().name(), node.attribute("ref"), node.attribute("name")) {
                ("element", Some(child), _) => {
                    rule.children.insert(child.to_owned());
                }
                ("attribute", _, Some(name)) => {
                    rule.attributes.insert(name.to_owned(), node.attribute("use") == Some("required"));
                }
                _ => {}
            }
        }
        rule
    };
    elements.map(|element| (element.attribute("name").unwrap().to_owned(), rule(element))).collect()
}

fn wrong(node: Node<'_, '_>) -> Option<String> {
    let name = node.tag_name().name();
    let Some(rule) = RULES.get(name) else { return Some(format!("there is no element {name}")) };
    let odd_attribute = node.attributes().map(|attribute| attribute.name()).find(|name| !rule.attributes.contains_key(*name));
    let missing = rule.attributes.iter().find(|(name, required)| **required && node.attribute(name.as_str()).is_none());
    let odd_child = node.children().filter(Node::is_element).find(|child| !rule.children.contains(child.tag_name().name()));
    let first = odd_attribute.or(missing.map(|(name, _)| name.as_str())).or(odd_child.map(|child| child.tag_name().name()));
    first.map(|what| format!("{name}: {what}"))
}
