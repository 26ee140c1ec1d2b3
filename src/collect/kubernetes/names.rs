//! Names alone, for completions: one page, metadata only, asked once.

use super::api::Api;
use super::fetch::workload_permissions;
use super::list::PAGE;
use super::permissions::{self, Permission};
use irsa_doctor_checks::snapshot::TargetKind;
use serde::Deserialize;

/// Metadata where the server can leave the rest out, else whole objects.
/// <https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches>
const METADATA_ONLY: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/// A list, as far as it matters.
#[derive(Deserialize)]
struct Names {
    items: Option<Vec<Named>>,
}

#[derive(Deserialize)]
struct Named {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
}

impl Api {
    /// The names of a kind's objects, sorted; `None` where they can't be had. What can't be an object's name is left out.
    pub(crate) async fn names(&self, kind: TargetKind, namespace: &str) -> Option<Vec<String>> {
        let path = permission(kind)?.path(Some(namespace), None)?;
        let reply = self.exchange(&format!("{path}?limit={PAGE}"), METADATA_ONLY).await.ok()?;
        let list: Names = serde_json::from_str(reply.text().ok()?).ok()?;
        let names = list.items.unwrap_or_default().into_iter().map(|item| item.metadata.name);
        let mut names: Vec<String> = names.filter(|name| is_name(name)).collect();
        names.sort();
        Some(names)
    }
}

/// What it takes to list them.
fn permission(kind: TargetKind) -> Option<&'static Permission> {
    match kind {
        TargetKind::Pod => Some(&permissions::LIST_PODS),
        TargetKind::ServiceAccount => Some(&permissions::LIST_SERVICE_ACCOUNTS),
        TargetKind::Namespace => Some(&permissions::LIST_NAMESPACES),
        _ => workload_permissions(kind).map(|(_, list)| list),
    }
}

/// A DNS subdomain: the longest that any of these objects may be called.
/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names>
fn is_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let label = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.chars().all(inner);
    name.len() <= 253 && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_kubernetes_takes() {
        for name in ["api", "api-0", "a.b-c.d", "0"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "-a", "a-", "a..b", "A", "$(touch x)", "a b", "a\nb", "a/b", "a;b", &"a".repeat(254)] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn what_has_no_objects_has_no_names() {
        assert!(permission(TargetKind::Role).is_none() && permission(TargetKind::Rollout).is_some());
    }
}
