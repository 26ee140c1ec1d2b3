//! From what is written to what is followed.

use super::{Config, Day, Faults, Ignore, Loaded};
use crate::cli::did_you_mean;
use irsa_doctor_checks::registry;
use irsa_doctor_checks::suppress::{self, Rules};
use irsa_doctor_iam::arn::is_account_id;
use jiff::civil::Date;
use std::collections::BTreeSet;

impl Config {
    /// The rules that hold today.
    ///
    /// # Errors
    ///
    /// What can't be meant.
    pub(super) fn into_rules(self, today: Date) -> Result<Loaded, String> {
        let mut rules = Rules { heeds_annotations: self.ignore_annotations.unwrap_or(true), ..Rules::default() };
        for (id, severity) in self.severity {
            known(&id).map_err(|problem| format!("[severity]: {problem}"))?;
            rules.severities.insert(id, severity);
        }
        let mut notes = Vec::new();
        for (index, ignore) in self.ignore.into_iter().enumerate() {
            let number = index + 1;
            let (ignore, last) = ignore.checked().map_err(|problem| format!("[[ignore]] number {number}: {problem}"))?;
            match last {
                Some(last) if last < today => {
                    let faults = ignore.faults.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                    notes
                        .push(format!("the ignore of {faults} ({}) expired on {last}: it hides nothing any more", ignore.reason));
                }
                _ => rules.ignores.push(ignore),
            }
        }
        Ok(Loaded { rules, notes })
    }
}

impl Ignore {
    /// The ignore, and the last day on which it holds.
    fn checked(self) -> Result<(suppress::Ignore, Option<Date>), String> {
        let faults: BTreeSet<String> = match self.fault {
            Faults::One(fault) => [fault].into(),
            Faults::Several(faults) => faults.into_iter().collect(),
        };
        if faults.is_empty() {
            return Err("`fault` names none".to_owned());
        }
        faults.iter().try_for_each(|fault| known(fault))?;
        if self.reason.trim().is_empty() {
            return Err("`reason` is empty: say why, it stands in every report".to_owned());
        }
        if let Some(account) = self.account.as_deref().filter(|account| !is_account_id(account)) {
            return Err(format!(
                "`account` is an AWS account, twelve digits, and not `{account}`; a Kubernetes one is `service-account`"
            ));
        }
        for (name, value) in [("namespace", &self.namespace), ("service-account", &self.service_account), ("role", &self.role)] {
            if value.as_deref().is_some_and(|value| value.trim().is_empty()) {
                return Err(format!("`{name}` is empty: leave it out, or say which"));
            }
        }
        let last = self.expires.map(Day::date).transpose()?;
        let (namespace, service_account) = (self.namespace, self.service_account);
        let (account, role, reason) = (self.account, self.role, self.reason.trim().to_owned());
        Ok((suppress::Ignore { faults, namespace, service_account, account, role, reason }, last))
    }
}

impl Day {
    fn date(self) -> Result<Date, String> {
        let text = match self {
            Self::Date(date) => date.to_string(),
            Self::Text(text) => text,
        };
        text.parse().map_err(|_| format!("`expires` is no day: write it as 2027-03-31, not `{text}`"))
    }
}

/// Whether a fault is one.
fn known(id: &str) -> Result<(), String> {
    if registry::fault(id).is_some() {
        return Ok(());
    }
    let all = registry::ALL.iter().flat_map(|check| check.faults).map(|fault| fault.id);
    let hint = did_you_mean(id, all, "`irsa-doctor checks` lists them");
    Err(format!("`{id}` is no fault; {hint}"))
}
