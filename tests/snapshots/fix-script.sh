#!/usr/bin/env bash
# Fixes by irsa-doctor 0.1.0. Read it, then run it: it stops at the first error.
# It runs nothing but aws, eksctl and kubectl, and writes backups into the current directory.
#
# pod/awscli in namespace default: broken
#   BROKEN at trust-policy: role my-test-role refuses system:serviceaccount:default:my-sa. 1 fix, no restart.
#
# read at: 2026-11-23T03:12:44Z
# by:      arn:aws:iam::123456789012:user/me
# cluster: arn:aws:eks:us-east-1:210987654321:cluster/my-cluster
#
# Some of what it changes has an owner that may undo it: there the commands are a stop-gap until the change is
# made in the owner.

set -euo pipefail
export AWS_PAGER=''

step() { printf '%s\n' "$1" >&2; }
stop() { printf 'stopped: %s\n' "$1" >&2; exit 1; }

# expect WHAT WANTED COMMAND...: stops unless the command prints what is wanted.
expect() {
  local what=$1 wanted=$2 had
  shift 2
  had=$("$@") || stop "$what can't be read"
  [ "${had%/}" = "${wanted%/}" ] || stop "$what is $had, not $wanted"
}

# due WHAT BEFORE AFTER COMMAND...: whether the document that the command prints is still to be written. Stops where it
# is neither what it was nor what it will be. White space counts for nothing.
due() {
  local what=$1 before after had
  before=$(printf '%s' "$2" | LC_ALL=C tr -d '[:space:]')
  after=$(printf '%s' "$3" | LC_ALL=C tr -d '[:space:]')
  shift 3
  had=$("$@") || stop "$what can't be read"
  had=$(printf '%s' "$had" | LC_ALL=C tr -d '[:space:]')
  [ "$had" != "$after" ] || { step "  $what is already as it should be"; return 1; }
  [ "$had" = "$before" ] || stop "$what has changed since it was read: run irsa-doctor again"
}

# keep FILE COMMAND...: a backup, which is never written over.
keep() {
  local file=$1
  shift
  [ ! -e "$file" ] || { step "  $file is there already and stays"; return 0; }
  (umask 077; "$@" > "$file.part") || stop "$file can't be written"
  mv "$file.part" "$file"
}

# ------------------------------------------------------------------------------------------------------------
# 1 of 1: let default/my-sa in.
# mends:    trust-subject-mismatch (error): role my-test-role refuses system:serviceaccount:default:my-sa (it
#           trusts my-svc)
# where:    arn:aws:iam::123456789012:role/my-test-role, AssumeRolePolicyDocument,
#           $['Statement'][0]['Condition']['StringEquals']['oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE:sub']
# mends:    trust-no-audience (info): no condition on aud
# where:    arn:aws:iam::123456789012:role/my-test-role, AssumeRolePolicyDocument, $
# owner:    Terraform
# for good: change aws_iam_role.my_test_role.assume_role_policy
# so:       what stands here is a stop-gap
# affects:  the other subjects stay: shop/web
# note:     it was read at 03:12
# choice:   my-sa
# choice:   my-svc
# diff:
#   --- arn:aws:iam::123456789012:role/my-test-role AssumeRolePolicyDocument, read at 2026-11-23T03:12:44Z (laid out for reading)
#   +++ arn:aws:iam::123456789012:role/my-test-role AssumeRolePolicyDocument (laid out for reading)
#   @@ -1,3 +1,6 @@
#    {
#   -  "it's": "a\u{202e}b"
#   +  "it's": "a\u{202e}b",
#   +  "new": [
#   +    1
#   +  ]
#    }
# undo:
# aws iam update-assume-role-policy --policy-document file://trust.json
step '1 of 1: let default/my-sa in.'
if due 'AssumeRolePolicyDocument of arn:aws:iam::123456789012:role/my-test-role' "$(printf '{"it\047s":"a\342\200\256b"}')" "$(printf '{"it\047s":"a\342\200\256b","new":[1]}')" aws iam get-role --role-name "$(printf 'a\342\200\256b')"; then
  keep trust.json aws iam get-role --role-name "$(printf 'a\342\200\256b')"
  aws iam get-role --role-name my-test-role
  aws iam update-assume-role-policy --policy-document "$(printf '{\n  "it\047s": "a\342\200\256b"\n}')"
fi

# ------------------------------------------------------------------------------------------------------------
# not run: take it out
# why:      the finding is ignored (known: OPS-1)
# mends:    skip-containers-misused (warning): skip-containers names `x`, which is no container
# where:    Pod default/awscli, $['metadata']['annotations']['eks.amazonaws.com/skip-containers']
# kubectl delete pod awscli

printf '%s\n' 'done, but for what waits for a decision (1, see the comments): run irsa-doctor again'
