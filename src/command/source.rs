//! Where the evidence comes from: a cluster and an account, bundles, or the built-in example.

use super::needs;
use super::{interrupt, progress};
use crate::cli::{self, RunArgs};
use crate::collect::{self, Calls, bundle};
use crate::error::Error;
use irsa_doctor_checks::scan;
use irsa_doctor_checks::snapshot::{
    Asked, Cluster, Gap, Observed, SCHEMA_VERSION, Scan, Snapshot, Target, TargetKind, key, kind_key,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The built-in example, a bundle like any other.
const DEMO: &[u8] = include_bytes!("demo.json");

/// What there is to judge.
pub(super) struct Evidence {
    pub(super) snapshot: Snapshot,
    pub(super) calls: Calls,
    pub(super) notes: Vec<String>,
    /// Whether somebody ended the collecting before it was done.
    pub(super) interrupted: bool,
}

impl Evidence {
    /// What nobody had to be asked for.
    fn at_hand(snapshot: Snapshot) -> Self {
        Self { snapshot, calls: Calls::default(), notes: Vec::new(), interrupted: false }
    }
}

/// Gets the evidence.
///
/// # Errors
///
/// Nothing was asked, a bundle can't be read, or there is nothing to look at.
pub(super) fn evidence(args: &RunArgs, asked: Asked) -> Result<Evidence, Error> {
    runtime_fits(args, &asked)?;
    let chooses = args.target.selector.is_some() || args.target.field_selector.is_some();
    if chooses && (args.source.demo || !args.source.from.is_empty()) {
        let help = "give -l and --field-selector when the bundle is saved; --from takes -n NAMESPACE or a target";
        return Err(Error::usage("a selector chooses in a cluster, and a bundle is none", help));
    }
    let mut snapshot = if args.source.demo {
        bundle::parse("the built-in example", DEMO)?
    } else if !args.source.from.is_empty() {
        bundle::read(&args.source.from)?
    } else {
        return live(args, asked);
    };
    ask(&mut snapshot, asked, args)?;
    needs::with_context(&args.expect.needs, &mut snapshot.asked.actions)?;
    // A scan may have come upon nothing that is judged.
    let was_scanned = snapshot.clusters.values().any(|cluster| cluster.scan.is_some());
    if snapshot.asked.targets.is_empty() && !was_scanned {
        return Err(nothing_asked());
    }
    if args.output.metrics_file.is_some() && snapshot.clusters.len() > 1 {
        let help = "write each cluster's metrics in a run of its own";
        return Err(Error::usage("`--metrics-file` is for one cluster, and this bundle has several", help));
    }
    if args.source.with_aws {
        return with_aws(args, snapshot);
    }
    Ok(Evidence::at_hand(snapshot))
}

/// Joins a saved half with what AWS says now.
fn with_aws(args: &RunArgs, half: Snapshot) -> Result<Evidence, Error> {
    if half.clusters.len() > 1 {
        let help = "save each cluster's half by itself, with --context NAME --save FILE";
        return Err(Error::usage("`--with-aws` takes the half of one cluster, and this bundle has several", help));
    }
    let asked = half.asked.clone();
    let issuer = half.cluster().and_then(|(_, cluster)| cluster.given_issuer.clone());
    let mut options = options(args, asked.clone());
    options.issuer = options.issuer.or(issuer);
    options.half = Some(Box::new(half.clone()));
    let Evidence { snapshot: live, calls, notes, interrupted } = collect_now(args, &options)?;
    let snapshot = Snapshot { asked, ..bundle::join(half, live)? };
    Ok(Evidence { snapshot, calls, notes, interrupted })
}

fn live(args: &RunArgs, mut asked: Asked) -> Result<Evidence, Error> {
    needs::with_context(&args.expect.needs, &mut asked.actions)?;
    if asked.targets.is_empty() && asked.error.is_some() {
        return alone(args, asked);
    }
    if asked.targets.is_empty() {
        return Err(nothing_asked());
    }
    collect_now(args, &options(args, asked))
}

/// A pasted error alone is explained without asking anybody; with `--profile` its encoded message is decoded.
fn alone(args: &RunArgs, mut asked: Asked) -> Result<Evidence, Error> {
    asked.targets = vec![Target::new(TargetKind::Error, "", "error")];
    if args.source.profile.is_some() {
        return collect_now(args, &options(args, asked));
    }
    let snapshot = Snapshot {
        schema_version: SCHEMA_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        collected_at: format!("{:.0}", jiff::Timestamp::now()),
        asked,
        ..Snapshot::default()
    };
    Ok(Evidence::at_hand(snapshot))
}

/// Where to look, as the command line has it.
fn options(args: &RunArgs, asked: Asked) -> collect::Options {
    let (source, target) = (&args.source, &args.target);
    collect::Options {
        asked,
        kubeconfig: source.kubeconfig.clone(),
        context: source.context.clone(),
        cluster: source.cluster.clone(),
        region: source.region.clone(),
        profile: source.profile.clone(),
        role_profile: source.role_profile.clone(),
        issuer: target.issuer.clone(),
        impersonate: source.impersonate.clone(),
        namespace: target.namespace.clone(),
        labels: target.selector.clone().unwrap_or_default(),
        fields: target.field_selector.clone().unwrap_or_default(),
        call_timeout: source.call_timeout,
        timeout: source.timeout,
        native_token: !source.no_native_token,
        aws: true,
        cloudtrail: args.runtime.cloudtrail,
        simulate: args.runtime.simulate,
        half: None,
        interrupt: collect::Interrupt::default(),
        progress: Arc::default(),
    }
}

fn collect_now(args: &RunArgs, options: &collect::Options) -> Result<Evidence, Error> {
    let contexts = contexts(args, options)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(Error::Start)?;
    // What judging needs of the services takes milliseconds to unpack: while the first answers are on their way.
    runtime.spawn_blocking(irsa_doctor_iam::services::date);
    let watched = interrupt::watch(&options.interrupt);
    let bar = progress::show(&options.progress, args.output.report.quiet);
    let collected = runtime.block_on(async {
        match &contexts {
            Some(contexts) => collect::collect_each(options, contexts).await,
            None => collect::collect(options).await,
        }
    });
    drop((bar, watched));
    // A name that is still being looked up must not hold us up.
    runtime.shutdown_background();
    let collect::Collected { snapshot, calls, notes } = collected?;
    Ok(Evidence { snapshot, calls, notes, interrupted: options.interrupt.is_asked() })
}

/// The contexts of `--contexts` and `--all-contexts`.
///
/// # Errors
///
/// The kubeconfig has no such context, or a target is in no cluster.
fn contexts(args: &RunArgs, options: &collect::Options) -> Result<Option<Vec<String>>, Error> {
    let source = &args.source;
    if source.contexts.is_empty() && !source.all_contexts {
        return Ok(None);
    }
    if options.asked.targets.iter().any(|target| matches!(target.kind, TargetKind::Role | TargetKind::Error)) {
        let help = "name pods, workloads or service accounts, or scan with -A; a role needs no --contexts";
        return Err(Error::usage("a role is in no cluster, and several contexts were given", help));
    }
    let known = collect::contexts(options)?;
    if source.all_contexts {
        return Ok(Some(known));
    }
    let mut wanted: Vec<String> = Vec::new();
    for name in source.contexts.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
        if !known.iter().any(|context| context == name) {
            let otherwise = "`kubectl config get-contexts` lists them";
            let help = cli::did_you_mean(name, known.iter().map(String::as_str), otherwise);
            return Err(Error::usage(format!("the kubeconfig has no context `{name}`"), help));
        }
        if !wanted.iter().any(|known| known == name) {
            wanted.push(name.to_owned());
        }
    }
    if wanted.is_empty() {
        return Err(Error::usage("`--contexts` names no context", "write `--contexts NAME,NAME`, or `--all-contexts`"));
    }
    Ok(Some(wanted))
}

