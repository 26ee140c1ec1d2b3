//! An SDK's answer, as an `Observed`. The only place that looks into an SDK's error.

pub(crate) mod aws;
pub(crate) mod kubernetes;
