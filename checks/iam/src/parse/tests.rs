use super::*;
use crate::policy::Effect;

/// The faults of a document: message and path.
pub(super) fn faults(text: &str, kind: PolicyKind) -> Vec<(String, String)> {
    match Policy::parse(text, kind) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.errors.into_iter().map(|e| (e.message, e.path)).collect(),
    }
}

/// The faults of an identity policy with one statement of these elements.
fn statement(elements: &str) -> Vec<(String, String)> {
    faults(&format!(r#"{{"Version":"2012-10-17","Statement":[{{{elements}}}]}}"#), PolicyKind::Identity)
}

const FINE: &str = r#""Effect":"Allow","Action":"s3:GetObject","Resource":"*""#;

/// Exactly one fault, with this message at this path.
pub(super) fn one(found: &[(String, String)], message: &str, path: &str) {
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].0.contains(message), "{found:?}");
    assert_eq!(found[0].1, path);
}

#[test]
fn every_element_has_its_place() {
    let text = "{\n \"Statement\": [{\"Sid\": \"a1\", \"Effect\": \"Deny\",\n  \"NotAction\": [\"s3:Get*\", \"*\"],\n  \
                \"Resource\": \"*\", \"Condition\": {\"StringLike\": {\"it's:x\": [true, 5, \"a\"]}}}]}";
    let policy = Policy::parse(text, PolicyKind::Identity).unwrap();
    let statement = &policy.statements[0];
    assert_eq!((policy.version, statement.effect), (Version::V2008, Effect::Deny));
    assert_eq!(statement.place, Place { path: "$['Statement'][0]".into(), line: 2, column: 16 });
    assert!(statement.action.negated);
    assert_eq!(
        statement.action.entries[1].place,
        Place { path: "$['Statement'][0]['NotAction'][1]".into(), line: 3, column: 28 }
    );
    let condition = &statement.conditions[0];
    assert_eq!(condition.place.path, r"$['Statement'][0]['Condition']['StringLike']['it\'s:x']");
    let values: Vec<_> = condition.values.iter().map(|v| (v.text.as_str(), v.quoted)).collect();
    assert_eq!(values, [("true", false), ("5", false), ("a", true)]);
    assert!(condition.values[2].place.path.ends_with("['it\\'s:x'][2]"));
}

#[test]
fn a_single_statement_and_scalars_have_paths_without_indices() {
    let text = format!(r#"{{"Version":"2012-10-17","Id":"x y","Statement":{{{FINE}}}}}"#);
    let policy = Policy::parse(&text, PolicyKind::Boundary).unwrap();
    assert_eq!(policy.statements[0].place.path, "$['Statement']");
    assert_eq!(policy.statements[0].action.entries[0].place.path, "$['Statement']['Action']");
    assert_eq!(policy.id.unwrap().text, "x y");
}

#[test]
fn legal_documents_are_read() {
    for elements in [
        FINE,
        r#""Effect":"Deny","NotAction":["s3:*"],"NotResource":["arn:aws:s3:::*","arn:aws:s3:::b/${aws:username}"]"#,
        r#""Sid":"","Effect":"Allow","Action":"*","Resource":["*"],"Condition":{}"#,
        r#""Effect":"Allow","Action":"s3:*","Resource":"arn:*","Condition":{"Null":{"aws:x":true},"Bool":{"a":["true"]}}"#,
        r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"ForAnyValue:StringLikeIfExists":{"aws:TagKeys":["a"]}}"#,
    ] {
        assert_eq!(statement(elements), [], "{elements}");
    }
}

