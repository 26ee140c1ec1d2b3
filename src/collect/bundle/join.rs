//! Joining halves: what was seen beats what was not; where both saw, the later one wins.

use irsa_doctor_checks::evidence::ROLE_ANNOTATION;
use irsa_doctor_checks::snapshot::{
    Account, Asked, Cluster, GapCause, Observed, PolicyEvidence, ResourceEvidence, RoleEvidence, Scan, Snapshot, Target,
    TargetKind, key, kind_key,
};
use std::collections::{BTreeMap, BTreeSet};

/// Joins two snapshots.
///
/// # Errors
///
/// The keys of two clusters that can't be one.
pub(super) fn join(mut earlier: Snapshot, mut later: Snapshot) -> Result<Snapshot, (String, String)> {
    if earlier.clusters.len() + later.clusters.len() > 2 {
        // One of them has several: whose a target is must be said before they are put together.
        name_clusters(&mut earlier);
        name_clusters(&mut later);
    }
    let clusters = clusters(std::mem::take(&mut earlier.clusters), std::mem::take(&mut later.clusters))?;
    let mut joined = with_clusters(earlier, later, clusters);
    joined.asked.targets = still_asked(&joined);
    Ok(joined)
}

/// Gives the targets of a snapshot of one cluster that cluster's key.
fn name_clusters(snapshot: &mut Snapshot) {
    let Some(key) = snapshot.clusters.keys().next().filter(|_| snapshot.clusters.len() == 1).cloned() else { return };
    let is_inside = |target: &&mut Target| !matches!(target.kind, TargetKind::Role | TargetKind::Error);
    for target in snapshot.asked.targets.iter_mut().filter(is_inside) {
        target.cluster.get_or_insert_with(|| key.clone());
    }
}

/// Sets the snapshot of another cluster beside what is there: accounts are joined, clusters stay apart.
pub(super) fn beside(mut earlier: Snapshot, mut other: Snapshot) -> Snapshot {
    let mut clusters = std::mem::take(&mut earlier.clusters);
    clusters.append(&mut other.clusters);
    with_clusters(earlier, other, clusters)
}

fn with_clusters(earlier: Snapshot, later: Snapshot, clusters: Clusters) -> Snapshot {
    Snapshot {
        schema_version: later.schema_version,
        tool_version: later.tool_version,
        from_files: false,
        anonymized: earlier.anonymized || later.anonymized,
        // Ages are told from the later clock.
        collected_at: earlier.collected_at.max(later.collected_at),
        asked: asked(earlier.asked, later.asked),
        halves: both(earlier.halves, later.halves),
        decoded_message: observed(earlier.decoded_message, later.decoded_message),
        callers: observed_map(earlier.callers, later.callers),
        clusters,
        accounts: map(earlier.accounts, later.accounts, account),
        resource_policies: map(earlier.resource_policies, later.resource_policies, resource_policy),
    }
}

/// The targets but for roles that were asked about in the place of a cluster: now that it is there, its own target
/// goes through the same role for the same service account.
fn still_asked(joined: &Snapshot) -> Vec<Target> {
    let targets = &joined.asked.targets;
    let goes_through = |target: &Target, role: &Target| match &role.subject {
        Some(subject) => path(joined, target).is_some_and(|(account, roles)| account == *subject && roles.contains(&role.name)),
        None => false,
    };
    let is_covered = |role: &Target| role.kind == TargetKind::Role && targets.iter().any(|target| goes_through(target, role));
    targets.iter().filter(|target| !is_covered(target)).cloned().collect()
}

