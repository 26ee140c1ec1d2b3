//! Label and field selectors.
//!
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors>,
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/>

use serde_json::Value;

use super::resource::Resource;

/// One requirement of a label selector.
#[derive(Debug, PartialEq, Eq)]
enum Requirement {
    Exists(String),
    Missing(String),
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
}

/// A parsed label selector: all requirements must hold.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Labels(Vec<Requirement>);

impl Labels {
    /// Reads `a=b,c!=d,e in (f,g),h notin (i),j,!k`; the error is the API server's message.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let parts = split_outside_parentheses(text);
        parts.into_iter().filter(|part| !part.is_empty()).map(requirement).collect::<Result<_, _>>().map(Self)
    }

    /// A `LabelSelector` of an object: `matchLabels` and `matchExpressions`.
    pub(crate) fn of_object(selector: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let labels = selector["matchLabels"].as_object().into_iter().flatten();
        let mut requirements: Vec<_> = labels.map(|(key, value)| Requirement::In(key.clone(), vec![text(value)])).collect();
        for expression in selector["matchExpressions"].as_array().into_iter().flatten() {
            let key = text(&expression["key"]);
            let values = expression["values"].as_array().into_iter().flatten().map(text).collect();
            requirements.push(match expression["operator"].as_str() {
                Some("In") => Requirement::In(key, values),
                Some("NotIn") => Requirement::NotIn(key, values),
                Some("DoesNotExist") => Requirement::Missing(key),
                _ => Requirement::Exists(key),
            });
        }
        Self(requirements)
    }

    pub(crate) fn matches(&self, object: &Value) -> bool {
        let label = |key: &str| object["metadata"]["labels"][key].as_str();
        self.0.iter().all(|requirement| match requirement {
            Requirement::Exists(key) => label(key).is_some(),
            Requirement::Missing(key) => label(key).is_none(),
            Requirement::In(key, values) => label(key).is_some_and(|value| values.iter().any(|want| want == value)),
            // A label that isn't there is in no set: it matches `!=` and `notin`.
            Requirement::NotIn(key, values) => !label(key).is_some_and(|value| values.iter().any(|want| want == value)),
        })
    }
}

fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    text.split(|character| {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    })
    .map(str::trim)
    .collect()
}

fn requirement(text: &str) -> Result<Requirement, String> {
    let wrong = || format!("unable to parse requirement: found '{text}', expected: in, notin, =, ==, !=");
    let set = |key: &str, rest: &str| {
        let inner = rest.trim().strip_prefix('(')?.strip_suffix(')')?;
        Some((key.trim().to_owned(), inner.split(',').map(|value| value.trim().to_owned()).collect()))
    };
    let requirement = if let Some((key, rest)) = text.split_once(" notin ") {
        let (key, values) = set(key, rest).ok_or_else(wrong)?;
        Requirement::NotIn(key, values)
    } else if let Some((key, rest)) = text.split_once(" in ") {
        let (key, values) = set(key, rest).ok_or_else(wrong)?;
        Requirement::In(key, values)
    } else if let Some((key, equal, value)) = equation(text) {
        let (key, values) = (key.to_owned(), vec![value.to_owned()]);
        if equal { Requirement::In(key, values) } else { Requirement::NotIn(key, values) }
    } else if let Some(key) = text.strip_prefix('!') {
        Requirement::Missing(key.trim().to_owned())
    } else {
        Requirement::Exists(text.to_owned())
    };
    let (Requirement::Exists(key) | Requirement::Missing(key) | Requirement::In(key, _) | Requirement::NotIn(key, _)) =
        &requirement;
    let legal = |character: char| character.is_ascii_alphanumeric() || "-_./".contains(character);
    if key.is_empty() || !key.chars().all(legal) { Err(wrong()) } else { Ok(requirement) }
}

/// `a=b`, `a==b` (true) or `a!=b` (false).
fn equation(text: &str) -> Option<(&str, bool, &str)> {
    let (key, equal, value) = if let Some((key, value)) = text.split_once("!=") {
        (key, false, value)
    } else if let Some((key, value)) = text.split_once("==") {
        (key, true, value)
    } else {
        let (key, value) = text.split_once('=')?;
        (key, true, value)
    };
    Some((key.trim(), equal, value.trim()))
}

