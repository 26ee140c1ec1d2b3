//! Where the commands of the documentation are run: a folder with the files that it names, a cluster and an account.

use irsa_doctor_test_support::{Accounts, ApiServer, Cluster, Recording, Served, TempDir};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;

/// The folder, and the servers.
pub(crate) struct Place {
    served: Served,
    pub(crate) folder: TempDir,
}

/// What was printed, and how each run of irsa-doctor ended.
pub(crate) struct Ran {
    pub(crate) codes: Vec<i32>,
    pub(crate) said: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self { served: served(), folder: TempDir::new() };
        let demo = include_str!("../../src/command/demo.json");
        place.folder.write("bundle.json", demo);
        let mut half: Value = serde_json::from_str(demo).unwrap();
        half["accounts"] = json!({});
        place.folder.write("half.json", &half.to_string());
        let error = "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: User: \
            arn:aws:sts::123456789012:assumed-role/my-test-role/botocore-session-1 is not authorized to perform: s3:ListBucket \
            on resource: \"arn:aws:s3:::my-test-bucket\" because no identity-based policy allows the s3:ListBucket action";
        place.folder.write("error.txt", error);
        place.for_lint();
        place.wrapper();
        place
    }

    /// What lint is shown on.
    fn for_lint(&self) {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint");
        let to = |name: &str| self.folder.path().join(name);
        std::fs::create_dir(to("manifests")).unwrap();
        for (from, name) in [
            ("manifests/app.yaml", "manifests/app.yaml"),
            ("plans/irsa-module.json", "plan.json"),
            ("policies/trust.json", "trust.json"),
            ("policies/orders.json", "orders.json"),
            ("cloudformation/role.yaml", "template.yaml"),
        ] {
            std::fs::copy(kept.join(from), to(name)).unwrap();
        }
    }

    /// A program of the name that writes down how each run ends.
    fn wrapper(&self) {
        std::fs::create_dir(self.folder.path().join("bin")).unwrap();
        let real = env!("CARGO_BIN_EXE_irsa-doctor");
        let folder = self.folder.path().display();
        let script = format!("#!/bin/sh\n'{real}' \"$@\"\ncode=$?\necho $code >>'{folder}/codes'\nexit $code\n");
        self.folder.program("bin/irsa-doctor", &script);
    }

    /// Runs a block as it would be pasted.
    pub(crate) fn run(&self, block: &str) -> Ran {
        let codes = self.folder.path().join("codes");
        let _ = std::fs::remove_file(&codes);
        let mut command = self.served.bare_command("bash");
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.folder.path().join("bin").display());
        command.args(["--norc", "-c", block]).env("PATH", path).current_dir(self.folder.path()).stdin(Stdio::null());
        let output = command.output().unwrap();
        let codes = std::fs::read_to_string(codes).unwrap_or_default();
        Ran {
            codes: codes.lines().map(|code| code.parse().unwrap()).collect(),
            said: format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)),
        }
    }
}

/// Pod `awscli` of namespace `default` runs as `my-service-account`, whose role is `my-test-role`.
fn served() -> Served {
    let mut recording = Recording::load("plain");
    let own = recording.scenario.namespace.clone();
    let renamed = |text: String| {
        let names = [(own.as_str(), "default"), ("AppRole-68c46-policy", "my-test-policy"), ("AppRole-68c46", "my-test-role")];
        names.iter().fold(text, |text, (from, to)| text.replace(from, to))
    };
    for object in &mut recording.objects {
        *object = serde_json::from_str(&renamed(object.to_string())).unwrap();
        match object["kind"].as_str() {
            Some("Pod") => {
                object["metadata"]["name"] = json!("awscli");
                object["spec"]["serviceAccountName"] = json!("my-service-account");
                object["spec"]["serviceAccount"] = json!("my-service-account");
            }
            Some("ServiceAccount") => object["metadata"]["name"] = json!("my-service-account"),
            _ => {}
        }
    }
    let iam = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/recordings/plain/iam.json");
    let iam = renamed(std::fs::read_to_string(iam).unwrap()).replace("default:app", "default:my-service-account");
    let accounts: Accounts = serde_json::from_str(&iam.replace("my-bucket", "my-test-bucket")).unwrap();
    let cluster = Cluster::new("https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE");
    Served::with(recording.cluster_objects(), &accounts, cluster, ApiServer::Ok)
}
