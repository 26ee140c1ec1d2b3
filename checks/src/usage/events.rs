//! CloudTrail's events about the target's roles and its service account, those alike together.

use super::{Credentials, lookups, remarks};
use crate::arn::RoleArn;
use crate::evidence::{Evidence, RoleUnderJudgement};
use crate::identity::Mode;
use crate::report::{EventGroup, EventSummary};
use crate::snapshot::{CredentialEvent, EventLog, Observed};
use std::collections::{BTreeMap, BTreeSet};

/// One history that was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Log<'a> {
    pub(super) region: &'a str,
    pub(super) event: &'a str,
    pub(super) answer: &'a Observed<EventLog>,
}

/// The histories of the target that were asked for.
pub(super) fn logs<'a>(evidence: &Evidence<'a>, roles: &[RoleUnderJudgement]) -> Vec<Log<'a>> {
    let mut wanted: Vec<(String, &'static str)> =
        lookups(evidence, roles).into_iter().map(|lookup| (lookup.account, lookup.event)).collect();
    wanted.sort();
    wanted.dedup();
    let mut logs = Vec::new();
    for (account, event) in wanted {
        let Some(account) = evidence.account(&account) else { continue };
        for (key, log) in &account.events {
            if let Some((region, of)) = key.split_once('/').filter(|(_, of)| *of == event) {
                logs.push(Log { region, event: of, answer: log });
            }
        }
    }
    logs
}

/// What should be asked: by whom, for what, with whose token.
pub(super) struct Expected {
    pub(super) subject: Option<String>,
    pub(super) roles: Vec<String>,
    pub(super) providers: BTreeSet<String>,
}

impl Expected {
    fn of(evidence: &Evidence<'_>, roles: &[RoleUnderJudgement]) -> Self {
        let issuer = evidence.issuer();
        let mut providers = BTreeSet::new();
        for role in roles {
            let provider = match (role.mode, RoleArn::parse(&role.arn), issuer.present()) {
                (Mode::PodIdentity, _, _) => evidence.cluster.and_then(|cluster| cluster.name.clone()),
                (_, Some(arn), Some(issuer)) => Some(issuer.provider_arn(arn.partition, arn.account)),
                _ => None,
            };
            providers.extend(provider);
        }
        let mut arns: Vec<String> = Vec::new();
        for role in roles.iter().filter(|role| RoleArn::parse(&role.arn).is_some()) {
            if !arns.contains(&role.arn) {
                arns.push(role.arn.clone());
            }
        }
        Self { subject: evidence.subject(), roles: arns, providers }
    }

    fn is_role(&self, role: &str) -> bool {
        self.roles.iter().any(|known| same_role(known, role))
    }

    /// Whether an event is about one of the roles, or of the service account.
    fn concerns(&self, event: &CredentialEvent) -> bool {
        let role = event.role.as_deref().is_some_and(|role| self.is_role(role));
        role || (event.subject.is_some() && event.subject == self.subject)
    }

    /// What of an event isn't as it should be.
    fn differs(&self, event: &CredentialEvent) -> Vec<&'static str> {
        let subject = matches!((&event.subject, &self.subject), (Some(had), Some(wanted)) if had != wanted);
        let role = event.role.as_deref().is_some_and(|role| !self.is_role(role));
        // A role of another account has a provider of its own there: the issuer is what counts.
        let provider = event.provider.as_deref().is_some_and(|had| {
            !self.providers.is_empty() && !self.providers.iter().any(|wanted| issuer_of(wanted) == issuer_of(had))
        });
        [(subject, "subject"), (role, "role"), (provider, "provider")]
            .into_iter()
            .filter_map(|(differs, name)| differs.then_some(name))
            .collect()
    }
}

/// Whether two ARNs are one role's: a session's ARN has no path, and a role's name is unique in its account.
fn same_role(one: &str, other: &str) -> bool {
    let both = RoleArn::parse(one).zip(RoleArn::parse(other));
    both.is_some_and(|(one, other)| one.account == other.account && one.name == other.name)
}

fn issuer_of(provider: &str) -> &str {
    provider.split_once(":oidc-provider/").map_or(provider, |(_, issuer)| issuer)
}

/// The summary; `None` where nobody asked.
pub(super) fn summary(evidence: &Evidence<'_>, roles: &[RoleUnderJudgement], chain: Credentials) -> Option<EventSummary> {
    let logs = logs(evidence, roles);
    if logs.is_empty() {
        return None;
    }
    let expected = Expected::of(evidence, roles);
    let read: Vec<(&Log<'_>, &EventLog)> = logs.iter().filter_map(|log| Some((log, log.answer.present()?))).collect();
    let regions: BTreeSet<&str> = read.iter().map(|(log, _)| log.region).collect();
    let mut seen = BTreeSet::new();
    let events = read.iter().flat_map(|(_, log)| &log.events).filter(|event| expected.concerns(event));
    let events: Vec<&CredentialEvent> = events.filter(|event| event.id.is_empty() || seen.insert(event.id.as_str())).collect();
    let by = groups(&expected, &events);
    Some(EventSummary {
        hours: read.iter().map(|(_, log)| log.hours).max().unwrap_or_default(),
        regions: regions.into_iter().map(str::to_owned).collect(),
        total: events.len(),
        failed: events.iter().filter(|event| event.error.is_some()).count(),
        remarks: remarks::remarks(&by, &expected, chain, !read.is_empty()),
        gaps: remarks::gaps(&logs),
        by,
        subject: expected.subject,
        roles: expected.roles,
        provider: expected.providers.into_iter().next(),
    })
}

/// Events alike together: failures first, the latest first.
fn groups(expected: &Expected, events: &[&CredentialEvent]) -> Vec<EventGroup> {
    type Key<'a> = [&'a Option<String>; 5];
    let mut groups: BTreeMap<Key<'_>, EventGroup> = BTreeMap::new();
    for event in events {
        let key = [&event.subject, &event.role, &event.provider, &event.error, &event.message];
        let group = groups.entry(key).or_insert_with(|| EventGroup {
            subject: event.subject.clone(),
            role: event.role.clone(),
            provider: event.provider.clone(),
            error: event.error.clone(),
            message: event.message.clone(),
            differs: expected.differs(event),
            count: 0,
            first: event.time.clone(),
            last: event.time.clone(),
        });
        group.count += 1;
        // RFC 3339 in UTC to the second: texts sort as the times do.
        group.first = std::mem::take(&mut group.first).min(event.time.clone());
        group.last = std::mem::take(&mut group.last).max(event.time.clone());
    }
    let mut groups: Vec<EventGroup> = groups.into_values().collect();
    groups.sort_by(|one, other| (one.error.is_none(), &other.last).cmp(&(other.error.is_none(), &one.last)));
    groups
}
