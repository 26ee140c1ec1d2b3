//! Lists: page after page, item by item.

use super::api::Api;
use super::object::{Object, complaint, item, whole};
use super::permissions::Permission;
use crate::collect::observe::kubernetes::{Asked, Reply, gap, malformed};
use irsa_doctor_checks::snapshot::{Gap, Observed};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// How many objects a page has at most.
pub(super) const PAGE: usize = 500;
/// How many pages are read at most: 500,000 objects. A server that goes on is not to be believed.
const MOST_PAGES: usize = 1000;
/// How many unreadable objects of one list are named.
const MOST_NAMED: usize = 5;

/// What stays as it is in a query.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Listed<T> {
    /// The objects that could be read; `Unavailable` where not every page could be had. Never `Absent`.
    pub(crate) items: Observed<Vec<T>>,
    /// What is missing from the items all the same: objects that could not be understood, or others
    /// beside the one that could be had by its name.
    pub(crate) gaps: Vec<Gap>,
}

impl<T> Listed<T> {
    /// A list that could not be had.
    pub(crate) fn unavailable(gap: Gap) -> Self {
        Self { items: Observed::Unavailable(gap), gaps: Vec::new() }
    }

    /// The list, if nothing is missing from it: where absence is to be concluded from it.
    pub(crate) fn complete(self) -> Observed<Vec<T>> {
        match (self.gaps.into_iter().next(), self.items) {
            (Some(gap), Observed::Present(_)) => Observed::Unavailable(gap),
            (_, items) => items,
        }
    }

    /// The same list of something else.
    pub(crate) fn map<U>(self, change: impl FnMut(T) -> U) -> Listed<U> {
        Listed { items: self.items.map(|items| items.into_iter().map(change).collect()), gaps: self.gaps }
    }
}

/// Which objects are to be listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Query {
    /// Label and field selector, in the API's syntax.
    pub(super) parameters: Vec<(&'static str, String)>,
}

impl Query {
    /// The path of a page.
    fn page(&self, path: &str, token: Option<&str>) -> String {
        let mut url = format!("{path}?limit={PAGE}");
        let token = token.map(|token| ("continue", token));
        for (name, value) in self.parameters.iter().map(|(name, value)| (*name, value.as_str())).chain(token) {
            url = format!("{url}&{name}={}", utf8_percent_encode(value, PLAIN));
        }
        url
    }
}

/// Reads all pages of a list of one kind.
pub(super) async fn list<T: Object>(api: &Api, asked: &Asked<'_>, kind: &str, path: &str, query: &Query) -> Listed<T> {
    // A continue token that has expired can't be taken up again without inconsistency: the list is begun anew, once.
    for last_try in [false, true] {
        match pages(api, asked, kind, path, query).await {
            Ok(listed) => return listed,
            Err(End::Expired) if !last_try => {}
            Err(End::Expired) => return Listed::unavailable(malformed(asked, "the list expired twice while it was read")),
            Err(End::Gap(gap)) => return Listed::unavailable(gap),
        }
    }
    Listed::unavailable(malformed(asked, "the list could not be read"))
}

/// Why a list ended early.
enum End {
    /// 410 Gone.
    Expired,
    /// Anything else.
    Gap(Gap),
}

/// Reads the pages from the first one on.
async fn pages<T: Object>(api: &Api, asked: &Asked<'_>, kind: &str, path: &str, query: &Query) -> Result<Listed<T>, End> {
    let mut collected = Collected { items: Vec::new(), bad: Vec::new(), count: 0 };
    let mut token: Option<String> = None;
    let mut seen = BTreeSet::new();
    for _ in 0..MOST_PAGES {
        let reply = api.get(&query.page(path, token.as_deref())).await.map_err(|error| End::Gap(error.gap(asked)))?;
        if reply.is_expired() && token.is_some() {
            return Err(End::Expired);
        }
        let Taken { next, read, remaining } = collected.take(asked, kind, &reply).map_err(End::Gap)?;
        let (what, known) = (asked.permission.resource, collected.count - read);
        if known == 0 {
            api.progress().expect(what, read.saturating_add(remaining));
        }
        api.progress().read(what, read);
        match next {
            None => return Ok(collected.finish(asked)),
            Some(next) if !seen.insert(next.clone()) => {
                return Err(End::Gap(malformed(asked, "the list's continue token comes again: it has no end")));
            }
            Some(next) => token = Some(next),
        }
    }
    Err(End::Gap(malformed(asked, "the list has no end")))
}

