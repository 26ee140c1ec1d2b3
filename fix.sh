#!/usr/bin/env bash
# Fixes by irsa-doctor 0.1.0. Read it, then run it: it stops at the first error.
# It runs nothing but aws, eksctl and kubectl, and writes backups into the current directory.
#
# pod/awscli in namespace default: broken
#   BROKEN at trust-policy: role my-test-role refuses system:serviceaccount:default:my-service-account (it
#   trusts default:my-svc; the service account differs). 2 fixes, no restart. Container awscli asks for
#   arn:aws:iam::123456789012:role/my-test-role (IRSA).
#
# read at: 2026-11-23T03:12:44Z
# by:      arn:aws:iam::123456789012:user/me
# cluster: arn:aws:eks:us-east-1:123456789012:cluster/my-cluster

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

# The accounts and the cluster that were judged, and no others.
expect 'the AWS account' 123456789012 aws sts get-caller-identity --query Account --output text

# ------------------------------------------------------------------------------------------------------------
# 1 of 2: Let system:serviceaccount:default:my-service-account assume role my-test-role
# mends:    trust-subject-mismatch (error): role my-test-role refuses
#           system:serviceaccount:default:my-service-account (it trusts default:my-svc; the service account
#           differs)
# where:    arn:aws:iam::123456789012:role/my-test-role, AssumeRolePolicyDocument,
#           $['Statement'][0]['Condition']['StringEquals']['oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE:sub']
# affects:  the other subjects stay: system:serviceaccount:default:my-svc
# note:     it changes only what this service account needs; whatever else the document says stays as it is
# diff:
#   --- arn:aws:iam::123456789012:role/my-test-role AssumeRolePolicyDocument, read at 2026-11-23T03:12:44Z (laid out for reading)
#   +++ arn:aws:iam::123456789012:role/my-test-role AssumeRolePolicyDocument (laid out for reading)
#   @@ -10,7 +10,10 @@
#          "Condition": {
#            "StringEquals": {
#              "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE:aud": "sts.amazonaws.com",
#   -          "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE:sub": "system:serviceaccount:default:my-svc"
#   +          "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE:sub": [
#   +            "system:serviceaccount:default:my-svc",
#   +            "system:serviceaccount:default:my-service-account"
#   +          ]
#            }
#          }
#        }
# undo:
# aws iam update-assume-role-policy --role-name my-test-role --policy-document file://trust-123456789012-my-test-role-20261123T031244Z.json
step '1 of 2: Let system:serviceaccount:default:my-service-account assume role my-test-role'
if due 'AssumeRolePolicyDocument of arn:aws:iam::123456789012:role/my-test-role' '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE:aud":"sts.amazonaws.com","oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE:sub":"system:serviceaccount:default:my-svc"}}}]}' '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE:aud":"sts.amazonaws.com","oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE:sub":["system:serviceaccount:default:my-svc","system:serviceaccount:default:my-service-account"]}}}]}' aws iam get-role --role-name my-test-role --query Role.AssumeRolePolicyDocument --output json; then
  keep trust-123456789012-my-test-role-20261123T031244Z.json aws iam get-role --role-name my-test-role --query Role.AssumeRolePolicyDocument --output json
  aws iam update-assume-role-policy --role-name my-test-role --policy-document '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE:aud": "sts.amazonaws.com", "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE:sub": ["system:serviceaccount:default:my-svc", "system:serviceaccount:default:my-service-account"]}}}]}'
fi

# ------------------------------------------------------------------------------------------------------------
# 2 of 2: Allow the role exactly what is asked of it
# mends:    action-not-allowed (error): no policy of role arn:aws:iam::123456789012:role/my-test-role allows
#           s3:ListBucket on arn:aws:s3:::my-test-bucket; nearest is statement 0 of
#           arn:aws:iam::123456789012:policy/my-policy: its Resource is arn:aws:s3:::my-test-bucket/*
# where:    arn:aws:iam::123456789012:policy/my-policy, v1, $['Statement'][0]['Resource']
# note:     it adds a policy of its own to role my-test-role and changes no other; every pod that uses the role
#           gets it
# diff:
#   --- /dev/null
#   +++ arn:aws:iam::123456789012:role/my-test-role irsa-doctor-required-actions (laid out for reading)
#   @@ -0,0 +1,12 @@
#   +{
#   +  "Version": "2012-10-17",
#   +  "Statement": [
#   +    {
#   +      "Effect": "Allow",
#   +      "Action": [
#   +        "s3:ListBucket"
#   +      ],
#   +      "Resource": "arn:aws:s3:::my-test-bucket"
#   +    }
#   +  ]
#   +}
# undo:
# aws iam delete-role-policy --role-name my-test-role --policy-name irsa-doctor-required-actions
step '2 of 2: Allow the role exactly what is asked of it'
aws iam put-role-policy --role-name my-test-role --policy-name irsa-doctor-required-actions --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:ListBucket"],"Resource":"arn:aws:s3:::my-test-bucket"}]}'

printf '%s\n' 'done: run irsa-doctor again to see whether all is well'
