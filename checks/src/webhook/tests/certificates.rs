//! Which certificates the API server can trust, and when that matters.

use super::*;
use crate::finding::Compared;

fn other_ca() -> Snapshot {
    bare_with(|webhook| webhook["clientConfig"]["caBundle"] = json!(testing::OTHER_CA))
}

#[test]
fn a_public_name_needs_no_ca_of_its_own() {
    for (url, public) in [
        ("https://webhook.example.com/mutate", true),
        ("https://webhook.example.com:8443", true),
        ("https://127.0.0.1:23443/mutate", false),
        ("https://192.0.2.1/mutate", false),
        ("https://[2001:db8::1]:443/mutate", false),
        ("https://webhook/mutate", false),
        ("https://localhost:8443", false),
        ("https://webhook.kube-system.svc:443/mutate", false),
        ("https://webhook.cluster.local", false),
        ("https://ip-192-0-2-1.ec2.internal", false),
    ] {
        let snapshot = bare_with(|webhook| {
            webhook["name"] = json!("pod-identity-webhook.example.com");
            webhook["clientConfig"] = json!({"url": url});
        });
        assert_eq!(run_on(&snapshot).status(), if public { Status::Pass } else { Status::Fail }, "{url}");
    }
}

#[test]
fn the_certificates_are_named_by_subject_and_serial() {
    let finding = testing::findings(&run_on(&other_ca()))[0].clone();
    let own = "CN=cluster (serial 7a:39:9c:82:e5:06:10:59:99:34:56:e3:43:f9:90:a4:a7:5b:4d:30)";
    assert_eq!(finding.expected, Some(own.into()));
    let Some(Compared::One(other)) = finding.actual else { panic!("{:?}", finding.actual) };
    assert!(other.starts_with("CN=other (serial ") && other.ends_with(')'), "{other}");
}

#[test]
fn what_happened_in_the_same_second_excuses_nothing() {
    let mut as_old_as_its_account = other_ca();
    testing::pod(&mut as_old_as_its_account).metadata.creation_timestamp = Some("2026-11-23T10:00:00Z".to_owned());
    assert_eq!(faults(&run_on(&as_old_as_its_account)), ["webhook-ca-bundle"]);
    let mut beside_another = other_ca();
    let mut pod = testing::pod(&mut testing::healthy()).clone();
    pod.metadata.name = "same".to_owned();
    testing::cluster(&mut beside_another).pods.insert("default/same".to_owned(), Observed::Present(pod));
    assert_eq!(faults(&run_on(&beside_another)), ["webhook-ca-bundle"]);
}

#[test]
fn a_bad_certificate_matters_to_what_would_have_been_injected() {
    let mut snapshot = other_ca();
    testing::annotate(&mut snapshot, crate::evidence::ROLE_ANNOTATION, None);
    assert_eq!(run_on(&snapshot).status(), Status::Pass);
    testing::associate(&mut snapshot, |_| {});
    assert_eq!(faults(&run_on(&snapshot)), ["webhook-ca-bundle"]);
}
