//! `Status` errors, as the API server words them.

use serde_json::{Map, Value, json};

use super::resource::Target;
use crate::http::{Request, Response};

/// A `Status` with any reason.
pub(crate) fn status(code: u16, reason: &str, message: &str, details: Option<Value>) -> Response {
    let mut status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code,
    });
    if let Some(details) = details {
        status["details"] = details;
    }
    Response::json(code, &status)
}

/// 404 with reason `NotFound`: the object isn't there.
pub(crate) fn not_found(target: &Target) -> Response {
    let name = target.name.as_deref().unwrap_or_default();
    let message = format!("{} \"{name}\" not found", target.qualified());
    status(404, "NotFound", &message, Some(details(target)))
}

/// What the mux answers for a path that nobody serves: no `Status`, plain text.
pub(crate) fn no_such_path() -> Response {
    Response::new(404, "text/plain; charset=utf-8", "404 page not found\n")
}

/// 401: no token, or a wrong one.
pub(crate) fn unauthorized() -> Response {
    status(401, "Unauthorized", "Unauthorized", None)
}

/// 403 for `user`, worded for a resource or for a path.
pub(crate) fn forbidden(user: &str, verb: &str, request: &Request, target: Option<&Target>) -> Response {
    let Some(target) = target.filter(|target| !target.plural.is_empty()) else {
        let message = format!("forbidden: User \"{user}\" cannot {verb} path \"{}\"", request.path);
        return status(403, "Forbidden", &message, Some(json!({})));
    };
    let name = target.name.as_deref().map(|name| format!(" \"{name}\"")).unwrap_or_default();
    let scope = match &target.namespace {
        Some(namespace) => format!("in the namespace \"{namespace}\""),
        None => "at the cluster scope".to_owned(),
    };
    let subresource = target.subresource.as_deref().map(|sub| format!("/{sub}")).unwrap_or_default();
    let message = format!(
        "{}{name} is forbidden: User \"{user}\" cannot {verb} resource \"{}{subresource}\" in API group \"{}\" {scope}",
        target.qualified(),
        target.plural,
        target.group,
    );
    status(403, "Forbidden", &message, Some(details(target)))
}

/// 410: the `continue` token is too old. `fresh` goes on where the list stood, with a newer resource version.
pub(crate) fn expired(fresh: &str) -> Response {
    let message = "The provided continue parameter is too old to display a consistent list result. You can start a \
        new list without the continue parameter, or use the continue token in this response to retrieve the remainder \
        of the results. Continuing with the provided token results in an inconsistent list - objects that were \
        created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";
    let mut status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": "Expired", "code": 410,
    });
    status["metadata"]["continue"] = json!(fresh);
    Response::json(410, &status)
}

/// The usual answer for a status, for faults that name nothing but the number.
pub(crate) fn usual(code: u16, reason: Option<&str>, message: Option<&str>, target: Option<&Target>) -> Response {
    let (usual_reason, usual_message) = match code {
        400 => ("BadRequest", "the server rejected our request for an unknown reason"),
        401 => ("Unauthorized", "Unauthorized"),
        403 => ("Forbidden", "forbidden"),
        404 => ("NotFound", "the server could not find the requested resource"),
        405 => ("MethodNotAllowed", "the server does not allow this method on the requested resource"),
        409 => ("Conflict", "the object has been modified; please apply your changes to the latest version and try again"),
        410 => ("Expired", "The resourceVersion for the provided list is too old."),
        429 => ("TooManyRequests", "Too many requests, please try again later."),
        500 => ("InternalError", "Internal error occurred: etcdserver: request timed out"),
        503 => ("ServiceUnavailable", "the server is currently unable to handle the request"),
        504 => (
            "Timeout",
            "the server was unable to return a response in the time allotted, but may still be processing the request",
        ),
        _ => ("Unknown", "unknown"),
    };
    let mut about = target.map_or_else(|| json!({}), details);
    if code == 429 {
        about["retryAfterSeconds"] = json!(1);
    }
    let response = status(code, reason.unwrap_or(usual_reason), message.unwrap_or(usual_message), Some(about));
    if code == 429 { response.with_header("Retry-After", "1") } else { response }
}

fn details(target: &Target) -> Value {
    let mut details = Map::new();
    if let Some(name) = &target.name {
        details.insert("name".to_owned(), json!(name));
    }
    if !target.group.is_empty() {
        details.insert("group".to_owned(), json!(target.group));
    }
    details.insert("kind".to_owned(), json!(target.plural));
    Value::Object(details)
}
