//! What run-time evidence the targets want: for a collector, which can't know it before it has read the rest.

use super::target;
use crate::policies::Policies;
use crate::second_opinion::{self, Question};
use crate::snapshot::Snapshot;
use crate::usage::{self, Lookup};

/// The event histories to look into for all targets, each once.
pub fn lookups(snapshot: &Snapshot) -> Vec<Lookup> {
    let policies = Policies::default();
    let mut all: Vec<Lookup> = Vec::new();
    for target in &snapshot.asked.targets {
        let Some((evidence, roles)) = target::used(snapshot, &policies, target) else { continue };
        for lookup in usage::lookups(&evidence, &roles) {
            let place = |known: &&mut Lookup| {
                known.account == lookup.account && known.region == lookup.region && known.event == lookup.event
            };
            match all.iter_mut().find(place) {
                Some(known) => {
                    known.roles.extend(lookup.roles);
                    known.subjects.extend(lookup.subjects);
                }
                None => all.push(lookup),
            }
        }
    }
    all
}

/// The questions to the policy simulator for all targets, each once.
pub fn questions(snapshot: &Snapshot) -> Vec<Question> {
    let policies = Policies::default();
    let targets = snapshot.asked.targets.iter().filter_map(|target| target::used(snapshot, &policies, target));
    let mut all: Vec<Question> = targets.flat_map(|(evidence, _)| second_opinion::questions(&evidence)).collect();
    all.sort();
    all.dedup();
    all
}