/// Whether `--cloudtrail` and `--simulate` have somebody to ask, and something to ask about.
fn runtime_fits(args: &RunArgs, asked: &Asked) -> Result<(), Error> {
    let flag = match (args.runtime.cloudtrail, args.runtime.simulate) {
        (Some(_), _) => "--cloudtrail",
        (None, true) => "--simulate",
        (None, false) => return Ok(()),
    };
    if args.source.demo || (!args.source.from.is_empty() && !args.source.with_aws) {
        let help = "what a bundle holds of it is shown anyway; add --with-aws to a --from, to ask AWS now";
        return Err(Error::usage(format!("`{flag}` asks AWS, and nothing is asked here"), help));
    }
    // Of a bundle, the question may be the bundle's own; an error may name the action.
    let nothing_to_simulate = asked.actions.is_empty() && asked.error.is_none() && args.source.from.is_empty();
    if args.runtime.simulate && nothing_to_simulate {
        return Err(Error::usage("`--simulate` needs an action", "say what the pod must be allowed with --action or --needs"));
    }
    Ok(())
}

fn nothing_asked() -> Error {
    Error::usage(
        "it isn't said what to look at",
        "write `irsa-doctor --pod NAME -n NAMESPACE`; `irsa-doctor --demo` shows an example",
    )
}

/// Puts the command line's question to a bundle: what it says goes before what the bundle was saved with.
///
/// # Errors
///
/// The bundle shows that something it names isn't there.
fn ask(snapshot: &mut Snapshot, asked: Asked, args: &RunArgs) -> Result<(), Error> {
    let targets = targets_in(snapshot, asked.targets)?;
    let old = &mut snapshot.asked;
    // A bundle that somebody made by hand may have a scan that nobody spelt out.
    let asks_anew = !targets.is_empty() || old.targets.iter().any(|target| target.kind.is_scan() && !target.scanned);
    if !targets.is_empty() {
        old.targets = targets;
    }
    old.container = asked.container.or(old.container.take());
    old.service_account = asked.service_account.or(old.service_account.take());
    old.role = asked.role.or(old.role.take());
    if asked.error.is_some() && asked.error != old.error {
        // What was decoded belongs to the other text.
        snapshot.decoded_message = Observed::default();
        old.error = asked.error;
    }
    if !asked.policies.is_empty() {
        old.policies = asked.policies;
    }
    if !asked.actions.is_empty() {
        old.actions = asked.actions;
    }
    if let Some(issuer) = &args.target.issuer {
        if snapshot.clusters.is_empty() {
            snapshot.clusters.insert("given".to_owned(), Cluster::default());
        }
        for cluster in snapshot.clusters.values_mut() {
            cluster.given_issuer = Some(issuer.clone());
        }
    }
    if asks_anew {
        scan_again(snapshot);
    }
    Ok(())
}

