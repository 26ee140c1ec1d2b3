//! AWS' own policy simulator.

use super::operations::SIMULATE;
use super::paging::{self, Page};
use super::{Session, ask};
use crate::collect::observe::aws::{Question as Asked, part};
use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType};
use irsa_doctor_checks::second_opinion::Question;
use irsa_doctor_checks::snapshot::{GapCause, Observed, Simulated};
use std::collections::BTreeMap;

impl Session {
    /// `iam:SimulatePrincipalPolicy`: an answer for each action. All actions are asked about at once; where that isn't
    /// taken, each alone, since one unknown action spoils the whole question.
    pub(crate) async fn simulate(&self, question: &Question) -> BTreeMap<String, Observed<Simulated>> {
        let asked = Asked { operation: &SIMULATE, about: &question.role };
        let (patterns, actions): (Vec<&String>, Vec<&String>) = question.actions.iter().partition(|action| is_pattern(action));
        let no_pattern = asked.gap(GapCause::NotCollected, "the simulator takes no wildcard in an action");
        let no_pattern = no_pattern.remedy("ask with --action for each action by its name");
        let mut answers: BTreeMap<String, Observed<Simulated>> =
            patterns.into_iter().map(|action| (action.clone(), Observed::Unavailable(no_pattern.clone()))).collect();
        if actions.is_empty() {
            return answers;
        }
        let results = self.simulate_all(question, &actions).await;
        let refused = results.gap().is_some_and(|gap| gap.cause == GapCause::Malformed);
        for action in &actions {
            let answer = if refused && actions.len() > 1 {
                answer(asked, &self.simulate_all(question, &[action]).await, action)
            } else {
                answer(asked, &results, action)
            };
            answers.insert((*action).clone(), answer);
        }
        answers
    }

    /// All pages of one question.
    async fn simulate_all(&self, question: &Question, actions: &[&String]) -> Observed<Vec<EvaluationResult>> {
        let asked = Asked { operation: &SIMULATE, about: &question.role };
        let names: Vec<String> = actions.iter().map(|&action| action.clone()).collect();
        let resources = Some(&question.resource).filter(|resource| *resource != "*").map(|resource| vec![resource.clone()]);
        paging::all(asked, async |marker| {
            let call = ask!(
                self,
                asked,
                iam.simulate_principal_policy()
                    .policy_source_arn(&question.role)
                    .set_action_names(Some(names.clone()))
                    .set_resource_arns(resources.clone())
                    .set_context_entries(Some(entries(question)))
                    .set_marker(marker)
            );
            part(call, |answer| {
                let results = answer.evaluation_results.ok_or_else(|| asked.malformed("the answer has no EvaluationResults"))?;
                Page::iam(asked, results, answer.is_truncated, answer.marker)
            })
        })
        .await
    }
}

/// Whether it names several actions: the simulator takes only one at a time.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>
fn is_pattern(action: &str) -> bool {
    action.contains(['*', '?'])
}

fn answer(asked: Asked<'_>, results: &Observed<Vec<EvaluationResult>>, action: &str) -> Observed<Simulated> {
    part(results.as_ref(), |results| {
        let of_action = |result: &&EvaluationResult| result.eval_action_name.eq_ignore_ascii_case(action);
        let result = results.iter().find(of_action).ok_or_else(|| asked.malformed(format!("no answer for {action}")))?;
        simulated(result).ok_or_else(|| asked.malformed(format!("no decision on {action}")))
    })
}

fn simulated(result: &EvaluationResult) -> Option<Simulated> {
    let decision = match &result.eval_decision {
        PolicyEvaluationDecisionType::Allowed => "allowed",
        PolicyEvaluationDecisionType::ExplicitDeny => "explicitDeny",
        PolicyEvaluationDecisionType::ImplicitDeny => "implicitDeny",
        _ => return None,
    };
    let mut by: Vec<String> =
        result.matched_statements().iter().filter_map(|statement| statement.source_policy_id.clone()).collect();
    by.dedup();
    Some(Simulated {
        decision: decision.to_owned(),
        by,
        missing_context: result.missing_context_values().to_vec(),
        boundary_allows: result.permissions_boundary_decision_detail().map(|detail| detail.allowed_by_permissions_boundary),
        organization_allows: result.organizations_decision_detail().map(|detail| detail.allowed_by_organizations),
    })
}

fn entries(question: &Question) -> Vec<ContextEntry> {
    let entry = |(name, values): (&String, &Vec<String>)| {
        let entry = ContextEntry::builder().context_key_name(name).set_context_key_values(Some(values.clone()));
        entry.context_key_type(kind(name, values.len() > 1)).build()
    };
    question.context.iter().map(entry).collect()
}

/// The type of a key's value: the simulator takes no other one than the key's own.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
fn kind(name: &str, several: bool) -> ContextKeyTypeEnum {
    match name.to_ascii_lowercase().as_str() {
        "aws:sourceip" | "aws:vpcsourceip" if several => ContextKeyTypeEnum::IpList,
        "aws:sourceip" | "aws:vpcsourceip" => ContextKeyTypeEnum::Ip,
        "aws:securetransport" | "aws:viaawsservice" | "aws:multifactorauthpresent" | "aws:principalisawsservice" => {
            ContextKeyTypeEnum::Boolean
        }
        "aws:currenttime" | "aws:tokenissuetime" => ContextKeyTypeEnum::Date,
        "aws:epochtime" | "aws:multifactorauthage" => ContextKeyTypeEnum::Numeric,
        _ if several => ContextKeyTypeEnum::StringList,
        _ => ContextKeyTypeEnum::String,
    }
}
