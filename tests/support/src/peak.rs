//! How much memory a program needs, seen from outside.

use std::process::{Child, ExitStatus};
use std::time::Duration;

/// Waits for a process; how it ended, and the most memory that was seen in use, in KiB (0 where there is no `/proc`).
///
/// # Panics
/// Where the process can't be waited for.
pub fn wait_and_watch(child: &mut Child) -> (ExitStatus, u64) {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        if let Ok(text) = std::fs::read_to_string(&status) {
            peak = peak.max(high_water_mark(&text));
        }
        if let Some(status) = child.try_wait().expect("a process of ours") {
            return (status, peak);
        }
        std::thread::sleep(Duration::from_micros(300));
    }
}

/// `VmHWM` of `/proc/PID/status`, in KiB; 0 where there is no such thing.
fn high_water_mark(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
