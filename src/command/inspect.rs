//! `irsa-doctor bundle inspect`: what is in a bundle, before anybody judges it.

use crate::cli::{Color, Format};
use crate::collect::bundle;
use crate::error::Error;
use crate::output;
use crate::report::{Contents, write_contents, write_contents_json};
use std::path::PathBuf;

/// Prints what is in each bundle.
///
/// # Errors
///
/// One that can't be read, or is none.
pub(super) fn run(files: &[PathBuf], format: Format) -> Result<(), Error> {
    let now = jiff::Timestamp::now();
    let mut all = Vec::new();
    for file in files {
        let name = file.display().to_string();
        let unpacked = bundle::open(file)?;
        let snapshot = bundle::parse(&name, &unpacked.bytes)?;
        let packing = unpacked.packing.as_str();
        all.push(Contents::of(&name, &snapshot, (packing, unpacked.size, unpacked.bytes.len() as u64), now));
    }
    match format {
        Format::Table => {
            let look = output::look(Color::Auto, false);
            output::stream(look.color, |out| write_contents(&all, look, out))
        }
        Format::Json => output::stream(false, |out| write_contents_json(&all, out)),
    }
}
