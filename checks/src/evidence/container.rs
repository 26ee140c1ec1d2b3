//! A container, its environment, and the token that its token file is.

use super::Evidence;
use crate::identity::{Mode, mode};
use crate::locus::Locus;
use crate::snapshot::kubernetes::{Container, EnvVar, PodSpec, TokenProjection, Volume, VolumeMount};

/// Which list of the spec a container is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContainerGroup {
    /// `initContainers`.
    Init,
    /// `containers`.
    Regular,
}

/// A container of a spec, with its place.
#[derive(Debug, Clone)]
pub struct ContainerView<'a> {
    /// The container.
    pub container: &'a Container,
    /// Which list it is in.
    pub group: ContainerGroup,
    /// The spec that it is in.
    pub spec: &'a PodSpec,
    /// Its place.
    pub locus: Locus,
    spec_locus: Locus,
}

/// What a container's token file turns out to be.
#[derive(Debug, Clone)]
pub enum TokenFile<'a> {
    /// A projected service account token.
    Projected {
        /// The projection.
        token: &'a TokenProjection,
        /// The mount that it is reached through.
        mount: &'a VolumeMount,
        /// The place of the projection.
        locus: Locus,
    },
    /// The path lies under a mount, but no projected token is there: the volume, and its place.
    OtherVolume {
        /// The volume, if the spec has one of that name.
        volume: Option<&'a Volume>,
        /// The mount that covers the path.
        mount: &'a VolumeMount,
        /// The place of the volume, or of the mount where the volume is missing.
        locus: Locus,
    },
    /// No mount covers the path.
    NotMounted,
}

impl<'a> ContainerView<'a> {
    /// All containers of a spec: init containers first, as they run.
    pub fn all(spec: &'a PodSpec, spec_locus: &Locus) -> Vec<Self> {
        let view = |group, list: &'static str, index, container| Self {
            container,
            group,
            spec,
            locus: spec_locus.clone().key(list).index(index),
            spec_locus: spec_locus.clone(),
        };
        let init = spec.init_containers.iter().enumerate().map(|(i, c)| view(ContainerGroup::Init, "initContainers", i, c));
        let regular = spec.containers.iter().enumerate().map(|(i, c)| view(ContainerGroup::Regular, "containers", i, c));
        init.chain(regular).collect()
    }

    /// Its name.
    pub fn name(&self) -> &'a str {
        &self.container.name
    }

    /// A variable of `env` and its index; of several of one name the last counts, as in Kubernetes.
    pub fn variable(&self, name: &str) -> Option<(usize, &'a EnvVar)> {
        self.container.env.iter().enumerate().rev().find(|(_, variable)| variable.name == name)
    }

    /// Whether `env` sets a variable to something that isn't known to be empty.
    pub fn is_set(&self, name: &str) -> bool {
        self.variable(name).is_some_and(|(_, variable)| !variable.is_empty())
    }

    /// The value of a variable, where it is a literal that is kept and that Kubernetes leaves as it is.
    pub fn value(&self, name: &str) -> Option<&'a str> {
        self.literal(name).filter(|_| !self.is_expanded(name))
    }

    /// The literal that a variable is set to, with the references to other variables as they stand.
    pub fn literal(&self, name: &str) -> Option<&'a str> {
        self.variable(name).and_then(|(_, variable)| variable.value.as_deref()).filter(|value| !value.is_empty())
    }

    /// Whether a variable is set to something that the spec doesn't show: it comes from another object, or refers to others.
    pub fn is_unseen(&self, name: &str) -> bool {
        self.is_set(name) && self.value(name).is_none()
    }

    /// Whether Kubernetes may put something else in the place of a literal: a `$(NAME)` whose variable stands before it in
    /// `env`, comes from `envFrom` or is one of a service's. Others stay as they are.
    /// <https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/>
    pub fn is_expanded(&self, name: &str) -> bool {
        let Some((index, EnvVar { value: Some(value), .. })) = self.variable(name) else { return false };
        let earlier = self.container.env.get(..index).unwrap_or_default();
        let of_service = |name: &str| name.contains("_SERVICE_") || name.contains("_PORT");
        let may_be_there = |name: &str| {
            !self.container.env_from.is_empty() || of_service(name) || earlier.iter().any(|variable| variable.name == name)
        };
        value.contains("$$") || references(value).any(may_be_there)
    }

    /// The place of a variable; where `env` doesn't set it, the container with the missing name.
    pub fn variable_locus(&self, name: &str) -> Locus {
        match self.variable(name) {
            Some((index, _)) => self.locus.clone().key("env").index(index),
            None => self.locus.clone().missing(format!("env[{name}]")),
        }
    }

    /// What is at a path inside the container: the longest mount that covers it wins.
    pub fn file(&self, path: &str) -> TokenFile<'a> {
        let mounts = self.container.volume_mounts.iter().enumerate();
        let covering = mounts.filter_map(|(index, mount)| below(path, &mount.mount_path).map(|rest| (index, mount, rest)));
        let Some((index, mount, rest)) = covering.min_by_key(|(.., rest)| rest.len()) else {
            return TokenFile::NotMounted;
        };
        let volumes = self.spec.volumes.iter().enumerate();
        let Some((volume_index, volume)) = volumes.into_iter().find(|(_, volume)| volume.name == mount.name) else {
            return TokenFile::OtherVolume { volume: None, mount, locus: self.locus.clone().key("volumeMounts").index(index) };
        };
        let volume_locus = self.spec_locus.clone().key("volumes").index(volume_index);
        // The kubelet's link to the files that count now.
        let rest = rest.strip_prefix(&["..data"]).unwrap_or(&rest);
        let inside = [parts(mount.sub_path.as_deref().unwrap_or_default()).as_slice(), rest].concat();
        let sources = volume.projected.iter().flat_map(|projected| projected.sources.iter().enumerate());
        for (source_index, source) in sources {
            if let Some(token) = source.service_account_token.as_ref().filter(|token| parts(&token.path) == inside) {
                let locus = volume_locus.keys(&["projected", "sources"]).index(source_index).key("serviceAccountToken");
                return TokenFile::Projected { token, mount, locus };
            }
        }
        TokenFile::OtherVolume { volume: Some(volume), mount, locus: volume_locus }
    }

    /// What the container's `AWS_WEB_IDENTITY_TOKEN_FILE` is, where that is set to a known path.
    pub fn token_file(&self) -> Option<TokenFile<'a>> {
        self.value("AWS_WEB_IDENTITY_TOKEN_FILE").map(|path| self.file(path))
    }
}

