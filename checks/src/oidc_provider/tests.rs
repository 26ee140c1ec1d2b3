//! The provider: there, not there, nearly there, elsewhere, unseen.

use super::*;
use crate::check::Status;
use crate::snapshot::{GapCause, Snapshot};
use crate::testing::{self, ACCOUNT, ISSUER, PROVIDER};

const OTHER: &str = "210987654321";

fn run(change: impl FnOnce(&mut Snapshot)) -> Outcome {
    let mut snapshot = testing::healthy();
    change(&mut snapshot);
    testing::run(&CHECK, &snapshot)
}

fn without_provider(snapshot: &mut Snapshot, others: &[&str]) {
    let account = testing::account(snapshot);
    account.providers.insert(PROVIDER.to_owned(), Observed::Absent);
    account.provider_arns = Observed::Present(others.iter().map(|&arn| arn.to_owned()).collect());
}

fn denied(operation: &str) -> Gap {
    Gap::new(operation, GapCause::Denied)
}

#[test]
fn the_right_provider_passes() {
    assert_eq!(run(|_| {}).status(), Status::Pass);
}

#[test]
fn no_provider_at_all() {
    let outcome = run(|snapshot| without_provider(snapshot, &[]));
    assert_eq!(testing::faults(&outcome), ["oidc-provider-missing"]);
    let fix = testing::findings(&outcome)[0].fix.clone().unwrap();
    let create = format!("aws iam create-open-id-connect-provider --url {ISSUER} --client-id-list sts.amazonaws.com");
    assert_eq!(fix.commands[0].shell(), create);
}

#[test]
fn another_clusters_provider_is_not_nearly_this_one() {
    let other =
        format!("arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLEC539D4633E53DE1B71EXAMPLE");
    assert_eq!(testing::faults(&run(|snapshot| without_provider(snapshot, &[&other]))), ["oidc-provider-missing"]);
}

#[test]
fn spellings_of_the_issuer_are_named() {
    for url in [
        "oidc-eks.us-east-1.api.aws/id/EXAMPLED539D4633E53DE1B71EXAMPLE",
        "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE/",
        "oidc.eks.us-east-1.amazonaws.com/id/exampled539d4633e53de1b71example",
        "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE",
    ] {
        let arn = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{url}");
        let outcome = run(|snapshot| without_provider(snapshot, &[&arn]));
        assert_eq!(testing::faults(&outcome), ["oidc-provider-url-variant"], "{url}");
    }
}

#[test]
fn it_may_be_in_the_clusters_account_only() {
    let outcome = run(|snapshot| {
        let arn = format!("arn:aws:iam::{OTHER}:role/my-test-role");
        testing::container(snapshot).env.iter_mut().find(|variable| variable.name == "AWS_ROLE_ARN").unwrap().value = Some(arn);
        let mut account = Account { provider_arns: Observed::Present(Vec::new()), ..Account::default() };
        account.providers.insert(PROVIDER.replace(ACCOUNT, OTHER), Observed::Absent);
        snapshot.accounts.insert(OTHER.to_owned(), account);
    });
    assert_eq!(testing::faults(&outcome), ["oidc-provider-missing-cross-account"]);
}

#[test]
fn either_look_shows_the_clusters_accounts_provider() {
    let found = |read: bool, listed: bool| {
        testing::faults(&run(|snapshot| {
            let arn = format!("arn:aws:iam::{OTHER}:role/my-test-role");
            let container = testing::container(snapshot);
            container.env.iter_mut().find(|variable| variable.name == "AWS_ROLE_ARN").unwrap().value = Some(arn);
            let account = Account { provider_arns: Observed::Present(Vec::new()), ..Account::default() };
            snapshot.accounts.insert(OTHER.to_owned(), account);
            let own = testing::account(snapshot);
            own.roles.clear();
            own.role_list = Observed::Present(Vec::new());
            if !read {
                own.providers.clear();
            }
            if !listed {
                own.provider_arns = Observed::Present(Vec::new());
            }
        }))
    };
    assert_eq!(found(true, false), ["oidc-provider-missing-cross-account"]);
    assert_eq!(found(false, true), ["oidc-provider-missing-cross-account"]);
    assert_eq!(found(false, false), ["oidc-provider-missing"]);
}

#[test]
fn eksctl_registers_the_issuer_in_the_clusters_own_account_only() {
    let notes = |outcome: &Outcome| testing::findings(outcome)[0].fix.as_ref().unwrap().notes.join("; ");
    let own = run(|snapshot| without_provider(snapshot, &[]));
    let eksctl = "with eksctl: eksctl utils associate-iam-oidc-provider --cluster my-cluster --region us-east-1 --approve";
    assert_eq!(notes(&own), eksctl);
    let elsewhere = run(|snapshot| {
        without_provider(snapshot, &[]);
        testing::cluster(snapshot).account = Some(OTHER.to_owned());
    });
    assert_eq!(notes(&elsewhere), "");
}

