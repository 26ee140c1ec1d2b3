use super::*;
use crate::check::Status;
use crate::snapshot::{Gap, GapCause, Snapshot};
use crate::testing::{self, faults, gaps};
use serde_json::json;

fn run_on(snapshot: &Snapshot) -> Outcome {
    testing::run(&CHECK, snapshot)
}

fn with(key: &str, value: &str) -> Snapshot {
    let mut snapshot = testing::healthy();
    testing::annotate(&mut snapshot, key, Some(value));
    snapshot
}

/// Gives the pod a token without an audience, as the webhook does for an empty annotation.
fn without_audience(snapshot: &mut Snapshot) {
    testing::edit(testing::pod(snapshot), |pod| {
        pod["spec"]["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"].as_object_mut().unwrap().remove("audience");
    });
}

#[test]
fn valid_settings_pass() {
    assert_eq!(run_on(&testing::healthy()).status(), Status::Pass);
    for (key, value) in [
        (AUDIENCE, "my-audience"),
        (TOKEN_EXPIRATION, "600"),
        (TOKEN_EXPIRATION, "86400"),
        (TOKEN_EXPIRATION, "+3600"),
        (REGIONAL, "true"),
        (REGIONAL, "F"),
    ] {
        assert_eq!(faults(&run_on(&with(key, value))), [""; 0], "{key} {value}");
    }
}

#[test]
fn an_empty_audience_is_an_error_where_the_token_has_none() {
    let mut snapshot = with(AUDIENCE, "");
    without_audience(&mut snapshot);
    let outcome = run_on(&snapshot);
    assert_eq!((faults(&outcome), outcome.status()), (vec!["audience-empty"], Status::Fail));
    assert!(testing::evidence(&snapshot, audience_is_empty));
}

#[test]
fn an_empty_audience_is_a_warning_where_the_pod_still_works() {
    let outcome = run_on(&with(AUDIENCE, ""));
    assert_eq!((faults(&outcome), outcome.status()), (vec!["audience-empty"], Status::Warn));
    let mut meant = with(AUDIENCE, "");
    without_audience(&mut meant);
    let provider = testing::account(&mut meant).providers.get_mut(testing::PROVIDER).unwrap();
    testing::inside(provider).client_ids = vec!["https://kubernetes.default.svc".to_owned()];
    assert_eq!(run_on(&meant).status(), Status::Warn);
}

#[test]
fn a_life_that_is_no_number_or_too_short_is_a_warning() {
    for value in ["", "300", "0", "-1", "1h", " 3600", "3600s", "3600.0", "99999999999999999999"] {
        let outcome = run_on(&with(TOKEN_EXPIRATION, value));
        assert_eq!((faults(&outcome), outcome.status()), (vec!["token-expiration-invalid"], Status::Warn), "{value:?}");
    }
    let mut on_pod = testing::healthy();
    testing::pod(&mut on_pod).metadata.annotations.insert(TOKEN_EXPIRATION.to_owned(), Some("60".to_owned()));
    let outcome = run_on(&on_pod);
    assert_eq!(faults(&outcome), ["token-expiration-invalid"]);
    assert_eq!(testing::findings(&outcome)[0].locus.resource, "Pod default/awscli");
}

#[test]
fn a_word_that_is_no_boolean_is_ignored() {
    for value in ["", "yes", "regional", " true", "tRUE"] {
        let outcome = run_on(&with(REGIONAL, value));
        assert_eq!((faults(&outcome), outcome.status()), (vec!["sts-regional-endpoints-invalid"], Status::Warn), "{value:?}");
    }
}

#[test]
fn skip_containers_does_nothing_on_an_account() {
    assert_eq!(faults(&run_on(&with(SKIP_CONTAINERS, "sidecar"))), ["skip-containers-on-service-account"]);
}

#[test]
fn settings_of_an_account_without_a_role_say_nothing() {
    let mut snapshot = with(AUDIENCE, "");
    testing::annotate(&mut snapshot, crate::evidence::ROLE_ANNOTATION, None);
    assert_eq!(run_on(&snapshot).status(), Status::NotApplicable);
}

