//! The one list of checks, in chain order.

use crate::check::Check;
use crate::fault::Fault;

/// Every check, in the order of the chain.
#[rustfmt::skip] // one line a check
pub static ALL: &[&Check] = &[
    &crate::pod_service_account::CHECK,
    &crate::service_account_annotation::CHECK,
    &crate::service_account_settings::CHECK,
    &crate::webhook::CHECK,
    &crate::pod_injection::CHECK,
    &crate::token_readable::CHECK,
    &crate::pod_credentials::CHECK,
    &crate::pod_identity::CHECK,
    &crate::cluster_issuer::CHECK,
    &crate::oidc_provider::CHECK,
    &crate::role::CHECK,
    &crate::trust_policy::CHECK,
    &crate::trust_scope::CHECK,
    &crate::attached_policies::CHECK,
    &crate::policy_document::CHECK,
    &crate::permissions_boundary::CHECK,
    &crate::required_actions::CHECK,
    &crate::error_message::CHECK,
];

/// A check by its id.
pub fn check(id: &str) -> Option<&'static Check> {
    ALL.iter().copied().find(|check| check.id == id)
}

/// A fault by its id, with its check.
pub fn fault(id: &str) -> Option<(&'static Check, &'static Fault)> {
    ALL.iter().copied().find_map(|check| check.faults.iter().copied().find(|fault| fault.id == id).map(|fault| (check, fault)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_and_faults_are_found_by_their_ids() {
        for wanted in ALL {
            assert_eq!(check(wanted.id).map(|check| check.title), Some(wanted.title));
            for known in wanted.faults {
                let found = fault(known.id).map(|(check, fault)| (check.id, fault.title));
                assert_eq!(found, Some((wanted.id, known.title)));
            }
        }
        assert!(check("no-such-check").is_none() && fault("no-such-fault").is_none());
    }
}
