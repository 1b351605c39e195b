//! Checks the fields of the objects by the published models of Kubernetes, which refuse wrong types, missing and unknown fields.

use super::base::{Base, name};
use host_tests::require::{KUBERNETES_MODELS, NODE, lacks};
use host_tests::root;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};

/// The mistakes of each object.
pub(crate) fn mistakes(objects: &[Value]) -> Vec<String> {
    let node = std::env::var("NODE").expect("run this through `make test`");
    let mut node = Command::new(node);
    node.arg(root().join("host-tests/kubernetes/check.mjs"));
    node.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut node = node.spawn().expect("Node runs");
    let input = json!(objects).to_string();
    let mut stdin = node.stdin.take().expect("it is piped");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    let output = node.wait_with_output().expect("it ends").stdout;
    serde_json::from_slice(&output).expect("a list of texts")
}

#[test]
fn objects_have_the_fields_of_the_published_models() {
    if lacks(&[NODE, KUBERNETES_MODELS]) {
        return;
    }
    let base = Base::read();
    for (object, mistakes) in base.objects.iter().zip(mistakes(&base.objects)) {
        assert_eq!(mistakes, "", "{}", name(object));
    }
}

#[test]
fn wrong_fields_are_found() {
    if lacks(&[NODE, KUBERNETES_MODELS]) {
        return;
    }
    let object = |spec: Value| json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "a" }, "spec": spec });
    let found = mistakes(&[
        object(json!({ "ports": [{ "port": 1 }] })),
        object(json!({ "ports": [{ "port": "1" }] })),
        object(json!({ "ports": [{ "name": "a" }] })),
        object(json!({ "ports": [{ "port": 1, "target": 2 }] })),
    ]);
    let begins = [
        "",
        "data/spec/ports/0/port must be",
        "data/spec/ports/0 must have",
        "/spec/ports/0/target is no field",
    ];
    for (found, begins) in found.iter().zip(begins) {
        assert!(
            found.starts_with(begins) && found.is_empty() == begins.is_empty(),
            "{found}"
        );
    }
}
