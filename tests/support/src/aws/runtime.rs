//! CloudTrail's event history and IAM's policy simulator: both say what a test told them to say.

use serde_json::{Value, json};

use super::Settings;
use super::call::Call;
use super::error::{Failure, REQUEST_ID};
use super::xml::answer as xml;
use crate::encoding::hash;
use crate::http::Response;

/// An event of an account and a region.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) account: String,
    pub(crate) region: String,
    /// What CloudTrail has of it, as text in the answer.
    pub(crate) body: Value,
}

/// `LookupEvents`, newest first. The times that were asked for are not looked at.
pub(crate) fn lookup_events(call: &Call, settings: &Settings) -> Response {
    let wanted = call.fields["LookupAttributes"][0]["AttributeValue"].as_str().unwrap_or_default();
    let here = |event: &&Event| event.account == call.caller.account && event.region == call.region;
    let mut events: Vec<&Value> = settings.events.iter().filter(here).map(|event| &event.body).collect();
    events.retain(|event| event["eventName"] == wanted);
    events.sort_by(|one, other| other["eventTime"].as_str().cmp(&one["eventTime"].as_str()));
    let size = settings.page_size.unwrap_or(50).min(50);
    let start: usize = call.fields["NextToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
    let page: Vec<Value> = events.iter().skip(start).take(size).map(|event| entry(event)).collect();
    let next = (events.len() > start + size).then(|| (start + size).to_string());
    Response::json(200, &json!({"Events": page, "NextToken": next})).with_header("x-amzn-RequestId", REQUEST_ID)
}

fn entry(event: &Value) -> Value {
    let text = event.to_string();
    json!({
        "EventId": event["eventID"].as_str().map_or_else(|| format!("{:x}", hash(&text)), str::to_owned),
        "EventName": event["eventName"],
        "EventTime": 1_705_312_800.0,
        "EventSource": event["eventSource"],
        "AccessKeyId": event["responseElements"]["credentials"]["accessKeyId"],
        "CloudTrailEvent": text,
    })
}

/// `SimulatePrincipalPolicy`; an action without an answer is a 500, as in moto.
pub(crate) fn simulate(call: &Call, settings: &Settings) -> Result<Response, Failure> {
    let actions = call.members("ActionNames");
    let mut answers = Vec::new();
    for action in actions {
        let answer = settings.simulations.get(action).ok_or_else(|| Failure::usual(500, None, None))?;
        answers.push((action, answer));
    }
    let resource = call.members("ResourceArns").first().map_or("*", |resource| *resource).to_owned();
    Ok(xml(call, |xml| {
        xml.list("EvaluationResults", answers, |xml, (action, answer)| {
            xml.text("EvalActionName", action)
                .text("EvalResourceName", &resource)
                .text("EvalDecision", answer["decision"].as_str().unwrap_or("implicitDeny"));
            xml.list("MatchedStatements", texts(&answer["by"]), |xml, by| {
                xml.text("SourcePolicyId", by).text("SourcePolicyType", "IAM Policy");
            });
            xml.texts("MissingContextValues", texts(&answer["missing"]));
            if let Some(allowed) = answer["organization"].as_bool() {
                xml.nest("OrganizationsDecisionDetail", |xml| {
                    xml.text("AllowedByOrganizations", &allowed.to_string());
                });
            }
            if let Some(allowed) = answer["boundary"].as_bool() {
                xml.nest("PermissionsBoundaryDecisionDetail", |xml| {
                    xml.text("AllowedByPermissionsBoundary", &allowed.to_string());
                });
            }
        });
        xml.more(None);
    }))
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
