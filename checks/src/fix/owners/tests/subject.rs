//! What a fix changes, by its commands or by its place.

use super::*;
use crate::fix::{Effect, Fix};
use crate::locus::Locus;
use crate::registry;

const PLACE: &str = "Pod default/awscli";

/// What a fix with these commands changes, of a finding at this place.
fn at(place: &str, commands: &[(Effect, &str)]) -> Option<(Subject, Change)> {
    let fix = commands.iter().fold(Fix::new("f", "mend it"), |fix, (effect, words)| fix.command(*effect, words.split(' ')));
    let fault = registry::ALL[0].faults[0];
    let finding = Finding::new(fault, Locus::new(place), "").fix(fix);
    let snapshot = testing::healthy();
    testing::evidence(&snapshot, |evidence| super::target::of(evidence, &finding)).map(|target| (target.subject, target.change))
}

fn object(kind: &str, name: &str) -> Subject {
    Subject::Object { kind: kind.to_owned(), name: name.to_owned() }
}

#[test]
fn a_restart_is_nobodys_change() {
    let restarts = Effect::RestartsPods;
    let rollout = "kubectl patch rollouts.argoproj.io api --type=merge -p {\"spec\":{\"restartAt\":\"x\"}} -n default";
    for words in ["kubectl rollout restart deployment/api -n default", "kubectl delete pod a b -n default", rollout] {
        assert_eq!(at(PLACE, &[(restarts, words)]), None, "{words}");
        let create = (Effect::WritesCluster, "kubectl create serviceaccount api -n default");
        assert_eq!(at(PLACE, &[create, (restarts, words)]), Some((object("ServiceAccount", "api"), Change::Create)), "{words}");
    }
    assert_eq!(at(PLACE, &[]), Some((object("Pod", "awscli"), Change::Other)), "what has no command is somebody's");
}
