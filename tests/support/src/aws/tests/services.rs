use super::*;

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
    let first = call(&api, HERE, "eks", "/clusters/my-cluster/pod-identity-associations").json();
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
    assert!(texts(&body, "Document").iter().any(|document| percent_decode(document) == r#"{"Statement":["newer"]}"#));
    assert_eq!(texts(&body, "IsTruncated"), ["false"]);
}

#[test]
fn errors_have_the_real_shapes() {
    let api = api();
    let none = iam(&api, "Action=GetRole&RoleName=nobody");
    assert_eq!(texts(&none.body, "Message"), ["The role with name nobody cannot be found."]);
    assert_eq!(iam(&api, "Action=GetRole&RoleName=a%0Ab").status, 400);
    api.set_faults(vec![Fault::denied("iam:GetRole$|eks:.*"), Fault::throttled("iam:ListRoles")]);
    let denied = iam(&api, "Action=GetRole&RoleName=app");
    assert_eq!((denied.status, texts(&denied.body, "Code")), (403, vec!["AccessDenied"]));
    let want = "User: arn:aws:iam::123456789012:user/tester is not authorized to perform: iam:GetRole on resource: role app \
        because no identity-based policy allows the iam:GetRole action";
    assert_eq!(texts(&denied.body, "Message"), [want]);
    let throttled = iam(&api, "Action=ListRoles");
    assert_eq!((throttled.status, texts(&throttled.body, "Message")), (400, vec!["Rate exceeded"]));
    let eks = call(&api, HERE, "eks", "/clusters/my-cluster");
    assert_eq!(eks.status, 403);
    assert!(eks.head.contains("x-amzn-ErrorType: AccessDeniedException"));
    assert_eq!(iam(&api, "Action=SimulateCustomPolicy").status, 500);
    api.set_faults(vec![Fault::new("iam:.*", Effect::Html(200))]);
    assert!(iam(&api, "Action=GetRole&RoleName=app").body.starts_with("<html>"));
}

#[test]
fn eks_describes_what_there_is() {
    let mut cluster = Cluster::new(ISSUER);
    cluster.extra.insert("tags".to_owned(), json!({"team": "infra"}));
    let api = AwsApi::start(&accounts(), cluster);
    let body = call(&api, HERE, "eks", "/clusters/my-cluster").json();
    assert_eq!(body["cluster"]["identity"]["oidc"]["issuer"], ISSUER);
    assert_eq!(body["cluster"]["tags"]["team"], "infra");
    let none = call(&api, HERE, "eks", "/clusters/nope");
    assert!(none.head.contains("x-amzn-ErrorType: ResourceNotFoundException"));
    assert_eq!(none.json()["message"], "No cluster found for name: nope.");
    assert_eq!(call(&api, OTHER, "eks", "/clusters/my-cluster").status, 404);

    let path = "/clusters/my-cluster/pod-identity-associations";
    let list = call(&api, HERE, "eks", &format!("{path}?namespace=shop&serviceAccount=app")).json();
    assert_eq!(list["associations"].as_array().unwrap().len(), 1);
    assert!(list["associations"][0].get("roleArn").is_none());
    let id = list["associations"][0]["associationId"].as_str().unwrap();
    let one = call(&api, HERE, "eks", &format!("{path}/{id}")).json();
    assert_eq!(one["association"]["targetRoleArn"], "arn:t");
    assert_eq!(call(&api, HERE, "eks", &format!("{path}/a-none")).status, 404);
    let addons = call(&api, HERE, "eks", "/clusters/my-cluster/addons").json();
    assert!(addons["addons"].as_array().unwrap().contains(&json!("eks-pod-identity-agent")));
    assert_eq!(call(&api, HERE, "eks", "/clusters/my-cluster/addons/vpc-cni").json()["addon"]["status"], "ACTIVE");
}

#[test]
fn an_assumed_role_may_call() {
    let api = api();
    let assumed = iam(&api, "Action=ListRoles").status;
    assert_eq!(assumed, 200);
    let form = "Action=AssumeRole&RoleArn=arn:aws:iam::210987654321:role/far&RoleSessionName=s";
    let body = call(&api, HERE, "sts", form).body;
    let key = texts(&body, "AccessKeyId")[0].to_owned();
    let signature =
        format!("AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0");
    let headers = [("Authorization", signature.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
    let role = send(&api.url(), "POST", "/", &headers, "Action=GetRole&RoleName=far");
    assert_eq!(role.status, 200);
    assert_eq!(api.operations(), ["iam:ListRoles", "sts:AssumeRole", "iam:GetRole"]);
}

#[test]
fn messages_are_decoded_if_known() {
    let api = api();
    api.set_decoded_message("abc", "{\"allowed\":false}");
    let body = call(&api, HERE, "sts", "Action=DecodeAuthorizationMessage&EncodedMessage=abc").body;
    assert_eq!(texts(&body, "DecodedMessage"), ["{&quot;allowed&quot;:false}"]);
    assert_eq!(call(&api, HERE, "sts", "Action=DecodeAuthorizationMessage&EncodedMessage=x").status, 400);
}

#[test]
fn writes_are_refused_and_remembered() {
    let api = api();
    assert_eq!(iam(&api, "Action=UpdateAssumeRolePolicy&RoleName=app&PolicyDocument=x").status, 403);
    assert_eq!(api.acknowledge_violations(), ["POST iam:UpdateAssumeRolePolicy"]);
}
