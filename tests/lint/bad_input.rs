//! What can't be judged, and what is left out.

use super::*;

#[test]
fn bad_input_is_one_line_and_what_to_do() {
    let folder = TempDir::new();
    let write = |name: &str, text: &[u8]| std::fs::write(folder.path().join(name), text).unwrap();
    write("broken.yaml", b"a: [1\n");
    write("helm.yaml", b"kind: {{ .Values.kind }}\n  x: y\n");
    write("binary", b"PK\x03\x04...");
    write("latin.yaml", b"a: \xff\n");
    write("state.json", br#"{"version":4,"serial":1,"lineage":"x","resources":[]}"#);
    write("other.json", br#"{"a": 1}"#);
    write("failed.json", br#"{"format_version":"1.2","errored":true,"planned_values":{"root_module":{}}}"#);
    write("comment.yaml", b"# {{ a comment }}\na: [1\n");
    write("bomb.yaml", bomb().as_bytes());
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    for (args, wanted) in [
        (vec![], "isn't said what to lint"),
        (vec!["none.yaml"], "can't be read"),
        (vec!["broken.yaml"], "line"),
        (vec!["helm.yaml"], "not rendered"),
        (vec!["binary"], "format of Terraform's own"),
        (vec!["latin.yaml"], "UTF-8"),
        (vec!["state.json"], "Terraform's own format"),
        (vec!["other.json"], "nothing in"),
        (vec!["failed.json"], "ended in an error"),
        (vec!["comment.yaml"], "line"),
        (vec!["empty"], "nothing in"),
        (vec!["bomb.yaml"], "more than"),
        (vec!["--trust-policy", "other.json"], "no Statement"),
        (vec!["--account", "12", "other.json"], "twelve digits"),
        (vec!["--trust-policy", "=x", "other.json"], "missing"),
    ] {
        let output = lint_with(folder.path(), &args, "");
        let said = String::from_utf8_lossy(&output.stderr);
        let error = said.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(error.contains(wanted) && said.contains("help: ") && !said.contains("panicked"), "{args:?}: {said}");
        assert!(output.stdout.is_empty());
    }
    // A hook names every changed file, whatever it is.
    let output = lint_with(folder.path(), &["--skip-others", "broken.yaml", "helm.yaml", "other.json"], "");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), said.lines().count()), (Some(0), 2), "{said}");
    // Of two environments in one folder only one can be judged, and that is said.
    let manifests = kept("manifests/app.yaml").display().to_string();
    let output = lint(&[&manifests, &manifests]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("stands in the files more than once"));
    // In a folder, what isn't rendered is left out, and said.
    write("empty/helm.yaml", b"kind: {{ .Values.kind }}\n  x: y\n");
    std::fs::copy(kept("manifests/app.yaml"), folder.path().join("empty/app.yaml")).unwrap();
    let output = lint_with(folder.path(), &["empty"], "");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), said.contains("helm.yaml is not rendered yet")), (Some(0), true), "{said}");
}

#[cfg(unix)]
#[test]
fn a_folder_is_read_through_the_links_of_a_mounted_config_map() {
    let folder = TempDir::new();
    let data = folder.path().join("mounted/..data");
    std::fs::create_dir_all(&data).unwrap();
    let text = std::fs::read_to_string(kept("manifests/app.yaml")).unwrap().replace("role/checkout", "user/checkout");
    std::fs::write(data.join("app.yaml"), text).unwrap();
    std::os::unix::fs::symlink("..data/app.yaml", folder.path().join("mounted/app.yaml")).unwrap();
    let output = lint_with(folder.path(), &["mounted"], "");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A few lines of aliases that stand for billions.
fn bomb() -> String {
    use std::fmt::Write as _;
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(text, "a{level}: &a{level} [{before}]").unwrap();
    }
    text
}

#[test]
fn no_value_of_a_secret_is_ever_said() {
    let manifests = std::fs::read_to_string(kept("manifests/app.yaml")).unwrap();
    let secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\nstringData: {password: hunter2}\n";
    let with_env = manifests.replace("value: eu-west-1", "value: hunter2").replace("name: AWS_REGION", "name: DB_PASSWORD");
    let broken = [
        format!("{secret}  hunter2: [hunter2\n"),
        format!("{manifests}---\nkind: hunter2\napiVersion: v1\nmetadata: {{name: [hunter2]}}\n"),
        format!("{manifests}---\nkind: Pod\napiVersion: v1\nmetadata: {{name: p}}\nspec: {{containers: hunter2}}\n"),
        format!(
            "{manifests}---\nkind: Pod\napiVersion: v1\nmetadata: {{name: p}}\nspec: {{containers: [{{name: 7, env: [{{name: A, value: [hunter2]}}]}}]}}\n"
        ),
        "{\"Statement\": \"hunter2\", \"x\": hunter2}".to_owned(),
    ];
    for text in broken.into_iter().chain([format!("{with_env}{secret}")]) {
        for format in ["table", "wide", "json", "sarif", "github", "html"] {
            let output = lint_with(&kept(""), &["-", "-v", "-o", format], &text);
            let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert!(!said.contains("hunter2") && !said.contains("panicked"), "{text}: {said}");
        }
    }
}
