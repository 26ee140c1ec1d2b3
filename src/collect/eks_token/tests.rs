use super::*;
use std::collections::{BTreeMap, BTreeSet};

/// What the AWS CLI (1.45.11) makes of the key of AWS's own signing examples at 2026-11-23T03:12:44Z, decoded.
const OF_THE_CLI: &[(&str, &str, Option<&str>, &str)] = &[
    (
        "us-west-2",
        "my-cluster",
        None,
        "https://sts.us-west-2.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential=AKIDEXAMPLE%2F20261123%2Fus-west-2%2Fsts%2Faws4_request&X-Amz-Date=20261123T031244Z&X-Amz-Expires=60\
         &X-Amz-SignedHeaders=host%3Bx-k8s-aws-id\
         &X-Amz-Signature=29881148b2ed221dbb51451f59a8fc11181de6b2c612c25411d02d4ac19ae092",
    ),
    (
        "cn-north-1",
        "my_cluster-2",
        Some("IQoJb3JpZ2luX2VjE/+=Example=="),
        "https://sts.cn-north-1.amazonaws.com.cn/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential=AKIDEXAMPLE%2F20261123%2Fcn-north-1%2Fsts%2Faws4_request&X-Amz-Date=20261123T031244Z&X-Amz-Expires=60\
         &X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Security-Token=IQoJb3JpZ2luX2VjE%2F%2B%3DExample%3D%3D\
         &X-Amz-Signature=77ff2d26bdcd8c2f7f846b10bb863502b8de586a0381fbbf47e44abc0879f5a4",
    ),
];

/// 2026-11-23T03:12:44Z.
const NOW: Duration = Duration::from_secs(1_795_403_564);

fn credentials(session_token: Option<&str>) -> Credentials {
    let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    Credentials::new("AKIDEXAMPLE", secret, session_token.map(str::to_owned), None, "test")
}

fn url_of(token: &str) -> String {
    let encoded = token.strip_prefix("k8s-aws-v1.").unwrap();
    String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap()
}

/// A URL as its host and the set of its parameters: their order is free.
fn parts(url: &str) -> (&str, BTreeSet<&str>) {
    let (head, query) = url.split_once('?').unwrap();
    (head, query.split('&').collect())
}

#[test]
fn makes_the_same_token_as_the_aws_cli() {
    for (region, cluster, session_token, wanted) in OF_THE_CLI {
        let request = TokenRequest { cluster_id: (*cluster).to_owned(), ..TokenRequest::default() };
        let token = presign(&request, &credentials(*session_token), Some(region), SystemTime::UNIX_EPOCH + NOW).unwrap();
        let url = url_of(&token);
        assert_eq!(parts(&url), parts(wanted));
    }
}

#[test]
fn the_request_s_region_comes_first_and_one_is_needed() {
    let mut request =
        TokenRequest { cluster_id: "c".to_owned(), region: Some("eu-west-1".to_owned()), ..TokenRequest::default() };
    let at = SystemTime::UNIX_EPOCH + NOW;
    let url = url_of(&presign(&request, &credentials(None), Some("us-east-1"), at).unwrap());
    assert!(url.starts_with("https://sts.eu-west-1.amazonaws.com/"), "{url}");
    request.fips = true;
    let url = url_of(&presign(&request, &credentials(None), None, at).unwrap());
    assert!(url.starts_with("https://sts-fips.eu-west-1.amazonaws.com/"), "{url}");
    request.region = None;
    assert!(matches!(presign(&request, &credentials(None), Some(""), at), Err(TokenError::NoRegion(_))));
    request.region = Some("a b\n".to_owned());
    let error = presign(&request, &credentials(None), None, at).unwrap_err();
    assert!(matches!(error, TokenError::Sign(_)) && !error.help().is_empty());
}

fn read(command: &str, arguments: &str, variables: &[(&str, &str)]) -> Option<TokenRequest> {
    let arguments: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
    let variables: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    TokenRequest::parse(command, &arguments, &variables)
}

#[test]
fn reads_the_two_plugins() {
    let named = |cluster: &str| TokenRequest { cluster_id: cluster.to_owned(), is_name: true, ..TokenRequest::default() };
    let written = read("aws", "--region us-east-1 eks get-token --cluster-name shop --output json", &[("AWS_PROFILE", "dev")]);
    let wanted = TokenRequest { region: Some("us-east-1".to_owned()), profile: Some("dev".to_owned()), ..named("shop") };
    assert_eq!(written, Some(wanted));
    let role = "arn:aws:iam::123456789012:role/r";
    let flags = read(
        "/usr/local/bin/aws",
        &format!("eks get-token --cluster-name=shop --role-arn {role} --profile p"),
        &[("AWS_PROFILE", "dev")],
    );
    let wanted = TokenRequest { role_arn: Some(role.to_owned()), profile: Some("p".to_owned()), ..named("shop") };
    assert_eq!(flags, Some(wanted.clone()));
    let other = read(
        "aws-iam-authenticator",
        &format!("token -i shop -r {role} --session-name s -e x"),
        &[("AWS_DEFAULT_REGION", "eu-west-1")],
    );
    let wanted = TokenRequest {
        profile: None,
        region: Some("eu-west-1".to_owned()),
        session_name: Some("s".to_owned()),
        external_id: Some("x".to_owned()),
        ..wanted
    };
    assert_eq!(other, Some(wanted));
    let outpost = read("aws.exe", "eks get-token --cluster-id 1a2b", &[("AWS_USE_FIPS_ENDPOINT", "true")]).unwrap();
    assert_eq!((outpost.cluster_id.as_str(), outpost.is_name, outpost.fips), ("1a2b", false, true));
}

#[test]
fn leaves_all_else_to_the_plugin() {
    for (command, arguments) in [
        ("aws-vault", "exec dev -- aws eks get-token --cluster-name shop"),
        ("aws", "eks get-token"),
        ("aws", "eks get-token --cluster-name"),
        ("aws", "eks get-token --cluster-name shop --endpoint-url http://x"),
        ("aws", "eks get-token --cluster-name shop --no-verify-ssl"),
        ("aws", "eks describe-cluster --name shop"),
        ("aws-iam-authenticator", "token -i shop --forward-session-name"),
        ("aws-iam-authenticator", "server -i shop"),
        ("sh", "-c aws"),
        ("", ""),
    ] {
        assert_eq!(read(command, arguments, &[]), None, "{command} {arguments}");
    }
    for variable in ["AWS_ACCESS_KEY_ID", "AWS_CONFIG_FILE", "AWS_ENDPOINT_URL_STS", "HTTPS_PROXY", "HOME", "AWS_ROLE_ARN"] {
        assert_eq!(read("aws", "eks get-token --cluster-name shop", &[(variable, "x")]), None, "{variable}");
    }
}
