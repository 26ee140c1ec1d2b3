//! An SDK's error, as a gap. The only place that looks into one.

pub(crate) mod kubernetes;
