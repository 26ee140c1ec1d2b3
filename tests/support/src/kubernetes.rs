//! A Kubernetes API server that serves recorded objects.

mod discovery;
mod list;
mod rbac;
mod resource;
mod selector;
mod status;
mod store;

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use self::list::Paging;
pub use self::rbac::Rule;
use self::resource::Target;
use self::store::Store;
use crate::fault::Pattern;
use crate::http::{Request, Response};
use crate::server::{Handler, Server, lock};

/// The stand-in. It answers GET and LIST as the real server does, refuses every write and every look at a Secret or
/// a token, and keeps the list of such attempts ([`Server::violations`]).
#[derive(Debug)]
pub struct KubernetesApi {
    server: Server,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    store: Mutex<Store>,
    settings: Mutex<Settings>,
}

#[derive(Debug, Clone)]
struct Settings {
    discovery: discovery::Documents,
    user: String,
    token: Option<String>,
    rules: Option<Vec<Rule>>,
    hidden: Vec<Pattern>,
    paging: Paging,
    rollouts: bool,
}

impl KubernetesApi {
    /// Starts a server with these objects, which need `apiVersion`, `kind` and `metadata.name`.
    ///
    /// # Panics
    /// When an object's kind is not one that the stand-in serves.
    pub fn start(objects: impl IntoIterator<Item = Value>) -> Self {
        Self::start_in("aws", objects)
    }

    /// The same with what `common/PARTITION` has of version, issuer and discovery.
    pub fn start_in(partition: &str, objects: impl IntoIterator<Item = Value>) -> Self {
        let state = Arc::new(State {
            store: Mutex::default(),
            settings: Mutex::new(Settings {
                discovery: discovery::Documents::load(partition),
                user: "limited".to_owned(),
                token: None,
                rules: None,
                hidden: Vec::new(),
                paging: Paging::default(),
                rollouts: false,
            }),
        });
        let server = Server::start(Arc::clone(&state) as Arc<dyn Handler>);
        let api = Self { server, state };
        for object in objects {
            api.put(object);
        }
        api
    }

    /// Adds an object, or puts it in place of the older one of that name.
    ///
    /// # Panics
    /// When its kind is not one that the stand-in serves.
    pub fn put(&self, object: Value) {
        if object["kind"] == "Rollout" {
            lock(&self.state.settings).rollouts = true;
        }
        lock(&self.state.store).insert(object);
    }

    /// The object as it is stored now.
    pub fn get(
        &self,
        api_version: &str,
        kind: &str,
        namespace: Option<&str>,
        name: &str,
    ) -> Option<Value> {
        let resource = resource::Resource::of_kind(api_version, kind)?;
        lock(&self.state.store)
            .get(resource, namespace, name)
            .cloned()
    }

    /// Takes an object away.
    pub fn remove(
        &self,
        api_version: &str,
        kind: &str,
        namespace: Option<&str>,
        name: &str,
    ) -> Option<Value> {
        let resource = resource::Resource::of_kind(api_version, kind)?;
        lock(&self.state.store).remove(resource, namespace, name)
    }

    /// Objects under a path that begins with one of these patterns are not there.
    pub fn hide(&self, patterns: &[String]) {
        lock(&self.state.settings).hidden = patterns
            .iter()
            .map(|pattern| Pattern::new(pattern))
            .collect();
    }

    /// From now on only requests with this bearer token are let in; the others get 401.
    pub fn require_token(&self, token: &str) {
        lock(&self.state.settings).token = Some(token.to_owned());
    }

    /// From now on `user` may do only what a rule allows; for all else there is 403 with the real server's message.
    pub fn set_rules(&self, user: &str, rules: Vec<Rule>) {
        let mut settings = lock(&self.state.settings);
        user.clone_into(&mut settings.user);
        settings.rules = Some(rules);
    }

    /// Lets `/apis/argoproj.io/v1alpha1/rollouts` exist; a Rollout among the objects does so too.
    pub fn install_rollouts(&self) {
        lock(&self.state.settings).rollouts = true;
    }

