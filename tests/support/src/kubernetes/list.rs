//! LIST: selectors, pages, `continue` tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::resource::{Resource, Target};
use super::selector::{Fields, Labels};
use super::status;
use super::store::Store;
use crate::http::{Request, Response};

/// What a test may set about pages.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Paging {
    /// A `limit` above this is lowered to it (a list without `limit` is never cut, as in the real server).
    pub(crate) largest: Option<usize>,
    /// Every `continue` token has expired.
    pub(crate) expired: bool,
}

/// Answers a LIST of `resource`; `hidden` says which objects are not there.
pub(crate) fn list(
    store: &Store,
    resource: &Resource,
    target: &Target,
    request: &Request,
    paging: Paging,
    hidden: impl Fn(&Value) -> bool,
) -> Response {
    match page(store, resource, target, request, paging, hidden) {
        Ok(list) => Response::json(200, &list),
        Err(response) => response,
    }
}

/// What the query of a LIST asks for.
struct Query {
    labels: Labels,
    fields: Fields,
    /// There is no selector.
    selects_all: bool,
    limit: Option<usize>,
    /// The first key of the page; empty for the first page.
    start: String,
}

impl Query {
    fn parse(request: &Request, resource: &Resource, paging: Paging) -> Result<Self, Response> {
        let bad = |message: String| status::status(400, "BadRequest", &message, None);
        let parameter = |name| request.parameter(name).unwrap_or_default();
        let (labels, fields) = (parameter("labelSelector"), parameter("fieldSelector"));
        let limit = match parameter("limit") {
            "" => 0,
            text => text.parse().map_err(|_| bad(format!("strconv.ParseInt: parsing \"{text}\": invalid syntax")))?,
        };
        let start = match parameter("continue") {
            "" => String::new(),
            token => read_token(token).ok_or_else(|| bad("continue key is not valid: illegal base64 data".to_owned()))?,
        };
        Ok(Self {
            labels: Labels::parse(labels).map_err(bad)?,
            fields: Fields::parse(fields, resource).map_err(bad)?,
            selects_all: labels.is_empty() && fields.is_empty(),
            limit: (limit > 0).then(|| limit.min(paging.largest.unwrap_or(limit))),
            start,
        })
    }

    fn selects(&self, object: &Value) -> bool {
        self.labels.matches(object) && self.fields.matches(object)
    }
}

/// A page of a LIST, or the `Status` of what is wrong with the request.
pub(crate) fn page(
    store: &Store,
    resource: &Resource,
    target: &Target,
    request: &Request,
    paging: Paging,
    hidden: impl Fn(&Value) -> bool,
) -> Result<Value, Response> {
    let query = Query::parse(request, resource, paging)?;
    if paging.expired && !query.start.is_empty() {
        return Err(status::expired(&write_token(store.revision(), &query.start)));
    }
    let namespace = target.namespace.as_deref().filter(|_| resource.namespaced);
    let rest: Vec<(&str, &Value)> = store
        .list(resource, namespace)
        .filter(|(key, object)| *key >= query.start.as_str() && query.selects(object) && !hidden(object))
        .collect();
    let size = query.limit.unwrap_or(rest.len()).min(rest.len());
    let (items, more) = rest.split_at(size);
    let mut metadata = json!({"resourceVersion": store.revision().to_string()});
    if let Some((next, _)) = more.first() {
        metadata["continue"] = json!(write_token(store.revision(), next));
        // With a selector the server doesn't know how many remain.
        if query.selects_all {
            metadata["remainingItemCount"] = json!(more.len());
        }
    }
    let metadata_only = wants_metadata_only(request);
    let items: Vec<Value> = items.iter().map(|(_, object)| item(object, metadata_only)).collect();
    let (api_version, kind) = if metadata_only {
        ("meta.k8s.io/v1".to_owned(), "PartialObjectMetadataList".to_owned())
    } else {
        (resource.api_version(), format!("{}List", resource.kind))
    };
    Ok(json!({"kind": kind, "apiVersion": api_version, "metadata": metadata, "items": items}))
}

/// Whether the client accepts `PartialObjectMetadata` in place of whole objects.
pub(crate) fn wants_metadata_only(request: &Request) -> bool {
    request.header("accept").is_some_and(|accept| accept.contains("as=PartialObjectMetadata"))
}

/// Only the metadata of an object.
pub(crate) fn metadata_only(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]})
}

/// An object as it stands in a list: the server leaves kind and version out.
fn item(object: &Value, only_metadata: bool) -> Value {
    if only_metadata {
        return metadata_only(object);
    }
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.remove("kind");
        fields.remove("apiVersion");
    }
    object
}

/// The token names the first key of the next page. (The real one names the last of this page with a NUL behind it.)
fn write_token(revision: u64, start: &str) -> String {
    URL_SAFE_NO_PAD.encode(json!({"v": "meta.k8s.io/v1", "rv": revision, "start": start}).to_string())
}

fn read_token(token: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let token: Value = serde_json::from_slice(&bytes).ok()?;
    token["start"].as_str().map(str::to_owned)
}
