//! The sentence of a refusal: whom, what, on what and why, and its encoded form.

use super::*;

#[test]
fn a_sentence_that_stands_alone_is_the_message() {
    let access = "User: arn:aws:sts::123456789012:assumed-role/r/s is not authorized to access this resource";
    for text in [USER, access] {
        assert_eq!(aws(text).message.as_deref(), Some(text));
        assert_eq!(aws(&format!("error: {text}")).message.as_deref(), Some(text));
    }
}
