//! Whether the container that was asked about is there at all: a misspelt name is nobody's fault to judge.

use super::target;
use crate::evidence::{ContainerView, Evidence};
use crate::policies::Policies;
use crate::snapshot::Snapshot;
use crate::workload;
use std::collections::BTreeSet;

/// A container that was asked about and isn't there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoContainer {
    /// What was asked for, and what there is instead, in a sentence.
    pub message: String,
    /// The name that was asked for.
    pub asked: String,
    /// The names that there are.
    pub names: Vec<String>,
}

/// The container that was asked about, where a named target is known not to have it, or nothing of a scan has it.
/// `None` where it is there, or may be: a pod that wasn't read may have it.
pub fn no_container(snapshot: &Snapshot) -> Option<NoContainer> {
    let asked = snapshot.asked.container.as_deref()?;
    let policies = Policies::default();
    let mut scanned: Option<BTreeSet<&str>> = None;
    let mut may_be_scanned =
        snapshot.clusters.values().any(|cluster| cluster.scan.as_ref().is_some_and(|scan| !scan.gaps.is_empty()));
    for target in &snapshot.asked.targets {
        let base = target::evidence(snapshot, &policies, target);
        let pods = target::for_each_pod(&base);
        let names: BTreeSet<&str> = pods.iter().flat_map(Evidence::containers).map(ContainerView::name).collect();
        let is_known = !names.is_empty() && workload::unread_pod(&base).is_none();
        let lacks = is_known && !names.contains(asked);
        if lacks && !target.scanned {
            let place = format!("{} `{}`", target.kind.as_str(), target.name);
            return Some(told(asked, &format!("{place} has no container"), &names));
        }
        if target.scanned {
            may_be_scanned |= !lacks;
            scanned.get_or_insert_default().extend(names);
        }
    }
    let names = scanned.filter(|names| !names.is_empty() && !may_be_scanned)?;
    Some(told(asked, "no pod has a container", &names))
}

fn told(asked: &str, what: &str, names: &BTreeSet<&str>) -> NoContainer {
    const MOST: usize = 10;
    let shown: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > MOST { ", ..." } else { "" };
    NoContainer {
        message: format!("{what} `{asked}`: there is {}{more}", shown.join(", ")),
        asked: asked.to_owned(),
        names: names.iter().map(|&name| name.to_owned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Gap, Scan};
    use crate::testing;

    fn asking(container: &str) -> Snapshot {
        let mut snapshot = testing::healthy();
        snapshot.asked.container = Some(container.to_owned());
        snapshot
    }

    #[test]
    fn a_container_that_is_not_there_is_named_with_those_that_are() {
        let first = testing::healthy().clusters.values().next().unwrap().pods.values().next().unwrap().present().unwrap().clone();
        let name = first.spec.containers[0].name.clone();
        assert_eq!(no_container(&testing::healthy()), None, "none was asked about");
        assert_eq!(no_container(&asking(&name)), None);
        let none = no_container(&asking("zz")).unwrap();
        let pod = &first.metadata.name;
        assert_eq!(none.message, format!("pod `{pod}` has no container `zz`: there is `{name}`"));
        assert_eq!((none.asked.as_str(), none.names), ("zz", vec![name]));
    }

    #[test]
    fn what_was_not_read_may_have_it() {
        let mut unread = asking("zz");
        testing::cluster(&mut unread).pods.clear();
        assert_eq!(no_container(&unread), None);
        let mut scan = asking("zz");
        scan.asked.targets[0].scanned = true;
        assert!(no_container(&scan).unwrap().message.starts_with("no pod has a container `zz`: there is "));
        testing::cluster(&mut scan).scan = Some(Scan { gaps: vec![Gap::not_collected("list pods")], ..Scan::default() });
        assert_eq!(no_container(&scan), None);
    }
}
