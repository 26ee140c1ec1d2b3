use serde_json::json;

use super::*;
use crate::encoding::percent_decode;
use crate::fault::{Effect, Fault};
use crate::testing::{Answer, send};

const ISSUER: &str = "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE";
const HERE: &str = "123456789012";
const OTHER: &str = "210987654321";

fn accounts() -> Accounts {
    serde_json::from_value(json!({"accounts": {
        HERE: {
            "roles": [
                {"name": "app", "path": "/team/", "trust": {"Version": "2012-10-17", "Statement": []},
                 "attached": {"app-policy": {"Statement": ["a b+c%"]}}, "inline": {"in": {"x": 1}}, "boundary": "limit",
                 "tags": {"team": "data"}, "versions": {"app-policy": {"Statement": ["newer"]}}},
                {"name": "node", "trust": {}, "attached": ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"]},
                {"name": "other", "trust": {}}],
            "policies": {"limit": {}},
            "associations": [{"namespace": "shop", "serviceAccount": "app", "roleArn": "arn:r", "targetRoleArn": "arn:t"},
                             {"namespace": "shop", "serviceAccount": "web", "roleArn": "arn:r"}],
        },
        OTHER: {"roles": [{"name": "far", "trust": {}}], "providers": []},
    }, "raw_documents": {"role/other": "{ not json"}}))
    .unwrap()
}

fn api() -> AwsApi {
    AwsApi::start(&accounts(), Cluster::new(ISSUER))
}

fn call(api: &AwsApi, account: &str, service: &str, form: &str) -> Answer {
    let key = AwsApi::access_key(account);
    let signature = format!(
        "AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    );
    let headers = [
        ("Authorization", signature.as_str()),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ];
    if service == "eks" {
        send(&api.url(), "GET", form, &headers, "")
    } else {
        send(&api.url(), "POST", "/", &headers, form)
    }
}

fn iam(api: &AwsApi, form: &str) -> Answer {
    call(api, HERE, "iam", form)
}

/// The texts of all elements of this name.
fn texts<'b>(body: &'b str, tag: &str) -> Vec<&'b str> {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    body.split(&open)
        .skip(1)
        .filter_map(|part| part.split(&close).next())
        .collect()
}

#[test]
fn the_access_key_tells_the_account() {
    let api = api();
    for account in [HERE, OTHER] {
        let body = call(
            &api,
            account,
            "sts",
            "Action=GetCallerIdentity&Version=2011-06-15",
        )
        .body;
        assert_eq!(texts(&body, "Account"), [account]);
        assert_eq!(
            texts(&body, "Arn"),
            [format!("arn:aws:iam::{account}:user/tester")]
        );
    }
    assert_eq!(iam(&api, "Action=GetRole&RoleName=far").status, 404);
    assert_eq!(
        call(&api, OTHER, "iam", "Action=GetRole&RoleName=far").status,
        200
    );
    let unknown = call(&api, "999999999999", "iam", "Action=ListRoles");
    assert_eq!(
        (unknown.status, texts(&unknown.body, "Code")),
        (403, vec!["InvalidClientTokenId"])
    );
}

#[test]
fn documents_are_encoded_and_keep_their_text() {
    let api = api();
    let body = iam(&api, "Action=GetRole&RoleName=app").body;
    let document = texts(&body, "AssumeRolePolicyDocument")[0];
    assert!(document.starts_with("%7B%22") && !document.contains('+'));
    assert_eq!(
        percent_decode(document),
        r#"{"Statement":[],"Version":"2012-10-17"}"#
    );
    let version = iam(
        &api,
        "Action=GetPolicyVersion&VersionId=v1&PolicyArn=arn:aws:iam::123456789012:policy/app-policy",
    );
    assert_eq!(
        percent_decode(texts(&version.body, "Document")[0]),
        r#"{"Statement":["a b+c%"]}"#
    );
    let inline = iam(&api, "Action=GetRolePolicy&RoleName=app&PolicyName=in").body;
    assert_eq!(
        percent_decode(texts(&inline, "PolicyDocument")[0]),
        r#"{"x":1}"#
    );
    let raw = iam(&api, "Action=GetRole&RoleName=other").body;
    assert_eq!(
        percent_decode(texts(&raw, "AssumeRolePolicyDocument")[0]),
        "{ not json"
    );
}

#[test]
fn get_role_says_more_than_list_roles() {
    let api = api();
    let one = iam(&api, "Action=GetRole&RoleName=app").body;
    assert_eq!(
        texts(&one, "Arn"),
        ["arn:aws:iam::123456789012:role/team/app"]
    );
    assert_eq!(
        texts(&one, "PermissionsBoundaryArn"),
        ["arn:aws:iam::123456789012:policy/limit"]
    );
    assert_eq!(
        (texts(&one, "Key"), texts(&one, "Value")),
        (vec!["team"], vec!["data"])
    );
    assert_eq!(texts(&one, "MaxSessionDuration"), ["3600"]);
    let all = iam(&api, "Action=ListRoles").body;
    assert_eq!(texts(&all, "RoleName"), ["app", "node", "other"]);
    assert!(!all.contains("Tags") && !all.contains("PermissionsBoundary"));
    assert_eq!(
        texts(
            &iam(&api, "Action=ListRoles&PathPrefix=/team/").body,
            "RoleName"
        ),
        ["app"]
    );
}

