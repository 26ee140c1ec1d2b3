//! Files that are yet to be deployed, put together to a snapshot: manifests, policies, plans of Terraform and templates of
//! `CloudFormation`. It judges nothing.
//!
//! Each kind of document is read by a module of its own into what it defines (`defined`, `manifest`); `join` makes of that
//! one snapshot and keeps where each thing stands (`place`).

mod cloudformation;
mod defined;
mod error;
mod find;
mod join;
mod manifest;
mod place;
mod policy;
mod terraform;
#[cfg(test)]
mod tests;
mod tree;

pub(crate) use error::FilesError;
pub(crate) use place::Places;

use cloudformation::Pseudo;
use defined::{Defined, Document};
use find::Source;
use irsa_doctor_checks::snapshot::{Asked, Snapshot};
use irsa_doctor_iam::json::Value;
use manifest::Manifests;
use place::Spot;
use policy::PolicyFile;
use std::path::{Path, PathBuf};

/// What is to be linted, and what files can't know.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Files and folders; `-` is stdin.
    pub(crate) paths: Vec<PathBuf>,
    /// Trust policies, with the role's name where that is said.
    pub(crate) trust_policies: Vec<(Option<String>, PathBuf)>,
    /// Permission policies, likewise.
    pub(crate) permission_policies: Vec<(Option<String>, PathBuf)>,
    /// The issuer of the cluster's tokens.
    pub(crate) issuer: Option<String>,
    /// The AWS account.
    pub(crate) account: Option<String>,
    /// The cluster's name in EKS.
    pub(crate) cluster: Option<String>,
    /// The AWS region.
    pub(crate) region: Option<String>,
    /// Where objects without a namespace go.
    pub(crate) namespace: Option<String>,
    /// What is expected; its targets are found in the files.
    pub(crate) asked: Asked,
    /// Whether files that are none of what is read are left out, even if somebody named them.
    pub(crate) skip_others: bool,
}

/// Files as evidence.
#[derive(Debug)]
pub(crate) struct Linted {
    /// What they say.
    pub(crate) snapshot: Snapshot,
    /// Where they say it.
    pub(crate) places: Places,
    /// What a user should know, a sentence each.
    pub(crate) notes: Vec<String>,
}

/// Reads files.
///
/// # Errors
///
/// A file that can't be read, that somebody named and that is none of what is read, or nothing at all to judge.
pub(crate) fn read(options: Options) -> Result<Linted, FilesError> {
    let pseudo = Pseudo { account: options.account.clone(), region: options.region.clone() };
    let mut reading = Reading { pseudo, ..Reading::default() };
    for text in find::texts(&options.paths)? {
        reading.text(&text, text.is_named && !options.skip_others)?;
    }
    for (files, is_trust) in [(&options.trust_policies, true), (&options.permission_policies, false)] {
        for (role, path) in files {
            reading.policy(find::open(path, true)?, role.as_deref(), is_trust, path)?;
        }
    }
    if reading.found == 0 && !options.skip_others {
        let names: Vec<String> = options.paths.iter().map(|path| format!("`{}`", path.display())).collect();
        return Err(FilesError::Nothing { names: if names.is_empty() { "nothing".to_owned() } else { names.join(", ") } });
    }
    Ok(join::join(reading, options))
}

/// A file that is in memory, as somebody would name it.
#[cfg(any(test, fuzzing))]
pub(crate) fn of_text(text: &str) -> Result<Linted, FilesError> {
    let mut reading = Reading::default();
    reading.text(&Source { name: "x".to_owned(), text: text.to_owned(), is_named: true }, true)?;
    Ok(join::join(reading, Options { account: Some("123456789012".to_owned()), ..Options::default() }))
}

/// What was read so far.
#[derive(Debug, Default)]
struct Reading {
    files: Vec<String>,
    manifests: Manifests,
    defined: Defined,
    policies: Vec<PolicyFile>,
    notes: Vec<String>,
    /// What stands for the surroundings of a stack.
    pseudo: Pseudo,
    /// How many documents were of a kind that is read.
    found: usize,
}