/// What a new question scans of a bundle: all pods that it has, and a gap for those that it may not have. What couldn't be read
/// of a cluster stays unread.
fn scan_again(snapshot: &mut Snapshot) {
    let scans: Vec<Target> =
        snapshot.asked.targets.iter().filter(|target| target.kind.is_scan() && !target.scanned).cloned().collect();
    for cluster in snapshot.clusters.values_mut() {
        // A misspelt name has no pods, either.
        let is_unseen = |scan: &&Target| scan.kind == TargetKind::Namespace && bundle::is_unseen(cluster, &scan.name);
        let unseen: Vec<&Target> = scans.iter().filter(is_unseen).collect();
        let old = cluster.scan.take().unwrap_or_default();
        let mut gaps = old.gaps.clone();
        for scan in &scans {
            let listed = cluster.pod_lists.get(&scan.name).is_some_and(Observed::is_present);
            if !(old.has_whole(&scan.name) || (scan.kind == TargetKind::Namespace && listed)) {
                let detail = format!("the bundle was not saved of all pods of {}", scan.place());
                gaps.push(Gap::not_collected("list pods").detail(detail).remedy("save it again, of the whole place"));
            } else if unseen.contains(&scan) {
                let detail = format!("the bundle doesn't say whether there is a {}, it has no pods of it", scan.place());
                gaps.push(Gap::not_collected("get namespaces").about(&scan.name).detail(detail).remedy("check the name"));
            }
        }
        if !scans.is_empty() || !gaps.is_empty() {
            cluster.scan = Some(Scan { whole: old.whole, gaps, ..Scan::default() });
        }
    }
    if !scans.is_empty() {
        scan::spell_out(snapshot, |_, _| true);
    }
}

/// Gives targets without a namespace the bundle's own, and those of several clusters the clusters that have them.
///
/// # Errors
///
/// The bundle shows that one isn't there.
fn targets_in(snapshot: &Snapshot, targets: Vec<Target>) -> Result<Vec<Target>, Error> {
    let namespaces: BTreeSet<&str> =
        snapshot.asked.targets.iter().map(|target| target.namespace.as_str()).filter(|namespace| !namespace.is_empty()).collect();
    let namespace = match (namespaces.first(), namespaces.len()) {
        (Some(only), 1) => only,
        _ => "default",
    };
    let named = targets.into_iter().map(|mut target| {
        if !target.kind.is_scan() && target.kind != TargetKind::Role && target.namespace.is_empty() {
            namespace.clone_into(&mut target.namespace);
        }
        target
    });
    let named: Vec<Target> = named.collect();
    bundle::all_there(snapshot, &named)?;
    let several = snapshot.clusters.len() > 1;
    Ok(if several { named.into_iter().flat_map(|target| in_clusters(snapshot, target)).collect() } else { named })
}

/// Whether a scan of the cluster left something unread.
fn is_unread(cluster: &Cluster) -> bool {
    cluster.scan.as_ref().is_some_and(|scan| !scan.gaps.is_empty())
}

/// A target in each of several clusters that know it; where none does, in the first.
fn in_clusters(snapshot: &Snapshot, target: Target) -> Vec<Target> {
    if target.kind.is_scan() || target.kind == TargetKind::Role {
        return vec![target];
    }
    let (own, of_kind) = (key(&target.namespace, &target.name), kind_key(target.kind.kind(), &target.namespace, &target.name));
    let has = |cluster: &Cluster| match target.kind {
        TargetKind::Pod => cluster.pods.contains_key(&own),
        TargetKind::ServiceAccount => cluster.service_accounts.contains_key(&own),
        _ => cluster.workloads.contains_key(&of_kind),
    };
    let mut names: Vec<&String> = snapshot.clusters.iter().filter(|(_, cluster)| has(cluster)).map(|(name, _)| name).collect();
    let unread = snapshot.clusters.iter().filter(|(_, cluster)| is_unread(cluster) && !has(cluster));
    let unread =
        unread.map(|(name, _)| Target { scanned: true, cluster: Some(name.clone()), ..Target::new(TargetKind::Cluster, "", "") });
    let unread: Vec<Target> = unread.collect();
    if names.is_empty() && unread.is_empty() {
        names.extend(snapshot.clusters.keys().next());
    }
    names.into_iter().map(|name| Target { cluster: Some(name.clone()), ..target.clone() }).chain(unread).collect()
}