#[test]
fn versions_that_are_not_the_default() {
    let api = api();
    let arn = "PolicyArn=arn:aws:iam::123456789012:policy/app-policy";
    let policy = iam(&api, &format!("Action=GetPolicy&{arn}")).body;
    assert_eq!(
        (
            texts(&policy, "DefaultVersionId"),
            texts(&policy, "AttachmentCount")
        ),
        (vec!["v1"], vec!["1"])
    );
    let versions = iam(&api, &format!("Action=ListPolicyVersions&{arn}")).body;
    assert_eq!(texts(&versions, "VersionId"), ["v2", "v1"]);
    assert_eq!(texts(&versions, "IsDefaultVersion"), ["false", "true"]);
    assert!(!versions.contains("<Document>"));
    let managed = "PolicyArn=arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy";
    assert_eq!(
        texts(
            &iam(&api, &format!("Action=GetPolicy&{managed}")).body,
            "AttachmentCount"
        ),
        ["1"]
    );
    let users = iam(&api, &format!("Action=ListEntitiesForPolicy&{managed}")).body;
    assert_eq!(texts(&users, "RoleName"), ["node"]);
}

#[test]
fn providers_follow_the_issuer() {
    let api = api();
    let arn = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE";
    assert_eq!(
        texts(&iam(&api, "Action=ListOpenIDConnectProviders").body, "Arn"),
        [arn]
    );
    let one = iam(
        &api,
        &format!("Action=GetOpenIDConnectProvider&OpenIDConnectProviderArn={arn}"),
    )
    .body;
    assert_eq!(
        texts(&one, "Url"),
        ["oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE"]
    );
    assert_eq!(
        texts(texts(&one, "ClientIDList")[0], "member"),
        ["sts.amazonaws.com"]
    );
    let none = iam(
        &api,
        &format!("Action=GetOpenIDConnectProvider&OpenIDConnectProviderArn={arn}X"),
    );
    assert_eq!(
        (none.status, texts(&none.body, "Code")),
        (404, vec!["NoSuchEntity"])
    );
    assert!(
        texts(
            &call(&api, OTHER, "iam", "Action=ListOpenIDConnectProviders").body,
            "Arn"
        )
        .is_empty()
    );
    let foreign = call(
        &api,
        OTHER,
        "iam",
        &format!("Action=GetOpenIDConnectProvider&OpenIDConnectProviderArn={arn}"),
    );
    assert_eq!(foreign.status, 403);
}

#[test]
fn pages_are_cut_and_joined() {
    let api = api();
    api.set_page_size(1);
    let (mut names, mut marker) = (Vec::new(), String::new());
    loop {
        let body = iam(&api, &format!("Action=ListRoles&MaxItems=2{marker}")).body;
        names.extend(texts(&body, "RoleName").into_iter().map(str::to_owned));
        let Some(next) = texts(&body, "Marker").first().copied() else {
            break;
        };
        assert_eq!(texts(&body, "IsTruncated"), ["true"]);
        marker = format!("&Marker={}", crate::encoding::percent_encode(next));
    }
    assert_eq!(names, ["app", "node", "other"]);
    let first = call(
        &api,
        HERE,
        "eks",
        "/clusters/my-cluster/pod-identity-associations",
    )
    .json();
    let token = crate::encoding::percent_encode(first["nextToken"].as_str().unwrap());
    let path = format!("/clusters/my-cluster/pod-identity-associations?nextToken={token}");
    let second = call(&api, HERE, "eks", &path).json();
    assert_eq!(second["associations"][0]["serviceAccount"], "web");
    assert!(second["nextToken"].is_null());
}

