//! Actions and resources against the service authorization reference of a known date.

use super::super::{NEEDS_STAR, RESOURCE_TYPE, UNKNOWN_ACTION, UNKNOWN_SERVICE};
use super::at;
use crate::finding::Finding;
use crate::permissions::RoleDocument;
use irsa_doctor_iam::policy::{Entry, Statement};
use irsa_doctor_iam::services::{self, Fit, Service};
use irsa_doctor_iam::{Effect, Policy};

/// What is odd about the actions of a policy's Allow statements.
pub(super) fn lint(document: &RoleDocument<'_>, policy: &Policy) -> Vec<Finding> {
    let allows = || policy.statements.iter().filter(|statement| statement.effect == Effect::Allow && !statement.action.negated);
    let mut findings = Vec::new();
    for statement in allows() {
        let mut misfits = Misfits::default();
        for entry in &statement.action.entries {
            let Some((prefix, name)) = literal_service(entry) else { continue };
            let Some(service) = services::service(&prefix) else {
                findings.push(unknown_service(document, entry, &prefix));
                continue;
            };
            if service.matching(name).next().is_none() {
                findings.push(unknown_action(document, entry, service, name));
                continue;
            }
            // What another statement of the policy grants as it should is not missing.
            let elsewhere = allows().any(|other| other.index != statement.index && fits(other, &prefix, service, name));
            if !elsewhere {
                misfits.add(statement, entry, service, name);
            }
        }
        findings.extend(misfits.findings(document, statement));
    }
    findings
}

/// The service and the action pattern of an entry whose service is spelt out.
fn literal_service(entry: &Entry) -> Option<(String, &str)> {
    let (prefix, name) = entry.text.split_once(':')?;
    (!prefix.contains(['*', '?', '$'])).then(|| (prefix.to_ascii_lowercase(), name))
}

fn unknown_service(document: &RoleDocument<'_>, entry: &Entry, prefix: &str) -> Finding {
    let near = services::nearest_services(prefix, 3);
    let detail = format!(
        "policy {} allows {}, but no service has the prefix {prefix} (list of {}){}",
        document.key,
        entry.text,
        services::date(),
        hint(&near)
    );
    Finding::new(&UNKNOWN_SERVICE, at(document, &entry.place), detail).compared(owned(&near), prefix)
}

fn unknown_action(document: &RoleDocument<'_>, entry: &Entry, service: &Service, name: &str) -> Finding {
    let near: Vec<String> =
        service.nearest_actions(name, 3).iter().map(|action| format!("{}:{action}", service.prefix)).collect();
    let near: Vec<&str> = near.iter().map(String::as_str).collect();
    let what = if name.contains(['*', '?']) { "matches no action of" } else { "is no action of" };
    let detail = format!(
        "policy {} allows {}, which {what} {} (list of {}){}",
        document.key,
        entry.text,
        service.name,
        services::date(),
        hint(&near)
    );
    Finding::new(&UNKNOWN_ACTION, at(document, &entry.place), detail).compared(owned(&near), entry.text.as_str())
}

fn owned(near: &[&str]) -> Vec<String> {
    near.iter().map(|&name| name.to_owned()).collect()
}

fn hint(near: &[&str]) -> String {
    if near.is_empty() { String::new() } else { format!("; nearest: {}", near.join(", ")) }
}

/// Whether a statement grants some action that the pattern matches, on a resource that suits it.
fn fits(statement: &Statement, prefix: &str, service: &Service, name: &str) -> bool {
    let resources = statement.resource.as_ref();
    let granted = |action: &str| {
        let action = format!("{prefix}:{action}");
        statement.action.entries.iter().any(|entry| entry.matches_action(&action))
    };
    let suits = |action: &services::Action| match resources {
        Some(resources) if !resources.negated => {
            action.fit(resources.entries.iter().map(|entry| entry.text.as_str())) == Fit::Fits
        }
        Some(_) => true,
        None => false,
    };
    service.matching(name).any(|action| granted(action.name) && suits(action))
}

/// The entries of one statement that its resources don't suit.
#[derive(Default)]
struct Misfits<'a> {
    wrong_type: Vec<&'a Entry>,
    /// What the entries of a wrong type take: of each, a few.
    types: Vec<&'static str>,
    no_resource: Vec<&'a Entry>,
}

impl<'a> Misfits<'a> {
    /// A pattern is odd only if none of the actions that it matches suits the resources.
    fn add(&mut self, statement: &'a Statement, entry: &'a Entry, service: &Service, name: &str) {
        let Some(resources) = statement.resource.as_ref().filter(|resources| !resources.negated) else { return };
        let mut types: Vec<&'static str> = Vec::new();
        let mut no_resource = true;
        for action in service.matching(name) {
            match action.fit(resources.entries.iter().map(|entry| entry.text.as_str())) {
                Fit::Fits => return,
                Fit::TakesNoResource => {}
                Fit::WrongType(wanted) => {
                    no_resource = false;
                    types.extend(wanted.iter().map(|kind| kind.arn));
                }
            }
        }
        if no_resource {
            self.no_resource.push(entry);
        } else {
            types.sort_unstable();
            types.dedup();
            types.truncate(3);
            types.retain(|kind| !self.types.contains(kind));
            self.types.extend(types);
            self.wrong_type.push(entry);
        }
    }

    /// One finding for each way of not fitting, however many actions it concerns.
    fn findings(self, document: &RoleDocument<'_>, statement: &Statement) -> Vec<Finding> {
        let resources = statement.resource.as_ref();
        let has: Vec<String> =
            resources.into_iter().flat_map(|resources| &resources.entries).map(|entry| entry.text.clone()).collect();
        let Some(place) = resources.map(|resources| at(document, &resources.place)) else { return Vec::new() };
        let mut findings = Vec::new();
        if !self.wrong_type.is_empty() {
            let actions = names(self.wrong_type.iter().copied());
            let types = self.types.join(", ");
            let detail = format!(
                "policy {} allows {actions} on {}, and no such action applies there: it takes {types} (list of {})",
                document.key,
                short(&has),
                services::date()
            );
            findings.push(Finding::new(&RESOURCE_TYPE, place.clone(), detail).compared(types.as_str(), has.clone()));
        }
        if !self.no_resource.is_empty() {
            let actions = names(self.no_resource.iter().copied());
            let detail = format!(
                "policy {} allows {actions} on {}, but it takes no resource: only * grants it (list of {})",
                document.key,
                short(&has),
                services::date()
            );
            findings.push(Finding::new(&NEEDS_STAR, place, detail).compared("*", has));
        }
        findings
    }
}

fn names<'a>(entries: impl Iterator<Item = &'a Entry>) -> String {
    entries.map(|entry| entry.text.as_str()).collect::<Vec<_>>().join(", ")
}

fn short(resources: &[String]) -> String {
    match resources {
        [one] => one.clone(),
        [one, rest @ ..] => format!("{one} and {} more", rest.len()),
        [] => "nothing".to_owned(),
    }
}
