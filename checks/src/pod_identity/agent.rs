//! The agent that hands out the credentials runs on the pod's node.
//!
//! It is a DaemonSet on EC2 nodes, another one on hybrid nodes, and built in on EKS Auto Mode; there is none on Fargate
//! and on Windows.
//! <https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html#pod-id-restrictions>

use super::{AGENT_MISSING, Found, UNSUPPORTED_NODE, mend};
use crate::evidence::Evidence;
use crate::finding::{Compared, Finding};
use crate::fix::Fix;
use crate::pod_injection::state::is_windows;
use crate::snapshot::Observed;
use crate::snapshot::kubernetes::{Node, Workload};

const AGENT: &str = "eks-pod-identity-agent";

/// Whether the pod is on, or is meant for, a node on which EKS Pod Identity doesn't work.
pub(super) fn unsupported_node(evidence: &Evidence<'_>) -> Option<Finding> {
    let spec = evidence.pod_spec()?;
    let label = |name: &str| evidence.pod.present().is_some_and(|pod| pod.metadata.labels.contains_key(name));
    let fargate = spec.scheduler_name.as_deref() == Some("fargate-scheduler")
        || label("eks.amazonaws.com/fargate-profile")
        || spec.node_name.as_deref().is_some_and(|name| name.starts_with("fargate-"));
    let windows = is_windows(evidence) == Some(true);
    let kind = match (fargate, windows) {
        (true, _) => "Fargate",
        (false, true) => "Windows",
        (false, false) => return None,
    };
    let what = evidence.pod_name().map_or_else(|| "its pods".to_owned(), |name| format!("pod {name}"));
    let verb = if evidence.pod_name().is_some() { "runs" } else { "run" };
    let detail = format!("{what} {verb} on {kind}, where EKS Pod Identity does not work: IRSA does");
    let fix = Fix::new(format!("{}#node", evidence.pod_locus().resource), "Use IRSA here").decision(
        "whoever owns the service account must give it a role by its annotation (IRSA) in place of the association, or run the pod on Linux EC2 nodes",
    );
    Some(Finding::new(&UNSUPPORTED_NODE, evidence.pod_spec_locus(), detail).fix(fix))
}

fn node<'a>(evidence: &Evidence<'a>) -> Option<&'a Node> {
    let name = evidence.pod_spec()?.node_name.as_deref()?;
    evidence.cluster?.nodes.get(name)?.present()
}

/// Whether an agent serves the pod's node.
pub(super) fn judge(evidence: &Evidence<'_>, found: &mut Found) {
    let Some(cluster) = evidence.cluster else { return };
    let built_in = node(evidence)
        .is_some_and(|node| node.metadata.labels.get("eks.amazonaws.com/compute-type").is_some_and(|kind| kind == "auto"));
    if built_in {
        return;
    }
    let auto_mode = cluster.eks.present().and_then(|eks| eks.auto_mode) == Some(true);
    match &cluster.agents {
        Observed::Present(agents) => {
            let agents: Vec<&Workload> = agents.iter().filter(|agent| is_agent(agent)).collect();
            // On a cluster in Auto Mode a node may still be an ordinary one; which it is only the node says.
            if !agents.iter().any(|agent| runs(agent)) && !auto_mode {
                found.findings.push(missing(evidence, agents.first().copied()));
            }
        }
        Observed::Absent if !auto_mode => found.findings.push(missing(evidence, None)),
        Observed::Unavailable(gap) if !auto_mode && !addon_is_active(evidence) => found.gap(gap.clone(), true),
        _ => {}
    }
}

fn is_agent(agent: &Workload) -> bool {
    let label = agent.metadata.labels.get("app.kubernetes.io/name").is_some_and(|name| name.starts_with(AGENT));
    agent.metadata.name.starts_with(AGENT) || label
}

/// How many of its pods are ready; a status that isn't there yet proves nothing against it.
fn runs(agent: &Workload) -> bool {
    agent.status.number_ready.is_none_or(|ready| ready > 0)
}

fn addon_is_active(evidence: &Evidence<'_>) -> bool {
    let addons = evidence.cluster.and_then(|cluster| cluster.addons.present());
    let addon = addons.and_then(|addons| addons.get(AGENT)?.present());
    addon.is_some_and(|addon| addon.status.as_deref() == Some("ACTIVE"))
}

fn missing(evidence: &Evidence<'_>, agent: Option<&Workload>) -> Finding {
    let Some(agent) = agent else {
        let detail = "no EKS Pod Identity agent is installed in the cluster, so nobody hands out the association's credentials";
        return Finding::new(&AGENT_MISSING, evidence.pod_spec_locus(), detail)
            .compared(AGENT, Compared::Nothing)
            .fix(mend::install_agent(evidence));
    };
    let (namespace, name) = (namespace(agent), &agent.metadata.name);
    let detail =
        format!("the EKS Pod Identity agent, DaemonSet {namespace}/{name}, has no ready pod, so nobody hands out credentials");
    let fix = Fix::new("addon:eks-pod-identity-agent", "Get the agent running").decision(format!(
        "whoever runs the cluster must see why DaemonSet {namespace}/{name} has no ready pod (kubectl describe daemonset {name} -n {namespace})"
    ));
    Finding::new(&AGENT_MISSING, evidence.pod_spec_locus(), detail).compared("a ready pod", Compared::Nothing).fix(fix)
}

fn namespace(agent: &Workload) -> &str {
    agent.metadata.namespace.as_deref().unwrap_or("kube-system")
}
