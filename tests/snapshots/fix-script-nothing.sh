#!/usr/bin/env bash
# Fixes by irsa-doctor 0.1.0. Read it, then run it: it stops at the first error.
# It runs nothing but aws, eksctl and kubectl, and writes backups into the current directory.
#
# role/arn:aws:iam::123456789012:role/my-test-role: healthy
#   HEALTHY: every link holds.
#
# read at: 2026-11-23T03:12:44Z

set -euo pipefail

printf '%s\n' 'nothing to fix'
