//! Turns the files of the base into its objects, and an object into its parts.
//!
//! It judges nothing.

use host_tests::root;
use host_tests::yaml::documents;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// The objects, and the file that names them.
#[derive(Clone)]
pub(super) struct Base {
    pub(super) kustomization: Value,
    pub(super) objects: Vec<Value>,
    /// The configuration of the gateways, as text: its aliases are not read.
    pub(super) envoy: String,
}

pub(super) fn folder() -> PathBuf {
    root().join("envoy/fleet/kustomize")
}

fn content(name: &str) -> String {
    let text = fs::read_to_string(folder().join(name));
    text.unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn file(name: &str) -> Vec<Value> {
    documents(&content(name))
}

impl Base {
    pub(super) fn read() -> Self {
        let kustomization = file("kustomization.yaml").remove(0);
        let resources = list(&kustomization["resources"]).iter();
        let objects = resources.flat_map(|name| file(text(name)));
        Self {
            objects: objects.collect(),
            envoy: content("envoy.yaml"),
            kustomization,
        }
    }

    pub(super) fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.objects.iter().filter(move |own| own["kind"] == kind)
    }

    /// The objects with pods.
    pub(super) fn workloads(&self) -> Vec<&Value> {
        let all = self.objects.iter();
        all.filter(|own| own["spec"]["template"].is_object())
            .collect()
    }

    /// The workload whose pods have these labels.
    pub(super) fn selected(&self, labels: &Value) -> Option<&Value> {
        let all = self.workloads();
        let mut found = all
            .into_iter()
            .filter(|own| includes(labels_of(own), labels));
        let only = found.next();
        only.filter(|_| found.next().is_none())
    }
}

pub(super) fn name(object: &Value) -> String {
    format!(
        "{} {}",
        text(&object["kind"]),
        text(&object["metadata"]["name"])
    )
}

pub(super) fn labels_of(workload: &Value) -> &Value {
    &workload["spec"]["template"]["metadata"]["labels"]
}

pub(super) fn pod(workload: &Value) -> &Value {
    &workload["spec"]["template"]["spec"]
}

/// All containers of a workload.
pub(super) fn containers(workload: &Value) -> Vec<&Value> {
    let of = |name: &str| list(&pod(workload)[name]);
    of("initContainers")
        .iter()
        .chain(of("containers"))
        .collect()
}

/// The ports of a workload by name.
pub(super) fn port(workload: &Value, name: &Value) -> Option<u64> {
    let ports = containers(workload).into_iter();
    let mut ports = ports.flat_map(|own| list(&own["ports"]));
    ports.find(|own| own["name"] == *name)?["containerPort"].as_u64()
}

/// Labels that are not empty, and all of which an object has.
fn includes(all: &Value, labels: &Value) -> bool {
    let labels = labels.as_object().filter(|labels| !labels.is_empty());
    labels.is_some_and(|labels| labels.iter().all(|(name, value)| all[name] == *value))
}

/// The elements; none of a value that is missing.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
