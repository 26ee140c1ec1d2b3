//! Lists that come in pages.

use crate::collect::observe::aws::Question;
use irsa_doctor_checks::snapshot::{Gap, Observed};
use std::collections::BTreeSet;
use std::future::Future;

/// One page.
#[derive(Debug)]
pub(crate) struct Page<T> {
    /// Its items.
    pub(crate) items: Vec<T>,
    /// Where the next one begins; `None` on the last.
    pub(crate) next: Option<String>,
}

impl<T> Page<T> {
    /// A page as IAM sends it: `IsTruncated` and a `Marker`.
    ///
    /// # Errors
    ///
    /// A gap where there is more to come and nothing says from where.
    pub(crate) fn iam(question: Question<'_>, items: Vec<T>, is_truncated: bool, marker: Option<String>) -> Result<Self, Gap> {
        let next = marker.filter(|marker| !marker.is_empty());
        if is_truncated && next.is_none() {
            return Err(question.malformed("the list is cut short, and nothing says how it goes on"));
        }
        Ok(Self { items, next })
    }

    /// A page as EKS sends it: a `nextToken`.
    pub(crate) fn eks(items: Vec<T>, next_token: Option<String>) -> Self {
        Self { items, next: next_token.filter(|token| !token.is_empty()) }
    }
}

/// No list that this tool reads is longer: IAM allows 5,000 roles an account, and a page holds 100 at least.
const MOST_PAGES: usize = 1_000;

/// All items of all pages. One page that can't be read makes the whole list unknown: a list that is cut short would
/// pass for a complete one.
pub(crate) async fn all<T, F>(question: Question<'_>, mut page: impl FnMut(Option<String>) -> F) -> Observed<Vec<T>>
where
    F: Future<Output = Observed<Page<T>>>,
{
    let mut items = Vec::new();
    let mut seen = BTreeSet::new();
    let mut marker = None;
    while seen.len() < MOST_PAGES {
        match page(marker).await {
            Observed::Present(page) => {
                items.extend(page.items);
                let Some(next) = page.next else { return Observed::Present(items) };
                if !seen.insert(next.clone()) {
                    return Observed::Unavailable(question.malformed("the list's pages go round in a circle"));
                }
                marker = Some(next);
            }
            Observed::Absent => return Observed::Absent,
            Observed::Unavailable(gap) => return Observed::Unavailable(gap),
        }
    }
    Observed::Unavailable(question.malformed(format!("more than {MOST_PAGES} pages")))
}