/// A parsed field selector.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, bool, String)>);

impl Fields {
    /// Reads `metadata.name=a,status.phase!=Running`; the error is the API server's message.
    pub(crate) fn parse(text: &str, resource: &Resource) -> Result<Self, String> {
        let mut terms = Vec::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (field, equal, value) =
                equation(part).ok_or_else(|| format!("invalid selector: '{text}'; can't understand '{part}'"))?;
            if !is_known(resource, field) {
                return Err(format!(
                    "Unable to find \"{}, Resource={}\" that match label selector \"\", field selector \"{text}\": \
                     field label not supported: {field}",
                    if resource.group.is_empty() { "/v1".to_owned() } else { resource.api_version() },
                    resource.plural,
                ));
            }
            terms.push((field.to_owned(), equal, value.to_owned()));
        }
        Ok(Self(terms))
    }

    pub(crate) fn matches(&self, object: &Value) -> bool {
        self.0.iter().all(|(field, equal, want)| {
            let value = field.split('.').fold(object, |value, key| &value[key]);
            let text = match value {
                Value::String(text) => text.clone(),
                // An unset field is the empty string, an unset flag is `false`.
                Value::Null if matches!(field.as_str(), "spec.unschedulable" | "spec.hostNetwork") => "false".to_owned(),
                Value::Null => String::new(),
                other => other.to_string(),
            };
            (text == *want) == *equal
        })
    }
}

fn is_known(resource: &Resource, field: &str) -> bool {
    let own: &[&str] = match resource.plural {
        "pods" => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        "events" => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        "namespaces" => &["status.phase"],
        "nodes" => &["spec.unschedulable"],
        "replicasets" => &["status.replicas"],
        "jobs" => &["status.successful"],
        _ => &[],
    };
    field == "metadata.name" || (field == "metadata.namespace" && resource.namespaced) || own.contains(&field)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn labels(selector: &str) -> bool {
        let object = json!({"metadata": {"labels": {"app": "web", "tier": "front", "empty": ""}}});
        Labels::parse(selector).unwrap().matches(&object)
    }

    #[test]
    fn label_selectors() {
        for yes in
            ["", "app=web", "app == web", "app!=db", "none!=x", "app in (db, web),tier", "none notin (a)", "!none", "empty="]
        {
            assert!(labels(yes), "{yes}");
        }
        for no in ["app=db", "app!=web", "app notin (web)", "!app", "none", "none=", "app in (a,b)", "tier,app=db"] {
            assert!(!labels(no), "{no}");
        }
        for wrong in ["a b", "=x", "app in web"] {
            assert!(Labels::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn selectors_of_objects() {
        let pod = json!({"metadata": {"labels": {"app": "web"}}});
        let matches = |selector: Value| Labels::of_object(&selector).matches(&pod);
        assert!(matches(json!({})) && matches(Value::Null) && matches(json!({"matchLabels": {"app": "web"}})));
        let expression = |operator: &str| json!({"matchExpressions": [{"key": "app", "operator": operator, "values": ["web"]}]});
        assert!(matches(expression("In")) && matches(expression("Exists")));
        assert!(!matches(expression("NotIn")) && !matches(expression("DoesNotExist")));
    }

    #[test]
    fn field_selectors() {
        let pods = Resource::of_kind("v1", "Pod").unwrap();
        let pod = json!({"metadata": {"name": "a", "namespace": "n"}, "spec": {"serviceAccountName": "app"}, "status": {"phase": "Pending"}});
        for (selector, want) in [
            ("metadata.name=a,metadata.namespace==n", true),
            ("spec.nodeName=", true),
            ("spec.nodeName!=", false),
            ("spec.hostNetwork=false", true),
            ("spec.serviceAccountName=app,status.phase!=Running", true),
            ("status.phase=Running", false),
        ] {
            assert_eq!(Fields::parse(selector, pods).unwrap().matches(&pod), want, "{selector}");
        }
        assert!(Fields::parse("spec.containers=x", pods).unwrap_err().ends_with("field label not supported: spec.containers"));
        assert!(Fields::parse("nonsense", pods).is_err());
    }
}
