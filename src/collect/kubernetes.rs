//! Reading from a Kubernetes API server: which cluster, with whose credentials, and what it says.
//!
//! 1. [`Connection::load`] finds out which cluster is meant, from kubeconfig files or from inside a pod.
//!    It reads files and nothing else.
//! 2. [`Connection::token_request`] says whether an EKS token can be made here instead of by a plugin.
//! 3. [`Connection::open`] gets the credentials (with a token that was made here, or by running the plugin once)
//!    and gives an [`Api`].
//! 4. [`Api`]'s functions fetch one thing each; each answer is an `Observed`, or a [`Listed`].

mod api;
mod configure;
mod connection;
mod error;
mod exec;
mod fetch;
mod guard;
mod identity;
mod kubeconfig;
mod list;
mod login;
mod names;
mod object;
pub(crate) mod permissions;
mod plugin;
mod proxy;

#[cfg(test)]
mod tests;

pub(crate) use api::{Api, Limits};
pub(crate) use connection::{Connection, Options};
pub(crate) use error::ConnectError;
pub(crate) use fetch::Selector;
pub(crate) use guard::Refused;
pub(crate) use identity::ClusterIdentity;
pub(crate) use list::Listed;
pub(crate) use object::{Object, item as whole_object};
