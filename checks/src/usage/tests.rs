use super::{Credentials, lookups, usage};
use crate::diagnose::{self, diagnose};
use crate::evidence::{RoleSource, RoleUnderJudgement};
use crate::identity::Mode;
use crate::policies::Policies;
use crate::report::{EventSummary, LastUsed, TargetReport, Verdict};
use crate::snapshot::{CredentialEvent, EventLog, Gap, GapCause, Observed, Snapshot};
use crate::testing::{ACCOUNT, PROVIDER, ROLE, account, healthy, role, set_trust, trust};
use serde_json::json;

const SUBJECT: &str = "system:serviceaccount:default:my-service-account";
const OTHER_ROLE: &str = "arn:aws:iam::123456789012:role/old-role";

fn event(minute: u32, subject: &str, role: &str, error: Option<&str>) -> CredentialEvent {
    CredentialEvent {
        time: format!("2026-11-23T03:{minute:02}:00Z"),
        id: format!("{minute}-{subject}-{role}"),
        subject: Some(subject.to_owned()),
        role: Some(role.to_owned()),
        provider: Some(PROVIDER.to_owned()),
        error: error.map(str::to_owned),
        message: error.map(|_| "An unknown error occurred".to_owned()),
        ..CredentialEvent::default()
    }
}

fn with_log(snapshot: &mut Snapshot, region: &str, log: Observed<EventLog>) {
    account(snapshot).events.insert(format!("{region}/AssumeRoleWithWebIdentity"), log);
}

fn with_events(events: Vec<CredentialEvent>) -> Snapshot {
    let mut snapshot = healthy();
    let read = events.len() as u64;
    with_log(&mut snapshot, "us-east-1", Observed::Present(EventLog { hours: 24, events, read, ..EventLog::default() }));
    snapshot
}

fn judge(snapshot: &Snapshot) -> TargetReport {
    diagnose(snapshot).targets.remove(0)
}

fn summary(snapshot: &Snapshot) -> EventSummary {
    judge(snapshot).usage.unwrap().events.unwrap()
}

#[test]
fn the_last_use_is_told_and_decides_nothing() {
    let mut snapshot = healthy();
    role(&mut snapshot).last_used = Some("2026-11-20T10:00:00Z".to_owned());
    role(&mut snapshot).last_used_region = Some("eu-west-1".to_owned());
    let report = judge(&snapshot);
    let at = LastUsed::At("2026-11-20T10:00:00Z".to_owned(), Some("eu-west-1".to_owned()));
    assert_eq!(report.usage.unwrap().last_used, at);
    role(&mut snapshot).last_used = None;
    role(&mut snapshot).never_used = true;
    let report = judge(&snapshot);
    assert_eq!((report.usage.unwrap().last_used, report.verdict), (LastUsed::Never, Verdict::Healthy));
    role(&mut snapshot).never_used = false;
    assert_eq!(judge(&snapshot).usage, None, "an older bundle doesn't know");
}

#[test]
fn nobody_asked_is_no_summary() {
    assert!(judge(&healthy()).usage.is_none_or(|usage| usage.events.is_none()));
}

#[test]
fn calls_are_counted_by_who_asked_for_what_and_how_it_ended() {
    let denied = Some("AccessDenied");
    let stranger = "system:serviceaccount:shop:api";
    let summary = summary(&with_events(vec![
        event(9, SUBJECT, ROLE, denied),
        event(8, SUBJECT, ROLE, denied),
        event(7, SUBJECT, ROLE, None),
        event(6, stranger, ROLE, denied),
        event(5, SUBJECT, OTHER_ROLE, None),
        event(4, stranger, OTHER_ROLE, None),
    ]));
    assert_eq!((summary.total, summary.failed), (5, 3), "what is about neither is left out");
    let seen: Vec<_> = summary.by.iter().map(|group| (group.count, group.error.is_some(), group.differs.clone())).collect();
    let expected = [(2, true, vec![]), (1, true, vec!["subject"]), (1, false, vec![]), (1, false, vec!["role"])];
    assert_eq!(seen, expected);
    assert_eq!((summary.by[0].first.as_str(), summary.by[0].last.as_str()), ("2026-11-23T03:08:00Z", "2026-11-23T03:09:00Z"));
    let remarks = summary.remarks.join("\n");
    assert!(remarks.contains("2 of 3 calls by system:serviceaccount:default:my-service-account failed"), "{remarks}");
    assert!(remarks.contains("the last that succeeded was at 2026-11-23T03:07:00Z"), "{remarks}");
    assert!(
        remarks.contains("system:serviceaccount:shop:api, not system:serviceaccount:default:my-service-account"),
        "{remarks}"
    );
    assert!(remarks.contains(&format!("asked for {OTHER_ROLE}, not for {ROLE}")), "{remarks}");
}