#[test]
fn pod_identity_reads_no_audience() {
    let mut snapshot = with(AUDIENCE, "");
    testing::uninject(&mut snapshot);
    testing::edit(testing::container(&mut snapshot), |container| {
        container["env"] =
            json!([{"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://169.254.170.23/v1/credentials"}]);
    });
    assert_eq!(faults(&run_on(&snapshot)), [""; 0]);
}

#[test]
fn an_account_that_cannot_be_read_decides_only_for_a_bare_pod() {
    let mut snapshot = testing::healthy();
    let gap = Gap::new("get serviceaccounts", GapCause::Denied);
    let key = "default/my-service-account".to_owned();
    testing::cluster(&mut snapshot).service_accounts.insert(key, Observed::Unavailable(gap));
    assert_eq!(gaps(&run_on(&snapshot)), [("get serviceaccounts", false)]);
    testing::uninject(&mut snapshot);
    assert_eq!(gaps(&run_on(&snapshot)), [("get serviceaccounts", true)]);
}

#[test]
fn an_association_makes_an_empty_audience_moot_for_what_is_not_injected() {
    let mut bare = with(AUDIENCE, "");
    testing::uninject(&mut bare);
    assert_eq!(faults(&run_on(&bare)), ["audience-empty"]);
    testing::associate(&mut bare, |_| {});
    assert_eq!(faults(&run_on(&bare)), [""; 0]);
    let mut injected = with(AUDIENCE, "");
    testing::associate(&mut injected, |_| {});
    assert_eq!(faults(&run_on(&injected)), ["audience-empty"]);
}

#[test]
fn an_empty_audience_is_compared_with_what_the_provider_takes() {
    let compared = |ids: &[&str]| {
        let mut snapshot = with(AUDIENCE, "");
        let provider = testing::account(&mut snapshot).providers.get_mut(testing::PROVIDER).unwrap();
        testing::inside(provider).client_ids = ids.iter().map(|&id| id.to_owned()).collect();
        let finding = testing::findings(&run_on(&snapshot))[0].clone();
        assert!(finding.detail.ends_with("; this pod's token has an earlier audience, the next one's will not"));
        (finding.expected.unwrap(), finding.actual.unwrap())
    };
    assert_eq!(compared(&["sts.amazonaws.com.cn"]), ("sts.amazonaws.com.cn".into(), "".into()));
    assert_eq!(compared(&["a", "b"]).0, Compared::from(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(compared(&[]).0, "sts.amazonaws.com".into());
}

#[test]
fn a_token_for_the_api_server_hangs_on_the_account_that_cannot_be_read() {
    let mut snapshot = testing::healthy();
    let gap = Gap::new("get serviceaccounts", GapCause::Denied);
    testing::cluster(&mut snapshot).service_accounts.insert("default/my-service-account".to_owned(), Observed::Unavailable(gap));
    without_audience(&mut snapshot);
    assert_eq!(gaps(&run_on(&snapshot)), [("get serviceaccounts", true)]);
}

#[test]
fn a_life_beyond_what_kubernetes_takes_keeps_the_next_pods_out() {
    let mut snapshot = with(TOKEN_EXPIRATION, "4294967297");
    let detail = |outcome: &Outcome| testing::findings(outcome)[0].detail.clone();
    let outcome = run_on(&snapshot);
    assert_eq!((faults(&outcome), outcome.status()), (vec!["token-expiration-invalid"], Status::Warn));
    assert!(detail(&outcome).ends_with("which is more than Kubernetes takes: new pods are refused"));
    snapshot.asked.targets = vec![crate::snapshot::Target::new(TargetKind::ServiceAccount, "default", "my-service-account")];
    let outcome = run_on(&snapshot);
    assert_eq!((faults(&outcome), outcome.status()), (vec!["token-expiration-invalid"], Status::Fail));
    assert!(detail(&outcome).ends_with("which is more than Kubernetes takes: pods are refused"));
    assert_eq!(faults(&run_on(&with(TOKEN_EXPIRATION, "4294967296"))), [""; 0], "2^32 is the most");
}
