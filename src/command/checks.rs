//! `irsa-doctor checks`: the registry, as a list.

use crate::cli::{Color, Format};
use crate::error::Error;
use crate::output;
use crate::report::{write_listing, write_listing_json};
use irsa_doctor_checks::registry;

/// Prints all checks and faults.
pub(super) fn run(format: Format) -> Result<(), Error> {
    let look = output::look(Color::Auto, false);
    let mut out = Vec::new();
    match format {
        Format::Table => write_listing(registry::ALL, look, &mut out)?,
        Format::Json => write_listing_json(registry::ALL, &mut out)?,
    }
    output::print(&out, look.color)
}
