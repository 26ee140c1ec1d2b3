//! Where the evidence comes from: a cluster and an account, bundles, or the built-in example.

use super::needs;
use crate::cli::RunArgs;
use crate::collect::{self, Calls, bundle};
use crate::error::Error;
use irsa_doctor_checks::snapshot::{Asked, Cluster, Observed, SCHEMA_VERSION, Snapshot, Target, TargetKind};
use std::collections::BTreeSet;

/// The built-in example, a bundle like any other.
const DEMO: &[u8] = include_bytes!("demo.json");

/// What there is to judge.
pub(super) struct Evidence {
    pub(super) snapshot: Snapshot,
    pub(super) calls: Calls,
    pub(super) notes: Vec<String>,
}

/// Gets the evidence.
///
/// # Errors
///
/// Nothing was asked, a bundle can't be read, or there is nothing to look at.
pub(super) fn evidence(args: &RunArgs, asked: Asked) -> Result<Evidence, Error> {
    runtime_fits(args, &asked)?;
    let mut snapshot = if args.source.demo {
        bundle::parse("the built-in example", DEMO)?
    } else if !args.source.from.is_empty() {
        bundle::read(&args.source.from)?
    } else {
        return live(args, asked);
    };
    ask(&mut snapshot, asked, args);
    needs::with_context(&args.expect, &mut snapshot.asked.actions)?;
    if snapshot.asked.targets.is_empty() {
        return Err(nothing_asked());
    }
    if args.source.with_aws {
        return with_aws(args, snapshot);
    }
    Ok(Evidence { snapshot, calls: Calls::default(), notes: Vec::new() })
}

/// Joins a saved half with what AWS says now.
fn with_aws(args: &RunArgs, half: Snapshot) -> Result<Evidence, Error> {
    let asked = half.asked.clone();
    let issuer = half.cluster().and_then(|(_, cluster)| cluster.given_issuer.clone());
    let mut options = options(args, asked.clone());
    options.issuer = options.issuer.or(issuer);
    options.half = Some(Box::new(half.clone()));
    let Evidence { snapshot: live, calls, notes } = collect_now(&options)?;
    let snapshot = Snapshot { asked, ..bundle::join(half, live)? };
    Ok(Evidence { snapshot, calls, notes })
}

fn live(args: &RunArgs, mut asked: Asked) -> Result<Evidence, Error> {
    needs::with_context(&args.expect, &mut asked.actions)?;
    if asked.targets.is_empty() && asked.error.is_some() {
        return alone(args, asked);
    }
    if asked.targets.is_empty() {
        return Err(nothing_asked());
    }
    collect_now(&options(args, asked))
}

/// A pasted error alone is explained without asking anybody; with `--profile` its encoded message is decoded.
fn alone(args: &RunArgs, mut asked: Asked) -> Result<Evidence, Error> {
    asked.targets = vec![Target::new(TargetKind::Error, "", "error")];
    if args.source.profile.is_some() {
        return collect_now(&options(args, asked));
    }
    let snapshot = Snapshot {
        schema_version: SCHEMA_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        collected_at: format!("{:.0}", jiff::Timestamp::now()),
        asked,
        ..Snapshot::default()
    };
    Ok(Evidence { snapshot, calls: Calls::default(), notes: Vec::new() })
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
    }
}

fn collect_now(options: &collect::Options) -> Result<Evidence, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(Error::Start)?;
    let collected = runtime.block_on(collect::collect(options));
    // A name that is still being looked up must not hold us up.
    runtime.shutdown_background();
    let collect::Collected { snapshot, calls, notes } = collected?;
    Ok(Evidence { snapshot, calls, notes })
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
fn ask(snapshot: &mut Snapshot, asked: Asked, args: &RunArgs) {
    let targets = targets_in(snapshot, asked.targets);
    let old = &mut snapshot.asked;
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
}

/// Gives targets without a namespace the bundle's own, and spells out a namespace's pods.
fn targets_in(snapshot: &Snapshot, targets: Vec<Target>) -> Vec<Target> {
    let namespaces: BTreeSet<&str> =
        snapshot.asked.targets.iter().map(|target| target.namespace.as_str()).filter(|namespace| !namespace.is_empty()).collect();
    let namespace = match (namespaces.first(), namespaces.len()) {
        (Some(only), 1) => only,
        _ => "default",
    };
    let mut all = Vec::new();
    for mut target in targets {
        if target.kind.is_scan() {
            let pods = scan_of(snapshot, &target);
            if !pods.is_empty() {
                all.extend(pods);
                continue;
            }
        } else if target.kind != TargetKind::Role && target.namespace.is_empty() {
            namespace.clone_into(&mut target.namespace);
        }
        all.push(target);
    }
    all
}

/// What a scan judges of a bundle: its workloads and bare pods, as they are known from the pods.
fn scan_of(snapshot: &Snapshot, scan: &Target) -> Vec<Target> {
    let clusters = snapshot.clusters.values();
    let targets = clusters.flat_map(|cluster| {
        let pods = cluster.pods.values().filter_map(Observed::present);
        irsa_doctor_checks::scan::targets(cluster, pods).0
    });
    targets.filter(|target| scan.kind == TargetKind::Cluster || target.namespace == scan.name).collect()
}
