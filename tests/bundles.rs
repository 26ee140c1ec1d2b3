//! Bundles: packed and plain, looked into, of old versions, and made to do harm.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test: it may fail loudly")]

use irsa_doctor_test_support::generate::{Shape, cluster};
use irsa_doctor_test_support::{Recording, Served, TempDir};
use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_irsa-doctor");

fn run(args: &[&str]) -> Output {
    Command::new(BINARY).env_clear().env("LANG", "C.UTF-8").stdin(Stdio::null()).args(args).output().unwrap()
}

/// The same with this on stdin.
fn piped(args: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(BINARY);
    let mut child =
        command.env_clear().args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A refused bundle needn't be read to its end.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn report(output: &Output) -> Value {
    let mut report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)));
    report["run"]["seconds"] = Value::Null;
    report
}

fn saved(served: &Served, name: &str) -> PathBuf {
    let mut command = served.bare_command(BINARY);
    let output = command.args(["--pod", "app", "-n", "pay-68c46", "--save", name, "--force"]).output().unwrap();
    let path = served.folder().path().join(name);
    assert!(path.exists(), "{}", text(&output.stderr));
    path
}

#[test]
fn a_packed_bundle_is_the_same_bundle() {
    let served = Recording::load("plain").serve();
    let plain = std::fs::read(saved(&served, "b.json")).unwrap();
    for (name, magic) in [("b.json.gz", &[0x1f, 0x8b][..]), ("b.json.zst", &[0x28, 0xb5, 0x2f, 0xfd])] {
        let path = saved(&served, name);
        let packed = std::fs::read(&path).unwrap();
        assert!(packed.starts_with(magic) && packed.len() < plain.len() / 2, "{name}: {} of {}", packed.len(), plain.len());
        // What it is shows in the content: a name may say anything.
        let renamed = served.folder().path().join("renamed.json");
        std::fs::write(&renamed, &packed).unwrap();
        let from_file = run(&["--from", renamed.to_str().unwrap(), "-o", "json"]);
        let from_stdin = piped(&["--from", "-", "-o", "json"], &packed);
        let (from_file, from_stdin) = (report(&from_file), report(&from_stdin));
        assert_eq!(from_file["verdict"], "healthy");
        assert_eq!(from_file, from_stdin);
    }
}

#[test]
fn inspect_says_what_is_in_it() {
    let shape = Shape { pods: 60, service_accounts: 30, roles: 10, broken_percent: 30, deployments: true, seed: 7 };
    let served = cluster(&shape).serve();
    served.bare_command(BINARY).args(["-A", "--save", "scan.json.zst"]).output().unwrap();
    let path = served.folder().path().join("scan.json.zst");
    let shown = run(&["bundle", "inspect", path.to_str().unwrap()]);
    let shown = (shown.status.code(), text(&shown.stdout));
    for line in ["version 1, written by irsa-doctor", "(zstd)", "60 pods, 30 service accounts", "10 roles", "as they are", " ago"]
    {
        assert!(shown.1.contains(line), "{line}: {}", shown.1);
    }
    assert_eq!(shown.0, Some(0));
    let json: Value = serde_json::from_slice(&run(&["bundle", "inspect", path.to_str().unwrap(), "-o", "json"]).stdout).unwrap();
    assert_eq!((json[0]["clusters"][0]["pods"].as_u64(), json[0]["packing"].as_str()), (Some(60), Some("zstd")));
    assert_eq!(json[0]["bytes"].as_u64(), Some(std::fs::metadata(&path).unwrap().len()));
    let nameless = served.folder().path().join("nameless.json.gz");
    run(&["--from", path.to_str().unwrap(), "--save", nameless.to_str().unwrap(), "--anonymize"]);
    let both = run(&["bundle", "inspect", path.to_str().unwrap(), nameless.to_str().unwrap()]);
    assert!(text(&both.stdout).contains("replaced (--anonymize)"), "{}", text(&both.stdout));
    assert_eq!(piped(&["bundle", "inspect", "-"], b"{}").status.code(), Some(2));
}

/// Bundles as earlier versions of irsa-doctor wrote them; they are read for ever.
#[test]
fn bundles_of_every_version_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bundles");
    let expected: Value = serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
    for (name, wanted) in expected.as_object().unwrap() {
        let output = run(&["--from", folder.join(name).to_str().unwrap(), "-o", "json"]);
        let report = report(&output);
        let found = serde_json::json!([
            report["verdict"],
            report["targets"][0]["first_broken"],
            report["targets"].as_array().unwrap().len()
        ]);
        assert_eq!(&found, wanted, "{name}");
    }
    assert!(expected.as_object().unwrap().len() >= 2);
    let newer = piped(&["--from", "-"], b"{\"schema_version\":2,\"asked\":{},\"clusters\":{}}");
    let said = text(&newer.stderr);
    assert_eq!(newer.status.code(), Some(2));
    assert!(said.contains("format version 2") && said.contains("newer irsa-doctor") && said.lines().count() == 2, "{said}");
}

/// What one asks a kept bundle: the exit code, and stderr.
fn asked_of(bundle: &str, args: &[&str]) -> (Option<i32>, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bundles").join(bundle);
    let output = run(&[&["--from", path.to_str().unwrap()], args].concat());
    (output.status.code(), text(&output.stderr))
}

