//! A scan: everything is listed once, a page at a time, and what the lists brought isn't asked for again.

use super::pod::Leads;
use super::run::Run;
use crate::collect::CollectError;
use crate::collect::kubernetes::Selector;
use futures_util::future::join_all;
use irsa_doctor_checks::evidence::{ROLE_ANNOTATION, controller};
use irsa_doctor_checks::scan;
use irsa_doctor_checks::snapshot::{Gap, Observed, Scan, Snapshot, Target, TargetKind, key, kind_key};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};

/// What the list of pods came to.
#[derive(Debug, Default)]
struct Found {
    /// What the pods that aren't over lead to.
    leads: Leads,
    /// The kinds that own pods.
    owners: BTreeSet<TargetKind>,
    /// How many pods were chosen.
    pods: usize,
}

impl Run<'_> {
    /// Looks at all pods of a namespace, or of the cluster.
    ///
    /// # Errors
    ///
    /// Where pods may not be listed, or the namespace is known not to be there.
    pub(super) async fn scan(&self, namespace: Option<&str>) -> Result<(), CollectError> {
        let selector = Selector { namespace: namespace.map(str::to_owned), ..Selector::default() };
        let chosen = selector.clone().labels(self.options.labels.as_str()).fields(self.options.fields.as_str());
        let (pods, (), (), ()) = tokio::join!(
            self.scanned_pods(&chosen),
            self.all_accounts(&selector),
            self.all_namespaces(namespace),
            Box::pin(self.all_associations()),
        );
        let chooses = !(chosen.labels.is_empty() && chosen.fields.is_empty());
        let found = pods.map_err(|gap| nothing_listed(namespace, chooses, &gap))?;
        if let Some(name) = namespace.filter(|_| found.pods == 0) {
            match self.namespace(name).await {
                Observed::Present(_) => {}
                Observed::Absent => {
                    let target = Target::new(TargetKind::Namespace, name, name);
                    return Err(self.missing(super::missing::Missing::of(&target)).await);
                }
                // A misspelt name has no pods, either.
                Observed::Unavailable(gap) => self.scan_gaps().push(gap),
            }
        }
        self.owners_of(&found.owners, &selector).await;
        self.read_accounts_at_once(&found.leads).await;
        self.follow_leads(&found.leads).await;
        Ok(())
    }

    /// Puts what a scan judges in the scan's place.
    pub(super) fn spell_out(&self, snapshot: &mut Snapshot) {
        let asked = snapshot.asked.targets.iter().filter(|target| target.kind.is_scan()).count();
        if asked == 0 {
            return;
        }
        let scanned = self.scanned.lock().unwrap_or_else(PoisonError::into_inner);
        let mut gaps = std::mem::take(&mut *self.scan_gaps());
        if self.scans_read.load(Ordering::Relaxed) < asked && gaps.is_empty() {
            gaps.push(super::once::unfinished("list pods"));
        }
        let chooses = !(self.options.labels.is_empty() && self.options.fields.is_empty());
        let scans = snapshot.asked.targets.iter().filter(|target| target.kind.is_scan() && !chooses);
        let whole: Vec<String> = scans.map(|target| target.name.clone()).collect();
        for cluster in snapshot.clusters.values_mut() {
            cluster.scan = Some(Scan { gaps: gaps.clone(), whole: whole.clone(), ..Scan::default() });
        }
        scan::spell_out(snapshot, |_, pod| scanned.contains(pod));
    }

    fn scan_gaps(&self) -> MutexGuard<'_, Vec<Gap>> {
        self.scan_gaps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The chosen pods. Where all of a namespace were chosen, its list is known as well.
    async fn scanned_pods(&self, selector: &Selector) -> Result<Found, Gap> {
        let about = |gap: &Gap| Gap { operation: "list pods".to_owned(), ..gap.clone() };
        let listed = self.api().await.map_err(about)?.pods(selector).await;
        let is_whole = selector.labels.is_empty() && selector.fields.is_empty() && listed.gaps.is_empty();
        self.scan_gaps().extend(listed.gaps);
        let pods = match listed.items {
            Observed::Present(pods) => pods,
            Observed::Absent => Vec::new(),
            Observed::Unavailable(gap) => return Err(gap),
        };
        self.scans_read.fetch_add(1, Ordering::Relaxed);
        let mut found = Found { pods: pods.len(), ..Found::default() };
        let mut names: BTreeMap<String, Vec<String>> = selector.namespace.iter().map(|name| (name.clone(), Vec::new())).collect();
        let mut keys = BTreeSet::new();
        for pod in pods {
            let namespace = pod.metadata.namespace.clone().unwrap_or_default();
            let key = key(&namespace, &pod.metadata.name);
            found.owners.extend(controller(&pod.metadata).and_then(|owner| scan::maker(&owner.kind)));
            if !scan::is_over(&pod) {
                found.leads.add(&namespace, &pod);
            }
            names.entry(namespace).or_default().push(pod.metadata.name.clone());
            self.cluster.pods.put(&key, pod);
            keys.insert(key);
        }
        self.scanned.lock().unwrap_or_else(PoisonError::into_inner).append(&mut keys);
        for (namespace, names) in names.into_iter().filter(|_| is_whole) {
            self.cluster.pod_lists.put(&namespace, names);
        }
        Ok(found)
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
        // Of a list that was cut short nothing is kept: what a bundle has of a list is to be all of it.
        let Observed::Present(namespaces) = api.namespaces().await.complete() else { return };
        for namespace in namespaces {
            self.cluster.namespaces.put(&namespace.metadata.name.clone(), namespace);
        }
    }

    /// These kinds, and those that own these in turn: one list each.
    async fn owners_of(&self, kinds: &BTreeSet<TargetKind>, selector: &Selector) {
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

    /// Where many roles of an account are needed, all of it is read at once.
    async fn read_accounts_at_once(&self, leads: &Leads) {
        let mut wanted = leads.roles.clone();
        for (namespace, account, _) in &leads.accounts {
            let account = self.cluster.service_accounts.answer(&key(namespace, account), "get serviceaccounts");
            wanted.extend(account.present().and_then(|account| account.metadata.annotation(ROLE_ANNOTATION)).map(str::to_owned));
        }
        self.preload_roles(&wanted).await;
    }
}

/// What an API server says (400 Bad Request) of a selector that it can't read.
/// <https://github.com/kubernetes/apimachinery/blob/master/pkg/labels/selector.go>
const SELECTOR_COMPLAINTS: [&str; 4] =
    ["unable to parse requirement", "invalid selector", "field label not supported", "is not a known field selector"];

fn nothing_listed(namespace: Option<&str>, chooses: bool, gap: &Gap) -> CollectError {
    let place = namespace.map_or_else(|| "the cluster".to_owned(), |name| format!("namespace `{name}`"));
    let of_selector = |words: &&str| gap.detail.contains(*words);
    if chooses && SELECTOR_COMPLAINTS.iter().any(of_selector) {
        return CollectError::BadArguments {
            message: format!("the pods of {place} could not be chosen: {}", gap.detail),
            help: "check -l and --field-selector: `kubectl get pods` takes the same".to_owned(),
        };
    }
    CollectError::NothingToLookAt {
        message: format!("the pods of {place} could not be listed: {}", gap.detail),
        help: if gap.remedy.is_empty() { "name a pod: `irsa-doctor pod/NAME`".to_owned() } else { gap.remedy.clone() },
        retryable: super::is_retryable(gap.cause),
        cause: gap.cause,
    }
}
