use super::*;
use crate::snapshot::Snapshot;
use crate::testing::{self, ISSUER};

const OURS: &str = "https://0123.gr7.us-east-1.eks.amazonaws.com";
const OTHER: &str = "https://4567.gr7.us-east-1.eks.amazonaws.com";

fn denied<T>(operation: &str) -> Observed<T> {
    Observed::Unavailable(Gap::new(operation, GapCause::Denied))
}

/// The API server won't say its issuer; EKS was asked about the cluster behind this endpoint.
fn asked_of_eks(endpoint: &str) -> Snapshot {
    let mut snapshot = testing::healthy();
    let cluster = testing::cluster(&mut snapshot);
    cluster.openid_configuration = denied("get /.well-known/openid-configuration");
    cluster.server = Some(OURS.to_owned());
    testing::inside(&mut cluster.eks).endpoint = Some(endpoint.to_owned());
    snapshot
}

/// Where it was read, in a report's word.
fn source(snapshot: &Snapshot) -> Option<&'static str> {
    testing::evidence(snapshot, |evidence| evidence.issuer().present().map(|issuer| issuer.source.as_str()))
}

/// Why it isn't known.
fn gap(snapshot: &Snapshot) -> (String, GapCause) {
    let gap = testing::evidence(snapshot, |evidence| evidence.issuer().gap().cloned()).unwrap();
    (gap.operation, gap.cause)
}

#[test]
fn the_api_servers_own_word_comes_first() {
    assert_eq!(source(&testing::healthy()), Some("openid-configuration"));
    assert_eq!(source(&asked_of_eks(OURS)), Some("describe-cluster"));
    let url = testing::evidence(&asked_of_eks(OURS), |evidence| evidence.issuer().present().map(|issuer| issuer.url.clone()));
    assert_eq!(url.as_deref(), Some(ISSUER));
}

#[test]
fn another_clusters_issuer_says_nothing_of_this_ones_tokens() {
    let mut snapshot = asked_of_eks(OTHER);
    assert_eq!(gap(&snapshot), ("get /.well-known/openid-configuration".to_owned(), GapCause::Denied));
    testing::cluster(&mut snapshot).given_issuer = Some(ISSUER.to_owned());
    assert_eq!(source(&snapshot), Some("given"));
}

#[test]
fn what_was_tried_says_why_and_not_what_nobody_asked() {
    let mut snapshot = asked_of_eks(OURS);
    let cluster = testing::cluster(&mut snapshot);
    cluster.eks = Observed::Unavailable(Gap::not_collected("eks:DescribeCluster"));
    assert_eq!(gap(&snapshot).0, "get /.well-known/openid-configuration");
    let cluster = testing::cluster(&mut snapshot);
    cluster.eks = denied("eks:DescribeCluster");
    cluster.openid_configuration = Observed::default();
    assert_eq!(gap(&snapshot).0, "eks:DescribeCluster");
}
