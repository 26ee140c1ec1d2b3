//! Whether a finding's place is in the document that it names.

use irsa_doctor_checks::locus::Locus;
use jsonpath_rust::JsonPath as _;
use serde_json::Value;

/// A problem, unless the path finds exactly one place in its document.
pub(crate) fn resolves(bundle: &Value, locus: &Locus) -> Result<(), String> {
    if locus.resource == "error" {
        return in_text(bundle["asked"]["error"].as_str().unwrap_or_default(), locus);
    }
    let document = document(bundle, locus).unwrap_or(Value::Null);
    let found = document.query(&locus.path).map_err(|error| format!("{}: {error}", locus.path))?;
    if found.len() == 1 {
        Ok(())
    } else {
        Err(format!("{} {:?} {} finds {} places", locus.resource, locus.document, locus.path, found.len()))
    }
}

/// The pasted error is a text: its place is a line and a column that are there.
fn in_text(text: &str, locus: &Locus) -> Result<(), String> {
    let (line, column) = (locus.line.unwrap_or_default() as usize, locus.column.unwrap_or_default() as usize);
    let length = text.split('\n').nth(line.wrapping_sub(1)).map(|line| line.chars().count());
    if locus.path == "$" && length.is_some_and(|length| (1..=length + 1).contains(&column)) {
        Ok(())
    } else {
        Err(format!("line {line}, column {column} is not in the pasted text"))
    }
}

/// The document that a place is in; of what no document is kept, the place is the whole.
fn document(bundle: &Value, locus: &Locus) -> Option<Value> {
    if let Some(text) = bundle["resource_policies"][&locus.resource]["policy"]["present"].as_str() {
        return serde_json::from_str(text).ok();
    }
    if locus.resource.starts_with("arn:") {
        return policy(bundle, &locus.resource, locus.document.as_deref()?);
    }
    let cluster = bundle["clusters"].as_object()?.values().next()?;
    let (kind, name) = locus.resource.split_once(' ')?;
    let object = match kind {
        "Pod" => &cluster["pods"][name],
        "ServiceAccount" => &cluster["service_accounts"][name],
        "Namespace" => &cluster["namespaces"][name],
        "Node" => &cluster["nodes"][name],
        "MutatingWebhookConfiguration" => {
            let all = cluster["webhooks"]["present"].as_array()?;
            return all.iter().find(|configuration| configuration["metadata"]["name"] == name).cloned();
        }
        kind => &cluster["workloads"][format!("{kind}/{name}")],
    };
    object.get("present").cloned()
}

/// A policy document of a role or a managed policy; a text that isn't JSON has no places but the whole.
fn policy(bundle: &Value, arn: &str, document: &str) -> Option<Value> {
    let accounts = bundle["accounts"].as_object()?.values();
    let text = accounts.flat_map(|account| {
        let managed = account["policies"][arn]["documents"][document]["present"].as_str();
        let roles = account["roles"].as_object().into_iter().flat_map(serde_json::Map::values);
        let role = roles.into_iter().find(|role| role["role"]["present"]["arn"] == arn);
        let of_role = role.and_then(|role| match document {
            "AssumeRolePolicyDocument" => role["role"]["present"]["trust_policy"].as_str(),
            name => role["inline"][name]["present"].as_str(),
        });
        managed.into_iter().chain(of_role)
    });
    text.into_iter().next().map(|text| serde_json::from_str(text).unwrap_or(Value::Null))
}