#[test]
fn a_name_that_a_bundle_shows_not_to_be_there_is_said() {
    const SCAN: &str = "v1-2026-11-26-scan.json";
    for (args, said) in [
        (&["-n", "nope"][..], "there is no namespace `nope`"),
        (&["-n", "pay-68c4"], "did you mean `pay-68c46`?"),
        (&["--pod", "ap", "-n", "pay-68c46"], "did you mean `app`?"),
        (&["--pod", "app", "-n", "pay"], "there is no namespace `pay`"),
    ] {
        let (code, stderr) = asked_of(SCAN, args);
        assert!(code == Some(5) && stderr.contains(said) && stderr.lines().count() == 2, "{args:?}: {code:?} {stderr}");
    }
    assert_eq!(asked_of(SCAN, &["-n", "default"]).0, Some(0), "it is there, without pods");
    // Where namespaces were not listed, one that has no pods may be there or not.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bundles").join(SCAN);
    let mut bundle: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    bundle["clusters"].as_object_mut().unwrap().values_mut().next().unwrap()["namespaces"] = serde_json::json!({});
    let output = piped(&["--from", "-", "-n", "nope"], bundle.to_string().as_bytes());
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stdout));
}

#[test]
fn a_container_that_is_not_there_is_said_with_those_that_are() {
    let (code, stderr) = asked_of("v1-2026-11-24.json", &["-c", "zz"]);
    assert_eq!(code, Some(5), "{stderr}");
    assert!(stderr.starts_with("error: pod `awscli` has no container `zz`: there is `awscli`\n"), "{stderr}");
    assert!(stderr.contains("did you mean `awscli`?") && stderr.lines().count() == 2, "{stderr}");
    let (code, _) = asked_of("v1-2026-11-24.json", &["-c", "awscli"]);
    assert_eq!(code, Some(1));
}

#[test]
fn a_policy_that_is_not_attached_is_an_error_whatever_was_asked_of_the_account() {
    let (code, _) = asked_of("v1-2026-11-26-pod.json", &["--policy", "arn:aws:iam::123456789012:policy/other"]);
    assert_eq!(code, Some(1));
}

/// A bundle is a stranger's file: each of these ends in one line, at once.
#[test]
fn hostile_bundles_end_in_one_line() {
    let served = Recording::load("plain").serve();
    let plain = std::fs::read(saved(&served, "b.json")).unwrap();
    let packed = std::fs::read(saved(&served, "b.json.gz")).unwrap();
    let zst = std::fs::read(saved(&served, "b.json.zst")).unwrap();
    let bomb = {
        let mut inner = Vec::new();
        let mut gz = flate2::write::GzEncoder::new(&mut inner, flate2::Compression::fast());
        let block = vec![b' '; 1 << 20];
        (0..1100).for_each(|_| gz.write_all(&block).unwrap());
        gz.finish().unwrap();
        inner
    };
    let deep = [b"{\"schema_version\":1,\"asked\":".to_vec(), b"[".repeat(200_000)].concat();
    let mut invalid = plain.clone();
    let at = plain.windows(4).position(|window| window == b"app\"").unwrap();
    invalid[at] = 0xff;
    let nan = text(&plain).replacen("\"schema_version\": 1", "\"schema_version\": NaN", 1);
    let long = format!("{{\"schema_version\":1,\"asked\":{{\"targets\":\"{}\"}}}}", "x".repeat(8 << 20));
    let cases: [(&str, Vec<u8>); 11] = [
        ("cut gzip", packed[..packed.len() / 2].to_vec()),
        ("cut zstd", zst[..zst.len() / 2].to_vec()),
        ("gzip's head alone", vec![0x1f, 0x8b]),
        ("zstd's head alone", vec![0x28, 0xb5, 0x2f, 0xfd]),
        ("garbage after gzip", [packed.as_slice(), b"garbage"].concat()),
        ("a bomb", bomb),
        ("depth", deep),
        ("invalid UTF-8", invalid),
        ("not a number", nan.into_bytes()),
        ("a long string", long.into_bytes()),
        ("cut short", plain[..plain.len() / 2].to_vec()),
    ];
    for (name, bundle) in cases {
        let output = piped(&["--from", "-"], &bundle);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        assert!(said.starts_with("error: ") && said.lines().count() == 2 && said.len() < 2000, "{name}: {said}");
    }
    let twice = text(&plain).replacen("\"schema_version\": 1", "\"tool_version\": \"x\", \"schema_version\": 1", 1);
    let said = piped(&["--from", "-"], twice.as_bytes());
    assert_eq!(said.status.code(), Some(2), "what stands twice could be read either way: {}", text(&said.stderr));
}

#[test]
fn a_hundred_thousand_targets_are_no_trouble() {
    let folder = TempDir::new();
    let demo: Value = serde_json::from_slice(include_bytes!("../src/command/demo.json")).unwrap();
    let mut bundle = demo;
    let targets: Vec<Value> = (0..100_000)
        .map(|number| serde_json::json!({"kind": "pod", "namespace": "default", "name": format!("p{number}"), "scanned": true}))
        .collect();
    bundle["asked"]["targets"] = Value::Array(targets);
    let path = folder.write("many.json", &bundle.to_string());
    let output = run(&["--from", path.to_str().unwrap(), "-o", "short"]);
    assert!(output.status.code().is_some_and(|code| code != 101), "{}", text(&output.stderr));
}
