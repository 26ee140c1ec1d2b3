use super::CHECK;
use crate::check::Status;
use crate::fault::{Confidence, Severity};
use crate::snapshot::{AttachedPolicy, Gap, GapCause, Observed, PolicyEvidence, RequiredAction, ResourceEvidence, Snapshot};
use crate::testing::{self, POLICY, account, faults, findings, gaps, healthy, role_evidence, run};

fn expecting(policy: &str) -> Snapshot {
    let mut snapshot = healthy();
    snapshot.asked.policies = vec![policy.to_owned()];
    snapshot
}

fn denied<T>(operation: &str) -> Observed<T> {
    Observed::Unavailable(Gap::new(operation, GapCause::Denied))
}

#[test]
fn a_role_with_a_policy_passes() {
    assert_eq!(run(&CHECK, &healthy()).status(), Status::Pass);
    assert_eq!(run(&CHECK, &expecting("my-test-policy")).status(), Status::Pass);
    assert_eq!(run(&CHECK, &expecting(POLICY)).status(), Status::Pass);
}

#[test]
fn a_role_without_any_policy_is_a_warning_until_something_is_asked_of_it() {
    let mut snapshot = healthy();
    role_evidence(&mut snapshot).attached = Observed::Present(vec![]);
    let outcome = run(&CHECK, &snapshot);
    assert_eq!((faults(&outcome), outcome.status()), (vec!["no-policies"], Status::Warn));
    snapshot.asked.actions = vec![RequiredAction {
        action: "s3:ListBucket".to_owned(),
        resource: "arn:aws:s3:::my-test-bucket".to_owned(),
        ..RequiredAction::default()
    }];
    let outcome = run(&CHECK, &snapshot);
    assert_eq!(outcome.status(), Status::Fail);
    let fix = findings(&outcome)[0].fix.as_ref().unwrap();
    assert!(fix.commands[0].shell().contains("put-role-policy"), "{:?}", fix.commands);
}

#[test]
fn how_sure_it_is_that_a_role_without_policies_fails_hangs_on_the_resource() {
    const BUCKET: &str = "arn:aws:s3:::my-test-bucket";
    let confidence = |action: &str, resource: &str, change: fn(&mut Snapshot)| {
        let mut snapshot = healthy();
        role_evidence(&mut snapshot).attached = Observed::Present(vec![]);
        let (action, resource) = (action.to_owned(), resource.to_owned());
        snapshot.asked.actions = vec![RequiredAction { action, resource, ..RequiredAction::default() }];
        change(&mut snapshot);
        let outcome = run(&CHECK, &snapshot);
        let [finding] = findings(&outcome) else { panic!("{:?}", faults(&outcome)) };
        (finding.severity, finding.confidence)
    };
    let read = |snapshot: &mut Snapshot| {
        let none = ResourceEvidence { policy: Observed::Absent, ..ResourceEvidence::default() };
        snapshot.resource_policies.insert(BUCKET.to_owned(), none);
    };
    let (error, warning) = (Severity::Error, Severity::Warning);
    assert_eq!(confidence("s3:ListBucket", BUCKET, |_| {}), (error, Confidence::Likely), "the bucket may let it in");
    assert_eq!(confidence("s3:ListBucket", BUCKET, read), (error, Confidence::Certain), "it doesn't");
    let user = "arn:aws:iam::123456789012:user/me";
    assert_eq!(confidence("iam:GetUser", user, |_| {}), (error, Confidence::Certain), "a user lets nobody in");
    assert_eq!(confidence("s3:ListAllMyBuckets", "*", |_| {}), (error, Confidence::Certain), "there is no resource");
    let nothing = confidence("s3:ListBucket", BUCKET, |snapshot| snapshot.asked.actions.clear());
    assert_eq!(nothing, (warning, Confidence::Certain), "that it has none is seen");
}

#[test]
fn an_unread_list_is_never_an_empty_one() {
    let mut snapshot = healthy();
    role_evidence(&mut snapshot).attached = denied("iam:ListAttachedRolePolicies");
    let outcome = run(&CHECK, &snapshot);
    assert_eq!((outcome.status(), gaps(&outcome)), (Status::Unknown, vec![("iam:ListAttachedRolePolicies", true)]));
    // An inline policy proves that it has some.
    role_evidence(&mut snapshot).inline_names = Observed::Present(vec!["p".to_owned()]);
    let outcome = run(&CHECK, &snapshot);
    assert_eq!((outcome.status(), gaps(&outcome)), (Status::Pass, vec![("iam:ListAttachedRolePolicies", false)]));
    // But not that it has the one that is asked about.
    snapshot.asked.policies = vec!["my-test-policy".to_owned()];
    assert_eq!(run(&CHECK, &snapshot).status(), Status::Unknown);
}

