//! Policy documents, parsed once.

use irsa_doctor_iam::{ParseErrors, Policy, PolicyKind};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::rc::Rc;

/// A document's policy, or all that is wrong with it.
pub type Parsed = Rc<Result<Policy, ParseErrors>>;

/// Policy documents of a snapshot, parsed when they are first asked for.
#[derive(Debug, Default)]
pub struct Policies<'a> {
    /// By the text's place in memory: every text is borrowed from the snapshot, so it neither moves nor changes.
    parsed: RefCell<BTreeMap<(usize, usize, u8), Parsed>>,
    snapshot: PhantomData<&'a str>,
}

impl<'a> Policies<'a> {
    /// Parses a document of the snapshot as a policy of a kind, or gives what an earlier call found.
    pub fn parse(&self, text: &'a str, kind: PolicyKind) -> Parsed {
        let key = (text.as_ptr().addr(), text.len(), kind as u8);
        let known = self.parsed.borrow().get(&key).cloned();
        known.unwrap_or_else(|| {
            let parsed = Rc::new(Policy::parse(text, kind));
            self.parsed.borrow_mut().insert(key, Rc::clone(&parsed));
            parsed
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_a_document_once_for_each_kind() {
        let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}"#;
        let policies = Policies::default();
        let first = policies.parse(text, PolicyKind::Identity);
        assert!(first.is_ok());
        assert!(Rc::ptr_eq(&first, &policies.parse(text, PolicyKind::Identity)));
        assert!(policies.parse(text, PolicyKind::Trust).is_err(), "a trust policy has a principal and no resource");
    }
}