/// The service account that a pod or a service account stands for, `namespace/name`, and the roles that they name.
fn path(joined: &Snapshot, target: &Target) -> Option<(String, BTreeSet<String>)> {
    let (_, cluster) = joined.cluster()?;
    let pod = cluster.pods.get(&key(&target.namespace, &target.name)).and_then(Observed::present);
    let (name, spec) = match target.kind {
        TargetKind::Pod => pod.map(|pod| (pod.spec.account_name(), Some(&pod.spec)))?,
        TargetKind::ServiceAccount => (target.name.as_str(), None),
        kind if kind.is_workload() => {
            let workload = cluster.workloads.get(&kind_key(kind.kind(), &target.namespace, &target.name))?.present()?;
            workload.template().map(|template| (template.spec.account_name(), None))?
        }
        _ => return None,
    };
    let account = key(&target.namespace, name);
    let annotated = cluster.service_accounts.get(&account).and_then(Observed::present);
    let annotated = annotated.and_then(|account| account.metadata.annotation(ROLE_ANNOTATION)).map(str::to_owned);
    let variables = spec.into_iter().flat_map(|spec| &spec.containers).flat_map(|container| &container.env);
    let in_use = variables.filter(|variable| variable.name == "AWS_ROLE_ARN").filter_map(|variable| variable.value.clone());
    Some((account, in_use.chain(annotated).collect()))
}

/// Both questions together; of what can be asked once, the later one.
fn asked(earlier: Asked, later: Asked) -> Asked {
    Asked {
        targets: targets(earlier.targets, later.targets),
        container: later.container.or(earlier.container),
        service_account: later.service_account.or(earlier.service_account),
        role: later.role.or(earlier.role),
        policies: both(earlier.policies, later.policies),
        actions: both(earlier.actions, later.actions),
        error: later.error.or(earlier.error),
    }
}

/// The targets of both, each once: there may be as many as a cluster has pods.
fn targets(mut earlier: Vec<Target>, later: Vec<Target>) -> Vec<Target> {
    let known: BTreeSet<Target> = earlier.iter().cloned().collect();
    earlier.extend(later.into_iter().filter(|target| !known.contains(target)));
    earlier
}

/// Both lists, each item once.
fn both<T: PartialEq>(mut earlier: Vec<T>, later: Vec<T>) -> Vec<T> {
    for item in later {
        if !earlier.contains(&item) {
            earlier.push(item);
        }
    }
    earlier
}

fn map<T>(mut earlier: BTreeMap<String, T>, later: BTreeMap<String, T>, join: impl Fn(T, T) -> T) -> BTreeMap<String, T> {
    for (key, value) in later {
        let joined = match earlier.remove(&key) {
            Some(known) => join(known, value),
            None => value,
        };
        earlier.insert(key, joined);
    }
    earlier
}

/// An answer beats a gap; of two answers the later one counts, and of two gaps the one that was tried.
fn observed<T>(earlier: Observed<T>, later: Observed<T>) -> Observed<T> {
    match (&earlier, &later) {
        (Observed::Present(_) | Observed::Absent, Observed::Unavailable(_)) => earlier,
        (Observed::Unavailable(_), Observed::Unavailable(not_tried)) if not_tried.cause == GapCause::NotCollected => earlier,
        _ => later,
    }
}

fn observed_map<T>(
    earlier: BTreeMap<String, Observed<T>>,
    later: BTreeMap<String, Observed<T>>,
) -> BTreeMap<String, Observed<T>> {
    map(earlier, later, observed)
}

fn account(earlier: Account, later: Account) -> Account {
    Account {
        profile: later.profile.or(earlier.profile),
        roles: map(earlier.roles, later.roles, |earlier, later| RoleEvidence {
            role: observed(earlier.role, later.role),
            attached: observed(earlier.attached, later.attached),
            inline_names: observed(earlier.inline_names, later.inline_names),
            inline: observed_map(earlier.inline, later.inline),
            simulations: observed_map(earlier.simulations, later.simulations),
        }),
        policies: map(earlier.policies, later.policies, |earlier, later| PolicyEvidence {
            policy: observed(earlier.policy, later.policy),
            versions: observed(earlier.versions, later.versions),
            documents: observed_map(earlier.documents, later.documents),
        }),
        providers: observed_map(earlier.providers, later.providers),
        provider_arns: observed(earlier.provider_arns, later.provider_arns),
        role_list: observed(earlier.role_list, later.role_list),
        policy_list: observed(earlier.policy_list, later.policy_list),
        events: observed_map(earlier.events, later.events),
    }
}