#[test]
fn a_policy_that_exists_and_is_not_attached() {
    let mut snapshot = expecting("my-test-policy");
    role_evidence(&mut snapshot).attached = Observed::Present(vec![]);
    role_evidence(&mut snapshot).inline_names = Observed::Present(vec!["other".to_owned()]);
    let outcome = run(&CHECK, &snapshot);
    assert_eq!(faults(&outcome), ["policy-not-attached"]);
    let fix = findings(&outcome)[0].fix.as_ref().unwrap();
    assert_eq!(fix.commands[0].shell(), format!("aws iam attach-role-policy --role-name my-test-role --policy-arn {POLICY}"));
}

#[test]
fn a_policy_that_does_not_exist_names_the_nearest() {
    let mut snapshot = expecting("my-tset-policy");
    let none = run(&CHECK, &snapshot);
    assert_eq!(faults(&none), ["policy-not-attached"], "whether or not it exists");
    assert_eq!(gaps(&none), [("iam:ListPolicies", false)]);
    let listed = AttachedPolicy { arn: POLICY.to_owned(), name: "my-test-policy".to_owned() };
    account(&mut snapshot).policy_list = Observed::Present(vec![listed]);
    let outcome = run(&CHECK, &snapshot);
    assert_eq!(faults(&outcome), ["policy-missing"]);
    assert!(findings(&outcome)[0].detail.contains("my-test-policy"), "{}", findings(&outcome)[0].detail);
    account(&mut snapshot).policy_list = denied("iam:ListPolicies");
    assert_eq!(faults(&run(&CHECK, &snapshot)), ["policy-not-attached"]);
}

#[test]
fn what_is_not_attached_is_not_attached_whatever_else_was_read() {
    let arn = "arn:aws:iam::123456789012:policy/other";
    let outcome = run(&CHECK, &expecting(arn));
    let [finding] = findings(&outcome) else { panic!("{:?}", faults(&outcome)) };
    assert_eq!(
        (finding.fault.id, finding.severity, finding.confidence),
        ("policy-not-attached", Severity::Error, Confidence::Certain)
    );
    assert!(finding.fix.as_ref().unwrap().commands[0].shell().ends_with(arn), "{:?}", finding.fix);
    // A list of the account's own policies has none of AWS'.
    let mut aws = expecting("arn:aws:iam::aws:policy/ReadOnlyAccess");
    account(&mut aws).policy_list = Observed::Present(vec![]);
    assert_eq!(faults(&run(&CHECK, &aws)), ["policy-not-attached"]);
    // An inline policy may bear a name, and no ARN.
    let unread = |wanted: &str| {
        let mut snapshot = expecting(wanted);
        role_evidence(&mut snapshot).inline_names = denied("iam:ListRolePolicies");
        run(&CHECK, &snapshot).status()
    };
    assert_eq!((unread("other"), unread(arn)), (Status::Unknown, Status::Fail));
}

#[test]
fn an_attached_policy_that_is_gone() {
    let mut snapshot = healthy();
    let gone = PolicyEvidence { policy: Observed::Absent, ..PolicyEvidence::default() };
    account(&mut snapshot).policies.insert(POLICY.to_owned(), gone);
    let outcome = run(&CHECK, &snapshot);
    assert_eq!(faults(&outcome), ["attached-policy-missing"]);
    assert_eq!(findings(&outcome)[0].severity, Severity::Error);
}

#[test]
fn a_role_that_does_not_exist_is_not_reached() {
    let mut snapshot = healthy();
    role_evidence(&mut snapshot).role = Observed::Absent;
    assert_eq!(run(&CHECK, &snapshot).status(), Status::NotApplicable);
    testing::account(&mut snapshot).roles.clear();
    assert_eq!(run(&CHECK, &snapshot).status(), Status::Unknown);
}

#[test]
fn whether_an_attached_policy_exists_is_asked_of_the_accounts_own_only() {
    let mut snapshot = healthy();
    account(&mut snapshot).policies.get_mut(POLICY).unwrap().policy = denied("iam:GetPolicy");
    let outcome = run(&CHECK, &snapshot);
    assert_eq!((outcome.status(), gaps(&outcome)), (Status::Unknown, vec![("iam:GetPolicy", true)]));
    let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned();
    let read = account(&mut snapshot).policies.remove(POLICY).unwrap();
    account(&mut snapshot).policies.insert(arn.clone(), read);
    role_evidence(&mut snapshot).attached = Observed::Present(vec![AttachedPolicy { arn, name: "ReadOnlyAccess".to_owned() }]);
    let outcome = run(&CHECK, &snapshot);
    assert_eq!((outcome.status(), gaps(&outcome)), (Status::Pass, vec![]), "AWS deletes none of its own under a role");
}
