//! Lambda functions.

use super::{client, document, read};
use crate::collect::aws::Session;
use crate::collect::aws::operations::resource_policies::{GET_FUNCTION_CONCURRENCY, GET_FUNCTION_POLICY};
use crate::collect::observe::aws::{Question, part};
use irsa_doctor_checks::resource_policy::Bearer;
use irsa_doctor_checks::snapshot::Observed;

impl Session {
    /// `lambda:GetPolicy` of a function, or of the version or alias that the ARN names.
    ///
    /// "There is no such thing" is said of a function and of a policy alike: which one it is, another question tells
    /// (`lambda:GetFunctionConcurrency`, which shows nothing of the function's environment).
    pub(super) async fn function_policy(&self, bearer: &Bearer) -> Observed<String> {
        let question = Question { operation: &GET_FUNCTION_POLICY, about: &bearer.arn };
        let (name, qualifier) = match bearer.name.split_once(':') {
            Some((name, qualifier)) => (name, Some(qualifier.to_owned())),
            None => (bearer.name.as_str(), None),
        };
        let function = format!("arn:{}:lambda:{}:{}:function:{name}", bearer.partition, bearer.region, bearer.account);
        let answer =
            read!(self, question, aws_sdk_lambda, &bearer.region, get_policy().function_name(&function).set_qualifier(qualifier));
        match part(answer, |answer| document(question, "Policy", answer.policy)) {
            Observed::Absent => self.without_policy(bearer, &function).await,
            policy => policy,
        }
    }

    async fn without_policy(&self, bearer: &Bearer, function: &str) -> Observed<String> {
        let question = Question { operation: &GET_FUNCTION_CONCURRENCY, about: function };
        let answer = read!(self, question, aws_sdk_lambda, &bearer.region, get_function_concurrency().function_name(function));
        match answer {
            Observed::Present(_) => Observed::Absent,
            Observed::Absent => {
                let gone = Question { operation: &GET_FUNCTION_POLICY, about: function };
                Observed::Unavailable(gone.gap(irsa_doctor_checks::snapshot::GapCause::Malformed, "there is no such function"))
            }
            Observed::Unavailable(gap) => Observed::Unavailable(gap),
        }
    }
}
