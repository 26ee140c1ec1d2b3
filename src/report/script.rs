//! The fixes as a shell script: to be read, then run. It stops at the first error.
//!
//! Text from a cluster or an account stands either in a word that is quoted or in a comment on one line: neither can
//! become a command.

mod plan;
mod text;

#[cfg(test)]
mod tests;

use irsa_doctor_checks::fix::{DocumentChange, Effect, FixCommand};
use irsa_doctor_checks::report::Report;
use plan::{Plan, Planned};
use std::collections::BTreeSet;
use std::io::{self, Write};
use text::{Script, call};

/// Writes the script.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let plan = Plan::of(report);
    let mut script = Script::new(out);
    head(&mut script, report, &plan)?;
    if plan.is_empty() {
        return script.line(&call(&["printf", "%s\\n", "nothing to fix"]));
    }
    if !plan.live.is_empty() {
        script.raw(text::FUNCTIONS)?;
        guards(&mut script, report, &plan)?;
    }
    let total = plan.live.len() + usize::from(!plan.restarts.is_empty());
    for (index, fix) in plan.live.iter().enumerate() {
        live(&mut script, fix, (index + 1, total))?;
    }
    restarts(&mut script, &plan, total)?;
    for fix in &plan.waiting {
        waiting(&mut script, fix)?;
    }
    end(&mut script, &plan)
}

fn head(script: &mut Script<'_>, report: &Report, plan: &Plan<'_>) -> io::Result<()> {
    script.line("#!/usr/bin/env bash")?;
    script.comment(
        0,
        concat!("Fixes by irsa-doctor ", env!("CARGO_PKG_VERSION"), ". Read it, then run it: it stops at the first error."),
    )?;
    script.comment(0, "It runs nothing but aws, eksctl and kubectl, and writes backups into the current directory.")?;
    for target in &report.targets {
        script.comment(0, "")?;
        let namespace =
            if target.target.namespace.is_empty() { String::new() } else { format!(" in namespace {}", target.target.namespace) };
        script.comment(0, &format!("{}{namespace}: {}", target.target, target.verdict.as_str()))?;
        script.comment(2, &target.sentence)?;
    }
    script.comment(0, "")?;
    if !report.collected_at.is_empty() {
        script.comment(0, &format!("read at: {}", report.collected_at))?;
    }
    if let Some(caller) = &report.caller {
        script.comment(0, &format!("by:      {}", caller.arn))?;
    }
    if let Some(cluster) = &report.cluster {
        let name = cluster.arn.as_deref().or(cluster.name.as_deref()).or(cluster.server.as_deref()).unwrap_or_default();
        script.comment(0, &format!("cluster: {name}"))?;
    }
    if plan.live.iter().any(|fix| fix.fix.managed_by.is_some()) {
        script.comment(0, "")?;
        script.comment(0, "Some of what it changes has an owner that may undo it: there the commands are a stop-gap until the change is made in the owner.")?;
    }
    script.line("")?;
    script.line("set -euo pipefail")?;
    if !plan.live.is_empty() {
        script.line("export AWS_PAGER=''")?;
    }
    script.line("")
}

/// Whether the profiles and the context are still those of the accounts and the cluster that were judged.
fn guards(script: &mut Script<'_>, report: &Report, plan: &Plan<'_>) -> io::Result<()> {
    let mut accounts = BTreeSet::new();
    let mut contexts = BTreeSet::new();
    for command in plan.commands() {
        match (command.argv.first().map(String::as_str), &command.account) {
            (Some("aws"), Some(account)) => drop(accounts.insert((account.clone(), option(command, "--profile")))),
            (Some("kubectl"), _) => drop(contexts.insert(option(command, "--context"))),
            _ => {}
        }
    }
    let server = report.cluster.as_ref().and_then(|cluster| cluster.server.as_deref());
    if accounts.is_empty() && (contexts.is_empty() || server.is_none()) {
        return Ok(());
    }
    script.comment(0, "The accounts and the cluster that were judged, and no others.")?;
    for (account, profile) in &accounts {
        let mut words = vec!["expect", "the AWS account", account, "aws", "sts", "get-caller-identity"];
        words.extend(["--query", "Account", "--output", "text"]);
        let profile = profile.as_ref().map(|profile| format!("--profile={profile}"));
        words.extend(profile.as_deref());
        script.line(&call(&words))?;
    }
    for context in contexts.iter().filter(|_| server.is_some()) {
        let mut words = vec!["expect", "the API server", server.unwrap_or_default(), "kubectl", "config", "view", "--minify"];
        words.extend(["-o", "jsonpath={.clusters[0].cluster.server}"]);
        words.extend(context.iter().flat_map(|context| ["--context", context.as_str()]));
        script.line(&call(&words))?;
    }
    script.line("")
}

/// The value of an option of a command.
fn option(command: &FixCommand, name: &str) -> Option<String> {
    let joined = command.argv.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let at = command.argv.iter().position(|word| word == name);
    joined.or_else(|| command.argv.get(at? + 1).map(String::as_str)).map(str::to_owned)
}

