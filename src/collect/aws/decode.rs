//! `sts:DecodeAuthorizationMessage`.

use super::operations::DECODE_MESSAGE;
use super::{Session, ask};
use crate::collect::observe::aws::{Question, part};
use irsa_doctor_checks::snapshot::{DecodedMessage, DecodedStatement, Gap, GapCause, Observed};
use serde_json::Value;

impl Session {
    /// What an encoded authorization message says; of that, names only.
    pub(crate) async fn decode_message(&self, encoded: &str) -> Observed<DecodedMessage> {
        let question = Question { operation: &DECODE_MESSAGE, about: "the encoded message" };
        let answer = ask!(self, question, sts.decode_authorization_message().encoded_message(encoded));
        let decoded = part(answer, |answer| {
            let text = answer.decoded_message.unwrap_or_default();
            let message: Value =
                serde_json::from_str(&text).map_err(|_| question.malformed("the decoded message is not JSON"))?;
            decoded(&message).ok_or_else(|| question.malformed("the decoded message has no explicitDeny"))
        });
        match decoded {
            Observed::Unavailable(gap) => Observed::Unavailable(with_remedy(gap)),
            decoded => decoded,
        }
    }
}

fn with_remedy(gap: Gap) -> Gap {
    match gap.cause {
        GapCause::Denied => gap.remedy("allow sts:DecodeAuthorizationMessage on *, or ask somebody of that account who may"),
        GapCause::NoCredentials | GapCause::InvalidCredentials => gap,
        _ if gap.detail.contains("InvalidAuthorizationMessage") || gap.detail.contains("not valid") => gap.remedy(
            "the message was cut short, altered, or is of another account: paste it whole, and use a profile of its account",
        ),
        _ => gap,
    }
}

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>
fn decoded(message: &Value) -> Option<DecodedMessage> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let items =
        |value: Option<&Value>| value.and_then(|value| value.get("items")).and_then(Value::as_array).cloned().unwrap_or_default();
    let context = message.get("context");
    let of_context = |key: &str| context.and_then(|context| context.get(key));
    Some(DecodedMessage {
        explicit_deny: message.get("explicitDeny").and_then(Value::as_bool)?,
        principal: text(of_context("principal").and_then(|principal| principal.get("arn"))),
        action: text(of_context("action")),
        resource: text(of_context("resource")),
        statements: items(message.get("matchedStatements"))
            .iter()
            .map(|statement| DecodedStatement {
                id: text(statement.get("statementId")).unwrap_or_default(),
                effect: text(statement.get("effect")).unwrap_or_default(),
            })
            .collect(),
        condition_keys: items(of_context("conditions")).iter().filter_map(|condition| text(condition.get("key"))).collect(),
    })
}
