use super::*;

#[test]
fn nothing_is_not_an_error() {
    assert_eq!(read(""), Reading::NotAnAwsError(None));
}
