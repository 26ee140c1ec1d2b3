//! How a pod got (or wired for itself) its way to credentials, as its own spec shows it.
//!
//! A pod that bears a web identity token or the Pod Identity variables proves that its service account
//! and the webhook did what they had to, or that it doesn't need them.

use crate::evidence::{ContainerView, Evidence, TokenFile};
use crate::identity::{self, Mode};
use crate::snapshot::kubernetes::{PodSpec, Volume};

/// The volume that the webhook adds in IRSA mode; its name is fixed in the webhook's code.
/// <https://github.com/aws/amazon-eks-pod-identity-webhook/blob/master/pkg/handler/handler.go>
pub const WEBHOOK_VOLUME: &str = "aws-iam-token";

/// The volume that the webhook adds in Pod Identity mode.
pub const POD_IDENTITY_VOLUME: &str = "eks-pod-identity-token";

/// What a spec shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wiring {
    /// Nothing: no role, no token.
    Bare,
    /// A role and a token file that somebody wrote into the spec, or another installation's own volume.
    SelfWired,
    /// The webhook's volume for a web identity token.
    Webhook,
    /// The variables, the volume or the label of EKS Pod Identity.
    PodIdentity,
}

/// What the judged spec shows: the pod's own, or the template's where there is no pod.
pub fn wiring(evidence: &Evidence<'_>) -> Wiring {
    let Some(spec) = evidence.pod_spec() else { return Wiring::Bare };
    let labelled = evidence
        .pod
        .present()
        .is_some_and(|pod| pod.metadata.labels.get("eks.amazonaws.com/pod-identity").is_some_and(|value| value == "enabled"));
    let containers = evidence.containers();
    let any = |mode| containers.iter().any(|container| identity::mode(container) == mode);
    if has_volume(spec, WEBHOOK_VOLUME) {
        Wiring::Webhook
    } else if labelled || has_volume(spec, POD_IDENTITY_VOLUME) || any(Mode::PodIdentity) {
        Wiring::PodIdentity
    } else if containers.iter().any(names_role_and_token) {
        Wiring::SelfWired
    } else {
        Wiring::Bare
    }
}

/// Whether a container has a role and a token file, whatever else it has.
pub fn names_role_and_token(container: &ContainerView<'_>) -> bool {
    container.is_set("AWS_ROLE_ARN") && container.is_set("AWS_WEB_IDENTITY_TOKEN_FILE")
}

/// Whether a container's token file is a projected token, so that the container can really use its role.
pub fn has_token(container: &ContainerView<'_>) -> bool {
    names_role_and_token(container) && matches!(container.token_file(), Some(TokenFile::Projected { .. }))
}

/// Whether the spec has a projected token in a volume of this name.
pub fn has_volume(spec: &PodSpec, name: &str) -> bool {
    spec.volumes.iter().any(|volume| volume.name == name && projects_token(volume))
}

fn projects_token(volume: &Volume) -> bool {
    let sources = volume.projected.iter().flat_map(|projected| &projected.sources);
    sources.into_iter().any(|source| source.service_account_token.is_some())
}

/// Whether the spec has a projected token for AWS: by its volume's name or its audience.
/// kOps projects tokens for `amazonaws.com`; China's IAM asks for `sts.amazonaws.com.cn` at times.
pub fn has_aws_token(spec: &PodSpec) -> bool {
    let sources = spec.volumes.iter().filter_map(|volume| volume.projected.as_ref()).flat_map(|projected| &projected.sources);
    let audiences = sources.filter_map(|source| source.service_account_token.as_ref()?.audience.as_deref());
    has_volume(spec, WEBHOOK_VOLUME)
        || has_volume(spec, POD_IDENTITY_VOLUME)
        || audiences.into_iter().any(|audience| audience.contains("amazonaws.com"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use serde_json::json;

    fn seen(snapshot: &crate::snapshot::Snapshot) -> Wiring {
        testing::evidence(snapshot, wiring)
    }

    #[test]
    fn sees_the_webhooks_work_and_its_absence() {
        let mut snapshot = testing::healthy();
        assert_eq!(seen(&snapshot), Wiring::Webhook);
        testing::uninject(&mut snapshot);
        assert_eq!(seen(&snapshot), Wiring::Bare);
    }

    #[test]
    fn sees_a_token_that_the_spec_itself_wires() {
        let mut snapshot = testing::healthy();
        testing::edit(testing::pod(&mut snapshot), |pod| {
            pod["spec"]["volumes"][0]["name"] = json!("token-amazonaws-com");
            pod["spec"]["containers"][0]["volumeMounts"][1]["name"] = json!("token-amazonaws-com");
        });
        assert_eq!(seen(&snapshot), Wiring::SelfWired);
    }

    #[test]
    fn the_label_of_pod_identity_says_so_by_itself() {
        let mut snapshot = testing::healthy();
        testing::uninject(&mut snapshot);
        for (value, wiring) in [("enabled", Wiring::PodIdentity), ("disabled", Wiring::Bare)] {
            let labels = &mut testing::pod(&mut snapshot).metadata.labels;
            labels.insert("eks.amazonaws.com/pod-identity".to_owned(), value.to_owned());
            assert_eq!(seen(&snapshot), wiring, "{value}");
        }
    }

    #[test]
    fn a_volume_of_the_webhooks_name_without_a_token_is_somebody_elses() {
        for name in [WEBHOOK_VOLUME, POD_IDENTITY_VOLUME] {
            let mut snapshot = testing::healthy();
            testing::edit(testing::pod(&mut snapshot), |pod| {
                pod["spec"]["volumes"] = json!([{"name": name, "emptyDir": {}}]);
            });
            assert_eq!(seen(&snapshot), Wiring::SelfWired, "its variables are set, whoever set them");
            assert!(!has_aws_token(&testing::pod(&mut snapshot).spec));
        }
    }

    #[test]
    fn a_token_for_aws_is_known_by_its_volume_or_its_audience() {
        let has = |name: &str, audience: &str| {
            let mut snapshot = testing::healthy();
            let token = json!({"serviceAccountToken": {"audience": audience, "path": "token"}});
            testing::edit(testing::pod(&mut snapshot), |pod| {
                pod["spec"]["volumes"] = json!([{"name": name, "projected": {"sources": [token]}}]);
            });
            has_aws_token(&testing::pod(&mut snapshot).spec)
        };
        assert!(has(WEBHOOK_VOLUME, "vault") && has(POD_IDENTITY_VOLUME, "vault"));
        assert!(has("mine", "sts.amazonaws.com.cn") && has("mine", "amazonaws.com"));
        assert!(!has("mine", "vault"));
    }

    #[test]
    fn a_role_is_of_use_with_a_token_that_is_mounted() {
        let has = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut snapshot = testing::healthy();
            testing::edit(testing::container(&mut snapshot), change);
            testing::evidence(&snapshot, |evidence| has_token(&evidence.containers()[0]))
        };
        assert!(has(&|_| {}));
        assert!(!has(&|container| container["volumeMounts"] = json!([])), "no token is there");
        assert!(!has(&|container| container["env"][3]["value"] = json!("")), "no role is there");
    }

    #[test]
    fn sees_pod_identity() {
        let mut snapshot = testing::healthy();
        testing::uninject(&mut snapshot);
        testing::edit(testing::container(&mut snapshot), |container| {
            container["env"] =
                json!([{"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://169.254.170.23/v1/credentials"}]);
        });
        assert_eq!(seen(&snapshot), Wiring::PodIdentity);
    }
}
