//! What every pod of ours has to forgo.

use serde_json::{Value, json};

/// The pod of a Job or a CronJob.
pub(crate) fn pod_spec(object: &Value) -> Option<&Value> {
    let spec = &object["spec"];
    let job = match object["kind"].as_str()? {
        "CronJob" => &spec["jobTemplate"]["spec"],
        "Job" => spec,
        _ => return None,
    };
    Some(&job["template"]["spec"])
}

/// Not root, nothing to write, no privileges; runs once at a time, and a finding is no reason to try again.
pub(crate) fn assert_hardened(object: &Value) {
    let pod = pod_spec(object).unwrap();
    let of_pod = &pod["securityContext"];
    assert_eq!(of_pod["runAsNonRoot"], true, "{object}");
    assert!(of_pod["runAsUser"].as_u64().unwrap() >= 1000, "{object}");
    assert_eq!(of_pod["seccompProfile"], json!({"type": "RuntimeDefault"}), "{object}");
    assert_eq!(pod["automountServiceAccountToken"], true, "{object}");
    for key in ["hostNetwork", "hostPID", "hostIPC"] {
        assert_eq!(pod[key], Value::Null, "{object}");
    }
    let containers = pod["containers"].as_array().unwrap();
    assert_eq!((containers.len(), &pod["initContainers"]), (1, &Value::Null), "{object}");
    let container = &containers[0];
    let wanted = json!({
        "allowPrivilegeEscalation": false,
        "readOnlyRootFilesystem": true,
        "capabilities": {"drop": ["ALL"]},
    });
    assert_eq!(container["securityContext"], wanted, "{object}");
    assert!(container["resources"]["limits"]["memory"].is_string(), "{object}");
    assert_eq!(container["command"], Value::Null, "the image's own program is run: {object}");
    assert_job(object, pod);
}

fn assert_job(object: &Value, pod: &Value) {
    let spec = &object["spec"];
    let cron = object["kind"] == "CronJob";
    let job = if cron { &spec["jobTemplate"]["spec"] } else { spec };
    if cron {
        assert_eq!(spec["concurrencyPolicy"], "Forbid", "{object}");
    }
    assert!(job["ttlSecondsAfterFinished"].is_u64() && job["activeDeadlineSeconds"].is_u64(), "{object}");
    // A policy for failures is only for pods that are never restarted.
    assert_eq!(pod["restartPolicy"], "Never", "{object}");
    let rules = job["podFailurePolicy"]["rules"].as_array().unwrap();
    let codes = &rules[0]["onExitCodes"];
    assert_eq!((&rules[0]["action"], &codes["operator"]), (&json!("FailJob"), &json!("In")), "{object}");
    assert_eq!(codes["containerName"], pod["containers"][0]["name"], "{object}");
    let codes: Vec<u64> = codes["values"].as_array().unwrap().iter().filter_map(Value::as_u64).collect();
    assert!(!codes.contains(&0) && !codes.contains(&4), "4, nothing could be looked at, is tried again: {object}");
    assert!([1, 2, 3, 5].iter().all(|code| codes.contains(code)), "{object}");
}
