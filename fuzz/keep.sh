#!/usr/bin/env bash
# Keeps what the fuzzers found worth keeping: of each target's corpus (or of those named) the smallest part that reaches as
# much, in corpora/TARGET.tar.gz, small inputs first and no more than 400 of them.
set -euo pipefail
cd "$(dirname "$0")"
host=$(rustc -vV | sed -n 's/^host: //p')
folder=$PWD/../target/fuzz
mkdir -p corpora
for program in "$folder/$host"/release/*; do
  target=$(basename "$program")
  corpus=$folder/corpus/$target
  if [ $# -gt 0 ] && [[ " $* " != *" $target "* ]]; then continue; fi
  if [ ! -x "$program" ] || [ ! -d "$corpus" ]; then continue; fi
  least=$folder/least/$target
  rm -rf "$least" && mkdir -p "$least"
  "$program" -merge=1 "$least" "$corpus" 2>/dev/null
  # The same files give the same archive.
  (cd "$least" && find . -type f -printf '%s %f\n' | sort -n | head -n 400 | cut -d' ' -f2 | sort) |
    tar -C "$least" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf - --files-from=- | gzip -9n >"corpora/$target.tar.gz"
  echo "$target: $(tar -tzf "corpora/$target.tar.gz" | wc -l) inputs" >&2
done
