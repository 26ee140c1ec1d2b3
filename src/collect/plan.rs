//! The plan of a run: what is asked, and when.
//!
//! Everything that doesn't need another's answer runs side by side, and each thing is fetched once ([`once`]). There
//! are no phases: a role is asked for as soon as the pod names it. The depth of a healthy pod, in round trips: (1) the
//! pod, beside it the issuer, `eks:DescribeCluster` and `sts:GetCallerIdentity`; (2) its service account, its role with
//! the lists of its policies, the issuer's provider, the Pod Identity association; (3) the policies and, guessing v1,
//! their documents; (4) another default version, where v1 wasn't it.

mod account;
mod authorization;
mod cluster;
mod decode;
mod each;
mod half;
mod missing;
mod once;
mod pod;
mod resource;
mod role;
mod run;
mod runtime;
mod scan;
mod snapshot;
mod target;
mod workload;

#[cfg(test)]
mod tests;

use super::kubernetes::{ConnectError, Connection};
use super::{Calls, CollectError, Collected, Options};
use futures_util::future::{Either, select};
use irsa_doctor_checks::snapshot::{Asked, Gap, GapCause, Observed, Target, TargetKind};
use run::{Run, Source};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// Collects for the targets.
pub(super) async fn run(options: &Options) -> Result<Collected, CollectError> {
    let connection = run::connection(options, needs_cluster(options));
    let Outcome { collected, trouble } = Box::pin(collect(options, Source::Environment, connection)).await;
    trouble.map_or(Ok(collected), Err)
}

/// Collects for the targets in each context's cluster.
pub(super) async fn run_each(options: &Options, contexts: &[String]) -> Result<Collected, CollectError> {
    each::run_each(options, contexts).await
}

/// The contexts that the kubeconfig has.
pub(super) fn contexts(options: &Options) -> Result<Vec<String>, CollectError> {
    Connection::contexts(&run::kubernetes_options(options)).map_err(|error| bad_arguments(&error))
}

/// The names of a kind's objects, where they can be had at once.
pub(super) async fn names(options: &Options, kind: TargetKind) -> Option<Vec<String>> {
    // What is asked for decides whether a cluster is.
    let asked = Asked { targets: vec![Target::new(kind, "", "")], ..Asked::default() };
    let options = &Options { asked, ..options.clone() };
    let run = Run::new(options, Source::Environment, run::connection(options, true));
    let own = run.connection.as_ref().ok().map(|connection| connection.namespace.clone());
    let namespace = options.namespace.clone().or(own);
    run.api().await.ok()?.names(kind, namespace.as_deref().unwrap_or("default")).await
}

/// What one cluster's run came to.
struct Outcome {
    /// What was read.
    collected: Collected,
    /// Why it is of no use, where it is the only one.
    trouble: Option<CollectError>,
}

async fn collect(options: &Options, source: Source, connection: Result<Connection, ConnectError>) -> Outcome {
    let needs_cluster = needs_cluster(options);
    let run = Run::new(options, source, connection);
    let usable = if needs_cluster && options.half.is_none() { usable(&run) } else { Ok(()) };
    let targets = named(&run);
    let (found, trouble) = match usable {
        Ok(()) => asked(&run, targets, needs_cluster).await,
        Err(error) => (targets, Some(error)),
    };
    let trouble = trouble.or_else(|| nothing_seen(&run, needs_cluster).err());
    let mut snapshot = run.snapshot(found);
    if trouble.is_none() {
        run.spell_out(&mut snapshot);
        let added = Box::pin(run.add_runtime_evidence(&mut snapshot));
        if let Either::Right(_) = select(added, Box::pin(options.interrupt.asked())).await {
            run.note("the run was ended: run-time evidence was not read".to_owned());
        }
    }
    let kubernetes = run.api.get().and_then(|api| api.as_ref().ok()).map_or(0, super::kubernetes::Api::calls);
    let calls = Calls { kubernetes, aws: run.guard.requests() };
    let notes = std::mem::take(&mut *run.notes.lock().unwrap_or_else(PoisonError::into_inner));
    Outcome { collected: Collected { snapshot, calls, notes }, trouble }
}

/// Asks everything, until it is answered, the time is up or somebody ends it.
async fn asked(run: &Run<'_>, targets: Vec<Target>, needs_cluster: bool) -> (Vec<Target>, Option<CollectError>) {
    let ended = {
        let ask = Box::pin(ask(run, &targets, needs_cluster));
        let in_time = Box::pin(tokio::time::timeout_at(run.deadline, ask));
        match select(in_time, Box::pin(run.options.interrupt.asked())).await {
            Either::Left((Ok(answered), _)) => Ok(answered),
            Either::Left((Err(_), _)) => Err(format!("the time of the run ({} s) was up", run.options.timeout.as_secs())),
            Either::Right(_) => Err("the run was ended".to_owned()),
        }
    };
    let why = match ended {
        Ok(Ok(found)) => return (found, None),
        Ok(Err(error)) => return (targets, Some(error)),
        Err(why) => why,
    };
    let only_scans = targets.iter().all(|target| target.kind.is_scan());
    if run.options.interrupt.is_asked() && only_scans && run.scans_read.load(Ordering::Relaxed) == 0 {
        return (targets, Some(CollectError::Interrupted));
    }
    run.note(format!("{why}: what was not read by then is unknown"));
    (targets, None)
}

