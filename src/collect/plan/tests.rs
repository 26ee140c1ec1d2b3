//! The plan against both stand-ins: how deep it is, whom it asks, and what it does when something fails.

use super::run::{Source, connection};
use super::{Outcome, collect, needs_cluster};
use crate::collect::aws::by_name::ACCOUNT;
use crate::collect::aws::tests::config;
use crate::collect::{CollectError, Collected, Options};
use irsa_doctor_checks::snapshot::{Asked, GapCause, Target, TargetKind};
use irsa_doctor_test_support::{Fault, Recording, Served, rounds};
use std::collections::BTreeMap;
use std::time::Duration;

const OTHER_ACCOUNT: &str = "210987654321";

struct Scene {
    served: Served,
    target: Target,
}

/// A recorded scenario whose command is `--pod NAME -n NAMESPACE`.
fn scene(name: &str) -> Scene {
    let recording = Recording::load(name);
    let command = &recording.scenario.command;
    let after = |flag: &str| command.iter().position(|word| word == flag).and_then(|at| command.get(at + 1)).unwrap().clone();
    let target = Target::new(TargetKind::Pod, after("-n"), after("--pod"));
    Scene { served: recording.serve(), target }
}

impl Scene {
    fn options(&self) -> Options {
        Options {
            asked: Asked { targets: vec![self.target.clone()], ..Asked::default() },
            kubeconfig: Some(self.served.kubeconfig()),
            ..Options::default()
        }
    }

    fn source(&self) -> Source {
        let url = self.served.aws.url();
        Source::Given(BTreeMap::from([(String::new(), config(&url, ACCOUNT)), ("other".to_owned(), config(&url, OTHER_ACCOUNT))]))
    }

    async fn collect(&self, options: &Options) -> Result<Collected, CollectError> {
        let connection = connection(options, needs_cluster(options));
        let Outcome { collected, trouble } = collect(options, self.source(), connection).await;
        trouble.map_or(Ok(collected), Err)
    }
}

#[tokio::test]
async fn a_healthy_pod_is_four_round_trips_deep() {
    let scene = scene("action-sts-star");
    scene.served.kubernetes.set_delay(Duration::from_millis(50));
    scene.served.aws.set_delay(Duration::from_millis(50));
    let collected = scene.collect(&scene.options()).await.unwrap();
    let mut log = scene.served.kubernetes.requests();
    log.extend(scene.served.aws.requests());
    let operations: Vec<&str> = log.iter().map(|entry| entry.operation.as_str()).collect();
    assert_eq!(rounds(&log), 3, "{operations:#?}");
    let mut once = operations.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), operations.len(), "each object once: {operations:#?}");
    let (kubernetes, aws) = (scene.served.kubernetes.requests().len() as u64, scene.served.aws.requests().len() as u64);
    assert_eq!((collected.calls.kubernetes, collected.calls.aws), (kubernetes, aws));
}

#[tokio::test]
async fn a_pod_that_is_not_there_is_exit_5() {
    let scene = scene("action-sts-star");
    let mut options = scene.options();
    options.asked.targets[0].name.push('x');
    let error = scene.collect(&options).await.unwrap_err();
    assert_eq!(error.exit_code(), 5, "{error}");
    assert!(error.help().contains(&scene.target.name), "{}", error.help());
}

#[tokio::test]
async fn no_answer_of_the_cluster_at_all_is_exit_4() {
    let scene = scene("action-sts-star");
    scene.served.kubernetes.set_faults(vec![Fault::status(".*", 500)]);
    let error = scene.collect(&scene.options()).await.unwrap_err();
    assert_eq!((error.exit_code(), error.retryable()), (4, true), "{error}");
}

#[tokio::test]
async fn an_unknown_context_is_a_bad_argument() {
    let scene = scene("action-sts-star");
    let options = Options { context: Some("nowhere".to_owned()), ..scene.options() };
    let error = scene.collect(&options).await.unwrap_err();
    assert_eq!(error.exit_code(), 2, "{error}");
}

#[tokio::test]
async fn without_aws_the_kubernetes_half_stands() {
    let scene = scene("action-sts-star");
    let options = Options { aws: false, ..scene.options() };
    let collected = scene.collect(&options).await.unwrap();
    let (_, cluster) = collected.snapshot.cluster().unwrap();
    assert!(cluster.pods.values().all(irsa_doctor_checks::snapshot::Observed::is_present));
    assert_eq!(collected.calls.aws, 0);
    let gaps = collected.snapshot.accounts.values().flat_map(|account| account.roles.values()).filter_map(|role| role.role.gap());
    assert!(gaps.map(|gap| gap.cause).eq([GapCause::NotCollected]));
}

#[tokio::test]
async fn a_role_of_another_account_is_not_looked_up_in_ours() {
    let scene = scene("action-sts-star");
    let arn = format!("arn:aws:iam::{OTHER_ACCOUNT}:role/my-test-role");
    let mut target = Target::new(TargetKind::Role, "", arn);
    target.subject = Some("shop/api".to_owned());
    let options = Options {
        asked: Asked { targets: vec![target], ..Asked::default() },
        issuer: Some("https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE".to_owned()),
        ..scene.options()
    };
    let collected = scene.collect(&options).await.unwrap();
    assert_eq!(scene.served.aws.operations(), ["sts:GetCallerIdentity"]);
    assert!(scene.served.kubernetes.requests().is_empty(), "no cluster is contacted");
    let role = &collected.snapshot.accounts[OTHER_ACCOUNT].roles["my-test-role"].role;
    assert!(role.gap().unwrap().remedy.contains("--role-profile"), "{role:?}");
}

/// One call fails, whichever it is: the run goes on, and what it was about is a gap.
#[tokio::test]
async fn any_single_call_may_fail() {
    let healthy = scene("action-sts-star");
    healthy.collect(&healthy.options()).await.unwrap();
    for operation in healthy.served.aws.operations() {
        let scene = scene("action-sts-star");
        scene.served.aws.set_faults(vec![Fault::denied(&format!("{operation}$"))]);
        let collected = scene.collect(&scene.options()).await.unwrap();
        let text = serde_json::to_string(&collected.snapshot).unwrap();
        assert!(text.contains(&format!("\"operation\":\"{operation}\"")), "{operation} left no gap");
    }
}
