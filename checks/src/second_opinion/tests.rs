use super::{Question, questions};
use crate::diagnose::{self, diagnose};
use crate::policies::Policies;
use crate::report::{SecondOpinion, TargetReport, Verdict};
use crate::snapshot::{Gap, GapCause, Observed, RequiredAction, Simulated, Snapshot};
use crate::testing::{healthy, role, role_evidence, set_policy};
use serde_json::json;
use std::collections::BTreeMap;

const BUCKET: &str = "arn:aws:s3:::my-test-bucket";

fn asked(action: &str, resource: &str) -> RequiredAction {
    RequiredAction { action: action.to_owned(), resource: resource.to_owned(), context: BTreeMap::new() }
}

fn asking(actions: &[RequiredAction]) -> Snapshot {
    let mut snapshot = healthy();
    snapshot.asked.actions = actions.to_vec();
    snapshot
}

/// The healthy role, asked for what it may; the simulator says this.
fn simulated(answer: Observed<Simulated>) -> TargetReport {
    let mut snapshot = asking(&[asked("s3:ListBucket", BUCKET)]);
    let question = diagnose::questions(&snapshot).remove(0);
    role_evidence(&mut snapshot).simulations.insert(question.key("s3:ListBucket"), answer);
    diagnose(&snapshot).targets.remove(0)
}

fn opinion(answer: Simulated) -> SecondOpinion {
    let report = simulated(Observed::Present(answer));
    assert_eq!((report.verdict, report.decisions[0].decision.as_str()), (Verdict::Healthy, "allow"), "ours stays ours");
    report.decisions.into_iter().next().unwrap().second_opinion.unwrap()
}

fn says(decision: &str) -> Simulated {
    Simulated { decision: decision.to_owned(), ..Simulated::default() }
}

#[test]
fn questions_on_the_same_resource_are_one() {
    let actions = ["s3:ListBucket", "s3:GetBucketTagging", "s3:ListBucket", "s3:ListAllMyBuckets"];
    let mut snapshot = asking(&actions.map(|action| asked(action, BUCKET)));
    role(&mut snapshot).tags.insert("team".to_owned(), "shop".to_owned());
    let policies = Policies::default();
    let questions = questions(&diagnose::first_evidence(&snapshot, &policies));
    let seen: Vec<_> = questions.iter().map(|question| (question.resource.as_str(), question.actions.len())).collect();
    assert_eq!(seen, [(BUCKET, 2), ("*", 1)], "an action that takes no resource is asked about with none");
    assert_eq!(questions[0].context["aws:PrincipalTag/team"], ["shop"]);
    assert!(diagnose::questions(&healthy()).iter().all(|question| !question.actions.is_empty()));
}

#[test]
fn the_same_opinion_needs_no_reasons() {
    let same = opinion(Simulated { by: vec!["my-test-policy".to_owned()], ..says("allowed") });
    assert_eq!((same.decision.as_str(), same.differs, same.why.len(), same.by.len()), ("allow", false, 0, 1));
}

#[test]
fn another_opinion_says_why_that_may_be() {
    let because = |answer: Simulated| {
        let opinion = opinion(answer);
        assert!(opinion.differs, "{opinion:?}");
        opinion.why.join("\n")
    };
    let organization = Simulated { organization_allows: Some(false), ..says("implicitDeny") };
    assert!(because(organization).contains("service control policies"));
    assert!(because(Simulated { boundary_allows: Some(false), ..says("implicitDeny") }).contains("boundary"));
    let untold = Simulated { missing_context: vec!["aws:SourceVpc".to_owned()], ..says("implicitDeny") };
    assert!(because(untold).contains("was not told aws:SourceVpc"));
    let refused = Simulated { organization_allows: Some(false), ..says("explicitDeny") };
    assert_eq!(opinion(refused).why.len(), 1, "what was seen needs no guess");
    assert!(because(says("explicitDeny")).contains("outside of the role's own policies"));
    assert!(because(says("implicitDeny")).contains("not a pod's session"));
}

#[test]
fn an_opinion_that_could_not_be_had_decides_nothing() {
    let report = simulated(Observed::Unavailable(Gap::new("iam:SimulatePrincipalPolicy", GapCause::ServerError)));
    assert_eq!((report.verdict, &report.decisions[0].second_opinion), (Verdict::Healthy, &None));
    assert!(report.gaps.iter().any(|gap| gap.found.gap.operation == "iam:SimulatePrincipalPolicy" && !gap.found.decisive));
}

#[test]
fn a_denial_is_compared_with_a_denial_of_its_kind() {
    let differs = |effect: &str, theirs: &str| {
        let mut snapshot = asking(&[asked("s3:ListBucket", BUCKET)]);
        let statement = json!({"Effect": effect, "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::my-test-bucket"});
        let nothing = json!({"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"});
        set_policy(
            &mut snapshot,
            &json!({"Version": "2012-10-17", "Statement": if effect == "Deny" { statement } else { nothing }}),
        );
        let question = diagnose::questions(&snapshot).remove(0);
        let key = question.key("s3:ListBucket");
        role_evidence(&mut snapshot).simulations.insert(key, Observed::Present(says(theirs)));
        let decision = diagnose(&snapshot).targets.remove(0).decisions.remove(0);
        (decision.decision, decision.second_opinion.unwrap().differs)
    };
    let said = |ours: &str, differs: bool| (ours.to_owned(), differs);
    assert_eq!(differs("Deny", "explicitDeny"), said("explicit-deny", false));
    assert_eq!(differs("Deny", "allowed"), said("explicit-deny", true));
    assert_eq!(differs("", "implicitDeny"), said("implicit-deny", false));
    assert_eq!(differs("", "explicitDeny"), said("implicit-deny", true));
}

#[test]
fn an_answer_is_kept_by_action_resource_and_context() {
    let context = [("k".to_owned(), vec!["a".to_owned(), "b".to_owned()])].into();
    let question = Question { role: "r".to_owned(), resource: BUCKET.to_owned(), context, actions: Vec::new() };
    assert_eq!(question.key("s3:ListBucket"), "s3:ListBucket on arn:aws:s3:::my-test-bucket, k=a|b");
}