#[test]
fn the_commands_of_an_audience_that_is_a_url_say_what_version_1_makes_of_it() {
    let fix = |audience: &str| {
        let outcome = run(|snapshot| {
            let volume = testing::pod(snapshot).spec.volumes.first_mut().unwrap();
            testing::edit(volume, |volume| {
                volume["projected"]["sources"][0]["serviceAccountToken"]["audience"] = serde_json::json!(audience);
            });
            let trust = testing::trust().to_string().replace("sts.amazonaws.com", audience);
            testing::role(snapshot).trust_policy = trust;
            let provider = testing::account(snapshot).providers.get_mut(PROVIDER).unwrap();
            testing::inside(provider).client_ids = vec!["other".to_owned()];
        });
        testing::findings(&outcome)[0].fix.clone().unwrap()
    };
    for (audience, noted) in [("https://vault.example.com", true), ("http://vault", true), ("vault", false)] {
        let fix = fix(audience);
        let client = format!("--open-id-connect-provider-arn {PROVIDER} --client-id {audience}");
        assert_eq!(fix.commands[0].shell(), format!("aws iam add-client-id-to-open-id-connect-provider {client}"));
        assert_eq!(fix.undo[0].shell(), format!("aws iam remove-client-id-from-open-id-connect-provider {client}"));
        assert_eq!(fix.notes.iter().any(|note| note.contains("cli_follow_urlparam")), noted, "{audience}");
    }
}

#[test]
fn an_account_that_was_not_read_is_a_gap() {
    let outcome = run(|snapshot| {
        let arn = format!("arn:aws:iam::{OTHER}:role/my-test-role");
        testing::container(snapshot).env.iter_mut().find(|variable| variable.name == "AWS_ROLE_ARN").unwrap().value = Some(arn);
    });
    assert_eq!(testing::gaps(&outcome), [("iam:GetOpenIDConnectProvider", true)]);
}

#[test]
fn the_tokens_audience_must_be_accepted() {
    let outcome = run(|snapshot| {
        testing::inside(testing::account(snapshot).providers.get_mut(PROVIDER).unwrap()).client_ids =
            vec!["sts.amazonaws.com.cn".to_owned()];
    });
    assert_eq!(testing::faults(&outcome), ["oidc-provider-audience-missing"]);
}

#[test]
fn a_refused_look_is_unknown_unless_the_list_says_that_it_is_not_there() {
    let refuse = |snapshot: &mut Snapshot| {
        let gap = denied("iam:GetOpenIDConnectProvider");
        testing::account(snapshot).providers.insert(PROVIDER.to_owned(), Observed::Unavailable(gap));
    };
    assert_eq!(testing::gaps(&run(refuse)), [("iam:GetOpenIDConnectProvider", true)]);
    let outcome = run(|snapshot| {
        refuse(snapshot);
        testing::account(snapshot).provider_arns = Observed::Present(Vec::new());
    });
    assert_eq!(testing::faults(&outcome), ["oidc-provider-missing"]);
}

#[test]
fn an_internal_issuer_can_not_be_registered() {
    let outcome = run(|snapshot| {
        let cluster = testing::cluster(snapshot);
        testing::inside(&mut cluster.openid_configuration).issuer = "https://kubernetes.default.svc".to_owned();
        testing::account(snapshot).provider_arns = Observed::Present(Vec::new());
    });
    let fix = testing::findings(&outcome)[0].fix.clone().unwrap();
    assert!(fix.commands.is_empty() && fix.needs_decision.is_some());
}

#[test]
fn a_role_that_is_elsewhere_or_of_another_partition_needs_no_provider_there() {
    let name = |snapshot: &mut Snapshot, arn: String| {
        testing::container(snapshot).env.iter_mut().find(|variable| variable.name == "AWS_ROLE_ARN").unwrap().value = Some(arn);
    };
    let elsewhere = run(|snapshot| {
        name(snapshot, format!("arn:aws:iam::{OTHER}:role/my-test-role"));
        let role = crate::snapshot::RoleEvidence { role: Observed::Absent, ..crate::snapshot::RoleEvidence::default() };
        let roles = [("my-test-role".to_owned(), role)].into();
        let account = Account { provider_arns: Observed::Present(Vec::new()), roles, ..Account::default() };
        snapshot.accounts.insert(OTHER.to_owned(), account);
    });
    assert_eq!(elsewhere.status(), Status::NotApplicable);
    let china = run(|snapshot| name(snapshot, format!("arn:aws-cn:iam::{ACCOUNT}:role/my-test-role")));
    assert_eq!(china.status(), Status::NotApplicable);
}
