//! POST, PUT, PATCH and DELETE, for tests that apply the printed fixes.

use serde_json::{Value, json};

use super::resource::{Resource, Target};
use super::store::Store;
use super::{list, patch, protobuf, status};
use crate::encoding::hash;
use crate::http::{Request, Response};

/// Answers a write of `resource` and changes the store.
pub(crate) fn write(store: &mut Store, resource: &Resource, target: &Target, request: &Request) -> Response {
    let result = match (request.method.as_str(), &target.name) {
        ("POST", None) => create(store, resource, target, request),
        ("PUT", Some(name)) => replace(store, resource, target, request, name),
        ("PATCH", Some(name)) => change(store, resource, target, request, name),
        ("DELETE", Some(name)) => delete(store, resource, target, name),
        ("DELETE", None) => delete_all(store, resource, target, request),
        _ => Err(status::usual(405, None, None, Some(target))),
    };
    result.unwrap_or_else(|failure| failure)
}

/// Times of writes: after everything that was recorded, a second apart, from no clock.
pub(crate) fn time(revision: u64) -> String {
    let seconds = revision % 86_400;
    format!("2026-12-01T{:02}:{:02}:{:02}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn bad_request(message: &str) -> Response {
    status::status(400, "BadRequest", message, None)
}

fn body(request: &Request) -> Result<Value, Response> {
    // kubectl's `create TYPE` subcommands send protobuf.
    if request.header("content-type").is_some_and(|value| value.contains("protobuf")) {
        return protobuf::object(&request.body).ok_or_else(|| bad_request("the object provided is unrecognized"));
    }
    serde_json::from_slice(&request.body).map_err(|error| bad_request(&format!("the object provided is unrecognized: {error}")))
}

fn create(store: &mut Store, resource: &Resource, target: &Target, request: &Request) -> Result<Response, Response> {
    let mut object = body(request)?;
    let revision = store.next_revision();
    object["apiVersion"] = json!(resource.api_version());
    object["kind"] = json!(resource.kind);
    let metadata = &mut object["metadata"];
    if let (Some(prefix), None) = (metadata["generateName"].as_str(), metadata["name"].as_str()) {
        metadata["name"] = json!(format!("{prefix}{:05x}", hash(&revision.to_string()) & 0xf_ffff));
    }
    let Some(name) = metadata["name"].as_str().filter(|name| !name.is_empty()).map(str::to_owned) else {
        return Err(bad_request("resource name may not be empty"));
    };
    if resource.namespaced {
        metadata["namespace"] = json!(target.namespace.as_deref().unwrap_or("default"));
    }
    metadata["uid"] = json!(format!("00000000-0000-4000-8000-{revision:012x}"));
    metadata["creationTimestamp"] = json!(time(revision));
    metadata["resourceVersion"] = json!(revision.to_string());
    if store.get(resource, target.namespace.as_deref(), &name).is_some() {
        let message = format!("{} \"{name}\" already exists", target.qualified());
        return Err(status::status(409, "AlreadyExists", &message, None));
    }
    if !is_dry_run(request) {
        store.insert(object.clone());
    }
    Ok(Response::json(201, &object))
}

fn is_dry_run(request: &Request) -> bool {
    request.parameter("dryRun").is_some_and(|value| value == "All")
}

fn replace(store: &mut Store, resource: &Resource, target: &Target, request: &Request, name: &str) -> Result<Response, Response> {
    let old = find(store, resource, target, name)?;
    let new = body(request)?;
    let version = &new["metadata"]["resourceVersion"];
    if version.is_string() && *version != old["metadata"]["resourceVersion"] {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{name}\": the object has been modified; please apply your changes to \
             the latest version and try again",
            target.qualified()
        );
        return Err(status::status(409, "Conflict", &message, None));
    }
    Ok(save(store, request, &old, new))
}

fn change(store: &mut Store, resource: &Resource, target: &Target, request: &Request, name: &str) -> Result<Response, Response> {
    let old = find(store, resource, target, name)?;
    let mut new = old.clone();
    let content_type = request.header("content-type").unwrap_or_default();
    patch::apply(content_type, &mut new, &body(request)?)
        .map_err(|message| status::status(if message.contains("media types") { 415 } else { 422 }, "Invalid", &message, None))?;
    Ok(save(store, request, &old, new))
}

fn find(store: &Store, resource: &Resource, target: &Target, name: &str) -> Result<Value, Response> {
    store.get(resource, target.namespace.as_deref(), name).cloned().ok_or_else(|| status::not_found(target))
}

/// Stores the changed object with what the server itself changes: versions, and who wrote which annotation when.
fn save(store: &mut Store, request: &Request, old: &Value, mut new: Value) -> Response {
    // What identifies an object can't be changed.
    for field in ["name", "namespace", "uid", "creationTimestamp"] {
        if let Some(value) = old["metadata"].get(field) {
            new["metadata"][field] = value.clone();
        }
    }
    for field in ["kind", "apiVersion"] {
        new[field] = old[field].clone();
    }
    let is_equal = |field: &str| old[field] == new[field];
    if is_equal("metadata") && is_equal("spec") && old == &new {
        return Response::json(200, &new);
    }
    let revision = store.next_revision();
    if !is_equal("spec") && old["metadata"]["generation"].is_u64() {
        new["metadata"]["generation"] = json!(old["metadata"]["generation"].as_u64().unwrap_or(0) + 1);
    }
    new["metadata"]["resourceVersion"] = json!(revision.to_string());
    note_manager(old, &mut new, request, revision);
    if !is_dry_run(request) {
        store.insert(new.clone());
    }
    Response::json(200, &new)
}

/// An entry in `managedFields` for the annotations that were set.
fn note_manager(old: &Value, new: &mut Value, request: &Request, revision: u64) {
    let annotations = |object: &Value| object["metadata"]["annotations"].as_object().cloned().unwrap_or_default();
    let before = annotations(old);
    let mut fields = serde_json::Map::new();
    for (key, value) in annotations(new) {
        if before.get(&key) != Some(&value) {
            fields.insert(format!("f:{key}"), json!({}));
        }
    }
    if fields.is_empty() {
        return;
    }
    let entry = json!({
        "manager": request.parameter("fieldManager").unwrap_or("unknown"), "operation": "Update",
        "apiVersion": new["apiVersion"], "time": time(revision), "fieldsType": "FieldsV1",
        "fieldsV1": {"f:metadata": {"f:annotations": fields}},
    });
    match new["metadata"]["managedFields"].as_array_mut() {
        Some(entries) => entries.push(entry),
        None => new["metadata"]["managedFields"] = json!([entry]),
    }
}

fn delete(store: &mut Store, resource: &Resource, target: &Target, name: &str) -> Result<Response, Response> {
    let gone = store.remove(resource, target.namespace.as_deref(), name).ok_or_else(|| status::not_found(target))?;
    store.next_revision();
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
        "details": {"name": name, "group": target.group, "kind": target.plural, "uid": gone["metadata"]["uid"]},
    });
    Ok(Response::json(200, &body))
}

fn delete_all(store: &mut Store, resource: &Resource, target: &Target, request: &Request) -> Result<Response, Response> {
    let page = list::page(store, resource, target, request, list::Paging::default(), |_| false)?;
    for item in page["items"].as_array().into_iter().flatten() {
        let name = item["metadata"]["name"].as_str().unwrap_or_default();
        store.remove(resource, item["metadata"]["namespace"].as_str(), name);
    }
    store.next_revision();
    Ok(Response::json(200, &page))
}
