//! From a finding's place to a file, a line and a column.

use super::tree;
use irsa_doctor_checks::locus::{FilePlace, Locus};
use irsa_doctor_iam::json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A part of a file.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    /// The file's number.
    pub(super) file: usize,
    /// The part, with the places of its values.
    pub(super) value: Rc<Value>,
    /// What it is called in the file: a resource's address, a logical id.
    pub(super) address: Option<String>,
}

impl Spot {
    /// A part that is a document of its own.
    pub(super) fn new(file: usize, value: &Value, address: Option<&str>) -> Self {
        Self { file, value: Rc::new(value.clone()), address: address.map(str::to_owned) }
    }

    /// Another part under the same address.
    pub(super) fn part(&self, value: &Value) -> Self {
        Self { value: Rc::new(value.clone()), ..self.clone() }
    }
}

/// Where the objects and documents of a snapshot stand.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// The files' names.
    pub(super) files: Vec<String>,
    spots: BTreeMap<(String, Option<String>), Spot>,
}

impl Places {
    /// Of these files nothing yet.
    pub(super) fn in_files(files: Vec<String>) -> Self {
        Self { files, spots: BTreeMap::new() }
    }

    /// Keeps where a resource stands, or one of its documents.
    pub(super) fn add(&mut self, resource: impl Into<String>, document: Option<&str>, spot: &Spot) {
        self.spots.insert((resource.into(), document.map(str::to_owned)), spot.clone());
    }

    /// Where a resource stands.
    pub(super) fn of(&self, resource: &str) -> Option<&Spot> {
        self.spots.get(&(resource.to_owned(), None))
    }

    /// Says where in its file a finding is, if it is in one.
    pub(crate) fn place(&self, locus: &mut Locus) {
        let own = (locus.resource.clone(), locus.document.clone());
        let (spot, path) = match self.spots.get(&own) {
            Some(spot) => (spot, locus.path.as_str()),
            // A document that has no place of its own is somewhere in its resource.
            None => match self.of(&locus.resource) {
                Some(spot) => (spot, if locus.document.is_none() { locus.path.as_str() } else { "$" }),
                None => return,
            },
        };
        let Some(path_of_file) = self.files.get(spot.file) else { return };
        let at = tree::place(&spot.value, path);
        let address = spot.address.clone();
        locus.file = Some(FilePlace { path: path_of_file.clone(), line: at.line, column: at.column, address });
    }
}
