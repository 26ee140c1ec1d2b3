//! A recorded cluster and account, and somebody with rights to a part of it.

use irsa_doctor_test_support::{ApiServer, Fault, Recording, Rule, Served};
use serde_json::Value;
use std::collections::BTreeMap;

/// A cluster and accounts that are served.
pub(crate) struct World {
    served: Served,
    pub(crate) namespace: String,
}

/// Who runs the program, by what keeps them from seeing things.
#[derive(Clone, Copy, Default)]
pub(crate) struct Who {
    pub(crate) no_credentials: bool,
    pub(crate) no_kubeconfig: bool,
}

/// Somebody who has credentials and a kubeconfig; what they may do with them is the servers' to say.
pub(crate) const ANYBODY: Who = Who { no_credentials: false, no_kubeconfig: false };
/// Somebody whose kubeconfig is all that they have.
pub(crate) const NO_AWS: Who = Who { no_credentials: true, ..ANYBODY };
/// Somebody who has AWS credentials and no kubeconfig.
pub(crate) const NO_CLUSTER: Who = Who { no_kubeconfig: true, ..ANYBODY };

/// What one run printed.
pub(crate) struct Seen {
    pub(crate) report: Value,
    pub(crate) code: i32,
}

impl World {
    /// A recorded scenario.
    pub(crate) fn recorded(name: &str) -> Self {
        Self::of(&Recording::load(name))
    }

    /// A healthy pod `app` whose service account, too, is `app`; changed first.
    pub(crate) fn changed(change: impl FnOnce(&mut Recording)) -> Self {
        let mut recording = Recording::load("plain");
        change(&mut recording);
        Self::of(&recording)
    }

    /// The same with an API server that doesn't answer.
    pub(crate) fn dark() -> Self {
        Self::changed(|recording| recording.scenario.api_server = ApiServer::Unreachable)
    }

    fn of(recording: &Recording) -> Self {
        Self { served: recording.serve(), namespace: recording.scenario.namespace.clone() }
    }

    /// An app developer: `get` on these resources of one namespace, and nothing at all in AWS.
    pub(crate) fn developer_may_get(&self, resources: &[&str]) {
        let rule = |resource: &&str| Rule::namespaced("get", "", resource, &self.namespace);
        self.served.kubernetes.set_rules("dev", resources.iter().map(rule).collect());
        self.served.aws.set_faults(vec![Fault::denied("(iam|eks):.*")]);
    }

    /// An AWS administrator: all of the account, and none of the cluster.
    pub(crate) fn administrator(&self) {
        self.served.kubernetes.set_rules("admin", Vec::new());
        self.served.aws.set_faults(Vec::new());
    }

    /// Where a file is, for `--save` and `--from`.
    pub(crate) fn path(&self, name: &str) -> String {
        self.served.folder().path().join(name).to_str().unwrap().to_owned()
    }

    /// Runs with these words, and `-o json`.
    pub(crate) fn run(&self, who: Who, words: &str) -> Seen {
        let output = self.output(who, &format!("{words} -o json"));
        let report = serde_json::from_slice(&output.stdout);
        let report = report.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        Seen { report, code: output.status.code().unwrap() }
    }

    /// The table.
    pub(crate) fn table(&self, who: Who, words: &str) -> String {
        String::from_utf8(self.output(who, words).stdout).unwrap()
    }

    fn output(&self, who: Who, words: &str) -> std::process::Output {
        let mut command = self.served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
        let nothing = self.path("nothing");
        if who.no_credentials {
            command.env("AWS_SHARED_CREDENTIALS_FILE", &nothing);
        }
        if who.no_kubeconfig {
            command.env("KUBECONFIG", &nothing);
        }
        command.args(words.split(' ')).output().unwrap()
    }
}

impl Seen {
    /// Verdict and exit code.
    pub(crate) fn verdict(&self) -> (&str, i32) {
        (self.report["verdict"].as_str().unwrap_or("none"), self.code)
    }

    /// What is said of the only target.
    pub(crate) fn target(&self) -> &Value {
        assert_eq!(self.report["targets"].as_array().unwrap().len(), 1, "{}", self.report);
        &self.report["targets"][0]
    }

    /// What to ask of others, a line each.
    pub(crate) fn hand_over(&self) -> String {
        let sentences = self.target()["hand_over"].as_array().unwrap();
        sentences.iter().map(|sentence| sentence.as_str().unwrap()).collect::<Vec<_>>().join("\n")
    }

    /// What would close the gap of an operation on which the verdict hangs.
    pub(crate) fn remedy(&self, operation: &str) -> String {
        let gaps = self.target()["gaps"].as_array().unwrap();
        let gap = gaps.iter().find(|gap| gap["operation"] == operation && gap["decisive"] == true);
        gap.unwrap_or_else(|| panic!("no decisive gap of {operation}: {gaps:?}"))["remedy"].as_str().unwrap().to_owned()
    }

    /// The faults found.
    pub(crate) fn faults(&self) -> Vec<&str> {
        self.target()["findings"].as_array().unwrap().iter().map(|finding| finding["fault"].as_str().unwrap()).collect()
    }

    /// What every check came to.
    pub(crate) fn statuses(&self) -> BTreeMap<&str, &str> {
        let checks = self.target()["checks"].as_array().unwrap().iter();
        checks.map(|check| (check["id"].as_str().unwrap(), check["status"].as_str().unwrap())).collect()
    }
}
