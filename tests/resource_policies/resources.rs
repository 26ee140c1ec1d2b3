//! Resources that bear policies, made in moto.

use aws_config::SdkConfig;
use serde_json::{Value, json};

/// The article's role.
pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/my-test-role";

/// The kinds of resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bucket,
    Key,
    Queue,
    Topic,
    Secret,
    Repository,
    Function,
}

/// A policy of one statement.
pub(crate) fn policy(effect: &str, principal: &str, action: &str, resource: Option<&str>) -> String {
    let mut statement = json!({"Effect": effect, "Principal": {"AWS": principal}, "Action": action});
    if let Some(resource) = resource {
        statement["Resource"] = Value::from(resource);
    }
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

impl Kind {
    pub(crate) const ALL: [Self; 7] =
        [Self::Bucket, Self::Key, Self::Queue, Self::Topic, Self::Secret, Self::Repository, Self::Function];

    /// An action that the article's policy doesn't allow.
    pub(crate) fn action(self) -> &'static str {
        match self {
            Self::Bucket => "s3:DeleteBucket",
            Self::Key => "kms:Decrypt",
            Self::Queue => "sqs:SendMessage",
            Self::Topic => "sns:Publish",
            Self::Secret => "secretsmanager:GetSecretValue",
            Self::Repository => "ecr:BatchGetImage",
            Self::Function => "lambda:InvokeFunction",
        }
    }

    /// Makes one without a policy, or with the one that it is born with; its ARN.
    pub(crate) async fn create(self, config: &SdkConfig) -> String {
        match self {
            Self::Bucket => {
                s3(config).create_bucket().bucket("another-bucket").send().await.unwrap();
                "arn:aws:s3:::another-bucket".to_owned()
            }
            Self::Key => {
                let made = aws_sdk_kms::Client::new(config).create_key().send().await.unwrap();
                made.key_metadata.unwrap().arn.unwrap()
            }
            Self::Queue => {
                aws_sdk_sqs::Client::new(config).create_queue().queue_name("jobs").send().await.unwrap();
                "arn:aws:sqs:us-east-1:123456789012:jobs".to_owned()
            }
            Self::Topic => {
                let made = aws_sdk_sns::Client::new(config).create_topic().name("orders").send().await.unwrap();
                made.topic_arn.unwrap()
            }
            Self::Secret => {
                let secrets = aws_sdk_secretsmanager::Client::new(config);
                secrets.create_secret().name("db").secret_string("x").send().await.unwrap().arn.unwrap()
            }
            Self::Repository => {
                let made = aws_sdk_ecr::Client::new(config).create_repository().repository_name("team/app").send().await;
                made.unwrap().repository.unwrap().repository_arn.unwrap()
            }
            Self::Function => function(config).await,
        }
    }

    /// Gives it a policy that lets the role in.
    pub(crate) async fn let_in(self, config: &SdkConfig, arn: &str) {
        let allow = |resource: Option<&str>| policy("Allow", ROLE, self.action(), resource);
        match self {
            Self::Bucket => put_bucket_policy(config, "another-bucket", &allow(Some(arn))).await,
            Self::Key => put_key_policy(config, arn, &allow(Some("*"))).await,
            Self::Queue => {
                let sqs = aws_sdk_sqs::Client::new(config);
                let url = sqs.get_queue_url().queue_name("jobs").send().await.unwrap().queue_url.unwrap();
                let name = aws_sdk_sqs::types::QueueAttributeName::Policy;
                sqs.set_queue_attributes().queue_url(url).attributes(name, allow(Some(arn))).send().await.unwrap();
            }
            Self::Topic => {
                let set = aws_sdk_sns::Client::new(config).set_topic_attributes().topic_arn(arn);
                set.attribute_name("Policy").attribute_value(allow(Some(arn))).send().await.unwrap();
            }
            Self::Secret => {
                let put = aws_sdk_secretsmanager::Client::new(config).put_resource_policy().secret_id(arn);
                put.resource_policy(allow(Some("*"))).send().await.unwrap();
            }
            Self::Repository => {
                let set = aws_sdk_ecr::Client::new(config).set_repository_policy().repository_name("team/app");
                set.policy_text(allow(None)).send().await.unwrap();
            }
            Self::Function => {
                let add = aws_sdk_lambda::Client::new(config).add_permission().function_name("job").statement_id("pods");
                // moto writes a role's ARN as no policy has it, with no `AWS` around it; everybody it writes as Lambda does.
                add.action(self.action()).principal("*").send().await.unwrap();
            }
        }
    }
}

async fn function(config: &SdkConfig) -> String {
    // The smallest archive: an empty one.
    let mut archive = b"PK\x05\x06".to_vec();
    archive.resize(22, 0);
    let code = aws_sdk_lambda::types::FunctionCode::builder().zip_file(aws_sdk_lambda::primitives::Blob::new(archive)).build();
    let create = aws_sdk_lambda::Client::new(config).create_function().function_name("job").role(ROLE).code(code);
    let create = create.runtime(aws_sdk_lambda::types::Runtime::Python312).handler("job.main");
    create.send().await.unwrap().function_arn.unwrap()
}

fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(config).force_path_style(true).build())
}

pub(crate) async fn put_bucket_policy(config: &SdkConfig, bucket: &str, document: &str) {
    s3(config).put_bucket_policy().bucket(bucket).policy(document).send().await.unwrap();
}

pub(crate) async fn put_key_policy(config: &SdkConfig, key: &str, document: &str) {
    let put = aws_sdk_kms::Client::new(config).put_key_policy().key_id(key).policy_name("default");
    put.policy(document).send().await.unwrap();
}

/// Gives a key an alias; its ARN.
pub(crate) async fn alias(config: &SdkConfig, key: &str) -> String {
    let create = aws_sdk_kms::Client::new(config).create_alias().alias_name("alias/app");
    create.target_key_id(key).send().await.unwrap();
    "arn:aws:kms:us-east-1:123456789012:alias/app".to_owned()
}

/// Lets the role do everything with keys, as far as its own policies go.
pub(crate) async fn allow_everything(config: &SdkConfig) {
    let document = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}});
    let put = aws_sdk_iam::Client::new(config).put_role_policy().role_name("my-test-role").policy_name("keys");
    put.policy_document(document.to_string()).send().await.unwrap();
}