#[test]
fn a_service_account_of_the_same_name_in_another_cluster_is_another() {
    let mut elsewhere = event(1, SUBJECT, ROLE, Some("AccessDenied"));
    elsewhere.provider = Some("arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/OTHER".to_owned());
    let summary = summary(&with_events(vec![elsewhere]));
    assert_eq!(summary.by[0].differs, ["provider"]);
    let provider = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/OTHER";
    assert_eq!(summary.remarks, [format!("{SUBJECT} of another cluster ({provider}) asked for {ROLE}")], "it isn't one of ours");
}

#[test]
fn a_session_names_its_role_without_the_path() {
    let with_path = "arn:aws:iam::123456789012:role/team/my-test-role";
    let abroad = "arn:aws:iam::210987654321:role/my-test-role";
    let summary = summary(&with_events(vec![
        event(9, SUBJECT, with_path, None),
        event(8, SUBJECT, OTHER_ROLE, None),
        event(7, SUBJECT, abroad, None),
    ]));
    let differs: Vec<_> = summary.by.iter().map(|group| group.differs.as_slice()).collect();
    assert_eq!(differs, [[].as_slice(), &["role"], &["role"]]);
}

#[test]
fn a_pod_identity_call_is_of_the_cluster_that_it_names() {
    let mut snapshot = healthy();
    let call = |minute, cluster: &str| {
        let provider = Some(cluster.to_owned());
        CredentialEvent { provider, ..event(minute, SUBJECT, ROLE, None) }
    };
    let events = vec![call(2, "my-cluster"), call(1, "other-cluster")];
    let log = Observed::Present(EventLog { hours: 24, events, read: 2, ..EventLog::default() });
    account(&mut snapshot).events.insert("us-east-1/AssumeRoleForPodIdentity".to_owned(), log);
    let role = RoleUnderJudgement { arn: ROLE.to_owned(), source: RoleSource::Association, mode: Mode::PodIdentity };
    let policies = Policies::default();
    let evidence = diagnose::first_evidence(&snapshot, &policies);
    let events = usage(&evidence, &[role], Credentials::Given).unwrap().events.unwrap();
    let differs: Vec<_> = events.by.iter().map(|group| group.differs.as_slice()).collect();
    assert_eq!((differs, events.provider.as_deref()), (vec![[].as_slice(), &["provider"]], Some("my-cluster")));
    assert_eq!(events.remarks, [format!("{SUBJECT} of another cluster (other-cluster) asked for {ROLE}")]);
}

#[test]
fn an_event_that_came_twice_counts_once() {
    let mut snapshot = with_events(vec![event(1, SUBJECT, ROLE, None)]);
    let log = EventLog { hours: 24, events: vec![event(1, SUBJECT, ROLE, None)], read: 1, ..EventLog::default() };
    with_log(&mut snapshot, "eu-west-1", Observed::Present(log));
    let summary = summary(&snapshot);
    assert_eq!((summary.total, summary.regions), (1, vec!["eu-west-1".to_owned(), "us-east-1".to_owned()]));
}

