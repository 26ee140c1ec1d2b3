//! Percent-encoding as IAM does it, form bodies, and XML text.

use std::fmt::Write as _;

/// Encodes as RFC 3986 does: everything but the unreserved characters, a space as `%20`.
///
/// IAM returns policy documents so: "Policies returned by this operation are URL-encoded compliant with RFC 3986"
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html>).
pub fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Decodes `%XX`; anything else, `+` and a lone `%` too, stays as it is. Bytes that are no UTF-8 are replaced.
pub fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes.get(at + 1..at + 3).and_then(hex_byte);
        if let (b'%', Some(byte)) = (bytes[at], byte) {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u8::from_str_radix(digits, 16).ok())?
}

/// A query or an `application/x-www-form-urlencoded` body, where `+` is a space.
pub(crate) fn parse_form(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(&key.replace('+', " ")), percent_decode(&value.replace('+', " ")))
        })
        .collect()
}

/// Text for an XML element.
pub(crate) fn xml_escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            other => out.push(other),
        }
    }
    out
}

/// A 64-bit FNV-1a hash: ids that look random and are the same in each run.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// `length` characters of A-Z and 2-7 derived from `text`, as in IAM's unique ids.
pub(crate) fn unique_id(prefix: &str, text: &str, length: usize) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut id = prefix.to_owned();
    let mut round = 0;
    while id.len() < prefix.len() + length {
        let mut bits = hash(&format!("{round}/{text}"));
        for _ in 0..12 {
            id.push(char::from(ALPHABET[usize::try_from(bits & 31).unwrap_or(0)]));
            bits >>= 5;
        }
        round += 1;
    }
    id.truncate(prefix.len() + length);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_as_iam_does() {
        assert_eq!(percent_encode("{\"a b\": [\"ü/*\"]}\n"), "%7B%22a%20b%22%3A%20%5B%22%C3%BC%2F%2A%22%5D%7D%0A");
        assert_eq!(percent_encode("A-z0_9.~"), "A-z0_9.~");
    }

    #[test]
    fn decoding_undoes_encoding_and_leaves_the_rest() {
        let text = "100% of {\"x\": \"a+b\"}\u{7}ü";
        assert_eq!(percent_decode(&percent_encode(text)), text);
        assert_eq!(percent_decode("100% a+b %zz %+1 %4"), "100% a+b %zz %+1 %4");
    }

    #[test]
    fn forms_use_plus_for_a_space() {
        let want = [("Action".to_owned(), "Get Role".to_owned()), ("X".to_owned(), "a=b".to_owned())];
        assert_eq!(parse_form("Action=Get+Role&X=a%3Db&"), want);
    }

    #[test]
    fn ids_have_the_wanted_length_and_stay() {
        let id = unique_id("AROA", "role", 17);
        assert_eq!(id.len(), 21);
        assert_eq!(id, unique_id("AROA", "role", 17));
        assert_ne!(id, unique_id("AROA", "other", 17));
    }
}
