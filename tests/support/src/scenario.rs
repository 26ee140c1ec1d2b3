//! A scenario of `tests/scenarios/`: a base bundle, the changes that make it what it is about, and what is to be
//! said of it. The format is described in `tests/scenarios/README.md`.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The kinds of scenarios, each a folder.
const KINDS: [&str; 3] = ["faults", "healthy", "unknown"];
const ACCOUNT: &str = "/accounts/123456789012";
const CLUSTER: &str = "/clusters/arn:aws:eks:us-east-1:123456789012:cluster~1my-cluster";
const POLICY: &str = "/policies/arn:aws:iam::123456789012:policy~1my-test-policy/documents/v1/present";

/// One scenario.
pub struct Scenario {
    /// Its kind and name: `faults/role-missing`.
    pub name: String,
    /// The bundle.
    pub bundle: Value,
    /// What is to be said of it.
    pub expect: Value,
}

impl Scenario {
    /// Every scenario, by kind and name.
    pub fn all() -> Vec<Self> {
        let root = root();
        let files = KINDS.iter().flat_map(|kind| {
            let mut names: Vec<String> = std::fs::read_dir(root.join(kind))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .map(|name| format!("{kind}/{}", name.strip_suffix(".json").unwrap()))
                .collect();
            names.sort();
            names
        });
        files.map(|name| Self::read(&root, name)).collect()
    }

    fn read(root: &Path, name: String) -> Self {
        let file = json(&root.join(format!("{name}.json")));
        assert!(file["about"].as_str().is_some_and(|about| !about.is_empty()), "{name}: about what?");
        Self { bundle: bundle(root, &file, &name), expect: file["expect"].clone(), name }
    }

    /// The bundle as the core's snapshot, a type that this crate doesn't know.
    ///
    /// # Panics
    /// When it is none.
    pub fn snapshot<T: DeserializeOwned>(&self) -> T {
        serde_json::from_value(self.bundle.clone()).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}

/// The bundle of a file: its own, or its base's with the changes.
fn bundle(root: &Path, file: &Value, name: &str) -> Value {
    let Some(base) = file["from"].as_str() else { return file.clone() };
    let mut bundle = bundle(root, &json(&root.join(format!("base/{base}.json"))), base);
    for change in file["change"].as_array().unwrap() {
        let path = place(change["path"].as_str().unwrap());
        let segments: Vec<String> = path.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
        edit(&mut bundle, &segments, change).unwrap_or_else(|problem| panic!("{name}: {change}: {problem}"));
    }
    bundle
}

/// A path of a change, from the bundle's root: its first word may be one of the places that have a name.
fn place(path: &str) -> String {
    let (name, rest) = path.split_once('/').map_or((path, String::new()), |(name, rest)| (name, format!("/{rest}")));
    let named = match name {
        "" => String::new(),
        "asked" => "/asked".to_owned(),
        "cluster" => CLUSTER.to_owned(),
        "pod" => format!("{CLUSTER}/pods/default~1awscli/present"),
        "account" => format!("{CLUSTER}/service_accounts/default~1my-service-account/present"),
        "webhook" => format!("{CLUSTER}/webhooks/present/0"),
        "aws" => ACCOUNT.to_owned(),
        "role" => format!("{ACCOUNT}/roles/my-test-role"),
        "trust" => format!("{ACCOUNT}/roles/my-test-role/role/present/trust_policy"),
        "policy" => format!("{ACCOUNT}{POLICY}"),
        other => panic!("no place is called {other}"),
    };
    named + &rest
}

/// Makes one change. What is below a text is looked for in the JSON that the text holds.
fn edit(value: &mut Value, path: &[String], change: &Value) -> Result<(), &'static str> {
    let Some((first, rest)) = path.split_first() else { return replace(value, change) };
    match value {
        Value::String(text) => {
            let mut document: Value = serde_json::from_str(text).map_err(|_| "the text is not JSON")?;
            edit(&mut document, path, change)?;
            *text = document.to_string();
            Ok(())
        }
        Value::Object(members) if rest.is_empty() && change["remove"] == true => {
            members.remove(first).map(|_| ()).ok_or("nothing is there")
        }
        Value::Object(members) => edit(members.entry(first.clone()).or_insert_with(|| json!({})), rest, change),
        Value::Array(items) if first == "-" => {
            items.push(Value::Null);
            items.last_mut().map_or(Ok(()), |last| edit(last, rest, change))
        }
        Value::Array(items) => {
            let index: usize = first.parse().map_err(|_| "not an index")?;
            if rest.is_empty() && change["remove"] == true && index < items.len() {
                items.remove(index);
                return Ok(());
            }
            items.get_mut(index).ok_or("no such item").and_then(|item| edit(item, rest, change))
        }
        _ => Err("nothing can be below it"),
    }
}

fn replace(value: &mut Value, change: &Value) -> Result<(), &'static str> {
    if let Some(new) = change.get("set") {
        *value = new.clone();
    } else if let Some(document) = change.get("document") {
        *value = Value::String(document.to_string());
    } else {
        let (from, to) = (change["text"][0].as_str(), change["text"][1].as_str());
        let (Some(from), Some(to), Value::String(text)) = (from, to, &mut *value) else {
            return Err("neither set, document, text nor remove");
        };
        if !text.contains(from) {
            return Err("the text doesn't have that");
        }
        *value = Value::String(text.replace(from, to));
    }
    Ok(())
}

fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
