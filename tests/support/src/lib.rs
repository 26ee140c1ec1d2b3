//! What the tests and benches of irsa-doctor share.
//!
//! * [`KubernetesApi`]: an API server in this process that serves recorded objects, with selectors, pages and `Status` errors.
//! * [`AwsApi`]: IAM, STS and EKS in the shapes of the real services.
//! * [`Moto`]: moto, another stand-in for AWS, as a process of its own.
//! * [`Fault`]: what can go wrong with either: errors, resets, cut or slow answers, HTML pages; delays for benches.
//! * [`TlsFront`]: TLS before either, good or bad.
//! * [`Recording`]: a scenario from `tests/scenarios/recordings`, served, and its right answer checked.
//! * [`Rights`]: what `irsa-doctor permissions` prints, enforced.
//! * [`Come`]: what a run came to, and what may not become of it where it sees less.
//! * [`PastedError`]: the errors of `tests/errors`.
//! * [`Scenario`]: a bundle of `tests/scenarios`, and what is to be said of it.
//! * [`generate`]: large clusters and accounts for benches.
//!
//! Both servers refuse writes and looks at secrets, remember them ([`Server::violations`]) and panic when they are
//! dropped with such an attempt not acknowledged: no test needs to ask whether the program was read-only.
//!
//! ```no_run
//! use irsa_doctor_test_support::{Fault, Recording};
//!
//! let recording = Recording::load("plain");
//! let served = recording.serve();
//! served.aws.set_faults(vec![Fault::throttled("iam:GetRole$").times(1)]);
//! let output = served.command("target/debug/irsa-doctor").output()?;
//! let report = serde_json::from_slice(&output.stdout)?;
//! recording.expect.check(&report, output.status.code().unwrap_or(-1)).expect("the right answer");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod aws;
mod come;
mod encoding;
mod fault;
pub mod generate;
mod http;
mod kubernetes;
mod moto;
mod pasted;
mod peak;
mod recording;
mod rights;
mod scenario;
mod server;
mod side_by_side;
mod temp;
#[cfg(test)]
mod testing;
mod tls;

pub use aws::{Account, Accounts, Association, Attached, AwsApi, Caller, Cluster, Document, Provider, Role};
pub use come::Come;
pub use encoding::{percent_decode, percent_encode};
pub use fault::{Effect, Fault, Pattern};
pub use http::{Request, Response};
pub use kubernetes::{KubernetesApi, Rule};
pub use moto::Moto;
pub use pasted::PastedError;
pub use peak::wait_and_watch;
pub use recording::{ApiServer, Expect, IdentityExpect, Kind, Mentions, Recording, Scenario as RecordedScenario, Served};
pub use rights::Rights;
pub use scenario::Scenario;
pub use server::{Logged, Server, rounds};
pub use side_by_side::side_by_side;
pub use temp::TempDir;
pub use tls::{Tls, TlsFront};
