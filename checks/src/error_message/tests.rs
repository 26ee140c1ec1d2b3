use super::CHECK;
use crate::check::Status;
use crate::testing::{faults, healthy, run};

#[test]
fn without_an_error_it_does_not_apply() {
    assert_eq!(run(&CHECK, &healthy()).status(), Status::NotApplicable);
}

#[test]
fn the_node_is_seen() {
    let mut snapshot = healthy();
    snapshot.asked.error = Some("AccessDenied: User: arn:aws:sts::123456789012:assumed-role/node/i-0123456789abcdef0 is not authorized to perform: s3:ListBucket on resource: arn:aws:s3:::b".to_owned());
    assert_eq!(faults(&run(&CHECK, &snapshot)), ["error-node-role"]);
}
