//! Several clusters in one run: one report, a part for each, and none that is silently left out.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test: it may fail loudly")]

use irsa_doctor_test_support::Served;
use irsa_doctor_test_support::generate::{Generated, Shape, cluster};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::Output;

const SHAPE: Shape = Shape { pods: 24, service_accounts: 12, roles: 6, broken_percent: 30, deployments: false, seed: 5 };
const HEALTHY: Shape = Shape { broken_percent: 0, ..SHAPE };
/// Nobody listens there: the port is reserved.
const DEAD: &str = "http://127.0.0.1:1";

/// Clusters behind one kubeconfig; the first one's account answers for all.
struct Fleet {
    served: Vec<Served>,
    generated: Vec<Generated>,
    kubeconfig: String,
}

impl Fleet {
    /// A cluster for each shape, as contexts `one`, `two`, ..., and besides these contexts with servers of their own.
    fn new(shapes: &[Shape], others: &[(&str, &str)]) -> Self {
        let generated: Vec<Generated> = shapes.iter().map(cluster).collect();
        let served: Vec<Served> = generated.iter().map(Generated::serve).collect();
        let urls: Vec<String> = served.iter().map(|served| served.kubernetes.url()).collect();
        let own = ["one", "two", "three"].into_iter().zip(urls.iter().map(String::as_str));
        let mut kubeconfig =
            "apiVersion: v1\nkind: Config\ncurrent-context: one\nusers:\n- name: me\n  user: {token: t}\n".to_owned();
        let all: Vec<(&str, &str)> = own.chain(others.iter().copied()).collect();
        kubeconfig.push_str("clusters:\n");
        for (name, url) in &all {
            writeln!(kubeconfig, "- name: {name}\n  cluster: {{server: \"{url}\"}}").unwrap();
        }
        kubeconfig.push_str("contexts:\n");
        for (name, _) in &all {
            writeln!(kubeconfig, "- name: {name}\n  context: {{cluster: {name}, user: me}}").unwrap();
        }
        Self { served, generated, kubeconfig }
    }

    fn run(&self, args: &[&str]) -> Output {
        let served = &self.served[0];
        let file = served.folder().write("fleet", &self.kubeconfig);
        let mut command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
        command.env("KUBECONFIG", file).args(["--timeout", "20s", "--call-timeout", "2s"]).args(args).output().unwrap()
    }

    fn report(&self, args: &[&str]) -> (Value, Option<i32>) {
        let output = self.run(&[args, &["-o", "json"]].concat());
        let report = serde_json::from_slice(&output.stdout);
        (report.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr))), output.status.code())
    }
}

/// The broken targets with their clusters.
fn broken(report: &Value) -> BTreeSet<(String, String, String)> {
    let targets = report["targets"].as_array().unwrap().iter().filter(|target| target["verdict"] == "broken");
    let text = |target: &Value, key: &str| target["target"][key].as_str().unwrap().to_owned();
    targets.map(|target| (text(target, "cluster"), text(target, "namespace"), text(target, "name"))).collect()
}

#[test]
fn each_cluster_is_a_part_of_one_report() {
    let fleet = Fleet::new(&[SHAPE, Shape { seed: 6, ..SHAPE }], &[]);
    let (report, code) = fleet.report(&["-A", "--contexts", "one,two", "--save", "fleet.json"]);
    let expected: BTreeSet<_> = ["one", "two"]
        .iter()
        .zip(&fleet.generated)
        .flat_map(|(name, generated)| generated.broken.keys().map(|(of, pod)| ((*name).to_owned(), of.clone(), pod.clone())))
        .collect();
    // The account is the first cluster's: roles of the other one trust other service accounts there.
    let found = broken(&report);
    let of_one =
        |all: &BTreeSet<(String, String, String)>| all.iter().filter(|(of, ..)| of == "one").cloned().collect::<BTreeSet<_>>();
    assert_eq!((of_one(&found), code), (of_one(&expected), Some(1)));
    assert!(found.iter().any(|(of, ..)| of == "two"));
    let parts = report["clusters"].as_array().unwrap();
    assert_eq!(parts.iter().map(|part| part["key"].as_str().unwrap()).collect::<Vec<_>>(), ["one", "two"]);
    assert!(report["cluster"].is_null());
    assert!(parts.iter().all(|part| part["verdict"] == "broken" && part["cluster"]["issuer"].is_string()), "{parts:?}");
    let lines = report["overview"]["service_accounts"].as_array().unwrap();
    assert_eq!(lines.len(), 2 * SHAPE.service_accounts, "two accounts of one name in two clusters are two");
    let fixes: Vec<&Value> =
        report["targets"].as_array().unwrap().iter().flat_map(|target| target["findings"].as_array().unwrap()).collect();
    let kubectl = fixes
        .iter()
        .flat_map(|finding| finding["fix"]["commands"].as_array().into_iter().flatten())
        .filter(|command| command["argv"][0] == "kubectl");
    assert!(kubectl.clone().count() > 0 && kubectl.into_iter().all(|command| command["argv"].to_string().contains("--context")));
    // The bundle says the same, and can be asked about one cluster's pod.
    let (again, _) = fleet.report(&["--from", "fleet.json"]);
    assert_eq!((broken(&again), &again["clusters"]), (found, &report["clusters"]));
    let pod = report["targets"][0]["target"].clone();
    let args = ["--from", "fleet.json", "--pod", pod["name"].as_str().unwrap(), "-n", pod["namespace"].as_str().unwrap()];
    assert_eq!(fleet.report(&args).0["targets"].as_array().unwrap().len(), 2, "both clusters have it");
    let table = String::from_utf8(fleet.run(&["--from", "fleet.json"]).stdout).unwrap();
    assert!(table.contains("CLUSTER") && table.contains("two: "), "{table}");
}

