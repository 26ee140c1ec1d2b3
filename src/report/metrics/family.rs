//! A family of metrics as lines.

use crate::report::escape;
use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::io::{self, Write};

/// Names and values, as they are shown: what a terminal would act on is escaped already.
pub(super) type Labels = Vec<(&'static str, String)>;

/// Labels, their values made harmless. A value that is very long is cut.
pub(super) fn labels<V: AsRef<str>, const N: usize>(pairs: [(&'static str, V); N]) -> Labels {
    pairs.into_iter().map(|(name, value)| (name, escape(value.as_ref()).into_owned())).collect()
}

/// The file, family after family; every series bears the cluster.
pub(super) struct Page<'p> {
    cluster: Labels,
    out: &'p mut dyn Write,
}

impl<'p> Page<'p> {
    pub(super) fn new(cluster: &str, out: &'p mut dyn Write) -> Self {
        Self { cluster: labels([("cluster", cluster)]), out }
    }

    /// Writes a family. A series stands once: one that is there twice makes the collector refuse the whole file.
    pub(super) fn gauge<V: Display>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (Labels, V)>,
    ) -> io::Result<()> {
        writeln!(self.out, "# HELP {name} {help}\n# TYPE {name} gauge")?;
        let samples: BTreeMap<Labels, V> = samples.into_iter().collect();
        for (own, value) in &samples {
            writeln!(self.out, "{name}{{{}}} {value}", shown(self.cluster.iter().chain(own)))?;
        }
        Ok(())
    }
}

fn shown<'l>(labels: impl Iterator<Item = &'l (&'static str, String)>) -> String {
    let mut text = String::new();
    for (name, value) in labels {
        let comma = if text.is_empty() { "" } else { "," };
        let _ = write!(text, "{comma}{name}=\"{}\"", quoted(value));
    }
    text
}

/// Backslash, quote and line feed are escaped in a label's value, and nothing else is.
fn quoted(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
