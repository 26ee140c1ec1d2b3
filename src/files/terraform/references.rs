//! What an expression refers to, where its value isn't known yet.
//! <https://developer.hashicorp.com/terraform/internals/json-format#expression-representation>

use super::resource::{Resource, without_indexes};
use crate::files::tree::Tree;
use irsa_doctor_iam::json::Value;
use std::collections::BTreeSet;

/// References that lead on and on lead nowhere.
const DEPTH: usize = 32;

/// The configuration that a plan was made of.
pub(super) struct References<'p> {
    root: Option<&'p Value>,
    all: &'p [Resource<'p>],
}

/// An expression, and what it stands in.
struct Expression<'e> {
    modules: &'e [String],
    value: &'e Value,
    /// What the resource or module is made for each of.
    each: Option<&'e Value>,
}

impl<'p> References<'p> {
    /// The configuration of a plan; a state has none.
    pub(super) fn new(root: Option<&'p Value>, all: &'p [Resource<'p>]) -> Self {
        Self { root, all }
    }

    /// The one resource of a type that a value of a resource refers to. `path` leads to the value's expression.
    pub(super) fn target(&self, from: &Resource<'_>, path: &[&str], kind: &str) -> Option<&'p Resource<'p>> {
        let found = self.found(from, path, kind);
        let mut found = found.iter();
        let (Some(only), None) = (found.next(), found.next()) else { return None };
        self.instance(from, only)
    }

    /// All resources of a type that a value of a resource may refer to, one of each.
    pub(super) fn targets(&self, from: &Resource<'_>, path: &[&str], kind: &str) -> Vec<&'p Resource<'p>> {
        self.found(from, path, kind).iter().filter_map(|plain| self.instance(from, plain)).collect()
    }

    /// Whether somebody wrote a value of a resource, as an expression or as blocks: else it is unknown because the provider
    /// fills it in. Without a configuration nobody knows.
    pub(super) fn is_written(&self, from: &Resource<'_>, key: &str) -> bool {
        let Some(own) = self.own(from) else { return self.root.is_none() };
        let written = own.at(&["expressions", key]);
        written.is_some_and(|written| !written.items().is_empty() || !written.items_of("references").is_empty())
    }

    /// The configuration of a resource.
    fn own(&self, from: &Resource<'_>) -> Option<&'p Value> {
        self.module(&modules(from.module))?.items_of("resources").iter().find(|resource| {
            resource.text_of("type") == Some(from.kind)
                && resource.text_of("name") == Some(from.name)
                && (resource.text_of("mode") != Some("data")) == from.is_managed
        })
    }

    /// The addresses, without indexes, that a value's expression leads to.
    fn found(&self, from: &Resource<'_>, path: &[&str], kind: &str) -> BTreeSet<String> {
        let modules = modules(from.module);
        let mut found = BTreeSet::new();
        let own = self.own(from);
        let expression = path.iter().try_fold(own.and_then(|own| own.get("expressions")), |here, key| {
            // A block that may stand there several times is a list.
            here.map(|here| match here.items() {
                [only] => only.get(key),
                _ => here.get(key),
            })
        });
        if let (Some(own), Some(Some(expression))) = (own, expression) {
            let expression = Expression { modules: &modules, value: expression, each: own.get("for_each_expression") };
            self.follow(&expression, kind, DEPTH, &mut found);
        }
        found
    }

    /// Of several instances of a resource, the only one, else the one with the referring resource's own index or module.
    fn instance(&self, from: &Resource<'_>, plain: &str) -> Option<&'p Resource<'p>> {
        let instances: Vec<&Resource<'p>> =
            self.all.iter().filter(|resource| resource.is_managed && without_indexes(resource.address) == plain).collect();
        if let [only] = instances.as_slice() {
            return Some(only);
        }
        let only = |fits: &dyn Fn(&Resource<'p>) -> bool| {
            let mut fitting = instances.iter().filter(|resource| fits(resource));
            let first = fitting.next().copied();
            first.filter(|_| fitting.next().is_none())
        };
        only(&|resource| resource.module == from.module)
            .or_else(|| only(&|resource| !from.index().is_empty() && resource.index() == from.index()))
            .or_else(|| only(&|resource| resource.module == from.module && resource.index() == from.index()))
            .or_else(|| only(&|resource| !from.index().is_empty() && resource.module.ends_with(from.index())))
    }

    /// Follows what an expression refers to, through variables and outputs, to resources of a type.
    fn follow(&self, from: &Expression<'_>, kind: &str, depth: usize, found: &mut BTreeSet<String>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let modules = from.modules;
        for reference in from.value.items_of("references").iter().filter_map(Tree::text) {
            let plain = without_indexes(reference);
            let mut parts = plain.split('.');
            match (parts.next(), parts.next(), parts.next()) {
                // One of those that the resource is made for.
                (Some("each"), ..) => {
                    if let Some(value) = from.each {
                        self.follow(&Expression { modules, value, each: None }, kind, depth, found);
                    }
                }
                (Some("var"), Some(name), _) => {
                    let Some((own, above)) = modules.split_last() else { continue };
                    let call = self.module(above).and_then(|module| module.at(&["module_calls", own]));
                    if let Some(value) = call.and_then(|call| call.at(&["expressions", name])) {
                        let each = call.and_then(|call| call.get("for_each_expression"));
                        self.follow(&Expression { modules: above, value, each }, kind, depth, found);
                    }
                }
                (Some("module"), Some(name), Some(output)) => {
                    let mut below = modules.to_vec();
                    below.push(name.to_owned());
                    let output = self.module(&below).and_then(|module| module.at(&["outputs", output, "expression"]));
                    if let Some(value) = output {
                        self.follow(&Expression { modules: &below, value, each: None }, kind, depth, found);
                    }
                }
                (Some(of), Some(name), _) if of == kind => {
                    let calls = modules.iter().flat_map(|module| ["module", module.as_str()]);
                    found.insert(calls.chain([kind, name]).collect::<Vec<_>>().join("."));
                }
                _ => {}
            }
        }
    }

    /// The configuration of a module, by the names of the calls that lead to it.
    fn module(&self, modules: &[String]) -> Option<&'p Value> {
        modules.iter().try_fold(self.root?, |module, name| module.at(&["module_calls", name, "module"]))
    }
}

/// The names of the calls that lead to a module: `a`, `b` of `module.a["x"].module.b`.
fn modules(address: &str) -> Vec<String> {
    let plain = without_indexes(address);
    plain.split('.').collect::<Vec<_>>().chunks(2).filter_map(|pair| pair.get(1)).map(|name| (*name).to_owned()).collect()
}
