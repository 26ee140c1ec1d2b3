//! What is said of an association, and the commands that mend it.

use super::*;
use crate::snapshot::Target;

/// The only finding: its detail, and its fix.
fn only(outcome: &Outcome) -> (String, Fix) {
    let [finding] = testing::findings(outcome) else { panic!("{:?}", testing::faults(outcome)) };
    (finding.detail.clone(), finding.fix.clone().unwrap_or_default())
}

fn commands(fix: &Fix) -> Vec<String> {
    fix.commands.iter().map(crate::fix::FixCommand::shell).collect()
}

fn of_account(snapshot: &mut Snapshot) {
    snapshot.asked.targets = vec![Target::new(TargetKind::ServiceAccount, "default", "my-service-account")];
}

#[test]
fn a_role_that_was_named_itself_has_no_association() {
    let outcome = run(|snapshot| {
        let mut target = Target::new(TargetKind::Role, "", ROLE);
        target.subject = Some("default/my-service-account".to_owned());
        snapshot.asked.targets = vec![target];
    });
    assert_eq!(outcome.status(), Status::NotApplicable);
}

#[test]
fn whose_role_it_takes_the_place_of_is_said() {
    let other = format!("arn:aws:iam::{ACCOUNT}:role/other");
    let given = format!("an EKS Pod Identity association gives new pods of default/my-service-account role {ROLE}");
    let mut account = healthy();
    testing::annotate(&mut account, crate::evidence::ROLE_ANNOTATION, Some(&other));
    assert_eq!(testing::faults(&testing::run(&CHECK, &account)), none(), "this pod uses the association");
    of_account(&mut account);
    let (detail, fix) = only(&testing::run(&CHECK, &account));
    assert_eq!(detail, format!("{given}: and not the annotation's ({other})"));
    assert!(fix.needs_decision.unwrap().starts_with("whoever owns default/my-service-account must decide"));

    let injected = |role: &str, change: &dyn Fn(&mut Snapshot)| {
        let mut snapshot = testing::healthy();
        associate(&mut snapshot, |_| {});
        testing::set_trust(&mut snapshot, &trust(&json!(["sts:AssumeRole", "sts:TagSession"])));
        let container = testing::container(&mut snapshot);
        container.env.iter_mut().find(|variable| variable.name == "AWS_ROLE_ARN").unwrap().value = Some(role.to_owned());
        change(&mut snapshot);
        let outcome = testing::run(&CHECK, &snapshot);
        (only(&outcome).0, testing::findings(&outcome)[0].severity)
    };
    let (detail, severity) = injected(&other, &|_| {});
    assert_eq!(detail, format!("{given}: this pod still has the other one, by web identity ({other})"));
    assert_eq!(severity, Severity::Warning);
    let unannotated = |snapshot: &mut Snapshot| testing::annotate(snapshot, crate::evidence::ROLE_ANNOTATION, None);
    assert_eq!(injected(&other, &unannotated).0, detail, "a pod's own role needs no annotation");
    let (detail, severity) = injected(ROLE, &|_| {});
    assert_eq!(detail, format!("{given}: which is the same role, by another way ({ROLE})"));
    assert_eq!(severity, Severity::Info);
}

#[test]
fn an_association_of_a_pod_that_has_nothing_changes_nothing() {
    let mut snapshot = healthy();
    testing::container(&mut snapshot).env.clear();
    let outcome = testing::run(&CHECK, &snapshot);
    assert_eq!((testing::faults(&outcome), outcome.status()), (none(), Status::Pass));
}

#[test]
fn the_agent_is_installed_as_an_add_on_of_this_cluster() {
    let fix = |change: &dyn Fn(&mut Snapshot)| {
        let outcome = run(|snapshot| {
            testing::cluster(snapshot).agents = Observed::Present(Vec::new());
            change(snapshot);
        });
        only(&outcome).1
    };
    let create = "aws eks create-addon --cluster-name my-cluster --addon-name eks-pod-identity-agent --region us-east-1";
    assert_eq!(commands(&fix(&|_| {})), [create]);
    let unnamed = fix(&|snapshot| testing::cluster(snapshot).name = None);
    assert!(unnamed.commands.is_empty());
    assert!(unnamed.needs_decision.unwrap().contains("must install the add-on eks-pod-identity-agent"));
}

#[test]
fn an_agent_without_a_ready_pod_is_named_by_its_namespace() {
    for (namespace, named) in [(None, "kube-system"), (Some("agents"), "agents")] {
        let metadata = json!({"name": "eks-pod-identity-agent", "namespace": namespace});
        let agent = json!({"kind": "DaemonSet", "metadata": metadata, "status": {"numberReady": 0}});
        let outcome = run(|snapshot| testing::cluster(snapshot).agents = Observed::Present(vec![testing::read(&agent)]));
        let (detail, fix) = only(&outcome);
        let set = format!("DaemonSet {named}/eks-pod-identity-agent");
        assert_eq!(detail, format!("the EKS Pod Identity agent, {set}, has no ready pod, so nobody hands out credentials"));
        assert!(fix.needs_decision.unwrap().contains(&format!("kubectl describe daemonset eks-pod-identity-agent -n {named}")));
    }
}

