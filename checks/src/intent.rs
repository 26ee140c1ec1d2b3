//! What says that a target wants something from AWS at all.

use crate::evidence::Evidence;
use crate::role_annotation::{near_miss, near_miss_on_account};
use crate::snapshot::kubernetes::Metadata;
use crate::snapshot::{Gap, GapCause, Observed};
use crate::wiring::has_aws_token;

/// The variables that speak of AWS credentials of the pod's own.
const VARIABLES: &[&str] = &[
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];

/// Why we think that the target wants something from AWS; `None` if nothing says so.
///
/// Most pods of a cluster want nothing from AWS: without intent no link applies. A target that was
/// named has intent by that alone; one that a scan came upon has it only by evidence.
pub fn intent(evidence: &Evidence<'_>) -> Option<String> {
    if evidence.target.kind.is_scan() {
        return None;
    }
    if !evidence.target.scanned {
        return Some("it was named as the target".to_owned());
    }
    if evidence.target.kind == crate::snapshot::TargetKind::Role {
        return Some("its trust policy is for tokens of clusters".to_owned());
    }
    // Files hold many things, and a question is about some of them.
    let said = if evidence.snapshot.from_files { None } else { said(evidence) };
    said.or_else(|| annotated(evidence)).or_else(|| wired(evidence)).or_else(|| associated(evidence)).or_else(|| unseen(evidence))
}

/// What the command line says.
fn said(evidence: &Evidence<'_>) -> Option<String> {
    let asked = evidence.asked();
    let flag = if asked.role.is_some() {
        "--role"
    } else if !asked.actions.is_empty() {
        "--action or --needs"
    } else if asked.error.is_some() {
        "--error"
    } else {
        return None;
    };
    Some(format!("{flag} was given"))
}

/// An annotation of the webhook, or nearly one, on anything around the pod.
fn annotated(evidence: &Evidence<'_>) -> Option<String> {
    let account = evidence.service_account();
    if let Some(account) = account.present()
        && (mark(&account.metadata).is_some() || near_miss_on_account(&account.metadata).is_some())
    {
        return Some(format!("service account {} bears an annotation for AWS", account.metadata.name));
    }
    let pod = evidence.pod.present().map(|pod| ("pod", &pod.metadata));
    let namespace = evidence.cluster.and_then(|cluster| cluster.namespaces.get(evidence.namespace())?.present());
    let owners = evidence.owners();
    let target = evidence.workload().and_then(|workload| workload.present().copied());
    let owners = owners.iter().filter_map(|(_, _, workload)| workload.present().copied());
    let workloads = owners.chain(target).flat_map(|workload| {
        let template = workload.template().map(|template| &template.metadata);
        std::iter::once(&workload.metadata).chain(template)
    });
    let others = pod.into_iter().chain(namespace.map(|namespace| ("namespace", &namespace.metadata)));
    let mut all = others.chain(workloads.map(|metadata| ("workload", metadata)));
    all.find_map(|(what, metadata)| mark(metadata).map(|key| format!("its {what} bears the annotation {key}")))
}

/// The key of an annotation that is the webhook's, kube2iam's, or nearly the webhook's.
fn mark(metadata: &Metadata) -> Option<&str> {
    let own = |key: &&String| {
        key.starts_with("eks.amazonaws.com/") || *key == "sts.amazonaws.com/role-arn" || *key == "iam.amazonaws.com/role"
    };
    metadata.annotations.keys().find(own).map(String::as_str).or_else(|| near_miss(metadata).map(|near| near.key))
}

/// Variables or a token of the pod's own.
fn wired(evidence: &Evidence<'_>) -> Option<String> {
    let containers = evidence.containers();
    let variable = VARIABLES.iter().find(|name| containers.iter().any(|container| container.variable(name).is_some()));
    if let Some(name) = variable {
        return Some(format!("a container has {name}"));
    }
    evidence.pod_spec().filter(|spec| has_aws_token(spec)).map(|_| "it mounts a token for AWS".to_owned())
}

fn associated(evidence: &Evidence<'_>) -> Option<String> {
    evidence.association().is_present().then(|| "its service account has a Pod Identity association".to_owned())
}

