//! Several clusters in one run: each is read as if it were the only one, and they are set side by side.

use super::{Outcome, Source, collect, needs_cluster, run};
use crate::collect::kubernetes::{ConnectError, Connection};
use crate::collect::{Calls, CollectError, Collected, Options, bundle};
use futures_util::StreamExt as _;
use futures_util::stream;
use irsa_doctor_checks::snapshot::{Cluster, Gap, GapCause, Scan, Snapshot, Target};
use std::collections::BTreeSet;
use tokio::time::Instant;

/// How many clusters are read at once.
const MOST_AT_ONCE: usize = 8;

/// One context's cluster.
struct Part {
    context: String,
    outcome: Outcome,
}

/// Collects for the targets in each of these contexts' clusters. One that can't be reached is a gap.
///
/// # Errors
///
/// Where none could be looked at, or the targets are in none: what was wrong with the first.
pub(super) async fn run_each(options: &Options, contexts: &[String]) -> Result<Collected, CollectError> {
    let (contexts, mut notes) = different(options, contexts);
    let deadline = Instant::now() + options.timeout;
    let parts = stream::iter(contexts).map(|way| Box::pin(part(options, way, deadline))).buffered(MOST_AT_ONCE);
    let parts: Vec<Part> = parts.collect().await;
    let is_useless = |part: &Part| part.outcome.trouble.is_some();
    if parts.iter().all(is_useless) {
        // That it isn't in one cluster says nothing of one that could not be looked at.
        let troubles = || parts.iter().filter_map(|part| Some((part, part.outcome.trouble.as_ref()?)));
        let unseen = troubles().find(|(_, trouble)| !matches!(trouble, CollectError::TargetNotThere { .. }));
        if let Some((part, trouble)) = unseen.or_else(|| troubles().next()) {
            return Err(trouble.clone().of_context(&part.context));
        }
    }
    let mut calls = Calls::default();
    let mut snapshot: Option<Snapshot> = None;
    for Part { context, outcome } in parts {
        calls.kubernetes += outcome.collected.calls.kubernetes;
        calls.aws += outcome.collected.calls.aws;
        notes.extend(outcome.collected.notes.iter().map(|note| format!("{context}: {note}")));
        let taken: BTreeSet<String> = snapshot.iter().flat_map(|known| known.clusters.keys().cloned()).collect();
        let Some(one) = named(&context, &taken, outcome, &mut notes) else { continue };
        snapshot = Some(match snapshot {
            Some(known) => bundle::beside(known, one),
            None => one,
        });
    }
    let mut snapshot = snapshot.unwrap_or_default();
    if snapshot.clusters.len() == 1 {
        // It goes without saying which one is meant.
        snapshot.asked.targets.iter_mut().for_each(|target| target.cluster = None);
    }
    Ok(Collected { snapshot, calls, notes })
}

/// A context, and what the kubeconfig says of it.
struct Way {
    context: String,
    connection: Result<Connection, ConnectError>,
}

/// Contexts that lead one user to one cluster, with one namespace, are read once.
fn different(options: &Options, contexts: &[String]) -> (Vec<Way>, Vec<String>) {
    let needs_namespace = options.namespace.is_none() && options.asked.targets.iter().any(|target| !target.kind.is_scan());
    let (mut kept, mut notes): (Vec<Way>, _) = (Vec::new(), Vec::new());
    for context in contexts {
        let options = Options { context: Some(context.clone()), ..options.clone() };
        let connection = run::connection(&options, needs_cluster(&options));
        let is_same = |known: &&Way| match (&known.connection, &connection) {
            (Ok(known), Ok(new)) => known.leads_where(new) && (!needs_namespace || known.namespace == new.namespace),
            _ => false,
        };
        if let Some(Way { context: first, .. }) = kept.iter().find(is_same) {
            notes.push(format!("contexts {first} and {context} are of one cluster: it is read as {first}"));
        } else {
            kept.push(Way { context: context.clone(), connection });
        }
    }
    (kept, notes)
}

async fn part(options: &Options, Way { context, connection }: Way, deadline: Instant) -> Part {
    let left = deadline.saturating_duration_since(Instant::now());
    let options = Options { context: Some(context.clone()), timeout: left, ..options.clone() };
    Part { outcome: Box::pin(collect(&options, Source::Environment, connection)).await, context }
}

/// A part's snapshot, its cluster under a key of its own, its targets with that key. `None`: there is nothing to judge.
fn named(context: &str, taken: &BTreeSet<String>, outcome: Outcome, notes: &mut Vec<String>) -> Option<Snapshot> {
    let Outcome { collected, trouble } = outcome;
    let mut snapshot = collected.snapshot;
    let (key, mut cluster) = snapshot.clusters.pop_first().unwrap_or_else(|| (context.to_owned(), Cluster::default()));
    cluster.context.get_or_insert_with(|| context.to_owned());
    match trouble {
        Some(CollectError::TargetNotThere { message, .. }) => {
            notes.push(format!("{context}: {message}"));
            return None;
        }
        Some(trouble) => {
            let gap = Gap::new("read the cluster", cause(&trouble)).detail(trouble.to_string()).remedy(trouble.help());
            cluster.scan.get_or_insert_with(Scan::default).gaps.push(gap);
            // Whatever was asked for: nothing is known of it here.
            let whole = Target::new(irsa_doctor_checks::snapshot::TargetKind::Cluster, "", "");
            snapshot.asked.targets = vec![Target { scanned: true, ..whole }];
        }
        None => {}
    }
    let key = if taken.contains(&key) { format!("{key} ({context})") } else { key };
    for target in snapshot.asked.targets.iter_mut().filter(|target| !super::is_outside(target)) {
        target.cluster = Some(key.clone());
    }
    snapshot.clusters.insert(key, cluster);
    Some(snapshot)
}

fn cause(trouble: &CollectError) -> GapCause {
    match trouble {
        CollectError::NothingToLookAt { cause, .. } => *cause,
        CollectError::TargetNotThere { .. } | CollectError::BadArguments { .. } | CollectError::Interrupted => {
            GapCause::NotCollected
        }
    }
}
