//! What bears a policy of its own that can be read.

use crate::snapshot::RequiredAction;
use irsa_doctor_iam::{Arn, services};
use std::collections::BTreeMap;

/// A kind of resource whose policy can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceKind {
    /// An S3 bucket.
    Bucket,
    /// A KMS key, or an alias of one.
    Key,
    /// An SQS queue.
    Queue,
    /// An SNS topic.
    Topic,
    /// A secret of Secrets Manager.
    Secret,
    /// An ECR repository.
    Repository,
    /// A Lambda function, a version or an alias of one.
    Function,
}

impl ResourceKind {
    fn of_service(service: &str) -> Option<Self> {
        Some(match service {
            "s3" => Self::Bucket,
            "kms" => Self::Key,
            "sqs" => Self::Queue,
            "sns" => Self::Topic,
            "secretsmanager" => Self::Secret,
            "ecr" => Self::Repository,
            "lambda" => Self::Function,
            _ => return None,
        })
    }

    /// What people call it: `bucket`.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Bucket => "bucket",
            Self::Key => "key",
            Self::Queue => "queue",
            Self::Topic => "topic",
            Self::Secret => "secret",
            Self::Repository => "repository",
            Self::Function => "function",
        }
    }

    /// What people call its policy: `bucket policy`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Bucket => "bucket policy",
            Self::Key => "key policy",
            Self::Queue => "queue policy",
            Self::Topic => "topic policy",
            Self::Secret => "secret's policy",
            Self::Repository => "repository policy",
            Self::Function => "function policy",
        }
    }

    /// The action that reads it.
    pub fn operation(self) -> &'static str {
        match self {
            Self::Bucket => "s3:GetBucketPolicy",
            Self::Key => "kms:GetKeyPolicy",
            Self::Queue => "sqs:GetQueueAttributes",
            Self::Topic => "sns:GetTopicAttributes",
            Self::Secret => "secretsmanager:GetResourcePolicy",
            Self::Repository => "ecr:GetRepositoryPolicy",
            Self::Function => "lambda:GetPolicy",
        }
    }
}

/// Something that bears a policy of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// What it is.
    pub kind: ResourceKind,
    /// Its ARN: of an object, the bucket's.
    pub arn: String,
    /// `aws`, `aws-cn`, ...
    pub partition: String,
    /// The region; empty for a bucket.
    pub region: String,
    /// The account; empty for a bucket.
    pub account: String,
    /// The name; of a key `key/ID` or `alias/NAME`, of a function with its version or alias: `NAME:PROD`.
    pub name: String,
}

impl Bearer {
    /// What bears the policy that a request for `action` on `resource` is subject to.
    ///
    /// `None` where the action is another service's or takes no resource, where the resource's name is a pattern, and
    /// for what has a policy that isn't read: access points, directory buckets, other services' resources.
    pub fn of(action: &str, resource: &str) -> Option<Self> {
        let arn = Arn::parse(resource).ok()?;
        let kind = ResourceKind::of_service(arn.service)?;
        let (service, verb) = action.split_once(':')?;
        if !service.eq_ignore_ascii_case(arn.service) || services::action(action).is_some_and(services::Action::is_wildcard_only)
        {
            return None;
        }
        let name = match kind {
            ResourceKind::Bucket => arn.resource.split('/').next()?,
            // An alias itself has no policy: https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html
            ResourceKind::Key if is_about_aliases(verb) => return None,
            ResourceKind::Key => ["key/", "alias/"].iter().any(|kind| arn.resource.starts_with(kind)).then_some(arn.resource)?,
            ResourceKind::Queue => arn.resource,
            // A subscription's ARN is its topic's and an id.
            ResourceKind::Topic => arn.resource.split(':').next()?,
            ResourceKind::Secret => arn.resource.strip_prefix("secret:")?,
            ResourceKind::Repository => arn.resource.strip_prefix("repository/")?,
            ResourceKind::Function => arn.resource.strip_prefix("function:")?,
        };
        let is_placed =
            arn.region.is_empty() == (kind == ResourceKind::Bucket) && arn.account.is_empty() == arn.region.is_empty();
        let is_plain = !name.is_empty() && ![arn.region, arn.account, name].iter().any(|part| part.contains(['*', '?', '$']));
        let base = match kind {
            ResourceKind::Bucket => format!("arn:{}:s3:::{name}", arn.partition),
            ResourceKind::Topic => format!("arn:{}:sns:{}:{}:{name}", arn.partition, arn.region, arn.account),
            _ => arn.text.to_owned(),
        };
        (is_placed && is_plain).then_some(Self {
            kind,
            arn: base,
            partition: arn.partition.to_owned(),
            region: arn.region.to_owned(),
            account: arn.account.to_owned(),
            name: name.to_owned(),
        })
    }

    /// Whether it is an alias of a key. A policy that names the alias doesn't name the key.
    pub fn is_alias(&self) -> bool {
        self.kind == ResourceKind::Key && self.name.starts_with("alias/")
    }
}

fn is_about_aliases(verb: &str) -> bool {
    ["CreateAlias", "UpdateAlias", "DeleteAlias"].iter().any(|name| name.eq_ignore_ascii_case(verb))
}

/// Everything that bears a policy among what was asked about, each once, by its ARN: what a collector reads.
pub fn bearers(required: &[RequiredAction]) -> BTreeMap<String, Bearer> {
    let found = required.iter().filter_map(|asked| Bearer::of(&asked.action, &asked.resource));
    found.map(|bearer| (bearer.arn.clone(), bearer)).collect()
}

/// Services whose resources can carry a policy of their own, which could allow what the role's policies don't.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html>
const WITH_RESOURCE_POLICIES: &[&str] = &[
    "acm-pca",
    "apigateway",
    "aoss",
    "backup",
    "cloudtrail",
    "codeartifact",
    "codebuild",
    "dynamodb",
    "ecr",
    "elasticfilesystem",
    "es",
    "events",
    "execute-api",
    "glacier",
    "glue",
    "iot",
    "kinesis",
    "kms",
    "lambda",
    "lex",
    "logs",
    "mediastore",
    "s3",
    "s3-object-lambda",
    "s3-outposts",
    "s3express",
    "s3tables",
    "s3vectors",
    "schemas",
    "secretsmanager",
    "ses",
    "signer",
    "sns",
    "sqs",
    "ssm",
    "sts",
    "vpc-lattice",
];

/// Whether the resource may bear a policy of its own, readable or not.
pub fn may_bear_policy(asked: &RequiredAction) -> bool {
    let service = asked.action.split(':').next().unwrap_or_default().to_lowercase();
    asked.resource != "*" && WITH_RESOURCE_POLICIES.binary_search(&service.as_str()).is_ok()
}
