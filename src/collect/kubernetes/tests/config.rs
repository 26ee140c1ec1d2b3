//! Kubeconfigs: which are read, what they tell, and what is wrong with them.

use super::*;
use crate::collect::kubernetes::{ClusterIdentity, ConnectError};
use irsa_doctor_checks::snapshot::EksCluster;

const ARN: &str = "arn:aws:eks:eu-west-1:123456789012:cluster/shop";
const HOST: &str = "https://0123456789ABCDEF0123456789ABCDEF.gr7.eu-west-1.eks.amazonaws.com";

/// What a kubeconfig's text leads to.
fn load(text: &str) -> Result<Connection, ConnectError> {
    let folder = TempDir::new();
    Connection::load(&options(folder.write("config", text)))
}

/// The error of a kubeconfig's text; it has a help, and shows nothing of the text's secrets.
#[track_caller]
fn refused(text: &str) -> ConnectError {
    let error = load(text).unwrap_err();
    let all = format!("{error} {} {:?} {:?}", error.help(), error, error.gap());
    assert!(!all.contains("hunter2"), "{all}");
    assert!(!error.help().is_empty() && !error.to_string().contains('\n'), "{all}");
    error
}

#[test]
fn no_kubeconfig_at_all() {
    let folder = TempDir::new();
    let home = folder.path().display().to_string();
    let error = Connection::load(&environment(&[("HOME", &home)])).unwrap_err();
    assert!(error.is_no_cluster());
    assert_eq!(error.gap().cause, GapCause::NoCredentials);
    assert!(error.to_string().contains("/.kube/config"), "{error}");
    let error = Connection::load(&options(folder.path().join("missing"))).unwrap_err();
    assert!(matches!(error, ConnectError::Unreadable { .. }), "{error}");
    let error = Connection::load(&options(folder.path())).unwrap_err();
    assert!(matches!(error, ConnectError::Unreadable { .. }), "a directory: {error}");
}

#[test]
fn files_that_are_no_kubeconfigs() {
    for text in ["", "{}", "apiVersion: v1\nkind: Config\n", "# only this\n"] {
        assert!(matches!(refused(text), ConnectError::Empty { .. }), "{text:?}");
    }
    for text in [
        "users:\n- name: u\n  user: {token: hunter2\n",
        "users: hunter2",
        "- hunter2",
        "hunter2",
        "users:\n- name: u\n  user:\n    token: [hunter2]\ncontexts: 7\n",
        "a: hunter2\n\tb: c\n",
        "\u{0}\u{1}hunter2",
    ] {
        assert!(matches!(refused(text), ConnectError::NotAKubeconfig { .. }), "{text:?}");
    }
    let folder = TempDir::new();
    let path = folder.path().join("binary");
    for bytes in [&[0xff, 0xfe, 0x00, 0xd8, 0x80][..], &[0xfe, 0xff, 0x00], &[0xff], &[0xc3, 0x28]] {
        std::fs::write(&path, bytes).unwrap();
        assert!(matches!(Connection::load(&options(&path)), Err(ConnectError::NotAKubeconfig { .. })), "{bytes:?}");
    }
}

#[test]
fn a_kubeconfig_of_powershell_is_read() {
    let folder = TempDir::new();
    let path = folder.path().join("utf16");
    let text = kubeconfig("https://api.example.com", "{}");
    let bytes: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(Connection::load(&options(path)).unwrap().server, "https://api.example.com");
}

#[test]
fn contexts_that_lead_nowhere() {
    let text = |current: &str| {
        format!(
            "current-context: {current}\nclusters: [{{name: c, cluster: {{server: 'https://x'}}}}]\nusers: [{{name: u, user: {{token: hunter2}}}}]\n\
             contexts: [{{name: shop-test, context: {{cluster: c, user: u}}}}, {{name: no-user, context: {{cluster: c, user: gone}}}}, \
             {{name: no-cluster, context: {{cluster: gone, user: u}}}}]\n"
        )
    };
    let ConnectError::UnknownContext { nearest, .. } = refused(&text("shop-tset")) else { panic!() };
    assert_eq!(nearest, ["shop-test"]);
    assert!(matches!(refused(&text("''")), ConnectError::NoCurrentContext { contexts } if contexts.len() == 3));
    assert!(matches!(refused(&text("no-user")), ConnectError::MissingUser { .. }));
    assert!(matches!(refused(&text("no-cluster")), ConnectError::MissingCluster { .. }));
    assert_eq!(load(&text("shop-test")).unwrap().context.as_deref(), Some("shop-test"));
    let folder = TempDir::new();
    let named = Options { context: Some("no-cluster".to_owned()), ..options(folder.write("config", &text("shop-test"))) };
    assert!(matches!(Connection::load(&named), Err(ConnectError::MissingCluster { .. })));
}

