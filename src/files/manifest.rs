//! Kubernetes objects as they are written to be applied.

use super::place::Spot;
use super::tree::Tree;
use crate::collect::kubernetes::whole_object;
use irsa_doctor_checks::scan;
use irsa_doctor_checks::snapshot::TargetKind;
use irsa_doctor_checks::snapshot::kubernetes::{Metadata, Pod, ServiceAccount, Workload};
use irsa_doctor_iam::json::{Node, Value};

/// The objects that matter.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    pub(super) accounts: Vec<(ServiceAccount, Spot)>,
    pub(super) pods: Vec<(Pod, Spot)>,
    pub(super) workloads: Vec<(TargetKind, Workload, Spot)>,
    /// Objects that aren't whole, with why: patches, as a rule.
    pub(super) partial: Vec<(Spot, String)>,
    /// Objects that the API server refuses.
    pub(super) refused: Vec<Refused>,
}

/// An object that the API server refuses, and would want to be judged.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) kind: TargetKind,
    /// Its name and namespace.
    pub(super) metadata: Metadata,
    pub(super) spot: Spot,
    /// What it is refused for.
    pub(super) why: String,
}

/// Whether a document is a Kubernetes object.
pub(super) fn is_it(document: &Value) -> bool {
    document.text_of("apiVersion").is_some() && document.text_of("kind").is_some()
}

/// Whether a document is an object whose role, name or service account is yet to be filled in, by Helm or by something else
/// that writes `{{`. Other values may have it for good: of Vault's annotations, and of programs' own templates.
pub(super) fn is_template(document: &Value) -> bool {
    let is_ours = |key: &str| key.starts_with("eks.amazonaws.com/");
    let is_open = |value: Option<&Value>| value.and_then(Tree::text).is_some_and(|text| text.contains("{{"));
    let in_metadata = |holder: &Value| {
        let annotations = holder.at(&["metadata", "annotations"]).map(Tree::members).unwrap_or_default();
        let names = ["name", "namespace"].iter().any(|key| is_open(holder.at(&["metadata", key])));
        names || annotations.iter().any(|member| is_ours(&member.key) && is_open(Some(&member.value)))
    };
    let in_container = |container: &Value| {
        let env = container.items_of("env").iter();
        let is_aws = |variable: &&Value| variable.text_of("name").is_some_and(|name| name.starts_with("AWS_"));
        is_open(container.get("name")) || env.filter(is_aws).any(|variable| is_open(variable.get("value")))
    };
    let in_spec = |spec: &Value| {
        let accounts = ["serviceAccountName", "serviceAccount"].iter().any(|key| is_open(spec.get(key)));
        accounts || containers(spec).any(in_container)
    };
    let kind = document.text_of("kind").unwrap_or_default();
    let is_judged = matches!(kind, "ServiceAccount" | "Pod") || kind.ends_with("List") || scan::maker(kind).is_some();
    is_it(document)
        && is_judged
        && (document.items_of("items").iter().any(is_template)
            || std::iter::once(document).chain(pod_holders(document)).any(in_metadata)
            || pod_specs(document).any(in_spec))
}

impl Manifests {
    /// Takes an object in, or the objects of a list.
    pub(super) fn object(&mut self, file: usize, object: &Value, address: Option<&str>) {
        let group = object.text_of("apiVersion").unwrap_or_default().split('/').next().unwrap_or_default();
        let kind = object.text_of("kind").unwrap_or_default();
        if kind == "List" || (kind.ends_with("List") && object.get("items").is_some()) {
            // Objects of a typed list don't say what they are.
            let of_list = kind.strip_suffix("List").filter(|kind| !kind.is_empty());
            for item in object.items_of("items") {
                self.one(file, item, item.text_of("kind").or(of_list).unwrap_or_default(), address);
            }
        // Somebody's own kind may have any name.
        } else if !group.contains('.') || group.ends_with(".k8s.io") || group == "argoproj.io" {
            self.one(file, object, kind, address);
        }
    }

    fn one(&mut self, file: usize, object: &Value, kind: &str, address: Option<&str>) {
        // It holds a copy of the object, and most objects have no part in this.
        let spot = || Spot::new(file, object, address);
        let maker = scan::maker(kind);
        let done = match (kind, maker) {
            ("ServiceAccount", _) => read(object, kind).map(|account| self.accounts.push((account, spot()))),
            ("Pod", _) => read(object, kind).map(|pod| self.pods.push((pod, spot()))),
            (_, Some(maker)) => read(object, kind).map(|workload| self.workloads.push((maker, workload, spot()))),
            // Of a kind that has no part in this.
            (_, None) => Ok(()),
        };
        let target = match kind {
            "ServiceAccount" => Some(TargetKind::ServiceAccount),
            "Pod" => Some(TargetKind::Pod),
            _ => maker,
        };
        if let (Err(_), Some(kind), Some(why), Some(metadata)) = (&done, target, not_text(object), head(object)) {
            self.refused.push(Refused { kind, metadata, spot: spot(), why });
        } else if let Err(why) = done {
            let name = object.at(&["metadata", "name"]).and_then(Tree::text).unwrap_or("without a name");
            self.partial.push((spot(), format!("{kind} {name} is not whole: {why}")));
        }
    }
}

