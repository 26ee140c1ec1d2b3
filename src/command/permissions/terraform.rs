//! Both as Terraform has them. All words in it are our own: none has to be escaped.

use super::Wanted;
use super::kubernetes::{Rule, rules};
use std::fmt::Write as _;

/// The policy document and the role.
pub(super) fn text(wanted: &Wanted) -> String {
    let mut text = String::from("data \"aws_iam_policy_document\" \"irsa_doctor\" {\n");
    let statements: Vec<String> = wanted.statements().iter().map(|(sid, actions)| statement(sid, actions)).collect();
    text.push_str(&statements.join("\n"));
    text.push_str(
        "}\n\nresource \"kubernetes_cluster_role_v1\" \"irsa_doctor\" {\n  metadata {\n    name = \"irsa-doctor\"\n  }\n",
    );
    let (rules, paths) = rules();
    for rule in &rules {
        block(&mut text, rule);
    }
    let paths: Vec<&str> = paths.into_iter().collect();
    let _ = writeln!(text, "  rule {{\n    non_resource_urls = {}\n    verbs             = [\"get\"]\n  }}\n}}", list(&paths));
    text
}

fn statement(sid: &str, actions: &[&str]) -> String {
    let actions: String = actions.iter().fold(String::new(), |mut all, action| {
        let _ = writeln!(all, "      \"{action}\",");
        all
    });
    format!("  statement {{\n    sid       = \"{sid}\"\n    resources = [\"*\"]\n    actions = [\n{actions}    ]\n  }}\n")
}

fn block(text: &mut String, rule: &Rule) {
    let verbs: Vec<&str> = rule.verbs.iter().copied().collect();
    let mut lines = vec![("api_groups", list(&[rule.group])), ("resources", list(&[rule.resource]))];
    if !rule.names.is_empty() {
        lines.push(("resource_names", list(rule.names)));
    }
    lines.push(("verbs", list(&verbs)));
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    text.push_str("  rule {\n");
    for (name, value) in lines {
        let _ = writeln!(text, "    {name:width$} = {value}");
    }
    text.push_str("  }\n");
}

fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    format!("[{}]", quoted.join(", "))
}
