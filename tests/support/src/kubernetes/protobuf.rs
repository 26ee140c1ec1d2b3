//! The envelope in which `kubectl create TYPE NAME` sends an object, as far as such a command says anything: kind, name,
//! namespace, labels and annotations.
//!
//! <https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding>

use serde_json::{Map, Value, json};

const MAGIC: &[u8] = b"k8s\0";
/// Fields of `metav1.ObjectMeta` that are kept.
const METADATA: [(u64, &str, bool); 4] =
    [(1, "name", false), (3, "namespace", false), (11, "labels", true), (12, "annotations", true)];

/// The object as JSON; `None` where the body isn't such an envelope.
pub(crate) fn object(body: &[u8]) -> Option<Value> {
    // `runtime.Unknown`: the type, and the object's own bytes.
    let envelope = fields(body.strip_prefix(MAGIC)?)?;
    let kind = fields(find(&envelope, 1)?)?;
    let raw = fields(find(&envelope, 2)?)?;
    let metadata = fields(find(&raw, 1)?)?;
    let mut kept = Map::new();
    for (number, name, is_map) in METADATA {
        let mut values = metadata.iter().filter(|(field, _)| *field == number).map(|(_, value)| *value).peekable();
        if values.peek().is_none() {
            continue;
        }
        let value = if is_map {
            values.map(pair).collect::<Option<Map<String, Value>>>().map(Value::Object)?
        } else {
            json!(text(values.last()?)?)
        };
        if value != "" {
            kept.insert(name.to_owned(), value);
        }
    }
    Some(json!({"apiVersion": text(find(&kind, 1)?)?, "kind": text(find(&kind, 2)?)?, "metadata": kept}))
}

fn pair(entry: &[u8]) -> Option<(String, Value)> {
    let entry = fields(entry)?;
    Some((text(find(&entry, 1)?)?.to_owned(), json!(text(find(&entry, 2).unwrap_or_default())?)))
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

fn find<'b>(fields: &[(u64, &'b [u8])], number: u64) -> Option<&'b [u8]> {
    fields.iter().find(|(field, _)| *field == number).map(|(_, value)| *value)
}

/// The fields that hold bytes, by their numbers; the others are passed over.
fn fields(mut bytes: &[u8]) -> Option<Vec<(u64, &[u8])>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        match key & 7 {
            0 => drop(varint(&mut bytes)?),
            1 => bytes = bytes.get(8..)?,
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let (value, rest) = bytes.split_at_checked(length)?;
                fields.push((key >> 3, value));
                bytes = rest;
            }
            5 => bytes = bytes.get(4..)?,
            _ => return None,
        }
    }
    Some(fields)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::object;
    use serde_json::json;

    #[test]
    fn what_kubectl_create_serviceaccount_sends() {
        // As kubectl 1.34 sends it.
        let mut body = b"k8s\0\n\x14\n\x02v1\x12\x0eServiceAccount\x12\x12\n\x0e\n\x03app\x12\0\x1a\x04shop\x20\x00".to_vec();
        body.truncate(body.len() - 2);
        body.extend(b"\x1a\0\"\0");
        let cut = object(&body[..20]);
        assert_eq!(cut, None);
        assert_eq!(object(b"{}"), None);
        let whole = b"k8s\0\n\x14\n\x02v1\x12\x0eServiceAccount\x12\x11\n\x0f\n\x03app\x12\0\x1a\x04shop2\0\x1a\0\"\0";
        assert_eq!(
            object(whole),
            Some(json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "app", "namespace": "shop"}}))
        );
    }
}
