//! On any policy and request both paths of the evaluator agree, and no explanation panics.

#![no_main]

use irsa_doctor_iam::{
    Context, KeyValue, Layer, Policy, PolicyKind, PolicySet, Principal, Request, Verdict, authorize, decide, services,
};
use libfuzzer_sys::fuzz_target;

const ISSUER: &str = "oidc.example.com";
const ROLE: &str = "arn:aws:iam::111122223333:role/app";

fn requests(action: &str, resource: &str, value: &str) -> [Request; 4] {
    let provider = "arn:aws:iam::111122223333:oidc-provider/oidc.example.com";
    let context = || {
        Context::new()
            .with("aws:PrincipalTag/team", value)
            .with("aws:CurrentTime", value)
            .with("aws:SourceIp", value)
            .with_many("aws:TagKeys", [value, "team"])
            .prefix("s3:", KeyValue::Unknown("fuzz".to_owned()))
    };
    let user = Principal::Iam { arn: "arn:aws:iam::111122223333:user/dev".to_owned() };
    [
        Request::web_identity(ROLE, provider, ISSUER, "sts.amazonaws.com", value),
        Request::role_session(ROLE, action, resource).role_tags([("team", value)]),
        Request::new(user, action, resource).with_context(context()),
        Request::new(Principal::Anonymous, action, resource).without_resource().with_context(context()),
    ]
}

fuzz_target!(|input: (&str, &str, &str, &str)| {
    let (text, action, resource, value) = input;
    for (kind, layer) in [
        (PolicyKind::Identity, Layer::Identity),
        (PolicyKind::Trust, Layer::Trust),
        (PolicyKind::Resource, Layer::Resource),
    ] {
        let Ok(policy) = Policy::parse(text, kind) else { continue };
        for request in requests(action, resource, value) {
            let set = PolicySet::new().with(layer, "fuzz", &policy);
            let decision = authorize(&request, &set);
            assert_eq!(decision.outcome.verdict(), decide(&request, &set));
            let _ = decision.nearest();
            // What can't be read never makes a definite Allow, and a Deny stays one.
            let hidden = set.unreadable(layer, "hidden", "denied");
            let after = decide(&request, &hidden);
            assert!(after != Verdict::Allowed);
            assert_eq!(after == Verdict::ExplicitDeny, decision.outcome.verdict() == Verdict::ExplicitDeny);
        }
        if let Some(known) = services::action("s3:GetObject") {
            for entry in policy.statements.iter().filter_map(|statement| statement.resource.as_ref()) {
                let _ = known.fit(entry.entries.iter().map(|entry| entry.text.as_str()));
            }
        }
    }
});