impl Reading {
    /// Takes in all documents of a file. One that `must` be something is an error where it is nothing.
    fn text(&mut self, text: &Source, must: bool) -> Result<(), FilesError> {
        let name = || text.name.clone();
        let documents = match tree::documents(&text.text) {
            // A template whose placeholders stand in quotes is YAML, too.
            Ok(documents) if !documents.iter().any(manifest::is_template) => documents,
            // A chart's folder has templates beside what is meant.
            Ok(_) | Err(_) if has_placeholder(&text.text) && !must => {
                self.notes.push(format!("{} is not rendered yet and was left out", text.name));
                return Ok(());
            }
            Ok(_) => return Err(FilesError::Template { name: name() }),
            Err(_) if has_placeholder(&text.text) => return Err(FilesError::Template { name: name() }),
            Err(problem) => {
                let error = not_document(name(), problem);
                // In a folder it may be a manifest that was to be judged; of files that a hook names, another hook's business.
                if text.is_named && !must {
                    self.notes.push(format!("{error}; it was left out"));
                    return Ok(());
                }
                return Err(error);
            }
        };
        let file = self.files.len();
        self.files.push(name());
        let before = self.found;
        for document in &documents {
            if must && terraform::is_raw_state(document) {
                return Err(FilesError::RawState { name: name() });
            }
            if terraform::is_it(document) && terraform::is_failed(document) {
                return Err(FilesError::FailedPlan { name: name() });
            }
            self.document(file, document, text);
        }
        if self.found == before && must && !documents.is_empty() {
            self.notes.push(format!("{} has no manifest, policy, plan or template and was left out", text.name));
        }
        Ok(())
    }

    fn document(&mut self, file: usize, document: &Value, text: &Source) {
        if manifest::is_it(document) {
            self.manifests.object(file, document, None);
        } else if terraform::is_it(document) {
            terraform::read(file, document, &mut self.defined, &mut self.manifests);
        } else if cloudformation::is_it(document) {
            cloudformation::read(file, document, &self.pseudo, &mut self.defined);
        } else if policy::is_it(document) {
            let is_trust = policy::has_principal(document);
            self.policies.push(policy_file(file, document, text, None, is_trust));
        } else {
            return;
        }
        self.found += 1;
    }

    /// A file that is said to be a policy. What isn't one as IAM has it, the checks say.
    fn policy(&mut self, text: Source, role: Option<&str>, is_trust: bool, path: &Path) -> Result<(), FilesError> {
        let file = self.files.len();
        let documents = tree::documents(&text.text).map_err(|problem| not_document(text.name.clone(), problem))?;
        let Some(document) = documents.into_iter().next().filter(policy::is_it) else {
            return Err(FilesError::NotPolicy { name: path.display().to_string() });
        };
        self.policies.push(policy_file(file, &document, &text, role, is_trust));
        self.files.push(text.name);
        self.found += 1;
        Ok(())
    }
}

/// Whether something that is to be filled in stands in a text, and not only in a comment.
fn has_placeholder(text: &str) -> bool {
    text.lines().any(|line| line.split('#').next().unwrap_or_default().contains("{{"))
}

fn not_document(name: String, problem: tree::Problem) -> FilesError {
    let tree::Problem { message, line, column } = problem;
    FilesError::NotDocument { name, message, line, column }
}

fn policy_file(file: usize, document: &Value, text: &Source, role: Option<&str>, is_trust: bool) -> PolicyFile {
    use tree::Tree;
    let is_json = text.text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    // Written in JSON it is taken as it stands: what is wrong with it has a line.
    let own = if is_json { text.text.trim_start_matches('\u{feff}').to_owned() } else { document.plain().to_string() };
    let stem = Path::new(&text.name).file_stem().map_or_else(|| "policy".to_owned(), |stem| stem.to_string_lossy().into_owned());
    let document = Document { text: own, spot: Spot::new(file, document, None) };
    PolicyFile { role: role.map(str::to_owned), is_trust, document, stem }
}
