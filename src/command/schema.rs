//! `irsa-doctor schema`: the published JSON Schemas, as the types give them.

use crate::cli::SchemaOf;
use crate::config;
use crate::error::Error;
use crate::output;
use crate::report::v1;
use irsa_doctor_checks::snapshot::Snapshot;

/// Prints a schema.
pub(super) fn run(of: SchemaOf) -> Result<(), Error> {
    output::print(text(of)?.as_bytes(), false)
}

/// A schema's text, as it is published.
pub(super) fn text(of: SchemaOf) -> Result<String, Error> {
    let schema = match of {
        SchemaOf::Report => v1::schema(),
        SchemaOf::Bundle => schemars::schema_for!(Snapshot),
        SchemaOf::Config => config::schema(),
    };
    let mut text = serde_json::to_string_pretty(&schema).map_err(std::io::Error::from)?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// The published schemas are what the types give. `UPDATE_SNAPSHOTS=1` writes them again.
    #[test]
    fn the_published_schemas_are_current() {
        let published =
            [(SchemaOf::Report, "report-v1.json"), (SchemaOf::Bundle, "bundle-v1.json"), (SchemaOf::Config, "config-v1.json")];
        for (of, file) in published {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema").join(file);
            let current = text(of).unwrap();
            if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
                std::fs::write(&path, &current).unwrap();
            }
            let published = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(published == current, "docs/schema/{file} is out of date: UPDATE_SNAPSHOTS=1 writes it again");
        }
    }
}
