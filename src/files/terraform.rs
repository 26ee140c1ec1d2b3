//! What `terraform show -json` says of a plan or a state. <https://developer.hashicorp.com/terraform/internals/json-format>
//!
//! What a plan knows only after it was applied is missing from its values, and marked in its changes: that is unknown,
//! never absent. Where such a value is a reference to one resource of the plan, the configuration says which.

mod aws;
mod kubernetes;
mod references;
mod resource;

use super::defined::Defined;
use super::manifest::Manifests;
use super::tree::Tree;
use irsa_doctor_iam::json::{Node, Value};
use references::References;
use resource::{Resource, resources};

/// Whether a document is what `terraform show -json` prints.
pub(super) fn is_it(document: &Value) -> bool {
    document.get("format_version").is_some()
        && (document.at(&["planned_values", "root_module"]).is_some() || document.at(&["values", "root_module"]).is_some())
}

/// Whether a document is a state as Terraform keeps it itself, which is in no stable format.
pub(super) fn is_raw_state(document: &Value) -> bool {
    document.get("lineage").is_some() && document.get("serial").is_some() && document.get("resources").is_some()
}

/// Whether a plan ended in an error: then it lacks what was still to be planned.
pub(super) fn is_failed(document: &Value) -> bool {
    matches!(document.get("errored").map(|errored| &errored.node), Some(Node::Bool(true)))
}

/// Reads a plan or a state.
pub(super) fn read(file: usize, document: &Value, defined: &mut Defined, manifests: &mut Manifests) {
    let values = document.at(&["planned_values", "root_module"]).or_else(|| document.at(&["values", "root_module"]));
    let Some(root) = values else { return };
    let all = resources(root, document.items_of("resource_changes"));
    // Data that was read before the plan was made.
    let prior = document.at(&["prior_state", "values", "root_module"]);
    let prior = prior.map(|root| resources(root, &[])).unwrap_or_default();
    all.iter().chain(&prior).for_each(|resource| surroundings(resource, defined));
    let references = References::new(document.at(&["configuration", "root_module"]), &all);
    let plan = Plan { file, all: &all, prior: &prior, references: &references };
    aws::read(&plan, defined);
    kubernetes::read(&plan, defined, manifests);
}

/// What is being read.
struct Plan<'p> {
    file: usize,
    all: &'p [Resource<'p>],
    /// Data that was read before.
    prior: &'p [Resource<'p>],
    references: &'p References<'p>,
}

impl<'p> Plan<'p> {
    /// The managed resources of these types.
    fn of<'s>(&'s self, kinds: &'s [&'s str]) -> impl Iterator<Item = &'p Resource<'p>> + use<'s, 'p> {
        self.all.iter().filter(move |resource| resource.is_managed && kinds.contains(&resource.kind))
    }

    /// What was read of this type, and isn't the plan's own.
    fn data(&self, kind: &'static str) -> impl Iterator<Item = &'p Resource<'p>> + use<'p> {
        let all = self.all.iter().chain(self.prior);
        all.filter(move |resource| !resource.is_managed && resource.kind == kind)
    }
}

/// In which account and partition a plan is carried out, as its data says.
fn surroundings(resource: &Resource<'_>, defined: &mut Defined) {
    let text = |key: &str| resource.values.text_of(key).filter(|text| !text.is_empty());
    match (resource.is_managed, resource.kind) {
        (false, "aws_caller_identity") => defined.account_ids.extend(text("account_id").map(str::to_owned)),
        (false, "aws_partition") => {
            if let Some(partition) = text("partition") {
                defined.partition = Some(partition.to_owned());
            }
        }
        _ => {}
    }
}
