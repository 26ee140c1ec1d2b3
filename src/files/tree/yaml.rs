//! YAML, with its aliases put in and the short tags of `CloudFormation` written out.

use super::Problem;
use granit_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};
use irsa_doctor_iam::json::{Member, Node, Position, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How many values aliases may make of a text: a few lines of them stand for billions.
const MOST: usize = 2_000_000;

/// The documents of a text; empty ones are left out.
///
/// # Errors
///
/// The first place where it isn't YAML, or where it is more than anybody means.
pub(super) fn documents(text: &str, depth: usize) -> Result<Vec<Value>, Problem> {
    let mut builder = Builder { depth, ..Builder::default() };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| problem(&error.info(), error.marker()))?;
        builder.take(event, &span)?;
    }
    Ok(builder.documents)
}

fn problem(message: &str, at: &Marker) -> Problem {
    let position = position(at);
    let message = message.lines().next().unwrap_or_default().trim();
    let message = if message.is_empty() { "it is not YAML" } else { message };
    Problem { message: message.to_owned(), line: position.line, column: position.column }
}

fn position(at: &Marker) -> Position {
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Position { offset: at.index(), line: number(at.line()).max(1), column: number(at.col()).saturating_add(1) }
}

/// A list or an object that isn't at its end.
struct Open {
    anchor: usize,
    tag: Option<String>,
    position: Position,
    kind: Kind,
}

enum Kind {
    List(Vec<Value>),
    /// The members so far, and the key whose value is awaited.
    Object(Vec<Member>, Option<(String, Position)>),
}

#[derive(Default)]
struct Builder {
    depth: usize,
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Value, usize)>,
    documents: Vec<Value>,
    /// How many values there are, those of aliases counted each time.
    count: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), Problem> {
        let at = position(&span.start);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = tagged(Value { node: scalar(&text, style, tag.as_deref()), position: at }, name(tag).as_deref());
                self.put(value, 1, anchor, span)
            }
            Event::SequenceStart(_, anchor, tag) => self.start(Kind::List(Vec::new()), anchor, name(tag), span),
            Event::MappingStart(_, anchor, tag) => self.start(Kind::Object(Vec::new(), None), anchor, name(tag), span),
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some((value, size)) => {
                    let (mut value, size) = (value.clone(), *size);
                    value.position = at;
                    self.put(value, size, 0, span)
                }
                // An anchor is known once its value is at its end.
                None => Err(problem("an alias stands inside of what it stands for", &span.start)),
            },
            Event::DocumentStart(..) => {
                self.anchors.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, kind: Kind, anchor: usize, tag: Option<String>, span: &Span) -> Result<(), Problem> {
        if self.open.len() >= self.depth {
            return Err(problem(&format!("it is nested deeper than {} levels", self.depth), &span.start));
        }
        self.open.push(Open { anchor, tag, position: position(&span.start), kind });
        Ok(())
    }

    fn end(&mut self, span: &Span) -> Result<(), Problem> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let (node, size) = match open.kind {
            Kind::List(items) => {
                let size = items.iter().map(size).sum::<usize>();
                (Node::Array(items), size)
            }
            Kind::Object(members, _) => {
                let members = merged(members);
                let size = members.iter().map(|member| size(&member.value)).sum::<usize>();
                (Node::Object(members), size)
            }
        };
        let value = tagged(Value { node, position: open.position }, open.tag.as_deref());
        // Its items have been counted.
        self.count = self.count.saturating_sub(size);
        self.put(value, size + 1, open.anchor, span)
    }

    /// Puts a value where it belongs: into what is open, or among the documents.
    fn put(&mut self, value: Value, size: usize, anchor: usize, span: &Span) -> Result<(), Problem> {
        self.count = self.count.saturating_add(size);
        if self.count > MOST {
            return Err(problem(&format!("it has more than {MOST} values, aliases put in"), &span.start));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, (value.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            if value.node != Node::Null {
                self.documents.push(value);
            }
            self.count = 0;
            return Ok(());
        };
        match &mut open.kind {
            Kind::List(items) => items.push(value),
            Kind::Object(members, awaited) => match awaited.take() {
                Some((key, position)) => {
                    if members.iter().any(|member| member.key == key && key != MERGE) {
                        let message = format!("the key {key} stands twice in one object");
                        return Err(Problem { message, line: position.line, column: position.column });
                    }
                    members.push(Member { key, position, value });
                }
                None => *awaited = Some((key(&value), value.position)),
            },
        }
        Ok(())
    }
}

