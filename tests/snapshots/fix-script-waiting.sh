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

set -euo pipefail

# ------------------------------------------------------------------------------------------------------------
# not run: take it out
# why:      the finding is ignored (known: OPS-1)
# mends:    skip-containers-misused (warning): skip-containers names `x`, which is no container
# where:    Pod default/awscli, $['metadata']['annotations']['eks.amazonaws.com/skip-containers']
# kubectl delete pod awscli

# ------------------------------------------------------------------------------------------------------------
# not run: let default/my-sa in.
# why:      somebody must decide or act first
# mends:    trust-subject-mismatch (error): role my-test-role refuses system:serviceaccount:default:my-sa (it
#           trusts my-svc)
# where:    arn:aws:iam::123456789012:role/my-test-role, AssumeRolePolicyDocument,
#           $['Statement'][0]['Condition']['StringEquals']['oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE:sub']
# mends:    trust-no-audience (info): no condition on aud
# where:    arn:aws:iam::123456789012:role/my-test-role, AssumeRolePolicyDocument, $
# owner:    Terraform
# for good: change aws_iam_role.my_test_role.assume_role_policy
# decide:   who owns the role
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
# aws iam get-role --role-name "$(printf 'a\342\200\256b')" > trust.json
# aws iam get-role --role-name my-test-role
# aws iam update-assume-role-policy --policy-document "$(printf '{\n  "it\047s": "a\342\200\256b"\n}')"

printf '%s\n' 'nothing was run: 2 fixes wait for a decision, see the comments'
