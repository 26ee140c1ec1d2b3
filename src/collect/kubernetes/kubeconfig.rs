//! Kubeconfig files: which there are, read, merged, and the entries of one context.
//!
//! The rules are kubectl's: <https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/>

use super::error::ConnectError;
use kube::config::{AuthInfo, Cluster, Kubeconfig, KubeconfigError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How many of the nearest names are given.
const NEAREST: usize = 3;

/// Where kubeconfigs are looked for.
pub(super) struct Files {
    /// The files, the first one first.
    paths: Vec<PathBuf>,
    /// Whether one was named by a flag, and so must be there.
    explicit: bool,
}

impl Files {
    /// From the flag, `KUBECONFIG`, and the home directory.
    pub(super) fn find(flag: Option<&Path>, environment: &BTreeMap<String, String>) -> Self {
        if let Some(path) = flag {
            return Self { paths: vec![path.to_owned()], explicit: true };
        }
        let variable = |name: &str| environment.get(name).filter(|value| !value.is_empty());
        if let Some(list) = variable("KUBECONFIG") {
            let mut paths: Vec<PathBuf> = Vec::new();
            for path in std::env::split_paths(list).filter(|path| !path.as_os_str().is_empty()) {
                if !paths.contains(&path) {
                    paths.push(path);
                }
            }
            return Self { paths, explicit: false };
        }
        let home = variable("HOME").or_else(|| variable("USERPROFILE"));
        let paths = home.map(|home| Path::new(home).join(".kube").join("config")).into_iter().collect();
        Self { paths, explicit: false }
    }

    /// Their names, for messages.
    pub(super) fn names(&self) -> Vec<String> {
        self.paths.iter().map(|path| path.display().to_string()).collect()
    }

    /// All of them as one; `None` where there is no file at all.
    ///
    /// # Errors
    /// Where a file can't be read, or isn't a kubeconfig. A file that isn't there is skipped unless a flag named it.
    pub(super) fn read(&self) -> Result<Option<Kubeconfig>, ConnectError> {
        let mut merged: Option<Kubeconfig> = None;
        for path in &self.paths {
            let bytes = match std::fs::read(path) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && !self.explicit => continue,
                Err(error) => {
                    let reason = error.kind().to_string();
                    return Err(ConnectError::Unreadable { path: path.display().to_string(), reason });
                }
            };
            let config = parse(&bytes, path)?;
            merged = Some(match merged.take() {
                Some(first) => merge(first, config),
                None => config,
            });
        }
        Ok(merged)
    }
}

/// Reads a file's content. kube's own reading of a file panics on UTF-16 that is cut in the middle of a unit.
fn parse(bytes: &[u8], path: &Path) -> Result<Kubeconfig, ConnectError> {
    let refused = |line| ConnectError::NotAKubeconfig { path: path.display().to_string(), line };
    let text = decode(bytes).ok_or_else(|| refused(None))?;
    let mut config = Kubeconfig::from_yaml(&text).map_err(|error| match error {
        // The error's own text holds the line itself, which may be a token.
        KubeconfigError::Parse(error) => refused(error.location().map(|place| place.line()).filter(|line| *line > 0)),
        _ => refused(None),
    })?;
    if let Some(folder) = path.parent() {
        resolve(&mut config, folder);
    }
    Ok(config)
}

/// Text in UTF-8 or, with its mark, UTF-16: PowerShell writes that.
fn decode(bytes: &[u8]) -> Option<String> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (units, rest) = bytes.as_chunks::<2>();
        let units: Vec<u16> = units.iter().copied().map(unit).collect();
        String::from_utf16(&units).ok().filter(|_| rest.is_empty())
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

/// Makes paths absolute: they are relative to their file. A command is one only with a separator in it.
fn resolve(config: &mut Kubeconfig, folder: &Path) {
    let absolute = |file: &mut String| {
        if let Some(path) = folder.join(&*file).to_str() {
            path.clone_into(file);
        }
    };
    for cluster in config.clusters.iter_mut().filter_map(|entry| entry.cluster.as_mut()) {
        cluster.certificate_authority.iter_mut().filter(|path| !path.is_empty()).for_each(absolute);
    }
    for user in config.auth_infos.iter_mut().filter_map(|entry| entry.auth_info.as_mut()) {
        let files = [&mut user.client_certificate, &mut user.client_key, &mut user.token_file];
        files.into_iter().flatten().filter(|path| !path.is_empty()).for_each(absolute);
        let command = user.exec.as_mut().and_then(|exec| exec.command.as_mut());
        command.into_iter().filter(|command| command.contains(std::path::MAIN_SEPARATOR)).for_each(absolute);
    }
}

