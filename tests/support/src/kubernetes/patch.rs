//! The three kinds of patches.

use serde_json::{Map, Value};

/// Applies `patch` to `object` as the content type says; the error is a message for a `Status`.
pub(crate) fn apply(content_type: &str, object: &mut Value, patch: &Value) -> Result<(), String> {
    match content_type.split(';').next().unwrap_or_default().trim() {
        "application/merge-patch+json" => merge(object, patch),
        "application/strategic-merge-patch+json" => strategic(object, patch),
        "application/json-patch+json" => {
            for operation in patch.as_array().ok_or("a JSON patch is a list")? {
                json_operation(object, operation)?;
            }
        }
        other => {
            return Err(format!(
                "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json; got {other}"
            ));
        }
    }
    Ok(())
}

/// RFC 7386.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    let target = object_of(target);
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            merge(target.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

/// The value as an object; anything else is emptied.
fn object_of(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().expect("it was just made an object")
}

/// A merge patch in which lists with a merge key are merged item by item
/// (<https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/>).
fn strategic(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if patch.get("$patch").is_some_and(|directive| directive == "replace") {
        let rest = patch.iter().filter(|(key, _)| *key != "$patch");
        *target = Value::Object(rest.map(|(key, value)| (key.clone(), value.clone())).collect());
        return;
    }
    let target = object_of(target);
    for (key, value) in patch {
        // `$setElementOrder/...` and `$retainKeys` only arrange what is there.
        if key.starts_with('$') {
            continue;
        }
        match (value, merge_key(key)) {
            (Value::Null, _) => {
                target.remove(key);
            }
            (Value::Array(items), Some(merge_key)) if items.iter().all(Value::is_object) => {
                merge_list(target.entry(key.clone()).or_insert(Value::Null), items, merge_key);
            }
            _ => strategic(target.entry(key.clone()).or_insert(Value::Null), value),
        }
    }
}

/// The `patchMergeKey` of the lists of pod specs and metadata.
fn merge_key(field: &str) -> Option<&'static str> {
    match field {
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "env"
        | "volumes"
        | "imagePullSecrets"
        | "secrets"
        | "webhooks" => Some("name"),
        "volumeMounts" => Some("mountPath"),
        "volumeDevices" => Some("devicePath"),
        "ports" => Some("containerPort"),
        "ownerReferences" => Some("uid"),
        "hostAliases" => Some("ip"),
        "conditions" => Some("type"),
        _ => None,
    }
}

fn merge_list(target: &mut Value, items: &[Value], merge_key: &str) {
    if !target.is_array() {
        *target = Value::Array(Vec::new());
    }
    let list = target.as_array_mut().expect("it was just made a list");
    if items.iter().any(|item| item["$patch"] == "replace") {
        list.clear();
    }
    for item in items.iter().filter(|item| item["$patch"] != "replace") {
        let position = list.iter().position(|old| old[merge_key] == item[merge_key]);
        match position {
            Some(position) if item["$patch"] == "delete" => {
                list.remove(position);
            }
            Some(position) => strategic(&mut list[position], item),
            None if item["$patch"] == "delete" => {}
            None => list.push(item.clone()),
        }
    }
}

/// One operation of RFC 6902.
fn json_operation(object: &mut Value, operation: &Value) -> Result<(), String> {
    let path = operation["path"].as_str().ok_or("an operation without a path")?;
    let missing = || format!("the path {path} doesn't exist");
    match operation["op"].as_str().unwrap_or_default() {
        "test" => {
            let equal = object.pointer(path) == Some(&operation["value"]);
            if equal { Ok(()) } else { Err(format!("testing value {path} failed: test failed")) }
        }
        "replace" => {
            *object.pointer_mut(path).ok_or_else(missing)? = operation["value"].clone();
            Ok(())
        }
        "remove" => remove(object, path).map(|_| ()).ok_or_else(missing),
        "add" => add(object, path, operation["value"].clone()).ok_or_else(missing),
        "copy" | "move" => {
            let from = operation["from"].as_str().ok_or("an operation without `from`")?;
            let value = object.pointer(from).cloned().ok_or_else(missing)?;
            if operation["op"] == "move" {
                remove(object, from);
            }
            add(object, path, value).ok_or_else(missing)
        }
        other => Err(format!("unexpected kind: {other}")),
    }
}