#[test]
fn what_contradicts_the_chain_is_said_and_changes_nothing() {
    let mut broken = with_events(vec![event(9, SUBJECT, ROLE, None), event(8, SUBJECT, ROLE, Some("AccessDenied"))]);
    let mut document = trust();
    let claim = document["Statement"][0]["Condition"]["StringEquals"].as_object_mut().unwrap();
    claim.values_mut().for_each(|value| *value = json!("system:serviceaccount:default:other"));
    set_trust(&mut broken, &document);
    let report = judge(&broken);
    assert_eq!(report.verdict, Verdict::Broken);
    let remarks = report.usage.unwrap().events.unwrap().remarks.join("\n");
    assert!(
        remarks.contains("the chain says that trust-policy refuses it, but the last call, at 2026-11-23T03:09:00Z"),
        "{remarks}"
    );

    let refused = with_events(vec![event(9, SUBJECT, ROLE, Some("AccessDenied"))]);
    let report = judge(&refused);
    assert_eq!(report.verdict, Verdict::Healthy, "the past decides nothing");
    let remarks = report.usage.unwrap().events.unwrap().remarks.join("\n");
    assert!(remarks.contains("nothing that was read refuses it now"), "{remarks}");
    assert!(remarks.contains("none succeeded"), "{remarks}");

    let failed = "2026-11-23T03:09:00Z; none succeeded";
    for error in ["InvalidIdentityToken", "ExpiredTokenException"] {
        let remarks = summary(&with_events(vec![event(9, SUBJECT, ROLE, Some(error))])).remarks;
        assert_eq!(
            remarks,
            [format!("1 of 1 calls by {SUBJECT} failed, the last with {error} at {failed}")],
            "no policy refused it"
        );
    }
}

#[test]
fn of_a_role_without_a_subject_nobody_is_ours() {
    let mut snapshot =
        with_events(vec![event(9, SUBJECT, ROLE, Some("AccessDenied")), event(8, "system:serviceaccount:a:b", ROLE, None)]);
    snapshot.asked.targets = vec![crate::snapshot::Target::new(crate::snapshot::TargetKind::Role, "", ROLE)];
    let summary = summary(&snapshot);
    assert_eq!((summary.total, summary.failed, summary.subject), (2, 1, None));
    assert_eq!(summary.remarks, Vec::<String>::new(), "who should ask isn't known");
}

#[test]
fn no_event_is_said_to_be_no_proof() {
    let nothing = summary(&with_events(vec![]));
    assert!(nothing.remarks[0].starts_with("no event is no proof"));
    assert_eq!(nothing.gaps, Vec::<String>::new(), "all was read");
}

#[test]
fn what_was_not_read_is_a_gap_that_decides_nothing() {
    let gap = Gap::new("cloudtrail:LookupEvents", GapCause::Denied);
    let mut snapshot = healthy();
    with_log(&mut snapshot, "us-east-1", Observed::Unavailable(gap));
    let cut = EventLog {
        cut_short: Some("40 pages were read".to_owned()),
        back_to: Some("2026-11-23T01:00:00Z".to_owned()),
        not_understood: 2,
        ..EventLog::default()
    };
    with_log(&mut snapshot, "eu-west-1", Observed::Present(cut));
    let report = judge(&snapshot);
    assert_eq!(report.verdict, Verdict::Healthy);
    assert!(report.gaps.iter().any(|gap| gap.found.gap.operation == "cloudtrail:LookupEvents" && !gap.found.decisive));
    let gaps = report.usage.unwrap().events.unwrap().gaps;
    assert_eq!(
        gaps,
        [
            "AssumeRoleWithWebIdentity in eu-west-1: older events were not read: 40 pages were read; read back to 2026-11-23T01:00:00Z",
            "AssumeRoleWithWebIdentity in eu-west-1: 2 events could not be understood",
            "AssumeRoleWithWebIdentity in us-east-1: cloudtrail:LookupEvents denied",
        ]
    );
}