/// Whether a cluster is needed: for a role with `--issuer` it isn't.
fn needs_cluster(options: &Options) -> bool {
    options.asked.targets.iter().any(|target| !is_outside(target))
        || (options.issuer.is_none() && options.asked.targets.iter().any(|target| target.kind == TargetKind::Role))
}

/// Whether a target is in no cluster.
fn is_outside(target: &Target) -> bool {
    matches!(target.kind, TargetKind::Role | TargetKind::Error)
}

/// Whether the kubeconfig can be used.
///
/// # Errors
///
/// Exit 2 where an argument or a file is wrong, exit 4 where nothing names a cluster and a target is in one.
fn usable(run: &Run<'_>) -> Result<(), CollectError> {
    let Err(error) = &run.connection else { return Ok(()) };
    if error.is_no_cluster() && (run.options.cluster.is_some() || !has_cluster_target(run)) {
        return Ok(());
    }
    match error {
        ConnectError::NoKubeconfig { .. } | ConnectError::Empty { .. } => Err(CollectError::NothingToLookAt {
            message: error.to_string(),
            help: error.help(),
            retryable: false,
            cause: GapCause::NotCollected,
        }),
        _ => Err(bad_arguments(error)),
    }
}

fn bad_arguments(error: &ConnectError) -> CollectError {
    CollectError::BadArguments { message: error.to_string(), help: error.help() }
}

fn has_cluster_target(run: &Run<'_>) -> bool {
    run.options.asked.targets.iter().any(|target| !is_outside(target))
}

/// The targets, with the namespace that is meant where none was named.
fn named(run: &Run<'_>) -> Vec<Target> {
    let of_context = run.connection.as_ref().ok().map(|connection| connection.namespace.as_str());
    let default = run.options.namespace.as_deref().or(of_context).unwrap_or("default");
    let name = |target: &Target| {
        let mut target = target.clone();
        if target.namespace.is_empty() && !is_outside(&target) && target.kind != TargetKind::Cluster {
            target.namespace = if target.kind == TargetKind::Namespace { target.name.clone() } else { default.to_owned() };
        }
        target
    };
    run.options.asked.targets.iter().map(name).collect()
}

/// Asks everything: what the targets need, and beside it what any target needs. A target that isn't there ends it at once.
async fn ask(run: &Run<'_>, targets: &[Target], needs_cluster: bool) -> Result<Vec<Target>, CollectError> {
    let facts = async {
        let callers = async {
            if run.options.aws {
                run.callers().await;
            }
        };
        let cluster = async {
            if has_cluster_target(run) {
                run.cluster_facts().await;
            } else if needs_cluster {
                run.issuer().await;
            }
        };
        tokio::join!(Box::pin(callers), Box::pin(cluster));
    };
    match select(Box::pin(run.follow_targets(targets)), Box::pin(facts)).await {
        Either::Left((found, facts)) => {
            let found = found?;
            facts.await;
            Ok(found)
        }
        Either::Right(((), targets)) => targets.await,
    }
}

/// Whether anything could be looked at.
///
/// # Errors
///
/// Exit 4, with the first reason, where the side that the targets live on gave no answer at all.
fn nothing_seen(run: &Run<'_>, needs_cluster: bool) -> Result<(), CollectError> {
    let cluster_seen = needs_cluster && run.cluster.is_seen();
    if cluster_seen || (!has_cluster_target(run) && run.is_account_seen()) {
        return Ok(());
    }
    if run.options.interrupt.is_asked() {
        return Err(CollectError::Interrupted);
    }
    let gap = if has_cluster_target(run) { run.cluster.first_gap() } else { run.first_account_gap() };
    let gap = match run.api.get() {
        Some(Err(gap)) if has_cluster_target(run) => Some(gap.clone()),
        _ => gap,
    };
    // Another account's role, or a target that nobody could ask about: a gap like any other.
    let Some(gap) = gap.filter(|gap| gap.cause != GapCause::NotCollected) else { return Ok(()) };
    let what = if has_cluster_target(run) { "the cluster" } else { "AWS" };
    Err(CollectError::NothingToLookAt {
        message: format!(
            "{what} could not be looked at: {}",
            if gap.detail.is_empty() { gap.cause.as_str() } else { &gap.detail }
        ),
        help: if gap.remedy.is_empty() {
            "check the context (--context), the credentials and the network".to_owned()
        } else {
            gap.remedy
        },
        retryable: is_retryable(gap.cause),
        cause: gap.cause,
    })
}

/// Whether the same call could succeed later.
fn is_retryable(cause: GapCause) -> bool {
    matches!(cause, GapCause::Unreachable | GapCause::TimedOut | GapCause::Throttled | GapCause::ServerError)
}

/// Whether an answer came from the thing that was asked: a refusal is one, a closed port is none.
fn is_answer<T>(observed: &Observed<T>) -> bool {
    match observed {
        Observed::Present(_) | Observed::Absent => true,
        Observed::Unavailable(Gap { cause, .. }) => *cause == GapCause::Denied,
    }
}
