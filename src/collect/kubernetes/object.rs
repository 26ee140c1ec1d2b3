//! From an answer's text to a slim object, and what makes an answer one at all.
//!
//! The slim types give every missing field its default. So what a real object always has is asked for
//! here: without it, "no containers" or "no issuer" would be invented.

use irsa_doctor_checks::snapshot::kubernetes::{
    Event, Metadata, Namespace, Node, OpenIdConfiguration, Pod, PodSpec, ServerVersion, ServiceAccount, WebhookConfiguration,
    Workload,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Something that an API server answers with.
pub(crate) trait Document: DeserializeOwned {
    /// What is missing that every such answer has.
    fn check(&self) -> Result<(), &'static str>;
}

/// A Kubernetes object.
pub(crate) trait Object: Document {
    /// Its metadata.
    fn metadata(&self) -> &Metadata;
    /// Writes down the kind, where the type is one of several kinds: items of a list don't say theirs.
    fn set_kind(&mut self, _kind: &str) {}
    /// Gives back the room that its lists have to grow: of ten thousand pods that is most of what they take.
    fn tighten(&mut self) {}
}

impl Document for ServerVersion {
    fn check(&self) -> Result<(), &'static str> {
        if self.git_version.is_empty() { Err("gitVersion is missing") } else { Ok(()) }
    }
}

impl Document for OpenIdConfiguration {
    fn check(&self) -> Result<(), &'static str> {
        if self.issuer.is_empty() { Err("issuer is missing") } else { Ok(()) }
    }
}

/// Declares an object, with what else it must have.
macro_rules! object {
    ($kind:ty, $check:expr) => {
        impl Document for $kind {
            fn check(&self) -> Result<(), &'static str> {
                if self.metadata.name.is_empty() {
                    return Err("metadata.name is missing");
                }
                let check: fn(&$kind) -> Result<(), &'static str> = $check;
                check(self)
            }
        }
        impl Object for $kind {
            fn metadata(&self) -> &Metadata {
                &self.metadata
            }
        }
    };
}

impl Document for Pod {
    fn check(&self) -> Result<(), &'static str> {
        if self.metadata.name.is_empty() { Err("metadata.name is missing") } else { containers(&self.spec) }
    }
}

impl Object for Pod {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn tighten(&mut self) {
        tighten(&mut self.metadata, &mut self.spec);
    }
}

fn tighten(metadata: &mut Metadata, spec: &mut PodSpec) {
    metadata.managed_fields.shrink_to_fit();
    metadata.owner_references.shrink_to_fit();
    for containers in [&mut spec.init_containers, &mut spec.containers, &mut spec.ephemeral_containers] {
        for container in containers.iter_mut() {
            container.env.shrink_to_fit();
            container.volume_mounts.shrink_to_fit();
        }
        containers.shrink_to_fit();
    }
    for projected in spec.volumes.iter_mut().filter_map(|volume| volume.projected.as_mut()) {
        projected.sources.shrink_to_fit();
    }
    spec.volumes.shrink_to_fit();
}

object!(ServiceAccount, |_| Ok(()));
object!(Namespace, |_| Ok(()));
object!(Node, |_| Ok(()));
object!(Event, |_| Ok(()));
object!(WebhookConfiguration, |configuration| {
    let whole = configuration.webhooks.iter().all(|webhook| !webhook.name.is_empty());
    if whole { Ok(()) } else { Err("webhooks[].name is missing") }
});

impl Document for Workload {
    fn check(&self) -> Result<(), &'static str> {
        if self.metadata.name.is_empty() {
            return Err("metadata.name is missing");
        }
        match self.template() {
            Some(template) => containers(&template.spec),
            // A Rollout may take its template from a Deployment; a ReplicaSet's is optional in the API, though never missing.
            None if self.spec.workload_ref.is_some() => Ok(()),
            None => Err("spec.template is missing"),
        }
    }
}

impl Object for Workload {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn set_kind(&mut self, kind: &str) {
        kind.clone_into(&mut self.kind);
    }

    fn tighten(&mut self) {
        if let Some(template) = &mut self.spec.template {
            tighten(&mut template.metadata, &mut template.spec);
        }
    }
}

/// A pod has at least one container, and each has a name.
fn containers(spec: &PodSpec) -> Result<(), &'static str> {
    let named = |containers: &[irsa_doctor_checks::snapshot::kubernetes::Container]| {
        containers.iter().all(|container| !container.name.is_empty())
    };
    if spec.containers.is_empty() {
        Err("spec.containers is missing")
    } else if named(&spec.containers) && named(&spec.init_containers) {
        Ok(())
    } else {
        Err("a container's name is missing")
    }
}

/// Reads a document.
///
/// # Errors
/// What is wrong with it, without a value from it.
pub(super) fn document<T: Document>(text: &str) -> Result<T, String> {
    let document: T = match serde_json::from_str(text) {
        Ok(document) => document,
        Err(first) => lenient(parse(text)?).map_err(|_| complaint(&first))?,
    };
    document.check().map_err(str::to_owned)?;
    Ok(document)
}

/// Reads an object of this kind and name.
///
/// # Errors
/// What is wrong with it, without a value from it.
pub(super) fn object<T: Object>(text: &str, kind: &str, namespace: Option<&str>, name: &str) -> Result<T, String> {
    let head: Head = serde_json::from_str(text).map_err(|error| complaint(&error))?;
    if head.kind.as_deref() != Some(kind) {
        return Err(format!("it is not a {kind}"));
    }
    let mut object: T = document(text)?;
    object.set_kind(kind);
    let metadata = object.metadata();
    if metadata.name != name || namespace.is_some_and(|namespace| metadata.namespace.as_deref() != Some(namespace)) {
        return Err(format!("it is another {kind} than the one that was asked for"));
    }
    Ok(object)
}

/// Reads an item of a list.
///
/// # Errors
/// What is wrong with it, without a value from it.
pub(crate) fn item<T: Object>(value: Value, kind: &str) -> Result<T, String> {
    whole(lenient(value).map_err(|error| complaint(&error))?, kind)
}

/// An item of a list, if nothing is missing from it.
///
/// # Errors
/// What is missing.
pub(super) fn whole<T: Object>(mut object: T, kind: &str) -> Result<T, String> {
    object.check().map_err(str::to_owned)?;
    object.set_kind(kind);
    object.tighten();
    Ok(object)
}

/// What every object says of itself first.
#[derive(serde::Deserialize)]
struct Head {
    kind: Option<String>,
}

/// Reads any JSON.
fn parse(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| complaint(&error))
}

/// Reads with `null` taken as "not there", as the API server itself does.
fn lenient<T: DeserializeOwned>(mut value: Value) -> serde_json::Result<T> {
    drop_nulls(&mut value);
    serde_json::from_value(value)
}

/// Takes out every key whose value is `null`. The parser has bounded the depth.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A parser's complaint without the value that it complains about: that value may be a secret.
pub(super) fn complaint(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let place = if error.line() == 0 { String::new() } else { format!(" at line {} column {}", error.line(), error.column()) };
    match error.classify() {
        Category::Eof => format!("the JSON ends too early{place}"),
        Category::Syntax | Category::Io => format!("it is not JSON{place}"),
        Category::Data => {
            let text = error.to_string();
            let text = text.split(" at line ").next().unwrap_or_default();
            match text.rsplit_once("expected ").filter(|_| text.starts_with("invalid")) {
                Some((_, expected)) => format!("a field has another type than {expected}{place}"),
                None if text.starts_with("missing field") => format!("{text}{place}"),
                None => format!("a field has another type{place}"),
            }
        }
    }
}
