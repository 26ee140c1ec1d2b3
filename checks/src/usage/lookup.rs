//! Which events a target's roles and its service account leave, and where.

use crate::arn::RoleArn;
use crate::evidence::{Evidence, RoleUnderJudgement};
use crate::identity::Mode;
use crate::partition;
use crate::snapshot::{POD_IDENTITY_EVENT, WEB_IDENTITY_EVENT};
use std::collections::BTreeSet;

/// One event history to look into, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The account.
    pub account: String,
    /// The region; `None` where nothing names one.
    pub region: Option<String>,
    /// The event's name.
    pub event: &'static str,
    /// The roles, by their ARNs.
    pub roles: BTreeSet<String>,
    /// The service accounts, as their tokens name them.
    pub subjects: BTreeSet<String>,
}

/// The histories that hold what the target's roles leave.
///
/// A web identity's event is kept in the role's account, in the region of the STS endpoint that was called; the global
/// endpoint's in us-east-1, wherever it is served.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_region-endpoints.html>
pub fn lookups(evidence: &Evidence<'_>, roles: &[RoleUnderJudgement]) -> Vec<Lookup> {
    let mut lookups: Vec<Lookup> = Vec::new();
    for role in roles {
        let Some(arn) = RoleArn::parse(&role.arn) else { continue };
        let (account, event, regions) = match role.mode {
            Mode::PodIdentity => {
                let cluster = evidence.cluster;
                let account = cluster.and_then(|cluster| cluster.account.as_deref()).unwrap_or(arn.account);
                let region = cluster.and_then(|cluster| cluster.region.as_deref()).filter(|region| is_region(region));
                (account, POD_IDENTITY_EVENT, vec![region.map(str::to_owned)])
            }
            _ => (arn.account, WEB_IDENTITY_EVENT, regions(evidence, arn.partition)),
        };
        for region in regions {
            let place = |known: &&mut Lookup| known.account == account && known.region == region && known.event == event;
            match lookups.iter_mut().find(place) {
                Some(known) => _ = known.roles.insert(role.arn.clone()),
                None => lookups.push(Lookup {
                    account: account.to_owned(),
                    region,
                    event,
                    roles: BTreeSet::from([role.arn.clone()]),
                    subjects: evidence.subject().into_iter().collect(),
                }),
            }
        }
    }
    lookups
}

/// The regions whose STS the pod may have called: its own, the cluster's, and that of the global endpoint, which only
/// the partition `aws` has.
fn regions(evidence: &Evidence<'_>, partition: &str) -> Vec<Option<String>> {
    let containers = evidence.containers();
    let variables = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    let of_pod = containers.iter().flat_map(|container| variables.iter().filter_map(|name| container.value(name)));
    let of_cluster = evidence.cluster.and_then(|cluster| cluster.region.as_deref());
    let global = (partition == "aws").then_some("us-east-1");
    let fits = |region: &&str| is_region(region) && partition::of_region(region) == partition;
    let named: BTreeSet<&str> = of_pod.chain(of_cluster).filter(fits).collect();
    // Where nothing says where the pods are, the profile's region is as good a guess as any.
    let guess = named.is_empty().then_some(None);
    let regions: BTreeSet<&str> = named.into_iter().chain(global).collect();
    regions.into_iter().map(|region| Some(region.to_owned())).chain(guess).collect()
}

/// Whether it could be a region: it becomes a part of the name of a host that signed requests go to.
fn is_region(text: &str) -> bool {
    let letters = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    letters
        && text.len() <= 32
        && text.contains('-')
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::is_region;

    #[test]
    fn a_region_is_no_host() {
        for good in ["us-east-1", "us-gov-west-1", "eusc-de-east-1"] {
            assert!(is_region(good), "{good}");
        }
        for bad in ["", "useast1", "us-east-1.evil.example", "us-east-1/", "-us", "us-", "US-EAST-1", "a@b-1", "us east-1"] {
            assert!(!is_region(bad), "{bad}");
        }
    }
}
