//! The operations that read resources' own policies.

use super::Operation;

const BUCKET: &str = "arn:PARTITION:s3:::*";
const KEY: &str = "arn:PARTITION:kms:*:ACCOUNT:key/*";
const QUEUE: &str = "arn:PARTITION:sqs:*:ACCOUNT:*";
const TOPIC: &str = "arn:PARTITION:sns:*:ACCOUNT:*";
const SECRET: &str = "arn:PARTITION:secretsmanager:*:ACCOUNT:secret:*";
const REPOSITORY: &str = "arn:PARTITION:ecr:*:ACCOUNT:repository/*";
const FUNCTION: &str = "arn:PARTITION:lambda:*:ACCOUNT:function:*";
const NO_BUCKET_POLICY: Option<&str> = Some("NoSuchBucketPolicy");
const NO_REPOSITORY_POLICY: Option<&str> = Some("RepositoryPolicyNotFoundException");
const NOT_FOUND: Option<&str> = Some("ResourceNotFoundException");

operations! {
    GET_BUCKET_POLICY: "S3" "GetBucketPolicy", "s3:GetBucketPolicy", NO_BUCKET_POLICY, BUCKET, false, "the policy of a bucket that is asked about";
    DESCRIBE_KEY: "KMS" "DescribeKey", "kms:DescribeKey", None, KEY, false, "which key an alias that is asked about stands for";
    GET_KEY_POLICY: "KMS" "GetKeyPolicy", "kms:GetKeyPolicy", None, KEY, false, "the policy of a key that is asked about";
    GET_QUEUE_ATTRIBUTES: "SQS" "GetQueueAttributes", "sqs:GetQueueAttributes", None, QUEUE, false, "the policy of a queue that is asked about";
    GET_TOPIC_ATTRIBUTES: "SNS" "GetTopicAttributes", "sns:GetTopicAttributes", None, TOPIC, false, "the policy of a topic that is asked about";
    GET_SECRET_POLICY: "Secrets Manager" "GetResourcePolicy", "secretsmanager:GetResourcePolicy", None, SECRET, false, "the policy of a secret that is asked about (never its value)";
    GET_REPOSITORY_POLICY: "ECR" "GetRepositoryPolicy", "ecr:GetRepositoryPolicy", NO_REPOSITORY_POLICY, REPOSITORY, false, "the policy of a repository that is asked about";
    GET_FUNCTION_POLICY: "Lambda" "GetPolicy", "lambda:GetPolicy", NOT_FOUND, FUNCTION, false, "the policy of a function that is asked about";
    GET_FUNCTION_CONCURRENCY: "Lambda" "GetFunctionConcurrency", "lambda:GetFunctionConcurrency", NOT_FOUND, FUNCTION, false, "whether a function without a policy exists";
}
