//! An ARN's parts are the text that it was made of.

#![no_main]

use irsa_doctor_iam::arn::Arn;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Arn::parse(text) {
        Err(error) => assert!(error.to_string().contains(text)),
        Ok(arn) => {
            let Arn { partition, service, region, account, resource, .. } = arn;
            assert_eq!(format!("arn:{partition}:{service}:{region}:{account}:{resource}"), text);
            assert_eq!(arn.to_string(), text);
            let kind = arn.resource_type().map_or(0, |kind| kind.len() + 1);
            assert_eq!(kind + arn.resource_id().len(), resource.len());
            for part in [arn.role_name(), arn.oidc_issuer()].into_iter().flatten() {
                assert!(resource.ends_with(part));
            }
            if let Some((role, session)) = arn.role_session() {
                assert!(resource.ends_with(&format!("{role}/{session}")));
                assert_eq!("assumed-role/".len() + role.len() + 1 + session.len(), resource.len());
            }
        }
    }
});
