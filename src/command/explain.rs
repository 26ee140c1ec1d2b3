//! `irsa-doctor explain ID`: a fault's page, or a check's faults.

use crate::cli::{Color, nearest};
use crate::error::Error;
use crate::output;
use crate::report::{escape, write_listing, write_page};
use irsa_doctor_checks::registry;

/// Explains a fault or a check.
///
/// # Errors
///
/// There is none of that id; the nearest is named.
pub(super) fn run(id: &str) -> Result<(), Error> {
    let look = output::look(Color::Auto, false);
    let mut out = Vec::new();
    if let Some((_, fault)) = registry::fault(id) {
        write_page(fault.page, look, &mut out)?;
    } else if let Some(check) = registry::check(id) {
        write_listing(&[check], look, &mut out)?;
    } else {
        return Err(unknown(id));
    }
    output::print(&out, look.color)
}

fn unknown(id: &str) -> Error {
    let ids = registry::ALL.iter().flat_map(|check| std::iter::once(check.id).chain(check.faults.iter().map(|fault| fault.id)));
    let help = match nearest(id, ids) {
        Some(near) => format!("did you mean `{near}`? `irsa-doctor checks` lists them all"),
        None => "`irsa-doctor checks` lists them all".to_owned(),
    };
    Error::usage(format!("there is no fault and no check `{}`", escape(id)), help)
}
