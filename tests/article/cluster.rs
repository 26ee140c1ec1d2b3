//! The Kubernetes side of the article: recorded objects under the article's names.

use irsa_doctor_test_support::{Accounts, ApiServer, Recording, Served};
use serde_json::{Value, json};

/// The namespace's objects.
pub(crate) struct Objects {
    recording: Recording,
}

const ROLE: &str = "arn:aws:iam::123456789012:role/my-test-role";

impl Objects {
    /// A pod `awscli` that runs as `my-service-account`, injected by the webhook as it was recorded.
    pub(crate) fn of_the_article() -> Self {
        let mut recording = Recording::load("plain");
        let namespace = recording.scenario.namespace.clone();
        for object in &mut recording.objects {
            let text = object.to_string().replace(&namespace, "default").replace("AppRole-68c46", "my-test-role");
            *object = serde_json::from_str(&text).unwrap();
        }
        let mut objects = Self { recording };
        objects.of("Pod")["metadata"]["name"] = json!("awscli");
        objects.pod_runs_as("my-service-account");
        objects.of("ServiceAccount")["metadata"]["name"] = json!("my-service-account");
        objects
    }

    /// The pod runs as `default`, which names no role, so nothing was injected.
    pub(crate) fn pod_runs_as_default(&mut self) {
        self.pod_runs_as("default");
        self.uninject();
        let mut default = self.of("ServiceAccount").clone();
        default["metadata"]["name"] = json!("default");
        default["metadata"].as_object_mut().unwrap().remove("annotations");
        self.recording.objects.push(default);
    }

    /// The service account's annotation is another one, and the pod has what the webhook makes of it.
    pub(crate) fn annotation(&mut self, role: Option<&str>) {
        let account = self.of("ServiceAccount")["metadata"].as_object_mut().unwrap();
        let Some(role) = role else {
            account.remove("annotations");
            self.uninject();
            return;
        };
        account.insert("annotations".to_owned(), json!({"eks.amazonaws.com/role-arn": role}));
        let text = self.of("Pod").to_string().replace(ROLE, role);
        *self.of("Pod") = serde_json::from_str(&text).unwrap();
    }

    /// Serves them, with this issuer.
    pub(crate) fn serve(&self, issuer: &str) -> Served {
        let mut cluster = irsa_doctor_test_support::Cluster::new(issuer);
        "my-cluster".clone_into(&mut cluster.name);
        Served::with(self.recording.cluster_objects(), &Accounts::default(), cluster, ApiServer::Ok)
    }

    fn pod_runs_as(&mut self, account: &str) {
        let spec = &mut self.of("Pod")["spec"];
        spec["serviceAccountName"] = json!(account);
        spec["serviceAccount"] = json!(account);
    }

    fn uninject(&mut self) {
        let spec = &mut self.of("Pod")["spec"];
        let is_token = |value: &Value| value["name"] == "aws-iam-token";
        spec["volumes"].as_array_mut().unwrap().retain(|volume| !is_token(volume));
        for container in spec["containers"].as_array_mut().unwrap() {
            container.as_object_mut().unwrap().remove("env");
            container["volumeMounts"].as_array_mut().unwrap().retain(|mount| !is_token(mount));
        }
    }

    fn of(&mut self, kind: &str) -> &mut Value {
        self.recording.objects.iter_mut().find(|object| object["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"))
    }
}
