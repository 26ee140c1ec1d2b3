use super::super::tests::{faults, one};
use crate::policy::PolicyKind;

/// The faults of a trust policy with this Principal element.
fn trust(element: &str) -> Vec<(String, String)> {
    let text = format!(r#"{{"Statement":[{{"Effect":"Allow",{element},"Action":"sts:AssumeRole"}}]}}"#);
    faults(&text, PolicyKind::Trust)
}

#[test]
fn legal_principals() {
    for value in [
        r#""*""#,
        r#"{"AWS":"*"}"#,
        r#"{"AWS":["111122223333","arn:aws:iam::111122223333:root","arn:aws-cn:iam::111122223333:role/a/b"]}"#,
        r#"{"AWS":"arn:aws:sts::111122223333:assumed-role/a/b"}"#,
        r#"{"AWS":"AROAIIDR4EXAMPLE1234A"}"#,
        r#"{"Service":"ec2.amazonaws.com","Federated":["cognito-identity.amazonaws.com","https://oidc.example.com"]}"#,
        r#"{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.example.com"}"#,
    ] {
        assert_eq!(trust(&format!(r#""Principal":{value}"#)), [], "{value}");
    }
}

#[test]
fn illegal_principals() {
    let base = "$['Statement'][0]['Principal']";
    one(&trust(r#""Sid":"x""#), "no Principal", "$['Statement'][0]");
    one(&trust(r#""Principal":"111122223333""#), "must be `*` or an object", base);
    one(&trust(r#""Principal":{}"#), "empty", base);
    one(&trust(r#""Principal":{"Aws":"*"}"#), "no type of principal", &format!("{base}['Aws']"));
    one(&trust(r#""Principal":{"AWS":[]}"#), "empty list", &format!("{base}['AWS']"));
    for name in ["", "1234", "arn:aws:iam::1:role/x", "arn:aws:iam::111122223333:role/*", "arn:aws:s3:::b", "arn:aws:iam", "x"] {
        let found = trust(&format!(r#""Principal":{{"AWS":["{name}"]}}"#));
        one(&found, "malformed principal", &format!("{base}['AWS'][0]"));
    }
    for kind in ["Federated", "Service", "CanonicalUser"] {
        let found = faults(
            &format!(r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"{kind}":""}},"Action":"s3:*","Resource":"*"}}]}}"#),
            PolicyKind::Resource,
        );
        one(&found, "is empty", &format!("{base}['{kind}']"));
    }
    for id in ["AROASHORT", "XXXAIIDR4EXAMPLE1234A", "AROAIIDR4example1234A"] {
        one(&trust(&format!(r#""Principal":{{"AWS":"{id}"}}"#)), "malformed principal", &format!("{base}['AWS']"));
    }
    one(&trust(r#""Principal":{"Federated":"arn:aws:iam"}"#), "malformed", &format!("{base}['Federated']"));
    one(&trust(r#""Principal":{"Service":"*.amazonaws.com"}"#), "malformed", &format!("{base}['Service']"));
    one(&trust(r#""Principal":"*","Resource":"*""#), "trust policy has no Resource", "$['Statement'][0]['Resource']");
    one(&trust(r#""Principal":"*","NotPrincipal":"*""#), "both Principal and NotPrincipal", "$['Statement'][0]");
}
