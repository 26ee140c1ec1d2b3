//! The command line that a bundle's questions come from.

use serde_json::Value;
use std::collections::BTreeSet;

/// The command line that asks what a bundle was collected for.
pub(crate) fn arguments(asked: &Value) -> Vec<String> {
    let mut arguments = Vec::new();
    for target in asked["targets"].as_array().into_iter().flatten() {
        let kind = target["kind"].as_str().unwrap();
        let (namespace, name) = (target["namespace"].as_str().unwrap_or_default(), target["name"].as_str().unwrap_or_default());
        match kind {
            "error" | "namespace" => {}
            _ => arguments.push(format!("{}/{name}", kind.replace('_', ""))),
        }
        if !namespace.is_empty() && !arguments.contains(&"-n".to_owned()) {
            arguments.extend(["-n".to_owned(), namespace.to_owned()]);
        }
        if let Some(subject) = target["subject"].as_str() {
            arguments.extend(["--subject".to_owned(), subject.to_owned()]);
        }
    }
    for (key, flag) in [("container", "-c"), ("service_account", "--service-account"), ("role", "--role"), ("error", "--error")] {
        if let Some(text) = asked[key].as_str() {
            arguments.extend([flag.to_owned(), text.to_owned()]);
        }
    }
    for policy in asked["policies"].as_array().into_iter().flatten() {
        arguments.extend(["--policy".to_owned(), policy.as_str().unwrap().to_owned()]);
    }
    let mut needs = Vec::new();
    for action in asked["actions"].as_array().into_iter().flatten() {
        needs.push(action.clone());
    }
    if !needs.is_empty() {
        arguments.extend(need_flags(&needs));
    }
    arguments
}

/// `--action` and `--resource`: they are crossed, so what can't be crossed is asked with the first resource only.
fn need_flags(needs: &[Value]) -> Vec<String> {
    let mut flags = Vec::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for need in needs {
        for (flag, key) in [("--action", "action"), ("--resource", "resource")] {
            let text = need[key].as_str().unwrap_or_default();
            let says_nothing = text.is_empty() || (key == "resource" && text == "*");
            if !says_nothing && seen.insert(format!("{flag}{text}")) {
                flags.extend([flag.to_owned(), text.to_owned()]);
            }
        }
        for (key, values) in need["context"].as_object().into_iter().flatten() {
            for value in values.as_array().into_iter().flatten() {
                let pair = format!("{key}={}", value.as_str().unwrap());
                if seen.insert(format!("--context{pair}")) {
                    flags.extend(["--context-key".to_owned(), pair]);
                }
            }
        }
    }
    flags
}