/// What was read stands together: whose the resource is follows from who was answered.
fn resource_policy(earlier: ResourceEvidence, later: ResourceEvidence) -> ResourceEvidence {
    let is_tried = |read: &ResourceEvidence| read.policy.gap().is_some_and(|gap| gap.cause != GapCause::NotCollected);
    let keep = later.policy.gap().is_some() && (earlier.policy.gap().is_none() || !is_tried(&later));
    if keep { earlier } else { later }
}

type Clusters = BTreeMap<String, Cluster>;

/// One half may know a cluster by its ARN and the other by its context: one cluster on each side is the same one, unless
/// something that both know says otherwise.
fn clusters(earlier: Clusters, later: Clusters) -> Result<Clusters, (String, String)> {
    let only = |clusters: &Clusters| match clusters.len() {
        1 => clusters.keys().next().cloned(),
        _ => None,
    };
    let (Some(one), Some(other)) = (only(&earlier), only(&later)) else { return Ok(map(earlier, later, cluster)) };
    let key = if other.starts_with("arn:") || !one.starts_with("arn:") { other.clone() } else { one.clone() };
    match (earlier.into_values().next(), later.into_values().next()) {
        (Some(known), Some(new)) if may_be_one(&known, &new) => Ok(BTreeMap::from([(key, cluster(known, new))])),
        _ => Err((one, other)),
    }
}

/// Whether nothing that both sides know of their cluster differs.
fn may_be_one(one: &Cluster, other: &Cluster) -> bool {
    fn agree<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
        one.is_none() || other.is_none() || one == other
    }
    let known = |one: Option<&str>, other: Option<&str>| one.is_some() && one == other;
    let is_known_to_be_one = known(one.arn.as_deref(), other.arn.as_deref())
        || known(one.name.as_deref(), other.name.as_deref())
        || known(one.issuer(), other.issuer());
    // One cluster may have two addresses; where nothing else is known of both, two addresses are two clusters.
    (is_known_to_be_one || agree(one.server.as_ref(), other.server.as_ref()))
        && agree(one.arn.as_ref(), other.arn.as_ref())
        && agree(one.name.as_ref(), other.name.as_ref())
        && agree(one.issuer().as_ref(), other.issuer().as_ref())
}

fn cluster(earlier: Cluster, later: Cluster) -> Cluster {
    Cluster {
        context: later.context.or(earlier.context),
        server: later.server.or(earlier.server),
        name: later.name.or(earlier.name),
        arn: later.arn.or(earlier.arn),
        region: later.region.or(earlier.region),
        account: later.account.or(earlier.account),
        partition: later.partition.or(earlier.partition),
        given_issuer: later.given_issuer.or(earlier.given_issuer),
        hinted_issuer: later.hinted_issuer.or(earlier.hinted_issuer),
        version: observed(earlier.version, later.version),
        openid_configuration: observed(earlier.openid_configuration, later.openid_configuration),
        eks: observed(earlier.eks, later.eks),
        namespaces: observed_map(earlier.namespaces, later.namespaces),
        pods: observed_map(earlier.pods, later.pods),
        service_accounts: observed_map(earlier.service_accounts, later.service_accounts),
        workloads: observed_map(earlier.workloads, later.workloads),
        nodes: observed_map(earlier.nodes, later.nodes),
        webhooks: observed(earlier.webhooks, later.webhooks),
        events: observed_map(earlier.events, later.events),
        service_account_lists: observed_map(earlier.service_account_lists, later.service_account_lists),
        pod_lists: observed_map(earlier.pod_lists, later.pod_lists),
        associations: observed_map(earlier.associations, later.associations),
        addons: match (earlier.addons, later.addons) {
            (Observed::Present(earlier), Observed::Present(later)) => Observed::Present(observed_map(earlier, later)),
            (earlier, later) => observed(earlier, later),
        },
        agents: observed(earlier.agents, later.agents),
        scan: match (earlier.scan, later.scan) {
            (Some(earlier), Some(later)) => Some(both_scans(earlier, later)),
            (earlier, later) => later.or(earlier),
        },
    }
}

