//! Unpacks the data. Its format is described in `examples/pack_services.rs`, which writes it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::{AccessLevel, Action, ActionResource, ConditionKey, ResourceType, Service};

static PACKED: &[u8] = include_bytes!("../../data/services.bin");

/// More than the data unpacks to; a bound for the decompressor.
const MAX_TEXT: usize = 1 << 24;

/// The unpacked data, cut into services.
#[derive(Default)]
pub(super) struct Catalogue {
    pub(super) version: &'static str,
    pub(super) date: &'static str,
    /// By prefix.
    pub(super) blocks: BTreeMap<&'static str, Block>,
}

/// The lines of a service, and the service once it was asked for.
pub(super) struct Block {
    lines: &'static str,
    service: OnceLock<Option<Service>>,
}

/// The data, unpacked at the first call. Data that can't be read is no data: a test sees to it that
/// it can.
pub(super) fn get() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    static TEXT: OnceLock<String> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        let text = TEXT.get_or_init(|| {
            let bytes = miniz_oxide::inflate::decompress_to_vec_with_limit(PACKED, MAX_TEXT).unwrap_or_default();
            String::from_utf8(bytes).unwrap_or_default()
        });
        Catalogue::cut(text)
    })
}

impl Catalogue {
    fn cut(text: &'static str) -> Self {
        let (head, body) = text.split_once('\n').unwrap_or_default();
        let (version, date) = head.split_once('\t').unwrap_or_default();
        // Every service begins with a line `Sprefix\tname`.
        let blocks = body.strip_prefix('S').unwrap_or_default().split("\nS");
        let blocks =
            blocks.filter_map(|lines| Some((lines.split_once('\t')?.0, Block { lines, service: OnceLock::new() }))).collect();
        Self { version, date, blocks }
    }

    pub(super) fn service(&self, prefix: &str) -> Option<&Service> {
        let block = self.blocks.get(prefix)?;
        block.service.get_or_init(|| Service::read(block.lines)).as_ref()
    }
}

impl Service {
    fn read(block: &'static str) -> Option<Self> {
        let mut lines = block.lines();
        let (prefix, name) = lines.next()?.split_once('\t')?;
        let mut service = Service { prefix, name, actions: Vec::new(), resource_types: Vec::new(), condition_keys: Vec::new() };
        for line in lines {
            let Some((kind, rest)) = line.split_at_checked(1) else {
                continue;
            };
            let mut fields = rest.split('\t');
            let mut field = || fields.next().unwrap_or_default();
            match kind {
                "K" => service.condition_keys.push(ConditionKey { name: field(), kind: field() }),
                "R" => {
                    let (name, arn) = (field(), field());
                    let condition_keys = service.keys(field());
                    service.resource_types.push(ResourceType { name, arn, condition_keys, nested: false });
                }
                "A" => {
                    // The types are complete by now.
                    service.mark_nested();
                    let (name, level) = (field(), level(field()));
                    let resources = service.resources(field());
                    let condition_keys = service.keys(field());
                    service.actions.push(Action { name, level, resources, condition_keys });
                }
                _ => {}
            }
        }
        Some(service)
    }

    fn keys(&self, numbers: &str) -> Vec<&'static str> {
        let keys = numbers.split(',').filter_map(|number| self.condition_keys.get(number.parse::<usize>().ok()?));
        keys.map(|key| key.name).collect()
    }

    fn resources(&self, numbers: &str) -> Vec<ActionResource> {
        let parse = |item: &str| {
            let number: usize = item.trim_end_matches('!').parse().ok()?;
            Some(ActionResource { kind: self.resource_types.get(number)?.clone(), required: item.ends_with('!') })
        };
        numbers.split(',').filter_map(parse).collect()
    }

    fn mark_nested(&mut self) {
        if !self.actions.is_empty() {
            return;
        }
        let arns: Vec<&str> = self.resource_types.iter().map(|kind| kind.arn).collect();
        for kind in &mut self.resource_types {
            kind.nested = arns.iter().any(|arn| arn.strip_prefix(kind.arn).is_some_and(|rest| rest.starts_with('/')));
        }
    }
}

fn level(letter: &str) -> AccessLevel {
    match letter {
        "L" => AccessLevel::List,
        "R" => AccessLevel::Read,
        "T" => AccessLevel::Tagging,
        "P" => AccessLevel::PermissionsManagement,
        _ => AccessLevel::Write,
    }
}
