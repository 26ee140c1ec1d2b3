//! Manifests as people write them.

use super::*;

#[test]
fn the_old_name_of_a_service_account_counts_where_the_new_one_is_not_set() {
    let manifests = std::fs::read_to_string(kept("manifests/app.yaml")).unwrap();
    let trust = ["-", "--trust-policy", "policies/trust.json", "--issuer", ISSUER, "-o", "json"];
    let with = |account: &str, label: &str| {
        let text = manifests.replace("      serviceAccountName: checkout\n", account);
        let text = text.replace("labels: {app: checkout}\n    spec", &format!("labels: {{app: checkout{label}}}\n    spec"));
        let report = report_of(&lint_with(&kept(""), &trust, &text));
        (report["targets"].as_array().unwrap().len(), faults(&report).join(" "))
    };
    let skip = ", eks.amazonaws.com/skip-pod-identity-webhook: \"true\"";
    for account in
        ["serviceAccount: checkout", "{serviceAccount: checkout, serviceAccountName: \"\"}", "serviceAccountName: checkout"]
    {
        let account = account.trim_matches(['{', '}']).replace(", ", "\n      ");
        let account = format!("      {account}\n");
        assert_eq!(with(&account, ""), (1, String::new()), "{account}");
        assert_eq!(with(&account, skip), (1, "webhook-skip-label".to_owned()), "{account}");
    }
    // Where both are set the new one counts: the pods then run as another account, which isn't in the files, and the label is
    // no matter.
    let both = "      serviceAccount: checkout\n      serviceAccountName: other\n";
    assert_eq!(with(both, skip), (1, String::new()));
}

#[test]
fn what_the_webhook_has_yet_to_do_is_no_fault() {
    let manifests = std::fs::read_to_string(kept("manifests/app.yaml")).unwrap();
    let region = "            - name: AWS_REGION\n              value: eu-west-1\n";
    let by_hand = "            - {name: AWS_ROLE_ARN, value: 'arn:aws:iam::123456789012:role/checkout'}\n            - {name: AWS_WEB_IDENTITY_TOKEN_FILE, value: /var/run/secrets/eks.amazonaws.com/serviceaccount/token}\n";
    let endpoint = "            - {name: AWS_STS_REGIONAL_ENDPOINTS, value: regional}\n";
    let with = |more: &str| {
        let text = manifests.replace(region, &format!("{region}{more}"));
        let args = ["-", "--trust-policy", "policies/trust.json", "--issuer", ISSUER, "-o", "json"];
        let output = lint_with(&kept(""), &args, &text);
        (faults(&report_of(&output)).join(" "), output.status.code())
    };
    assert_eq!(with(by_hand), ("env-role-arn-hardcoded".to_owned(), Some(0)));
    let (found, code) = with(&format!("{by_hand}{endpoint}"));
    assert_eq!((found.split(' ').next(), code), (Some("token-mount-missing"), Some(1)));
    // It is told to leave the only container alone.
    let skip = "metadata:\n      annotations: {eks.amazonaws.com/skip-containers: app}\n      labels: {app: checkout}";
    let skipped = manifests.replace("metadata:\n      labels: {app: checkout}", skip);
    let output = lint_with(&kept(""), &["-", "-o", "json"], &skipped);
    let report = report_of(&output);
    assert_eq!((faults(&report), output.status.code()), (vec!["container-skipped"], Some(1)));
    assert_eq!(place(&report, "container-skipped")["line"], 21);
}

#[test]
fn an_issuer_names_the_partition() {
    let manifests = std::fs::read_to_string(kept("manifests/app.yaml")).unwrap().replace("arn:aws:", "arn:aws-cn:");
    let args = ["-", "--trust-policy", "policies/trust.json", "--issuer", ISSUER, "-o", "json"];
    let output = lint_with(&kept(""), &args, &manifests);
    assert_eq!((faults(&report_of(&output)), output.status.code()), (vec!["annotation-partition-mismatch"], Some(1)));
}
