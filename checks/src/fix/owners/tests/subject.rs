//! What a fix changes, by its commands or by its place.

use super::*;
use crate::fix::{Effect, Fix};
use crate::locus::Locus;
use crate::registry;

const PLACE: &str = "Pod default/awscli";

/// What a fix with these commands changes, of a finding at this place.
fn at(place: &str, commands: &[(Effect, &str)]) -> Option<(Subject, Change)> {
    let fix = commands.iter().fold(Fix::new("f", "mend it"), |fix, (effect, words)| fix.command(*effect, words.split(' ')));
    let fault = registry::ALL[0].faults[0];
    let finding = Finding::new(fault, Locus::new(place), "").fix(fix);
    let snapshot = testing::healthy();
    testing::evidence(&snapshot, |evidence| super::target::of(evidence, &finding)).map(|target| (target.subject, target.change))
}

fn object(kind: &str, name: &str) -> Subject {
    Subject::Object { kind: kind.to_owned(), name: name.to_owned() }
}

#[test]
fn a_restart_is_nobodys_change() {
    let restarts = Effect::RestartsPods;
    let rollout = "kubectl patch rollouts.argoproj.io api --type=merge -p {\"spec\":{\"restartAt\":\"x\"}} -n default";
    for words in ["kubectl rollout restart deployment/api -n default", "kubectl delete pod a b -n default", rollout] {
        assert_eq!(at(PLACE, &[(restarts, words)]), None, "{words}");
        let create = (Effect::WritesCluster, "kubectl create serviceaccount api -n default");
        assert_eq!(at(PLACE, &[create, (restarts, words)]), Some((object("ServiceAccount", "api"), Change::Create)), "{words}");
    }
    assert_eq!(at(PLACE, &[]), Some((object("Pod", "awscli"), Change::Other)), "what has no command is somebody's");
}

#[test]
fn a_kubectl_command_says_what_it_changes() {
    let annotation = |key: &str, value: Option<&str>| Change::Annotation { key: key.into(), value: value.map(str::to_owned) };
    let account = |name: &str| object("ServiceAccount", name);
    for (words, subject, change) in [
        ("annotate serviceaccount api k=v=w --overwrite -n n", account("api"), annotation("k", Some("v=w"))),
        ("annotate serviceaccount api k- --context c", account("api"), annotation("k", None)),
        ("annotate serviceaccount --overwrite -n n -- -api k=v", account("-api"), annotation("k", Some("v"))),
        ("create serviceaccount api -n n", account("api"), Change::Create),
        ("set serviceaccount deployment/api shop -n n", object("Deployment", "api"), Change::AccountName("shop".into())),
        ("set env -c main statefulset/db A- -n n", object("StatefulSet", "db"), Change::Template),
        ("patch daemonset agent --type=merge -p {} -n n", object("DaemonSet", "agent"), Change::Template),
        ("patch cronjob nightly --type=merge -p {} -n n", object("CronJob", "nightly"), Change::Template),
        ("patch rollouts.argoproj.io api --type=merge -p {}", object("Rollout", "api"), Change::Template),
        ("label namespace shop a=b", object("Pod", "awscli"), Change::Other),
    ] {
        assert_eq!(at(PLACE, &[(Effect::WritesCluster, &format!("kubectl {words}"))]), Some((subject, change)), "{words}");
    }
}

#[test]
fn an_aws_command_says_what_it_changes() {
    let role = || Subject::Role(testing::ROLE.into());
    let provider = || Subject::Provider(testing::PROVIDER.into());
    let audience = format!(
        "aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn {} --client-id x",
        testing::PROVIDER
    );
    let elsewhere = "arn:aws:iam::999999999999:role/my-test-role";
    let attach = "aws iam attach-role-policy --policy-arn p --role-name my-test-role";
    let joined = "aws iam attach-role-policy --role-name=my-test-role --policy-arn p";
    let associate = "aws eks update-pod-identity-association --cluster-name c --association-id a --role-arn r --region x";
    let iam = Effect::WritesIam;
    for (place, effect, words, subject, change) in [
        (PLACE, iam, attach, role(), Change::Attach("p".into())),
        (testing::ROLE, iam, joined, role(), Change::Attach("p".into())),
        (elsewhere, iam, attach, Subject::Role(elsewhere.into()), Change::Other),
        (PLACE, iam, &audience, provider(), Change::Audience("x".into())),
        (PLACE, Effect::WritesEks, associate, Subject::Association, Change::Role("r".into())),
        (testing::PROVIDER, iam, "aws iam create-open-id-connect-provider --url x", provider(), Change::Other),
        (testing::ROLE, Effect::Reads, attach, role(), Change::Other),
    ] {
        assert_eq!(at(place, &[(effect, words)]), Some((subject, change)), "{words}");
    }
}

#[test]
fn the_account_that_is_made_is_annotated_at_once() {
    let create = (Effect::WritesCluster, "kubectl create serviceaccount api");
    let annotate = (Effect::WritesCluster, "kubectl annotate serviceaccount api k=v");
    let change = Change::Annotation { key: "k".into(), value: Some("v".into()) };
    assert_eq!(at(PLACE, &[create, annotate]), Some((object("ServiceAccount", "api"), change)));
}

#[test]
fn what_no_command_names_is_where_the_finding_is() {
    for (place, subject) in [
        ("ServiceAccount shop/api", Some(object("ServiceAccount", "api"))),
        ("Namespace shop", Some(object("Namespace", "shop"))),
        (testing::ROLE, Some(Subject::Role(testing::ROLE.into()))),
        (testing::POLICY, Some(Subject::Policy(testing::POLICY.into()))),
        (testing::PROVIDER, Some(Subject::Provider(testing::PROVIDER.into()))),
        ("arn:aws:eks:us-east-1:123456789012:cluster/my-cluster", None),
        ("error", None),
    ] {
        assert_eq!(at(place, &[]), subject.map(|subject| (subject, Change::Other)), "{place}");
    }
}