/// Adds what a later file has and the earlier ones don't: the first to set a value wins.
fn merge(mut first: Kubeconfig, next: Kubeconfig) -> Kubeconfig {
    let missing = |names: Vec<&str>, name: &str| !names.contains(&name);
    for entry in next.clusters {
        if missing(first.clusters.iter().map(|entry| entry.name.as_str()).collect(), &entry.name) {
            first.clusters.push(entry);
        }
    }
    for entry in next.auth_infos {
        if missing(first.auth_infos.iter().map(|entry| entry.name.as_str()).collect(), &entry.name) {
            first.auth_infos.push(entry);
        }
    }
    for entry in next.contexts {
        if missing(first.contexts.iter().map(|entry| entry.name.as_str()).collect(), &entry.name) {
            first.contexts.push(entry);
        }
    }
    first.current_context = first.current_context.filter(|name| !name.is_empty()).or(next.current_context);
    first
}

/// A context with its cluster and its user.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    /// The context's name.
    pub(super) context: String,
    /// Its namespace.
    pub(super) namespace: Option<String>,
    /// The name of its cluster's entry.
    pub(super) cluster_name: String,
    /// Its cluster.
    pub(super) cluster: Cluster,
    /// The name of its user's entry; empty for nobody.
    pub(super) user_name: String,
    /// Its user.
    pub(super) user: AuthInfo,
}

/// The context that is meant.
///
/// # Errors
/// Where none is current, or it isn't there, or what it names isn't there.
pub(super) fn choose(config: &Kubeconfig, context: Option<&str>) -> Result<Chosen, ConnectError> {
    let names = || config.contexts.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>();
    let current = config.current_context.as_deref().filter(|name| !name.is_empty());
    let name = context.or(current).ok_or_else(|| ConnectError::NoCurrentContext { contexts: names() })?;
    let entry = config.contexts.iter().find(|entry| entry.name == name);
    let entry = entry.and_then(|entry| entry.context.as_ref());
    let entry = entry.ok_or_else(|| ConnectError::UnknownContext { name: name.to_owned(), nearest: nearest(name, names()) })?;
    let cluster = config.clusters.iter().find(|cluster| cluster.name == entry.cluster);
    let cluster = cluster.and_then(|cluster| cluster.cluster.clone());
    let cluster =
        cluster.ok_or_else(|| ConnectError::MissingCluster { context: name.to_owned(), cluster: entry.cluster.clone() })?;
    let user_name = entry.user.clone().unwrap_or_default();
    let user = if user_name.is_empty() {
        AuthInfo::default()
    } else {
        let user = config.auth_infos.iter().find(|user| user.name == user_name);
        let missing = || ConnectError::MissingUser { context: name.to_owned(), user: user_name.clone() };
        user.ok_or_else(missing)?.auth_info.clone().unwrap_or_default()
    };
    Ok(Chosen {
        context: name.to_owned(),
        namespace: entry.namespace.clone().filter(|namespace| !namespace.is_empty()),
        cluster_name: entry.cluster.clone(),
        cluster,
        user_name,
        user,
    })
}

/// The nearest names, the nearest first.
fn nearest(name: &str, names: Vec<String>) -> Vec<String> {
    let mut ranked: Vec<(usize, String)> = names
        .into_iter()
        .map(|other| {
            let inside = !name.is_empty() && other.contains(name);
            (if inside { 0 } else { strsim::damerau_levenshtein(name, &other) }, other)
        })
        .filter(|(distance, other)| *distance <= other.chars().count().max(name.chars().count()) / 2)
        .collect();
    ranked.sort();
    ranked.into_iter().take(NEAREST).map(|(_, name)| name).collect()
}
