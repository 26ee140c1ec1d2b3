//! Bundles: a snapshot in a file, to be judged elsewhere. Reading one is reading a stranger's file: it is
//! bounded in size and depth, and nothing in it is believed but what the core makes of it.

mod error;
mod join;
mod missing;
mod packing;
mod write;

pub(crate) use error::BundleError;
pub(crate) use missing::{all_there, is_unseen};
pub(crate) use packing::Unpacked;
pub(crate) use write::{check, save, write};

use irsa_doctor_checks::snapshot::{SCHEMA_VERSION, Snapshot};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The largest bundle that is read, unpacked. One of 100,000 pods has about 300 MiB.
const LARGEST: u64 = 1 << 30;

/// Reads bundles and joins them to one snapshot; of what contradicts, the later one wins.
///
/// # Errors
///
/// The first file that can't be read or isn't a bundle, and bundles of two different clusters.
pub(crate) fn read(files: &[PathBuf]) -> Result<Snapshot, BundleError> {
    let mut joined: Option<Snapshot> = None;
    for file in files {
        let next = parse(&file.display().to_string(), &open(file)?.bytes)?;
        joined = Some(match joined {
            Some(earlier) => join(earlier, next)?,
            None => next,
        });
    }
    Ok(joined.unwrap_or_default())
}

/// Joins two snapshots; of what contradicts, the later one wins.
///
/// # Errors
///
/// They are of two different clusters.
pub(crate) fn join(earlier: Snapshot, later: Snapshot) -> Result<Snapshot, BundleError> {
    join::join(earlier, later).map_err(|(one, other)| BundleError::TwoClusters { one, other })
}

/// Sets the snapshot of another cluster beside what is there: accounts are joined, clusters stay apart.
pub(crate) fn beside(earlier: Snapshot, other: Snapshot) -> Snapshot {
    join::beside(earlier, other)
}

/// Reads a bundle's file, unpacked where it is packed; `-` is stdin.
///
/// # Errors
///
/// It can't be read, is damaged, or is too large.
pub(crate) fn open(path: &Path) -> Result<Unpacked, BundleError> {
    let name = path.display().to_string();
    if path == Path::new("-") {
        packing::read_all(&name, std::io::stdin().lock(), LARGEST)
    } else {
        let file = File::open(path).map_err(|source| BundleError::Unreadable { name: name.clone(), source })?;
        packing::read_all(&name, file, LARGEST)
    }
}

/// The same of a bundle that is in memory; larger ones than `largest` are refused.
#[cfg(any(test, fuzzing))]
pub(crate) fn unpack(name: &str, bytes: &[u8], largest: u64) -> Result<Vec<u8>, BundleError> {
    packing::read_all(name, bytes, largest).map(|unpacked| unpacked.bytes)
}

/// What tells a bundle from other JSON.
#[derive(Deserialize)]
struct Head {
    schema_version: Option<serde_json::Value>,
    asked: Option<IgnoredAny>,
    targets: Option<IgnoredAny>,
    verdict: Option<IgnoredAny>,
}

/// Parses one bundle. (`serde_json` stops at 128 levels by itself.)
pub(crate) fn parse(name: &str, bytes: &[u8]) -> Result<Snapshot, BundleError> {
    let name = || name.to_owned();
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(BundleError::Empty { name: name() });
    }
    if !matches!(bytes.trim_ascii_start(), [b'{', ..]) && serde_json::from_slice::<IgnoredAny>(bytes).is_ok() {
        return Err(BundleError::NotBundle { name: name() });
    }
    let read: Result<Snapshot, serde_json::Error> = serde_json::from_slice(bytes);
    // Nothing else has clusters or accounts in this shape: a large bundle is read once.
    let is_bundle =
        |read: &Snapshot| read.schema_version == SCHEMA_VERSION && !(read.clusters.is_empty() && read.accounts.is_empty());
    if read.as_ref().is_ok_and(is_bundle) {
        return read.map_err(|source| BundleError::parse(name(), &source));
    }
    let head: Head = serde_json::from_slice(bytes).map_err(|source| BundleError::parse(name(), &source))?;
    let version = head.schema_version.as_ref().and_then(serde_json::Value::as_u64);
    match (head.asked, version) {
        (None, _) if head.verdict.is_some() && head.targets.is_some() => Err(BundleError::IsReport { name: name() }),
        (None, _) | (_, None) => Err(BundleError::NotBundle { name: name() }),
        (Some(_), Some(version)) if version != u64::from(SCHEMA_VERSION) => {
            Err(BundleError::OtherVersion { name: name(), version })
        }
        (Some(_), Some(_)) => read.map_err(|source| BundleError::parse(name(), &source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let error = parse("x.json", text.as_bytes()).unwrap_err();
        assert!(!error.help().is_empty());
        error.to_string()
    }

    #[test]
    fn what_is_not_a_bundle_is_said_in_one_line() {
        for (text, wanted) in [
            ("", "empty"),
            (" \n", "empty"),
            ("{\"schema_version\":1,\"asked\":{", "cut short"),
            ("hello", "not JSON"),
            ("[]", "not a bundle"),
            ("{}", "not a bundle"),
            ("{\"asked\":{}}", "not a bundle"),
            ("{\"schema_version\":2,\"asked\":{}}", "version 2"),
            ("{\"schema_version\":1,\"verdict\":\"healthy\",\"targets\":[]}", "a report"),
            ("{\"schema_version\":1,\"asked\":{\"targets\":7}}", "line 1"),
        ] {
            let error = error(text);
            assert!(error.contains(wanted) && !error.contains('\n'), "{text}: {error}");
        }
        let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let pods = format!("{{\"a/b\":{{\"present\":{{\"spec\":{{\"affinity\":{nested}}}}}}}}}");
        let deep = format!("{{\"schema_version\":1,\"asked\":{{}},\"clusters\":{{\"c\":{{\"pods\":{pods}}}}}}}");
        assert!(error(&deep).contains("nested"), "depth is bounded");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let snapshot = Snapshot { schema_version: SCHEMA_VERSION, tool_version: "9".into(), ..Snapshot::default() };
        let text = serde_json::to_vec(&snapshot).unwrap();
        assert_eq!(parse("x", &text).unwrap(), snapshot);
        let marked = [b"\xef\xbb\xbf".as_slice(), &text].concat();
        assert_eq!(parse("x", &marked).unwrap(), snapshot, "a byte order mark is no harm");
    }
}
