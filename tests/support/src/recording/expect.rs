//! `expect.json`: the right answer of a scenario, and whether a report gives it.

use serde::Deserialize;
use serde_json::Value;

use super::OneOf;

/// `expect.json`; the README of the recordings says what the fields mean.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// One of these; empty for a refusal.
    pub verdict: Vec<String>,
    /// One of these exit codes.
    pub exit: Vec<i32>,
    /// One of these links; `None`: not fixed.
    pub first_broken: Option<Vec<String>>,
    /// Of each inner list one fault, and different ones for different lists.
    pub faults: Vec<Vec<String>>,
    /// No error but those in `faults` and `allow`.
    pub only_errors: bool,
    /// Faults that may be reported as errors.
    pub allow: Vec<String>,
    /// Faults that must not be reported.
    pub absent: Vec<String>,
    /// By fault: one of these severities, if it is reported.
    pub severity: OneOf,
    /// By fault: one of these confidences, if it is reported.
    pub confidence: OneOf,
    /// By check: one of these statuses.
    pub checks: OneOf,
    /// The first container's identity.
    pub identity: IdentityExpect,
    /// At least one gap must be reported.
    pub gaps: bool,
    /// The error document of a refusal.
    pub error: Option<Mentions>,
}

/// What the first container's identity must be; nothing is asked where a field is absent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityExpect {
    /// One of these modes.
    #[serde(default)]
    pub mode: Option<Vec<String>>,
    /// This role.
    #[serde(default)]
    pub role_arn: Option<String>,
}

/// What an error document must hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mentions {
    /// Each of these texts.
    pub mentions: Vec<String>,
}

impl Expect {
    /// Whether a run gave the right answer: what it printed on stdout, read as JSON, and its exit code.
    ///
    /// # Errors
    /// All that is wrong, a line each.
    pub fn check(&self, stdout: &Value, exit_code: i32) -> Result<(), Vec<String>> {
        let mut wrong = Wrong::default();
        if !self.exit.contains(&exit_code) {
            wrong.add(format!("exit code {exit_code}, wanted one of {:?}", self.exit));
        }
        if let Some(error) = &self.error {
            check_error(error, stdout, &mut wrong);
        } else {
            self.check_report(stdout, exit_code, &mut wrong);
        }
        if wrong.0.is_empty() { Ok(()) } else { Err(wrong.0) }
    }

    fn check_report(&self, report: &Value, exit_code: i32, wrong: &mut Wrong) {
        let target = &report["targets"][0];
        if !target.is_object() {
            wrong.add(format!("no targets[0] in {}", shorten(report)));
            return;
        }
        wrong.one_of("verdict", &target["verdict"], &self.verdict);
        let alone = report["targets"].as_array().is_some_and(|targets| targets.len() == 1);
        if alone && report["verdict"] != target["verdict"] {
            wrong.add(format!("verdict {} at the top, {} in the only target", report["verdict"], target["verdict"]));
        }
        let gate = match exit_code {
            0 => Some("pass"),
            1 => Some("fail"),
            3 => Some("inconclusive"),
            _ => None,
        };
        if gate.is_none_or(|gate| report["gate"] != gate) {
            wrong.add(format!("gate {} and exit code {exit_code} don't agree", report["gate"]));
        }
        if let Some(first_broken) = &self.first_broken {
            wrong.one_of("first_broken", &target["first_broken"], first_broken);
        }
        self.check_findings(&findings(target), wrong);
        self.check_checks(target, wrong);
        self.check_identity(target, wrong);
        if self.gaps && target["gaps"].as_array().is_none_or(Vec::is_empty) {
            wrong.add("no gap is reported".to_owned());
        }
    }

