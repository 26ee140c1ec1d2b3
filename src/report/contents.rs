//! What is in a bundle: who saved it, when, and how much of what.

use super::page::{Page, Tone};
use super::text::{number_of, target_in_cluster};
use super::{Look, escape, json};
use irsa_doctor_checks::snapshot::{Account, Cluster, Gap, Observed, Snapshot};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Where values begin.
const VALUES: usize = 13;

/// What is in a bundle.
#[derive(Debug, Serialize)]
pub(crate) struct Contents {
    file: String,
    schema_version: u32,
    tool_version: String,
    collected_at: String,
    /// Seconds; null where nobody can tell.
    age: Option<i64>,
    anonymized: bool,
    packing: &'static str,
    bytes: u64,
    bytes_unpacked: u64,
    halves: Vec<Half>,
    asked: Vec<String>,
    clusters: Vec<ClusterContents>,
    accounts: Vec<AccountContents>,
    /// What could not be read, by operation and cause.
    gaps: BTreeMap<String, usize>,
}

#[derive(Debug, Serialize)]
struct Half {
    side: String,
    by: String,
    from: String,
    at: String,
}

#[derive(Debug, Serialize)]
struct ClusterContents {
    key: String,
    name: Option<String>,
    namespaces: usize,
    pods: usize,
    service_accounts: usize,
    workloads: usize,
    /// Null where they could not be read.
    webhooks: Option<usize>,
    associations: usize,
}

#[derive(Debug, Serialize)]
struct AccountContents {
    id: String,
    roles: usize,
    policies: usize,
    providers: usize,
}

