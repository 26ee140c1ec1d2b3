//! What a pod needs, as a list: `--needs FILE` and `--context-key`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test: it may fail loudly")]

use irsa_doctor_test_support::{Recording, Served};
use serde_json::{Value, json};

fn run(served: &Served, words: &[&str]) -> (Value, i32) {
    let mut command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
    let output = command.args(["--pod", "app", "-n", "pay-68c46", "-o", "json"]).args(words).output().unwrap();
    let report = serde_json::from_slice(&output.stdout);
    let report = report.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (report, output.status.code().unwrap())
}

fn decisions(report: &Value) -> Vec<(&str, &str, &str)> {
    let decisions = report.pointer("/targets/0/decisions").and_then(Value::as_array).unwrap_or_else(|| panic!("{report}"));
    decisions
        .iter()
        .filter_map(|decision| {
            Some((decision["action"].as_str()?, decision["resource"].as_str()?, decision["decision"].as_str()?))
        })
        .collect()
}

#[test]
fn every_need_of_the_list_is_judged() {
    let served = Recording::load("plain").serve();
    let yaml = "- action: [s3:GetObject, s3:PutObject]\n  resource: arn:aws:s3:::my-bucket/x\n- action: s3:ListBucket\n  resource: arn:aws:s3:::my-bucket\n";
    served.folder().write("needs.yaml", yaml);
    let (report, code) = run(&served, &["--needs", "needs.yaml"]);
    assert_eq!(code, 0, "{report}");
    let object = "arn:aws:s3:::my-bucket/x";
    let wanted = [
        ("s3:GetObject", object, "allow"),
        ("s3:PutObject", object, "allow"),
        ("s3:ListBucket", "arn:aws:s3:::my-bucket", "allow"),
    ];
    assert_eq!(decisions(&report), wanted);
    served.folder().write("more.json", r#"[{"action": "s3:DeleteObject", "resource": "arn:aws:s3:::my-bucket/x"}]"#);
    let (report, code) = run(&served, &["--needs", "needs.yaml", "--needs", "more.json"]);
    assert_eq!((code, &report["targets"][0]["first_broken"]), (1, &json!("required-actions")), "{report}");
    assert_eq!(decisions(&report)[3], ("s3:DeleteObject", object, "implicit-deny"));
}

#[test]
fn a_condition_key_decides() {
    let mut recording = Recording::load("plain");
    for role in recording.accounts.accounts.values_mut().flat_map(|account| &mut account.roles) {
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}},
        }]});
        role.attached.customer.values_mut().for_each(|document| *document = policy.clone().into());
    }
    let served = recording.serve();
    let decision = |words: &[&str]| {
        let object = ["--action", "s3:GetObject", "--resource", "arn:aws:s3:::my-bucket/x"];
        let (report, code) = run(&served, &[&object, words].concat());
        (decisions(&report)[0].2.to_owned(), code)
    };
    assert_eq!(decision(&["--context-key", "aws:SourceVpc=vpc-1"]), ("allow".to_owned(), 0));
    assert_eq!(decision(&["--context-key", "AWS:sourcevpc=vpc-2"]), ("implicit-deny".to_owned(), 1));
    served
        .folder()
        .write("n.yaml", "- action: s3:GetObject\n  resource: arn:aws:s3:::my-bucket/x\n  context: {aws:SourceVpc: vpc-1}\n");
    let (report, code) = run(&served, &["--needs", "n.yaml", "--context-key", "aws:SourceVpc=vpc-2"]);
    assert_eq!((decisions(&report)[0].2, code), ("allow", 0), "what an entry says itself goes first");
}

#[test]
fn a_bad_list_is_one_line_with_its_place() {
    let served = Recording::load("plain").serve();
    for (text, place) in [
        ("- action: s3:GetObject\n  resource: my-bucket\n", "line 2"),
        ("- action: s3:GetObject\n- actoin: s3:PutObject\n", "line 2"),
        ("- action: [s3:GetObject\n", "line"),
        ("[]", "nothing"),
    ] {
        served.folder().write("bad.yaml", text);
        let (report, code) = run(&served, &["--needs", "bad.yaml"]);
        let message = report["error"]["message"].as_str().unwrap_or_else(|| panic!("{report}"));
        assert_eq!((code, &report["error"]["code"]), (2, &json!("usage")), "{report}");
        assert!(message.contains("`bad.yaml`") && message.contains(place) && !message.contains('\n'), "{message}");
    }
    let (report, code) = run(&served, &["--needs", "not-there.yaml"]);
    assert_eq!(code, 2, "{report}");
    let (report, code) = run(&served, &["--context-key", "aws:SourceVpc=vpc-1"]);
    assert_eq!(code, 2, "{report}");
}
