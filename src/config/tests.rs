use super::{ConfigError, Loaded, find, load};
use irsa_doctor_checks::fault::Severity;
use irsa_doctor_test_support::TempDir;
use jiff::civil::{Date, date};
use std::collections::BTreeSet;

const TODAY: Date = date(2026, 11, 26);

fn read(text: &str) -> Result<Loaded, ConfigError> {
    let folder = TempDir::new();
    load(&folder.write(".irsa-doctor.toml", text), TODAY)
}

#[test]
fn everything_that_can_be_said_is_followed() {
    let loaded = read(
        r#"
        ignore-annotations = false
        [severity]
        trust-no-audience = "error"
        [[ignore]]
        fault = ["trust-wide-subject", "trust-no-audience"]
        namespace = "legacy-*"
        service-account = "web"
        account = "123456789012"
        role = "legacy-*"
        reason = " moved in spring (OPS-7) "
        expires = 2026-11-26
        [[ignore]]
        fault = "region-missing"
        reason = "set in the image"
        expires = "2027-01-01"
        "#,
    )
    .unwrap();
    assert_eq!(loaded.notes, [""; 0]);
    let rules = loaded.rules;
    assert_eq!(rules.severities["trust-no-audience"], Severity::Error);
    assert!(!rules.heeds_annotations && rules.ignores.len() == 2);
    let first = &rules.ignores[0];
    assert_eq!(first.faults, BTreeSet::from(["trust-no-audience".to_owned(), "trust-wide-subject".to_owned()]));
    assert_eq!((first.reason.as_str(), first.account.as_deref()), ("moved in spring (OPS-7)", Some("123456789012")));
    assert_eq!((first.namespace.as_deref(), first.service_account.as_deref()), (Some("legacy-*"), Some("web")));
}

#[test]
fn an_empty_file_says_nothing_and_annotations_are_heeded() {
    let rules = read("").unwrap().rules;
    assert!(rules.heeds_annotations && rules.ignores.is_empty() && rules.severities.is_empty());
}

#[test]
fn what_has_expired_hides_nothing_and_is_said() {
    let text = "[[ignore]]\nfault = 'region-missing'\nreason = 'for now'\nexpires = 2026-11-25\n";
    let loaded = read(text).unwrap();
    assert!(loaded.rules.ignores.is_empty());
    assert_eq!(loaded.notes, ["the ignore of region-missing (for now) expired on 2026-11-25: it hides nothing any more"]);
}

#[test]
fn a_typo_is_an_error_that_says_where() {
    let ignore = |more: &str| format!("[[ignore]]\nfault = \"region-missing\"\nreason = \"x\"\n{more}\n");
    for (text, wanted) in [
        ("[severity]\nregion-mising = \"error\"\n".to_owned(), "`region-mising` is no fault; did you mean `region-missing`?"),
        ("[severity]\nregion-missing = \"fatal\"\n".to_owned(), "line 2, column 18"),
        ("[ignores]\n".to_owned(), "unknown field `ignores`"),
        ("ignore = 1\n".to_owned(), "line 1, column 10"),
        ("[[ignore]]\nfault = \"region-missing\"\n".to_owned(), "missing field `reason`"),
        ("[[ignore]]\nreason = \"x\"\n".to_owned(), "missing field `fault`"),
        ("[[ignore]]\nfault = []\nreason = \"x\"\n".to_owned(), "`fault` names none"),
        ("[[ignore]]\nfault = 7\nreason = \"x\"\n".to_owned(), "the id of a fault, or a list of them"),
        ("[[ignore]]\nfault = \"region-missing\"\nreason = \"  \"\n".to_owned(), "number 1: `reason` is empty"),
        (ignore("namepsace = \"x\""), "unknown field `namepsace`"),
        (ignore("account = \"web\""), "twelve digits, and not `web`; a Kubernetes one is `service-account`"),
        (ignore("namespace = \"\""), "`namespace` is empty"),
        (ignore("expires = \"tomorrow\""), "write it as 2027-03-31, not `tomorrow`"),
        (ignore("expires = 2026-02-30"), "line 4"),
        ("fault = = 1".to_owned(), "line 1, column"),
        ("\u{0}".to_owned(), "line 1"),
    ] {
        let error = read(&text).unwrap_err();
        let message = error.to_string();
        assert!(message.contains(wanted) && !message.contains('\n'), "{text}: {message}");
        assert!(!error.help().is_empty());
    }
}

#[test]
fn the_nearest_file_upwards_is_found() {
    let folder = TempDir::new();
    let deep = folder.path().join("a/b/c");
    std::fs::create_dir_all(&deep).unwrap();
    let outer = folder.write(".irsa-doctor.toml", "");
    assert_eq!(find(&deep), Some(outer));
    let inner = deep.parent().unwrap().join(".irsa-doctor.toml");
    std::fs::write(&inner, "").unwrap();
    assert_eq!(find(&deep), Some(inner));
}

#[test]
fn what_is_no_file_or_too_large_is_an_error() {
    let folder = TempDir::new();
    assert!(matches!(load(&folder.path().join("none"), TODAY), Err(ConfigError::Unreadable { .. })));
    assert!(matches!(load(folder.path(), TODAY), Err(ConfigError::Unreadable { .. })));
    assert!(matches!(read(&"#".repeat(2 << 20)), Err(ConfigError::Wrong { .. })));
}
