//! What is worked out once a run: policy documents, the pasted error, and who uses which role.

use crate::audience::AudienceDecision;
use crate::finding::Finding;
use crate::pasted::Pasted;
use crate::snapshot::{Cluster, Snapshot};
use crate::trust::Trust;
use irsa_doctor_iam::{ParseErrors, Policy, PolicyKind};
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A document that was read: the policy, or everything that is wrong with it.
pub type Parsed = Rc<Result<Policy, ParseErrors>>;

/// Where a text stands in memory, how long it is, and as which kind of policy it was read.
type Key = (usize, usize, PolicyKind);

/// By the role's ARN, the keys of the service accounts that use it, each with its cluster's.
pub(crate) type Users = BTreeMap<String, BTreeSet<(String, String)>>;

/// All that a decision about audiences depends on: the cluster, the role, the subject, and the token.
pub(crate) type AudienceKey = (usize, String, Option<String>, String, bool);

/// All that a decision about a token depends on: the cluster, where the trust policy stands in memory, the role, the subject
/// and the audience.
pub(crate) type TrustKey = (usize, usize, String, String, String);

/// Where a document stands in memory, what it is called, and the partition of its role.
pub(crate) type LintKey = (usize, String, String);

/// What is worked out once for all targets of a snapshot, whoever judges them.
#[derive(Debug, Default)]
pub(crate) struct Index {
    users: OnceLock<Users>,
    youngest_injected: Mutex<BTreeMap<usize, Option<i64>>>,
}

/// Policy documents of a snapshot, parsed when they are first asked for.
///
/// A text is known by its address: it lives in the snapshot, which is borrowed for as long as this is, so no
/// other text can take its place. Texts that live elsewhere are read with [`Policy::parse`] itself.
#[derive(Debug, Default)]
pub struct Policies<'a> {
    known: RefCell<BTreeMap<Key, Parsed>>,
    pasted: OnceCell<Pasted>,
    audiences: RefCell<BTreeMap<AudienceKey, AudienceDecision>>,
    trusts: RefCell<BTreeMap<TrustKey, Trust<'a>>>,
    lints: RefCell<BTreeMap<LintKey, Rc<Vec<Finding>>>>,
    index: Arc<Index>,
    // INVARIANT: `'a` may not be shortened, else the address of a text that lives less long could be taken for a key.
    snapshot: PhantomData<fn(&'a str) -> &'a str>,
}

impl<'a> Policies<'a> {
    /// Nothing parsed yet, with an index that others share.
    pub(crate) fn with(index: Arc<Index>) -> Self {
        Self { index, ..Self::default() }
    }

    /// The policy that a text of the snapshot is, or what is wrong with it.
    pub fn parse(&self, text: &'a str, kind: PolicyKind) -> Parsed {
        let key = (text.as_ptr().addr(), text.len(), kind);
        if let Some(known) = self.known.borrow().get(&key) {
            return Rc::clone(known);
        }
        let parsed: Parsed = Rc::new(Policy::parse(text, kind));
        self.known.borrow_mut().insert(key, Rc::clone(&parsed));
        parsed
    }

    /// The service accounts of the snapshot that use roles.
    pub(crate) fn users(&self, find: impl FnOnce() -> Users) -> &Users {
        self.index.users.get_or_init(find)
    }

    /// Which audience is the odd one out: the same for all pods of a service account.
    pub(crate) fn audience(&self, key: AudienceKey, decide: impl FnOnce() -> AudienceDecision) -> AudienceDecision {
        if let Some(known) = self.audiences.borrow().get(&key) {
            return known.clone();
        }
        let decision = decide();
        self.audiences.borrow_mut().insert(key, decision.clone());
        decision
    }

    /// What a trust policy says of a token: the same for all pods of a service account.
    pub(crate) fn trust(&self, key: TrustKey, decide: impl FnOnce() -> Trust<'a>) -> Trust<'a> {
        if let Some(known) = self.trusts.borrow().get(&key) {
            return known.clone();
        }
        let decision = decide();
        self.trusts.borrow_mut().insert(key, decision.clone());
        decision
    }

    /// What is odd in a document: the same for all that have it.
    pub(crate) fn lint(&self, key: LintKey, find: impl FnOnce() -> Vec<Finding>) -> Rc<Vec<Finding>> {
        if let Some(known) = self.lints.borrow().get(&key) {
            return Rc::clone(known);
        }
        let found = Rc::new(find());
        self.lints.borrow_mut().insert(key, Rc::clone(&found));
        found
    }

    /// When the youngest pod of a cluster that is injected was made.
    pub(crate) fn youngest_injected(&self, cluster: &'a Cluster, find: impl FnOnce() -> Option<i64>) -> Option<i64> {
        let mut known = self.index.youngest_injected.lock().unwrap_or_else(PoisonError::into_inner);
        *known.entry(std::ptr::from_ref(cluster).addr()).or_insert_with(find)
    }

    /// The pasted error of the snapshot, and what it asks of the role.
    pub fn pasted(&self, snapshot: &'a Snapshot) -> &Pasted {
        self.pasted.get_or_init(|| Pasted::of(&snapshot.asked, &snapshot.decoded_message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_worked_out_once_is_shared() {
        let index = Arc::new(Index::default());
        assert!(Arc::ptr_eq(&Policies::with(Arc::clone(&index)).index, &index));
    }

    const TEXT: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}"#;

    #[test]
    fn a_text_is_read_once_for_each_kind() {
        let policies = Policies::default();
        let first = policies.parse(TEXT, PolicyKind::Identity);
        assert!(Rc::ptr_eq(&first, &policies.parse(TEXT, PolicyKind::Identity)));
        assert!(first.is_ok());
        // The same text is no trust policy: it has no Principal.
        assert!(policies.parse(TEXT, PolicyKind::Trust).is_err());
    }

    #[test]
    fn equal_texts_in_two_places_are_both_read() {
        let copy = TEXT.to_owned();
        let policies = Policies::default();
        let (one, two) = (policies.parse(TEXT, PolicyKind::Identity), policies.parse(&copy, PolicyKind::Identity));
        assert!(one.is_ok() && two.is_ok() && !Rc::ptr_eq(&one, &two));
    }
}
