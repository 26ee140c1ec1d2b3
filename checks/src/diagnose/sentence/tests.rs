//! The first line of a report, for each way in which a target may come out.

use super::*;
use crate::check::FoundGap;
use crate::finding::Finding;
use crate::fix::{Effect, Fix};
use crate::locus::Locus;
use crate::registry;
use crate::snapshot::Gap;
use crate::testing::ROLE;

fn found(check: &'static str, severity: Severity, detail: &str, fix: Option<Fix>) -> FoundFinding {
    let fault = registry::ALL.iter().flat_map(|check| check.faults).next().unwrap();
    let mut finding = Finding::new(fault, Locus::new("x"), detail).severity(severity);
    finding.fix = fix;
    FoundFinding { check, finding, fingerprint: String::new(), suppressed: None, counts_as: None }
}

fn error(check: &'static str, detail: &str, fix: Fix) -> FoundFinding {
    found(check, Severity::Error, detail, Some(fix))
}

fn warning(check: &'static str) -> FoundFinding {
    let fix = fix("warning").restart(Restart::Required);
    found(check, Severity::Warning, "it looks odd", Some(fix))
}

fn fix(id: &str) -> Fix {
    Fix::new(id, "").command(Effect::WritesIam, ["aws"])
}

fn gap(operation: &str, cause: GapCause, decisive: bool) -> ReportedGap {
    let gap = Gap::new(operation, cause).detail(format!("{operation} it was"));
    ReportedGap { check: "role", found: FoundGap { gap, decisive } }
}

fn identity(mode: Mode, role_arn: Option<&str>) -> Identity {
    let role_arn = role_arn.map(str::to_owned);
    Identity { container: "app".to_owned(), pod: None, mode, role_arn, reason: String::new() }
}

/// A target that came out so, and nothing else known of it.
fn told(target: &Target, verdict: Verdict) -> Told<'_> {
    let (broken, unknown) = (None, None);
    Told { target, verdict, broken, unknown, findings: &[], gaps: &[], identities: &[], from_files: false }
}

fn target(kind: TargetKind) -> Target {
    Target::new(kind, "default", "api")
}

#[test]
fn what_is_broken_is_the_error_of_that_link_and_what_mends_it() {
    let pod = target(TargetKind::Pod);
    let broken = |from_files: bool, errors: &[FoundFinding]| {
        let findings: Vec<_> = std::iter::once(warning("trust-policy")).chain(errors.iter().cloned()).collect();
        let told = Told { broken: Some("trust-policy"), findings: &findings, from_files, ..told(&pod, Verdict::Broken) };
        sentence(&told)
    };
    let start = "BROKEN at trust-policy: it names another account.";
    let elsewhere = || error("role", "another thing", fix("role"));
    let here = |fix: Fix| error("trust-policy", "it names another account.", fix);
    assert_eq!(broken(false, &[elsewhere(), here(fix("trust"))]), format!("{start} 2 fixes, no restart."));
    assert_eq!(broken(false, &[here(fix("trust")), here(fix("trust"))]), format!("{start} 1 fix, no restart."));
    let restart = fix("trust").restart(Restart::Required);
    assert_eq!(broken(false, &[here(restart)]), format!("{start} 1 fix, then a restart."));
    assert_eq!(broken(false, &[here(Fix::new("trust", "Decide"))]), format!("{start} No command mends it."));
    assert_eq!(broken(true, &[here(fix("trust"))]), start, "what is wrong in a file is mended there");
}

#[test]
fn it_is_said_whom_the_first_container_is_to_aws() {
    let pod = target(TargetKind::Pod);
    let whom = |mode, role| {
        let identities = [identity(mode, role), identity(Mode::Static, None)];
        let healthy = sentence(&Told { identities: &identities, ..told(&pod, Verdict::Healthy) });
        healthy.strip_prefix("HEALTHY: every link from pod/api to its role holds.").map(str::to_owned)
    };
    let irsa = format!(" Container app asks for {ROLE} (IRSA).");
    assert_eq!(whom(Mode::Irsa, Some(ROLE)), Some(irsa));
    let unknown = " Container app asks for a role that is not known (EKS Pod Identity).";
    assert_eq!(whom(Mode::PodIdentity, None).as_deref(), Some(unknown));
    assert_eq!(whom(Mode::Static, None).as_deref(), Some(" Container app uses static keys."));
    let none = " Container app has no AWS identity but the node's, if it can reach that.";
    assert_eq!(whom(Mode::None, None).as_deref(), Some(none));
}

