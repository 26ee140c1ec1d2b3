//! What a file writes by hand, before the webhook has come.

use super::*;
use crate::skip_containers::SKIP_CONTAINERS;
use crate::snapshot::{Target, TargetKind};

#[test]
fn a_template_that_skips_its_container_is_an_error() {
    let judged_as = |kind: TargetKind, value: &str| {
        let mut snapshot = testing::healthy();
        snapshot.from_files = true;
        testing::cluster(&mut snapshot).pods.clear();
        snapshot.asked.targets = vec![Target::new(kind, "default", "api")];
        let template = json!({
            "metadata": {"annotations": {SKIP_CONTAINERS: value}},
            "spec": {"serviceAccountName": "my-service-account", "containers": [{"name": "app"}, {"name": "proxy"}]},
        });
        let spec = match kind {
            TargetKind::CronJob => json!({"jobTemplate": {"spec": {"template": template}}}),
            _ => json!({ "template": template }),
        };
        let workload = json!({"kind": kind.kind(), "metadata": {"name": "api", "namespace": "default"}, "spec": spec});
        let own = crate::snapshot::kind_key(kind.kind(), "default", "api");
        testing::cluster(&mut snapshot).workloads.insert(own, Observed::Present(testing::read(&workload)));
        snapshot
    };
    let place = |kind: TargetKind| {
        let outcome = testing::run(&CHECK, &judged_as(kind, "app"));
        testing::findings(&outcome)[0].locus.path.clone()
    };
    for (value, found) in [
        ("app", vec![("container-skipped", Severity::Error)]),
        ("proxy", vec![("container-skipped", Severity::Warning)]),
        ("app, proxy", vec![("container-skipped", Severity::Error), ("skip-containers-misused", Severity::Warning)]),
        (" app", vec![("skip-containers-misused", Severity::Warning)]),
        // Another webhook may add it.
        ("istio-proxy", vec![]),
    ] {
        assert_eq!(judged(&judged_as(TargetKind::Deployment, value)), found, "{value:?}");
    }
    let annotation = format!("['metadata']['annotations']['{SKIP_CONTAINERS}']");
    assert_eq!(place(TargetKind::Deployment), format!("$['spec']['template']{annotation}"));
    assert_eq!(place(TargetKind::CronJob), format!("$['spec']['jobTemplate']['spec']['template']{annotation}"));
    let mut roleless = judged_as(TargetKind::Deployment, "app");
    testing::service_account(&mut roleless).metadata.annotations.clear();
    assert!(judged(&roleless).is_empty(), "there is none to be given");
}
