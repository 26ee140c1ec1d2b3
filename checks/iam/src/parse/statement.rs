use std::collections::BTreeMap;

use super::{At, Parser};
use crate::json::{Value, path_key};
use crate::pattern::Pattern;
use crate::policy::{Effect, Entries, Entry, Located, PolicyKind, Statement};

const ELEMENTS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

type Found<'a> = BTreeMap<&'static str, &'a Value>;

impl Parser {
    pub(super) fn statement(&mut self, at: At<'_>, index: usize) -> Option<Statement> {
        let members = self.object(at, "a statement")?;
        let found = self.members(at, members, &ELEMENTS, "a statement");
        let sid = self.child(at, &found, "Sid", |parser, at| parser.located(at, "Sid"));
        if let Some(sid) = &sid {
            self.check_sid(sid, &found);
        }
        let effect = self.effect(at, &found);
        let principal = self.principal_element(at, &found);
        let action = self.action(at, &found);
        let resource = self.resource(at, &found);
        let condition_place = self.child(at, &found, "Condition", |_, at| Some(at.place()));
        let conditions = self.child(at, &found, "Condition", Self::conditions).unwrap_or_default();
        let (effect, effect_place) = effect?;
        Some(Statement {
            index,
            sid,
            effect,
            effect_place,
            principal,
            action: action?,
            resource,
            conditions,
            condition_place,
            place: at.place(),
        })
    }

    /// Reads the element `name`, if the statement has it.
    pub(super) fn child<T>(
        &mut self,
        at: At<'_>,
        found: &Found<'_>,
        name: &str,
        read: impl FnOnce(&mut Self, At<'_>) -> Option<T>,
    ) -> Option<T> {
        let value = found.get(name)?;
        let path = path_key(at.path, name);
        read(self, At { value, path: &path })
    }

    /// IAM takes letters and digits only; services with policies of their own take more
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html>).
    fn check_sid(&mut self, sid: &Located, found: &Found<'_>) {
        let plain = sid.text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if let (false, false, Some(value)) = (plain, self.kind == PolicyKind::Resource, found.get("Sid")) {
            let message = format!("the Sid `{}` holds other characters than letters and digits", sid.text);
            self.error(&sid.place.path, value.position, message);
        }
    }

    fn effect(&mut self, at: At<'_>, found: &Found<'_>) -> Option<(Effect, crate::policy::Place)> {
        if !found.contains_key("Effect") {
            self.wrong(at, "the statement has no Effect");
            return None;
        }
        self.child(at, found, "Effect", |parser, at| {
            let text = parser.located(at, "Effect")?;
            match text.text.as_str() {
                "Allow" => Some((Effect::Allow, text.place)),
                "Deny" => Some((Effect::Deny, text.place)),
                other => {
                    parser.wrong(at, format!("Effect is `{other}`; there are Allow and Deny"));
                    None
                }
            }
        })
    }

    /// Which of an element and its `Not` form the statement has; both is an error.
    pub(super) fn one_of(
        &mut self,
        at: At<'_>,
        found: &Found<'_>,
        plain: &'static str,
        negated: &'static str,
    ) -> Option<(&'static str, bool)> {
        match (found.contains_key(plain), found.contains_key(negated)) {
            (true, true) => {
                self.wrong(at, format!("the statement has both {plain} and {negated}"));
                Some((plain, false))
            }
            (true, false) => Some((plain, false)),
            (false, true) => Some((negated, true)),
            (false, false) => None,
        }
    }

    fn action(&mut self, at: At<'_>, found: &Found<'_>) -> Option<Entries> {
        let Some((name, negated)) = self.one_of(at, found, "Action", "NotAction") else {
            self.wrong(at, "the statement has no Action");
            return None;
        };
        self.child(at, found, name, |parser, at| {
            let (texts, list) = parser.strings(at, name)?;
            for text in &texts {
                parser.check_action(at, text);
            }
            // Actions are case-insensitive.
            let entries = texts.into_iter().map(|Located { text, place }| {
                let pattern = Pattern::glob(&text.to_ascii_lowercase());
                Entry { text, place, pattern }
            });
            Some(Entries { negated, entries: entries.collect(), list, place: at.place() })
        })
    }

    /// `*`, or a service prefix, a colon and a name.
    fn check_action(&mut self, at: At<'_>, text: &Located) {
        let fine = match text.text.split_once(':') {
            None => text.text == "*",
            Some((service, name)) => !service.is_empty() && !name.is_empty(),
        };
        if !fine {
            let position = crate::json::Position { line: text.place.line, column: text.place.column, ..at.value.position };
            let message = format!("`{}` is no action; an action has the form `service:Name`", text.text);
            self.error(&text.place.path, position, message);
        }
    }

    fn resource(&mut self, at: At<'_>, found: &Found<'_>) -> Option<Entries> {
        let element = self.one_of(at, found, "Resource", "NotResource");
        let Some((name, negated)) = element else {
            if !matches!(self.kind, PolicyKind::Trust | PolicyKind::Resource) {
                self.wrong(at, "the statement has no Resource");
            }
            return None;
        };
        if self.kind == PolicyKind::Trust {
            self.child(at, found, name, |parser, at| {
                parser.wrong(at, format!("a trust policy has no {name}: the resource is the role"));
                None::<()>
            });
            return None;
        }
        self.child(at, found, name, |parser, at| {
            let (texts, list) = parser.strings(at, name)?;
            for text in &texts {
                parser.check_resource(at, text);
            }
            let (variables, kind) = (parser.variables, parser.kind);
            let entries = texts.into_iter().map(|Located { text, place }| {
                let pattern = Pattern::resource(&completed(&text, kind).unwrap_or_else(|| text.clone()), variables);
                Entry { text, place, pattern }
            });
            Some(Entries { negated, entries: entries.collect(), list, place: at.place() })
        })
    }

    /// "Resource must be in ARN format or `*`."
    fn check_resource(&mut self, at: At<'_>, text: &Located) {
        let position = crate::json::Position { line: text.place.line, column: text.place.column, ..at.value.position };
        let value = text.text.as_str();
        let is_star = !value.is_empty() && value.bytes().all(|byte| byte == b'*');
        // A star reaches over the colons that are missing: `arn:aws:s3*`, `arn:*`.
        let is_arn = value.starts_with("arn:") && (value.contains('*') || value.split(':').count() >= 6);
        if is_star || is_arn || completed(value, self.kind).is_some() {
            return;
        }
        let message = format!("`{}` is no ARN and not `*`", text.text);
        self.error(&text.place.path, position, message);
    }
}

/// An ARN that lacks fields at its end, with `*` for each of them: IAM completes it so in identity-based policies.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>
fn completed(text: &str, kind: PolicyKind) -> Option<String> {
    let fields = text.split(':').count();
    let is_short = text.strip_prefix("arn:").is_some_and(|rest| !rest.is_empty() && !rest.starts_with(':')) && fields < 6;
    let completes = matches!(kind, PolicyKind::Identity | PolicyKind::Boundary) && !text.contains(['*', '?']);
    (is_short && completes).then(|| format!("{text}{}", ":*".repeat(6 - fields)))
}
