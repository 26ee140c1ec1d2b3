//! Which clusters may have associations, and which nodes need an agent.

use super::*;

#[test]
fn only_what_may_be_an_eks_cluster_has_associations() {
    let judged = |change: &dyn Fn(&mut Snapshot)| {
        let mut snapshot = testing::healthy();
        snapshot.asked.targets = vec![crate::snapshot::Target::new(TargetKind::ServiceAccount, "default", "my-service-account")];
        let cluster = testing::cluster(&mut snapshot);
        let gap = Gap::new("eks:ListPodIdentityAssociations", GapCause::Denied);
        cluster.associations.insert("default/my-service-account".to_owned(), Observed::Unavailable(gap));
        cluster.eks = Observed::Absent;
        cluster.arn = None;
        cluster.openid_configuration = testing::read(&json!({"present": {"issuer": "https://issuer.example.com"}}));
        change(&mut snapshot);
        testing::run(&CHECK, &snapshot).status()
    };
    assert_eq!(judged(&|_| {}), Status::NotApplicable);
    assert_eq!(judged(&|snapshot| testing::cluster(snapshot).arn = Some("arn".to_owned())), Status::Unknown);
    let issued = |snapshot: &mut Snapshot| {
        testing::cluster(snapshot).openid_configuration = testing::read(&json!({"present": {"issuer": testing::ISSUER}}));
    };
    assert_eq!(judged(&issued), Status::Unknown);
}

#[test]
fn nodes_of_auto_mode_have_an_agent_built_in() {
    let on = |kind: &str| {
        let node = json!({"metadata": {"name": "n", "labels": {"eks.amazonaws.com/compute-type": kind}}});
        faults(|snapshot| {
            testing::pod(snapshot).spec.node_name = Some("n".to_owned());
            let cluster = testing::cluster(snapshot);
            cluster.nodes.insert("n".to_owned(), Observed::Present(testing::read(&node)));
            cluster.agents = Observed::Present(Vec::new());
        })
    };
    assert_eq!(on("auto"), none());
    assert_eq!(on("ec2"), ["pod-identity-agent-missing"]);
}

#[test]
fn other_daemon_sets_are_no_agents() {
    let with = |metadata: &Value| {
        let agent = json!({"kind": "DaemonSet", "metadata": metadata, "status": {"numberReady": 1}});
        faults(|snapshot| testing::cluster(snapshot).agents = Observed::Present(vec![testing::read(&agent)]))
    };
    assert_eq!(with(&json!({"name": "kiam", "namespace": "kube-system"})), ["pod-identity-agent-missing"]);
    let labelled = json!({"name": "agent", "labels": {"app.kubernetes.io/name": "eks-pod-identity-agent"}});
    assert_eq!(with(&labelled), none());
    assert_eq!(faults(|snapshot| testing::cluster(snapshot).agents = Observed::Absent), ["pod-identity-agent-missing"]);
    let auto = |snapshot: &mut Snapshot| {
        let cluster = testing::cluster(snapshot);
        cluster.agents = Observed::Absent;
        testing::inside(&mut cluster.eks).auto_mode = Some(true);
    };
    assert_eq!(faults(auto), none());
}