    fn check_findings(&self, findings: &[Finding<'_>], wrong: &mut Wrong) {
        let reported: Vec<&str> = findings.iter().map(|finding| finding.fault).collect();
        if !all_different(&self.faults, &reported, &mut Vec::new()) {
            wrong.add(format!("faults {reported:?}, wanted of each of these one: {:?}", self.faults));
        }
        let errors = findings.iter().filter(|finding| finding.severity == "error");
        let is = |verdict: &str| self.verdict.iter().any(|want| want == verdict);
        if !is("broken") && !is("inconclusive") {
            for finding in errors {
                wrong.add(format!("{} is an error where nothing is broken", finding.fault));
            }
        } else if self.only_errors {
            let known: Vec<&String> = self.faults.iter().flatten().chain(&self.allow).collect();
            for finding in errors.filter(|finding| !known.iter().any(|known| *known == finding.fault)) {
                wrong.add(format!("{} is an error that is not expected", finding.fault));
            }
        }
        for absent in self.absent.iter().filter(|absent| reported.contains(&absent.as_str())) {
            wrong.add(format!("{absent} is reported and must not be"));
        }
        for finding in findings {
            for (what, wanted, actual) in
                [("severity", &self.severity, finding.severity), ("confidence", &self.confidence, finding.confidence)]
            {
                if let Some(wanted) = wanted.get(finding.fault).filter(|wanted| !wanted.iter().any(|want| want == actual)) {
                    wrong.add(format!("{} has the {what} {actual:?}, wanted one of {wanted:?}", finding.fault));
                }
            }
        }
    }

    fn check_checks(&self, target: &Value, wrong: &mut Wrong) {
        for (check, wanted) in &self.checks {
            let found = target["checks"].as_array().into_iter().flatten().find(|found| found["id"] == **check);
            match found {
                Some(found) => {
                    wrong.one_of(&format!("status of {check}"), &found["status"], wanted);
                }
                None => wrong.add(format!("check {check} is not reported")),
            }
        }
    }

    fn check_identity(&self, target: &Value, wrong: &mut Wrong) {
        let identity = &target["identities"][0];
        if let Some(mode) = &self.identity.mode {
            wrong.one_of("identity's mode", &identity["mode"], mode);
        }
        if let Some(role_arn) = &self.identity.role_arn {
            wrong.one_of("identity's role", &identity["role_arn"], std::slice::from_ref(role_arn));
        }
    }
}

fn check_error(wanted: &Mentions, stdout: &Value, wrong: &mut Wrong) {
    let error = &stdout["error"];
    if !error.is_object() {
        wrong.add(format!("no error document on stdout but {}", shorten(stdout)));
        return;
    }
    if stdout["schema_version"] != 1 {
        wrong.add(format!("schema_version {} in the error document", stdout["schema_version"]));
    }
    for field in ["code", "message"] {
        if error[field].as_str().is_none_or(str::is_empty) {
            wrong.add(format!("the error document has no {field}"));
        }
    }
    // The strings as they are, not as JSON escapes them.
    let texts: Vec<&str> = error.as_object().into_iter().flatten().filter_map(|(_, value)| value.as_str()).collect();
    for mention in wanted.mentions.iter().filter(|mention| !texts.iter().any(|text| text.contains(mention.as_str()))) {
        wrong.add(format!("the error document does not mention {mention:?}: {texts:?}"));
    }
}

/// What is wrong.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn add(&mut self, line: String) {
        self.0.push(line);
    }

    fn one_of(&mut self, what: &str, actual: &Value, wanted: &[String]) {
        if !wanted.iter().any(|want| *actual == **want) {
            self.add(format!("{what} is {actual}, wanted one of {wanted:?}"));
        }
    }
}

struct Finding<'r> {
    fault: &'r str,
    severity: &'r str,
    confidence: &'r str,
}

fn findings(target: &Value) -> Vec<Finding<'_>> {
    let list = target["findings"].as_array().into_iter().flatten();
    list.map(|finding| Finding {
        fault: finding["fault"].as_str().unwrap_or_default(),
        severity: finding["severity"].as_str().unwrap_or_default(),
        confidence: finding["confidence"].as_str().unwrap_or_default(),
    })
    .collect()
}

/// Whether each list can have a reported fault of its own.
fn all_different<'r>(lists: &[Vec<String>], reported: &[&'r str], used: &mut Vec<&'r str>) -> bool {
    let Some((list, rest)) = lists.split_first() else {
        return true;
    };
    reported.iter().any(|fault| {
        if !list.iter().any(|want| want == fault) || used.contains(fault) {
            return false;
        }
        used.push(fault);
        let found = all_different(rest, reported, used);
        used.pop();
        found
    })
}

fn shorten(value: &Value) -> String {
    value.to_string().chars().take(200).collect()
}

#[cfg(test)]
mod tests;
