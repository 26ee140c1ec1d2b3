//! The service accounts of EKS add-ons.

use super::*;
use crate::snapshot::Addon;

const OTHER: &str = "arn:aws:iam::123456789012:role/other";

/// A service account that was asked about by itself, and the add-on `vpc-cni`, which gives its own account a role.
fn account(namespace: &str, name: &str, annotated: Option<&str>) -> Snapshot {
    let mut snapshot = testing::healthy();
    snapshot.asked.targets = vec![Target::new(TargetKind::ServiceAccount, namespace, name)];
    let mut account = testing::service_account(&mut snapshot).clone();
    (account.metadata.namespace, account.metadata.name) = (Some(namespace.to_owned()), name.to_owned());
    let annotation = annotated.map(|role| (ROLE_ANNOTATION.to_owned(), Some(role.to_owned())));
    account.metadata.annotations = annotation.into_iter().collect();
    let addon = Addon { name: "vpc-cni".to_owned(), service_account_role_arn: Some(OTHER.to_owned()), ..Addon::default() };
    let cluster = testing::cluster(&mut snapshot);
    let key = format!("{namespace}/{name}");
    cluster.service_accounts.insert(key.clone(), Observed::Present(account));
    cluster.associations.insert(key, Observed::Absent);
    testing::inside(&mut cluster.addons).insert("vpc-cni".to_owned(), Observed::Present(addon));
    snapshot
}

#[test]
fn an_account_is_an_add_ons_by_its_name_in_its_namespace() {
    for (namespace, name, owned) in
        [("kube-system", "aws-node", true), ("default", "aws-node", false), ("kube-system", "other", false)]
    {
        let snapshot = account(namespace, name, Some(ROLE));
        let drift: &[&str] = if owned { &["addon-role-drift"] } else { &[] };
        assert_eq!(faults(&run_on(&snapshot)), drift, "{namespace}/{name}");
        let of = testing::evidence(&snapshot, |evidence| addon_of(evidence).map(|addon| addon.name.clone()));
        assert_eq!(of.as_deref(), owned.then_some("vpc-cni"), "{namespace}/{name}");
    }
}

#[test]
fn which_of_two_roles_an_add_on_is_to_give_is_somebodys_choice() {
    let outcome = run_on(&account("kube-system", "aws-node", Some(ROLE)));
    let fix = testing::findings(&outcome)[0].fix.clone().unwrap();
    assert_eq!(fix.choices, [ROLE, OTHER]);
    assert_eq!(fix.needs_decision.as_deref(), Some("whoever owns the add-on must say which of the two roles is meant"));
    let update = "aws eks update-addon --cluster-name my-cluster --addon-name vpc-cni --service-account-role-arn";
    assert_eq!(shells(&outcome), [format!("{update} {ROLE} --resolve-conflicts PRESERVE --region us-east-1")]);
}

#[test]
fn an_add_on_says_which_role_its_account_lacks() {
    let outcome = run_on(&account("kube-system", "aws-node", None));
    assert_eq!(faults(&outcome), ["annotation-missing"]);
    assert!(shells(&outcome)[0].contains(&format!("{ROLE_ANNOTATION}={OTHER} ")), "{:?}", shells(&outcome));
}
