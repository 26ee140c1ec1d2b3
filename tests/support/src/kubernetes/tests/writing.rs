use super::*;

#[test]
fn writes_and_secrets_are_refused_and_remembered() {
    let api = api();
    assert_eq!(send(&api.url(), "DELETE", "/api/v1/namespaces/a/pods/x", &[], "").status, 405);
    assert_eq!(get(&api.url(), "/api/v1/namespaces/a/secrets").status, 403);
    let token = send(&api.url(), "POST", "/api/v1/namespaces/a/serviceaccounts/default/token", &[], "{}");
    assert_eq!(token.status, 405);
    assert_eq!(get(&api.url(), "/api/v1/namespaces/a/pods/x").status, 200);
    let want = [
        "DELETE /api/v1/namespaces/a/pods/x",
        "GET /api/v1/namespaces/a/secrets",
        "POST /api/v1/namespaces/a/serviceaccounts/default/token",
    ];
    assert_eq!(api.acknowledge_violations(), want);
    assert!(api.violations().is_empty());
}

#[test]
#[should_panic(expected = "a read-only program sent")]
fn a_violation_that_nobody_acknowledges_panics() {
    let api = api();
    send(&api.url(), "DELETE", "/api/v1/namespaces/a/pods/x", &[], "");
}

#[test]
fn writes_change_the_store_where_they_are_allowed() {
    let api = api();
    api.allow_writes();
    let path = "/api/v1/namespaces/a/pods/x";
    let merge = [("Content-Type", "application/merge-patch+json")];
    let change = json!({"metadata": {"annotations": {"k": "v"}}}).to_string();
    let patched = send(&api.url(), "PATCH", &format!("{path}?fieldManager=me"), &merge, &change).json();
    assert_eq!(patched["metadata"]["annotations"]["k"], "v");
    assert_eq!(patched["metadata"]["managedFields"][0]["manager"], "me");
    assert_ne!(patched["metadata"]["resourceVersion"], "7");
    assert_eq!(get(&api.url(), path).json(), patched);
    let stale = send(&api.url(), "PUT", path, &[], &pod("a", "x").to_string());
    assert_eq!((stale.status, &stale.json()["reason"]), (409, &json!("Conflict")));

    let again = send(&api.url(), "POST", "/api/v1/namespaces/a/pods", &[], &pod("a", "x").to_string());
    assert_eq!((again.status, &again.json()["reason"]), (409, &json!("AlreadyExists")));
    assert_eq!(send(&api.url(), "DELETE", path, &[], "").json()["status"], "Success");
    assert_eq!(send(&api.url(), "DELETE", path, &[], "").status, 404);
    assert_eq!(send(&api.url(), "POST", "/api/v1/namespaces/a/pods", &[], &pod("a", "x").to_string()).status, 201);
    assert_eq!(get(&api.url(), path).status, 200);
    assert_eq!(send(&api.url(), "DELETE", "/api/v1/namespaces/a/pods?labelSelector=app%3Dy", &[], "").status, 200);
    assert_eq!(names(&get(&api.url(), "/api/v1/namespaces/a/pods").json()), ["a/x"]);

    assert!(api.violations().is_empty());
    assert_eq!(send(&api.url(), "POST", "/api/v1/namespaces/a/secrets", &[], "{}").status, 405);
    assert_eq!(api.acknowledge_violations().len(), 1);
}
