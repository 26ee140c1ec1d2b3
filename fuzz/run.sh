#!/usr/bin/env bash
# Fuzzes a target, those of the core, or all of them, each for some seconds: fuzz/run.sh parse 600
#
# Needs no nightly toolchain and no cargo-fuzz: coverage comes from LLVM's own pass. With FUZZ_SANITIZER=address memory is
# watched too (libraries in C are below the packers and TLS); that needs a toolchain that takes -Z flags.
#
# FUZZ_ARGS goes to libFuzzer, after all else: with `-seed=1 -runs=20000` each run does the same.
#
# It begins with the seeds (the tests' own files among them) and with what earlier runs found worth keeping
# (corpora/TARGET.tar.gz; `fuzz/keep.sh` makes it). What it finds it leaves below target/fuzz.
set -euo pipefail
cd "$(dirname "$0")"

core=(arn parse pattern evaluate symptom)
shell=(config query files bundle kubernetes aws)
targets=("${core[@]}" "${shell[@]}")
case "${1:-}" in
  all) ;;
  core) targets=("${core[@]}") ;;
  "" | -*) echo "usage: fuzz/run.sh TARGET|core|all [SECONDS]; the targets are ${targets[*]}" >&2; exit 2 ;;
  *) targets=("$1") ;;
esac
seconds=${2:-60}

# Where a target's inputs are kept, and the longest that makes sense.
seeds() {
  case "$1" in
    arn) echo seeds/arn ;;
    parse | pattern | evaluate) echo seeds/policy ;;
    symptom) echo seeds/error ;;
    files) echo seeds/policy ../tests/lint/manifests ../tests/lint/policies ../tests/lint/cloudformation ../tests/lint/plans ;;
    bundle) echo seeds/bundle ../tests/bundles ;;
    *) echo "seeds/$1" ;;
  esac
}
longest() {
  case "$1" in
    files | bundle) echo 16384 ;;
    *) echo 4096 ;;
  esac
}

host=$(rustc -vV | sed -n 's/^host: //p')
folder=$PWD/../target/fuzz${FUZZ_SANITIZER:+-$FUZZ_SANITIZER}
flags="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
flags="$flags -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
flags="$flags -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
if [ -n "${FUZZ_SANITIZER:-}" ]; then flags="$flags -Zsanitizer=$FUZZ_SANITIZER"; fi
# With --target the flags reach the fuzzed code and not build scripts.
build=()
for target in "${targets[@]}"; do
  build+=(--bin "$target")
  # All clients are below these.
  case " ${shell[*]} " in *" $target "*) build+=(--features shell) ;; esac
done
RUSTFLAGS="$flags" CARGO_TARGET_DIR=$folder cargo build --quiet --release --locked --target "$host" "${build[@]}"

for target in "${targets[@]}"; do
  corpus=$folder/corpus/$target
  mkdir -p "$corpus" "$folder/artifacts"
  if [ -f "corpora/$target.tar.gz" ]; then tar -xzf "corpora/$target.tar.gz" -C "$corpus"; fi
  read -ra from <<<"$(seeds "$target")"
  echo "== $target, $seconds seconds" >&2
  "$folder/$host/release/$target" -max_total_time="$seconds" -max_len="$(longest "$target")" -timeout=10 -rss_limit_mb=2048 \
    -dict=policy.dict -artifact_prefix="$folder/artifacts/$target-" -print_final_stats=1 -verbosity="${FUZZ_VERBOSITY:-1}" \
    ${FUZZ_ARGS:-} "$corpus" "${from[@]}"
done
