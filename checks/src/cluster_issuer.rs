//! The cluster has an OIDC issuer, and it is the one we ask about.
//!
//! <https://docs.aws.amazon.com/eks/latest/userguide/enable-iam-roles-for-service-accounts.html>

use crate::check::{Check, Need, Outcome, Scope, Stage};
use crate::evidence::Evidence;
use crate::fault::faults;
use crate::finding::Finding;
use crate::fix::{Effect, Fix};
use crate::identity::Mode;
use crate::issuers;
use crate::locus::Locus;
use crate::snapshot::{Cluster, EksCluster, Observed};

faults! {
    MISSING: "issuer-missing", Error, Certain, "the cluster has no OIDC issuer";
    MISMATCH: "cluster-mismatch", Error, Certain, "the EKS cluster is not the one that the kube context talks to";
}

/// The check.
pub static CHECK: Check = Check {
    id: "cluster-issuer",
    title: "the cluster has an OIDC issuer, and it is the one we ask about",
    stage: Stage::Issuer,
    scope: Scope::Cluster,
    needs: &[Need::Issuer, Need::EksCluster],
    faults: &[&MISSING, &MISMATCH],
    run,
};

fn run(evidence: &Evidence<'_>) -> Outcome {
    if evidence.role.as_ref().is_some_and(|role| role.mode == Mode::PodIdentity) {
        return Outcome::not_applicable("EKS Pod Identity uses no OIDC issuer");
    }
    let eks = evidence.cluster.and_then(|cluster| Some((cluster, cluster.eks.present()?)));
    if let Some((cluster, eks)) = eks {
        if let Some(finding) = mismatch(cluster, eks) {
            return Outcome::finding(finding);
        }
        // IRSA isn't offered for local clusters on Outposts, whatever their API server calls itself.
        if eks.on_outposts == Some(true) && eks.issuer.is_none() {
            return Outcome::finding(missing(eks));
        }
    }
    match evidence.issuer() {
        Observed::Present(_) => match evidence.cluster {
            Some(cluster) => Outcome::pass().beside(&cluster.openid_configuration).beside(&cluster.eks),
            None => Outcome::pass(),
        },
        Observed::Absent => match eks {
            Some((_, eks)) => Outcome::finding(missing(eks)),
            None => Outcome::not_applicable("not an EKS cluster"),
        },
        Observed::Unavailable(gap) => Outcome::unknown(gap),
    }
}

fn missing(eks: &EksCluster) -> Finding {
    let outposts = eks.on_outposts == Some(true);
    let why = if outposts { ": it is a local cluster on Outposts, where IRSA is not offered" } else { "" };
    let detail = format!("cluster {} has no OIDC issuer{why}", eks.name);
    let decision = if outposts {
        "whoever runs the cluster must decide how its pods get credentials: a local cluster on Outposts has no IRSA".to_owned()
    } else {
        format!("whoever runs cluster {} must say why EKS gives it no issuer, or use EKS Pod Identity", eks.name)
    };
    Finding::new(&MISSING, Locus::new(eks.arn.as_str()).missing("identity.oidc.issuer"), detail)
        .fix(Fix::new(format!("{}#issuer", eks.arn), "Give the pods credentials another way").decision(decision))
}

/// Whether what EKS says of its cluster is not what this API server says of itself.
fn mismatch(cluster: &Cluster, eks: &EksCluster) -> Option<Finding> {
    let ours = cluster.openid_configuration.present().map(|configuration| configuration.issuer.trim_end_matches('/'));
    let theirs = eks.issuer.as_deref().map(|issuer| issuer.trim_end_matches('/'));
    let (wanted, had, what) = match (ours, theirs) {
        // Only EKS' own issuers: elsewhere an API server may be told any.
        (Some(ours), Some(theirs)) if is_eks_issuer(ours) => (ours != theirs).then_some((theirs, ours, "issuer"))?,
        _ => {
            let (server, endpoint) = (cluster.server.as_deref()?, eks.endpoint.as_deref()?);
            issuers::is_other_endpoint(server, endpoint).then_some((endpoint, server, "endpoint"))?
        }
    };
    let context = cluster.context.as_deref().unwrap_or("the kube context");
    let detail = format!("{context} talks to a cluster with the {what} {had}, but EKS cluster {} has {wanted}", eks.name);
    let mut update = vec!["aws", "eks", "update-kubeconfig", "--name", eks.name.as_str()];
    update.extend(cluster.region.iter().flat_map(|region| ["--region", region]));
    let fix = Fix::new(format!("{}#context", eks.arn), format!("Point kubectl at cluster {}", eks.name))
        .command(Effect::WritesFile, update)
        .note("or name the cluster that the context talks to with --cluster NAME (and --region, --profile)");
    Some(Finding::new(&MISMATCH, Locus::new(eks.arn.as_str()), detail).compared(wanted, had).fix(fix))
}

