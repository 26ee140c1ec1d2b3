//! Profiles and shared configuration files.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html>

use super::SHARED_CONFIG;
use crate::evidence::{ContainerView, Evidence, TokenFile};
use crate::fault::Severity;
use crate::finding::Finding;
use crate::fix::{Fix, template};
use crate::locus::Locus;
use crate::snapshot::kubernetes::VolumeMount;

const FILES: [&str; 2] = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"];
const PROFILES: [&str; 2] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];

/// A profile or a file that may come before the role: a warning where something is mounted for it.
pub(super) fn shared_config(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Option<Finding> {
    let files: Vec<&str> = FILES.into_iter().filter(|name| names_a_file(container, name)).collect();
    let profile = PROFILES.into_iter().find(|name| container.is_set(name));
    let mount = home_mount(container);
    let mounted = mount.is_some() || files.iter().any(|name| is_mounted(container, name));
    let name = container.name();
    let (locus, what): (Locus, String) = match (profile, files.first(), mount) {
        (Some(variable), ..) => {
            let value = container.value(variable).unwrap_or("a profile");
            (container.variable_locus(variable), format!("sets {variable} to {value}"))
        }
        (None, Some(variable), _) => {
            let value = container.value(variable).unwrap_or("a file");
            (container.variable_locus(variable), format!("sets {variable} to {value}"))
        }
        (None, None, Some((index, mount))) => {
            (container.locus.clone().key("volumeMounts").index(index), format!("mounts {} over {}", mount.name, mount.mount_path))
        }
        (None, None, None) => return None,
    };
    let detail = if mounted {
        format!(
            "container {name} {what}: a profile may come before the role, or chain from it to another one; which role it ends as can't be seen"
        )
    } else {
        format!("container {name} {what}, and nothing is mounted for it: what a file in the image says can't be seen")
    };
    let variables: Vec<&str> = profile.into_iter().chain(files).collect();
    let fix = Fix::new(template::id(evidence, "profile", container.name()), format!("let container {name} use the role alone"))
        .note("leave it where the profile itself names role_arn and web_identity_token_file, or chains roles on purpose");
    let fix = if variables.is_empty() {
        template::by_hand(evidence, fix, &format!("drop the mount over ~/.aws from container {name}"))
    } else {
        template::unset_env(evidence, fix, name, &variables)
    };
    let severity = if mounted { Severity::Warning } else { Severity::Info };
    Some(Finding::new(&SHARED_CONFIG, locus, detail).severity(severity).fix(fix))
}

/// Whether the variable names a file; `/dev/null` is how one says "none".
fn names_a_file(container: &ContainerView<'_>, name: &str) -> bool {
    container.is_set(name) && container.value(name) != Some("/dev/null")
}

fn is_mounted(container: &ContainerView<'_>, name: &str) -> bool {
    let Some(path) = container.value(name) else { return true };
    match container.file(path) {
        TokenFile::OtherVolume { volume, .. } => volume.is_none_or(|volume| volume.empty_dir.is_none()),
        TokenFile::Projected { .. } => true,
        TokenFile::NotMounted => false,
    }
}

/// A mount over `~/.aws` or one of its two files. An empty directory there is a cache.
fn home_mount<'a>(container: &ContainerView<'a>) -> Option<(usize, &'a VolumeMount)> {
    container.container.volume_mounts.iter().enumerate().find(|(_, mount)| {
        let path = mount.mount_path.trim_end_matches('/');
        let over = path.ends_with("/.aws") || path.ends_with("/.aws/credentials") || path.ends_with("/.aws/config");
        let volume = container.spec.volumes.iter().find(|volume| volume.name == mount.name);
        over && volume.is_none_or(|volume| volume.empty_dir.is_none())
    })
}
