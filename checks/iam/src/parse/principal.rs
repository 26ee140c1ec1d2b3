use std::collections::BTreeMap;

use super::{At, Parser};
use crate::arn::{Arn, is_account_id};
use crate::json::{Node, Position, Value, path_key};
use crate::policy::{Located, PolicyKind, PrincipalEntry, PrincipalForm, PrincipalType, Principals};

impl Parser {
    pub(super) fn principal_element(&mut self, at: At<'_>, found: &BTreeMap<&'static str, &Value>) -> Option<Principals> {
        let element = self.one_of(at, found, "Principal", "NotPrincipal");
        let Some((name, negated)) = element else {
            if self.kind.has_principal() {
                self.wrong(at, "the statement has no Principal");
            }
            return None;
        };
        if !self.kind.has_principal() {
            self.child(at, found, name, |parser, at| {
                parser.wrong(at, format!("a policy of this kind has no {name}: it belongs to its principal"));
                None::<()>
            });
            return None;
        }
        self.child(at, found, name, |parser, at| parser.principals(at, name, negated))
    }

    fn principals(&mut self, at: At<'_>, name: &str, negated: bool) -> Option<Principals> {
        if let Node::String(text) = &at.value.node {
            if text != "*" {
                self.wrong(at, format!("{name} is `{text}`; it must be `*` or an object"));
                return None;
            }
            let entry = PrincipalEntry { kind: None, text: text.clone(), place: at.place() };
            return Some(Principals { negated, entries: vec![entry], form: PrincipalForm::Star, place: at.place() });
        }
        let members = self.object(at, name)?;
        if members.is_empty() {
            self.wrong(at, format!("{name} is empty"));
        }
        self.no_duplicates(at.path, members);
        let mut entries = Vec::new();
        let mut keys = Vec::new();
        for member in members {
            let path = path_key(at.path, &member.key);
            let Some(kind) = PrincipalType::parse(&member.key) else {
                self.error(&path, member.position, format!("`{}` is no type of principal", member.key));
                continue;
            };
            let Some((texts, list)) = self.strings(At { value: &member.value, path: &path }, kind.name()) else {
                continue;
            };
            keys.push((kind, list));
            for text in texts {
                self.check_principal(kind, &text);
                entries.push(PrincipalEntry { kind: Some(kind), text: text.text, place: text.place });
            }
        }
        Some(Principals { negated, entries, form: PrincipalForm::Map(keys), place: at.place() })
    }

    /// Refuses what can't be a principal of its type. `Federated` may be any provider's name: IAM
    /// knows `cognito-identity.amazonaws.com` and others that are no ARNs, so only an ARN that is
    /// broken is refused.
    fn check_principal(&mut self, kind: PrincipalType, text: &Located) {
        let value = text.text.as_str();
        let fault = match kind {
            _ if value.is_empty() => Some("is empty".to_owned()),
            PrincipalType::Aws => aws_fault(value),
            PrincipalType::Federated => {
                value.starts_with("arn:").then(|| Arn::parse(value).err().map(|error| error.to_string())).flatten()
            }
            PrincipalType::Service => {
                let wildcard = value.contains('*') && value != "*";
                (wildcard || value.contains(char::is_whitespace)).then(|| format!("`{value}` is no service principal"))
            }
            PrincipalType::CanonicalUser => {
                (self.kind == PolicyKind::Trust).then(|| "a trust policy knows no canonical users".to_owned())
            }
        };
        if let Some(fault) = fault {
            let position = Position { offset: 0, line: text.place.line, column: text.place.column };
            self.error(&text.place.path, position, format!("malformed principal: {fault}"));
        }
    }
}

/// An account, the ARN of a user, role, session or root, the ID of a deleted user or role, or `*`.
/// Wildcards for a part of a name are refused
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>).
fn aws_fault(value: &str) -> Option<String> {
    if value == "*" || is_account_id(value) || is_unique_id(value) {
        return None;
    }
    let arn = match Arn::parse(value) {
        Ok(arn) => arn,
        Err(error) => return Some(error.to_string()),
    };
    if value.contains(['*', '?']) {
        return Some(format!("`{value}` has a wildcard, which stands for no part of a principal"));
    }
    if !matches!(arn.service, "iam" | "sts") {
        return Some(format!("`{value}` is neither an IAM nor an STS principal"));
    }
    // CloudFront's origin access identities have the account `cloudfront`.
    if !is_account_id(arn.account) && arn.account != "cloudfront" {
        return Some(format!("`{value}` has no account of 12 digits"));
    }
    None
}

/// `AROA...` and `AIDA...`: what remains of a role or user that was deleted
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>).
fn is_unique_id(value: &str) -> bool {
    value.len() >= 16
        && ["AROA", "AIDA", "AGPA", "AIPA", "ANPA", "ASCA", "APKA"].iter().any(|prefix| value.starts_with(prefix))
        && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
