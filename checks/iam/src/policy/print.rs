use super::{Condition, Entries, Policy, PrincipalForm, Principals, Statement};
use crate::json::write_string;

/// Writes one JSON object or list, putting the commas.
struct Writer {
    out: String,
    fresh: bool,
}

impl Writer {
    fn open(&mut self, bracket: char) {
        self.out.push(bracket);
        self.fresh = true;
    }

    fn close(&mut self, bracket: char) {
        self.out.push(bracket);
        self.fresh = false;
    }

    fn next(&mut self) {
        if !self.fresh {
            self.out.push(',');
        }
        self.fresh = false;
    }

    fn key(&mut self, key: &str) {
        self.next();
        write_string(&mut self.out, key);
        self.out.push(':');
    }

    fn text(&mut self, text: &str) {
        write_string(&mut self.out, text);
    }

    fn field(&mut self, key: &str, text: &str) {
        self.key(key);
        self.text(text);
    }

    /// A list, or its only item by itself.
    fn items<T>(&mut self, list: bool, items: impl IntoIterator<Item = T>, mut each: impl FnMut(&mut Self, T)) {
        if list {
            self.open('[');
        }
        for item in items {
            if list {
                self.next();
            }
            each(self, item);
        }
        if list {
            self.close(']');
        }
    }
}

pub(super) fn policy(policy: &Policy) -> String {
    let mut writer = Writer { out: String::new(), fresh: true };
    writer.open('{');
    if policy.version_place.is_some() {
        writer.field("Version", policy.version.as_str());
    }
    if let Some(id) = &policy.id {
        writer.field("Id", &id.text);
    }
    writer.key("Statement");
    writer.items(policy.statement_list, &policy.statements, statement);
    writer.close('}');
    writer.out
}

fn statement(writer: &mut Writer, statement: &Statement) {
    writer.open('{');
    if let Some(sid) = &statement.sid {
        writer.field("Sid", &sid.text);
    }
    writer.field("Effect", &statement.effect.to_string());
    if let Some(element) = &statement.principal {
        principals(writer, element);
    }
    entries(writer, if statement.action.negated { "NotAction" } else { "Action" }, &statement.action);
    if let Some(element) = &statement.resource {
        entries(writer, if element.negated { "NotResource" } else { "Resource" }, element);
    }
    if statement.condition_place.is_some() {
        writer.key("Condition");
        conditions(writer, &statement.conditions);
    }
    writer.close('}');
}

fn principals(writer: &mut Writer, element: &Principals) {
    writer.key(if element.negated { "NotPrincipal" } else { "Principal" });
    let PrincipalForm::Map(keys) = &element.form else {
        writer.text("*");
        return;
    };
    writer.open('{');
    for (kind, list) in keys {
        writer.key(kind.name());
        let mine = element.entries.iter().filter(|entry| entry.kind == Some(*kind));
        writer.items(*list, mine, |writer, entry| writer.text(&entry.text));
    }
    writer.close('}');
}

fn entries(writer: &mut Writer, key: &str, element: &Entries) {
    writer.key(key);
    writer.items(element.list, &element.entries, |writer, entry| {
        writer.text(&entry.text);
    });
}

fn conditions(writer: &mut Writer, conditions: &[Condition]) {
    writer.open('{');
    let mut rest = conditions;
    while let Some(first) = rest.first() {
        let same = rest.iter().take_while(|c| c.operator_text == first.operator_text).count();
        let (block, after) = rest.split_at(same);
        writer.key(&first.operator_text);
        writer.open('{');
        for condition in block {
            writer.key(&condition.key);
            writer.items(condition.list, &condition.values, |writer, value| {
                if value.quoted {
                    writer.text(&value.text);
                } else {
                    writer.out.push_str(&value.text);
                }
            });
        }
        writer.close('}');
        rest = after;
    }
    writer.close('}');
}

#[cfg(test)]
mod tests {
    use crate::policy::{Policy, PolicyKind};

    #[test]
    fn principals_are_printed_as_they_were_written() {
        for element in [
            r#""Principal":"*""#,
            r#""Principal":{"AWS":["111122223333","444455556666"],"Service":"ec2.amazonaws.com"}"#,
            r#""NotPrincipal":{"AWS":["111122223333"]}"#,
        ] {
            let text = format!(r#"{{"Statement":[{{"Effect":"Deny",{element},"Action":"sts:AssumeRole"}}]}}"#);
            assert_eq!(Policy::parse(&text, PolicyKind::Trust).unwrap().to_json(), text);
        }
    }
}
