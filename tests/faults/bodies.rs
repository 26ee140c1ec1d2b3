//! Right answers with fields of a type that they don't have, and bodies that are no JSON and no XML.

use serde_json::{Value, json};

/// Changes each value of a JSON document, the innermost first; what is no JSON is taken for XML.
fn changed(body: &[u8], json: fn(&mut Value), xml: fn(&str) -> String) -> Vec<u8> {
    match serde_json::from_slice::<Value>(body) {
        Ok(mut document) => {
            each(&mut document, json);
            document.to_string().into_bytes()
        }
        Err(_) => leaves(&String::from_utf8_lossy(body), xml).into_bytes(),
    }
}

fn each(value: &mut Value, change: fn(&mut Value)) {
    match value {
        Value::Object(members) => members.values_mut().for_each(|member| each(member, change)),
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, change)),
        _ => {}
    }
    change(value);
}

/// Changes the text of each element that has no other.
fn leaves(xml: &str, change: fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = xml;
    while let Some((before, tag)) = rest.split_once('>') {
        out.push_str(before);
        out.push('>');
        let text = tag.find('<').unwrap_or(tag.len());
        let is_leaf = tag[text..].starts_with("</") && !before.rsplit('<').next().unwrap_or_default().starts_with('/');
        let own = &tag[..text];
        out.push_str(&if is_leaf { change(own) } else { own.to_owned() });
        rest = &tag[text..];
    }
    out + rest
}

/// A number where a string belongs; an element where a text belongs.
pub(super) fn numbers_for_strings(body: &[u8]) -> Vec<u8> {
    let json = |value: &mut Value| {
        if value.is_string() {
            *value = json!(7);
        }
    };
    changed(body, json, |text| format!("<Text>{text}</Text>"))
}

/// A string where a list belongs; nothing in an element where a text belongs.
pub(super) fn strings_for_lists(body: &[u8]) -> Vec<u8> {
    let json = |value: &mut Value| {
        if value.is_array() {
            *value = json!("list");
        }
    };
    changed(body, json, |_| String::new())
}

/// A list where an object belongs; a word where a number, a truth or a time belongs.
pub(super) fn lists_for_objects(body: &[u8]) -> Vec<u8> {
    let json = |value: &mut Value| {
        if value.is_object() {
            *value = json!([[]]);
        }
    };
    changed(body, json, |text| {
        let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '%') && text != "true" && text != "false";
        if is_word { text.to_owned() } else { "soon".to_owned() }
    })
}

/// What neither a parser of JSON nor one of XML gets to the end of.
pub(super) fn neither_json_nor_xml(body: &[u8]) -> Vec<u8> {
    let middle = body.len() / 2;
    [&body[..middle], b"<</}]\"", &body[middle..]].concat()
}
