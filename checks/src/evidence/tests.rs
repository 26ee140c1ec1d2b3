use super::*;
use crate::snapshot::Snapshot;
use crate::testing::{self, evidence};
use serde_json::json;

/// The healthy snapshot as files have it, without an association.
fn files() -> Snapshot {
    let mut snapshot = testing::healthy();
    snapshot.from_files = true;
    testing::cluster(&mut snapshot).associations.clear();
    snapshot
}

#[test]
fn files_without_an_association_have_none() {
    let mut snapshot = files();
    assert!(evidence(&snapshot, |evidence| evidence.association().is_absent()));
    snapshot.from_files = false;
    assert!(evidence(&snapshot, |evidence| evidence.association().gap().is_some()), "nobody asked for it");
}

#[test]
fn a_manifest_without_a_namespace_has_no_subject() {
    let subject = |snapshot: &Snapshot| evidence(snapshot, |evidence| evidence.subject().unwrap_or_default());
    let mut snapshot = files();
    assert_eq!(subject(&snapshot), "system:serviceaccount:default:my-service-account");
    let mut pod = testing::pod(&mut snapshot).clone();
    pod.metadata.namespace = None;
    testing::cluster(&mut snapshot).pods.insert("/awscli".to_owned(), Observed::Present(pod));
    snapshot.asked.targets[0].namespace = String::new();
    assert_eq!(subject(&snapshot), "");
}

#[test]
fn a_chain_of_owners_ends() {
    let mut snapshot = testing::healthy();
    let owner = json!([{"kind": "Job", "name": "j"}, {"kind": "Job", "name": "own", "controller": true}]);
    testing::pod(&mut snapshot).metadata.owner_references = testing::read(&owner);
    let job = json!({"kind": "Job", "metadata": {"name": "own", "namespace": "default", "ownerReferences": owner}, "spec": {}});
    let jobs = &mut testing::cluster(&mut snapshot).workloads;
    jobs.insert("Job/default/own".to_owned(), Observed::Present(testing::read(&job)));
    let names =
        evidence(&snapshot, |evidence| evidence.owners().iter().map(|(_, name, _)| (*name).to_owned()).collect::<Vec<_>>());
    assert_eq!(names, ["own"; 5], "the controller, and not for ever");
}

#[test]
fn a_role_that_nobody_asked_for_says_whose_credentials_would_help() {
    let mut snapshot = testing::healthy();
    snapshot.accounts.clear();
    let gap = |snapshot: &Snapshot| evidence(snapshot, |evidence| evidence.iam_role().gap().cloned().unwrap());
    let unread = gap(&snapshot);
    assert_eq!((unread.operation.as_str(), unread.resource.as_deref()), ("iam:GetRole", Some(testing::ROLE)));
    assert_eq!(unread.remedy, "give credentials for account 123456789012 (--profile or --role-profile)");
    testing::uninject(&mut snapshot);
    testing::annotate(&mut snapshot, "eks.amazonaws.com/role-arn", None);
    let without = gap(&snapshot);
    assert_eq!((without.resource, without.remedy.as_str()), (None, ""), "no role is known");
}
