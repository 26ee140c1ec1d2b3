//! The file of `--needs`, YAML or JSON (which is YAML too): a list of `{action, resource, context}`.

use crate::cli::{parse_action, parse_resource};
use irsa_doctor_checks::snapshot::RequiredAction;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

/// What such a file looks like, for the help of an error.
pub(super) const SHAPE: &str = "it is a YAML or JSON list such as: \
    [{action: [s3:GetObject, s3:PutObject], resource: 'arn:aws:s3:::my-bucket/*', context: {aws:SourceVpc: vpc-1}}]";

/// How many pairs of action and resource one file may come to.
const MOST: usize = 10_000;

/// One entry of the list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Need {
    action: List<Action>,
    #[serde(default)]
    resource: Option<List<Resource>>,
    #[serde(default)]
    context: BTreeMap<String, List<Value>>,
}

/// Parses a file.
///
/// # Errors
///
/// Where it is wrong and what is: "in line 3, column 5: ...".
pub(super) fn parse(text: &str) -> Result<Vec<RequiredAction>, String> {
    let needs: Vec<Need> = serde_saphyr::from_str(text).map_err(|error| place(&error))?;
    let mut all = Vec::new();
    for need in needs {
        let context: BTreeMap<String, Vec<String>> =
            need.context.into_iter().map(|(key, values)| (key, values.0.into_iter().map(|value| value.0).collect())).collect();
        let resources = need.resource.map_or_else(|| vec!["*".to_owned()], |list| list.0.into_iter().map(|r| r.0).collect());
        for Action(action) in need.action.0 {
            for resource in &resources {
                all.push(RequiredAction { action: action.clone(), resource: resource.clone(), context: context.clone() });
            }
            if all.len() > MOST {
                return Err(format!("as a whole: it comes to more than {MOST} pairs of action and resource"));
            }
        }
    }
    if all.is_empty() {
        return Err("as a whole: it lists nothing".to_owned());
    }
    Ok(all)
}

/// The error in one line, with its place first.
fn place(error: &serde_saphyr::Error) -> String {
    let without = error.without_snippet();
    let what = without.to_string();
    let what = what.lines().next().unwrap_or_default();
    // The crate says the place after what is wrong.
    let what = what.split(" at line ").next().unwrap_or(what);
    match error.location() {
        Some(location) => format!("in line {}, column {}: {what}", location.line(), location.column()),
        None => format!("as a whole: {what}"),
    }
}

/// What can stand alone or in a list.
trait Item: Sized {
    /// What it is, for errors.
    const WHAT: &'static str;
    fn of(text: &str) -> Result<Self, String>;
}

#[derive(Debug)]
struct Action(String);

impl Item for Action {
    const WHAT: &'static str = "an action such as s3:GetObject, or a list of them";
    fn of(text: &str) -> Result<Self, String> {
        parse_action(text).map(Self).map_err(|help| format!("`{text}` is no action: {help}"))
    }
}

#[derive(Debug)]
struct Resource(String);

impl Item for Resource {
    const WHAT: &'static str = "the ARN of a resource, or a list of them";
    fn of(text: &str) -> Result<Self, String> {
        parse_resource(text).map(Self).map_err(|help| format!("`{text}` is no resource: {help}"))
    }
}

#[derive(Debug)]
struct Value(String);

impl Item for Value {
    const WHAT: &'static str = "the value of a condition key, or a list of them";
    fn of(text: &str) -> Result<Self, String> {
        Ok(Self(text.to_owned()))
    }
}

/// One or several, at least one.
#[derive(Debug)]
struct List<T>(Vec<T>);

impl<'de, T: Item> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMany { nested: false, item: PhantomData })
    }
}

/// One of a list.
struct One<T>(T);

impl<'de, T: Item> Deserialize<'de> for One<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let List(items) = deserializer.deserialize_any(OneOrMany { nested: true, item: PhantomData::<T> })?;
        items.into_iter().next().map(One).ok_or_else(|| D::Error::custom("an empty list"))
    }
}

struct OneOrMany<T> {
    nested: bool,
    item: PhantomData<T>,
}

impl<'de, T: Item> Visitor<'de> for OneOrMany<T> {
    type Value = List<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(T::WHAT)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<List<T>, E> {
        T::of(text).map(|item| List(vec![item])).map_err(E::custom)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<List<T>, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<List<T>, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<List<T>, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<List<T>, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<List<T>, A::Error> {
        if self.nested {
            return Err(A::Error::custom("a list in a list"));
        }
        let mut items = Vec::new();
        while let Some(One(item)) = list.next_element()? {
            items.push(item);
        }
        if items.is_empty() { Err(A::Error::custom("an empty list")) } else { Ok(List(items)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<String> {
        let needs = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        needs.iter().map(|need| format!("{} {}", need.action, need.resource)).collect()
    }

    #[test]
    fn yaml_and_json_say_the_same() {
        let yaml = "
- action: [s3:GetObject, s3:PutObject]
  resource: arn:aws:s3:::b/*
  context:
    aws:SourceVpc: vpc-1
    aws:SecureTransport: true
    s3:max-keys: [10, 20]
- action: s3:ListAllMyBuckets
";
        let json = r#"[
  {"action": ["s3:GetObject", "s3:PutObject"], "resource": "arn:aws:s3:::b/*",
   "context": {"aws:SourceVpc": "vpc-1", "aws:SecureTransport": true, "s3:max-keys": [10, 20]}},
  {"action": "s3:ListAllMyBuckets"}
]"#;
        let needs = parse(yaml).unwrap();
        assert_eq!(needs, parse(json).unwrap());
        assert_eq!(pairs(yaml), ["s3:GetObject arn:aws:s3:::b/*", "s3:PutObject arn:aws:s3:::b/*", "s3:ListAllMyBuckets *"]);
        let context = &needs[0].context;
        assert_eq!(context["aws:SecureTransport"], ["true"]);
        assert_eq!(context["s3:max-keys"], ["10", "20"]);
    }

    #[test]
    fn what_is_wrong_is_said_in_one_line_with_its_place() {
        for (text, line, wanted) in [
            ("- action: s3:GetObject\n  resource: my-bucket\n", "line 2", "my-bucket"),
            ("- action: GetObject\n", "line 1", "GetObject"),
            ("- action: s3:GetObject\n- actoin: s3:PutObject\n", "line 2", "actoin"),
            ("- resource: '*'\n", "line 1", "action"),
            ("- action: []\n", "line 1", "empty"),
            ("- action: [[s3:GetObject]]\n", "line 1", "list in a list"),
            ("action: s3:GetObject\n", "line 1", ""),
            ("- action: s3:GetObject\n  resource: *\n", "line 2", ""),
            ("- action: [s3:GetObject\n", "line", ""),
            ("[{\"action\": \"s3:GetObject\",}", "line 1", ""),
            ("[]", "", "nothing"),
            ("- action: {a: b}\n", "line 1", ""),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(line) && error.contains(wanted) && !error.contains('\n'), "{text}: {error}");
        }
        assert!(parse("").is_err());
    }

    #[test]
    fn a_small_file_can_not_become_a_large_list() {
        let actions = vec!["s3:a"; 200].join(",");
        let resources = vec!["'*'"; 200].join(",");
        let error = parse(&format!("- {{action: [{actions}], resource: [{resources}]}}")).unwrap_err();
        assert!(error.contains("10000"), "{error}");
    }
}
