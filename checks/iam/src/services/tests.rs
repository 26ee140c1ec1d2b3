use super::*;

#[test]
fn the_data_is_whole() {
    assert_eq!(date().len(), 10);
    assert!(version().starts_with("0."));
    let services: Vec<&Service> = prefixes().filter_map(service).collect();
    assert_eq!(services.len(), prefixes().count());
    assert!(services.len() > 400);
    let actions: usize = services.iter().map(|service| service.actions.len()).sum();
    assert!(actions > 20_000);
    for service in &services {
        assert!(!service.name.is_empty(), "{}", service.prefix);
        for action in &service.actions {
            assert_eq!(service.action(&action.name.to_uppercase()).map(|found| found.name), Some(action.name));
            for resource in &action.resources {
                assert!(service.resource_types.contains(&resource.kind), "{} of {}", resource.kind.arn, action.name);
            }
        }
        for kind in &service.resource_types {
            assert!(kind.may_match("*"), "{}", kind.arn);
            assert!(kind.may_match(kind.arn), "{}", kind.arn);
        }
    }
}

#[test]
fn access_levels_have_names_of_their_own() {
    let levels =
        [AccessLevel::List, AccessLevel::Read, AccessLevel::Tagging, AccessLevel::PermissionsManagement, AccessLevel::Write];
    let names: std::collections::BTreeSet<&str> = levels.iter().map(|level| level.name()).collect();
    assert_eq!(names.len(), levels.len());
}

#[test]
fn known_services_actions_and_types() {
    let s3 = service("S3").unwrap();
    assert_eq!(s3.name, "Amazon S3");
    let list = s3.action("ListBucket").unwrap();
    assert_eq!(list.level, AccessLevel::List);
    assert!(list.resources.iter().any(|have| have.kind.name == "bucket"));
    assert!(list.condition_keys.contains(&"s3:prefix"));
    assert!(action("s3:ListAllMyBuckets").unwrap().is_wildcard_only());
    assert!(action("sts:AssumeRoleWithWebIdentity").unwrap().resources.iter().any(|have| have.kind.name == "role"));
    for (name, level) in [
        ("s3:PutBucketPolicy", AccessLevel::PermissionsManagement),
        ("s3:GetObject", AccessLevel::Read),
        ("s3:PutObject", AccessLevel::Write),
        ("s3:PutObjectTagging", AccessLevel::Tagging),
    ] {
        assert_eq!(action(name).unwrap().level, level, "{name}");
    }
    assert!(service("s4").is_none() && action("ListBucket").is_none() && action("s3:ListBuckets").is_none());
    assert_eq!(
        s3.matching("getobjectt*").map(|action| action.name).collect::<Vec<_>>(),
        ["GetObjectTagging", "GetObjectTorrent"]
    );
}

#[test]
fn the_nearest_names() {
    let s3 = service("s3").unwrap();
    assert!(s3.nearest_actions("ListBuckets", 3).contains(&"ListBucket"));
    assert!(s3.nearest_actions("ReadObject", 3).contains(&"GetObject"));
    assert!(nearest_services("dynamobd", 2).contains(&"dynamodb"));
    assert!(nearest_services("qqqqqqqq", 2).is_empty());
}

/// How one resource suits an action.
fn fit(name: &str, resource: &str) -> Fit {
    action(name).unwrap().fit([resource])
}

#[test]
fn resources_suit_an_action_or_do_not() {
    for (name, resource) in [
        ("s3:ListBucket", "arn:aws:s3:::my-bucket"),
        ("s3:ListBucket", "arn:aws:s3:::my-bucket*"),
        ("s3:GetObject", "arn:aws:s3:::my-bucket/*"),
        ("s3:GetObject", "arn:aws:s3:::${aws:PrincipalTag/team}/a/b"),
        ("sqs:SendMessage", "arn:aws:sqs:*:111122223333:jobs"),
        ("dynamodb:Query", "arn:aws:dynamodb:eu-west-1:111122223333:table/a/index/*"),
        ("logs:PutLogEvents", "arn:aws:logs:*:*:log-group:/aws/eks/a:*"),
        ("logs:PutLogEvents", "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/eks/a:log-stream:b/c"),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/path/name"),
        ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a/b-??????"),
        ("ssm:GetParameter", "arn:aws:ssm:eu-west-1:111122223333:parameter/a/b"),
        ("ecr:GetAuthorizationToken", "*"),
        ("kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/*"),
    ] {
        assert_eq!(fit(name, resource), Fit::Fits, "{name} on {resource}");
    }
    for (name, resource) in [
        ("s3:ListBucket", "arn:aws:s3:::my-bucket/*"),
        ("s3:GetObject", "arn:aws:s3:::my-bucket"),
        ("s3:GetObject", "arn:aws:s3:::my:bucket/key"),
        ("dynamodb:BatchGetItem", "arn:aws:dynamodb:eu-west-1:111122223333:table/a/index/b"),
        ("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:111122223333:index/a"),
        ("sqs:SendMessage", "arn:aws:sns:eu-west-1:111122223333:jobs"),
        ("iam:PassRole", "arn:aws:iam::111122223333:user/name"),
    ] {
        assert!(matches!(fit(name, resource), Fit::WrongType(_)), "{name} on {resource}");
    }
    assert_eq!(fit("ecr:GetAuthorizationToken", "arn:aws:ecr:eu-west-1:111122223333:repository/a"), Fit::TakesNoResource);
}
