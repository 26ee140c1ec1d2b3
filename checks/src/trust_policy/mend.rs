//! The fix of a trust policy: the whole new document, which differs from the old one only where that is wrong.

use super::difference::{Difference, Mend};
use super::statement::ACTION;
use crate::evidence::Evidence;
use crate::fix::Fix;
use crate::fix::document;
use crate::fix::edit::{self, Edit, string};
use crate::trust::{DOCUMENT, NOBODY, Token};
use irsa_doctor_iam::{Policy, PolicyKind, Verdict};

/// The fix of all differences of one trust policy.
pub(super) fn fix(evidence: &Evidence<'_>, token: &Token, text: &str, policy: &Policy, differences: &[Difference]) -> Fix {
    let decisions: Vec<&str> = differences
        .iter()
        .filter_map(|difference| match &difference.mend {
            Mend::Decision(who) => Some(who.as_str()),
            Mend::Edits(_) | Mend::NewStatement => None,
        })
        .collect();
    let role = token.role_name();
    let fix = Fix::new(format!("{}#{DOCUMENT}", token.role_arn), format!("Let {} assume role {role}", token.subject));
    if !decisions.is_empty() {
        return fix.decision(decisions.join("; "));
    }
    if !token.issuer_known {
        return fix
            .decision("the new trust policy needs the cluster's issuer, which could not be read: give it with --issuer URL");
    }
    let edited = edited(token, text, differences).filter(|(document, _)| !opens(token, policy, document));
    match edited.or_else(|| Some((with_statement(token, text, policy)?, true))) {
        Some((document, true)) => document::trust(evidence, fix, &token.role_arn, text, &document)
            .note("it adds a statement for this service account; all others stay as they are"),
        Some((document, false)) => document::trust(evidence, fix, &token.role_arn, text, &document)
            .note("it changes only what this service account needs; whatever else the document says stays as it is"),
        None => {
            fix.decision(format!("whoever owns role {role} must write its trust policy: no change of a single place mends it"))
        }
    }
}

/// The fix of a text that is no policy: a new one, for this service account alone.
pub(super) fn fix_malformed(evidence: &Evidence<'_>, token: &Token, text: &str) -> Fix {
    let role = token.role_name();
    let fix = Fix::new(format!("{}#{DOCUMENT}", token.role_arn), format!("Give role {role} a valid trust policy"));
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, statement(token, ": "));
    document::trust(evidence, fix, &token.role_arn, text, &document)
        .note("the new document trusts this service account only: add what else the broken one was meant to allow")
}

/// The document with all edits made, if it then lets the token in.
fn edited(token: &Token, text: &str, differences: &[Difference]) -> Option<(String, bool)> {
    let mut edits: Vec<Edit> = Vec::new();
    for difference in differences {
        match &difference.mend {
            Mend::Edits(of_difference) => edits.extend(of_difference.iter().cloned()),
            Mend::NewStatement | Mend::Decision(_) => return None,
        }
    }
    // A value's place goes by its key, so keys change after values, and go last.
    edits.sort_by_key(|edit| match edit {
        Edit::Replace { .. } | Edit::Insert { .. } => 0,
        Edit::Rename { .. } => 1,
        Edit::Remove { .. } => 2,
    });
    edits.dedup();
    let document = edit::apply(text, &edits)?;
    lets_in(token, &document).then_some((document, false))
}

/// The document with a statement for this token beside the others.
fn with_statement(token: &Token, text: &str, policy: &Policy) -> Option<String> {
    let path = policy.statement_place.path.clone();
    let new = statement(token, edit::colon(text));
    let edit = if policy.statement_list {
        Edit::Insert { path, key: None, json: new }
    } else {
        let old = edit::value_text(text, &path)?.to_owned();
        Edit::Replace { path, json: format!("[{old}, {new}]") }
    };
    let document = edit::apply(text, &[edit])?;
    lets_in(token, &document).then_some(document)
}

fn statement(token: &Token, colon: &str) -> String {
    let comma = if colon == ":" { "," } else { ", " };
    let member = |key: &str, value: &str| format!("{}{colon}{value}", string(key));
    let object = |members: &[String]| format!("{{{}}}", members.join(comma));
    let claims =
        object(&[member(&token.key("aud"), &string(&token.audience)), member(&token.key("sub"), &string(&token.subject))]);
    object(&[
        member("Effect", &string("Allow")),
        member("Principal", &object(&[member("Federated", &string(&token.provider_arn))])),
        member("Action", &string(ACTION)),
        member("Condition", &object(&[member("StringEquals", &claims)])),
    ])
}

fn lets_in(token: &Token, document: &str) -> bool {
    Policy::parse(document, PolicyKind::Trust).is_ok_and(|policy| admits(token, &policy))
}

fn admits(token: &Token, policy: &Policy) -> bool {
    let verdict = token.decide(policy).outcome.verdict();
    // What hangs on the network alone can't be seen before or after.
    matches!(verdict, Verdict::Allowed | Verdict::Unknown)
}

/// Whether a document lets tokens in that the old one refuses and that nobody named: a statement that let nobody in
/// may lack the condition on `sub` or `aud` too, and would let every pod of the cluster in once it is mended.
fn opens(token: &Token, old: &Policy, document: &str) -> bool {
    let Ok(new) = Policy::parse(document, PolicyKind::Trust) else { return true };
    strangers(token).iter().any(|other| admits(other, &new) && !admits(other, old))
}

/// Tokens of another namespace, of another service account of this one, and of another audience.
fn strangers(token: &Token) -> [Token; 3] {
    let own = token.subject.rsplit_once(':').map_or(token.subject.as_str(), |(namespace, _)| namespace);
    let subject = |subject: String| Token { subject, ..token.clone() };
    [
        subject(format!("system:serviceaccount:{NOBODY}:{NOBODY}")),
        subject(format!("{own}:{NOBODY}")),
        Token { audience: NOBODY.to_owned(), ..token.clone() },
    ]
}
