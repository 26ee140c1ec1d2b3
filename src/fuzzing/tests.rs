//! The kept inputs, whole and damaged, through everything that the fuzzers are let at.

#![expect(clippy::print_stdout, reason = "a test that fails says with what")]

use super::answers::is_understood;
use super::{aws, bundle, config, files, kubernetes, query};
use std::path::{Path, PathBuf};

/// How often each kept input is damaged. The fuzzers do it millions of times.
const DAMAGES: usize = 12;

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    /// A few bytes are taken out, and others put in.
    fn damaged(&mut self, bytes: &[u8]) -> Vec<u8> {
        const PIECES: [&[u8]; 15] = [
            b"",
            b"{",
            b"}",
            b"[",
            b"]",
            b"\"",
            b":",
            b"\n",
            b"null",
            b"-1e999",
            b"\0",
            b"\xff",
            "\u{202e}".as_bytes(),
            b"\x1b[2J",
            b"&a *a",
        ];
        let at = self.below(bytes.len());
        let to = (at + self.below(40)).min(bytes.len());
        let piece = PIECES[self.below(PIECES.len())];
        [&bytes[..at], piece, &bytes[to..]].concat()
    }
}

/// The files below a folder of the project's.
fn kept(folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{}", folder.display());
    paths.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// Each kept input as it is, and damaged in many ways.
fn all(folders: &[&str], damages: usize, target: impl Fn(&[u8])) {
    for (path, bytes) in folders.iter().flat_map(|folder| kept(folder)) {
        println!("{}", path.display());
        target(&bytes);
        let mut numbers = Numbers(u64::try_from(bytes.len()).unwrap());
        for _ in 0..damages {
            target(&numbers.damaged(&bytes));
        }
    }
}

/// What takes text gets text only.
fn text(target: fn(&str)) -> impl Fn(&[u8]) {
    move |bytes| target(&String::from_utf8_lossy(bytes))
}

#[test]
fn files_that_are_linted() {
    let folders = ["tests/lint/manifests", "tests/lint/policies", "tests/lint/cloudformation", "tests/lint/plans"];
    all(&folders, DAMAGES, text(files));
}

#[test]
fn bundles() {
    // Some are packed.
    all(&["tests/bundles", "fuzz/seeds/bundle"], DAMAGES, bundle);
}

/// Fuzzers that begin with what is refused at once don't get far.
#[test]
fn what_is_kept_is_understood() {
    let bundles = kept("tests/bundles").into_iter().chain(kept("fuzz/seeds/bundle"));
    let read = bundles.filter(|(_, bytes)| {
        let bytes = crate::collect::bundle::unpack("x", bytes, super::MOST_UNPACKED);
        bytes.is_ok_and(|bytes| crate::collect::bundle::parse("x", &bytes).is_ok())
    });
    assert!(read.count() >= 5);
    for (folder, is_aws, least) in [("fuzz/seeds/kubernetes", false, 8), ("fuzz/seeds/aws", true, 18)] {
        let (whole, others): (Vec<_>, Vec<_>) = kept(folder).into_iter().partition(|(_, bytes)| is_understood(bytes, is_aws));
        let name = |(path, _): &(PathBuf, Vec<u8>)| path.file_name().unwrap().to_string_lossy().into_owned();
        let others: Vec<String> = others.iter().map(name).collect();
        assert!(whole.len() >= least, "{} of {folder}, not {others:?}", whole.len());
    }
}

#[test]
fn configurations() {
    all(&["fuzz/seeds/config"], 10 * DAMAGES, text(config));
}

#[test]
fn queries() {
    all(&["fuzz/seeds/query"], 10 * DAMAGES, text(query));
}

#[test]
fn answers_of_kubernetes() {
    all(&["fuzz/seeds/kubernetes"], 10 * DAMAGES, kubernetes);
}

#[test]
fn answers_of_aws() {
    all(&["fuzz/seeds/aws"], 10 * DAMAGES, aws);
}
