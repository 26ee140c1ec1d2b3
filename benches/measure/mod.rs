//! Programs, measured from outside: wall time and peak memory.

use irsa_doctor_test_support::wait_and_watch;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One run: how long it took, and the most memory that was seen in use, in KiB.
pub(crate) struct Run {
    pub(crate) wall: Duration,
    pub(crate) peak: u64,
}

#[expect(clippy::cast_precision_loss, reason = "a size for people")]
pub(crate) fn bytes_to_mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// Prints the median of several runs.
pub(crate) fn report(name: &str, runs: &[Run]) {
    let mut walls: Vec<Duration> = runs.iter().map(|run| run.wall).collect();
    walls.sort();
    let (least, most) = (walls.first().unwrap(), walls.last().unwrap());
    let median = walls.get(walls.len() / 2).unwrap();
    let peak = runs.iter().map(|run| run.peak).max().unwrap_or_default();
    println!("{name}: {median:.1?} (from {least:.1?} to {most:.1?}), peak memory {:.1} MiB", bytes_to_mib(peak * 1024));
}

/// Runs a command to its end without its output.
pub(crate) trait Quietly {
    fn spawn_quietly(&mut self) -> Run;
}

impl Quietly for Command {
    fn spawn_quietly(&mut self) -> Run {
        let started = Instant::now();
        let mut child = self.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let (_, peak) = wait_and_watch(&mut child);
        Run { wall: started.elapsed(), peak }
    }
}