#[test]
fn everything_at_once() {
    let api = api();
    let body = iam(&api, "Action=GetAccountAuthorizationDetails&Filter.member.1=Role&Filter.member.2=LocalManagedPolicy").body;
    assert_eq!(texts(&body, "RoleName"), ["app", "node", "other"]);
    assert_eq!(texts(&body, "DefaultVersionId").len(), 2);
    assert!(
        texts(&body, "Document")
            .iter()
            .any(|document| percent_decode(document) == r#"{"Statement":["newer"]}"#)
    );
    assert_eq!(texts(&body, "IsTruncated"), ["false"]);
}

#[test]
fn errors_have_the_real_shapes() {
    let api = api();
    let none = iam(&api, "Action=GetRole&RoleName=nobody");
    assert_eq!(
        texts(&none.body, "Message"),
        ["The role with name nobody cannot be found."]
    );
    assert_eq!(iam(&api, "Action=GetRole&RoleName=a%0Ab").status, 400);
    api.set_faults(vec![
        Fault::denied("iam:GetRole$|eks:.*"),
        Fault::throttled("iam:ListRoles"),
    ]);
    let denied = iam(&api, "Action=GetRole&RoleName=app");
    assert_eq!(
        (denied.status, texts(&denied.body, "Code")),
        (403, vec!["AccessDenied"])
    );
    let want = "User: arn:aws:iam::123456789012:user/tester is not authorized to perform: iam:GetRole on resource: role app \
        because no identity-based policy allows the iam:GetRole action";
    assert_eq!(texts(&denied.body, "Message"), [want]);
    let throttled = iam(&api, "Action=ListRoles");
    assert_eq!(
        (throttled.status, texts(&throttled.body, "Message")),
        (400, vec!["Rate exceeded"])
    );
    let eks = call(&api, HERE, "eks", "/clusters/my-cluster");
    assert_eq!(eks.status, 403);
    assert!(eks.head.contains("x-amzn-ErrorType: AccessDeniedException"));
    assert_eq!(iam(&api, "Action=SimulatePrincipalPolicy").status, 500);
    api.set_faults(vec![Fault::new("iam:.*", Effect::Html(200))]);
    assert!(
        iam(&api, "Action=GetRole&RoleName=app")
            .body
            .starts_with("<html>")
    );
}

#[test]
fn eks_describes_what_there_is() {
    let mut cluster = Cluster::new(ISSUER);
    cluster
        .extra
        .insert("tags".to_owned(), json!({"team": "infra"}));
    let api = AwsApi::start(&accounts(), cluster);
    let body = call(&api, HERE, "eks", "/clusters/my-cluster").json();
    assert_eq!(body["cluster"]["identity"]["oidc"]["issuer"], ISSUER);
    assert_eq!(body["cluster"]["tags"]["team"], "infra");
    let none = call(&api, HERE, "eks", "/clusters/nope");
    assert!(
        none.head
            .contains("x-amzn-ErrorType: ResourceNotFoundException")
    );
    assert_eq!(none.json()["message"], "No cluster found for name: nope.");
    assert_eq!(call(&api, OTHER, "eks", "/clusters/my-cluster").status, 404);

    let path = "/clusters/my-cluster/pod-identity-associations";
    let list = call(
        &api,
        HERE,
        "eks",
        &format!("{path}?namespace=shop&serviceAccount=app"),
    )
    .json();
    assert_eq!(list["associations"].as_array().unwrap().len(), 1);
    assert!(list["associations"][0].get("roleArn").is_none());
    let id = list["associations"][0]["associationId"].as_str().unwrap();
    let one = call(&api, HERE, "eks", &format!("{path}/{id}")).json();
    assert_eq!(one["association"]["targetRoleArn"], "arn:t");
    assert_eq!(
        call(&api, HERE, "eks", &format!("{path}/a-none")).status,
        404
    );
    let addons = call(&api, HERE, "eks", "/clusters/my-cluster/addons").json();
    assert!(
        addons["addons"]
            .as_array()
            .unwrap()
            .contains(&json!("eks-pod-identity-agent"))
    );
    assert_eq!(
        call(&api, HERE, "eks", "/clusters/my-cluster/addons/vpc-cni").json()["addon"]["status"],
        "ACTIVE"
    );
}

#[test]
fn an_assumed_role_may_call() {
    let api = api();
    let assumed = iam(&api, "Action=ListRoles").status;
    assert_eq!(assumed, 200);
    let form = "Action=AssumeRole&RoleArn=arn:aws:iam::210987654321:role/far&RoleSessionName=s";
    let body = call(&api, HERE, "sts", form).body;
    let key = texts(&body, "AccessKeyId")[0].to_owned();
    let signature = format!(
        "AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0"
    );
    let headers = [
        ("Authorization", signature.as_str()),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ];
    let role = send(
        &api.url(),
        "POST",
        "/",
        &headers,
        "Action=GetRole&RoleName=far",
    );
    assert_eq!(role.status, 200);
    assert_eq!(
        api.operations(),
        ["iam:ListRoles", "sts:AssumeRole", "iam:GetRole"]
    );
}

#[test]
fn messages_are_decoded_if_known() {
    let api = api();
    api.set_decoded_message("abc", "{\"allowed\":false}");
    let body = call(
        &api,
        HERE,
        "sts",
        "Action=DecodeAuthorizationMessage&EncodedMessage=abc",
    )
    .body;
    assert_eq!(
        texts(&body, "DecodedMessage"),
        ["{&quot;allowed&quot;:false}"]
    );
    assert_eq!(
        call(
            &api,
            HERE,
            "sts",
            "Action=DecodeAuthorizationMessage&EncodedMessage=x"
        )
        .status,
        400
    );
}

#[test]
fn writes_are_refused_and_remembered() {
    let api = api();
    assert_eq!(
        iam(
            &api,
            "Action=UpdateAssumeRolePolicy&RoleName=app&PolicyDocument=x"
        )
        .status,
        403
    );
    assert_eq!(
        api.acknowledge_violations(),
        ["POST iam:UpdateAssumeRolePolicy"]
    );
}