/// The names that a literal refers to as `$(NAME)`.
fn references(value: &str) -> impl Iterator<Item = &str> {
    value.split("$(").skip(1).filter_map(|after| after.split_once(')')).map(|(name, _)| name)
}

impl<'a> Evidence<'a> {
    /// The container that was asked about, where the judged pod has it.
    pub fn asked_container(&self) -> Option<&ContainerView<'a>> {
        let asked = self.asked().container.as_deref()?;
        self.containers().iter().find(|container| container.name() == asked)
    }

    /// The container that was asked about, where it calls without a role and others of the pod have one: what the role may
    /// do is then nothing that this one may do.
    pub fn asked_without_role(&self) -> Option<&ContainerView<'a>> {
        let has_role = |container: &ContainerView<'_>| matches!(mode(container), Mode::Irsa | Mode::PodIdentity);
        let asked = self.asked_container().filter(|container| self.pod.is_present() && !has_role(container))?;
        self.containers().iter().any(has_role).then_some(asked)
    }
}

/// The parts of a path: between slashes of either kind, without a drive, and without what changes nothing.
fn parts(path: &str) -> Vec<&str> {
    let rooted = if path.as_bytes().get(1) == Some(&b':') { path.get(2..).unwrap_or_default() } else { path };
    let mut parts = Vec::new();
    for part in rooted.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts
}

/// What is left of a path below a folder, if it is below (or the folder itself).
fn below<'p>(path: &'p str, folder: &str) -> Option<Vec<&'p str>> {
    let folder = parts(folder);
    let path = parts(path);
    path.starts_with(&folder).then(|| path.into_iter().skip(folder.len()).collect())
}

/// Whether two paths are one where `/var/run` is a link to `/run`, as it is in nearly every image.
pub fn is_same_file(one: &str, other: &str) -> bool {
    fn plain(path: &str) -> Vec<&str> {
        let parts = parts(path);
        parts.strip_prefix(&["var", "run"]).map_or_else(|| parts.clone(), |rest| [&["run"], rest].concat())
    }
    plain(one) == plain(other)
}
