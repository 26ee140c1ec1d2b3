//! Service accounts that Terraform makes itself, or through a chart.

use super::Plan;
use super::aws::role_of;
use super::resource::Resource;
use crate::files::defined::{Defined, ServiceAccount, later};
use crate::files::manifest::Manifests;
use crate::files::place::Spot;
use crate::files::tree::{self, Tree};
use irsa_doctor_checks::evidence::ROLE_ANNOTATION;
use irsa_doctor_checks::snapshot::Observed;
use std::collections::BTreeMap;

/// Reads them.
pub(super) fn read(plan: &Plan<'_>, defined: &mut Defined, manifests: &mut Manifests) {
    let kinds = ["kubernetes_service_account", "kubernetes_service_account_v1"];
    defined.accounts.extend(plan.of(&kinds).filter_map(|resource| account(plan, resource)));
    for resource in plan.of(&["kubernetes_manifest"]) {
        if let Some(manifest) = resource.values.get("manifest") {
            manifests.object(plan.file, manifest, Some(resource.address));
        }
    }
    defined.accounts.extend(plan.of(&["helm_release"]).filter_map(|resource| of_chart(plan, resource)));
}

fn account(plan: &Plan<'_>, resource: &Resource<'_>) -> Option<ServiceAccount> {
    let metadata = resource.values.items_of("metadata").first()?;
    let annotations = metadata.get("annotations").map(Tree::texts).unwrap_or_default();
    let role = match annotations.get(ROLE_ANNOTATION) {
        Some(_) => None,
        // What isn't known of an annotation isn't even named: the whole of them may be known later.
        None => annotated_later(resource).then(|| {
            let gap = later(format!("the annotations of {}", resource.address), resource.address);
            role_of(plan, resource, &["metadata", "annotations"], Observed::Unavailable(gap))
        }),
    };
    Some(ServiceAccount {
        // Kubernetes' own default, which the provider follows.
        namespace: metadata.text_of("namespace").unwrap_or("default").to_owned(),
        name: metadata.text_of("name")?.to_owned(),
        annotations,
        role,
        spot: resource.spot(plan.file),
    })
}

fn annotated_later(resource: &Resource<'_>) -> bool {
    resource.is_later(&["metadata", "annotations"]) || resource.is_later(&["metadata", "annotations", ROLE_ANNOTATION])
}

/// The service account of a chart, where the values name it and its role in the way that charts have in common.
/// <https://helm.sh/docs/chart_best_practices/rbac/#service-account-resources>
fn of_chart(plan: &Plan<'_>, resource: &Resource<'_>) -> Option<ServiceAccount> {
    let mut annotations = BTreeMap::new();
    let mut name = None;
    let mut place: Option<Spot> = None;
    for value in resource.values.items_of("values") {
        let documents = tree::documents(value.text()?).ok()?;
        let Some(account) = documents.first().and_then(|document| document.get("serviceAccount")) else { continue };
        name = account.text_of("name").map(str::to_owned).or(name);
        annotations.extend(account.get("annotations").map(Tree::texts).unwrap_or_default());
        place = Some(resource.spot(plan.file).part(value));
    }
    for block in resource.values.items_of("set") {
        let (Some(path), Some(value)) = (block.text_of("name"), block.text_of("value")) else { continue };
        if path == "serviceAccount.name" {
            name = Some(value.to_owned());
        } else if let Some(annotation) = path.strip_prefix("serviceAccount.annotations.") {
            // A dot in a key is escaped there.
            annotations.insert(annotation.replace("\\.", "."), value.to_owned());
            place = Some(resource.spot(plan.file).part(block));
        }
    }
    if annotations.is_empty() {
        return None;
    }
    let namespace = resource.text("namespace").present().cloned().unwrap_or_else(|| "default".to_owned());
    let spot = place.unwrap_or_else(|| resource.spot(plan.file));
    Some(ServiceAccount { namespace, name: name?, annotations, role: None, spot })
}
