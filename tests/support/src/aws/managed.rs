//! Policies of AWS: what a role may have attached by ARN.

use serde_json::{Value, json};

use super::accounts::Document;

/// The document of `arn:PARTITION:iam::aws:policy/...`. Policies that tests name are near to the real ones; any other
/// one exists too and allows a harmless read.
pub(crate) fn document(arn: &str) -> Document {
    let name = arn.rsplit('/').next().unwrap_or_default();
    let allow =
        |actions: Value| json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]});
    let document = match name {
        "AdministratorAccess" => allow(json!("*")),
        "ReadOnlyAccess" => {
            allow(json!(["ec2:Describe*", "iam:Get*", "iam:List*", "s3:Get*", "s3:List*", "sqs:Get*", "sqs:List*"]))
        }
        "AmazonS3ReadOnlyAccess" => {
            allow(json!(["s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"]))
        }
        "AmazonS3FullAccess" => allow(json!(["s3:*", "s3-object-lambda:*"])),
        "AmazonEKS_CNI_Policy" => cni(),
        "AmazonEKSWorkerNodePolicy" => allow(json!([
            "ec2:DescribeInstances",
            "ec2:DescribeVpcs",
            "eks:DescribeCluster",
            "eks-auth:AssumeRoleForPodIdentity"
        ])),
        _ => allow(json!(["tag:GetResources"])),
    };
    Document::from(document)
}

/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEKS_CNI_Policy.html>
fn cni() -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "AmazonEKSCNIPolicy", "Effect": "Allow", "Resource": "*", "Action": [
            "ec2:AssignPrivateIpAddresses", "ec2:AttachNetworkInterface", "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface", "ec2:DescribeInstances", "ec2:DescribeTags", "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeInstanceTypes", "ec2:DescribeSubnets", "ec2:DetachNetworkInterface",
            "ec2:ModifyNetworkInterfaceAttribute", "ec2:UnassignPrivateIpAddresses"]},
        {"Sid": "AmazonEKSCNIPolicyENITag", "Effect": "Allow", "Action": ["ec2:CreateTags"],
         "Resource": ["arn:aws:ec2:*:*:network-interface/*"]}]})
}
