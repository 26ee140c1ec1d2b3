//! The fix of a trust policy: the whole new document, which differs from the old one only where that is wrong.
//!
//! `update-assume-role-policy` takes whole documents and replaces the old one at once.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html>

use super::difference::{Difference, Mend};
use super::statement::ACTION;
use crate::evidence::Evidence;
use crate::fix::commands::aws;
use crate::fix::edit::{self, Edit, string};
use crate::fix::{Effect, Fix};
use crate::trust::{DOCUMENT, Token};
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
    let edited = edited(token, text, differences);
    match edited.or_else(|| Some((with_statement(token, text, policy)?, true))) {
        Some((document, true)) => {
            written(evidence, token, fix, &document, "it adds a statement for this service account; all others stay as they are")
        }
        Some((document, false)) => written(
            evidence,
            token,
            fix,
            &document,
            "it changes only what this service account needs; whatever else the document says stays as it is",
        ),
        None => {
            fix.decision(format!("whoever owns role {role} must write its trust policy: no change of a single place mends it"))
        }
    }
}

/// The fix of a text that is no policy: a new one, for this service account alone.
pub(super) fn fix_malformed(evidence: &Evidence<'_>, token: &Token) -> Fix {
    let role = token.role_name();
    let fix = Fix::new(format!("{}#{DOCUMENT}", token.role_arn), format!("Give role {role} a valid trust policy"));
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, statement(token, ": "));
    let whom = "the new document trusts this service account only: add what else the broken one was meant to allow";
    written(evidence, token, fix, &document, whom)
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
    let Ok(policy) = Policy::parse(document, PolicyKind::Trust) else { return false };
    let verdict = token.decide(&policy).outcome.verdict();
    // What hangs on the network alone can't be seen before or after.
    matches!(verdict, Verdict::Allowed | Verdict::Unknown)
}

fn written(evidence: &Evidence<'_>, token: &Token, fix: Fix, document: &str, whom: &str) -> Fix {
    let role = token.role_name();
    let backup = format!("trust-{role}-backup.json");
    let get = aws(
        evidence,
        token.account(),
        &["iam", "get-role", "--role-name", role, "--query", "Role.AssumeRolePolicyDocument", "--output", "json"],
    );
    let profile = aws(evidence, token.account(), &[]).split_off(1).join(" ");
    let undo = format!("aws iam update-assume-role-policy --role-name {role} --policy-document file://{backup} {profile}");
    let args = ["iam", "update-assume-role-policy", "--role-name", role, "--policy-document", document];
    let mut fix = fix
        .command(Effect::WritesIam, aws(evidence, token.account(), &args))
        .note(format!("back it up first: {} > {backup}", get.join(" ")))
        .note(format!("undo: {}", undo.trim_end()))
        .note(whom);
    if !evidence.snapshot.collected_at.is_empty() {
        fix = fix.note(format!(
            "the document was read at {}: if it has changed since, run irsa-doctor again",
            evidence.snapshot.collected_at
        ));
    }
    let size = document.chars().filter(|c| !c.is_whitespace()).count();
    if size > 2048 {
        fix = fix.note(format!(
            "the new document has {size} characters without white space; the default quota is 2,048 (it can be raised to 4,096)"
        ));
    }
    fix
}