#[test]
fn a_cluster_that_can_not_be_reached_is_a_gap() {
    let fleet = Fleet::new(&[HEALTHY], &[("dead", DEAD)]);
    for args in [["-A", "--contexts", "one,dead"].as_slice(), &["-A", "--all-contexts"], &["-n", "team-000", "--all-contexts"]] {
        let (report, code) = fleet.report(args);
        assert_eq!((code, &report["verdict"]), (Some(3), &Value::from("inconclusive")), "{args:?}");
        let dead = report["targets"].as_array().unwrap().iter().find(|target| target["target"]["cluster"] == "dead").unwrap();
        assert_eq!(
            (&dead["verdict"], &dead["gaps"][0]["cause"]),
            (&Value::from("inconclusive"), &Value::from("unreachable")),
            "{dead}"
        );
        let part = report["clusters"].as_array().unwrap().iter().find(|part| part["key"] == "dead").unwrap();
        assert_eq!(part["verdict"], "inconclusive");
    }
    let table = String::from_utf8(fleet.run(&["-A", "--all-contexts"]).stdout).unwrap();
    assert!(table.contains("dead: not all of the cluster could be read"), "{table}");
    let broken = Fleet::new(&[SHAPE], &[("dead", DEAD)]);
    assert_eq!(broken.report(&["-A", "--all-contexts"]).1, Some(1), "an error beats an unknown");
}

