//! Which EKS cluster a kubeconfig means: its name, region, account and partition, as far as the names tell.

use crate::collect::eks_token::dns_suffix;
use irsa_doctor_checks::partition;
use irsa_doctor_iam::arn::is_account_id;

/// What is known of a cluster before anything was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ClusterIdentity {
    /// The name in EKS.
    pub(crate) name: Option<String>,
    /// The ARN.
    pub(crate) arn: Option<String>,
    /// The region.
    pub(crate) region: Option<String>,
    /// The account.
    pub(crate) account: Option<String>,
    /// The partition.
    pub(crate) partition: Option<String>,
    /// The issuer that the API server's host name hints at; never more than a hint.
    pub(crate) hinted_issuer: Option<String>,
}

impl ClusterIdentity {
    /// From an EKS cluster's ARN: `arn:aws:eks:REGION:ACCOUNT:cluster/NAME`; kubeconfigs written by
    /// `aws eks update-kubeconfig` use it as the names of context, cluster and user.
    pub(crate) fn of_arn(text: &str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let (scheme, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let name = resource.strip_prefix("cluster/")?;
        let fits = scheme == "arn"
            && service == "eks"
            && partition.starts_with("aws")
            && is_account_id(account)
            && is_region(region)
            && is_name(name);
        fits.then(|| Self {
            name: Some(name.to_owned()),
            arn: Some(text.to_owned()),
            region: Some(region.to_owned()),
            account: Some(account.to_owned()),
            partition: Some(partition.to_owned()),
            hinted_issuer: None,
        })
    }

    /// From a name that eksctl gives a context (`user@NAME.REGION.eksctl.io`) or a cluster (`NAME.REGION.eksctl.io`).
    /// <https://docs.aws.amazon.com/eks/latest/eksctl/creating-and-managing-clusters.html>
    pub(crate) fn of_eksctl(text: &str) -> Option<Self> {
        let host = text.rsplit('@').next()?.strip_suffix(".eksctl.io")?;
        let (name, region) = host.rsplit_once('.')?;
        (is_name(name) && is_region(region)).then(|| Self { name: Some(name.to_owned()), ..Self::in_region(region) })
    }

    /// From an EKS API server's URL: `https://ID.SHARD.REGION.eks.amazonaws.com`, or, dual-stack,
    /// `https://ID.SHARD.eks-cluster.REGION.api.aws`. The id is the issuer's too.
    /// <https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html>
    pub(crate) fn of_server(server: &str) -> Option<Self> {
        let host = host_of(server)?;
        let labels: Vec<&str> = host.split('.').collect();
        let (id, region, suffix) = match labels.as_slice() {
            [id, _, "eks-cluster", region, "api", "aws"] => return Self::of_dual_stack(id, region),
            [id, _, region, "eks", suffix @ ..] => (*id, *region, suffix.join(".")),
            _ => return None,
        };
        let fits = is_id(id) && is_region(region) && suffix == dns_suffix(region);
        fits.then(|| Self {
            hinted_issuer: Some(format!("https://oidc.eks.{region}.{suffix}/id/{}", id.to_ascii_uppercase())),
            ..Self::in_region(region)
        })
    }

    /// Of a dual-stack host only the region is taken: its issuer may have either of two hosts.
    fn of_dual_stack(id: &str, region: &str) -> Option<Self> {
        (is_id(id) && is_region(region)).then(|| Self::in_region(region))
    }

    /// Only a region, and its partition.
    pub(crate) fn in_region(region: &str) -> Self {
        Self { region: Some(region.to_owned()), partition: Some(partition::of_region(region).to_owned()), ..Self::default() }
    }

    /// Fills in what is not known yet.
    #[must_use]
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            name: self.name.or(other.name),
            arn: self.arn.or(other.arn),
            region: self.region.or(other.region),
            account: self.account.or(other.account),
            partition: self.partition.or(other.partition),
            hinted_issuer: self.hinted_issuer.or(other.hinted_issuer),
        }
    }
}

/// The host of a URL.
fn host_of(url: &str) -> Option<String> {
    let uri: http::Uri = url.parse().ok()?;
    Some(uri.host()?.to_ascii_lowercase())
}

/// Whether this could be a region.
fn is_region(text: &str) -> bool {
    let parts = text.split('-').count();
    (3..=5).contains(&parts)
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && text.ends_with(|c: char| c.is_ascii_digit())
}

/// Whether this could be a cluster's name.
/// <https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html>
fn is_name(text: &str) -> bool {
    text.len() <= 100
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// Whether this could be the id in a host name.
fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "EXAMPLED539D4633E53DE1B71EXAMPLE";

    #[test]
    fn reads_an_arn() {
        let arn = "arn:aws-cn:eks:cn-north-1:123456789012:cluster/my-cluster";
        let identity = ClusterIdentity::of_arn(arn).unwrap();
        assert_eq!(identity.name.as_deref(), Some("my-cluster"));
        assert_eq!(identity.region.as_deref(), Some("cn-north-1"));
        assert_eq!(identity.account.as_deref(), Some("123456789012"));
        assert_eq!(identity.partition.as_deref(), Some("aws-cn"));
        for other in ["arn:aws:eks:us-east-1:1234:cluster/x", "arn:aws:iam::123456789012:role/x", "my-cluster", ""] {
            assert_eq!(ClusterIdentity::of_arn(other), None, "{other}");
        }
    }

    #[test]
    fn reads_the_names_of_eksctl() {
        let identity = ClusterIdentity::of_eksctl("ann@example.com@shop-1.eu-west-1.eksctl.io").unwrap();
        assert_eq!((identity.name.as_deref(), identity.region.as_deref()), (Some("shop-1"), Some("eu-west-1")));
        assert!(ClusterIdentity::of_eksctl("shop-1.us-gov-west-1.eksctl.io").unwrap().partition.as_deref() == Some("aws-us-gov"));
        assert_eq!(ClusterIdentity::of_eksctl("shop.example.com"), None);
    }

    #[test]
    fn takes_a_hint_from_the_host() {
        let id = "0123456789ABCDEF0123456789ABCDEF";
        let issuer = |server: String| ClusterIdentity::of_server(&server).and_then(|identity| identity.hinted_issuer);
        let hint = issuer(format!("https://{id}.gr7.us-east-1.eks.amazonaws.com"));
        assert_eq!(hint, Some(format!("https://oidc.eks.us-east-1.amazonaws.com/id/{id}")));
        let hint = issuer(format!("https://{}.yl4.cn-north-1.eks.amazonaws.com.cn:443", id.to_lowercase()));
        assert_eq!(hint, Some(format!("https://oidc.eks.cn-north-1.amazonaws.com.cn/id/{id}")));
        assert_eq!(issuer(format!("https://{id}.gr7.us-east-1.eks.amazonaws.com.evil.example")), None);
        assert_eq!(issuer(format!("https://{id}.gr7.cn-north-1.eks.amazonaws.com")), None);
        assert_eq!(issuer(format!("https://{ID}.gr7.us-east-1.eks.amazonaws.com")), None, "not hexadecimal");
        let dual = ClusterIdentity::of_server(&format!("https://{id}.gr7.eks-cluster.eu-west-1.api.aws")).unwrap();
        assert_eq!((dual.region.as_deref(), dual.hinted_issuer), (Some("eu-west-1"), None));
    }
}
