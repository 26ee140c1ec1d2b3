//! One scenario: run, paste, let the controllers work, run again.

use crate::arguments::arguments;
use crate::seed::seed;
use crate::shell::{Tools, is_mendable, steps};
use crate::world;
use irsa_doctor_test_support::{Accounts, Moto, Recording, Scenario, Served};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Stdio;

const BINARY: &str = env!("CARGO_BIN_EXE_irsa-doctor");

/// A scenario of either kind.
pub(crate) enum Trial {
    Recording(Box<Recording>),
    Scenario(Scenario),
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// No error is left, or only those that somebody has to decide about.
    Mended,
    /// Every error needs a decision, and the report says whose.
    Decided,
    /// There was no error to mend.
    NoErrors,
    /// Something is left.
    Left(String),
}

impl Trial {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Recording(recording) => &recording.name,
            Self::Scenario(scenario) => &scenario.name,
        }
    }

    /// As it stands.
    pub(crate) fn run(&self, tools: &Tools) -> Outcome {
        self.try_in(&self.serve(), tools, true).unwrap_or_else(Outcome::Left)
    }

    /// The same with a Deployment around each bare pod, whose template the commands can change; `None` where there is no
    /// such pod.
    pub(crate) fn run_owned(&self, tools: &Tools) -> Option<Outcome> {
        let served = self.serve();
        let bare = self.bare_pods();
        for (namespace, name) in &bare {
            served.kubernetes.adopt(namespace, name);
        }
        (!bare.is_empty()).then(|| self.try_in(&served, tools, false).unwrap_or_else(Outcome::Left))
    }

    /// The same where moto answers for AWS, which checks documents as IAM does; `None` where no command writes to IAM, or
    /// where moto can't hold the account.
    pub(crate) fn run_on_moto(&self, tools: &Tools, moto: &Moto) -> Option<Outcome> {
        let (accounts, issuer) = self.accounts();
        let mut all = accounts.accounts.iter();
        let (Some((id, account)), None) = (all.next(), all.next()) else { return None };
        if !accounts.raw_documents.is_empty() || seed(moto, id, &issuer, account).is_err() {
            return None;
        }
        let mut served = self.serve();
        served.use_aws_at(moto.url());
        let before = self.report(&served, true).ok()?;
        let writes = |finding: &Value| finding["fix"]["commands"].to_string().contains("\"writes-iam\"");
        if !errors(&before).any(|finding| is_mendable(finding) && writes(finding)) {
            return None;
        }
        Some(self.try_in(&served, tools, false).unwrap_or_else(Outcome::Left))
    }

    fn accounts(&self) -> (Accounts, String) {
        match self {
            Self::Recording(recording) => (recording.accounts.clone(), recording.scenario.issuer.clone()),
            Self::Scenario(scenario) => (world::accounts(&scenario.bundle), String::new()),
        }
    }

    fn serve(&self) -> Served {
        let served = match self {
            Self::Recording(recording) => recording.serve(),
            Self::Scenario(scenario) => world::serve(&scenario.bundle),
        };
        served.allow_writes();
        served
    }

    fn bare_pods(&self) -> Vec<(String, String)> {
        let objects = match self {
            Self::Recording(recording) => recording.objects.clone(),
            Self::Scenario(scenario) => world::pods(&scenario.bundle),
        };
        let is_bare = |object: &&Value| {
            object["kind"] != "ServiceAccount"
                && object["spec"]["containers"].is_array()
                && object["metadata"]["ownerReferences"].as_array().is_none_or(Vec::is_empty)
        };
        let text = |object: &Value, key: &str| object["metadata"][key].as_str().unwrap_or("default").to_owned();
        objects.iter().filter(is_bare).map(|pod| (text(pod, "namespace"), text(pod, "name"))).collect()
    }

    fn try_in(&self, served: &Served, tools: &Tools, as_expected: bool) -> Result<Outcome, String> {
        let before = self.report(served, true)?;
        let errors: Vec<&Value> = errors(&before).collect();
        if let Some(missing) = self.unexpected(&before).filter(|_| as_expected) {
            return self.by_bundle(served, &missing);
        }
        if errors.is_empty() {
            return Ok(Outcome::NoErrors);
        }
        if let Some(silent) = errors
            .iter()
            .find(|finding| !is_mendable(finding) && finding["fix"]["needs_decision"].as_str().is_none_or(str::is_empty))
        {
            return Err(format!("{} has neither commands nor somebody who decides", silent["fault"]));
        }
        if !errors.iter().any(|finding| is_mendable(finding)) {
            return Ok(Outcome::Decided);
        }
        let said = match self {
            Self::Recording(_) => Self::by_script(served, tools)?,
            Self::Scenario(_) => by_hand(served, tools, &errors)?,
        };
        served.settle();
        let restart = errors.iter().any(|finding| is_mendable(finding) && finding["fix"]["restart"] != "none");
        if restart {
            for namespace in namespaces(&before) {
                served.recreate_pods(&namespace);
            }
        }
        // A pasted error is of before the mending.
        let after = self.report(served, false)?;
        match left(&before, &after) {
            Some(left) => Err(format!("{left}\n{said}")),
            None => Ok(Outcome::Mended),
        }
    }

    /// Writes the fix script and runs it.
    fn by_script(served: &Served, tools: &Tools) -> Result<String, String> {
        served.command(BINARY).args(["--fix-script", "fix.sh"]).stdin(Stdio::null()).output().unwrap();
        paste(served, tools, "bash ./fix.sh")
    }

    /// What can't be served (evidence that was withheld, a second cluster) is judged from its bundle: it must be nothing that
    /// commands mend.
    fn by_bundle(&self, served: &Served, missing: &str) -> Result<Outcome, String> {
        let Self::Scenario(scenario) = self else { return Err(missing.to_owned()) };
        served.folder().write("bundle.json", &scenario.bundle.to_string());
        let output = served.bare_command(BINARY).args(["--from", "bundle.json", "-o", "json"]).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
        let mendable = errors(&report).find(|finding| is_mendable(finding));
        mendable.map_or(Ok(Outcome::Decided), |finding| Err(format!("{} can't be served: {missing}", finding["fault"])))
    }

    fn report(&self, served: &Served, with_error: bool) -> Result<Value, String> {
        let mut command = match self {
            Self::Recording(_) => served.command(BINARY),
            Self::Scenario(scenario) => {
                let mut command = served.bare_command(BINARY);
                let mut asked = scenario.bundle["asked"].clone();
                if !with_error {
                    asked["error"] = Value::Null;
                }
                command.args(arguments(&asked)).args(["-o", "json"]);
                if scenario.bundle["accounts"].as_object().unwrap().len() > 1 {
                    command.args(["--role-profile", "other"]);
                }
                command
            }
        };
        let output = command.stdin(Stdio::null()).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&output.stderr)))?;
        if report["error"].is_object() { Err(report["error"].to_string()) } else { Ok(report) }
    }

    /// An error that the scenario expects and the run doesn't have, or the other way round.
    fn unexpected(&self, report: &Value) -> Option<String> {
        let Self::Scenario(scenario) = self else { return None };
        let expected = scenario.expect["findings"].as_object().unwrap();
        let wanted: BTreeSet<&str> =
            expected.iter().filter(|(_, severity)| **severity == "error").map(|(fault, _)| fault.as_str()).collect();
        let had: BTreeSet<&str> = targets(report)
            .flat_map(|target| target["findings"].as_array().unwrap())
            .filter(|finding| finding["severity"] == "error")
            .map(|finding| finding["fault"].as_str().unwrap())
            .collect();
        (wanted != had).then(|| format!("wanted {wanted:?}, had {had:?}; gaps {}", report["targets"][0]["gaps"]))
    }
}

