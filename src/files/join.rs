//! One snapshot of all that was read, the targets in it, and where everything stands.

mod iam;
mod targets;

use super::defined::{Defined, RoleRef, ServiceAccount as DefinedAccount, later};
use super::manifest::{Refused, namespace_of};
use super::place::Places;
use super::{Linted, Options, Reading, policy};
use iam::Iam;
use irsa_doctor_checks::evidence::ROLE_ANNOTATION;
use irsa_doctor_checks::issuers;
use irsa_doctor_checks::locus::Locus;
use irsa_doctor_checks::snapshot::kubernetes::{Metadata, ServiceAccount};
use irsa_doctor_checks::snapshot::{
    Association, Cluster, EksCluster, Gap, GapCause, Half, Observed, SCHEMA_VERSION, Snapshot, TargetKind, key, kind_key,
};
use std::collections::{BTreeMap, BTreeSet};
use targets::DefinedRole;

/// The key of the only cluster.
const CLUSTER: &str = "files";

/// Puts everything together.
pub(super) fn join(reading: Reading, options: Options) -> Linted {
    let Reading { files, manifests, mut defined, policies, mut notes, .. } = reading;
    let mut places = Places::in_files(files);
    // An issuer of EKS names the region, and with it the partition.
    let of_issuer = || options.issuer.as_deref().and_then(issuers::region_of).map(str::to_owned);
    let region = options.region.clone().or_else(of_issuer);
    let mut cluster = Cluster { name: options.cluster.clone(), region, ..Cluster::default() };
    notes.extend(manifests.partial.iter().map(|(spot, why)| {
        let file = places.files.get(spot.file).map(String::as_str).unwrap_or_default();
        format!("{file}:{}: {why}; it was left out", spot.value.position.line)
    }));
    let said = options.namespace.as_deref();
    for (mut account, spot) in manifests.accounts {
        let namespace = place_in(&mut account.metadata, said);
        places.add(object("ServiceAccount", &namespace, &account.metadata.name), None, &spot);
        let own = key(&namespace, &account.metadata.name);
        notes.extend(twice(&cluster.service_accounts, &own, "service account"));
        cluster.service_accounts.insert(own, Observed::Present(account));
    }
    for (mut pod, spot) in manifests.pods {
        let namespace = place_in(&mut pod.metadata, said);
        places.add(object("Pod", &namespace, &pod.metadata.name), None, &spot);
        cluster.pods.insert(key(&namespace, &pod.metadata.name), Observed::Present(pod));
    }
    for (kind, mut workload, spot) in manifests.workloads {
        let namespace = place_in(&mut workload.metadata, said);
        places.add(object(kind.kind(), &namespace, &workload.metadata.name), None, &spot);
        let own = kind_key(kind.kind(), &namespace, &workload.metadata.name);
        notes.extend(twice(&cluster.workloads, &own, "workload"));
        cluster.workloads.insert(own, Observed::Present(workload));
    }
    for refused in manifests.refused {
        add_refused(&mut cluster, refused, said, &mut places);
    }
    let only = only_role(&cluster, &defined, &options);
    let of_files = policy::roles(policies, only.as_deref());
    let named: Vec<_> = of_files.iter().map(|role| role.key.clone()).collect();
    defined.roles.extend(of_files);
    let iam = Iam::new(&defined, &cluster, &options);
    notes.extend(iam.notes(&defined));
    let accounts = iam.accounts(&defined, &mut places);
    add_accounts(&mut cluster, &defined, &iam, &mut places);
    add_associations(&mut cluster, &defined, &iam, &mut places, &options);
    add_eks(&mut cluster, &defined, &mut places, &options);
    let mut asked = options.asked;
    let roles: Vec<DefinedRole<'_>> = defined
        .roles
        .iter()
        .map(|role| DefinedRole { arn: iam.role(role), trust: &role.trust, is_named: named.contains(&role.key) })
        .collect();
    asked.targets = targets::targets(&cluster, &roles);
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let half = Half { side: "files".to_owned(), by: String::new(), from: places.files.join(", "), at: now.clone() };
    let snapshot = Snapshot {
        schema_version: SCHEMA_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        from_files: true,
        collected_at: now,
        asked,
        halves: vec![half],
        clusters: BTreeMap::from([(CLUSTER.to_owned(), cluster)]),
        accounts,
        ..Snapshot::default()
    };
    Linted { snapshot, places, notes }
}

/// Keeps an object that the API server refuses as one of which nothing is known: it can't be judged, and can't be deployed.
fn add_refused(cluster: &mut Cluster, refused: Refused, said: Option<&str>, places: &mut Places) {
    let Refused { kind, mut metadata, spot, why } = refused;
    let namespace = place_in(&mut metadata, said);
    let resource = object(kind.kind(), &namespace, &metadata.name);
    let gap = Gap::new("the manifest", GapCause::Malformed).about(resource.as_str()).detail(why);
    let gap = gap.remedy("write the value in quotes: the API server refuses the manifest as it is");
    places.add(resource, None, &spot);
    let own = key(&namespace, &metadata.name);
    match kind {
        TargetKind::ServiceAccount => drop(cluster.service_accounts.insert(own, Observed::Unavailable(gap))),
        TargetKind::Pod => drop(cluster.pods.insert(own, Observed::Unavailable(gap))),
        _ => {
            let own = kind_key(kind.kind(), &namespace, &metadata.name);
            cluster.workloads.insert(own, Observed::Unavailable(gap));
        }
    }
}

