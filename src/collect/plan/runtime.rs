//! Run-time evidence, where it was asked for. What is wanted follows from all the rest, so it is read last.

use super::account::Access;
use super::run::Run;
use crate::collect::aws::{self, History, Operation, Pacer};
use futures_util::future::join_all;
use irsa_doctor_checks::arn::RoleArn;
use irsa_doctor_checks::diagnose;
use irsa_doctor_checks::second_opinion::Question;
use irsa_doctor_checks::snapshot::{EventLog, Gap, GapCause, Observed, Simulated, Snapshot};
use irsa_doctor_checks::usage::Lookup;
use std::collections::BTreeMap;
use tokio::time::timeout_at;

impl Run<'_> {
    /// Adds what CloudTrail (`--cloudtrail`) and AWS' policy simulator (`--simulate`) say.
    pub(super) async fn add_runtime_evidence(&self, snapshot: &mut Snapshot) {
        let (hours, lookups) = match self.options.cloudtrail {
            Some(hours) => (hours, self.placed(diagnose::lookups(snapshot)).await),
            None => (0, Vec::new()),
        };
        let questions = if self.options.simulate { diagnose::questions(snapshot) } else { Vec::new() };
        if self.options.cloudtrail.is_some() && lookups.is_empty() {
            self.note("--cloudtrail: no role is known, so there is nothing to look for".to_owned());
        }
        if self.options.simulate && questions.is_empty() {
            self.note("--simulate: no role or no action is known, so there is nothing to ask".to_owned());
        }
        let pacer = Pacer::default();
        let logs = join_all(lookups.iter().map(|lookup| Box::pin(self.event_log(lookup, hours, &pacer))));
        let answers = join_all(questions.iter().map(|question| Box::pin(self.simulation(question))));
        let (logs, answers) = tokio::join!(logs, answers);
        for (lookup, log) in lookups.iter().zip(logs) {
            let account = snapshot.accounts.entry(lookup.account.clone()).or_default();
            account.events.insert(format!("{}/{}", region(lookup), lookup.event), log);
        }
        for (question, answers) in questions.iter().zip(answers) {
            keep(snapshot, question, answers);
        }
    }

    /// The lookups, those that nothing gives a region in the profile's own; each place once.
    async fn placed(&self, lookups: Vec<Lookup>) -> Vec<Lookup> {
        let own = self.session().await.region();
        let mut placed: Vec<Lookup> = Vec::new();
        for lookup in lookups {
            let lookup = Lookup { region: lookup.region.or_else(|| Some(own.to_owned())), ..lookup };
            let same =
                |known: &Lookup| known.account == lookup.account && known.region == lookup.region && known.event == lookup.event;
            if !placed.iter().any(same) {
                placed.push(lookup);
            }
        }
        placed
    }

    /// One event history.
    async fn event_log(&self, lookup: &Lookup, hours: u32, pacer: &Pacer) -> Observed<EventLog> {
        let about = format!("{} in {}", lookup.event, region(lookup));
        let session = match self.sure_access(&lookup.account, &aws::LOOKUP_EVENTS, &about).await {
            Ok(session) => session,
            Err(gap) => return Observed::Unavailable(gap),
        };
        let history = History {
            region: region(lookup),
            event: lookup.event,
            roles: &lookup.roles,
            subjects: &lookup.subjects,
            hours,
            now: jiff::Timestamp::now().as_second(),
            deadline: self.deadline,
        };
        session.credential_events(&lookup.account, history, pacer).await
    }

    /// The simulator's answers to one question, by action.
    async fn simulation(&self, question: &Question) -> BTreeMap<String, Observed<Simulated>> {
        let all = |gap: &Gap| {
            question.actions.iter().map(|action| (action.clone(), Observed::Unavailable(gap.clone()))).collect::<BTreeMap<_, _>>()
        };
        let account = RoleArn::parse(&question.role).map(|arn| arn.account).unwrap_or_default();
        let session = match self.sure_access(account, &aws::SIMULATE, &question.role).await {
            Ok(session) => session,
            Err(gap) => return all(&gap),
        };
        match timeout_at(self.deadline, Box::pin(session.simulate(question))).await {
            Ok(answers) => answers,
            Err(_) => all(&Gap::new(aws::SIMULATE.action, GapCause::TimedOut)
                .about(question.role.as_str())
                .detail("the run's time was up")
                .remedy("give the run longer with --timeout")),
        }
    }

    /// A session that is known to be of the account: another account's history would prove nothing.
    async fn sure_access(&self, account: &str, operation: &'static Operation, about: &str) -> Result<&aws::Session, Gap> {
        let gap = match timeout_at(self.deadline, Box::pin(self.access(account))).await {
            Ok(Ok(Access { session, doubt: None })) => return Ok(session),
            Ok(Ok(Access { doubt: Some(gap), .. }) | Err(gap)) => gap,
            Err(_) => {
                Gap::new("", GapCause::TimedOut).detail("the run's time was up").remedy("give the run longer with --timeout")
            }
        };
        Err(Gap { operation: operation.action.to_owned(), resource: Some(about.to_owned()), ..gap })
    }
}

fn region(lookup: &Lookup) -> &str {
    lookup.region.as_deref().unwrap_or_default()
}

/// Puts answers to the role that they are about.
fn keep(snapshot: &mut Snapshot, question: &Question, answers: BTreeMap<String, Observed<Simulated>>) {
    let Some(arn) = RoleArn::parse(&question.role) else { return };
    let Some(account) = snapshot.accounts.get_mut(arn.account) else { return };
    let Some(role) = account.roles.get_mut(arn.name) else { return };
    role.simulations.extend(answers.into_iter().map(|(action, answer)| (question.key(&action), answer)));
}
