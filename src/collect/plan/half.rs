//! A saved half of the cluster, in the place of the cluster itself.

use super::once::Once;
use super::run::ClusterCells;
use crate::collect::kubernetes::ClusterIdentity;
use irsa_doctor_checks::snapshot::Cluster;

/// What the half knows of its cluster.
pub(super) fn identity(cluster: &Cluster) -> ClusterIdentity {
    ClusterIdentity {
        name: cluster.name.clone(),
        arn: cluster.arn.clone(),
        region: cluster.region.clone(),
        account: cluster.account.clone(),
        partition: cluster.partition.clone(),
        hinted_issuer: cluster.hinted_issuer.clone(),
    }
}

/// The half's answers: all that was read, and none of what wasn't.
pub(super) fn cells(cluster: &Cluster) -> ClusterCells {
    ClusterCells {
        version: Once::of_one(&cluster.version),
        openid: Once::of_one(&cluster.openid_configuration),
        webhooks: Once::of_one(&cluster.webhooks),
        namespaces: Once::of(&cluster.namespaces),
        pods: Once::of(&cluster.pods),
        service_accounts: Once::of(&cluster.service_accounts),
        workloads: Once::of(&cluster.workloads),
        nodes: Once::of(&cluster.nodes),
        events: Once::of(&cluster.events),
        account_lists: Once::of(&cluster.service_account_lists),
        pod_lists: Once::of(&cluster.pod_lists),
        agents: Once::of_one(&cluster.agents),
        eks: Once::of_one(&cluster.eks),
        associations: Once::of(&cluster.associations),
        addons: Once::of_one(&cluster.addons),
    }
}