fn is_eks_issuer(issuer: &str) -> bool {
    issuer.starts_with("https://oidc.eks.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Gap, GapCause};
    use crate::testing::{self, ISSUER};

    fn run(change: impl FnOnce(&mut Cluster)) -> Outcome {
        let mut snapshot = testing::healthy();
        change(testing::cluster(&mut snapshot));
        testing::run(&CHECK, &snapshot)
    }

    fn eks(cluster: &mut Cluster) -> &mut EksCluster {
        testing::inside(&mut cluster.eks)
    }

    fn faults(change: impl FnOnce(&mut Cluster)) -> Vec<&'static str> {
        testing::faults(&run(change))
    }

    #[test]
    fn one_cluster_with_an_issuer_passes() {
        assert_eq!(run(|_| {}).status(), crate::check::Status::Pass);
    }

    #[test]
    fn a_cluster_without_an_issuer() {
        let found = faults(|cluster| {
            eks(cluster).issuer = None;
            cluster.openid_configuration = Observed::Unavailable(Gap::not_collected("get openid-configuration"));
        });
        assert_eq!(found, ["issuer-missing"]);
        let local = faults(|cluster| {
            eks(cluster).issuer = None;
            eks(cluster).on_outposts = Some(true);
            testing::inside(&mut cluster.openid_configuration).issuer = "https://kubernetes.default.svc.cluster.local".to_owned();
        });
        assert_eq!(local, ["issuer-missing"]);
    }

    #[test]
    fn another_cluster_than_the_contexts() {
        let other = || "https://oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF".to_owned();
        assert_eq!(faults(|cluster| eks(cluster).issuer = Some(other())), ["cluster-mismatch"]);
        let endpoint = faults(|cluster| {
            eks(cluster).endpoint = Some("https://0123.gr7.us-east-1.eks.amazonaws.com".to_owned());
            cluster.openid_configuration = Observed::Unavailable(Gap::not_collected("get openid-configuration"));
        });
        assert_eq!(endpoint, ["cluster-mismatch"]);
    }

    #[test]
    fn a_proxy_a_slash_or_a_dual_stack_endpoint_is_no_mismatch() {
        assert_eq!(faults(|cluster| cluster.server = Some("https://localhost:6443".to_owned())), [""; 0]);
        assert_eq!(faults(|cluster| eks(cluster).issuer = Some(format!("{ISSUER}/"))), [""; 0]);
        let dual = faults(|cluster| {
            eks(cluster).endpoint = Some("https://EXAMPLED539D4633E53DE1B71EXAMPLE.eks-cluster.us-east-1.api.aws".to_owned());
            cluster.openid_configuration = Observed::Unavailable(Gap::not_collected("get openid-configuration"));
        });
        assert_eq!(dual, [""; 0]);
    }

    #[test]
    fn the_missing_issuer_says_whether_irsa_can_be_had_at_all() {
        let detail = |change: &dyn Fn(&mut Cluster)| {
            let outcome = run(|cluster| {
                eks(cluster).issuer = None;
                cluster.openid_configuration = Observed::Absent;
                change(cluster);
            });
            let finding = testing::findings(&outcome)[0].clone();
            (finding.detail, finding.fix.and_then(|fix| fix.needs_decision).unwrap())
        };
        let (what, who) = detail(&|_| {});
        assert_eq!(what, "cluster my-cluster has no OIDC issuer");
        assert!(who.contains("or use EKS Pod Identity"), "{who}");
        let (what, who) = detail(&|cluster| eks(cluster).on_outposts = Some(true));
        assert_eq!(what, "cluster my-cluster has no OIDC issuer: it is a local cluster on Outposts, where IRSA is not offered");
        assert!(who.ends_with("a local cluster on Outposts has no IRSA"), "{who}");
    }

    #[test]
    fn an_extended_cluster_on_outposts_has_an_issuer_and_irsa() {
        assert_eq!(faults(|cluster| eks(cluster).on_outposts = Some(true)), [""; 0]);
    }

    #[test]
    fn an_issuer_of_the_api_servers_own_is_no_mismatch() {
        let own = "https://issuer.example.com".to_owned();
        assert_eq!(faults(|cluster| testing::inside(&mut cluster.openid_configuration).issuer = own), [""; 0]);
    }

    #[test]
    fn what_was_not_read_is_unknown_unless_something_else_says_it() {
        let neither = run(|cluster| {
            cluster.eks = Observed::Unavailable(Gap::not_collected("eks:DescribeCluster"));
            cluster.openid_configuration = Observed::Unavailable(Gap::not_collected("get openid-configuration"));
        });
        assert_eq!(neither.status(), crate::check::Status::Unknown);
        let given = run(|cluster| {
            cluster.eks = Observed::Unavailable(Gap::not_collected("eks:DescribeCluster"));
            cluster.openid_configuration = Observed::Unavailable(Gap::not_collected("get openid-configuration"));
            cluster.given_issuer = Some(ISSUER.to_owned());
        });
        assert_eq!(given.status(), crate::check::Status::Pass);
        assert_eq!(testing::gaps(&given), [], "what was not asked for");
        let denied = run(|cluster| cluster.eks = Observed::Unavailable(Gap::new("eks:DescribeCluster", GapCause::Denied)));
        assert_eq!(denied.status(), crate::check::Status::Pass);
        assert_eq!(testing::gaps(&denied), [("eks:DescribeCluster", false)]);
    }
}
