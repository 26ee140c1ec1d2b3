//! The objects, in the order in which etcd keeps them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::resource::Resource;

/// Objects by `group/plural` and by `namespace/name`, which is the order of a list.
#[derive(Debug, Default, Clone)]
pub(crate) struct Store {
    objects: BTreeMap<String, BTreeMap<String, Value>>,
    revision: u64,
}

impl Store {
    /// Puts an object into the store, in place of an older one.
    ///
    /// # Panics
    /// When its kind is not served or it has no name.
    pub(crate) fn insert(&mut self, object: Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (api_version, kind) = (text(&object["apiVersion"]), text(&object["kind"]));
        let resource =
            Resource::of_kind(&api_version, &kind).unwrap_or_else(|| panic!("the stand-in serves no {kind} of {api_version}"));
        let name = text(&object["metadata"]["name"]);
        assert!(!name.is_empty(), "a {kind} without a name");
        let namespace = object["metadata"]["namespace"].as_str().filter(|_| resource.namespaced).map(str::to_owned);
        let revision = object["metadata"]["resourceVersion"].as_str().and_then(|text| text.parse().ok());
        self.revision = self.revision.max(revision.unwrap_or(1));
        self.table(resource).insert(key(namespace.as_deref(), &name), object);
    }

    pub(crate) fn get(&self, resource: &Resource, namespace: Option<&str>, name: &str) -> Option<&Value> {
        self.objects.get(&table_name(resource))?.get(&key(namespace.filter(|_| resource.namespaced), name))
    }

    pub(crate) fn remove(&mut self, resource: &Resource, namespace: Option<&str>, name: &str) -> Option<Value> {
        let key = key(namespace.filter(|_| resource.namespaced), name);
        self.table(resource).remove(&key)
    }

    /// All objects of a resource, or those of a namespace, with their keys, in order.
    pub(crate) fn list<'s>(
        &'s self,
        resource: &Resource,
        namespace: Option<&'s str>,
    ) -> impl Iterator<Item = (&'s str, &'s Value)> {
        let inside = move |key: &str| {
            namespace.is_none_or(|namespace| key.strip_prefix(namespace).is_some_and(|rest| rest.starts_with('/')))
        };
        let table = self.objects.get(&table_name(resource));
        table.into_iter().flatten().map(|(key, object)| (key.as_str(), object)).filter(move |(key, _)| inside(key))
    }

    /// Copies of all objects of a kind, or those of a namespace.
    pub(crate) fn objects(&self, api_version: &str, kind: &str, namespace: Option<&str>) -> Vec<Value> {
        let resource = Resource::of_kind(api_version, kind);
        let listed = resource.into_iter().flat_map(|resource| self.list(resource, namespace));
        listed.map(|(_, object)| object.clone()).collect()
    }

    /// The newest resource version.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// A new resource version for a write.
    pub(crate) fn next_revision(&mut self) -> u64 {
        self.revision += 1;
        self.revision
    }

    fn table(&mut self, resource: &Resource) -> &mut BTreeMap<String, Value> {
        self.objects.entry(table_name(resource)).or_default()
    }
}

fn table_name(resource: &Resource) -> String {
    format!("{}/{}", resource.group, resource.plural)
}

fn key(namespace: Option<&str>, name: &str) -> String {
    namespace.map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"))
}
