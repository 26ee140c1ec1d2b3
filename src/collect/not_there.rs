//! What was named and isn't there, with what could be meant.

use super::CollectError;
use irsa_doctor_checks::diagnose::NoContainer;
use irsa_doctor_checks::snapshot::{Target, TargetKind};

/// How many names are offered at most.
pub(super) const MOST_NAMES: usize = 3;

/// The error, with the names that come nearest and the other namespaces that have one of that name.
pub(super) fn there_is_no(target: &Target, nearest: Vec<String>, other_namespaces: Vec<String>) -> CollectError {
    let what = what(target);
    let place = match target.kind {
        TargetKind::Namespace | TargetKind::Cluster => String::new(),
        _ => format!(" in namespace `{}`", target.namespace),
    };
    CollectError::TargetNotThere { message: format!("there is no {what}{place}"), nearest, other_namespaces, what }
}

/// The same, where it is the target's whole namespace that isn't there: what is elsewhere is still of the target's kind.
pub(super) fn there_is_no_namespace(target: &Target, nearest: Vec<String>, elsewhere: Vec<String>) -> CollectError {
    CollectError::TargetNotThere {
        message: format!("there is no namespace `{}`", target.namespace),
        nearest,
        other_namespaces: elsewhere,
        what: what(target),
    }
}

/// The same of the container that was asked about.
pub(crate) fn no_container(none: NoContainer) -> CollectError {
    let near = nearest(&none.asked, none.names.iter().map(String::as_str));
    let nearest = if near.is_empty() { none.names.into_iter().take(MOST_NAMES).collect() } else { near };
    CollectError::TargetNotThere { message: none.message, nearest, other_namespaces: Vec::new(), what: "container".to_owned() }
}

/// Kind and name: "pod `awscli`".
fn what(target: &Target) -> String {
    format!("{} `{}`", target.kind.as_str(), target.name)
}

/// The names that come nearest to a wanted one, the nearest first: a few letters away, or one beginning with the other.
pub(super) fn nearest<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let distance = |name: &str| {
        let letters = strsim::osa_distance(wanted, name);
        let begins = !wanted.is_empty() && (name.starts_with(wanted) || wanted.starts_with(name));
        let near = letters <= 2.max(wanted.chars().count() / 3);
        (near || begins).then_some(letters)
    };
    let mut near: Vec<(usize, &str)> = names.filter_map(|name| Some((distance(name)?, name))).collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(MOST_NAMES).map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_what_could_be_meant() {
        let names = ["awscli", "api", "awscli-7c9f", "database"];
        assert_eq!(nearest("awscl", names.into_iter()), ["awscli", "awscli-7c9f"]);
        assert_eq!(nearest("awslci", names.into_iter()), ["awscli"]);
        assert!(nearest("zzz", names.into_iter()).is_empty());
    }

    #[test]
    fn what_is_in_another_namespace_is_called_by_its_own_kind() {
        let target = Target::new(TargetKind::Pod, "defaul", "awscli");
        let error = there_is_no_namespace(&target, vec!["default".to_owned()], vec!["default".to_owned()]);
        assert_eq!(error.to_string(), "there is no namespace `defaul`");
        assert_eq!(error.help(), "did you mean `default`?; there is a pod `awscli` in `default`: use -n");
    }
}