/// A service account that could not be read may name a role: nothing rules that out.
fn unseen(evidence: &Evidence<'_>) -> Option<String> {
    // A manifest that the API server refuses says nothing that holds.
    let refused = |gap: &Gap| evidence.snapshot.from_files && gap.cause == GapCause::Malformed;
    if evidence.workload().is_some_and(|workload| workload.gap().is_some_and(refused)) {
        return Some("its manifest is not valid, so it may want anything".to_owned());
    }
    match evidence.service_account() {
        // What files don't have is no sign of anything.
        Observed::Unavailable(gap) if evidence.snapshot.from_files && gap.cause != GapCause::KnownLater && !refused(&gap) => None,
        Observed::Unavailable(_) => Some("its service account could not be read, so it may name a role".to_owned()),
        Observed::Present(_) | Observed::Absent => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Snapshot;
    use crate::testing;
    use serde_json::json;

    /// A pod that wants nothing, come upon by a scan.
    fn scanned() -> Snapshot {
        let mut snapshot = testing::healthy();
        testing::uninject(&mut snapshot);
        testing::annotate(&mut snapshot, "eks.amazonaws.com/role-arn", None);
        snapshot.asked.targets[0].scanned = true;
        snapshot
    }

    fn why(snapshot: &Snapshot) -> Option<String> {
        testing::evidence(snapshot, intent)
    }

    #[test]
    fn a_named_target_has_it_and_a_scanned_one_needs_evidence() {
        let mut snapshot = scanned();
        assert_eq!(why(&snapshot), None);
        snapshot.asked.targets[0].scanned = false;
        assert!(why(&snapshot).is_some());
    }

    #[test]
    fn evidence_is_an_annotation_a_variable_a_token_an_association_or_a_flag() {
        let changes: &[fn(&mut Snapshot)] = &[
            |snapshot| testing::annotate(snapshot, "eks.amazonaws.com/role-arn", Some(testing::ROLE)),
            |snapshot| testing::annotate(snapshot, "eks.amazonaws.com/role_arn", Some(testing::ROLE)),
            |snapshot| {
                let key = "iam.amazonaws.com/role".to_owned();
                testing::pod(snapshot).metadata.annotations.insert(key, Some("r".to_owned()));
            },
            |snapshot| {
                let namespace = testing::cluster(snapshot).namespaces.get_mut("default").unwrap();
                let key = "eks.amazonaws.com/role-arn".to_owned();
                testing::inside(namespace).metadata.annotations.insert(key, Some("r".to_owned()));
            },
            |snapshot| testing::annotate(snapshot, "sts.amazonaws.com/role-arn", Some(testing::ROLE)),
            |snapshot| testing::container(snapshot).env = testing::read(&json!([{"name": "AWS_ROLE_ARN", "value": ""}])),
            |snapshot| {
                testing::pod(snapshot).spec.volumes = testing::read(&json!([{"name": "t", "projected": {"sources": [
                    {"serviceAccountToken": {"audience": "amazonaws.com", "path": "token"}},
                ]}}]));
            },
            |snapshot| {
                let key = "default/my-service-account".to_owned();
                testing::cluster(snapshot).associations.insert(key, Observed::Present(testing::read(&json!({}))));
            },
            |snapshot| snapshot.asked.error = Some("AccessDenied".to_owned()),
            |snapshot| {
                let gap = Gap::new("get serviceaccounts", GapCause::Denied);
                let key = "default/my-service-account".to_owned();
                testing::cluster(snapshot).service_accounts.insert(key, Observed::Unavailable(gap));
            },
        ];
        for (index, change) in changes.iter().enumerate() {
            let mut snapshot = scanned();
            change(&mut snapshot);
            assert!(why(&snapshot).is_some(), "change {index}");
        }
    }

    #[test]
    fn an_annotation_about_something_else_is_no_evidence() {
        let mut snapshot = scanned();
        testing::annotate(&mut snapshot, "prometheus.io/scrape", Some("true"));
        testing::pod(&mut snapshot).metadata.annotations.insert("app.example.com/team".to_owned(), None);
        assert_eq!(why(&snapshot), None);
    }

    #[test]
    fn what_files_do_not_have_is_no_evidence_and_what_a_plan_leaves_open_is() {
        for (from_files, cause, has_intent) in [
            (true, GapCause::NotInFiles, false),
            (true, GapCause::KnownLater, true),
            (true, GapCause::Malformed, true),
            (false, GapCause::NotInFiles, true),
        ] {
            let mut snapshot = scanned();
            snapshot.from_files = from_files;
            let accounts = &mut testing::cluster(&mut snapshot).service_accounts;
            let gap = Observed::Unavailable(Gap::new("get serviceaccounts", cause));
            accounts.insert("default/my-service-account".to_owned(), gap);
            assert_eq!(why(&snapshot).is_some(), has_intent, "{from_files} {cause:?}");
        }
    }

    #[test]
    fn a_namespace_is_not_a_target_of_its_own() {
        let mut snapshot = scanned();
        snapshot.asked.targets[0].kind = crate::snapshot::TargetKind::Namespace;
        assert_eq!(why(&snapshot), None);
    }
}