#[test]
fn warnings_are_counted_and_nothing_else_is() {
    let pod = target(TargetKind::Pod);
    let degraded =
        |from_files, findings: &[FoundFinding]| sentence(&Told { findings, from_files, ..told(&pod, Verdict::Degraded) });
    let note = || found("role", Severity::Info, "by the way", None);
    assert_eq!(degraded(false, &[note(), warning("role"), note()]), "pod/api works; 1 warning.");
    assert_eq!(degraded(true, &[warning("role"), warning("role")]), "pod/api is right in the files; 2 warnings.");
}

#[test]
fn what_is_healthy_says_how_far_was_looked() {
    let healthy = |target: &Target, from_files| sentence(&Told { from_files, ..told(target, Verdict::Healthy) });
    let pod = target(TargetKind::Pod);
    assert_eq!(healthy(&pod, false), "HEALTHY: every link from pod/api to its role holds.");
    assert_eq!(healthy(&pod, true), "HEALTHY: every link of pod/api that files can have holds.");
    let mut role = Target::new(TargetKind::Role, "", ROLE);
    assert_eq!(healthy(&role, false), format!("HEALTHY: every link of role/{ROLE} holds; no pod was looked at."));
    role.subject = Some("shop/api".to_owned());
    let let_in = format!("HEALTHY: every link from service account shop/api to role/{ROLE} holds; no pod was looked at.");
    assert_eq!(healthy(&role, false), let_in);
    assert_eq!(sentence(&told(&pod, Verdict::NotApplicable)), "pod/api asks nothing of AWS.");
}

#[test]
fn what_is_unknown_says_what_could_not_be_looked_at() {
    let pod = target(TargetKind::Pod);
    let inconclusive = |from_files, findings: &[FoundFinding], gaps: &[ReportedGap]| {
        let unknown = Some("role");
        sentence(&Told { unknown, findings, gaps, from_files, ..told(&pod, Verdict::Inconclusive) })
    };
    let start = "INCONCLUSIVE at role: nothing wrong was found, but not all could be looked at";
    let denied = |operation| gap(operation, GapCause::Denied, true);
    let gaps = [denied("iam:GetRole"), denied("iam:GetPolicy"), gap("list pods", GapCause::Throttled, false)];
    assert_eq!(inconclusive(false, &[], &gaps), format!("{start} (iam:GetPolicy, iam:GetRole denied)."));
    // Of files, that something isn't in them is no news; that something else is in the way is.
    let not_in_files = gap("iam:GetRole", GapCause::NotInFiles, true);
    let beyond = [not_in_files, gap("list pods", GapCause::Denied, false)];
    let left = "not all that decides is in them (iam:GetRole not in the files).";
    assert_eq!(inconclusive(true, &[], &beyond), format!("pod/api: nothing wrong in the files; {left}"));
    assert_eq!(inconclusive(true, &[warning("role")], &beyond), format!("pod/api: 1 warning; {left}"));
    assert!(inconclusive(false, &[], &beyond).starts_with(start));
    assert_eq!(inconclusive(true, &[], &[denied("iam:GetRole")]), format!("{start} (iam:GetRole denied)."));
}

#[test]
fn of_a_pasted_error_alone_it_is_said_what_it_shows() {
    let alone = target(TargetKind::Error);
    for verdict in [Verdict::Healthy, Verdict::Degraded] {
        let no_fault = "NO FAULT OF IRSA: AWS knew the caller and let the call in; it failed for another reason.";
        assert_eq!(sentence(&told(&alone, verdict)), no_fault);
    }
    let gaps = [gap("list pods", GapCause::Denied, false), gap("iam:GetRole", GapCause::NotCollected, true)];
    let inconclusive = |gaps: &[ReportedGap]| sentence(&Told { gaps, ..told(&alone, Verdict::Inconclusive) });
    assert_eq!(inconclusive(&gaps), "INCONCLUSIVE: iam:GetRole it was.");
    assert_eq!(inconclusive(&[]), "INCONCLUSIVE: the text says nothing that can be explained.");
}
