//! The page in a real browser, where one is asked for: `tests/run --browser`, or `IRSA_DOCTOR_CHROMIUM=/path/to/chromium`.
//!
//! A browser that was asked for and isn't there is a failure, not a test that was left out.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a test: it may fail loudly"
)]

use irsa_doctor_test_support::generate::{Shape, cluster};
use irsa_doctor_test_support::{Recording, TempDir};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_irsa-doctor");
/// A phone that is still about.
const NARROW: u32 = 375;

fn chromium() -> Option<PathBuf> {
    std::env::var_os("IRSA_DOCTOR_CHROMIUM").map(PathBuf::from)
}

/// Runs the browser without a window; gives what it printed.
fn browse(browser: &Path, profile: &Path, args: &[String]) -> String {
    let mut command = Command::new(browser);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--allow-file-access-from-files"]);
    command.arg(format!("--user-data-dir={}", profile.display())).args(args).stdin(Stdio::null());
    let output = command.output().unwrap_or_else(|error| panic!("the browser {} can't be run: {error}", browser.display()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// How wide the page is at a width, and what it loaded beside itself: told by a frame around it.
fn measured(browser: &Path, folder: &TempDir, page: &Path, width: u32) -> (u32, u32) {
    let frame = format!(
        "<!DOCTYPE html><body><iframe id=f src=\"{}\" style=\"width:{width}px;height:800px;border:0\"></iframe><script>
        onload = () => {{
          const w = document.getElementById('f').contentWindow;
          document.title = w.document.documentElement.scrollWidth + ' ' + w.performance.getEntriesByType('resource').length;
        }};</script></body>",
        page.file_name().unwrap().to_string_lossy()
    );
    let wrapper = folder.write("frame.html", &frame);
    let dom = browse(
        browser,
        &folder.path().join("profile"),
        &["--dump-dom".to_owned(), "--virtual-time-budget=5000".to_owned(), format!("file://{}", wrapper.display())],
    );
    let title = dom.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).map(|(title, _)| title.to_owned());
    let title = title.unwrap_or_else(|| panic!("the page was not measured: {dom}"));
    let (width, loaded) = title.split_once(' ').unwrap();
    (width.parse().unwrap(), loaded.parse().unwrap())
}

/// The bundles that are looked at, by name.
fn bundles(folder: &TempDir) -> Vec<(&'static str, PathBuf)> {
    let demo = folder.write("demo.json", include_str!("../src/command/demo.json"));
    let mut hostile: Value = serde_json::from_str(include_str!("../src/command/demo.json")).unwrap();
    hostile["asked"]["error"] = json!("x".repeat(5000) + "</style><script>document.title='run'</script>");
    hostile["asked"]["role"] = json!("r".repeat(300));
    let hostile = folder.write("hostile.json", &hostile.to_string());
    let shape = Shape { pods: 60, service_accounts: 30, roles: 10, broken_percent: 30, deployments: false, seed: 7 };
    let scan = saved(folder, &cluster(&shape).serve(), &["-A"], "scan.json");
    let unread = {
        let served = Recording::load("plain").serve();
        served.aws.set_faults(vec![irsa_doctor_test_support::Fault::denied("iam:.*")]);
        saved(folder, &served, &["--pod", "app", "-n", "pay-68c46"], "unread.json")
    };
    vec![("broken", demo), ("hostile", hostile), ("scan", scan), ("inconclusive", unread)]
}

fn saved(folder: &TempDir, served: &irsa_doctor_test_support::Served, args: &[&str], name: &str) -> PathBuf {
    let path = folder.path().join(name);
    let output = served.bare_command(BINARY).args(args).arg("--save").arg(&path).output().unwrap();
    assert!(path.exists(), "{}", String::from_utf8_lossy(&output.stderr));
    path
}

#[test]
fn the_page_is_readable_in_a_browser() {
    let Some(browser) = chromium() else {
        eprintln!("left out: no browser was asked for (tests/run --browser)");
        return;
    };
    assert!(browser.is_file(), "the browser that was asked for isn't there: {}", browser.display());
    let folder = TempDir::new();
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pictures");
    std::fs::create_dir_all(&pictures).unwrap();
    for (name, bundle) in bundles(&folder) {
        let page = folder.path().join(format!("{name}.html"));
        let to = format!("html={}", page.display());
        let output = Command::new(BINARY).arg("--from").arg(&bundle).args(["-o", &to]).env_clear().output().unwrap();
        assert!(page.is_file(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        for width in [NARROW, 1200] {
            let (wide, loaded) = measured(&browser, &folder, &page, width);
            assert!(wide <= width, "{name}: at {width} pixels it is {wide} wide");
            assert_eq!(loaded, 0, "{name} loads something");
        }
        let picture = pictures.join(format!("{name}.png"));
        let shot = format!("--screenshot={}", picture.display());
        let profile = folder.path().join("profile");
        browse(&browser, &profile, &[shot, "--window-size=1200,2400".to_owned(), format!("file://{}", page.display())]);
        assert!(std::fs::metadata(&picture).unwrap().len() > 10_000, "{name} is drawn");
    }
}
