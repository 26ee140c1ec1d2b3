//! One recorded request with its policies, and its answer.

use irsa_doctor_iam::{
    Arn, Context, Decision, KeyValue, Layer, LayerOutcome, Policy, PolicyKind, PolicySet, Principal, Request, Verdict, authorize,
};
use serde_json::{Value, json};

pub(crate) type Fault = Box<dyn std::error::Error>;

/// The decision and the statements that match, in the form of the cases.
pub(crate) fn decide(case: &Value) -> Result<Value, Fault> {
    let asked = &case["request"];
    let trust = case["mode"] == "trust";
    let text = |field: &str| asked[field].as_str().ok_or_else(|| format!("request.{field} is missing"));
    let mut request =
        Request::new(principal(text("principal")?), text("action")?, text(if trust { "role" } else { "resource" })?)
            .with_context(context(&asked["contextVariables"]));
    if let Some(account) = asked["resourceAccountId"].as_str() {
        request = request.resource_account(account);
    }
    if asked["wildcardOnlyAction"] == true {
        request = request.without_resource();
    }
    let policies = policies(case, trust)?;
    let set = policies.iter().fold(PolicySet::new(), |set, (layer, name, policy)| set.with(*layer, name.as_str(), policy));
    Ok(answer(&authorize(&request, &set)))
}

fn principal(arn: &str) -> Principal {
    let parsed = Arn::parse(arn).ok();
    if parsed.is_some_and(|arn| arn.role_session().is_some()) {
        Principal::AssumedRole { session_arn: Some(arn.to_owned()), role_arn: None }
    } else if parsed.is_some_and(|arn| arn.role_name().is_some()) {
        Principal::AssumedRole { session_arn: None, role_arn: Some(arn.to_owned()) }
    } else if parsed.is_some_and(|arn| matches!(arn.resource_type(), Some("oidc-provider" | "saml-provider"))) {
        Principal::Federated { provider_arn: arn.to_owned() }
    } else if parsed.is_some() {
        Principal::Iam { arn: arn.to_owned() }
    } else {
        Principal::Service { name: arn.to_owned() }
    }
}

fn context(variables: &Value) -> Context {
    let mut context = Context::new();
    for (key, value) in variables.as_object().into_iter().flatten() {
        let value = match value {
            Value::Array(values) => KeyValue::Many(values.iter().map(scalar).collect()),
            single => KeyValue::Single(scalar(single)),
        };
        context.set(key, value);
    }
    context
}

fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn policies(case: &Value, trust: bool) -> Result<Vec<(Layer, String, Policy)>, Fault> {
    if trust {
        let policy = Policy::parse(&document(&case["trustPolicy"]), PolicyKind::Trust)?;
        return Ok(vec![(Layer::Trust, "trust".to_owned(), policy)]);
    }
    let layers = [
        ("identityPolicies", Layer::Identity, PolicyKind::Identity),
        ("permissionBoundaryPolicies", Layer::Boundary, PolicyKind::Boundary),
    ];
    let mut policies = Vec::new();
    for (field, layer, kind) in layers {
        for named in case[field].as_array().into_iter().flatten() {
            let name = named["name"].as_str().unwrap_or_default().to_owned();
            policies.push((layer, name, Policy::parse(&document(&named["policy"]), kind)?));
        }
    }
    Ok(policies)
}

/// A policy document, given as JSON or as the text of it.
fn document(policy: &Value) -> String {
    policy.as_str().map_or_else(|| policy.to_string(), str::to_owned)
}

fn answer(decision: &Decision) -> Value {
    let matched: Vec<Value> = decision
        .matched()
        .map(|statement| {
            let mut named = json!({
                "policyType": layer_name(statement.layer),
                "policy": statement.policy,
                "statement": statement.index,
                "effect": statement.effect.to_string(),
            });
            if let (Some(sid), Some(fields)) = (&statement.sid, named.as_object_mut()) {
                fields.insert("sid".to_owned(), json!(sid));
            }
            named
        })
        .collect();
    let layers: serde_json::Map<String, Value> =
        decision.layers.iter().map(|layer| (layer_name(layer.layer).to_owned(), word(layer.outcome))).collect();
    let outcome = match decision.outcome.verdict() {
        Verdict::Allowed => LayerOutcome::Allow,
        Verdict::ExplicitDeny => LayerOutcome::ExplicitDeny,
        Verdict::ImplicitDeny => LayerOutcome::ImplicitDeny,
        Verdict::Unknown => LayerOutcome::Unknown,
    };
    json!({"decision": word(outcome), "matched": matched, "layers": layers})
}

fn layer_name(layer: Layer) -> &'static str {
    match layer {
        Layer::Boundary => "permissionBoundary",
        Layer::Trust => "trust",
        _ => "identity",
    }
}

fn word(outcome: LayerOutcome) -> Value {
    Value::from(match outcome {
        LayerOutcome::Allow => "allow",
        LayerOutcome::ExplicitDeny => "explicitDeny",
        LayerOutcome::ImplicitDeny => "implicitDeny",
        LayerOutcome::Unknown => "unknown",
    })
}
