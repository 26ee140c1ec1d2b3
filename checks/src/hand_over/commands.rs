//! The commands that whoever sees more can run.

use crate::evidence::Evidence;
use crate::fix::quote;
use crate::snapshot::TargetKind;

/// The command that judges the AWS half from within an account; `None` where the role isn't one of that account's,
/// or nobody knows who wants in.
pub(super) fn judge_role(evidence: &Evidence<'_>, account: &str) -> Option<String> {
    let role = evidence.role_arn().filter(|arn| arn.account == account).and(evidence.role.as_ref())?;
    let mut words = vec!["irsa-doctor".to_owned(), format!("role/{}", role.arn)];
    let name = evidence.account_name()?;
    words.extend(["--subject".to_owned(), format!("{}/{name}", evidence.namespace())]);
    let cluster = evidence.cluster;
    match (evidence.issuer().present(), cluster.and_then(|cluster| cluster.name.as_ref())) {
        (Some(issuer), _) => words.extend(["--issuer".to_owned(), issuer.url.clone()]),
        (None, Some(cluster_name)) => {
            words.extend(["--cluster".to_owned(), cluster_name.clone()]);
            let region = cluster.and_then(|cluster| cluster.region.clone());
            words.extend(region.into_iter().flat_map(|region| ["--region".to_owned(), region]));
        }
        (None, None) => words.extend(["--issuer".to_owned(), "URL".to_owned()]),
    }
    let asked = evidence.asked();
    words.extend(asked.policies.iter().flat_map(|policy| ["--policy".to_owned(), policy.clone()]));
    // Several actions with several resources don't fit one command line: then the saved half says them.
    if let [action] = evidence.required() {
        words.extend(["--action".to_owned(), action.action.clone(), "--resource".to_owned(), action.resource.clone()]);
    }
    Some(shell(&words))
}

/// The command that saves the cluster half; `None` where nobody knows of what.
pub(super) fn save_cluster(evidence: &Evidence<'_>) -> Option<String> {
    let target = match evidence.target.kind {
        TargetKind::Role => format!("sa/{}", evidence.account_name()?),
        kind => format!("{}/{}", kind.as_str(), evidence.target.name),
    };
    let words = ["irsa-doctor", &target, "-n", evidence.namespace(), "--save", "k8s.json"].map(str::to_owned);
    Some(shell(&words))
}

/// The command that prints the cluster's issuer.
pub(super) fn issuer(evidence: &Evidence<'_>) -> String {
    let cluster = evidence.cluster;
    let Some(name) = cluster.and_then(|cluster| cluster.name.as_deref()) else {
        return "kubectl get --raw /.well-known/openid-configuration".to_owned();
    };
    let mut words = ["aws", "eks", "describe-cluster", "--name", name].map(str::to_owned).to_vec();
    if let Some(region) = cluster.and_then(|cluster| cluster.region.as_deref()) {
        words.extend(["--region", region].map(str::to_owned));
    }
    words.extend(["--query", "cluster.identity.oidc.issuer", "--output", "text"].map(str::to_owned));
    shell(&words)
}

fn shell(words: &[String]) -> String {
    words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
}
