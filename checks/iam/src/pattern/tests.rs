use super::*;

fn with(pattern: &str, text: &str, context: &Context) -> Truth {
    Pattern::template(pattern, true, true).matches(text, context)
}

#[test]
fn variables_defaults_and_special_characters() {
    let context = Context::new().with("aws:PrincipalTag/Team", "a*b").with_many("aws:TagKeys", ["x"]);
    for (pattern, text, expected) in [
        ("x-${aws:principaltag/team}", "x-a*b", true),
        ("x-${aws:PrincipalTag/Team}", "x-aXb", false),
        ("${aws:username, 'anon'}/*", "anon/1", true),
        ("${aws:username,'anon'}", "anon", true),
        ("${aws:username}*", "", false),
        ("${aws:TagKeys}", "x", false),
        ("${*}${?}${$}", "*?$", true),
        ("${*}", "a", false),
        ("${", "${", true),
        ("$x${$}{a}", "$x${a}", true),
        ("${a, 'b*'}", "bc", false),
    ] {
        assert_eq!(with(pattern, text, &context), expected.into(), "{pattern} on {text}");
    }
}

#[test]
fn an_unknown_variable_is_unknown_only_where_it_could_match() {
    let context = Context::new().unknown("aws:userid", "the session isn't known");
    assert_eq!(with("home/${aws:userid}/*", "home/x/1", &context), Truth::Unknown);
    assert_eq!(with("home/${aws:userid}/*", "away/x/1", &context), Truth::False);
    assert_eq!(with("${aws:userid}${aws:username}", "x", &context), Truth::False);
}

#[test]
fn no_variables_means_literal_text() {
    let pattern = Pattern::template("${aws:username}", true, false);
    assert_eq!(pattern.matches("${aws:username}", &Context::new()), Truth::True);
}

#[test]
fn resource_wildcards_stay_in_their_segment_unless_they_end_it() {
    let context = Context::new();
    for (pattern, text, expected) in [
        ("arn:aws:sqs:us-*-1:1:q", "arn:aws:sqs:us-east-1:1:q", true),
        ("arn:aws:sqs:us-*-1:1:q", "arn:aws:sqs:us-x:2:a-1:1:q", false),
        ("arn:aws:sqs:*:1:q", "arn:aws:sqs:us-x:2:a-1:1:q", true),
        ("arn:aws:sqs:*", "arn:aws:sqs:us-east-1:1:q", true),
        ("arn:aws:sqs:us-east?1:1:q", "arn:aws:sqs:us-east:1:1:q", false),
        ("arn:aws:logs:r:1:log-group:a*b:c", "arn:aws:logs:r:1:log-group:a:x:b:c", true),
        ("*", "anything: at all", true),
        ("arn:aws:sqs:*a[:1:q", "arn:aws:sqs:xa[:1:q", true),
        ("arn:aws:s3:::a*b", "arn:aws:s3:::a:b", true),
        ("arn:aws:s3:::a?b", "arn:aws:s3:::a:b", true),
        ("arn:aws:sqs:u*-1:1:q?", "arn:aws:sqs:us-1:1:qa", true),
        ("arn:aws:sqs:u*-1:1:q?", "arn:aws:sqs:us-1:1:q", false),
        ("arn:aws:sqs:u*-1:1:q?c", "arn:aws:sqs:us-1:1:qbc", true),
        ("arn:aws:sqs:u*-1?1:q", "arn:aws:sqs:us-1:1:q", false),
        ("arn:aws:sqs:u*?1:1:q", "arn:aws:sqs:u1:1:q", false),
    ] {
        assert_eq!(Pattern::resource(pattern, true).matches(text, &context), expected.into(), "{pattern} on {text}");
    }
}

#[test]
fn a_variable_with_a_colon_in_its_name_does_not_shift_the_segments() {
    let context = Context::new().with("aws:PrincipalTag/q", "jobs").with("aws:RequestedRegion", "eu-west-1");
    let pattern = Pattern::resource("arn:aws:sqs:${aws:RequestedRegion}:1*2:${aws:PrincipalTag/q}", true);
    assert_eq!(pattern.matches("arn:aws:sqs:eu-west-1:112:jobs", &context), Truth::True);
    assert_eq!(pattern.matches("arn:aws:sqs:eu-west-1:1:2:jobs", &context), Truth::False);
}

#[test]
fn ignoring_case_reaches_beyond_ascii() {
    let pattern = Pattern::template("ÉcoLe*", false, true);
    assert_eq!(pattern.equals_ignoring_case("éCole*", &Context::new()), Truth::True);
    assert_eq!(pattern.equals_ignoring_case("écolexx", &Context::new()), Truth::False);
}

#[test]
fn stars_side_by_side_are_one() {
    assert_eq!(Pattern::glob("a**b"), Pattern::glob("a*b"));
    for (many, one) in [("arn:aws:sqs:u**1:1:q", "arn:aws:sqs:u*1:1:q"), ("arn:aws:sqs:u**:1:q", "arn:aws:sqs:u*:1:q")] {
        assert_eq!(Pattern::resource(many, true), Pattern::resource(one, true));
    }
}
