//! A region to ask IAM in.

/// A region of a partition: IAM is one for each partition, but its endpoint follows from a region.
/// <https://docs.aws.amazon.com/general/latest/gr/iam-service.html>
pub(crate) fn region_of_partition(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        "aws-iso" => "us-iso-east-1",
        "aws-iso-b" => "us-isob-east-1",
        "aws-iso-e" => "eu-isoe-west-1",
        "aws-iso-f" => "us-isof-south-1",
        "aws-eusc" => "eusc-de-east-1",
        _ => "us-east-1",
    }
}

#[cfg(test)]
mod tests {
    use super::region_of_partition;
    use irsa_doctor_checks::partition;

    #[test]
    fn is_in_that_partition() {
        for name in ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-eusc"] {
            assert_eq!(partition::of_region(region_of_partition(name)), name);
        }
    }
}
