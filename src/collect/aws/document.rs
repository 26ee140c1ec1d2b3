//! Policy documents, which IAM sends percent-encoded.

use percent_encoding::percent_decode_str;

/// A policy document's text.
///
/// IAM encodes it by RFC 3986, where `+` is itself and not a blank; an emulator may leave it plain. A document is a JSON
/// object, so a plain one holds a `{`, and an encoded one none. What decodes to no UTF-8 stays as it is.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html>
pub(crate) fn decoded(document: &str) -> String {
    let encoded = !document.contains('{') && document.contains('%');
    if !encoded {
        return document.to_owned();
    }
    percent_decode_str(document).decode_utf8().map_or_else(|_| document.to_owned(), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn decodes_what_is_encoded_and_nothing_else() {
        assert_eq!(decoded("%7B%22a%22%3A%20%22x%2By%22%7D"), r#"{"a": "x+y"}"#);
        assert_eq!(decoded("%0A%7b%22a%22%3A%22x+y%22%7d"), "\n{\"a\":\"x+y\"}", "a plus is no blank");
        assert_eq!(decoded(r#"{"a":"100%25"}"#), r#"{"a":"100%25"}"#, "a plain document may hold a percent sign");
        assert_eq!(decoded("not a document"), "not a document");
        assert_eq!(decoded("%7B%FF"), "%7B%FF");
        assert_eq!(decoded(""), "");
    }
}