/// Pastes the commands, one after the other, until one fails.
fn by_hand(served: &Served, tools: &Tools, errors: &[&Value]) -> Result<String, String> {
    let lines = steps(errors.iter().copied()).into_iter().map(|step| paste(served, tools, &step.line));
    lines.collect::<Result<Vec<String>, String>>().map(|said| said.concat())
}

/// What a line says; an error where it fails.
fn paste(served: &Served, tools: &Tools, line: &str) -> Result<String, String> {
    let output = tools.run(served, line);
    let said = format!("$ {line}\n{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(said) } else { Err(format!("a command failed\n{said}")) }
}

fn targets(report: &Value) -> impl Iterator<Item = &Value> {
    report["targets"].as_array().into_iter().flatten()
}

/// The errors of a report, those that a restart would bring among them.
fn errors(report: &Value) -> impl Iterator<Item = &Value> {
    let now = targets(report).flat_map(|target| target["findings"].as_array().into_iter().flatten());
    let then = targets(report).flat_map(|target| target["after_restart"]["findings"].as_array().into_iter().flatten());
    now.chain(then).filter(|finding| finding["severity"] == "error")
}

fn namespaces(report: &Value) -> BTreeSet<String> {
    let namespace = |target: &Value| target["target"]["namespace"].as_str().filter(|name| !name.is_empty()).map(str::to_owned);
    let mut all: BTreeSet<String> = targets(report).filter_map(namespace).collect();
    if all.is_empty() {
        all.insert("default".to_owned());
    }
    all
}

/// What the second run still says, or says anew.
fn left(before: &Value, after: &Value) -> Option<String> {
    let decided: BTreeSet<&str> =
        errors(before).filter(|finding| !is_mendable(finding)).map(|finding| finding["fault"].as_str().unwrap()).collect();
    let known: BTreeSet<&str> = errors(before).map(|finding| finding["fault"].as_str().unwrap()).collect();
    for finding in errors(after) {
        let fault = finding["fault"].as_str().unwrap();
        let is_new = !known.contains(fault);
        // What needs a decision waits for it; commands can't take it away.
        if !decided.contains(fault) || is_new {
            return Some(format!("{} {fault}: {}", if is_new { "a new error," } else { "still" }, finding["detail"]));
        }
    }
    let is_open = after["verdict"] == "inconclusive" && before["verdict"] != "inconclusive";
    (is_open && decided.is_empty()).then(|| format!("it can't be told: {}", after["targets"][0]["sentence"]))
}
