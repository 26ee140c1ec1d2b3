//! A scan: everything is listed once, a page at a time, and what the lists brought isn't asked for again.

use super::pod::is_injected;
use super::run::Run;
use crate::collect::CollectError;
use crate::collect::kubernetes::Selector;
use futures_util::future::join_all;
use irsa_doctor_checks::evidence::{ROLE_ANNOTATION, controller};
use irsa_doctor_checks::scan;
use irsa_doctor_checks::snapshot::kubernetes::Pod;
use irsa_doctor_checks::snapshot::{Gap, Observed, Snapshot, Target, TargetKind, key, kind_key};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// What several pods have in common: nothing else of them leads to a call.
type Group<'p> = BTreeMap<(&'p str, &'p str, bool), &'p Pod>;

impl Run<'_> {
    /// Looks at all pods of a namespace, or of the cluster.
    ///
    /// # Errors
    ///
    /// Where pods may not be listed, or the namespace is known not to be there.
    pub(super) async fn scan(&self, namespace: Option<&str>) -> Result<(), CollectError> {
        let selector = Selector { namespace: namespace.map(str::to_owned), ..Selector::default() };
        let chosen = selector.clone().labels(self.options.labels.as_str()).fields(self.options.fields.as_str());
        self.many.store(true, Ordering::Relaxed);
        let (pods, (), (), ()) = tokio::join!(
            self.scanned_pods(&chosen),
            self.all_accounts(&selector),
            self.all_namespaces(namespace),
            Box::pin(self.all_associations()),
        );
        let pods = match pods {
            Observed::Present(pods) => pods,
            Observed::Absent => Vec::new(),
            Observed::Unavailable(gap) => return Err(nothing_listed(namespace, &gap)),
        };
        if let Some(name) = namespace.filter(|_| pods.is_empty())
            && self.namespace(name).await.is_absent()
        {
            let target = Target::new(TargetKind::Namespace, name, name);
            return Err(self.missing(super::missing::Missing::of(&target)).await);
        }
        self.owners_of(&pods, &selector).await;
        self.follow_all(&pods).await;
        Ok(())
    }

    /// Puts what a scan judges in the scan's place.
    pub(super) fn spell_out(&self, snapshot: &mut Snapshot) {
        let asked = std::mem::take(&mut snapshot.asked.targets);
        let mut targets = Vec::new();
        for target in asked {
            let Some((_, cluster)) = snapshot.cluster().filter(|_| target.kind.is_scan()) else {
                targets.push(target);
                continue;
            };
            let scanned = self.scanned.lock().unwrap_or_else(PoisonError::into_inner);
            // Other pods were read too: what explains a missing role may stand in one that wasn't chosen.
            let here = |key: &&String| {
                target.kind == TargetKind::Cluster || key.split_once('/').is_some_and(|(of, _)| of == target.name)
            };
            let pods = scanned.iter().filter(here).filter_map(|key| cluster.pods.get(key)?.present());
            let (judged, over) = scan::targets(cluster, pods);
            if over > 0 {
                self.note(format!("{over} pods of {} are over and were left out", place(&target)));
            }
            targets.extend(judged);
        }
        snapshot.asked.targets = targets;
    }

    /// The chosen pods. Where all of a namespace were chosen, its list is known as well.
    async fn scanned_pods(&self, selector: &Selector) -> Observed<Vec<Pod>> {
        let listed = match self.api().await {
            Ok(api) => api.pods(selector).await,
            Err(gap) => return Observed::Unavailable(Gap { operation: "list pods".to_owned(), ..gap.clone() }),
        };
        for gap in &listed.gaps {
            self.note(format!("not every pod could be read: {}", gap.detail));
        }
        let Observed::Present(pods) = &listed.items else { return listed.items };
        let mut names: BTreeMap<&str, Vec<String>> = selector.namespace.iter().map(|name| (name.as_str(), Vec::new())).collect();
        for pod in pods {
            let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
            self.cluster.pods.put(&key(namespace, &pod.metadata.name), pod.clone());
            names.entry(namespace).or_default().push(pod.metadata.name.clone());
        }
        let keys = names.iter().flat_map(|(namespace, names)| names.iter().map(|name| key(namespace, name)));
        self.scanned.lock().unwrap_or_else(PoisonError::into_inner).extend(keys);
        let is_whole = selector.labels.is_empty() && selector.fields.is_empty() && listed.gaps.is_empty();
        for (namespace, names) in names.into_iter().filter(|_| is_whole) {
            self.cluster.pod_lists.put(namespace, names);
        }
        listed.items
    }

    /// All service accounts, with their lists by namespace. A refusal is no gap: each is then got by its name.
    async fn all_accounts(&self, selector: &Selector) {
        let Ok(api) = self.api().await else { return };
        let listed = api.service_accounts(selector).await;
        let is_whole = listed.gaps.is_empty();
        let Observed::Present(accounts) = listed.items else { return };
        let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for account in accounts {
            let namespace = account.metadata.namespace.clone().unwrap_or_default();
            let key = key(&namespace, &account.metadata.name);
            names.entry(namespace).or_default().push(account.metadata.name.clone());
            self.cluster.service_accounts.put(&key, account);
        }
        for (namespace, names) in names.into_iter().filter(|_| is_whole) {
            self.cluster.account_lists.put(&namespace, names);
        }
    }

    async fn all_namespaces(&self, one: Option<&str>) {
        if one.is_some() {
            return;
        }
        let Ok(api) = self.api().await else { return };
        for namespace in api.namespaces().await.items.present().into_iter().flatten() {
            self.cluster.namespaces.put(&namespace.metadata.name, namespace.clone());
        }
    }

    /// The kinds that own these pods, and those that own these in turn: one list each.
    async fn owners_of(&self, pods: &[Pod], selector: &Selector) {
        let kinds = pods.iter().filter_map(|pod| controller(&pod.metadata)).filter_map(|owner| scan::maker(&owner.kind));
        let kinds: BTreeSet<TargetKind> = kinds.collect();
        let lists = kinds.iter().map(|kind| self.list_workloads(*kind, selector));
        let grand: BTreeSet<TargetKind> =
            join_all(lists).await.into_iter().flatten().filter(|kind| !kinds.contains(kind)).collect();
        join_all(grand.iter().map(|kind| self.list_workloads(*kind, selector))).await;
    }

    /// Lists a kind; the kinds of their owners.
    async fn list_workloads(&self, kind: TargetKind, selector: &Selector) -> BTreeSet<TargetKind> {
        let Ok(api) = self.api().await else { return BTreeSet::new() };
        let Observed::Present(found) = api.workloads(kind, selector).await.items else { return BTreeSet::new() };
        let mut owners = BTreeSet::new();
        for workload in found {
            owners.extend(controller(&workload.metadata).and_then(|owner| scan::maker(&owner.kind)));
            let namespace = workload.metadata.namespace.clone().unwrap_or_default();
            let key = kind_key(kind.kind(), &namespace, &workload.metadata.name);
            self.cluster.workloads.put(&key, workload);
        }
        owners.retain(|owner| scan::owner_of(kind).contains(owner));
        owners
    }

    /// Follows what the pods lead to: each service account, role and node once.
    async fn follow_all(&self, pods: &[Pod]) {
        let current: Vec<&Pod> = pods.iter().filter(|pod| !scan::is_over(pod)).collect();
        let mut groups = Group::new();
        for pod in &current {
            let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
            groups.entry((namespace, pod.spec.account_name(), is_injected(&pod.spec))).or_insert(pod);
        }
        let roles: BTreeSet<&str> = current.iter().flat_map(|pod| super::pod::roles_of(&pod.spec)).collect();
        self.read_accounts_at_once(&groups, &roles).await;
        let accounts = groups
            .iter()
            .map(|((namespace, account, _), pod)| Box::pin(self.follow_account(namespace, account, Some(&pod.spec))));
        let nodes = current.iter().map(|pod| {
            let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
            Box::pin(self.follow_node(namespace, pod))
        });
        let marks = current.iter().map(|pod| Box::pin(self.follow_marks(&pod.metadata)));
        tokio::join!(
            join_all(accounts),
            join_all(roles.iter().map(|role| Box::pin(self.follow_role(role)))),
            join_all(nodes),
            join_all(marks),
        );
    }

    /// Where many roles of an account are needed, all of it is read at once.
    async fn read_accounts_at_once(&self, groups: &Group<'_>, roles: &BTreeSet<&str>) {
        let mut wanted: BTreeSet<String> = roles.iter().map(|role| (*role).to_owned()).collect();
        for (namespace, account, _) in groups.keys() {
            let account = self.cluster.service_accounts.answer(&key(namespace, account), "get serviceaccounts");
            wanted.extend(account.present().and_then(|account| account.metadata.annotation(ROLE_ANNOTATION)).map(str::to_owned));
        }
        self.preload_roles(&wanted).await;
    }
}

fn place(scan: &Target) -> String {
    if scan.kind == TargetKind::Cluster { "the cluster".to_owned() } else { format!("namespace {}", scan.name) }
}

fn nothing_listed(namespace: Option<&str>, gap: &Gap) -> CollectError {
    let place = namespace.map_or_else(|| "the cluster".to_owned(), |name| format!("namespace `{name}`"));
    CollectError::NothingToLookAt {
        message: format!("the pods of {place} could not be listed: {}", gap.detail),
        help: if gap.remedy.is_empty() { "name a pod: `irsa-doctor pod/NAME`".to_owned() } else { gap.remedy.clone() },
        retryable: super::is_retryable(gap.cause),
    }
}