/// What to say of an object that stands in the files more than once: of several environments only one can be judged.
fn twice<T>(known: &BTreeMap<String, T>, own: &str, what: &str) -> Option<String> {
    known.contains_key(own).then(|| format!("{what} {own} stands in the files more than once: the last one is judged"))
}

fn object(kind: &str, namespace: &str, name: &str) -> String {
    Locus::object(kind, namespace, name).resource
}

/// Writes down where an object goes, and says it.
fn place_in(metadata: &mut Metadata, said: Option<&str>) -> String {
    let namespace = namespace_of(metadata, said);
    metadata.namespace = Some(namespace.clone()).filter(|namespace| !namespace.is_empty());
    namespace
}

/// The only role that the files speak of: a policy in a file of its own is for that one.
fn only_role(cluster: &Cluster, defined: &Defined, options: &Options) -> Option<String> {
    if let Some(role) = &options.asked.role {
        return Some(role.rsplit('/').next().unwrap_or(role).to_owned());
    }
    let annotated =
        cluster.service_accounts.values().filter_map(|account| account.present()?.metadata.annotation(ROLE_ANNOTATION));
    let names: BTreeSet<&str> = annotated
        .map(|arn| arn.trim().rsplit('/').next().unwrap_or(arn))
        .chain(defined.roles.iter().filter_map(|role| role.name.present().map(String::as_str)))
        .collect();
    let mut names = names.into_iter();
    let only = names.next().filter(|_| names.next().is_none());
    only.map(str::to_owned)
}

/// Service accounts that a plan makes.
fn add_accounts(cluster: &mut Cluster, defined: &Defined, iam: &Iam, places: &mut Places) {
    for account in &defined.accounts {
        let DefinedAccount { namespace, name, annotations, role, spot } = account;
        places.add(object("ServiceAccount", namespace, name), None, spot);
        let mut annotations: BTreeMap<String, Option<String>> =
            annotations.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
        let later_role = match role {
            Some(Observed::Present(role)) => {
                annotations.insert(ROLE_ANNOTATION.to_owned(), Some(iam.arn_of(role, defined)));
                None
            }
            Some(Observed::Unavailable(gap)) => Some(gap.clone()),
            Some(Observed::Absent) | None => None,
        };
        let metadata = Metadata { name: name.clone(), namespace: Some(namespace.clone()), annotations, ..Metadata::default() };
        let observed = match later_role {
            Some(gap) => Observed::Unavailable(gap),
            None => Observed::Present(ServiceAccount { metadata, ..ServiceAccount::default() }),
        };
        cluster.service_accounts.insert(key(namespace, name), observed);
    }
}

fn add_associations(cluster: &mut Cluster, defined: &Defined, iam: &Iam, places: &mut Places, options: &Options) {
    for (number, association) in defined.associations.iter().enumerate() {
        // Another cluster's says nothing of this one.
        if let (Some(of), Some(wanted)) = (&association.cluster, &options.cluster)
            && of != wanted
        {
            continue;
        }
        let arn = |role: &Observed<RoleRef>| role.present().map(|role| iam.arn_of(role, defined));
        let address = association.spot.address.clone().unwrap_or_default();
        let observed = match (arn(&association.role), &association.role) {
            (Some(role_arn), _) => Observed::Present(Association {
                id: address.clone(),
                arn: format!("association {number} {address}"),
                namespace: association.namespace.clone(),
                service_account: association.service_account.clone(),
                role_arn,
                target_role_arn: association.target_role.as_ref().and_then(arn),
                ..Association::default()
            }),
            (None, Observed::Unavailable(gap)) => Observed::Unavailable(gap.clone()),
            (None, _) => Observed::Unavailable(later("the role of a Pod Identity association", &address)),
        };
        if let Observed::Present(present) = &observed {
            places.add(present.arn.as_str(), None, &association.spot);
        }
        cluster.associations.insert(key(&association.namespace, &association.service_account), observed);
    }
}

/// The cluster, where the files define one, or the one of several that was named.
fn add_eks(cluster: &mut Cluster, defined: &Defined, places: &mut Places, options: &Options) {
    cluster.given_issuer.clone_from(&options.issuer);
    cluster.eks = Observed::Unavailable(Gap::not_collected("eks:DescribeCluster"));
    let named = |of: &&super::defined::Cluster| options.cluster.is_none() || of.name == options.cluster;
    let mut fitting = defined.clusters.iter().filter(named);
    let (Some(own), None) = (fitting.next(), fitting.next()) else { return };
    cluster.name = own.name.clone().or(cluster.name.take());
    cluster.arn.clone_from(&own.arn);
    let name = own.name.clone().unwrap_or_default();
    let arn = own.arn.clone().unwrap_or_else(|| format!("cluster {name}"));
    places.add(arn.as_str(), None, &own.spot);
    let part = |at: usize| own.arn.as_deref().and_then(|arn| arn.split(':').nth(at)).map(str::to_owned);
    cluster.region = cluster.region.take().or_else(|| part(3));
    cluster.partition = part(1);
    cluster.eks = match &own.issuer {
        Observed::Present(issuer) => {
            let issuer = Some(issuers::with_scheme(issuer));
            Observed::Present(EksCluster { name, arn, issuer, version: own.version.clone(), ..EksCluster::default() })
        }
        Observed::Absent => Observed::Present(EksCluster { name, arn, version: own.version.clone(), ..EksCluster::default() }),
        // What was said stands in for what isn't known yet.
        Observed::Unavailable(_) if options.issuer.is_some() => Observed::Unavailable(Gap::not_collected("eks:DescribeCluster")),
        Observed::Unavailable(gap) => Observed::Unavailable(gap.clone()),
    };
}