/// A key as text: that of an object in JSON is nothing else.
fn key(value: &Value) -> String {
    match &value.node {
        Node::String(text) | Node::Number(text) => text.clone(),
        Node::Bool(true) => "true".to_owned(),
        Node::Bool(false) => "false".to_owned(),
        Node::Null | Node::Array(_) | Node::Object(_) => String::new(),
    }
}

fn size(value: &Value) -> usize {
    1 + match &value.node {
        Node::Array(items) => items.iter().map(size).sum(),
        Node::Object(members) => members.iter().map(|member| size(&member.value)).sum(),
        _ => 0,
    }
}

/// The key under which another object is put in. <https://yaml.org/type/merge.html>
const MERGE: &str = "<<";

/// The members, with those of merged objects that don't stand there themselves.
fn merged(members: Vec<Member>) -> Vec<Member> {
    if !members.iter().any(|member| member.key == MERGE) {
        return members;
    }
    let (merges, mut own): (Vec<Member>, Vec<Member>) = members.into_iter().partition(|member| member.key == MERGE);
    for merge in merges {
        let objects = match merge.value.node {
            Node::Array(items) => items,
            node => vec![Value { node, position: merge.value.position }],
        };
        for object in objects {
            let Node::Object(more) = object.node else { continue };
            for member in more {
                if !own.iter().any(|known| known.key == member.key) {
                    own.push(member);
                }
            }
        }
    }
    own
}

/// What a scalar is: in quotes always text.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Node {
    let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str") || tag.is_custom());
    if style != ScalarStyle::Plain || is_text {
        return Node::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Node::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Node::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Node::Bool(false),
        _ if text.parse::<serde_json::Number>().is_ok() => Node::Number(text.to_owned()),
        _ => integer(text).map_or_else(|| Node::String(text.to_owned()), |number| Node::Number(number.to_string())),
    }
}

/// An integer as YAML 1.1 writes it, which kubectl and `CloudFormation` read: `0444`, `0x1b`, `1_000`. What is as long as an
/// account's id is none.
/// <https://yaml.org/type/int.html>
fn integer(text: &str) -> Option<i64> {
    let plain = text.replace('_', "");
    let based = [("0x", 16), ("0o", 8), ("0b", 2), ("0", 8)]
        .into_iter()
        .find_map(|(prefix, base)| Some((plain.strip_prefix(prefix)?, base)));
    let (digits, base) = based.unwrap_or((plain.as_str(), 10));
    let is_number = text.len() < 12
        && text.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_number { i64::from_str_radix(digits, base).ok() } else { None }
}

/// The name of a tag that is none of YAML's own: `Sub` of `!Sub`.
fn name(tag: Option<Cow<'_, Tag>>) -> Option<String> {
    let tag = tag?;
    if tag.is_yaml_core_schema() { None } else { Some(tag.parts().1.to_owned()) }
}

/// A value with a short tag of `CloudFormation`, written out.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html>
fn tagged(value: Value, tag: Option<&str>) -> Value {
    let Some(tag) = tag else { return value };
    let position = value.position;
    let long = if matches!(tag, "Ref" | "Condition") { tag.to_owned() } else { format!("Fn::{tag}") };
    // `!GetAtt Role.Arn` is short for a list.
    let value = match (&value.node, tag) {
        (Node::String(text), "GetAtt") => {
            let parts = text.splitn(2, '.').map(|part| Value { node: Node::String(part.to_owned()), position });
            Value { node: Node::Array(parts.collect()), position }
        }
        _ => value,
    };
    Value { node: Node::Object(vec![Member { key: long, position, value }]), position }
}
