//! Checks the objects of Kubernetes in `envoy/` by the published models of their gateways, and those of Higress, which publishes
//! none, by the fields that its documents name.
//!
//! It asks no cluster.

use crate::kustomize::mistakes;
use host_tests::require::{KUBERNETES_MODELS, NODE, lacks};
use host_tests::shipped::objects;
use serde_json::json;

/// The files with objects of published models.
const MODELLED: [&str; 3] = [
    "istio/wasmplugin.yaml",
    "istio/envoyfilter.yaml",
    "envoy-gateway/policies.yaml",
];

#[test]
fn manifests_have_the_fields_of_the_published_models() {
    if lacks(&[NODE, KUBERNETES_MODELS]) {
        return;
    }
    let objects: Vec<_> = MODELLED.into_iter().flat_map(objects).collect();
    assert_eq!(objects.len(), 5);
    for (object, mistakes) in objects.iter().zip(mistakes(&objects)) {
        assert_eq!(mistakes, "", "{object}");
    }
}

/// A place in an object, and a value that its model refuses there.
const WRONG: [(&str, &str, &str); 5] = [
    ("istio/wasmplugin.yaml", "/spec/failStrategy", "FAIL_SAFE"),
    ("istio/wasmplugin.yaml", "/spec/plugin", "x"),
    (
        "istio/envoyfilter.yaml",
        "/spec/configPatches/0/applyTo",
        "HTTP",
    ),
    ("envoy-gateway/policies.yaml", "/spec/wasm/0/failOpen", "no"),
    ("envoy-gateway/policies.yaml", "/spec/wasm/0/rootId", "x"),
];

#[test]
fn wrong_fields_of_manifests_are_found() {
    if lacks(&[NODE, KUBERNETES_MODELS]) {
        return;
    }
    let wrong = WRONG.map(|(file, place, value)| {
        let mut object = objects(file).swap_remove(0);
        let (parent, name) = place.rsplit_once('/').expect("a place");
        object.pointer_mut(parent).expect("a parent")[name] = json!(value);
        object
    });
    for (found, (file, place, _)) in mistakes(&wrong).iter().zip(WRONG) {
        assert!(!found.is_empty(), "{file} {place}");
    }
}

/// The fields of Higress' `WasmPlugin`: those of Istio's that its documents repeat, and its own.
const OF_HIGRESS: [&str; 14] = [
    "defaultConfig",
    "defaultConfigDisable",
    "failStrategy",
    "imagePullPolicy",
    "imagePullSecret",
    "matchRules",
    "phase",
    "pluginConfig",
    "pluginName",
    "priority",
    "selector",
    "sha256",
    "url",
    "vmConfig",
];

#[test]
fn manifest_of_higress_has_the_fields_of_its_documents() {
    let [plugin] = &objects("higress/wasmplugin.yaml")[..] else {
        panic!("one object");
    };
    assert_eq!(plugin["apiVersion"], "extensions.higress.io/v1alpha1");
    assert_eq!(plugin["kind"], "WasmPlugin");
    let spec = plugin["spec"].as_object().expect("an object");
    for name in spec.keys() {
        assert!(OF_HIGRESS.contains(&name.as_str()), "{name} is no field");
    }
    assert_eq!(spec["failStrategy"], "FAIL_CLOSE");
    assert!(spec["defaultConfig"].is_object());
    assert!(
        !spec.contains_key("matchRules"),
        "they add members to a policy"
    );
}
