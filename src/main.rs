//! The program's start; everything else is in the library.

use std::process::ExitCode;

/// Judging a cluster makes many small values on all cores.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    irsa_doctor::run(std::env::args_os())
}