/// What either of two scans of a cluster left unread is unread.
fn both_scans(earlier: Scan, later: Scan) -> Scan {
    Scan {
        pods: earlier.pods.saturating_add(later.pods),
        over: earlier.over.saturating_add(later.over),
        whole: both(earlier.whole, later.whole),
        gaps: both(earlier.gaps, later.gaps),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use irsa_doctor_checks::snapshot::kubernetes::{Metadata, ServiceAccount};
    use irsa_doctor_checks::snapshot::{Gap, Role};

    fn account_named(name: &str) -> Observed<ServiceAccount> {
        let metadata = Metadata { name: name.into(), ..Metadata::default() };
        Observed::Present(ServiceAccount { metadata, ..ServiceAccount::default() })
    }

    fn half(key: &str, name: Option<&str>, account: Observed<ServiceAccount>) -> Snapshot {
        let cluster = Cluster {
            name: name.map(str::to_owned),
            service_accounts: BTreeMap::from([("ns/sa".to_owned(), account)]),
            ..Cluster::default()
        };
        Snapshot { clusters: BTreeMap::from([(key.to_owned(), cluster)]), ..Snapshot::default() }
    }

    fn denied() -> Gap {
        Gap::new("get serviceaccounts", GapCause::Denied)
    }

    #[test]
    fn what_was_seen_beats_what_was_not_in_either_order() {
        let seen = half("ctx", Some("c"), account_named("sa"));
        let unseen = half("arn:aws:eks:r:1:cluster/c", None, Observed::Unavailable(denied()));
        for (one, other) in [(seen.clone(), unseen.clone()), (unseen, seen)] {
            let joined = join(one, other).unwrap();
            assert_eq!(joined.clusters.len(), 1);
            let (key, cluster) = joined.cluster().unwrap();
            assert!(key.starts_with("arn:"), "the better key is kept");
            assert!(cluster.service_accounts["ns/sa"].is_present());
            assert_eq!(cluster.name.as_deref(), Some("c"));
        }
    }

    #[test]
    fn the_later_answer_wins_and_absent_is_an_answer() {
        let joined = join(half("c", None, account_named("old")), half("c", None, Observed::Absent)).unwrap();
        assert!(joined.clusters["c"].service_accounts["ns/sa"].is_absent());
        let joined = join(half("c", None, Observed::Absent), half("c", None, Observed::Unavailable(denied()))).unwrap();
        assert!(joined.clusters["c"].service_accounts["ns/sa"].is_absent());
    }

    #[test]
    fn a_gap_that_was_tried_says_more_than_one_that_was_not() {
        let not_tried = Observed::<()>::Unavailable(Gap::not_collected("x"));
        let joined = observed(Observed::Unavailable(denied()), not_tried.clone());
        assert_eq!(joined.gap().map(|gap| gap.cause), Some(GapCause::Denied));
        assert_eq!(observed(not_tried, Observed::Unavailable(denied())).gap().map(|gap| gap.cause), Some(GapCause::Denied));
    }

    #[test]
    fn two_clusters_are_not_made_one() {
        let error = join(half("a", Some("a"), Observed::Absent), half("b", Some("b"), Observed::Absent)).unwrap_err();
        assert_eq!(error, ("a".to_owned(), "b".to_owned()));
    }

    #[test]
    fn an_accounts_roles_are_joined_call_by_call() {
        let role = |role, attached| {
            let evidence = RoleEvidence { role, attached, ..RoleEvidence::default() };
            let account = Account { roles: BTreeMap::from([("r".to_owned(), evidence)]), ..Account::default() };
            Snapshot { accounts: BTreeMap::from([("1".to_owned(), account)]), ..Snapshot::default() }
        };
        let one = role(Observed::Present(Role::default()), Observed::Unavailable(denied()));
        let other = role(Observed::Unavailable(denied()), Observed::Present(Vec::new()));
        let joined = join(one, other).unwrap();
        let joined = &joined.accounts["1"].roles["r"];
        assert!(joined.role.is_present() && joined.attached.is_present());
    }
}
