//! Whether the question makes sense: the action exists, and takes such a resource.

use super::{ASKED_RESOURCE, ASKED_UNKNOWN};
use crate::finding::Finding;
use crate::locus::Locus;
use crate::permissions::Permissions;
use crate::resource_policy::Bearer;
use crate::snapshot::RequiredAction;
use irsa_doctor_iam::services::{self, Fit};

/// What is odd about a question, by the service authorization reference of a known date.
pub(super) fn odd(permissions: &Permissions<'_>, asked: &RequiredAction) -> Option<Finding> {
    let (prefix, name) = asked.action.split_once(':')?;
    let locus = Locus::new(&permissions.role_arn);
    let date = services::date();
    let Some(service) = services::service(&prefix.to_ascii_lowercase()) else {
        let near = services::nearest_services(prefix, 3).join(", ");
        let detail =
            format!("no service has the prefix {prefix} of the asked action {} (list of {date}; nearest: {near})", asked.action);
        return Some(Finding::new(&ASKED_UNKNOWN, locus, detail).compared(near, prefix));
    };
    let Some(action) = service.action(name) else {
        let near =
            service.nearest_actions(name, 3).iter().map(|action| format!("{}:{action}", service.prefix)).collect::<Vec<_>>();
        let detail = format!("{} has no action {} (list of {date}; nearest: {})", service.name, asked.action, near.join(", "));
        return Some(Finding::new(&ASKED_UNKNOWN, locus, detail).compared(near, asked.action.as_str()));
    };
    if Bearer::of(&asked.action, &asked.resource).is_some_and(|bearer| bearer.is_alias()) {
        // A request may name a key by its alias; what policies are held against is the key.
        return None;
    }
    let Fit::WrongType(wanted) = action.fit([asked.resource.as_str()]) else { return None };
    let wanted: Vec<String> = wanted.iter().map(|kind| kind.arn.to_owned()).collect();
    let detail = format!("{} does not apply to {}: it takes {}", asked.action, asked.resource, wanted.join(" or "));
    Some(Finding::new(&ASKED_RESOURCE, locus, detail).compared(wanted, asked.resource.as_str()))
}
