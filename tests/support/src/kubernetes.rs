//! A Kubernetes API server that serves recorded objects.

mod controllers;
mod discovery;
mod handler;
mod list;
mod patch;
mod protobuf;
mod rbac;
mod resource;
mod selector;
mod status;
mod store;
mod webhook;
mod write;

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use self::list::Paging;
pub use self::rbac::Rule;
use self::store::Store;
use crate::fault::Pattern;
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
    discovery: Arc<discovery::Documents>,
    user: String,
    token: Option<String>,
    rules: Option<Vec<Rule>>,
    hidden: Vec<Pattern>,
    paging: Paging,
    rollouts: bool,
    writable: bool,
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
                discovery: Arc::new(discovery::Documents::load(partition)),
                user: "limited".to_owned(),
                token: None,
                rules: None,
                hidden: Vec::new(),
                paging: Paging::default(),
                rollouts: false,
                writable: false,
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
    pub fn get(&self, api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> Option<Value> {
        let resource = resource::Resource::of_kind(api_version, kind)?;
        lock(&self.state.store).get(resource, namespace, name).cloned()
    }

    /// Takes an object away.
    pub fn remove(&self, api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> Option<Value> {
        let resource = resource::Resource::of_kind(api_version, kind)?;
        lock(&self.state.store).remove(resource, namespace, name)
    }

    /// Objects under a path that begins with one of these patterns are not there.
    pub fn hide(&self, patterns: &[String]) {
        lock(&self.state.settings).hidden = patterns.iter().map(|pattern| Pattern::new(pattern)).collect();
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

    /// From now on writes change the store and are no violations; Secrets and tokens still are.
    pub fn allow_writes(&self) {
        lock(&self.state.settings).writable = true;
    }

    /// Makes each pod of a namespace anew, as after a rollout restart or the deletion of a bare pod: from its
    /// Deployment's template if it has one, and through the webhook as it is configured now. `associated` are the
    /// service accounts of the namespace that have a Pod Identity association.
    pub fn recreate_pods(&self, namespace: &str, associated: &[String]) {
        controllers::recreate_pods(&mut lock(&self.state.store), namespace, associated);
    }

    /// Gives a bare pod owners, as if it had always been one of a Deployment of its own: a `ReplicaSet` and a Deployment
    /// whose template is the pod without what the webhook put in.
    pub fn adopt(&self, namespace: &str, pod: &str) {
        controllers::adopt(&mut lock(&self.state.store), namespace, pod);
    }

    /// Runs the Pod Identity agent on every node, where it doesn't yet: what its add-on does.
    pub fn add_agent(&self) {
        controllers::add_agent(&mut lock(&self.state.store));
    }

    /// Fields that stand in `/version` in place of the recorded ones.
    pub fn set_version(&self, fields: &Value) {
        Arc::make_mut(&mut lock(&self.state.settings).discovery).set_version(fields);
    }

    /// The issuer in `/.well-known/openid-configuration`.
    pub fn set_issuer(&self, issuer: &str) {
        Arc::make_mut(&mut lock(&self.state.settings).discovery).set_issuer(issuer);
    }
}

impl Deref for KubernetesApi {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

#[cfg(test)]
mod tests;