impl Contents {
    /// What is in a snapshot that was read from a file: how it was packed, how large it was, and how large unpacked.
    pub(crate) fn of(
        file: &str,
        snapshot: &Snapshot,
        (packing, bytes, bytes_unpacked): (&'static str, u64, u64),
        now: jiff::Timestamp,
    ) -> Self {
        let at: Option<jiff::Timestamp> = snapshot.collected_at.parse().ok();
        let half = |half: &irsa_doctor_checks::snapshot::Half| Half {
            side: half.side.clone(),
            by: half.by.clone(),
            from: half.from.clone(),
            at: half.at.clone(),
        };
        let mut gaps = BTreeMap::new();
        if let Ok(document) = serde_json::to_value(snapshot) {
            count_gaps(&document, &mut gaps);
        }
        Self {
            file: file.to_owned(),
            schema_version: snapshot.schema_version,
            tool_version: snapshot.tool_version.clone(),
            collected_at: snapshot.collected_at.clone(),
            age: at.map(|at| now.as_second().saturating_sub(at.as_second())),
            anonymized: snapshot.anonymized,
            packing,
            bytes,
            bytes_unpacked,
            halves: snapshot.halves.iter().map(half).collect(),
            asked: asked(snapshot),
            clusters: snapshot.clusters.iter().map(|(key, cluster)| of_cluster(key, cluster)).collect(),
            accounts: snapshot.accounts.iter().map(|(id, account)| of_account(id, account)).collect(),
            gaps,
        }
    }
}

/// The most targets that are named.
const MOST_TARGETS: usize = 10;

fn asked(snapshot: &Snapshot) -> Vec<String> {
    let targets = &snapshot.asked.targets;
    let mut asked: Vec<String> = targets.iter().take(MOST_TARGETS).map(target_in_cluster).collect();
    if targets.len() > MOST_TARGETS {
        asked.push(format!("{} more", targets.len() - MOST_TARGETS));
    }
    asked.extend(snapshot.asked.actions.iter().map(|action| format!("{} on {}", action.action, action.resource)));
    asked.extend(snapshot.asked.error.iter().map(|_| "an error message".to_owned()));
    asked
}

fn present<T>(observed: &BTreeMap<String, Observed<T>>) -> usize {
    observed.values().filter(|observed| observed.is_present()).count()
}

fn of_cluster(key: &str, cluster: &Cluster) -> ClusterContents {
    ClusterContents {
        key: key.to_owned(),
        name: cluster.name.clone(),
        namespaces: present(&cluster.namespaces),
        pods: present(&cluster.pods),
        service_accounts: present(&cluster.service_accounts),
        workloads: present(&cluster.workloads),
        webhooks: cluster.webhooks.present().map(Vec::len),
        associations: present(&cluster.associations),
    }
}

fn of_account(id: &str, account: &Account) -> AccountContents {
    AccountContents {
        id: id.to_owned(),
        roles: account.roles.values().filter(|role| role.role.is_present()).count(),
        policies: account.policies.values().filter(|policy| policy.policy.is_present()).count(),
        providers: present(&account.providers),
    }
}

/// Counts the gaps wherever they stand: what nobody asked for is none.
fn count_gaps(document: &Value, gaps: &mut BTreeMap<String, usize>) {
    match document {
        Value::Object(members) => {
            for (name, value) in members {
                let gap = (name == "unavailable").then(|| serde_json::from_value::<Gap>(value.clone()).ok()).flatten();
                match gap {
                    Some(gap) if gap.operation.is_empty() => {}
                    Some(gap) => *gaps.entry(format!("{} {}", gap.operation, gap.cause.words())).or_default() += 1,
                    None => count_gaps(value, gaps),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| count_gaps(item, gaps)),
        _ => {}
    }
}

/// Writes it for programs: a list, one entry a file.
///
/// # Errors
///
/// The writer's own.
pub(crate) fn write_contents_json(all: &[Contents], out: &mut dyn Write) -> io::Result<()> {
    json::write(&all, out)
}

/// Writes it for people.
///
/// # Errors
///
/// The writer's own.
pub(crate) fn write_contents(all: &[Contents], look: Look, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(out, look);
    for (index, contents) in all.iter().enumerate() {
        if index > 0 {
            page.blank()?;
        }
        write_one(&mut page, contents)?;
    }
    Ok(())
}

fn write_one(page: &mut Page<'_>, contents: &Contents) -> io::Result<()> {
    page.prose("", 0, &escape(&contents.file), Tone::Heading)?;
    let mut row = |label: &str, value: &str| page.prose(&format!("  {label}"), VALUES, &escape(value), Tone::Plain);
    let Contents { schema_version, tool_version, packing, bytes, bytes_unpacked, .. } = contents;
    row("format", &format!("version {schema_version}, written by irsa-doctor {tool_version}"))?;
    row("size", &format!("{bytes} bytes ({packing}), {bytes_unpacked} unpacked"))?;
    let age = contents.age.map_or_else(String::new, |age| format!(", {} ago", ago(age)));
    row("collected", &format!("{}{age}", contents.collected_at))?;
    row("names", if contents.anonymized { "replaced (--anonymize)" } else { "as they are" })?;
    for half in &contents.halves {
        row("read", &format!("{} from {} by {} at {}", half.side, half.from, half.by, half.at))?;
    }
    for asked in &contents.asked {
        row("asked", asked)?;
    }
    for cluster in &contents.clusters {
        let name = cluster.name.as_ref().filter(|name| !cluster.key.ends_with(name.as_str()));
        let name = name.map(|name| format!(" ({name})")).unwrap_or_default();
        let webhooks = cluster
            .webhooks
            .map_or("webhooks unread".to_owned(), |count| number_of(count, "webhook configuration", "webhook configurations"));
        let counts = [
            number_of(cluster.pods, "pod", "pods"),
            number_of(cluster.service_accounts, "service account", "service accounts"),
            number_of(cluster.workloads, "workload", "workloads"),
            number_of(cluster.namespaces, "namespace", "namespaces"),
            number_of(cluster.associations, "association", "associations"),
            webhooks,
        ];
        row("cluster", &format!("{}{name}: {}", cluster.key, counts.join(", ")))?;
    }
    for account in &contents.accounts {
        let counts = [
            number_of(account.roles, "role", "roles"),
            number_of(account.policies, "managed policy", "managed policies"),
            number_of(account.providers, "OIDC provider", "OIDC providers"),
        ];
        row("account", &format!("{}: {}", account.id, counts.join(", ")))?;
    }
    for (gap, count) in &contents.gaps {
        row("unread", &if *count > 1 { format!("{gap} ({count} times)") } else { gap.clone() })?;
    }
    Ok(())
}

/// An age as one says it.
fn ago(seconds: i64) -> String {
    let unit = |count: i64, one: &str| number_of(usize::try_from(count).unwrap_or_default(), one, &format!("{one}s"));
    match seconds {
        ..0 => "less than no time".to_owned(),
        0..120 => unit(seconds, "second"),
        120..7200 => unit(seconds / 60, "minute"),
        7200..172_800 => unit(seconds / 3600, "hour"),
        _ => unit(seconds / 86_400, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_as_people_do() {
        for (seconds, text) in [
            (-5, "less than no time"),
            (1, "1 second"),
            (119, "119 seconds"),
            (120, "2 minutes"),
            (7200, "2 hours"),
            (864_000, "10 days"),
        ] {
            assert_eq!(ago(seconds), text);
        }
    }

    #[test]
    fn hostile_text_is_shown_and_not_sent() {
        let snapshot =
            Snapshot { tool_version: "\u{1b}[2J".to_owned(), collected_at: "soon\u{202e}".to_owned(), ..Snapshot::default() };
        let contents = [Contents::of("x\u{9b}31m", &snapshot, ("plain", 1, 1), jiff::Timestamp::UNIX_EPOCH)];
        assert_eq!(contents[0].age, None);
        let mut out = Vec::new();
        write_contents(&contents, Look { width: 60, color: false, unicode: true }, &mut out).unwrap();
        write_contents_json(&contents, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let bad = text.chars().find(|&c| c != '\n' && irsa_doctor_checks::fix::acts_on_terminal(c));
        assert_eq!(bad, None, "{text}");
    }
}
