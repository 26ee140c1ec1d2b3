//! Queues, topics, secrets and repositories: one call each.

use super::{client, document, read};
use crate::collect::aws::Session;
use crate::collect::aws::operations::resource_policies::{
    GET_QUEUE_ATTRIBUTES, GET_REPOSITORY_POLICY, GET_SECRET_POLICY, GET_TOPIC_ATTRIBUTES,
};
use crate::collect::eks_token::partition_dns_suffix;
use crate::collect::observe::aws::{Question, part};
use aws_sdk_sqs::types::QueueAttributeName;
use irsa_doctor_checks::resource_policy::Bearer;
use irsa_doctor_checks::snapshot::{Gap, Observed};

impl Session {
    /// The `Policy` of `sqs:GetQueueAttributes`. The queue's ARN is asked for too: an answer without it is none, while
    /// one without a policy says that there is none.
    pub(super) async fn queue_policy(&self, bearer: &Bearer) -> Observed<String> {
        let question = Question { operation: &GET_QUEUE_ATTRIBUTES, about: &bearer.arn };
        let answer = read!(
            self,
            question,
            aws_sdk_sqs,
            &bearer.region,
            get_queue_attributes()
                .queue_url(queue_url(bearer))
                .attribute_names(QueueAttributeName::Policy)
                .attribute_names(QueueAttributeName::QueueArn)
        );
        optional(part(answer, |answer| {
            let mut attributes = answer.attributes.unwrap_or_default();
            if attributes.get(&QueueAttributeName::QueueArn).is_none_or(|arn| *arn != bearer.arn) {
                return Err(question.malformed("the answer is not about this queue: its QueueArn is another, or missing"));
            }
            given(question, "Policy", attributes.remove(&QueueAttributeName::Policy))
        }))
    }

    /// The `Policy` of `sns:GetTopicAttributes`, which every topic has.
    pub(super) async fn topic_policy(&self, bearer: &Bearer) -> Observed<String> {
        let question = Question { operation: &GET_TOPIC_ATTRIBUTES, about: &bearer.arn };
        let answer = read!(self, question, aws_sdk_sns, &bearer.region, get_topic_attributes().topic_arn(&bearer.arn));
        part(answer, |answer| document(question, "Policy", answer.attributes.unwrap_or_default().remove("Policy")))
    }

    /// `secretsmanager:GetResourcePolicy`. The secret's value is never asked for.
    pub(super) async fn secret_policy(&self, bearer: &Bearer) -> Observed<String> {
        let question = Question { operation: &GET_SECRET_POLICY, about: &bearer.arn };
        let answer = read!(self, question, aws_sdk_secretsmanager, &bearer.region, get_resource_policy().secret_id(&bearer.arn));
        optional(part(answer, |answer| {
            if answer.arn.is_none_or(|arn| arn.is_empty()) {
                return Err(question.malformed("the answer has no ARN"));
            }
            given(question, "ResourcePolicy", answer.resource_policy)
        }))
    }

    /// `ecr:GetRepositoryPolicy`, of the registry that the ARN names.
    pub(super) async fn repository_policy(&self, bearer: &Bearer) -> Observed<String> {
        let question = Question { operation: &GET_REPOSITORY_POLICY, about: &bearer.arn };
        let answer = read!(
            self,
            question,
            aws_sdk_ecr,
            &bearer.region,
            get_repository_policy().registry_id(&bearer.account).repository_name(&bearer.name)
        );
        part(answer, |answer| document(question, "policyText", answer.policy_text))
    }
}

/// A policy that may be missing; one that is there has to be a document.
fn given(question: Question<'_>, field: &str, text: Option<String>) -> Result<Option<String>, Gap> {
    text.filter(|text| !text.is_empty()).map(|text| document(question, field, Some(text))).transpose()
}

/// The queue has no policy, or the secret: known to be absent.
fn optional(policy: Observed<Option<String>>) -> Observed<String> {
    match policy {
        Observed::Present(Some(policy)) => Observed::Present(policy),
        Observed::Present(None) | Observed::Absent => Observed::Absent,
        Observed::Unavailable(gap) => Observed::Unavailable(gap),
    }
}

/// The URL of a queue, which follows from its ARN.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html>
fn queue_url(bearer: &Bearer) -> String {
    let Bearer { region, account, name, .. } = bearer;
    format!("https://sqs.{region}.{}/{account}/{name}", partition_dns_suffix(&bearer.partition))
}
