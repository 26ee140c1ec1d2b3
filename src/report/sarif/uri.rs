//! A relative reference to a file, or for what is none: `kubernetes/Pod/default/awscli`, `aws/arn%3Aaws%3Aiam%3A%3A...`.

use irsa_doctor_checks::locus::Locus;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but what RFC 3986, section 2.3, calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The reference of a resource and its document.
pub(super) fn of(locus: &Locus) -> String {
    let (root, parts): (&str, Vec<&str>) = match locus.resource.split_once(' ') {
        _ if locus.resource.starts_with("arn:") => ("aws", locus.resource.split('/').collect()),
        Some((kind, name)) => ("kubernetes", std::iter::once(kind).chain(name.split('/')).collect()),
        None => ("other", locus.resource.split('/').collect()),
    };
    let all = std::iter::once(root).chain(parts).chain(locus.document.as_deref());
    all.map(segment).collect::<Vec<_>>().join("/")
}

/// The reference of a file, as it was named: relative to where the tool ran, as code scanning wants it.
pub(super) fn of_file(path: &str) -> String {
    if path == "-" {
        return "stdin".to_owned();
    }
    let slashes = path.replace('\\', "/");
    let plain = slashes.strip_prefix("./").unwrap_or(&slashes);
    let absolute = if plain.starts_with('/') { "file:///" } else { "" };
    // What leads upwards has to stay what it is.
    let segments = plain.trim_start_matches('/').split('/').map(|part| match part {
        ".." => part.to_owned(),
        part => utf8_percent_encode(part, RESERVED).to_string(),
    });
    format!("{absolute}{}", segments.collect::<Vec<_>>().join("/"))
}

/// One segment; one that would be left out, or lead elsewhere, is made another.
fn segment(text: &str) -> String {
    if text.chars().all(|c| c == '.') { format!("_{text}") } else { utf8_percent_encode(text, RESERVED).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_as_it_was() {
        assert_eq!(of_file("./deploy/a b.yaml"), "deploy/a%20b.yaml");
        assert_eq!(of_file("../x/y.yaml"), "../x/y.yaml");
        assert_eq!(of_file("/tmp/y.yaml"), "file:///tmp/y.yaml");
        assert_eq!(of_file("javascript:alert(1)"), "javascript%3Aalert%281%29");
        assert_eq!(of_file("-"), "stdin");
    }

    #[test]
    fn stays_where_it_belongs() {
        let uri = |resource: &str| of(&Locus::new(resource));
        assert_eq!(uri("Pod default/awscli"), "kubernetes/Pod/default/awscli");
        let role = Locus::new("arn:aws:iam::123456789012:role/a/b").document("x/../y");
        assert_eq!(of(&role), "aws/arn%3Aaws%3Aiam%3A%3A123456789012%3Arole/a/b/x%2F..%2Fy");
        assert_eq!(uri("Pod ../..//etc"), "kubernetes/Pod/_../_../_/etc");
        assert_eq!(uri("javascript:alert(1)"), "other/javascript%3Aalert%281%29");
        assert_eq!(uri("//evil.example/a?b#c"), "other/_/_/evil.example/a%3Fb%23c");
        assert_eq!(uri("a\u{1b}\u{202e}%2e"), "other/a%1B%E2%80%AE%252e");
    }
}
