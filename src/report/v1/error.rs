//! The reading of the pasted error in the JSON report.

use irsa_doctor_checks as core;
use schemars::JsonSchema;
use serde::Serialize;

/// What the pasted error says, and what the chain says to that. What isn't in the text is null.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ErrorReading {
    /// Whether it is an error of AWS at all.
    pub(crate) is_aws_error: bool,
    /// In a sentence.
    pub(crate) summary: String,
    /// What kind of thing happened: `refused`, `web-identity-refused`, `no-provider`, `no-credentials`, ...
    pub(crate) sign: Option<String>,
    /// The error's code.
    pub(crate) code: Option<String>,
    /// The HTTP status.
    pub(crate) status: Option<u16>,
    /// The service, as the text names it.
    pub(crate) service: Option<String>,
    /// The operation: of several the innermost.
    pub(crate) operation: Option<String>,
    /// The request's id.
    pub(crate) request_id: Option<String>,
    /// Whom AWS saw.
    pub(crate) whom: Option<Whom>,
    /// The action that was refused.
    pub(crate) action: Option<String>,
    /// What it was refused on.
    pub(crate) resource: Option<String>,
    /// The layer that the text names: `identity`, `boundary`, `session`, `trust`, `scp`, `rcp`, `resource-policy`, `vpc-endpoint-policy`.
    pub(crate) layer: Option<String>,
    /// `explicit-deny` or `implicit-deny`.
    pub(crate) reason: Option<String>,
    /// The policy that the text names.
    pub(crate) policy: Option<String>,
    /// The statements that the decoded authorization message names: `DENY Sid`.
    pub(crate) statements: Vec<String>,
    /// What may be behind it: what the chain found first, what it excludes last.
    pub(crate) candidates: Vec<Candidate>,
    /// `agrees`, `contradicts`, or `open` where nothing that was read explains it.
    pub(crate) agreement: String,
    /// What the text and the chain say against each other.
    pub(crate) contradictions: Vec<String>,
    /// What to run, or to do, next.
    pub(crate) next: Vec<String>,
}

/// Whom AWS saw.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Whom {
    /// `node_role`, `web_identity`, `pod_identity`, `named_session`, `person`, `user`, `federated_user`, `role`, `root`, `anonymous`.
    pub(crate) kind: String,
    /// The ARN.
    pub(crate) arn: Option<String>,
    /// The account.
    pub(crate) account: Option<String>,
    /// The role's name, without its path.
    pub(crate) role: Option<String>,
    /// The session's name.
    pub(crate) session: Option<String>,
}

/// Something that may be behind the error.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Candidate {
    /// A fault, a check, or a word for what no check can see.
    pub(crate) id: String,
    /// The check that looks for it.
    pub(crate) check: Option<String>,
    /// `confirmed`, `excluded` or `not_checked`.
    pub(crate) state: String,
    /// Why.
    pub(crate) why: String,
}

/// A reading in version 1.
pub(super) fn reading(reading: &core::error_message::ErrorReading) -> ErrorReading {
    let owned = |word: Option<&'static str>| word.map(str::to_owned);
    ErrorReading {
        is_aws_error: reading.is_aws,
        summary: reading.summary.clone(),
        sign: owned(reading.sign),
        code: reading.code.clone(),
        status: reading.status,
        service: reading.service.clone(),
        operation: reading.operation.clone(),
        request_id: reading.request_id.clone(),
        whom: reading.whom.as_ref().map(whom),
        action: reading.action.clone(),
        resource: reading.resource.clone(),
        layer: owned(reading.layer),
        reason: owned(reading.reason),
        policy: reading.policy.clone(),
        statements: reading.statements.clone(),
        candidates: reading.candidates.iter().map(candidate).collect(),
        agreement: reading.agreement.to_owned(),
        contradictions: reading.contradictions.clone(),
        next: reading.next.clone(),
    }
}

fn whom(whom: &core::symptom::Whom) -> Whom {
    Whom {
        kind: whom.kind.as_str().to_owned(),
        arn: whom.arn.clone(),
        account: whom.account.clone(),
        role: whom.role.clone(),
        session: whom.session.clone(),
    }
}

fn candidate(candidate: &core::error_message::Candidate) -> Candidate {
    Candidate {
        id: candidate.id.to_owned(),
        check: candidate.check.map(str::to_owned),
        state: candidate.state.as_str().to_owned(),
        why: candidate.why.clone(),
    }
}
