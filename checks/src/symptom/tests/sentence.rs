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

#[test]
fn the_caller_is_found_at_the_end_of_a_long_log() {
    let log = "a line of the log\n".repeat(300);
    // Some services leave `User:` out.
    for sentence in [USER, &USER["User: ".len()..]] {
        let symptom = aws(&format!("{log}{sentence}"));
        assert_eq!(symptom.whom.and_then(|whom| whom.role).as_deref(), Some("r"), "{sentence}");
    }
    assert!(aws(&format!("{}{USER}", "é".repeat(3000))).whom.is_some());
}

#[test]
fn what_follows_the_action_later_is_no_part_of_it() {
    let rest = "the log goes further, ".repeat(12);
    let symptom = aws(&refused(&format!("{USER}\n{rest}because it may")));
    assert_eq!(symptom.action.as_deref(), Some("s3:ListBucket"));
}

#[test]
fn the_resource_stands_right_after_the_action() {
    let resource = |rest: &str| aws(&refused(&format!("{USER}{rest}"))).resource;
    let longest = "b".repeat(2048);
    assert_eq!(resource(" on resource: arn:aws:s3:::b").as_deref(), Some("arn:aws:s3:::b"));
    for end in ["</b>", "</>"] {
        assert_eq!(resource(&format!("{end} on resource: arn:aws:s3:::b")).as_deref(), Some("arn:aws:s3:::b"), "{end}");
    }
    assert_eq!(resource(&format!(" on resource: {longest}")), Some(longest.clone()));
    for none in [
        String::new(),
        " on resource: \"\"".to_owned(),
        " because no policy allows it on resource: arn:aws:s3:::b".to_owned(),
        format!(" on resource: {longest}b"),
    ] {
        assert_eq!(resource(&none), None, "{none}");
    }
}

#[test]
fn the_reason_is_found_behind_the_longest_names() {
    let (role, resource) = ("r".repeat(600), "b".repeat(2048));
    let user = format!("User: arn:aws:sts::123456789012:assumed-role/{role}/s is not authorized to perform: s3:ListBucket");
    let symptom = aws(&format!("{user} on resource: {resource} because no session policy allows the s3:ListBucket action"));
    assert_eq!(symptom.refusal.and_then(|refusal| refusal.layer), Some(irsa_doctor_iam::Layer::Session));
}

#[test]
fn of_a_wrapped_encoded_message_no_line_is_lost_and_no_other_line_taken() {
    let (run, other) = ("a1-_=".repeat(8), "b".repeat(40));
    for (text, wanted) in [
        (format!("{} and more", "a".repeat(20)), "a".repeat(20)),
        (format!("{run}\n{other} (Service: Ec2"), format!("{run}{other}")),
        // So long a word is none of a sentence.
        (format!("{run}\n{} and more", "b".repeat(24)), format!("{run}{}", "b".repeat(24))),
        (format!("{run}\n{} and more", "b".repeat(23)), run.clone()),
        (format!("{run} and more\n{other}"), run.clone()),
        ("c".repeat(64) + &format!("\n{}", "c".repeat(64)).repeat(29), "c".repeat(64 * 30)),
        // It ends with the line that exceeds what is read of one.
        (format!("{}\n", "c".repeat(64)).repeat(300), "c".repeat(64 * 257)),
    ] {
        assert_eq!(encoded(&text), Some(wanted), "{text}");
    }
}
