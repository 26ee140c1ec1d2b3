//! A release folder as GitHub serves it, and the machines that install from it.

use irsa_doctor_test_support::TempDir;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The version of the release.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// It prints its arguments, and does what the packaging asks of the program.
const STAND_IN: &str = r#"#!/bin/sh
case ${1:-} in
  man) mkdir -p "$2" && echo .TH >"$2/irsa-doctor.1" ;;
  completions) echo "for $2" ;;
  exit) exit "$2" ;;
  *) for word in "$@"; do printf '[%s]\n' "$word"; done ;;
esac
"#;

/// A file of the checkout.
pub(crate) fn checkout(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Below `download/vVERSION` and `latest/download`: an archive for each target, and their checksums.
pub(crate) struct Release {
    folder: TempDir,
}

impl Release {
    /// With a script in place of the program.
    pub(crate) fn of_a_stand_in(targets: &[String]) -> Self {
        let folder = TempDir::new();
        let binary = folder.write("stand-in", STAND_IN);
        Self::pack(folder, &binary, targets)
    }

    /// With the program itself.
    pub(crate) fn of_the_program(target: &str) -> Self {
        Self::pack(TempDir::new(), Path::new(env!("CARGO_BIN_EXE_irsa-doctor")), &[target.to_owned()])
    }

    fn pack(folder: TempDir, binary: &Path, targets: &[String]) -> Self {
        let release = Self { folder };
        let made = release.made();
        for target in targets {
            let mut pack = Command::new("sh");
            pack.arg(checkout("deploy/release/package")).args([VERSION, target]).args([binary, &made]);
            let output = pack.output().unwrap();
            assert!(output.status.success(), "{target}: {}", String::from_utf8_lossy(&output.stderr));
        }
        let sum = Command::new("sh").args(["-c", "sha256sum irsa-doctor-* >SHA256SUMS"]).current_dir(&made).status().unwrap();
        assert!(sum.success());
        std::fs::create_dir_all(release.path("latest")).unwrap();
        std::os::unix::fs::symlink(&made, release.path("latest/download")).unwrap();
        release
    }

    /// Where the archives are.
    pub(crate) fn made(&self) -> PathBuf {
        self.path(&format!("download/v{VERSION}"))
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// As `IRSA_DOCTOR_RELEASES` has it.
    pub(crate) fn url(&self) -> String {
        format!("file://{}", self.folder.path().display())
    }

    /// Puts another content in the place of every archive; the checksums stay.
    pub(crate) fn tamper(&self) {
        for entry in std::fs::read_dir(self.made()).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "gz") {
                std::fs::write(path, "something else").unwrap();
            }
        }
    }
}

/// A machine: its name for itself, and a folder to work in.
pub(crate) struct Machine {
    pub(crate) folder: TempDir,
}

impl Machine {
    /// One whose `uname` says this.
    pub(crate) fn new(system: &str, machine: &str) -> Self {
        let folder = TempDir::new();
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        folder.program("bin/uname", &format!("#!/bin/sh\ncase $1 in -s) echo {system} ;; -m) echo {machine} ;; esac\n"));
        Self { folder }
    }

    /// A command in its environment.
    pub(crate) fn command(&self, program: &str, release: &Release) -> Command {
        let mut command = Command::new(program);
        let path = format!("{}:{}", self.folder.path().join("bin").display(), std::env::var("PATH").unwrap());
        command.env_clear().env("PATH", path).env("HOME", self.folder.path()).env("IRSA_DOCTOR_RELEASES", release.url());
        command.current_dir(self.folder.path());
        command
    }

    /// Runs the install script.
    pub(crate) fn install(&self, release: &Release, arguments: &[&str]) -> Output {
        self.command("sh", release).arg(checkout("deploy/release/install")).args(arguments).output().unwrap()
    }
}