/// A page as the API server gives it. `items` must be there; Go writes an empty list as `null`.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct Page<T> {
    kind: String,
    #[serde(default)]
    metadata: PageMetadata,
    #[serde(deserialize_with = "Option::deserialize")]
    items: Option<Vec<T>>,
}

/// A page's metadata.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PageMetadata {
    #[serde(rename = "continue")]
    token: Option<String>,
    /// How many are on the pages to come. Servers needn't say it, and what they say is a guess that only the progress
    /// line shows: no page is unreadable for it.
    #[serde(deserialize_with = "guess")]
    remaining_item_count: u64,
}

/// A number that says nothing if it isn't one.
fn guess<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    Value::deserialize(from).map(|value| value.as_u64().unwrap_or_default())
}

/// What a page brought.
struct Taken {
    next: Option<String>,
    read: u64,
    remaining: u64,
}

impl<T> Page<T> {
    /// Checks that this is a page of such objects.
    fn must_be_of(&self, kind: &str) -> Result<(), String> {
        if self.kind.strip_suffix("List") == Some(kind) { Ok(()) } else { Err(format!("it is not a {kind}List")) }
    }
}

/// What was read so far.
struct Collected<T> {
    items: Vec<T>,
    bad: Vec<String>,
    count: u64,
}

impl<T: Object> Collected<T> {
    /// Takes a page.
    fn take(&mut self, asked: &Asked<'_>, kind: &str, reply: &Reply) -> Result<Taken, Gap> {
        let text = reply.text().map_err(|problem| gap(asked, reply, problem))?;
        let wrong = |detail: String| malformed(asked, &detail);
        // Straight into the slim types; only where one object is not to be read so, one by one.
        if let Ok(page) = serde_json::from_str::<Page<T>>(text) {
            return self.add_all(page, kind, |object| whole(object, kind)).map_err(wrong);
        }
        let page: Page<Value> = serde_json::from_str(text).map_err(|error| wrong(complaint(&error)))?;
        self.add_all(page, kind, |value| item(value, kind)).map_err(wrong)
    }

    /// Takes a page's objects.
    fn add_all<U>(&mut self, page: Page<U>, kind: &str, read: impl Fn(U) -> Result<T, String>) -> Result<Taken, String> {
        page.must_be_of(kind)?;
        let before = self.count;
        for object in page.items.unwrap_or_default() {
            self.add(read(object));
        }
        let PageMetadata { token, remaining_item_count: remaining } = page.metadata;
        Ok(Taken { next: token.filter(|token| !token.is_empty()), read: self.count - before, remaining })
    }

    /// Takes an object, or what is wrong with it.
    fn add(&mut self, read: Result<T, String>) {
        self.count += 1;
        match read {
            Ok(object) => self.items.push(object),
            Err(detail) => self.bad.push(format!("item {}: {detail}", self.count)),
        }
    }

    /// The whole list.
    fn finish(self, asked: &Asked<'_>) -> Listed<T> {
        let mut gaps = Vec::new();
        if !self.bad.is_empty() {
            let named: Vec<&str> = self.bad.iter().take(MOST_NAMED).map(String::as_str).collect();
            let all = format!("{} of {} objects can't be understood: {}", self.bad.len(), self.count, named.join("; "));
            gaps.push(malformed(asked, &all));
        }
        Listed { items: Observed::Present(self.items), gaps }
    }
}

/// The operation that a list is, about a namespace or all.
pub(super) fn asked<'a>(permission: &'static Permission, namespace: Option<&'a str>) -> Asked<'a> {
    Asked { permission, namespace, name: None }
}
