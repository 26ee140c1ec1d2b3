use super::*;

#[test]
fn the_access_key_tells_the_account() {
    let api = api();
    for account in [HERE, OTHER] {
        let body = call(&api, account, "sts", "Action=GetCallerIdentity&Version=2011-06-15").body;
        assert_eq!(texts(&body, "Account"), [account]);
        assert_eq!(texts(&body, "Arn"), [format!("arn:aws:iam::{account}:user/tester")]);
    }
    assert_eq!(iam(&api, "Action=GetRole&RoleName=far").status, 404);
    assert_eq!(call(&api, OTHER, "iam", "Action=GetRole&RoleName=far").status, 200);
    let unknown = call(&api, "999999999999", "iam", "Action=ListRoles");
    assert_eq!((unknown.status, texts(&unknown.body, "Code")), (403, vec!["InvalidClientTokenId"]));
}

#[test]
fn documents_are_encoded_and_keep_their_text() {
    let api = api();
    let body = iam(&api, "Action=GetRole&RoleName=app").body;
    let document = texts(&body, "AssumeRolePolicyDocument")[0];
    assert!(document.starts_with("%7B%22") && !document.contains('+'));
    assert_eq!(percent_decode(document), r#"{"Statement":[],"Version":"2012-10-17"}"#);
    let version = iam(&api, "Action=GetPolicyVersion&VersionId=v1&PolicyArn=arn:aws:iam::123456789012:policy/app-policy");
    assert_eq!(percent_decode(texts(&version.body, "Document")[0]), r#"{"Statement":["a b+c%"]}"#);
    let inline = iam(&api, "Action=GetRolePolicy&RoleName=app&PolicyName=in").body;
    assert_eq!(percent_decode(texts(&inline, "PolicyDocument")[0]), r#"{"x":1}"#);
    let raw = iam(&api, "Action=GetRole&RoleName=other").body;
    assert_eq!(percent_decode(texts(&raw, "AssumeRolePolicyDocument")[0]), "{ not json");
}

#[test]
fn get_role_says_more_than_list_roles() {
    let api = api();
    let one = iam(&api, "Action=GetRole&RoleName=app").body;
    assert_eq!(texts(&one, "Arn"), ["arn:aws:iam::123456789012:role/team/app"]);
    assert_eq!(texts(&one, "PermissionsBoundaryArn"), ["arn:aws:iam::123456789012:policy/limit"]);
    assert_eq!((texts(&one, "Key"), texts(&one, "Value")), (vec!["team"], vec!["data"]));
    assert_eq!(texts(&one, "MaxSessionDuration"), ["3600"]);
    let all = iam(&api, "Action=ListRoles").body;
    assert_eq!(texts(&all, "RoleName"), ["app", "node", "other"]);
    assert!(!all.contains("Tags") && !all.contains("PermissionsBoundary"));
    assert_eq!(texts(&iam(&api, "Action=ListRoles&PathPrefix=/team/").body, "RoleName"), ["app"]);
}

#[test]
fn versions_that_are_not_the_default() {
    let api = api();
    let arn = "PolicyArn=arn:aws:iam::123456789012:policy/app-policy";
    let policy = iam(&api, &format!("Action=GetPolicy&{arn}")).body;
    assert_eq!((texts(&policy, "DefaultVersionId"), texts(&policy, "AttachmentCount")), (vec!["v1"], vec!["1"]));
    let versions = iam(&api, &format!("Action=ListPolicyVersions&{arn}")).body;
    assert_eq!(texts(&versions, "VersionId"), ["v2", "v1"]);
    assert_eq!(texts(&versions, "IsDefaultVersion"), ["false", "true"]);
    assert!(!versions.contains("<Document>"));
    let managed = "PolicyArn=arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy";
    assert_eq!(texts(&iam(&api, &format!("Action=GetPolicy&{managed}")).body, "AttachmentCount"), ["1"]);
    let users = iam(&api, &format!("Action=ListEntitiesForPolicy&{managed}")).body;
    assert_eq!(texts(&users, "RoleName"), ["node"]);
}

#[test]
fn providers_follow_the_issuer() {
    let api = api();
    let arn = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE";
    assert_eq!(texts(&iam(&api, "Action=ListOpenIDConnectProviders").body, "Arn"), [arn]);
    let one = iam(&api, &format!("Action=GetOpenIDConnectProvider&OpenIDConnectProviderArn={arn}")).body;
    assert_eq!(texts(&one, "Url"), ["oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE"]);
    assert_eq!(texts(texts(&one, "ClientIDList")[0], "member"), ["sts.amazonaws.com"]);
    let none = iam(&api, &format!("Action=GetOpenIDConnectProvider&OpenIDConnectProviderArn={arn}X"));
    assert_eq!((none.status, texts(&none.body, "Code")), (404, vec!["NoSuchEntity"]));
    assert!(texts(&call(&api, OTHER, "iam", "Action=ListOpenIDConnectProviders").body, "Arn").is_empty());
    let foreign = call(&api, OTHER, "iam", &format!("Action=GetOpenIDConnectProvider&OpenIDConnectProviderArn={arn}"));
    assert_eq!(foreign.status, 403);
}

#[test]
fn a_document_keeps_its_lines_but_not_the_depth_of_the_file() {
    let text = "{\n  \"x\": {\n    \"Version\": \"2012-10-17\",\n    \"Statement\": [\n      \"  a\"\n    ]\n  }\n}";
    let documents: BTreeMap<String, Document> = serde_json::from_str(text).unwrap();
    assert_eq!(documents["x"].0, "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    \"  a\"\n  ]\n}");
}