#[test]
fn documents_of_the_wrong_shape() {
    one(&faults("", PolicyKind::Identity), "not valid JSON", "$");
    one(&faults("[]", PolicyKind::Identity), "must be an object, not a list", "$");
    one(&faults("{}", PolicyKind::Identity), "no Statement", "$");
    one(&faults(r#"{"Statement":[]}"#, PolicyKind::Identity), "empty list", "$['Statement']");
    one(&faults(r#"{"Statement":["x"]}"#, PolicyKind::Identity), "a statement must be an object", "$['Statement'][0]");
    let version = format!(r#"{{"Version":"2012-10-18","Statement":{{{FINE}}}}}"#);
    one(&faults(&version, PolicyKind::Identity), "`2012-10-18`", "$['Version']");
    let version = format!(r#"{{"Version":20121017,"Statement":{{{FINE}}}}}"#);
    one(&faults(&version, PolicyKind::Identity), "not a number", "$['Version']");
    let extra = format!(r#"{{"Statement":{{{FINE}}},"Rules":1}}"#);
    one(&faults(&extra, PolicyKind::Identity), "no element `Rules`", "$['Rules']");
    let twice = format!(r#"{{"Statement":{{{FINE}}},"Statement":{{{FINE}}}}}"#);
    one(&faults(&twice, PolicyKind::Identity), "duplicate key `Statement`", "$['Statement']");
}

#[test]
fn elements_that_are_missing_contradict_or_are_unknown() {
    let place = "$['Statement'][0]";
    one(&statement(r#""Action":"*","Resource":"*""#), "no Effect", place);
    one(&statement(r#""Effect":"Allow","Resource":"*""#), "no Action", place);
    one(&statement(r#""Effect":"Allow","Action":"*""#), "no Resource", place);
    one(&statement(&format!(r#"{FINE},"NotAction":"*""#)), "both Action and NotAction", place);
    one(&statement(&format!(r#"{FINE},"NotResource":"*""#)), "both Resource and NotResource", place);
    one(&statement(&format!(r#"{FINE},"Principal":"*""#)), "no Principal", "$['Statement'][0]['Principal']");
    one(&statement(&format!(r#"{FINE},"Actions":"*""#)), "no element `Actions`", "$['Statement'][0]['Actions']");
    one(&statement(&format!(r#"{FINE},"condition":{{}}"#)), "written `Condition`", "$['Statement'][0]['condition']");
    one(&statement(&format!(r#"{FINE},"Effect":"Deny""#)), "duplicate key", "$['Statement'][0]['Effect']");
}

#[test]
fn values_of_the_wrong_type_or_form() {
    let with = |effect: &str, action: &str, resource: &str| {
        statement(&format!(r#""Effect":{effect},"Action":{action},"Resource":{resource}"#))
    };
    one(&with(r#""allow""#, r#""*""#, r#""*""#), "`allow`", "$['Statement'][0]['Effect']");
    one(&with("true", r#""*""#, r#""*""#), "not a boolean", "$['Statement'][0]['Effect']");
    one(&with(r#""Deny""#, "[]", r#""*""#), "empty list", "$['Statement'][0]['Action']");
    one(&with(r#""Deny""#, "[1]", r#""*""#), "not a number", "$['Statement'][0]['Action'][0]");
    for action in ["s3", "", ":x", "s3:"] {
        one(&with(r#""Deny""#, &format!("[\"{action}\"]"), r#""*""#), "no action", "$['Statement'][0]['Action'][0]");
    }
    one(&with(r#""Deny""#, r#""*""#, "[]"), "empty list", "$['Statement'][0]['Resource']");
    one(&with(r#""Deny""#, r#""*""#, r#""my-bucket""#), "no ARN", "$['Statement'][0]['Resource']");
    one(&statement(&format!(r#"{FINE},"Sid":"a b""#)), "Sid `a b`", "$['Statement'][0]['Sid']");
}

#[test]
fn an_arn_that_lacks_its_end_is_completed_where_the_policy_is_an_identitys() {
    let text = |resource: &str| format!(r#"{{"Statement":{{"Effect":"Allow","Action":"*","Resource":"{resource}"}}}}"#);
    let matches = |resource: &str, arn: &str| {
        let policy = Policy::parse(&text(resource), PolicyKind::Identity).unwrap();
        let principal = crate::Principal::AssumedRole { session_arn: None, role_arn: None };
        let set = crate::PolicySet::new().identity("p", &policy);
        crate::decide(&crate::Request::new(principal, "sqs:SendMessage", arn), &set) == crate::Verdict::Allowed
    };
    let queue = "arn:aws:sqs:us-east-1:123456789012:q";
    for resource in ["arn:aws", "arn:aws:sqs", "arn:aws:sqs:us-east-1", "arn:aws:sqs:us-east-1:123456789012"] {
        assert!(matches(resource, queue), "{resource}");
        assert!(!matches(resource, "arn:aws-cn:sns:eu-west-1:210987654321:t"), "{resource}");
        for kind in [PolicyKind::Session, PolicyKind::ServiceControl] {
            one(&faults(&text(resource), kind), "no ARN", "$['Statement']['Resource']");
        }
        assert!(faults(&text(resource), PolicyKind::Boundary).is_empty());
    }
    assert!(!matches("arn:aws:sqs:q", queue));
    for resource in ["arn", "arn:", "arn::sqs", "x:aws:sqs"] {
        one(&faults(&text(resource), PolicyKind::Identity), "no ARN", "$['Statement']['Resource']");
    }
}

#[test]
fn sids_are_unique() {
    let text = format!(r#"{{"Statement":[{{"Sid":"a",{FINE}}},{{"Sid":"b",{FINE}}},{{"Sid":"a",{FINE}}}]}}"#);
    one(&faults(&text, PolicyKind::Identity), "`a` is that of statement 0", "$['Statement'][2]['Sid']");
}

#[test]
fn conditions_with_faults() {
    let with = |condition: &str| statement(&format!(r#"{FINE},"Condition":{condition}"#));
    let base = "$['Statement'][0]['Condition']";
    one(&with("[]"), "must be an object", base);
    one(&with(r#"{"StringMatches":{"a":"b"}}"#), "`StringMatches` is no", &format!("{base}['StringMatches']"));
    one(&with(r#"{"ForSome:Bool":{"a":"b"}}"#), "`ForSome`", &format!("{base}['ForSome:Bool']"));
    one(&with(r#"{"NullIfExists":{"a":"true"}}"#), "IfExists", &format!("{base}['NullIfExists']"));
    one(&with(r#"{"Bool":"a"}"#), "must be an object", &format!("{base}['Bool']"));
    one(&with(r#"{"Bool":{"a":null}}"#), "not null", &format!("{base}['Bool']['a']"));
    one(&with(r#"{"Bool":{"a":[["true"]]}}"#), "not a list", &format!("{base}['Bool']['a'][0]"));
    one(&with(r#"{"Bool":{"a":"true","a":"false"}}"#), "duplicate", &format!("{base}['Bool']['a']"));
    one(&with(r#"{"Bool":{"a":"true"},"Bool":{"b":"true"}}"#), "duplicate", &format!("{base}['Bool']"));
}

#[test]
fn what_is_legal_and_can_not_work_is_a_warning() {
    let text = format!(
        r#"{{"Statement":{{{FINE},"Condition":{{"NumericEquals":{{"a":"five"}},"IpAddress":{{"b":[]}},
            "Bool":{{"aws:X":"true","AWS:x":"false"}}}}}}}}"#
    );
    let policy = Policy::parse(&text, PolicyKind::Identity).unwrap();
    let messages: Vec<_> = policy.warnings.iter().map(|warning| warning.message.as_str()).collect();
    let expected = [
        "`five` can't be compared by NumericEquals",
        "the condition has no values, so it can't match",
        "the condition key `AWS:x` is `aws:X` in another case",
    ];
    assert_eq!(messages, expected);
    assert_eq!(policy.warnings[2].place.line, 2);
}

#[test]
fn all_faults_are_found_in_document_order() {
    let text = "{\n\"Version\": \"1\",\n\"Statement\": [\n{\"Effect\": \"allow\"},\n{\"Action\": \"x\"}]}";
    let errors = Policy::parse(text, PolicyKind::Identity).unwrap_err();
    let lines: Vec<u32> = errors.errors.iter().map(|error| error.line).collect();
    assert_eq!(lines, [2, 4, 4, 4, 5, 5, 5]);
    assert_eq!(
        errors.errors[0].to_string(),
        "Version is `1`; there are 2012-10-17 and 2008-10-17 ($['Version'], line 2 column 12)"
    );
}

#[test]
fn a_fault_in_a_list_stands_where_its_entry_does() {
    let text = "{\"Statement\": {\"Effect\": \"Allow\",\n\"Action\": [\"s3:*\",\n \"x\"],\n\"Resource\": [\"*\",\n  \"y\"]}}";
    let errors = Policy::parse(text, PolicyKind::Identity).unwrap_err();
    let places: Vec<_> = errors.errors.iter().map(|error| (error.line, error.column)).collect();
    assert_eq!(places, [(3, 2), (5, 3)]);
    let shown: Vec<String> = errors.errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors.to_string(), shown.join("; "));
}

#[test]
fn hostile_documents_are_bounded() {
    let many = format!(r#"{{"Statement":[{}{{}}]}}"#, "{},".repeat(5_000));
    assert_eq!(faults(&many, PolicyKind::Identity).len(), MAX_ERRORS);
    let values = vec![r#""five""#; 5_000].join(",");
    let many = format!(r#"{{"Statement":{{{FINE},"Condition":{{"NumericEquals":{{"a":[{values}]}}}}}}}}"#);
    assert_eq!(Policy::parse(&many, PolicyKind::Identity).unwrap().warnings.len(), MAX_ERRORS);
    let deep = format!(r#"{{"Statement":{}"#, "[".repeat(100_000));
    one(&faults(&deep, PolicyKind::Identity), "nested deeper", "$");
    let long = " ".repeat(MAX_BYTES + 1);
    one(&faults(&long, PolicyKind::Identity), "more than the", "$");
}
