//! What in the pod comes before the role's credentials, or sends their calls astray.
//!
//! SDKs take the first credentials that they find: keys in the environment come before web identity, a profile may.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>

mod endpoint;
mod profile;
mod static_keys;

use crate::check::{Check, Need, Outcome, Scope, Stage};
use crate::evidence::{ContainerView, Evidence, ROLE_ANNOTATION, annotation_locus};
use crate::fault::{Severity, faults};
use crate::finding::Finding;
use crate::fix::{Fix, template};
use crate::identity::{self, Mode};
use crate::snapshot::Observed;
use serde_json::{Value, json};

faults! {
    STATIC_KEYS: "static-keys-in-env", Error, Certain, "keys in the environment come before the role";
    STATIC_KEYS_FROM: "static-keys-in-env-from", Warning, Likely,
        "envFrom takes a Secret or ConfigMap whose name speaks of AWS credentials";
    SHARED_CONFIG: "shared-config-overrides", Warning, Likely, "a profile or a shared configuration file may come before the role";
    ENDPOINT: "endpoint-override", Warning, Certain, "an endpoint setting sends STS elsewhere than AWS";
    KUBE2IAM: "kube2iam-annotation", Info, Certain, "the pod bears an annotation of kube2iam or kiam";
    REGION_MISSING: "region-missing", Warning, Likely, "no region is set";
}

/// `pod-credentials`.
pub static CHECK: Check = Check {
    id: "pod-credentials",
    title: "nothing in the pod comes before the role's credentials",
    stage: Stage::Injection,
    scope: Scope::Pod,
    needs: &[Need::Pod, Need::Workload, Need::ServiceAccount, Need::Agents],
    faults: &[&STATIC_KEYS, &STATIC_KEYS_FROM, &SHARED_CONFIG, &ENDPOINT, &KUBE2IAM, &REGION_MISSING],
    run,
};

fn run(evidence: &Evidence<'_>) -> Outcome {
    if let Observed::Unavailable(gap) = &evidence.pod {
        return Outcome::unknown(gap.clone());
    }
    if evidence.pod_spec().is_none() {
        return Outcome::not_applicable("no pod is looked at");
    }
    let mut findings = Vec::new();
    for container in evidence.containers() {
        let found = [
            static_keys::in_env(evidence, container),
            static_keys::under_other_names(evidence, container),
            static_keys::in_env_from(evidence, container),
            profile::shared_config(evidence, container),
            endpoint::endpoint(evidence, container),
            region(evidence, container),
        ];
        findings.extend(found.into_iter().flatten().map(|finding| weighed(evidence, container, finding)));
    }
    let Some(finding) = kube2iam(evidence) else { return Outcome::findings(findings) };
    findings.push(finding);
    let outcome = Outcome::findings(findings);
    match evidence.cluster.map(|cluster| &cluster.agents) {
        Some(Observed::Unavailable(gap)) => outcome.with_gap(gap.clone()),
        _ => outcome,
    }
}

/// What is wrong with a container that nobody asked about is no more than a warning where one was asked about.
fn weighed(evidence: &Evidence<'_>, container: &ContainerView<'_>, finding: Finding) -> Finding {
    if evidence.is_beside_the_point(container) { finding.at_most(Severity::Warning) } else { finding }
}

/// Whether the container has the way to a role, whatever comes before it.
fn has_role(container: &ContainerView<'_>) -> bool {
    let web_identity = container.is_set("AWS_ROLE_ARN") && container.is_set("AWS_WEB_IDENTITY_TOKEN_FILE");
    web_identity || container.is_set("AWS_CONTAINER_CREDENTIALS_FULL_URI")
}

/// `iam.amazonaws.com/role` on the pod: kube2iam and kiam read it, IRSA doesn't.
/// <https://github.com/jtblin/kube2iam>
fn kube2iam(evidence: &Evidence<'_>) -> Option<Finding> {
    const KEY: &str = "iam.amazonaws.com/role";
    let pod = evidence.pod.present()?;
    if !pod.metadata.annotations.contains_key(KEY) {
        return None;
    }
    let agents = evidence.cluster.and_then(|cluster| cluster.agents.present());
    let is_agent = |name: &str| name.contains("kube2iam") || name.contains("kiam");
    let agent = agents.into_iter().flatten().find(|agent| is_agent(&agent.metadata.name));
    let detail = match agent {
        Some(agent) => format!(
            "pod {} bears annotation {KEY}, and DaemonSet {} runs: what falls back to instance metadata gets that role",
            pod.metadata.name, agent.metadata.name
        ),
        None => format!(
            "pod {} bears annotation {KEY}, which kube2iam and kiam read; IRSA reads {ROLE_ANNOTATION}",
            pod.metadata.name
        ),
    };
    let fix =
        Fix::new(format!("kube2iam {}", evidence.pod_locus().resource), format!("remove annotation {KEY} from the pod template"));
    let patch = json!({"metadata": {"annotations": {KEY: Value::Null}}});
    let locus = annotation_locus(evidence.pod_locus(), &pod.metadata, KEY);
    let severity = if agent.is_some() { Severity::Warning } else { Severity::Info };
    let finding = Finding::new(&KUBE2IAM, locus, detail).severity(severity);
    Some(finding.fix(template::merge(evidence, fix, &patch, &format!("remove annotation {KEY}"))))
}

/// No region: web identity needs one to know which STS to ask.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html>
fn region(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Option<Finding> {
    let has = container.is_set("AWS_REGION") || container.is_set("AWS_DEFAULT_REGION");
    let in_file = container.is_set("AWS_CONFIG_FILE");
    if has || in_file || !has_role(container) || identity::mode(container) == Mode::Static {
        return None;
    }
    let name = container.name();
    let region = evidence.cluster.and_then(|cluster| cluster.region.as_deref());
    let fix = Fix::new(template::id(evidence, "region", container.name()), format!("set AWS_REGION in container {name}"));
    let fix = match region {
        Some(region) => template::put_env(evidence, fix, name, "AWS_REGION", region),
        None => template::by_hand(evidence, fix, &format!("set AWS_REGION in container {name}")),
    };
    let detail =
        format!("container {name} has no AWS_REGION and no AWS_DEFAULT_REGION: some SDKs then don't know which STS to ask");
    let finding = Finding::new(&REGION_MISSING, container.variable_locus("AWS_REGION"), detail).fix(fix);
    // A config map or a secret may bring it; what they hold isn't read.
    Some(if container.container.env_from.is_empty() { finding } else { finding.severity(Severity::Info) })
}

#[cfg(test)]
mod tests;
