//! A JSON document on several lines, or on one, with its members in their order.

use crate::fix::edit::{LIMITS, string};
use irsa_doctor_iam::json::{self, Node, Value};

/// On several lines, two blanks a level. `None` if the text isn't JSON.
pub(super) fn pretty(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() * 2);
    write_pretty(&json::read(text, LIMITS).ok()?, 0, &mut out);
    Some(out)
}

fn write_pretty(value: &Value, depth: usize, out: &mut String) {
    let indent = |depth: usize| format!("\n{:width$}", "", width = depth * 2);
    match &value.node {
        Node::Array(items) if !items.is_empty() => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                out.push_str(&indent(depth + 1));
                write_pretty(item, depth + 1, out);
            }
            out.push_str(&indent(depth));
            out.push(']');
        }
        Node::Object(members) if !members.is_empty() => {
            out.push('{');
            for (index, member) in members.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                out.push_str(&indent(depth + 1));
                out.push_str(&string(&member.key));
                out.push_str(": ");
                write_pretty(&member.value, depth + 1, out);
            }
            out.push_str(&indent(depth));
            out.push('}');
        }
        node => out.push_str(&scalar(node)),
    }
}

/// Without any white space outside its strings and inside of them. `None` where another writer may print it otherwise.
pub(super) fn compact(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    write_compact(&json::read(text, LIMITS).ok()?, &mut out)?;
    out.retain(|c| !c.is_ascii_whitespace() && c != '\u{b}');
    Some(out)
}

fn write_compact(value: &Value, out: &mut String) -> Option<()> {
    match &value.node {
        Node::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                write_compact(item, out)?;
            }
            out.push(']');
        }
        Node::Object(members) => {
            out.push('{');
            for (index, member) in members.iter().enumerate() {
                if members.iter().take(index).any(|before| before.key == member.key) {
                    return None;
                }
                out.push_str(if index > 0 { "," } else { "" });
                out.push_str(&string(&member.key));
                out.push(':');
                write_compact(&member.value, out)?;
            }
            out.push('}');
        }
        Node::Number(number) if !number.bytes().all(|byte| byte.is_ascii_digit()) => return None,
        node => out.push_str(&scalar(node)),
    }
    Some(())
}

fn scalar(node: &Node) -> String {
    match node {
        Node::Null => "null".to_owned(),
        Node::Bool(value) => value.to_string(),
        Node::Number(number) => number.clone(),
        Node::String(text) => string(text),
        Node::Array(_) => "[]".to_owned(),
        Node::Object(_) => "{}".to_owned(),
    }
}
