//! Checks that pods run without root and with bounds, and that only the gateways reach the service.

use super::base::{Base, containers, list, name, pod};
use serde_json::{Value, json};

/// The restrictions that a workload lacks.
fn lacking(workload: &Value) -> Vec<String> {
    let whole = [
        ("/automountServiceAccountToken", json!(false)),
        ("/securityContext/runAsNonRoot", json!(true)),
        (
            "/securityContext/seccompProfile/type",
            json!("RuntimeDefault"),
        ),
    ];
    let each = [
        ("/securityContext/allowPrivilegeEscalation", json!(false)),
        ("/securityContext/readOnlyRootFilesystem", json!(true)),
        ("/securityContext/capabilities/drop", json!(["ALL"])),
    ];
    let mut lacking = without(pod(workload), &whole);
    for container in containers(workload) {
        lacking.extend(without(container, &each));
        if container.pointer("/resources/limits/memory").is_none() {
            lacking.push("/resources/limits/memory".into());
        }
    }
    let probed = list(&pod(workload)["containers"]).iter();
    let probed =
        probed.filter(|own| own["readinessProbe"].is_null() || own["livenessProbe"].is_null());
    lacking.extend(probed.map(|_| "a probe".into()));
    lacking
}

/// The places where an object has another value.
fn without(object: &Value, values: &[(&str, Value)]) -> Vec<String> {
    let other = values
        .iter()
        .filter(|(place, value)| object.pointer(place) != Some(value));
    other.map(|(place, _)| (*place).to_owned()).collect()
}

#[test]
fn pods_are_restricted() {
    let base = Base::read();
    assert_eq!(base.workloads().len(), 3);
    for workload in base.workloads() {
        assert_eq!(lacking(workload), [""; 0], "{}", name(workload));
    }
    let mut root = base.workloads()[0].clone();
    root["spec"]["template"]["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"] =
        json!(false);
    assert_eq!(lacking(&root), ["/securityContext/readOnlyRootFilesystem"]);
}

#[test]
fn only_gateways_reach_the_service_and_only_the_service_redis() {
    let base = Base::read();
    for (app, from, port) in [
        ("counters", "gateway", "grpc"),
        ("redis", "counters", "redis"),
    ] {
        let labels = json!({ "matchLabels": { "app": app } });
        let mut policies = base.of_kind("NetworkPolicy");
        let policy = policies.find(|own| own["spec"]["podSelector"] == labels);
        let expected = json!({
            "podSelector": labels,
            "policyTypes": ["Ingress"],
            "ingress": [{
                "from": [{ "podSelector": { "matchLabels": { "app": from } } }],
                "ports": [{ "protocol": "TCP", "port": port }],
            }],
        });
        assert_eq!(policy.expect("a policy")["spec"], expected);
    }
}
