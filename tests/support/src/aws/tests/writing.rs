use super::*;

#[test]
fn writes_change_the_accounts_where_they_are_allowed() {
    let api = api();
    api.allow_writes();
    let new = crate::encoding::percent_encode("{\"Version\": \"2012-10-17\"}");
    let update = |document: &str| iam(&api, &format!("Action=UpdateAssumeRolePolicy&RoleName=app&PolicyDocument={document}"));
    assert_eq!(texts(&update("nonsense").body, "Code"), ["MalformedPolicyDocument"]);
    assert_eq!(update(&new).status, 200);
    let trust = iam(&api, "Action=GetRole&RoleName=app").body;
    assert_eq!(texts(&trust, "AssumeRolePolicyDocument"), [new.as_str()]);

    let arn = "PolicyArn=arn:aws:iam::123456789012:policy/app-policy";
    let version = iam(&api, &format!("Action=CreatePolicyVersion&{arn}&PolicyDocument={new}&SetAsDefault=true"));
    assert_eq!(texts(&version.body, "VersionId"), ["v3"]);
    assert_eq!(texts(&iam(&api, &format!("Action=GetPolicy&{arn}")).body, "DefaultVersionId"), ["v3"]);
    assert_eq!(iam(&api, &format!("Action=DetachRolePolicy&RoleName=app&{arn}")).status, 200);
    assert!(texts(&iam(&api, "Action=ListAttachedRolePolicies&RoleName=app").body, "PolicyArn").is_empty());
    assert_eq!(iam(&api, &format!("Action=AttachRolePolicy&RoleName=app&{arn}X")).status, 404);
    assert_eq!(iam(&api, &format!("Action=AttachRolePolicy&RoleName=app&{arn}")).status, 200);
    assert_eq!(texts(&iam(&api, "Action=ListAttachedRolePolicies&RoleName=app").body, "PolicyArn").len(), 1);
    assert_eq!(iam(&api, "Action=DeleteRolePermissionsBoundary&RoleName=app").status, 200);
    assert!(!iam(&api, "Action=GetRole&RoleName=app").body.contains("PermissionsBoundary"));
}

#[test]
fn providers_and_roles_are_created() {
    let api = api();
    api.allow_writes();
    let new = crate::encoding::percent_encode("{\"Version\": \"2012-10-17\"}");
    let create = "Action=CreateOpenIDConnectProvider&Url=https://oidc.example/id/1&ClientIDList.member.1=a";
    let provider = call(&api, OTHER, "iam", create).body;
    let arn = texts(&provider, "OpenIDConnectProviderArn")[0].to_owned();
    assert_eq!(arn, "arn:aws:iam::210987654321:oidc-provider/oidc.example/id/1");
    assert_eq!(call(&api, OTHER, "iam", create).status, 409);
    let form = format!("OpenIDConnectProviderArn={arn}&ClientID=b");
    assert_eq!(call(&api, OTHER, "iam", &format!("Action=AddClientIDToOpenIDConnectProvider&{form}")).status, 200);
    let one = call(&api, OTHER, "iam", &format!("Action=GetOpenIDConnectProvider&{form}")).body;
    assert_eq!(texts(texts(&one, "ClientIDList")[0], "member"), ["a", "b"]);
    let role = format!("Action=CreateRole&RoleName=new&Path=/x/&AssumeRolePolicyDocument={new}");
    assert_eq!(texts(&iam(&api, &role).body, "Arn"), ["arn:aws:iam::123456789012:role/x/new"]);
    assert_eq!(iam(&api, &role).status, 409);
}

#[test]
fn associations_are_written_as_json() {
    let api = api();
    api.allow_writes();
    let key = AwsApi::access_key(HERE);
    let signature = format!("AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/eks/aws4_request");
    let headers = [("Authorization", signature.as_str()), ("Content-Type", "application/json")];
    let path = "/clusters/my-cluster/pod-identity-associations";
    let list = call(&api, HERE, "eks", &format!("{path}?serviceAccount=app")).json();
    let id = list["associations"][0]["associationId"].as_str().unwrap();
    let change = json!({"disableSessionTags": true}).to_string();
    let changed = send(&api.url(), "POST", &format!("{path}/{id}"), &headers, &change).json();
    assert_eq!(changed["association"]["disableSessionTags"], true);
    let new = json!({"namespace": "n", "serviceAccount": "s", "roleArn": "arn:r"}).to_string();
    assert_eq!(send(&api.url(), "POST", path, &headers, &new).status, 200);
    assert_eq!(send(&api.url(), "POST", path, &headers, &new).status, 409);
    assert_eq!(call(&api, HERE, "eks", path).json()["associations"].as_array().unwrap().len(), 3);
}