#[test]
fn where_to_look_follows_from_the_pod_the_cluster_and_the_role() {
    let mut snapshot = healthy();
    crate::testing::cluster(&mut snapshot).region = Some("eu-west-1".to_owned());
    let wanted = diagnose::lookups(&snapshot);
    let places: Vec<_> = wanted.iter().map(|lookup| (lookup.account.as_str(), lookup.region.as_deref(), lookup.event)).collect();
    assert!(places.contains(&(ACCOUNT, Some("us-east-1"), "AssumeRoleWithWebIdentity")), "the global endpoint: {places:?}");
    assert!(places.contains(&(ACCOUNT, Some("eu-west-1"), "AssumeRoleWithWebIdentity")), "{places:?}");
    assert!(wanted.iter().all(|lookup| lookup.roles.contains(ROLE) && lookup.subjects.contains(SUBJECT)), "{wanted:?}");

    crate::testing::cluster(&mut snapshot).region = Some("eu-west-1.evil.example".to_owned());
    assert!(!format!("{:?}", diagnose::lookups(&snapshot)).contains("evil"), "a region becomes a host's name");
}

#[test]
fn a_partition_without_a_global_endpoint_and_pod_identity() {
    let mut snapshot = healthy();
    crate::testing::cluster(&mut snapshot).region = Some("eu-west-1".to_owned());
    let policies = Policies::default();
    let evidence = diagnose::first_evidence(&snapshot, &policies);
    let role = |arn: &str, mode| RoleUnderJudgement { arn: arn.to_owned(), source: RoleSource::Given, mode };
    let china = lookups(&evidence, &[role("arn:aws-cn:iam::123456789012:role/r", Mode::Irsa)]);
    assert_eq!(china.iter().map(|lookup| lookup.region.clone()).collect::<Vec<_>>(), [None], "no region of ours is in China");
    let mut nowhere = healthy();
    crate::testing::cluster(&mut nowhere).region = None;
    crate::testing::pod(&mut nowhere).spec.containers.iter_mut().for_each(|container| container.env.clear());
    let guessed = lookups(&diagnose::first_evidence(&nowhere, &Policies::default()), &[role(ROLE, Mode::Irsa)]);
    let regions: Vec<_> = guessed.iter().map(|lookup| lookup.region.as_deref()).collect();
    assert_eq!(regions, [Some("us-east-1"), None], "the global endpoint's, and the profile's own");
    let pod_identity = lookups(&evidence, &[role("arn:aws:iam::210987654321:role/r", Mode::PodIdentity)]);
    let [only] = pod_identity.as_slice() else { panic!("{pod_identity:?}") };
    assert_eq!((only.account.as_str(), only.event), (ACCOUNT, "AssumeRoleForPodIdentity"), "in the cluster's account");
    assert_eq!(only.region.as_deref(), Some("eu-west-1"));
    assert_eq!(usage(&evidence, &[], Credentials::Unknown), None);
}

#[test]
fn each_history_is_looked_into_once_for_all_roles() {
    let role = |arn: &str, mode| RoleUnderJudgement { arn: arn.to_owned(), source: RoleSource::Given, mode };
    let abroad = "arn:aws:iam::210987654321:role/r";
    let roles = [
        role(ROLE, Mode::Irsa),
        role(abroad, Mode::Irsa),
        role(OTHER_ROLE, Mode::Irsa),
        role(OTHER_ROLE, Mode::PodIdentity),
        role(ROLE, Mode::PodIdentity),
    ];
    let snapshot = healthy();
    let found = lookups(&diagnose::first_evidence(&snapshot, &Policies::default()), &roles);
    let found: Vec<_> = found
        .iter()
        .map(|lookup| (lookup.account.as_str(), lookup.event, lookup.roles.iter().map(String::as_str).collect::<Vec<_>>()))
        .collect();
    assert_eq!(
        found,
        [
            (ACCOUNT, "AssumeRoleWithWebIdentity", vec![ROLE, OTHER_ROLE]),
            ("210987654321", "AssumeRoleWithWebIdentity", vec![abroad]),
            (ACCOUNT, "AssumeRoleForPodIdentity", vec![ROLE, OTHER_ROLE]),
        ]
    );
}
