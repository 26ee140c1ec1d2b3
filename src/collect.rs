//! Collecting: what clusters and accounts say, as a snapshot.

pub(crate) mod eks_token;
pub(crate) mod kubernetes;
pub(crate) mod observe;