#[tokio::test]
async fn clusters_and_users_that_cannot_be_used() {
    for server in ["", "ftp://x", "https://", "not a url"] {
        assert!(matches!(refused(&kubeconfig(server, "{token: hunter2}")), ConnectError::BadCluster { .. }), "{server}");
    }
    for ca in
        ["certificate-authority-data: '!hunter2'", "certificate-authority-data: aHVudGVyMg==", "certificate-authority: /nowhere"]
    {
        let text = kubeconfig("https://x", "{}").replace("{server: \"https://x\"}", &format!("{{server: \"https://x\", {ca}}}"));
        assert!(matches!(refused(&text), ConnectError::BadCluster { what: "the CA", .. }), "{ca}");
    }
    assert!(matches!(refused(&kubeconfig("https://x", "{auth-provider: {name: oidc}}")), ConnectError::AuthProvider { .. }));
    for user in [
        "{client-certificate-data: aHVudGVyMg==, client-key-data: aHVudGVyMg==}",
        "{client-certificate: /nowhere, client-key: /nowhere}",
        "{client-certificate-data: '!hunter2', client-key-data: '!hunter2'}",
        "{tokenFile: /nowhere}",
        "{token: \"hunter2\\n\"}",
    ] {
        let opened = load(&kubeconfig("https://x", user)).unwrap().open(None, LIMITS).await;
        let error = opened.err().unwrap_or_else(|| panic!("{user}"));
        assert!(matches!(error, ConnectError::BadUser { .. }), "{user}: {error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}

#[test]
fn several_files_are_merged() {
    let folder = TempDir::new();
    let first = folder.write("a", "current-context: ''\nusers: [{name: u, user: {token: first}}]\n");
    let second = folder.write("b", &kubeconfig("https://one.example", "{token: second}"));
    let third = folder.write("c", &kubeconfig("https://two.example", "{}").replace("here", "there"));
    let missing = folder.path().join("missing");
    let list = std::env::join_paths([&missing, &first, &second, &third]).unwrap().into_string().unwrap();
    let connection = Connection::load(&environment(&[("KUBECONFIG", &list)])).unwrap();
    assert_eq!(connection.context.as_deref(), Some("here"));
    assert_eq!((connection.server.as_str(), connection.namespace.as_str()), ("https://one.example", "shop"));
    let there = Options { context: Some("there".to_owned()), ..environment(&[("KUBECONFIG", &list)]) };
    assert_eq!(Connection::load(&there).unwrap().server, "https://one.example", "the first entry of a name wins");
    let flag = Options { kubeconfig: Some(third), ..environment(&[("KUBECONFIG", &list)]) };
    assert_eq!(Connection::load(&flag).unwrap().server, "https://two.example");
}

#[test]
fn a_server_is_shown_without_its_password() {
    let connection = load(&kubeconfig("https://me:hunter2@api.example.com:6443/k8s", "{}")).unwrap();
    assert_eq!(connection.server, "https://api.example.com:6443/k8s");
}

/// The kubeconfig of `aws eks update-kubeconfig`, or a variant of it.
fn eks(name: &str, user: &str) -> String {
    format!(
        "current-context: \"{name}\"\nclusters: [{{name: \"{name}\", cluster: {{server: '{HOST}'}}}}]\n\
         contexts: [{{name: \"{name}\", context: {{cluster: \"{name}\", user: u}}}}]\nusers: [{{name: u, user: {user}}}]\n"
    )
}

#[test]
fn the_names_tell_the_cluster() {
    let exec = "{exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws, args: [--region, eu-west-1, eks, get-token, \
                --cluster-name, shop, --output, json], env: [{name: AWS_PROFILE, value: dev}]}}";
    let connection = load(&eks(ARN, exec)).unwrap();
    let hint = "https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF";
    let wanted = ClusterIdentity {
        name: Some("shop".to_owned()),
        arn: Some(ARN.to_owned()),
        region: Some("eu-west-1".to_owned()),
        account: Some("123456789012".to_owned()),
        partition: Some("aws".to_owned()),
        hinted_issuer: Some(hint.to_owned()),
    };
    assert_eq!(connection.identity, wanted);
    assert_eq!(connection.profile.as_deref(), Some("dev"));
    let request = connection.token_request().unwrap();
    assert_eq!((request.cluster_id.as_str(), request.region.as_deref()), ("shop", Some("eu-west-1")));
    assert_eq!(request.profile.as_deref(), Some("dev"));
    assert!(connection.has_plugin());

    let renamed = load(&eks("prod", exec)).unwrap();
    assert_eq!((renamed.identity.name.as_deref(), renamed.identity.account), (Some("shop"), None));
    let eksctl = load(&eks("ann@web.eu-west-1.eksctl.io", "{token: t}")).unwrap();
    assert_eq!((eksctl.identity.name.as_deref(), eksctl.token_request()), (Some("web"), None));
    let bare = load(&eks("prod", "{exec: {command: my-login, args: ['--profile=dev']}}")).unwrap();
    assert_eq!((bare.identity.name.as_deref(), bare.identity.region.as_deref()), (None, Some("eu-west-1")));
    assert_eq!((bare.profile.as_deref(), bare.token_request()), (Some("dev"), None));
}

#[test]
fn a_flag_turns_the_native_token_off() {
    let exec = "{exec: {command: aws-iam-authenticator, args: [token, -i, shop, -r, 'arn:aws:iam::123456789012:role/r']}}";
    let folder = TempDir::new();
    let file = folder.write("config", &eks("prod", exec));
    let native = Connection::load(&options(&file)).unwrap();
    assert_eq!(native.token_request().unwrap().role_arn.as_deref(), Some("arn:aws:iam::123456789012:role/r"));
    let plain = Connection::load(&Options { no_native_token: true, ..options(&file) }).unwrap();
    assert_eq!((plain.token_request(), plain.has_plugin()), (None, true));
    assert_eq!(plain.identity.name.as_deref(), Some("shop"));
}

#[test]
fn a_cluster_by_name_finds_its_context() {
    let second = ARN.replace("shop", "web");
    let text = format!(
        "current-context: \"{ARN}\"\nclusters: [{{name: \"{ARN}\", cluster: {{server: '{HOST}'}}}}, {{name: \"{second}\", cluster: {{server: 'https://web'}}}}]\n\
         contexts: [{{name: \"{ARN}\", context: {{cluster: \"{ARN}\"}}}}, {{name: web, context: {{cluster: \"{second}\"}}}}]\n"
    );
    let folder = TempDir::new();
    let file = folder.write("config", &text);
    let named = |name: &str| Connection::load(&Options { cluster: Some(name.to_owned()), ..options(&file) });
    assert_eq!(named("shop").unwrap().context.as_deref(), Some(ARN));
    assert_eq!(named("web").unwrap().context.as_deref(), Some("web"));
    let error = named("gone").unwrap_err();
    assert!(matches!(error, ConnectError::OtherCluster { .. }) && error.is_no_cluster(), "{error}");
}

#[tokio::test]
async fn a_cluster_of_eks_needs_no_kubeconfig() {
    let server = KubernetesApi::start([pod("shop", "api-0")]);
    server.require_token("made-here");
    let eks = EksCluster { name: "shop".to_owned(), arn: ARN.to_owned(), endpoint: Some(server.url()), ..EksCluster::default() };
    let connection = Connection::from_eks(&eks, &Options::default()).unwrap();
    assert_eq!(connection.identity.account.as_deref(), Some("123456789012"));
    assert_eq!(connection.token_request().unwrap().region.as_deref(), Some("eu-west-1"));
    let api = connection.open(Some("made-here".to_owned()), LIMITS).await.unwrap();
    assert!(api.pod("shop", "api-0").await.is_present());
    let nowhere = Connection::from_eks(&EksCluster { endpoint: None, ..eks }, &Options::default());
    assert!(matches!(nowhere, Err(ConnectError::BadCluster { .. })));
}

#[test]
fn a_server_that_need_not_prove_itself_is_told_apart() {
    let config = |cluster: &str| {
        let text = format!(
            "current-context: c\ncontexts: [{{name: c, context: {{cluster: k, user: u}}}}]\nusers: [{{name: u, user: {{}}}}]\n\
             clusters: [{{name: k, cluster: {{{cluster}}}}}]\n"
        );
        load(&text).unwrap().trusts_anybody()
    };
    assert!(config("server: 'https://x.example', insecure-skip-tls-verify: true"));
    assert!(!config("server: 'https://x.example', insecure-skip-tls-verify: false"));
    assert!(!config("server: 'https://x.example'"));
    assert!(!config("server: 'http://x.example', insecure-skip-tls-verify: true"), "there is nothing to verify");
}
