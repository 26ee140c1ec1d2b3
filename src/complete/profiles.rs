//! The names of AWS profiles. Of the files nothing else is kept: they hold keys.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The names in the shared files.
pub(super) fn names() -> BTreeSet<String> {
    let mut names = in_config(&read("AWS_CONFIG_FILE", "config"));
    names.extend(in_credentials(&read("AWS_SHARED_CREDENTIALS_FILE", "credentials")));
    names
}

/// A file's text; nothing where it can't be read.
fn read(variable: &str, name: &str) -> String {
    let set = |variable: &str| std::env::var_os(variable).filter(|value| !value.is_empty());
    let home = || set("HOME").or_else(|| set("USERPROFILE"));
    let path = set(variable).map(PathBuf::from).or_else(|| Some(Path::new(&home()?).join(".aws").join(name)));
    path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default()
}

/// The names of a file's sections.
fn sections(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| Some(line.trim().strip_prefix('[')?.split_once(']')?.0.trim()))
}

fn in_config(text: &str) -> BTreeSet<String> {
    let profiles = sections(text).filter_map(|section| match section.split_once(char::is_whitespace) {
        Some(("profile", name)) => Some(name.trim()),
        None if section == "default" => Some(section),
        _ => None,
    });
    profiles.map(str::to_owned).collect()
}

fn in_credentials(text: &str) -> BTreeSet<String> {
    sections(text).filter(|section| !section.contains(char::is_whitespace)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_profiles_are_named() {
        let config =
            "[default]\nregion = x\n[profile dev]\n[ profile  ops ] # mine\n[sso-session s]\n[services]\nkey = [profile no]\n";
        assert_eq!(in_config(config).into_iter().collect::<Vec<_>>(), ["default", "dev", "ops"]);
        let credentials = "[default]\naws_secret_access_key = x\n[old]\n";
        assert_eq!(in_credentials(credentials).into_iter().collect::<Vec<_>>(), ["default", "old"]);
    }
}
