//! From a request to its answer: who asks, whether they may, and what is there.

use serde_json::Value;

use super::resource::{self, Target};
use super::{Settings, State, list, status, write};
use crate::http::{Request, Response};
use crate::server::{Handler, lock};

fn is_read(request: &Request) -> bool {
    matches!(request.method.as_str(), "GET" | "HEAD")
}

/// The verb that rights are judged by.
fn verb(request: &Request, target: Option<&Target>) -> &'static str {
    let named = target.is_some_and(|target| target.name.is_some());
    match request.method.as_str() {
        "GET" | "HEAD" if target.is_none_or(|target| target.plural.is_empty()) => "get",
        "GET" | "HEAD" if request.parameter("watch").is_some_and(|watch| watch == "true" || watch == "1") => "watch",
        "GET" | "HEAD" if named => "get",
        "GET" | "HEAD" => "list",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" if named => "delete",
        _ => "deletecollection",
    }
}

impl Handler for State {
    fn operation(&self, request: &Request) -> String {
        request.path.clone()
    }

    fn is_violation(&self, request: &Request) -> bool {
        let secret = Target::parse(&request.segments()).is_some_and(|target| {
            target.plural == "secrets" || (target.plural == "serviceaccounts" && target.subresource.is_some())
        });
        secret || !(is_read(request) || lock(&self.settings).writable)
    }

    fn answer(&self, request: &Request) -> Response {
        let settings = lock(&self.settings).clone();
        if let Some(token) = &settings.token
            && request.header("authorization") != Some(&format!("Bearer {token}"))
        {
            return status::unauthorized();
        }
        let target = Target::parse(&request.segments());
        let target = target.as_ref().filter(|target| !target.plural.is_empty());
        let verb = verb(request, target);
        if self.is_violation(request) {
            return if is_read(request) {
                status::forbidden(&settings.user, verb, request, target)
            } else {
                status::usual(405, None, None, target)
            };
        }
        let Some(target) = target else {
            return settings.discovery.answer(&request.path, settings.rollouts).unwrap_or_else(status::no_such_path);
        };
        let forbidden = settings.rules.as_ref().is_some_and(|rules| !rules.iter().any(|rule| rule.allows(verb, target)));
        if forbidden {
            return status::forbidden(&settings.user, verb, request, Some(target));
        }
        let served = target
            .resource()
            .filter(|resource| target.subresource.is_none() && (resource.group != resource::ARGO_GROUP || settings.rollouts));
        let Some(resource) = served else {
            return status::no_such_path();
        };
        if is_read(request) {
            self.read(request, resource, target, &settings)
        } else {
            write::write(&mut lock(&self.store), resource, target, request)
        }
    }

    fn error(&self, request: &Request, code: u16, reason: Option<&str>, message: Option<&str>) -> Response {
        let target = Target::parse(&request.segments());
        let target = target.as_ref().filter(|target| !target.plural.is_empty());
        if code == 403 && reason.is_none() && message.is_none() {
            let user = lock(&self.settings).user.clone();
            return status::forbidden(&user, verb(request, target), request, target);
        }
        match (code, target) {
            (404, Some(target)) if target.name.is_some() && reason.is_none() && message.is_none() => status::not_found(target),
            _ => status::usual(code, reason, message, target),
        }
    }
}

impl State {
    /// GET of one object, or LIST.
    fn read(&self, request: &Request, resource: &resource::Resource, target: &Target, settings: &Settings) -> Response {
        let store = lock(&self.store);
        let hidden = |path: &str| settings.hidden.iter().any(|pattern| pattern.matches(path));
        let Some(name) = &target.name else {
            let path = |object: &Value| path_of(resource, object);
            return list::list(&store, resource, target, request, settings.paging, |object| hidden(&path(object)));
        };
        match store.get(resource, target.namespace.as_deref(), name) {
            Some(object) if !hidden(&path_of(resource, object)) => {
                if list::wants_metadata_only(request) {
                    return Response::json(200, &list::metadata_only(object));
                }
                Response::json(200, object)
            }
            _ => status::not_found(target),
        }
    }
}

/// The path under which an object is read.
fn path_of(resource: &resource::Resource, object: &Value) -> String {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
    let root = if resource.group.is_empty() { "/api" } else { "/apis" };
    let namespace = if resource.namespaced { format!("/namespaces/{}", text("namespace")) } else { String::new() };
    format!("{root}/{}{namespace}/{}/{}", resource.api_version(), resource.plural, text("name"))
}
