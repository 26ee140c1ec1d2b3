//! Reading from AWS: IAM, EKS, STS and CloudTrail, one [`Session`] for each profile.
//!
//! [`Session::load`] gets the credentials first, so that their absence is said once and at once; its functions fetch
//! one thing each; each answer is an `Observed`. [`operations`] holds the list of all that may be asked: the guard in
//! every client's transport refuses anything else.

mod authorization;
#[cfg(any(test, fuzzing))]
pub(crate) mod by_name;
mod cloudtrail;
mod credentials;
mod decode;
mod document;
mod eks;
mod guard;
mod iam;
pub(crate) mod operations;
mod paging;
mod policies;
mod providers;
mod region;
#[cfg(feature = "resource-policies")]
mod resource_policies;
mod session;
mod simulate;
pub(crate) mod xml;

#[cfg(test)]
pub(super) mod tests;

pub(crate) use authorization::{AuthorizationDetails, RoleDetails};
pub(crate) use cloudtrail::{History, Pacer};
pub(crate) use guard::{Finish, Guard, LastAttempt};
pub(crate) use operations::{
    DECODE_MESSAGE, DESCRIBE_ASSOCIATION, DESCRIBE_CLUSTER, GET_AUTHORIZATION_DETAILS, GET_INLINE, GET_POLICY,
    GET_POLICY_VERSION, GET_PROVIDER, GET_ROLE, LIST_ADDONS, LIST_ASSOCIATIONS, LIST_ATTACHED, LIST_INLINE, LIST_POLICIES,
    LIST_POLICY_VERSIONS, LIST_PROVIDERS, LIST_ROLES, LOOKUP_EVENTS, OPERATIONS, Operation, RESOURCE_POLICY_OPERATIONS, SIMULATE,
};
pub(crate) use region::region_of_partition;
pub(crate) use session::{Limits, Profile, Session};

/// Asks one question: the credentials first, then a free place, then the call with its note of the last attempt.
macro_rules! ask {
    ($session:expr, $question:expr, $last:expr, $service:ident.$call:ident() $(.$setter:ident($value:expr))*) => {
        match $session.clients($question) {
            Err(gap) => irsa_doctor_checks::snapshot::Observed::Unavailable(gap),
            Ok(clients) => {
                let _place = $session.place().await;
                let call = clients.$service.$call()$(.$setter($value))*.customize().interceptor($last.clone());
                let answer = Box::pin(call.send()).await;
                crate::collect::observe::aws::observe($question, answer, &$last)
            }
        }
    };
    ($session:expr, $question:expr, $service:ident.$call:ident() $(.$setter:ident($value:expr))*) => {{
        let last = crate::collect::aws::LastAttempt::default();
        crate::collect::aws::ask!($session, $question, last, $service.$call()$(.$setter($value))*)
    }};
}
pub(crate) use ask;
