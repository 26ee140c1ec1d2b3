//! The policies that resources bear themselves: of buckets, keys, queues, topics, secrets, repositories and functions.
//!
//! Each is read by a client of its own in the resource's region, made from the session's configuration: one call for
//! each resource. What else the calls answer (a queue's attributes, a topic's) is dropped here.

mod bucket;
mod function;
mod key;
mod others;

use super::Session;
use crate::collect::observe::aws::Question;
use irsa_doctor_checks::resource_policy::{Bearer, ResourceKind};
use irsa_doctor_checks::snapshot::{Gap, Observed, ResourceEvidence};

/// A client of a service in a region, with the session's credentials and the guard.
macro_rules! client {
    ($session:expr, $question:expr, $sdk:ident, $region:expr) => {
        $session.shared($question).map(|(config, guard)| {
            let region = aws_config::Region::new(str::to_owned($region));
            let builder = $sdk::config::Builder::from(config).region(region).interceptor(guard.clone());
            builder.retry_classifier(crate::collect::aws::guard::RefusedIsFinal)
        })
    };
}

/// Asks one question of a client of its own; see [`client`].
macro_rules! read {
    ($session:expr, $question:expr, $sdk:ident, $region:expr, $call:ident() $(.$setter:ident($value:expr))*) => {
        match client!($session, $question, $sdk, $region) {
            Err(gap) => irsa_doctor_checks::snapshot::Observed::Unavailable(gap),
            Ok(builder) => {
                let _place = $session.place().await;
                let last = crate::collect::aws::LastAttempt::default();
                let client = $sdk::Client::from_conf(builder.build());
                let call = client.$call()$(.$setter($value))*.customize().interceptor(last.clone());
                let answer = Box::pin(call.send()).await;
                crate::collect::observe::aws::observe($question, answer, &last)
            }
        }
    };
}
use {client, read};

impl Session {
    /// The policy of a resource, asked as the session's caller (`account`, where it is known).
    pub(crate) async fn resource_policy(&self, bearer: &Bearer, account: Option<&str>) -> ResourceEvidence {
        let region = bearer.region.as_str();
        let mut read = match bearer.kind {
            ResourceKind::Bucket => return Box::pin(self.bucket_policy(bearer, account)).await,
            ResourceKind::Key => Box::pin(self.key_policy(bearer)).await,
            ResourceKind::Queue => of(Box::pin(self.queue_policy(bearer)).await),
            ResourceKind::Topic => of(Box::pin(self.topic_policy(bearer)).await),
            ResourceKind::Secret => of(Box::pin(self.secret_policy(bearer)).await),
            ResourceKind::Repository => of(Box::pin(self.repository_policy(bearer)).await),
            ResourceKind::Function => of(Box::pin(self.function_policy(bearer)).await),
        };
        read.owner = Some(bearer.account.clone());
        read.asked_as = account.map(str::to_owned);
        read.region = Some(region.to_owned());
        read
    }
}

fn of(policy: Observed<String>) -> ResourceEvidence {
    ResourceEvidence { policy, ..ResourceEvidence::default() }
}

/// A policy document of an answer. The SDKs hand out any text, a proxy's page too.
fn document(question: Question<'_>, field: &str, text: Option<String>) -> Result<String, Gap> {
    let document = text.filter(|text| text.trim_start().starts_with('{'));
    document.ok_or_else(|| question.malformed(format!("the answer has no {field}")))
}
