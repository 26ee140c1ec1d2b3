//! The issuer of the cluster's tokens, and where it was read.

use super::Evidence;
use crate::issuers;
use crate::snapshot::{Cluster, EksCluster, Gap, GapCause, Observed};

/// The issuer that stands in the cluster's tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// The URL, as it stands in tokens: `https://oidc.eks.us-east-1.amazonaws.com/id/...`.
    pub url: String,
    /// Where it was read.
    pub source: IssuerSource,
}

/// Where an issuer was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssuerSource {
    /// The API server's own openid-configuration: what stands in tokens.
    OpenIdConfiguration,
    /// `eks:DescribeCluster`.
    DescribeCluster,
    /// `--issuer`.
    Given,
}

impl IssuerSource {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenIdConfiguration => "openid-configuration",
            Self::DescribeCluster => "describe-cluster",
            Self::Given => "given",
        }
    }
}

impl Issuer {
    /// The issuer without its scheme: the form that provider ARNs and condition keys take.
    pub fn host_path(&self) -> &str {
        self.url.strip_prefix("https://").unwrap_or(&self.url)
    }

    /// The ARN that an IAM OIDC provider for this issuer has in an account.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>
    pub fn provider_arn(&self, partition: &str, account: &str) -> String {
        format!("arn:{partition}:iam::{account}:oidc-provider/{}", self.host_path())
    }
}

impl Evidence<'_> {
    /// The issuer: the API server's own word before EKS', EKS' before the user's. `Absent` is a cluster without one.
    pub fn issuer(&self) -> Observed<Issuer> {
        let Some(cluster) = self.cluster else {
            return Observed::Unavailable(
                Gap::not_collected("get /.well-known/openid-configuration").remedy("give the issuer with --issuer URL"),
            );
        };
        let issuer = |url: &str, source| Observed::Present(Issuer { url: url.to_owned(), source });
        if let Some(configuration) =
            cluster.openid_configuration.present().filter(|configuration| !configuration.issuer.is_empty())
        {
            return issuer(&configuration.issuer, IssuerSource::OpenIdConfiguration);
        }
        // Another cluster's issuer says nothing of this one's tokens.
        let eks = cluster.eks.present().filter(|eks| !is_other(cluster, eks));
        if let Some(url) = eks.and_then(|eks| eks.issuer.as_deref()) {
            return issuer(url, IssuerSource::DescribeCluster);
        }
        if let Some(url) = &cluster.given_issuer {
            return issuer(url, IssuerSource::Given);
        }
        if eks.is_some() {
            return Observed::Absent;
        }
        let gap = no_issuer(cluster);
        Observed::Unavailable(if self.snapshot.from_files { gap.remedy("give it with --issuer URL") } else { gap })
    }
}

/// Whether the cluster that was asked about in EKS isn't the one that the kube context talks to.
fn is_other(cluster: &Cluster, eks: &EksCluster) -> bool {
    let urls = cluster.server.as_deref().zip(eks.endpoint.as_deref());
    urls.is_some_and(|(server, endpoint)| issuers::is_other_endpoint(server, endpoint))
}

/// Why the issuer isn't known, and what would help; a hint from the host name is offered, never used.
fn no_issuer(cluster: &Cluster) -> Gap {
    let tried = cluster.eks.gap().into_iter().chain(cluster.openid_configuration.gap());
    let mut gap = tried
        .min_by_key(|gap| gap.cause == GapCause::NotCollected)
        .cloned()
        .unwrap_or_else(|| Gap::not_collected("eks:DescribeCluster"));
    let url = cluster
        .hinted_issuer
        .as_deref()
        .map_or_else(|| "URL".to_owned(), |hint| format!("{hint} (a guess from the API server's host name)"));
    gap.remedy = format!("allow eks:DescribeCluster or get on /.well-known/openid-configuration, or give --issuer {url}");
    gap
}

#[cfg(test)]
mod tests;
