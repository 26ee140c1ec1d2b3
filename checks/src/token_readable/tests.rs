use super::*;
use crate::check::Status;
use crate::snapshot::Snapshot;
use crate::testing;
use serde_json::Value;

fn unprivileged(version: &str, settings: &Value) -> Snapshot {
    let mut snapshot = testing::healthy();
    testing::edit(testing::pod(&mut snapshot), |pod| pod["spec"]["securityContext"] = settings.clone());
    let version = json!({"major": "1", "minor": version, "gitVersion": format!("v1.{version}")});
    testing::cluster(&mut snapshot).version = Observed::Present(testing::read(&version));
    snapshot
}

fn faults(snapshot: &Snapshot) -> Vec<&'static str> {
    testing::faults(&testing::run(&CHECK, snapshot))
}

#[test]
fn is_readable_from_1_19_on() {
    assert_eq!(testing::run(&CHECK, &testing::healthy()).status(), Status::Pass);
    assert!(faults(&unprivileged("36", &json!({"runAsUser": 1000, "runAsNonRoot": true}))).is_empty());
    assert!(faults(&unprivileged("19+", &json!({"runAsNonRoot": true}))).is_empty());
}

#[test]
fn before_that_root_alone_may_read_it() {
    assert_eq!(faults(&unprivileged("18+", &json!({"runAsUser": 1000}))), ["token-not-readable"]);
    assert_eq!(faults(&unprivileged("18+", &json!({"runAsNonRoot": true}))), ["token-not-readable"]);
    assert!(faults(&unprivileged("18+", &json!({"runAsUser": 1000, "fsGroup": 65534}))).is_empty());
    assert!(faults(&unprivileged("18+", &json!({"runAsUser": 0}))).is_empty());
    // What the image's user is can't be seen.
    assert!(faults(&unprivileged("18+", &json!({}))).is_empty());
}

#[test]
fn a_container_settings_win_over_the_pods() {
    let mut snapshot = unprivileged("18+", &json!({"runAsUser": 0}));
    testing::edit(testing::container(&mut snapshot), |container| container["securityContext"] = json!({"runAsUser": 1000}));
    assert_eq!(faults(&snapshot), ["token-not-readable"]);
}

#[test]
fn an_unknown_version_matters_only_where_it_decides() {
    let mut snapshot = unprivileged("18+", &json!({"runAsUser": 1000}));
    let cluster = testing::cluster(&mut snapshot);
    cluster.version = Observed::default();
    // EKS knows it too.
    assert!(faults(&snapshot).is_empty());
    testing::cluster(&mut snapshot).eks = Observed::default();
    assert_eq!(testing::run(&CHECK, &snapshot).status(), Status::Unknown);
    testing::pod(&mut snapshot).spec.security_context = None;
    assert_eq!(testing::run(&CHECK, &snapshot).status(), Status::Pass);
}

#[test]
fn a_pasted_error_makes_it_likely() {
    let mut snapshot = testing::healthy();
    let error =
        "WebIdentityErr: unable to read file at /var/run/secrets/eks.amazonaws.com/serviceaccount/token: permission denied";
    snapshot.asked.error = Some(error.to_owned());
    let outcome = testing::run(&CHECK, &snapshot);
    assert_eq!(testing::faults(&outcome), ["token-not-readable"]);
    assert_eq!(testing::findings(&outcome)[0].confidence, Confidence::Likely);
    snapshot.asked.error = Some("An error occurred (AccessDenied): Permission denied".to_owned());
    assert!(faults(&snapshot).is_empty());
}

#[test]
fn says_nothing_of_a_pod_without_a_token() {
    let mut snapshot = testing::healthy();
    testing::uninject(&mut snapshot);
    assert_eq!(testing::run(&CHECK, &snapshot).status(), Status::NotApplicable);
}

#[test]
fn the_place_is_the_fs_group_or_where_it_would_stand() {
    let place = |settings: Option<&Value>| {
        let mut snapshot = testing::healthy();
        snapshot.asked.error = Some("WebIdentityErr: unable to read file at /token: permission denied".to_owned());
        let settings = settings.map(testing::read);
        testing::pod(&mut snapshot).spec.security_context = settings;
        let locus = testing::findings(&testing::run(&CHECK, &snapshot))[0].locus.clone();
        (locus.path, locus.missing)
    };
    let (spec, missing) = ("$['spec']", |key: &str| Some(key.to_owned()));
    for empty in [None, Some(&json!({}))] {
        assert_eq!(place(empty), (spec.to_owned(), missing("securityContext.fsGroup")), "{empty:?}");
    }
    let settings = format!("{spec}['securityContext']");
    assert_eq!(place(Some(&json!({"runAsUser": 1000}))), (settings.clone(), missing("fsGroup")));
    assert_eq!(place(Some(&json!({"fsGroup": 1000}))), (format!("{settings}['fsGroup']"), None));
}

#[test]
fn a_default_mode_may_keep_all_but_root_out() {
    let with = |mode: u32, settings: &Value, other: &Value| {
        let mut snapshot = unprivileged("36", settings);
        testing::edit(testing::pod(&mut snapshot), |pod| {
            let volumes = pod["spec"]["volumes"].as_array_mut().unwrap();
            for volume in volumes.iter_mut().filter(|volume| volume["name"] == "aws-iam-token") {
                volume["projected"]["defaultMode"] = json!(mode);
            }
            let sidecar = json!({"name": "sidecar", "image": "i", "securityContext": other});
            pod["spec"]["containers"].as_array_mut().unwrap().push(sidecar);
        });
        faults(&snapshot)
    };
    let (one, none) = (json!({"runAsUser": 1000}), json!({}));
    assert_eq!(with(0o400, &one, &json!({"runAsUser": 2000})), ["token-not-readable"], "two users");
    assert!(with(0o400, &one, &none).is_empty(), "the one user of all owns it");
    assert!(with(0o644, &one, &json!({"runAsUser": 2000})).is_empty());
    assert!(with(0o400, &json!({"runAsUser": 1000, "fsGroup": 1}), &json!({"runAsUser": 2000})).is_empty());
    assert!(with(0o400, &json!({"runAsUser": 0}), &json!({"runAsUser": 2000})).is_empty(), "root reads all");
    assert_eq!(with(0o440, &json!({"runAsNonRoot": true}), &none), ["token-not-readable"], "nobody declares a user");
}
