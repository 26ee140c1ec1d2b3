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
        let lookups = match self.options.cloudtrail {
            Some(hours) => diagnose::lookups(snapshot).into_iter().map(|lookup| (lookup, hours)).collect(),
            None => Vec::new(),
        };
        let questions = if self.options.simulate { diagnose::questions(snapshot) } else { Vec::new() };
        if self.options.cloudtrail.is_some() && lookups.is_empty() {
            self.note("--cloudtrail: no role is known, so there is nothing to look for".to_owned());
        }
        if self.options.simulate && questions.is_empty() {
            self.note("--simulate: no role or no action is known, so there is nothing to ask".to_owned());
        }
        let pacer = Pacer::default();
        let logs = join_all(lookups.iter().map(|(lookup, hours)| Box::pin(self.event_log(lookup, *hours, &pacer))));
        let answers = join_all(questions.iter().map(|question| Box::pin(self.simulation(question))));
        let (logs, answers) = tokio::join!(logs, answers);
        for ((lookup, _), (region, log)) in lookups.iter().zip(logs) {
            let account = snapshot.accounts.entry(lookup.account.clone()).or_default();
            account.events.insert(format!("{region}/{}", lookup.event), log);
        }
        for (question, answers) in questions.iter().zip(answers) {
            keep(snapshot, question, answers);
        }
    }

    /// One event history, and the region that it was read in.
    async fn event_log(&self, lookup: &Lookup, hours: u32, pacer: &Pacer) -> (String, Observed<EventLog>) {
        let region = lookup.region.clone();
        let about = format!("{} in {}", lookup.event, region.as_deref().unwrap_or("the profile's region"));
        let session = match self.sure_access(&lookup.account, &aws::LOOKUP_EVENTS, &about).await {
            Ok(session) => session,
            Err(gap) => return (region.unwrap_or_else(|| "unknown".to_owned()), Observed::Unavailable(gap)),
        };
        let region = region.unwrap_or_else(|| session.region().to_owned());
        let history = History {
            region: &region,
            event: lookup.event,
            roles: &lookup.roles,
            subjects: &lookup.subjects,
            hours,
            now: jiff::Timestamp::now().as_second(),
            deadline: self.deadline,
        };
        let log = session.credential_events(&lookup.account, history, pacer).await;
        (region, log)
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

/// Puts answers to the role that they are about.
fn keep(snapshot: &mut Snapshot, question: &Question, answers: BTreeMap<String, Observed<Simulated>>) {
    let Some(arn) = RoleArn::parse(&question.role) else { return };
    let Some(account) = snapshot.accounts.get_mut(arn.account) else { return };
    let Some(role) = account.roles.get_mut(arn.name) else { return };
    role.simulations.extend(answers.into_iter().map(|(action, answer)| (question.key(&action), answer)));
}
