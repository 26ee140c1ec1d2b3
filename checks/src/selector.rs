//! Label selectors, as Kubernetes evaluates them.
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors>

use crate::snapshot::kubernetes::{LabelSelector, SelectorRequirement};
use std::collections::BTreeMap;

/// Whether a selector selects an object with these labels. An empty selector selects everything.
/// `None` where a requirement has an operator that Kubernetes doesn't have.
pub fn matches(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> Option<bool> {
    let equal = selector.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value));
    let mut all = equal;
    for requirement in &selector.match_expressions {
        all &= holds(requirement, labels)?;
    }
    Some(all)
}

/// Whether one requirement holds: `NotIn` and `DoesNotExist` hold for an object without the label.
pub fn holds(requirement: &SelectorRequirement, labels: &BTreeMap<String, String>) -> Option<bool> {
    let value = labels.get(&requirement.key);
    let listed = value.is_some_and(|value| requirement.values.contains(value));
    match requirement.operator.as_str() {
        "In" => Some(listed),
        "NotIn" => Some(!listed),
        "Exists" => Some(value.is_some()),
        "DoesNotExist" => Some(value.is_none()),
        _ => None,
    }
}

/// The keys that a selector looks at.
pub fn keys(selector: &LabelSelector) -> impl Iterator<Item = &str> {
    let expressions = selector.match_expressions.iter().map(|requirement| requirement.key.as_str());
    selector.match_labels.keys().map(String::as_str).chain(expressions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn selects(selector: &serde_json::Value, labels: &serde_json::Value) -> Option<bool> {
        matches(&crate::testing::read(selector), &crate::testing::read(labels))
    }

    #[test]
    fn selects_as_kubernetes_does() {
        let labels = json!({"a": "1", "b": "2"});
        let requirement = |key: &str, operator: &str, values: &[&str]| json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]});
        for (selector, wanted) in [
            (json!({}), true),
            (json!({"matchLabels": {"a": "1"}}), true),
            (json!({"matchLabels": {"a": "1", "b": "3"}}), false),
            (requirement("a", "In", &["0", "1"]), true),
            (requirement("a", "In", &["0"]), false),
            (requirement("c", "In", &["0"]), false),
            (requirement("a", "NotIn", &["1"]), false),
            (requirement("c", "NotIn", &["1"]), true),
            (requirement("a", "Exists", &[]), true),
            (requirement("c", "Exists", &[]), false),
            (requirement("a", "DoesNotExist", &[]), false),
            (requirement("c", "DoesNotExist", &[]), true),
        ] {
            assert_eq!(selects(&selector, &labels), Some(wanted), "{selector}");
        }
        assert_eq!(selects(&requirement("a", "Like", &[]), &labels), None);
    }
}