#[test]
fn a_pod_without_its_association_gets_the_annotations_role_or_somebody_must_name_one() {
    let fix = |role: Option<&str>| {
        let outcome = run(|snapshot| {
            testing::annotate(snapshot, crate::evidence::ROLE_ANNOTATION, role);
            let associations = &mut testing::cluster(snapshot).associations;
            associations.insert("default/my-service-account".to_owned(), Observed::Absent);
        });
        only(&outcome).1
    };
    let annotated = fix(Some(ROLE));
    assert!(annotated.notes.contains(&format!("new pods get role {ROLE} by the annotation")), "{:?}", annotated.notes);
    assert_eq!(annotated.restart, crate::fix::Restart::Required);
    let nameless = fix(None);
    assert!(nameless.needs_decision.unwrap().contains("default/my-service-account must say which role it is to have"));
    assert_eq!((nameless.id.as_str(), annotated.id), ("association:default/my-service-account", nameless.id.clone()));
}

#[test]
fn what_the_role_refuses_and_why_is_said() {
    let both = json!(["sts:AssumeRole", "sts:TagSession"]);
    let tagged = |condition: &Value| {
        let mut document = trust(&both);
        document["Statement"][0]["Condition"] = condition.clone();
        let (detail, fix) = only(&run(|snapshot| testing::set_trust(snapshot, &document)));
        assert_eq!(fix.summary, "Let pods.eks.amazonaws.com assume role my-test-role");
        detail
    };
    let refused = "role my-test-role does not allow sts:AssumeRole and sts:TagSession to pods.eks.amazonaws.com";
    let namespace = "aws:RequestTag/kubernetes-namespace";
    let one = tagged(&json!({"StringEquals": {namespace: ["a", "b"]}}));
    assert_eq!(one, format!("{refused}: its condition StringEquals {namespace} a or b does not hold"));
    let two = json!({"StringEquals": {namespace: "a", "aws:RequestTag/kubernetes-service-account": "b"}});
    assert_eq!(tagged(&two), refused, "neither alone is why");
    let mut denied = trust(&both);
    denied["Statement"].as_array_mut().unwrap().push(json!({"Effect": "Deny", "Principal": "*", "Action": "sts:TagSession"}));
    let (detail, fix) = only(&run(|snapshot| testing::set_trust(snapshot, &denied)));
    assert_eq!(detail, "role my-test-role denies sts:TagSession to pods.eks.amazonaws.com");
    assert!(fix.needs_decision.unwrap().contains("must look at its Deny statements"));
}

#[test]
fn the_first_role_is_let_in_by_its_arn() {
    let stranger = target_trust("arn:aws:iam::123456789012:role/someone-else", &json!("sts:AssumeRole"), &json!({}));
    let (detail, fix) = only(&run(|snapshot| target(snapshot, None, &stranger)));
    assert_eq!(detail, format!("role target does not allow sts:AssumeRole and sts:TagSession to {ROLE}"));
    assert_eq!(fix.summary, format!("Let {ROLE} assume role target"));
    // Without session tags the target role is only assumed.
    let only_assume = target_trust(ROLE, &json!("sts:AssumeRole"), &json!({}));
    let outcome = run(|snapshot| {
        target(snapshot, None, &only_assume);
        associate(snapshot, |association| {
            association.target_role_arn = Some(TARGET.to_owned());
            association.disable_session_tags = true;
        });
    });
    assert_eq!((testing::faults(&outcome), outcome.status()), (none(), Status::Pass));
}

#[test]
fn a_target_role_that_is_gone_is_said_here_and_the_first_one_by_the_check_of_roles() {
    let outcome = run(|snapshot| {
        target(snapshot, None, &json!({}));
        testing::account(snapshot).roles.get_mut("target").unwrap().role = Observed::Absent;
    });
    assert_eq!(only(&outcome).0, format!("the association's target role {TARGET} doesn't exist"));
    let outcome = run(|snapshot| testing::role_evidence(snapshot).role = Observed::Absent);
    assert_eq!(testing::faults(&outcome), none());
}

#[test]
fn the_session_policy_says_what_it_does_to_the_action() {
    let asked = |statements: &Value, key: &str, value: &str| {
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        run(|snapshot| {
            associate(snapshot, |association| association.session_policy = Some(policy.to_string()));
            let context = [(key.to_owned(), vec![value.to_owned()])].into();
            let (action, resource) = ("s3:ListBucket".to_owned(), "arn:aws:s3:::my-test-bucket".to_owned());
            snapshot.asked.actions = vec![RequiredAction { action, resource, context }];
        })
    };
    let said = |how: &str| {
        format!(
            "the association's session policy {how} s3:ListBucket on arn:aws:s3:::my-test-bucket, whatever role {ROLE} may do"
        )
    };
    let any = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
    let deny = json!({"Effect": "Deny", "Action": "s3:ListBucket", "Resource": "*"});
    let (detail, fix) = only(&asked(&json!([any, deny]), "s3:prefix", "a/"));
    assert_eq!(detail, said("denies"));
    let decision = fix.needs_decision.unwrap();
    assert!(decision.starts_with("whoever owns the association of default/my-service-account must decide"), "{decision}");
    assert_eq!(fix.id, "association:a-1#policy");
    let limited = json!([{
        "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"s3:prefix": "a/"}},
    }]);
    assert_eq!(testing::faults(&asked(&limited, "s3:prefix", "a/")), none());
    assert_eq!(only(&asked(&limited, "s3:prefix", "b/")).0, said("leaves out"));
    let team = "aws:PrincipalTag/team";
    let of_team = json!([{"Effect": "Allow", "Action": "s3:*", "Resource": format!("arn:aws:s3:::${{{team}}}-bucket")}]);
    assert_eq!(testing::faults(&asked(&of_team, team, "my-test")), none(), "a variable stands for its one value");
    assert_eq!(only(&asked(&of_team, team, "other")).0, said("leaves out"));
}
