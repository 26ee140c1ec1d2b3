#!/bin/sh
# Fuzzes one target for some seconds: fuzz/run.sh parse 600
# Needs no nightly toolchain and no cargo-fuzz: coverage comes from LLVM's own pass.
set -eu
target=$1
seconds=${2:-60}
here=$(cd "$(dirname "$0")" && pwd)
host=$(rustc -vV | sed -n 's/^host: //p')
flags="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
flags="$flags -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
flags="$flags -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
# With --target the flags reach the fuzzed code and not build scripts.
RUSTFLAGS="$flags" cargo build --quiet --release --manifest-path "$here/Cargo.toml" --target "$host" --bin "$target"
output=${CARGO_TARGET_DIR:-$here/target}
mkdir -p "$here/corpus/$target" "$here/artifacts/$target"
exec "$output/$host/release/$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 \
    -dict="$here/policy.dict" -artifact_prefix="$here/artifacts/$target/" \
    "$here/corpus/$target" "$here/seeds"