/// Reads an object; one that gets its name when it is made has what that begins with.
fn read<T: crate::collect::kubernetes::Object>(object: &Value, kind: &str) -> Result<T, String> {
    let mut plain = object.plain();
    if let Some(metadata) = plain.get_mut("metadata").and_then(serde_json::Value::as_object_mut)
        && !metadata.contains_key("name")
        && let Some(prefix) = metadata.get("generateName").cloned()
    {
        metadata.insert("name".to_owned(), prefix);
    }
    for path in POD_SPECS {
        name_account(path.iter().try_fold(&mut plain, |inside, key| inside.get_mut(key)));
    }
    whole_object(plain, kind)
}

/// Name and namespace of an object of which nothing else may be right.
fn head(object: &Value) -> Option<Metadata> {
    let metadata = object.get("metadata")?;
    let name = metadata.text_of("name").or_else(|| metadata.text_of("generateName"))?.to_owned();
    Some(Metadata { name, namespace: metadata.text_of("namespace").map(str::to_owned), ..Metadata::default() })
}

/// A value that has to be text and isn't: YAML takes 300 and true for something else, and the API server takes only text.
/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/>
fn not_text(object: &Value) -> Option<String> {
    let is_odd = |value: &Value| matches!(value.node, Node::Number(_) | Node::Bool(_));
    let said =
        |what: String, value: &Value| format!("{what} (line {}) is no text: it has to stand in quotes", value.position.line);
    let mut lists =
        pod_holders(object).flat_map(|holder| ["annotations", "labels"].map(|list| (list, holder.at(&["metadata", list]))));
    let in_metadata = lists.find_map(|(list, values)| {
        let odd = values.map(Tree::members).unwrap_or_default().iter().find(|member| is_odd(&member.value))?;
        Some(said(format!("the value of {} in metadata.{list}", odd.key), &odd.value))
    });
    in_metadata.or_else(|| {
        pod_specs(object).flat_map(containers).find_map(|container| {
            let odd =
                container.items_of("env").iter().filter_map(|variable| variable.get("value")).find(|value| is_odd(value))?;
            Some(said("the value of a variable in a container's env".to_owned(), odd))
        })
    })
}

/// Where the spec of pods is: of a pod, of what has a template of pods, of a CronJob.
const POD_SPECS: [&[&str]; 3] = [&["spec"], &["spec", "template", "spec"], &["spec", "jobTemplate", "spec", "template", "spec"]];

/// The specs of pods that an object has.
fn pod_specs(object: &Value) -> impl Iterator<Item = &Value> {
    POD_SPECS.into_iter().filter_map(|path| object.at(path))
}

/// What has such a spec, and the pods' metadata beside it.
fn pod_holders(object: &Value) -> impl Iterator<Item = &Value> {
    POD_SPECS.into_iter().filter_map(|path| object.at(path.split_last()?.1))
}

/// The containers of a spec: init containers first.
fn containers(spec: &Value) -> impl Iterator<Item = &Value> {
    spec.items_of("initContainers").iter().chain(spec.items_of("containers"))
}

/// Writes the service account of pods where the API server keeps it. `serviceAccount` is the old name of
/// `serviceAccountName`, and counts where that isn't set.
/// <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodSpec>
fn name_account(spec: Option<&mut serde_json::Value>) {
    let Some(spec) = spec.and_then(serde_json::Value::as_object_mut) else { return };
    let is_set = |key: &str| spec.get(key).is_some_and(|name| name.as_str() != Some(""));
    if !is_set("serviceAccountName")
        && let Some(old) = spec.get("serviceAccount").cloned()
    {
        spec.insert("serviceAccountName".to_owned(), old);
    }
}

/// The namespace that an object goes to: its own, else the one that was said, else nobody knows.
pub(super) fn namespace_of(metadata: &Metadata, said: Option<&str>) -> String {
    let own = metadata.namespace.as_deref().filter(|namespace| !namespace.is_empty());
    own.or(said).unwrap_or_default().to_owned()
}
