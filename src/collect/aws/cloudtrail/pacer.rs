//! CloudTrail answers two lookups a second for each account and region, ours and everybody else's.
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html>

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// The time between two lookups.
const BETWEEN: Duration = Duration::from_millis(500);

/// Gives each lookup its turn.
#[derive(Debug, Default)]
pub(crate) struct Pacer {
    /// When the next one of an account and a region may begin.
    next: Mutex<BTreeMap<String, Instant>>,
}

impl Pacer {
    /// Waits for the next turn.
    pub(crate) async fn turn(&self, account: &str, region: &str) {
        sleep_until(self.slot(account, region, Instant::now())).await;
    }

    /// Takes the next turn: when it begins.
    fn slot(&self, account: &str, region: &str, now: Instant) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = next.entry(format!("{account}/{region}")).or_insert(now);
        let turn = (*slot).max(now);
        *slot = turn + BETWEEN;
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_of_one_account_and_region_are_half_a_second_apart() {
        let (pacer, now) = (Pacer::default(), Instant::now());
        let after = |millis| now + Duration::from_millis(millis);
        let slot = |region, now| pacer.slot("123456789012", region, now);
        let first: Vec<Instant> = (0..3).map(|_| slot("us-east-1", now)).collect();
        assert_eq!(first, [now, after(500), after(1000)]);
        assert_eq!(slot("eu-west-1", now), now, "another region has its own");
        assert_eq!(pacer.slot("210987654321", "us-east-1", now), now, "and so has another account");
        assert_eq!(slot("us-east-1", after(1200)), after(1500), "the turn that was taken counts");
        assert_eq!(slot("us-east-1", after(9000)), after(9000), "nobody waits for a time that is over");
    }
}
