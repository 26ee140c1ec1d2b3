use super::*;

const USER: &str = "arn:aws:sts::123456789012:assumed-role/r/s";

fn pasted(error: &str, decoded: &Observed<DecodedMessage>) -> Pasted {
    Pasted::of(&Asked { error: Some(error.to_owned()), ..Asked::default() }, decoded)
}

/// The action that is required after a refusal of this, with the resource.
fn required(whom: &str, action: &str, on: &str) -> Option<(String, String)> {
    let text = format!(
        "An error occurred (AccessDenied) when calling the X operation: User: {whom} is not authorized to perform: {action}{on}"
    );
    let required = pasted(&text, &Observed::default()).required;
    required.into_iter().next().map(|required| (required.action, required.resource))
}

#[test]
fn what_was_refused_to_the_pods_role_is_required() {
    let bucket = " on resource: \"arn:aws:s3:::b\"";
    let of = |whom: &str| required(whom, "s3:ListBucket", bucket);
    assert_eq!(of(USER), Some(("s3:ListBucket".to_owned(), "arn:aws:s3:::b".to_owned())));
    assert_eq!(of("arn:aws:iam::123456789012:user/me"), None);
    assert_eq!(of("arn:aws:iam::123456789012:root"), None);
    assert_eq!(of("arn:aws:sts::123456789012:assumed-role/r/me@example.com"), None);
    assert_eq!(required(USER, "s3:List*", bucket), None, "a placeholder");
    let itself = " on resource: arn:aws:iam::123456789012:role/r";
    assert_eq!(required(USER, "sts:AssumeRole", itself), None);
}

#[test]
fn only_what_is_a_resource_is_required_as_one() {
    let on =
        |action: &str, resource: &str| required(USER, action, &format!(" on resource: {resource}")).map(|(_, resource)| resource);
    assert_eq!(on("ec2:DescribeRegions", "*").as_deref(), Some("*"));
    assert_eq!(on("s3:ListBucket", "arn:aws:s3"), None, "no whole ARN");
    assert_eq!(on("s3:ListBucket", "urn:a:b:c:d:e"), None, "none of AWS");
    assert_eq!(required(USER, "ec2:DescribeRegions", "").map(|(_, resource)| resource).as_deref(), Some("*"), "it takes none");
    assert_eq!(required(USER, "s3:ListBucket", ""), None, "nobody knows which");
}

#[test]
fn what_was_decoded_fills_in_what_the_text_leaves_out() {
    let text = format!(
        "An error occurred (UnauthorizedOperation) when calling the RunInstances operation: You are not authorized to perform this operation. Encoded authorization failure message: {}",
        "a".repeat(40)
    );
    let decoded = DecodedMessage {
        action: Some("ec2:RunInstances".to_owned()),
        resource: Some("arn:aws:ec2:us-east-1:123456789012:instance/*".to_owned()),
        principal: Some(USER.to_owned()),
        explicit_deny: true,
        ..DecodedMessage::default()
    };
    let pasted = pasted(&text, &Observed::Present(decoded));
    let Some(Reading::Aws(symptom)) = pasted.reading else { panic!("an error of AWS") };
    assert_eq!(symptom.action.as_deref(), Some("ec2:RunInstances"));
    assert_eq!(symptom.whom.unwrap().role.as_deref(), Some("r"));
    assert!(symptom.refusal.unwrap().explicit);
    assert_eq!(pasted.required[0].resource, "arn:aws:ec2:us-east-1:123456789012:instance/*");
}