    /// Lowers every `limit` to at most `largest`.
    pub fn set_largest_page(&self, largest: usize) {
        lock(&self.state.settings).paging.largest = Some(largest);
    }

    /// From now on every `continue` token is answered with 410 Gone.
    pub fn expire_continue_tokens(&self, expired: bool) {
        lock(&self.state.settings).paging.expired = expired;
    }

    /// Fields that stand in `/version` in place of the recorded ones.
    pub fn set_version(&self, fields: &Value) {
        lock(&self.state.settings).discovery.set_version(fields);
    }

    /// The issuer in `/.well-known/openid-configuration`.
    pub fn set_issuer(&self, issuer: &str) {
        lock(&self.state.settings).discovery.set_issuer(issuer);
    }
}

impl Deref for KubernetesApi {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

/// The verb that rights are judged by.
fn verb(request: &Request, target: Option<&Target>) -> &'static str {
    let named = target.is_some_and(|target| target.name.is_some());
    match request.method.as_str() {
        "GET" | "HEAD" if target.is_none_or(|target| target.plural.is_empty()) => "get",
        "GET" | "HEAD"
            if request
                .parameter("watch")
                .is_some_and(|watch| watch == "true" || watch == "1") =>
        {
            "watch"
        }
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
            target.plural == "secrets"
                || (target.plural == "serviceaccounts" && target.subresource.is_some())
        });
        secret || !matches!(request.method.as_str(), "GET" | "HEAD")
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
            return if matches!(request.method.as_str(), "GET" | "HEAD") {
                status::forbidden(&settings.user, verb, request, target)
            } else {
                status::usual(405, None, None, target)
            };
        }
        let Some(target) = target else {
            return settings
                .discovery
                .answer(&request.path, settings.rollouts)
                .unwrap_or_else(status::no_such_path);
        };
        let forbidden = settings
            .rules
            .as_ref()
            .is_some_and(|rules| !rules.iter().any(|rule| rule.allows(verb, target)));
        if forbidden {
            return status::forbidden(&settings.user, verb, request, Some(target));
        }
        self.read(request, target, &settings)
    }

    fn error(
        &self,
        request: &Request,
        code: u16,
        reason: Option<&str>,
        message: Option<&str>,
    ) -> Response {
        let target = Target::parse(&request.segments());
        let target = target.as_ref().filter(|target| !target.plural.is_empty());
        if code == 403 && reason.is_none() && message.is_none() {
            let user = lock(&self.settings).user.clone();
            return status::forbidden(&user, verb(request, target), request, target);
        }
        match (code, target) {
            (404, Some(target))
                if target.name.is_some() && reason.is_none() && message.is_none() =>
            {
                status::not_found(target)
            }
            _ => status::usual(code, reason, message, target),
        }
    }
}

impl State {
    /// GET of one object, or LIST.
    fn read(&self, request: &Request, target: &Target, settings: &Settings) -> Response {
        let served = target
            .resource()
            .filter(|resource| resource.group != resource::ARGO_GROUP || settings.rollouts);
        let Some(resource) = served.filter(|_| target.subresource.is_none()) else {
            return status::no_such_path();
        };
        let store = lock(&self.store);
        let hidden = |path: &str| settings.hidden.iter().any(|pattern| pattern.matches(path));
        let Some(name) = &target.name else {
            let path = |object: &Value| path_of(resource, object);
            return list::list(
                &store,
                resource,
                target,
                request,
                settings.paging,
                |object| hidden(&path(object)),
            );
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
    let root = if resource.group.is_empty() {
        "/api"
    } else {
        "/apis"
    };
    let namespace = if resource.namespaced {
        format!("/namespaces/{}", text("namespace"))
    } else {
        String::new()
    };
    format!(
        "{root}/{}{namespace}/{}/{}",
        resource.api_version(),
        resource.plural,
        text("name")
    )
}

#[cfg(test)]
mod tests;
