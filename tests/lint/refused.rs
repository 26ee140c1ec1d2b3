//! What the API server refuses, and what is no manifest yet: never left out in silence, never judged as it stands.

use super::*;

fn manifests(old: &str, new: &str) -> String {
    let text = std::fs::read_to_string(kept("manifests/app.yaml")).unwrap();
    assert!(text.contains(old), "{old}");
    text.replacen(old, new, 1)
}

#[test]
fn a_value_that_is_no_text_is_refused() {
    let annotation = "    eks.amazonaws.com/role-arn: arn:aws:iam::123456789012:role/checkout\n";
    let with = |value: &str| format!("{annotation}    eks.amazonaws.com/token-expiration: {value}\n");
    for (old, new, about) in [
        (annotation, with("300"), "ServiceAccount"),
        (annotation, with("true"), "ServiceAccount"),
        ("      labels: {app: checkout}\n    spec", "      labels: {app: 7}\n    spec".to_owned(), "Deployment"),
        ("value: eu-west-1", "value: 5".to_owned(), "Deployment"),
    ] {
        let output = lint_with(&kept(""), &["-", "-o", "json"], &manifests(old, &new));
        let report = report_of(&output);
        assert_eq!((report["verdict"].as_str(), output.status.code()), (Some("inconclusive"), Some(3)), "{new}: {report:#}");
        let gaps = report["targets"].as_array().unwrap().iter().flat_map(|target| target["gaps"].as_array().unwrap());
        let gap = gaps.into_iter().find(|gap| gap["cause"] == "malformed").unwrap_or_else(|| panic!("{new}: {report:#}"));
        assert!(gap["resource"].as_str().unwrap().starts_with(about), "{gap}");
        assert!(gap["detail"].as_str().unwrap().contains("in quotes"), "{gap}");
    }
    let quoted = lint_with(&kept(""), &["-", "-o", "json"], &manifests(annotation, &with("\"3600\"")));
    assert_eq!((quoted.status.code(), faults(&report_of(&quoted)).len()), (Some(0), 0));
    // A patch is no object, and nobody applies it as one.
    let patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: checkout}\nspec: {replicas: 2}\n---\n";
    let output = lint_with(&kept(""), &["-", "-o", "json"], &format!("{patch}{}", manifests("a", "a")));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_template_with_its_placeholders_in_quotes_is_not_rendered_yet() {
    let role = "arn:aws:iam::123456789012:role/checkout";
    for (old, new) in [
        (role, "\"{{ .Values.roleArn }}\""),
        (role, "\"arn:aws:iam::{{ .Values.account }}:role/checkout\""),
        ("namespace: shop", "namespace: \"{{ .Release.Namespace }}\""),
        ("serviceAccountName: checkout", "serviceAccountName: '{{ include \"checkout.name\" . }}'"),
        ("value: eu-west-1", "value: \"{{ .Values.region }}\""),
    ] {
        let folder = TempDir::new();
        std::fs::write(folder.path().join("app.yaml"), manifests(old, new)).unwrap();
        let run = |args: &[&str]| {
            let output = lint_with(folder.path(), args, "");
            (output.status.code(), String::from_utf8(output.stderr).unwrap())
        };
        let (code, said) = run(&["app.yaml"]);
        assert!(code == Some(2) && said.contains("is not rendered yet"), "{new}: {said}");
        let (code, said) = run(&["--skip-others", "app.yaml"]);
        assert!(code == Some(0) && said.contains("not rendered yet and was left out"), "{new}: {said}");
    }
    // What programs fill in themselves is no placeholder of a chart.
    let vault = "metadata:\n      annotations: {vault.hashicorp.com/agent-inject-template-x: '{{ with secret \"x\" }}'}\n      labels: {app: checkout}";
    let text = manifests("metadata:\n      labels: {app: checkout}", vault);
    let map = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: alerts}\ndata: {text: \"{{ .Labels }}\"}\n";
    assert_eq!(lint_with(&kept(""), &["-"], &format!("{text}{map}")).status.code(), Some(0));
}
