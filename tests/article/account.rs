//! The AWS side of the article, made with the AWS SDK.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use irsa_doctor_test_support::Moto;
use serde_json::{Value, json};

/// The account that moto answers for.
const ACCOUNT: &str = "123456789012";

/// What is made in the account.
pub(crate) struct Account {
    issuer: String,
    trust: Value,
    /// The policy's document; `None`: it isn't made.
    pub(crate) policy: Option<Value>,
    /// Whether the policy is attached to the role.
    pub(crate) attached: bool,
}

/// A policy that lets list a bucket, and read and write its objects, on these resources.
pub(crate) fn policy(resources: &[&str]) -> Value {
    let actions = ["s3:ListBucket", "s3:GetObject", "s3:PutObject"];
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resources}]})
}

/// Makes the cluster and gives its issuer, which moto makes up.
pub(crate) fn create_cluster(moto: &Moto) -> String {
    block_on(async {
        let eks = aws_sdk_eks::Client::new(&config(moto).await);
        let vpc = aws_sdk_eks::types::VpcConfigRequest::builder().subnet_ids("subnet-1").build();
        let role = format!("arn:aws:iam::{ACCOUNT}:role/cluster");
        let made = eks.create_cluster().name("my-cluster").role_arn(role).resources_vpc_config(vpc).send().await.unwrap();
        let identity = made.cluster().unwrap().identity().unwrap();
        identity.oidc().unwrap().issuer().unwrap().to_owned()
    })
}

impl Account {
    /// As the article makes it.
    pub(crate) fn of_the_article(issuer: &str) -> Self {
        let host = issuer.trim_start_matches("https://").to_owned();
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{host}")},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {
                format!("{host}:aud"): "sts.amazonaws.com",
                format!("{host}:sub"): "system:serviceaccount:default:my-service-account",
            }},
        }]});
        let policy = policy(&["arn:aws:s3:::my-test-bucket", "arn:aws:s3:::my-test-bucket/*"]);
        Self { issuer: issuer.to_owned(), trust, policy: Some(policy), attached: true }
    }

    /// Gives the trust policy another value for a claim.
    pub(crate) fn trust(&mut self, claim: &str, value: &str) {
        let host = self.issuer.trim_start_matches("https://");
        let conditions = self.trust.pointer_mut("/Statement/0/Condition/StringEquals").and_then(Value::as_object_mut).unwrap();
        conditions.insert(format!("{host}:{claim}"), json!(value));
    }

    /// Gives the trust policy another issuer, as if the cluster had been rebuilt.
    pub(crate) fn trust_issuer(&mut self, other: &str) {
        let host = self.issuer.trim_start_matches("https://");
        self.trust = serde_json::from_str(&self.trust.to_string().replace(host, other)).unwrap();
    }

    /// Makes it in moto.
    pub(crate) fn create(&self, moto: &Moto) {
        moto.create_bucket("my-test-bucket");
        block_on(async {
            let iam = aws_sdk_iam::Client::new(&config(moto).await);
            let provider = iam.create_open_id_connect_provider().url(&self.issuer).client_id_list("sts.amazonaws.com");
            provider.thumbprint_list("9e99a48a9960b14926bb7f3b02e22da2b0ab7280").send().await.unwrap();
            let role = iam.create_role().role_name("my-test-role");
            role.assume_role_policy_document(self.trust.to_string()).send().await.unwrap();
            let Some(document) = &self.policy else { return };
            let policy = iam.create_policy().policy_name("my-test-policy");
            let made = policy.policy_document(document.to_string()).send().await.unwrap();
            if self.attached {
                let arn = made.policy().unwrap().arn().unwrap();
                iam.attach_role_policy().role_name("my-test-role").policy_arn(arn).send().await.unwrap();
            }
        });
    }
}

pub(crate) async fn config(moto: &Moto) -> SdkConfig {
    let keys = aws_credential_types::Credentials::new("AKIAEXAMPLE", "example", None, None, "test");
    let loader = aws_config::defaults(BehaviorVersion::latest()).region(Region::new("us-east-1"));
    loader.endpoint_url(moto.url()).credentials_provider(keys).load().await
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
