//! What brings a release to people: archives, the install script, the action, krew, binstall, the workflows. They agree on names,
//! check what they fetch, and take no input for code.

#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test: it may fail loudly")]

#[path = "packaging/action.rs"]
mod action;
#[path = "packaging/release.rs"]
mod release;
#[path = "packaging/workflows.rs"]
mod workflows;

use release::{Machine, Release, VERSION, checkout};
use serde_json::Value;
use std::process::Command;

fn read(path: &str) -> String {
    std::fs::read_to_string(checkout(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The targets that the release workflow builds for.
fn targets() -> Vec<String> {
    let release = yaml(".github/workflows/release.yml");
    let rows = release["jobs"]["build"]["strategy"]["matrix"]["include"].as_array().unwrap();
    rows.iter().map(|row| row["target"].as_str().unwrap().to_owned()).collect()
}

/// The name that all must mean.
fn archive(target: &str) -> String {
    let suffix = if target.contains("windows") { "zip" } else { "tar.gz" };
    format!("irsa-doctor-{VERSION}-{target}.{suffix}")
}

/// Where all must look for it.
fn url(target: &str) -> String {
    format!("{}/releases/download/v{VERSION}/{}", env!("CARGO_PKG_REPOSITORY"), archive(target))
}

#[test]
fn binstall_means_the_same_archives() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let binstall = &manifest["package"]["metadata"]["binstall"];
    for target in targets() {
        let own = binstall["overrides"].get(target.as_str()).and_then(|own| own.get("pkg-fmt"));
        let (suffix, exe) = match own.unwrap_or(&binstall["pkg-fmt"]).as_str().unwrap() {
            "tgz" => (".tar.gz", ""),
            "zip" => (".zip", ".exe"),
            other => panic!("{other}"),
        };
        let render = |template: &toml::Value| {
            let mut text = template.as_str().unwrap().to_owned();
            for (name, value) in [
                ("repo", env!("CARGO_PKG_REPOSITORY")),
                ("name", "irsa-doctor"),
                ("bin", "irsa-doctor"),
                ("version", VERSION),
                ("target", &target),
                ("archive-suffix", suffix),
                ("binary-ext", exe),
            ] {
                text = text.replace(&format!("{{ {name} }}"), value);
            }
            text
        };
        assert_eq!(render(&binstall["pkg-url"]), url(&target));
        assert_eq!(render(&binstall["bin-dir"]), format!("irsa-doctor-{VERSION}-{target}/irsa-doctor{exe}"));
    }
}

/// `sha256sum`'s lines for all archives, each hash another one.
fn sums() -> String {
    let line = |(index, target): (usize, &String)| format!("{:064x}  {}\n", index + 10, archive(target));
    targets().iter().enumerate().map(line).collect()
}

/// Fills the krew manifest in.
fn krew(sums: &str) -> std::process::Output {
    let folder = irsa_doctor_test_support::TempDir::new();
    let file = folder.write("SHA256SUMS", sums);
    Command::new("sh").arg(checkout("deploy/release/krew-manifest")).arg(VERSION).arg(file).output().unwrap()
}

#[test]
fn the_krew_manifest_means_the_same_archives() {
    let output = krew(&sums());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains('@') && !text.starts_with('#'), "{text}");
    let manifest: Value = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(manifest["spec"]["version"], format!("v{VERSION}"));
    assert!(manifest["spec"]["shortDescription"].as_str().unwrap().len() <= 50);
    let platforms = manifest["spec"]["platforms"].as_array().unwrap();
    assert_eq!(platforms.len(), targets().len());
    for (index, target) in targets().iter().enumerate() {
        let platform = platforms.iter().find(|platform| platform["uri"] == url(target));
        let platform = platform.unwrap_or_else(|| panic!("{target}"));
        assert_eq!(platform["sha256"], format!("{:064x}", index + 10), "{target}");
        let labels = &platform["selector"]["matchLabels"];
        let os = ["linux", "darwin", "windows"].into_iter().find(|os| target.contains(os)).unwrap();
        assert_eq!(labels["os"], os, "{target}");
        let arch = if target.starts_with("x86_64") { "amd64" } else { "arm64" };
        assert_eq!(labels["arch"], arch, "{target}");
        let bin = platform["bin"].as_str().unwrap();
        assert_eq!(platform["files"][0]["from"], format!("irsa-doctor-{VERSION}-{target}/{bin}"));
    }
    for wrong in [sums().replace("linux", "minix"), sums().replace("00000", ""), sums().replace("00000", "$(x)0")] {
        let output = krew(&wrong);
        assert!(!output.status.success(), "{wrong}");
    }
}

#[test]
#[ignore = "needs curl and tar: run tests/run"]
fn every_machine_installs_its_archive() {
    let unix: Vec<String> = targets().into_iter().filter(|target| !target.contains("windows")).collect();
    let release = Release::of_a_stand_in(&unix);
    for (system, machine, target) in [
        ("Linux", "x86_64", "x86_64-unknown-linux-musl"),
        ("Linux", "aarch64", "aarch64-unknown-linux-musl"),
        ("Darwin", "x86_64", "x86_64-apple-darwin"),
        ("Darwin", "arm64", "aarch64-apple-darwin"),
    ] {
        assert!(unix.iter().any(|built| built == target), "{target}");
        for version in ["latest", VERSION, concat!("v", env!("CARGO_PKG_VERSION"))] {
            let here = Machine::new(system, machine);
            let output = here.install(&release, &[version, "to here"]);
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!((output.status.code(), said.as_ref()), (Some(0), ""), "{target}");
            let told = String::from_utf8(output.stdout).unwrap();
            assert_eq!(told, format!("to here/irsa-doctor is irsa-doctor-{VERSION}-{target}\n"));
            let installed = Command::new(here.folder.path().join("to here/irsa-doctor")).arg("it runs").output().unwrap();
            assert_eq!(installed.stdout, b"[it runs]\n");
            assert_eq!(std::fs::read_dir(here.folder.path().join("to here")).unwrap().count(), 1);
        }
    }
    let windows = "x86_64-pc-windows-msvc";
    assert!(targets().iter().any(|built| built == windows));
    let output = Machine::new("MINGW64_NT-10.0-26100", "x86_64").install(&release, &[VERSION]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(&format!("the release has no {}", archive(windows))), "{said}");
}

#[test]
#[ignore = "needs curl and tar: run tests/run"]
fn nothing_is_installed_that_is_not_what_was_released() {
    let release = Release::of_a_stand_in(&["x86_64-unknown-linux-musl".to_owned()]);
    let refused = |arguments: &[&str], why: &str| {
        let machine = Machine::new("Linux", "x86_64");
        let output = machine.install(&release, arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{arguments:?}: {said}");
        assert!(said.contains(why) && said.contains("  help: "), "{arguments:?}: {said}");
        assert!(!machine.folder.path().join(".local").exists() && !machine.folder.path().join("x").exists());
    };
    refused(&["9.9.9"], "can't be fetched");
    for hostile in ["$(touch x)", "; touch x", "../../evil", "1 2", "v"] {
        refused(&[hostile], "not a version");
    }
    release.tamper();
    refused(&[VERSION], "the checksum of irsa-doctor-");
    refused(&["latest"], "the checksum of irsa-doctor-");
    for (system, machine) in [("SunOS", "x86_64"), ("Linux", "riscv64")] {
        let output = Machine::new(system, machine).install(&release, &[]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && said.contains("there is no release for"), "{said}");
    }
}

#[test]
#[ignore = "needs bash and curl: run tests/run"]
fn the_action_takes_no_input_for_code() {
    let release = Release::of_a_stand_in(&["x86_64-unknown-linux-musl".to_owned()]);
    let linux = || Machine::new("Linux", "x86_64");
    for (args, wanted) in [
        ("-A --only  broken", "[-A]\n[--only]\n[broken]\n"),
        ("-A\n", "[-A]\n"),
        ("", ""),
        ("$(touch x) `touch x` ; touch x", "[$(touch]\n[x)]\n[`touch]\n[x`]\n[;]\n[touch]\n[x]\n"),
        ("'a b' \"$HOME\" * \\", "['a]\n[b']\n[\"$HOME\"]\n[*]\n[\\]\n"),
        ("--error\nAn error: \"x\" $(touch x)\r\n\n--pod=a\n", "[--error]\n[An error: \"x\" $(touch x)]\n[--pod=a]\n"),
        ("${{ github.token }}", "[${{]\n[github.token]\n[}}]\n"),
    ] {
        let machine = linux();
        let ran = action::run(&machine, &release, &[("args", args)]);
        assert!(ran.ok, "{args:?}: {}", ran.stderr);
        let (_, printed) = ran.stdout.split_once('\n').unwrap();
        assert_eq!((printed, ran.outputs.as_str()), (wanted, "exit-code=0\n"), "{args:?}");
        assert!(!machine.folder.path().join("x").exists(), "{args:?}");
    }
    let machine = linux();
    let file = "a $(touch x);'\".sarif";
    let ran = action::run(&machine, &release, &[("args", "-A"), ("sarif-file", file)]);
    assert!(ran.stdout.ends_with(&format!("[-A]\n[-o]\n[sarif={file}]\n")), "{}", ran.stdout);
    assert_eq!(ran.outputs, format!("sarif-file={file}\nexit-code=0\n"));
    assert!(!machine.folder.path().join("x").exists());
    let ran = action::run(&linux(), &release, &[("args", "exit 3")]);
    assert_eq!((ran.ok, ran.outputs.as_str()), (false, "exit-code=3\n"));
    let ran = action::run(&linux(), &release, &[("args", "-A"), ("sarif-file", "a\nexit-code=0")]);
    assert!(!ran.ok && ran.outputs.is_empty() && ran.stderr.contains("sarif-file has more than one line"), "{}", ran.stderr);
    for version in ["$(touch x)", "; touch x", "latest'"] {
        let machine = linux();
        let ran = action::run(&machine, &release, &[("args", "-A"), ("version", version)]);
        assert!(!ran.ok && ran.stderr.contains("not a version") && ran.outputs.is_empty(), "{version}: {}", ran.stderr);
        assert!(!machine.folder.path().join("x").exists());
    }
    release.tamper();
    let ran = action::run(&linux(), &release, &[("args", "-A")]);
    assert!(!ran.ok && ran.stderr.contains("the checksum") && ran.outputs.is_empty(), "{}", ran.stderr);
}

#[test]
#[ignore = "needs bash and curl: run tests/run"]
fn the_action_runs_the_program_of_the_release() {
    let release = Release::of_the_program("x86_64-unknown-linux-musl");
    let machine = Machine::new("Linux", "x86_64");
    let ran = action::run(&machine, &release, &[("args", "--demo --fail-on error -o short"), ("sarif-file", "r.sarif")]);
    assert_eq!((ran.ok, ran.outputs.as_str()), (false, "sarif-file=r.sarif\nexit-code=1\n"), "{}", ran.stderr);
    let sarif: Value = serde_json::from_str(&std::fs::read_to_string(machine.folder.path().join("r.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let archive = release.made().join(archive("x86_64-unknown-linux-musl"));
    let listed = Command::new("tar").arg("-tzf").arg(archive).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for file in [
        "irsa-doctor",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "CHANGELOG.md",
        "man/irsa-doctor.1",
        "man/irsa-doctor-explain.1",
        "completions/irsa-doctor.bash",
        "completions/_irsa-doctor",
        "completions/irsa-doctor.fish",
        "completions/kubectl_complete-irsa_doctor",
    ] {
        let path = format!("irsa-doctor-{VERSION}-x86_64-unknown-linux-musl/{file}");
        assert!(listed.lines().any(|line| line == path), "{path}: {listed}");
    }
}

#[test]
fn pre_commit_and_the_changelog_know_what_there_is() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let ids: Vec<&str> = hooks.as_array().unwrap().iter().map(|hook| hook["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["irsa-doctor-lint", "irsa-doctor-lint-rust"]);
    for hook in hooks.as_array().unwrap() {
        assert_eq!(
            (&hook["entry"], &hook["types_or"]),
            (&"irsa-doctor lint --skip-others".into(), &serde_json::json!(["yaml", "json"]))
        );
    }
    let changelog = read("CHANGELOG.md");
    let headings: Vec<&str> = changelog.lines().filter(|line| line.starts_with("## ")).collect();
    assert_eq!(headings.first(), Some(&"## [Unreleased]"));
}
