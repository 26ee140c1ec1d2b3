//! What is parsed once a run: policy documents, and the pasted error.

use crate::pasted::Pasted;
use crate::snapshot::Snapshot;
use irsa_doctor_iam::{ParseErrors, Policy, PolicyKind};
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::rc::Rc;

/// A document that was read: the policy, or everything that is wrong with it.
pub type Parsed = Rc<Result<Policy, ParseErrors>>;

/// Where a text stands in memory, how long it is, and as which kind of policy it was read.
type Key = (usize, usize, PolicyKind);

/// Policy documents of a snapshot, parsed when they are first asked for.
///
/// A text is known by its address: it lives in the snapshot, which is borrowed for as long as this is, so no
/// other text can take its place. Texts that live elsewhere are read with [`Policy::parse`] itself.
#[derive(Debug, Default)]
pub struct Policies<'a> {
    known: RefCell<BTreeMap<Key, Parsed>>,
    pasted: OnceCell<Pasted>,
    // INVARIANT: `'a` may not be shortened, else the address of a text that lives less long could be taken for a key.
    snapshot: PhantomData<fn(&'a str) -> &'a str>,
}

impl<'a> Policies<'a> {
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

    /// The pasted error of the snapshot, and what it asks of the role.
    pub fn pasted(&self, snapshot: &'a Snapshot) -> &Pasted {
        self.pasted.get_or_init(|| Pasted::of(&snapshot.asked, &snapshot.decoded_message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
