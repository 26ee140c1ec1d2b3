//! KMS keys and their aliases.

use super::{client, document, read};
use crate::collect::aws::Session;
use crate::collect::aws::operations::resource_policies::{DESCRIBE_KEY, GET_KEY_POLICY};
use crate::collect::observe::aws::{Question, part};
use irsa_doctor_checks::resource_policy::Bearer;
use irsa_doctor_checks::snapshot::{Observed, ResourceEvidence};

impl Session {
    /// `kms:GetKeyPolicy`; of an alias, first `kms:DescribeKey`, since only keys have policies.
    pub(super) async fn key_policy(&self, bearer: &Bearer) -> ResourceEvidence {
        if !bearer.is_alias() {
            return super::of(self.policy_of_key(bearer, &bearer.arn).await);
        }
        let key = self.key_of_alias(bearer).await;
        let policy = match &key {
            Observed::Present(arn) => self.policy_of_key(bearer, arn).await,
            Observed::Absent => Observed::Absent,
            Observed::Unavailable(gap) => Observed::Unavailable(gap.clone()),
        };
        ResourceEvidence { policy, key: Some(key), ..ResourceEvidence::default() }
    }

    async fn policy_of_key(&self, bearer: &Bearer, arn: &str) -> Observed<String> {
        let question = Question { operation: &GET_KEY_POLICY, about: arn };
        // A key has one policy, of this name.
        let answer = read!(self, question, aws_sdk_kms, &bearer.region, get_key_policy().key_id(arn).policy_name("default"));
        part(answer, |answer| document(question, "Policy", answer.policy))
    }

    async fn key_of_alias(&self, bearer: &Bearer) -> Observed<String> {
        let question = Question { operation: &DESCRIBE_KEY, about: &bearer.arn };
        let answer = read!(self, question, aws_sdk_kms, &bearer.region, describe_key().key_id(&bearer.arn));
        part(answer, |answer| {
            let arn = answer.key_metadata.and_then(|key| key.arn).filter(|arn| arn.contains(":key/"));
            arn.ok_or_else(|| question.malformed("the answer has no KeyMetadata with an Arn"))
        })
    }
}