/// One fix that is run.
fn live(script: &mut Script<'_>, planned: &Planned<'_>, (number, total): (usize, usize)) -> io::Result<()> {
    script.rule(&format!("{number} of {total}: {}", planned.fix.summary))?;
    describe(script, planned)?;
    script.line(&call(&["step", &format!("{number} of {total}: {}", planned.fix.summary)]))?;
    let commands = planned.fix.commands.iter().filter(|command| command.effect != Effect::RestartsPods);
    let guard = planned.fix.document.as_ref().and_then(guard);
    let indent = if guard.is_some() { "  " } else { "" };
    match &guard {
        Some(guard) => script.line(&format!("if {guard}; then"))?,
        None => unguarded(script, planned.fix.document.as_ref())?,
    }
    if let Some(backup) = planned.fix.document.as_ref().and_then(|document| document.backup.as_ref()) {
        let file = backup.stdout.clone().unwrap_or_default();
        let words: Vec<&str> = ["keep", &file].into_iter().chain(backup.argv.iter().map(String::as_str)).collect();
        script.line(&format!("{indent}{}", call(&words)))?;
    }
    for command in commands {
        script.line(&format!("{indent}{}", command.shell()))?;
    }
    if guard.is_some() {
        script.line("fi")?;
    }
    script.line("")
}

/// The condition under which a document is written: it is still what was read, and not yet what it is to be.
fn guard(document: &DocumentChange) -> Option<String> {
    let (read, before, after) = (document.read.as_ref()?, document.as_printed()?, document.as_written()?);
    let what = format!("{} of {}", document.document, document.resource);
    let words: Vec<&str> = ["due", &what, &before, &after].into_iter().chain(read.argv.iter().map(String::as_str)).collect();
    Some(call(&words))
}

/// Where a document can't be compared, the reader must.
fn unguarded(script: &mut Script<'_>, document: Option<&DocumentChange>) -> io::Result<()> {
    let Some(document) = document.filter(|document| document.before.is_some()) else { return Ok(()) };
    let at = document.read_at.as_ref().map(|at| format!(" since {at}")).unwrap_or_default();
    script.comment(0, &format!("Look first whether the document has changed{at}: it can't be compared here."))
}

/// What a reader must know of a fix.
fn describe(script: &mut Script<'_>, planned: &Planned<'_>) -> io::Result<()> {
    for finding in &planned.findings {
        let place = &finding.locus;
        let document = place.document.as_ref().map(|document| format!(", {document}")).unwrap_or_default();
        script.field("mends", &format!("{} ({}): {}", finding.fault.id, finding.severity.as_str(), finding.detail))?;
        script.field("where", &format!("{}{document}, {}", place.resource, place.path))?;
    }
    let fix = planned.fix;
    for (label, text) in [("owner", &fix.managed_by), ("for good", &fix.durable), ("decide", &fix.needs_decision)] {
        if let Some(text) = text {
            script.field(label, text)?;
        }
    }
    if fix.managed_by.is_some() && !fix.commands.is_empty() {
        script.field("so", "what stands here is a stop-gap")?;
    }
    for (label, texts) in [("affects", &fix.affects), ("note", &fix.notes), ("choice", &fix.choices)] {
        for text in texts {
            script.field(label, text)?;
        }
    }
    if let Some(document) = &fix.document {
        script.field("diff", "")?;
        for line in document.diff().lines() {
            script.commented(&format!("  {line}"))?;
        }
    }
    for undo in &fix.undo {
        script.field("undo", "")?;
        script.commented_command(&undo.shell())?;
    }
    Ok(())
}

/// What makes new pods, once and last.
fn restarts(script: &mut Script<'_>, plan: &Plan<'_>, total: usize) -> io::Result<()> {
    if plan.restarts.is_empty() {
        return Ok(());
    }
    script.rule(&format!("{total} of {total}: make new pods"))?;
    script.line(&call(&["step", &format!("{total} of {total}: make new pods")]))?;
    for restart in &plan.restarts {
        script.line(&restart.shell())?;
    }
    script.line("")
}

/// One fix that somebody must look at first.
fn waiting(script: &mut Script<'_>, planned: &Planned<'_>) -> io::Result<()> {
    script.rule(&format!("not run: {}", planned.fix.summary))?;
    script.field("why", &planned.why_not)?;
    describe(script, planned)?;
    if let Some(backup) = planned.fix.document.as_ref().and_then(|document| document.backup.as_ref()) {
        script.commented_command(&backup.shell())?;
    }
    for command in &planned.fix.commands {
        script.commented_command(&command.shell())?;
    }
    script.line("")
}

fn end(script: &mut Script<'_>, plan: &Plan<'_>) -> io::Result<()> {
    let said = match (plan.live.is_empty(), plan.waiting.len()) {
        (true, 1) => "nothing was run: 1 fix waits for a decision, see the comments".to_owned(),
        (true, count) => format!("nothing was run: {count} fixes wait for a decision, see the comments"),
        (false, 0) => "done: run irsa-doctor again to see whether all is well".to_owned(),
        (false, count) => format!("done, but for what waits for a decision ({count}, see the comments): run irsa-doctor again"),
    };
    script.line(&call(&["printf", "%s\\n", &said]))
}
