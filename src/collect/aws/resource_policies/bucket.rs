//! Buckets. A bucket's ARN has neither region nor account.

use super::{client, document};
use crate::collect::aws::operations::resource_policies::GET_BUCKET_POLICY;
use crate::collect::aws::{LastAttempt, Session, region_of_partition};
use crate::collect::observe::aws::{Question, bucket_region, observe, part};
use irsa_doctor_checks::partition::of_region;
use irsa_doctor_checks::resource_policy::Bearer;
use irsa_doctor_checks::snapshot::{Observed, ResourceEvidence};

/// What sends the calls to another place than S3; a stand-in there has no host name for each bucket.
const ENDPOINTS: [&str; 2] = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];

impl Session {
    /// `s3:GetBucketPolicy`, in the session's region and, if S3 names another, in that one.
    ///
    /// Only callers of the owner's account get an answer, which tells whose bucket it is
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html>); that `account` is the owner is
    /// asked for in so many words.
    pub(super) async fn bucket_policy(&self, bearer: &Bearer, account: Option<&str>) -> ResourceEvidence {
        let question = Question { operation: &GET_BUCKET_POLICY, about: &bearer.arn };
        let is_near = of_region(self.region()) == bearer.partition;
        let mut region = if is_near { self.region() } else { region_of_partition(&bearer.partition) }.to_owned();
        let (mut policy, other) = self.bucket_policy_in(question, bearer, account, &region).await;
        if let Some(other) = other.filter(|other| *other != region) {
            (policy, _) = self.bucket_policy_in(question, bearer, account, &other).await;
            region = other;
        }
        let policy = part(policy, |policy| document(question, "policy", policy));
        let owner = if policy.gap().is_none() { account.map(str::to_owned) } else { None };
        ResourceEvidence { policy, owner, asked_as: account.map(str::to_owned), region: Some(region), key: None }
    }

    /// The answer, and the region that S3 says the bucket is in.
    async fn bucket_policy_in(
        &self,
        question: Question<'_>,
        bearer: &Bearer,
        account: Option<&str>,
        region: &str,
    ) -> (Observed<Option<String>>, Option<String>) {
        let builder = match client!(self, question, aws_sdk_s3, region) {
            Ok(builder) => builder.force_path_style(self.has_endpoint()),
            Err(gap) => return (Observed::Unavailable(gap), None),
        };
        let _place = self.place().await;
        let last = LastAttempt::default();
        let client = aws_sdk_s3::Client::from_conf(builder.build());
        let call = client.get_bucket_policy().bucket(&bearer.name).set_expected_bucket_owner(account.map(str::to_owned));
        let answer = Box::pin(call.customize().interceptor(last.clone()).send()).await;
        let other = bucket_region(&answer);
        let answer = observe(question, answer, &last);
        (part(answer, |answer| Ok(answer.policy)), other)
    }

    fn has_endpoint(&self) -> bool {
        let configured = self.endpoint_url().is_some();
        configured || ENDPOINTS.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
    }
}
