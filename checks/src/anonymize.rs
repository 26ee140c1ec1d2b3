//! A snapshot without names: what may leave a company, and is diagnosed as the original is.
//!
//! The names are gathered from where names stand (accounts, roles, namespaces, objects, resources in ARNs, hosts, tags), and each
//! word of them is replaced wherever it stands, in every document and every text. A word keeps its length, its letters' case and
//! its digits' places, and two words that begin alike still do, so that patterns match what they matched. What the replaced
//! letters are hangs on a key that is kept nowhere: a reader of the bundle sees which names are the same and which begin alike,
//! and no more.
//!
//! Not replaced: words that are AWS' and Kubernetes' own ([`vocabulary.txt`](https://github.com/irsa-doctor/irsa-doctor)), the
//! names of actions and condition keys, regions, times, versions, numbers of fewer than ten digits, and the certificates (public
//! ones) of the cluster and of its webhooks.

mod collect;
mod same;
mod word;

pub use same::same_diagnosis;

use crate::snapshot::Snapshot;
use collect::Names;
use serde_json::{Map, Value};
use word::{Key, Substitutes};

/// Members that stay as they are: the certificates of the cluster and of its webhooks are judged, and are no text.
const KEPT: &[&str] = &["caBundle", "certificate_authority"];

/// A snapshot with its names replaced.
#[derive(Debug, Clone)]
pub struct Anonymized {
    /// The snapshot; it says that it is anonymized.
    pub snapshot: Snapshot,
    /// The words that were replaced, for whoever wants to see that none is left.
    pub words: Vec<String>,
}

/// Replaces the names of a snapshot. The same key gives the same substitutes; a key that nobody knows keeps them secret.
///
/// # Errors
///
/// A snapshot that can't be written or read as JSON.
pub fn anonymize(snapshot: &Snapshot, key: [u64; 2]) -> Result<Anonymized, serde_json::Error> {
    let document = serde_json::to_value(snapshot)?;
    let names = Names::of(&document);
    let substitutes = Substitutes::new(Key::new(key), names);
    let snapshot: Snapshot = serde_json::from_value(replaced(document, &substitutes))?;
    let words = substitutes.words();
    Ok(Anonymized { snapshot: Snapshot { anonymized: true, ..snapshot }, words })
}

/// A document with every text in it replaced, and every key that may be a name.
fn replaced(document: Value, substitutes: &Substitutes) -> Value {
    match document {
        Value::String(text) => Value::String(substitutes.text(&text)),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| replaced(item, substitutes)).collect()),
        Value::Object(members) => {
            let members = members.into_iter().map(|(key, value)| {
                let value = if KEPT.contains(&key.as_str()) { value } else { replaced(value, substitutes) };
                (substitutes.text(&key), value)
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests;
