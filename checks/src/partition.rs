//! The AWS partition that a cluster is in.

use crate::evidence::Evidence;
use crate::snapshot::Cluster;

/// Prefixes of regions, with their partition; every other region is in `aws`.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html#arns-syntax>
const PARTITIONS: &[(&str, &str)] = &[
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
];

/// The partition that a region is in.
pub fn of_region(region: &str) -> &'static str {
    PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("aws", |(_, partition)| partition)
}

/// The partition of the judged cluster, as far as it is known: its ARN's, its region's, or what the collector found.
pub fn of_cluster<'a>(evidence: &Evidence<'a>) -> Option<&'a str> {
    let cluster = evidence.cluster?;
    let from_arn = arn(cluster).and_then(|arn| arn.split(':').nth(1)).filter(|partition| !partition.is_empty());
    from_arn.or_else(|| cluster.region.as_deref().map(of_region)).or(cluster.partition.as_deref())
}

/// Whether the role under judgement is of another partition than the cluster, whose STS then can't know it. The
/// annotation's check says so; what follows from it isn't reached.
pub fn of_role_differs(evidence: &Evidence<'_>) -> bool {
    evidence.role_arn().zip(of_cluster(evidence)).is_some_and(|(arn, partition)| arn.partition != partition)
}

fn arn(cluster: &Cluster) -> Option<&str> {
    cluster.arn.as_deref().or_else(|| cluster.eks.present().map(|eks| eks.arn.as_str()).filter(|arn| !arn.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn follows_from_the_region() {
        for (region, partition) in [
            ("us-east-1", "aws"),
            ("eu-central-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(of_region(region), partition);
        }
    }

    #[test]
    fn the_clusters_own_arn_comes_before_its_region() {
        type Change = fn(&mut Cluster);
        let mut snapshot = testing::healthy();
        let cluster = testing::cluster(&mut snapshot);
        cluster.arn = Some("arn:aws-cn:eks:x:123456789012:cluster/c".to_owned());
        testing::inside(&mut cluster.eks).arn = "arn:aws-iso:eks:x:123456789012:cluster/c".to_owned();
        cluster.region = Some("us-gov-west-1".to_owned());
        cluster.partition = Some("aws-eusc".to_owned());
        let steps: [(Change, Option<&str>); 6] = [
            (|_| {}, Some("aws-cn")),
            (|cluster| cluster.arn = None, Some("aws-iso")),
            (|cluster| testing::inside(&mut cluster.eks).arn.clear(), Some("aws-us-gov")),
            (|cluster| cluster.arn = Some("arn:".to_owned()), Some("aws-us-gov")),
            (|cluster| cluster.region = None, Some("aws-eusc")),
            (|cluster| cluster.partition = None, None),
        ];
        for (change, partition) in steps {
            change(testing::cluster(&mut snapshot));
            assert_eq!(testing::evidence(&snapshot, |evidence| of_cluster(evidence).map(str::to_owned)).as_deref(), partition);
        }
    }
}
