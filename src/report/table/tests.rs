//! What the table looks like, held against files.

use super::super::fixture::{assert_snapshot, broken, healthy, two};
use super::*;

fn table(report: &Report, look: Look) -> String {
    let mut out = Vec::new();
    write(report, &look, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

const WIDE: Look = Look { width: 100, color: false, unicode: true };

#[test]
fn looks_as_it_did() {
    assert_snapshot("table-broken.txt", &table(&broken(), WIDE));
    assert_snapshot("table-healthy.txt", &table(&healthy(), WIDE));
    assert_snapshot("table-two.txt", &table(&two(), WIDE));
    assert_snapshot("table-40-columns-ascii.txt", &table(&broken(), Look { width: 40, unicode: false, ..WIDE }));
    assert_snapshot("table-color.txt", &table(&broken(), Look { color: true, ..WIDE }).replace('\u{1b}', "␛"));
}

#[test]
fn the_wide_one_has_all_that_the_other_has() {
    let wide = |report: &Report| {
        let mut out = Vec::new();
        write_wide(report, &WIDE, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert_snapshot("wide-broken.txt", &wide(&broken()));
    assert!(wide(&broken()).contains("error trust-subject-mismatch, certain: "));
    let missing = |line: &&str| !line.contains("mismatch: ") && !line.contains("misused: ") && !line.contains("it trusts my-svc");
    let full = Report { shows_suppressed: true, ..two() };
    let (text, all) = (table(&full, WIDE), wide(&two()));
    for line in text.lines().filter(missing) {
        assert!(all.contains(line), "{line}");
    }
    let bad = all.chars().find(|&c| c != '\n' && irsa_doctor_checks::fix::acts_on_terminal(c));
    assert_eq!(bad, None, "{all}");
}

#[test]
fn begins_and_ends_with_the_verdict() {
    let text = table(&broken(), WIDE);
    assert!(text.starts_with("BROKEN at trust-policy: "), "{text}");
    assert_eq!(text.lines().last(), Some("verdict: broken at trust-policy (1 error, 1 warning, 1 unknown link, 1 suppressed)"));
}

#[test]
fn lets_no_hostile_text_through() {
    for width in [1, 40, 200] {
        let text = table(&two(), Look { width, ..WIDE });
        let bad = text.chars().find(|&c| c != '\n' && irsa_doctor_checks::fix::acts_on_terminal(c));
        assert_eq!(bad, None, "{text}");
    }
    assert!(table(&broken(), WIDE).contains("side\\x1b[2Jcar"));
}

#[test]
fn keeps_prose_to_the_width() {
    let text = table(&broken(), Look { width: 40, ..WIDE });
    for line in text.lines().filter(|line| line.chars().count() > 40) {
        let longest_word = line.split(' ').map(str::len).max().unwrap_or_default();
        assert!(longest_word > 20 || line.contains("aws iam") || line.contains("kubectl"), "too long: {line}");
    }
}

#[test]
fn a_command_stands_on_its_own_line_and_once() {
    let text = table(&broken(), Look { width: 40, ..WIDE });
    assert_eq!(text.lines().filter(|line| line.trim() == "aws iam get-role --role-name my-test-role").count(), 1);
    assert!(table(&broken(), WIDE).contains("the one above mends this too"), "{text}");
}

#[test]
fn colour_changes_nothing_but_colour() {
    let colored = table(&two(), Look { color: true, ..WIDE });
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), table(&two(), WIDE));
}
