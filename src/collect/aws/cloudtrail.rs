//! CloudTrail's event history: who asked for which role's credentials, and how it ended.
//!
//! Only what `cloudtrail/event.rs` names of an event is ever kept. An event holds what was answered, too, and with it
//! the credentials that a pod was given.

mod event;
mod pacer;

pub(crate) use pacer::Pacer;

use super::operations::LOOKUP_EVENTS;
use super::{LastAttempt, Session};
use crate::collect::observe::aws::{Question, observe, part};
use aws_config::Region;
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_smithy_types::DateTime;
use aws_smithy_types::retry::RetryConfig;
use event::Read;
use irsa_doctor_checks::arn::RoleArn;
use irsa_doctor_checks::snapshot::{CredentialEvent, EventLog, Gap, GapCause, Observed};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The most pages of one history that are read: 2,000 events, in 20 seconds.
const MOST_PAGES: usize = 40;
/// The most events of one history that are kept.
const MOST_KEPT: usize = 500;

/// One history: what is looked for in it, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct History<'a> {
    /// The region.
    pub(crate) region: &'a str,
    /// The event's name.
    pub(crate) event: &'static str,
    /// The roles whose events are kept, by ARN.
    pub(crate) roles: &'a BTreeSet<String>,
    /// The service accounts whose events are kept.
    pub(crate) subjects: &'a BTreeSet<String>,
    /// How many hours back.
    pub(crate) hours: u32,
    /// Seconds since 1970.
    pub(crate) now: i64,
    /// When to stop reading.
    pub(crate) deadline: Instant,
}

/// One page of a history.
struct Page {
    events: Vec<aws_sdk_cloudtrail::types::Event>,
    next: Option<String>,
}

impl Session {
    /// `cloudtrail:LookupEvents`, page after page, newest first, until the history or the time is over. What was read
    /// by then is kept, and that it isn't all is said; a first page that can't be read is a gap.
    pub(crate) async fn credential_events(&self, account: &str, history: History<'_>, pacer: &Pacer) -> Observed<EventLog> {
        let about = format!("{} in {}", history.event, history.region);
        let question = Question { operation: &LOOKUP_EVENTS, about: &about };
        let mut log = Reading::new(&history);
        let mut token = None;
        let mut seen = BTreeSet::new();
        for _ in 0..MOST_PAGES {
            let page = async {
                pacer.turn(account, history.region).await;
                self.events_page(question, &history, token.take()).await
            };
            let page = match timeout_at(history.deadline, Box::pin(page)).await {
                Ok(Observed::Present(page)) => page,
                Ok(Observed::Absent) => return log.stopped(question.malformed("an absence")),
                Ok(Observed::Unavailable(gap)) => return log.stopped(gap),
                Err(_) => return log.stopped(out_of_time(question)),
            };
            log.add(page.events);
            let Some(next) = page.next else { return log.finished(None) };
            if !seen.insert(next.clone()) {
                return log.finished(Some("the pages go round in a circle".to_owned()));
            }
            if log.is_full() {
                return log.finished(Some(format!("{MOST_KEPT} events about them were read")));
            }
            token = Some(next);
        }
        log.finished(Some(format!("{MOST_PAGES} pages were read; ask for fewer hours")))
    }

    async fn events_page(&self, question: Question<'_>, history: &History<'_>, token: Option<String>) -> Observed<Page> {
        let clients = match self.clients(question) {
            Ok(clients) => clients,
            Err(gap) => return Observed::Unavailable(gap),
        };
        let name = LookupAttribute::builder().attribute_key(LookupAttributeKey::EventName).attribute_value(history.event);
        let name = match name.build() {
            Ok(name) => name,
            Err(error) => return Observed::Unavailable(question.gap(GapCause::NotCollected, error.to_string())),
        };
        let _place = self.place().await;
        let last = LastAttempt::default();
        // Others look up events, too: after a throttled call there is no hurry.
        let retries = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(500));
        let region = Region::new(history.region.to_owned());
        let here = aws_sdk_cloudtrail::config::Builder::new().region(region).retry_config(retries);
        let call = clients
            .cloudtrail
            .lookup_events()
            .lookup_attributes(name)
            .start_time(DateTime::from_secs(history.now.saturating_sub(i64::from(history.hours) * 3600)))
            .end_time(DateTime::from_secs(history.now))
            .max_results(50)
            .set_next_token(token)
            .customize()
            .config_override(here)
            .interceptor(last.clone());
        let answer = observe(question, Box::pin(call.send()).await, &last);
        part(answer, |answer| {
            let events = answer.events.ok_or_else(|| question.malformed("the answer has no Events"))?;
            Ok(Page { events, next: answer.next_token.filter(|token| !token.is_empty()) })
        })
    }
}

fn out_of_time(question: Question<'_>) -> Gap {
    question.gap(GapCause::TimedOut, "the run's time was up").remedy("give the run longer with --timeout, or ask for fewer hours")
}

/// What was read of a history so far.
struct Reading<'a> {
    history: &'a History<'a>,
    log: EventLog,
    oldest: Option<String>,
}

impl<'a> Reading<'a> {
    fn new(history: &'a History<'a>) -> Self {
        Self { history, log: EventLog { hours: history.hours, ..EventLog::default() }, oldest: None }
    }

    fn add(&mut self, events: Vec<aws_sdk_cloudtrail::types::Event>) {
        for event in events {
            self.log.read += 1;
            match event::read(event.cloud_trail_event.as_deref().unwrap_or_default(), self.history.event) {
                Read::Event(event) => {
                    self.oldest = Some(event.time.clone());
                    if self.concerns(&event) && !self.is_full() {
                        self.log.events.push(event);
                    }
                }
                Read::NotUnderstood => self.log.not_understood += 1,
            }
        }
    }

    fn is_full(&self) -> bool {
        self.log.events.len() >= MOST_KEPT
    }

    /// Whether an event is about one of the roles or by one of the service accounts. A session's ARN has no path: names count.
    fn concerns(&self, event: &CredentialEvent) -> bool {
        let subject = event.subject.as_ref().is_some_and(|subject| self.history.subjects.contains(subject));
        let asked = event.role.as_deref().and_then(RoleArn::parse);
        let same = |role: &String| {
            RoleArn::parse(role).zip(asked).is_some_and(|(one, other)| one.account == other.account && one.name == other.name)
        };
        subject || self.history.roles.iter().any(same)
    }

    fn finished(mut self, cut_short: Option<String>) -> Observed<EventLog> {
        self.log.back_to = self.oldest.filter(|_| cut_short.is_some());
        self.log.cut_short = cut_short;
        Observed::Present(self.log)
    }

    /// What was read before a page that could not be read.
    fn stopped(self, gap: Gap) -> Observed<EventLog> {
        if self.log.read == 0 {
            return Observed::Unavailable(match gap.cause {
                GapCause::Denied => {
                    gap.remedy("allow cloudtrail:LookupEvents on * (it shows management events, and no data events)")
                }
                _ => gap,
            });
        }
        let why = if gap.detail.is_empty() { gap.cause.words().to_owned() } else { gap.detail };
        self.finished(Some(why))
    }
}
