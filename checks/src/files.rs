//! Files that are yet to be deployed: what they can't say, and what is to be said otherwise of them.
//!
//! A manifest, a plan or a template is the whole truth of what it defines and says nothing of the rest. What it doesn't
//! say is unknown, and no fault of the file: a gate that asks "may this go out?" doesn't hang on it. What a plan says
//! will be known later is unknown, too, and the gate does hang on that.

use crate::check::{Outcome, Status};
use crate::finding::Finding;
use crate::fix::Restart;
use crate::snapshot::{Gap, GapCause};

/// The outcome of a check on files: what nobody asked for isn't in them.
pub(crate) fn outcome(outcome: Outcome) -> Outcome {
    let Outcome::Judged { findings, mut gaps } = outcome else { return outcome };
    for found in &mut gaps {
        if found.gap.cause == GapCause::NotCollected {
            found.gap = not_in_files(std::mem::replace(&mut found.gap, Gap::not_collected("")));
        }
    }
    gaps.dedup();
    Outcome::Judged { findings, gaps }
}

/// Whether a link is unknown only because the files don't say.
pub(crate) fn is_beyond(outcome: &Outcome) -> bool {
    let Outcome::Judged { gaps, .. } = outcome else { return false };
    let mut decisive = gaps.iter().filter(|found| found.decisive);
    outcome.status() == Status::Unknown && decisive.all(|found| found.gap.cause == GapCause::NotInFiles)
}

/// What was asked for, in words that fit a file, and what would help.
fn not_in_files(gap: Gap) -> Gap {
    const WITH_AWS: &str = "lint the plan or the template that defines it along with this, or give it as a file";
    let (what, remedy) = match gap.operation.as_str() {
        "iam:GetRole" => {
            ("the role", "lint the plan or the template that defines it, or give its trust policy with --trust-policy")
        }
        "iam:GetOpenIDConnectProvider" => ("the OIDC provider", WITH_AWS),
        "iam:ListAttachedRolePolicies" | "iam:ListRolePolicies" | "iam:GetRolePolicy" => {
            ("the role's policies", "lint the plan or the template that defines them, or give them with --permission-policy")
        }
        "iam:GetPolicy" | "iam:GetPolicyVersion" => ("the policy", WITH_AWS),
        "get serviceaccounts" => ("the service account", "lint its manifest along with this"),
        operation if operation.contains("openid-configuration") || operation == "eks:DescribeCluster" => {
            ("the cluster's issuer", "give it with --issuer URL")
        }
        "" | "get pods" => ("what decides", ""),
        other => (other, ""),
    };
    let remedy = if remedy.is_empty() { gap.remedy } else { remedy.to_owned() };
    Gap { operation: what.to_owned(), resource: gap.resource, cause: GapCause::NotInFiles, detail: gap.detail, remedy }
}

/// A finding in a file is mended in the file: no command of a cluster or an account does it, and nothing runs that could
/// be restarted.
pub(crate) fn finish(finding: &mut Finding) {
    let Some(fix) = &mut finding.fix else { return };
    fix.commands.clear();
    fix.undo.clear();
    fix.affects.clear();
    fix.notes.clear();
    fix.managed_by = None;
    fix.durable = None;
    fix.restart = Restart::Moot;
    if let Some(document) = &mut fix.document {
        document.backup = None;
        document.read_at = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::FoundGap;
    use crate::fix::{Effect, Fix};
    use crate::locus::Locus;

    fn judged(causes: &[(GapCause, bool)]) -> Outcome {
        let gap = |&(cause, decisive): &(GapCause, bool)| FoundGap { gap: Gap::new("iam:GetRole", cause), decisive };
        Outcome::Judged { findings: Vec::new(), gaps: causes.iter().map(gap).collect() }
    }

    #[test]
    fn what_nobody_asked_for_is_not_in_the_files() {
        let Outcome::Judged { gaps, .. } = outcome(judged(&[(GapCause::NotCollected, true), (GapCause::KnownLater, true)]))
        else {
            panic!("judged")
        };
        let causes: Vec<_> = gaps.iter().map(|found| found.gap.cause).collect();
        assert_eq!(causes, [GapCause::NotInFiles, GapCause::KnownLater]);
        assert_eq!(gaps[0].gap.operation, "the role");
        assert!(gaps[0].gap.remedy.contains("--trust-policy"));
    }

    #[test]
    fn what_a_file_leaves_out_has_a_name_and_a_remedy() {
        for (operation, what, remedy) in [
            ("iam:GetOpenIDConnectProvider", "the OIDC provider", "lint the plan"),
            ("iam:GetRolePolicy", "the role's policies", "--permission-policy"),
            ("iam:GetPolicyVersion", "the policy", "lint the plan"),
            ("get serviceaccounts", "the service account", "lint its manifest"),
            ("get /.well-known/openid-configuration", "the cluster's issuer", "--issuer URL"),
            ("eks:DescribeCluster", "the cluster's issuer", "--issuer URL"),
            ("get pods", "what decides", "as it was"),
            ("eks:DescribeAddon", "eks:DescribeAddon", "as it was"),
        ] {
            let gap = not_in_files(Gap::not_collected(operation).remedy("as it was"));
            assert_eq!((gap.operation.as_str(), gap.cause), (what, GapCause::NotInFiles), "{operation}");
            assert!(gap.remedy.contains(remedy), "{operation}: {}", gap.remedy);
        }
    }

    #[test]
    fn a_fix_in_a_file_is_no_command_and_restarts_nothing() {
        let fix = Fix::new("id", "Mend it")
            .command(Effect::WritesIam, ["aws", "iam", "x"])
            .undo(Effect::WritesIam, ["aws", "iam", "y"])
            .affects("another pod")
            .note("it is slow")
            .decision("whoever owns the role")
            .restart(Restart::Required);
        let fix = Fix { managed_by: Some("Helm".to_owned()), durable: Some("helm upgrade".to_owned()), ..fix };
        let fault = crate::registry::fault("trust-subject-mismatch").unwrap().1;
        let mut finding = Finding::new(fault, Locus::new("r"), "d").fix(fix);
        finish(&mut finding);
        let left = Fix::new("id", "Mend it").decision("whoever owns the role").restart(Restart::Moot);
        assert_eq!(finding.fix, Some(left));
    }

    #[test]
    fn a_gate_hangs_on_what_will_be_known_later() {
        assert!(is_beyond(&judged(&[(GapCause::NotInFiles, true)])));
        assert!(is_beyond(&judged(&[(GapCause::NotInFiles, true), (GapCause::KnownLater, false)])));
        assert!(!is_beyond(&judged(&[(GapCause::NotInFiles, true), (GapCause::KnownLater, true)])));
        assert!(!is_beyond(&judged(&[(GapCause::NotInFiles, false)])), "it isn't unknown");
        assert!(!is_beyond(&Outcome::not_applicable("x")));
    }
}