/// The parent of a JSON pointer's place and the unescaped last step.
fn parent<'o>(object: &'o mut Value, path: &str) -> Option<(&'o mut Value, String)> {
    let (parent, last) = path.rsplit_once('/')?;
    Some((object.pointer_mut(parent)?, last.replace("~1", "/").replace("~0", "~")))
}

fn remove(object: &mut Value, path: &str) -> Option<Value> {
    let (parent, last) = parent(object, path)?;
    match parent {
        Value::Object(fields) => fields.remove(&last),
        Value::Array(items) => {
            let index = last.parse().ok().filter(|index| *index < items.len())?;
            Some(items.remove(index))
        }
        _ => None,
    }
}

fn add(object: &mut Value, path: &str, value: Value) -> Option<()> {
    let (parent, last) = parent(object, path)?;
    match parent {
        Value::Object(fields) => {
            fields.insert(last, value);
        }
        Value::Array(items) if last == "-" => items.push(value),
        Value::Array(items) => {
            let index = last.parse().ok().filter(|index| *index <= items.len())?;
            items.insert(index, value);
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patched(kind: &str, object: &Value, patch: &Value) -> Result<Value, String> {
        let mut object = object.clone();
        apply(&format!("application/{kind}+json"), &mut object, patch).map(|()| object)
    }

    #[test]
    fn merge_patches_replace_lists_and_drop_nulls() {
        let object = json!({"a": {"b": 1, "c": 2}, "l": [1, 2]});
        let patch = json!({"a": {"b": null, "d": 3}, "l": [3], "n": {"x": null}});
        let want = json!({"a": {"c": 2, "d": 3}, "l": [3], "n": {}});
        assert_eq!(patched("merge-patch", &object, &patch), Ok(want));
    }

    #[test]
    fn strategic_patches_merge_lists_by_key() {
        let object = json!({"spec": {"containers": [
            {"name": "a", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]}, {"name": "b"}]}});
        let patch = json!({"spec": {"$setElementOrder/containers": [], "containers": [
            {"name": "a", "env": [{"name": "X", "$patch": "delete"}, {"name": "Z", "value": "3"}]}]}});
        let want = json!({"spec": {"containers": [
            {"name": "a", "env": [{"name": "Y", "value": "2"}, {"name": "Z", "value": "3"}]}, {"name": "b"}]}});
        assert_eq!(patched("strategic-merge-patch", &object, &patch), Ok(want));
    }

    #[test]
    fn json_patches_go_step_by_step() {
        let object = json!({"metadata": {"annotations": {"eks.amazonaws.com/role-arn": "x"}}, "l": [1, 3]});
        let patch = json!([
            {"op": "test", "path": "/l/0", "value": 1},
            {"op": "replace", "path": "/metadata/annotations/eks.amazonaws.com~1role-arn", "value": "y"},
            {"op": "add", "path": "/l/1", "value": 2}, {"op": "add", "path": "/l/-", "value": 4},
            {"op": "remove", "path": "/l/0"}, {"op": "copy", "from": "/l", "path": "/m"},
        ]);
        let want = json!({"metadata": {"annotations": {"eks.amazonaws.com/role-arn": "y"}}, "l": [2, 3, 4], "m": [2, 3, 4]});
        assert_eq!(patched("json-patch", &object, &patch), Ok(want));
        assert!(patched("json-patch", &object, &json!([{"op": "remove", "path": "/none"}])).is_err());
        assert!(patched("apply-patch", &object, &json!({})).is_err());
    }
}