#[test]
fn a_named_target_is_looked_for_in_each_cluster() {
    let fleet = Fleet::new(&[HEALTHY, Shape { pods: 1, service_accounts: 1, roles: 1, ..HEALTHY }], &[]);
    let (report, code) = fleet.report(&["--pod", "app-0000-00000", "-n", "team-000", "--contexts", "one,two"]);
    let clusters: Vec<&str> =
        report["targets"].as_array().unwrap().iter().map(|target| target["target"]["cluster"].as_str().unwrap()).collect();
    assert_eq!((clusters, code), (vec!["one", "two"], Some(0)));
    // Where one cluster has it and another hasn't, that is said and no error.
    let output = fleet.run(&["--pod", "app-0001-00001", "-n", "team-000", "--contexts", "one,two", "-o", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((report["targets"].as_array().unwrap().len(), output.status.code()), (1, Some(0)));
    assert!(String::from_utf8_lossy(&output.stderr).contains("two: there is no pod `app-0001-00001`"));
    let nowhere = fleet.run(&["--pod", "nobody", "-n", "team-000", "--contexts", "one,two"]);
    assert_eq!(nowhere.status.code(), Some(5));
    // It may be where nobody could look.
    let half_blind = Fleet::new(&[HEALTHY], &[("dead", DEAD)]);
    let unseen = half_blind.run(&["--pod", "nobody", "-n", "team-000", "--contexts", "one,dead"]);
    assert_eq!(unseen.status.code(), Some(4), "{}", String::from_utf8_lossy(&unseen.stderr));
}

#[test]
fn one_context_of_several_is_a_cluster_like_any_other() {
    let fleet = Fleet::new(&[HEALTHY], &[]);
    let (report, code) = fleet.report(&["-A", "--contexts", "one"]);
    assert_eq!((code, &report["clusters"]), (Some(0), &Value::Null));
    assert!(
        report["cluster"]["issuer"].is_string() && report["targets"][0]["target"]["cluster"].is_null(),
        "{}",
        report["cluster"]
    );
}

#[test]
fn a_bundle_of_several_clusters_is_no_half() {
    let fleet = Fleet::new(&[HEALTHY, SHAPE], &[]);
    fleet.report(&["-A", "--contexts", "one,two", "--save", "fleet.json"]);
    for args in [["--with-aws"].as_slice(), &["--metrics-file", "m.prom"]] {
        let output = fleet.run(&[&["--from", "fleet.json"], args].concat());
        assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_bundle_that_joins_others_keeps_its_targets_in_its_cluster() {
    // The second cluster's service accounts are broken, and bear the names of the first one's.
    let fleet = Fleet::new(&[HEALTHY, SHAPE], &[("dead", DEAD)]);
    fleet.report(&["-A", "--contexts", "one,dead", "--save", "several.json"]);
    let (alone, _) = fleet.report(&["-A", "--context", "two", "--save", "two.json"]);
    assert_eq!(alone["verdict"], "broken");
    for files in [["several.json", "two.json"], ["two.json", "several.json"]] {
        let (joined, code) = fleet.report(&["--from", files[0], "--from", files[1]]);
        assert_eq!((&joined["verdict"], code), (&Value::from("broken"), Some(1)), "{files:?}");
        assert!(broken(&joined).iter().all(|(of, ..)| of == "two"));
        assert_eq!(Some(broken(&joined).len() as u64), alone["summary"]["targets"]["broken"].as_u64());
    }
    // Asked about one pod, the cluster that nobody could read is not forgotten.
    let (one, code) = fleet.report(&["--from", "several.json", "--pod", "app-0000-00000", "-n", "team-000"]);
    assert_eq!((&one["verdict"], code), (&Value::from("inconclusive"), Some(3)), "{one}");
}

#[test]
fn two_addresses_with_nothing_in_common_are_two_clusters() {
    let fleet = Fleet::new(&[HEALTHY, HEALTHY], &[]);
    for (context, file) in [("one", "a.json"), ("two", "b.json")] {
        fleet.report(&["-A", "--context", context, "--save", file]);
        let path = fleet.served[0].folder().path().join(file);
        let mut bundle: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for cluster in bundle["clusters"].as_object_mut().unwrap().values_mut() {
            cluster["openid_configuration"] = serde_json::json!({"unavailable": {"operation": "x", "cause": "denied"}});
        }
        std::fs::write(path, bundle.to_string()).unwrap();
    }
    assert_eq!(fleet.run(&["--from", "a.json", "--from", "b.json"]).status.code(), Some(2));
    // The later scan of a cluster doesn't make the earlier one's gaps good.
    fleet.report(&["-A", "--context", "one", "--save", "c.json"]);
    let path = fleet.served[0].folder().path().join("c.json");
    let mut bundle: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    bundle["clusters"]["one"]["scan"]["gaps"] = serde_json::json!([{"operation": "list pods", "cause": "malformed"}]);
    std::fs::write(path, bundle.to_string()).unwrap();
    for files in [["a.json", "c.json"], ["c.json", "a.json"]] {
        assert_eq!(fleet.report(&["--from", files[0], "--from", files[1]]).1, Some(3), "{files:?}");
    }
}

#[test]
fn contexts_of_one_cluster_are_read_once() {
    let mut fleet = Fleet::new(&[HEALTHY], &[]);
    let url = fleet.served[0].kubernetes.url();
    fleet.kubeconfig = fleet.kubeconfig.replace(
        "contexts:\n",
        &format!(
            "- name: twin\n  cluster: {{server: \"{url}\"}}\ncontexts:\n- name: twin\n  context: {{cluster: twin, user: me}}\n"
        ),
    );
    let output = fleet.run(&["-A", "--contexts", "one,twin", "-o", "json"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("contexts one and twin are of one cluster"), "{output:?}");
    let lists = fleet.served[0].kubernetes.operations().iter().filter(|path| *path == "/api/v1/pods").count();
    assert_eq!((lists, output.status.code()), (1, Some(0)));
}

#[test]
fn what_can_not_be_meant_is_said() {
    let fleet = Fleet::new(&[HEALTHY], &[("dead", DEAD)]);
    let cases: &[(&[&str], i32, &str)] = &[
        (&["-A", "--contexts", "on"], 2, "did you mean `one`?"),
        (&["-A", "--contexts", ","], 2, "names no context"),
        (&["-A", "--contexts", "one", "--context", "one"], 2, "--context"),
        (&["role/arn:aws:iam::123456789012:role/x", "--subject", "a/b", "--contexts", "one"], 2, "in no cluster"),
        (&["-A", "--contexts", "dead"], 4, "could not be listed"),
    ];
    for (args, code, wanted) in cases {
        let output = fleet.run(args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{args:?}: {said}");
        assert!(said.contains(wanted), "{args:?}: {said}");
    }
}
