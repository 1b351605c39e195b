//! Checks that each name in the base is that of something: files, ConfigMaps, the Secret, labels, ports, volumes, hosts.

use super::base::{Base, containers, folder, labels_of, list, name, pod, port, text};
use crate::pages::page;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

/// The Secret that an operator makes, and its key.
const SECRET: [&str; 2] = ["gateway-key", "counters"];

/// The names that lead nowhere.
fn dangling(base: &Base) -> Vec<String> {
    let mut found = Vec::new();
    for workload in base.workloads() {
        let mut of = in_pod(base, workload);
        of.extend(in_containers(workload));
        found.extend(
            of.into_iter()
                .map(|own| format!("{}: {own}", name(workload))),
        );
    }
    for object in &base.objects {
        let of = selections(base, object);
        found.extend(of.into_iter().map(|own| format!("{}: {own}", name(object))));
    }
    found.extend(hosts(base));
    found
}

fn unless(right: bool, found: impl FnOnce() -> String) -> Option<String> {
    (!right).then(found)
}

/// Volumes of ConfigMaps, the selector, and images.
fn in_pod(base: &Base, workload: &Value) -> Vec<String> {
    let generated = list(&base.kustomization["configMapGenerator"]);
    let mut found = Vec::new();
    for volume in list(&pod(workload)["volumes"]) {
        let map = &volume["configMap"]["name"];
        let known = map.is_null() || generated.iter().any(|own| own["name"] == *map);
        found.extend(unless(known, || format!("the ConfigMap {map}")));
    }
    let selector = &workload["spec"]["selector"]["matchLabels"];
    let own = base
        .selected(selector)
        .is_some_and(|found| std::ptr::eq(found, workload));
    found.extend(unless(own, || format!("the selector {selector}")));
    for container in containers(workload) {
        let image = text(&container["image"]);
        let tagged = image
            .rsplit('/')
            .next()
            .is_some_and(|last| last.contains(':'));
        let images = list(&base.kustomization["images"]).iter();
        let mut own = images.filter(|own| own["name"] == image && own["newTag"].is_string());
        let known = (tagged && !image.ends_with(":latest")) || own.next().is_some();
        found.extend(unless(known, || format!("the image {image} without a tag")));
    }
    found
}

/// Mounts, ports of probes, and keys of Secrets.
fn in_containers(workload: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let claims = list(&workload["spec"]["volumeClaimTemplates"]).iter();
    let claims = claims.map(|own| &own["metadata"]["name"]);
    let volumes: Vec<_> = list(&pod(workload)["volumes"])
        .iter()
        .map(|own| &own["name"])
        .chain(claims)
        .collect();
    for container in containers(workload) {
        for mount in list(&container["volumeMounts"]) {
            let known = volumes.contains(&&mount["name"]);
            found.extend(unless(known, || format!("the volume {}", mount["name"])));
        }
        for probe in ["readinessProbe", "livenessProbe"] {
            for kind in ["tcpSocket", "httpGet"] {
                let probed = &container[probe][kind]["port"];
                let known = probed.is_null() || port(workload, probed).is_some();
                found.extend(unless(known, || format!("the port {probed}")));
            }
        }
        for variable in list(&container["env"]) {
            let key = &variable["valueFrom"]["secretKeyRef"];
            let known = key.is_null() || [&key["name"], &key["key"]].map(text) == SECRET;
            found.extend(unless(known, || format!("the Secret {key}")));
        }
    }
    found
}

/// Labels and ports of services, network policies and disruption budgets.
fn selections(base: &Base, object: &Value) -> Vec<String> {
    let spec = &object["spec"];
    let mut wanted = Vec::new();
    match text(&object["kind"]) {
        "Service" => wanted.push((&spec["selector"], list(&spec["ports"]), "targetPort")),
        "PodDisruptionBudget" => wanted.push((&spec["selector"]["matchLabels"], &[][..], "")),
        "NetworkPolicy" => {
            let pods = &spec["podSelector"]["matchLabels"];
            for rule in list(&spec["ingress"]) {
                wanted.push((pods, list(&rule["ports"]), "port"));
                let from = list(&rule["from"]).iter();
                wanted.extend(from.map(|own| (&own["podSelector"]["matchLabels"], &[][..], "")));
            }
        }
        _ => {}
    }
    let mut found = Vec::new();
    for (labels, ports, member) in wanted {
        let Some(workload) = base.selected(labels) else {
            found.push(format!("the pods {labels}"));
            continue;
        };
        let unknown = ports
            .iter()
            .filter(|own| port(workload, &own[member]).is_none());
        found.extend(unknown.map(|own| format!("the port {}", own[member])));
    }
    found
}

/// Addresses of services: those of clusters, of the variable of Redis, and the service of a StatefulSet.
fn hosts(base: &Base) -> Vec<String> {
    let clusters = base.envoy.split("\n  clusters:\n").nth(1);
    let mut wanted = addresses(clusters.expect("clusters"));
    for container in base.workloads().into_iter().flat_map(containers) {
        let variables = list(&container["env"]).iter();
        let urls = variables.filter(|own| own["name"] == "REDIS_URL");
        wanted.extend(urls.map(|own| text(&own["value"]).to_owned()));
    }
    let known = services(base);
    wanted.retain(|own| !known.contains(own) && own != "mcp-server:8080");
    wanted
}

/// The addresses in a configuration of Envoy: `{ address: counters, port_value: 8081 }` is `counters:8081`.
fn addresses(text: &str) -> Vec<String> {
    let places = text.split("{ address: ").skip(1);
    let places = places.filter_map(|rest| rest.split_once(" }")?.0.split_once(", port_value: "));
    let places = places.map(|(host, port)| format!("{}:{port}", host.trim_matches('"')));
    places.collect()
}

/// The hosts and ports of the services.
fn services(base: &Base) -> BTreeSet<String> {
    let services = base.of_kind("Service");
    let ports = services.flat_map(|own| {
        list(&own["spec"]["ports"])
            .iter()
            .map(move |port| (own, port))
    });
    let host = |(own, port): (&Value, &Value)| {
        format!("{}:{}", text(&own["metadata"]["name"]), port["port"])
    };
    ports.map(host).collect()
}

#[test]
fn names_are_those_of_something() {
    assert_eq!(dangling(&Base::read()), [""; 0]);
}

/// Each of these changes is found: the test above can fail.
#[test]
fn name_of_nothing_is_found() {
    for (kind, place, found) in [
        ("Deployment", "/spec/selector/matchLabels/app", "selector"),
        (
            "Deployment",
            "/spec/template/spec/volumes/0/configMap/name",
            "ConfigMap",
        ),
        (
            "Deployment",
            "/spec/template/spec/containers/0/image",
            "image",
        ),
        (
            "Deployment",
            "/spec/template/spec/containers/0/volumeMounts/0/name",
            "volume",
        ),
        (
            "Deployment",
            "/spec/template/spec/containers/0/livenessProbe/tcpSocket/port",
            "port",
        ),
        ("StatefulSet", "/spec/template/metadata/labels/app", "pods"),
        ("Service", "/spec/ports/0/targetPort", "port"),
        ("Service", "/metadata/name", "counters:8081"),
        (
            "NetworkPolicy",
            "/spec/ingress/0/from/0/podSelector/matchLabels/app",
            "pods",
        ),
        ("NetworkPolicy", "/spec/ingress/0/ports/0/port", "port"),
        (
            "PodDisruptionBudget",
            "/spec/selector/matchLabels/app",
            "pods",
        ),
    ] {
        let mut base = Base::read();
        let mut objects = base.objects.iter_mut();
        let object = objects.find(|own| own["kind"] == kind).expect("an object");
        *object.pointer_mut(place).expect(place) = "nothing".into();
        let all = dangling(&base);
        assert!(
            all.iter().any(|own| own.contains(found)),
            "{kind} {place}: {all:?}"
        );
    }
}

#[test]
fn files_of_the_folder_are_all_used() {
    let base = Base::read();
    let generated = list(&base.kustomization["configMapGenerator"]).iter();
    let generated = generated.flat_map(|own| list(&own["files"]));
    let resources = list(&base.kustomization["resources"]).iter();
    let used: BTreeSet<_> = resources
        .chain(generated)
        .map(|own| text(own).to_owned())
        .collect();
    let there = fs::read_dir(folder()).expect("a folder");
    let there = there.map(|own| {
        own.expect("a file")
            .file_name()
            .into_string()
            .expect("UTF-8")
    });
    let beside = ["kustomization.yaml", "policy.json", "Containerfile"];
    let there: BTreeSet<_> = there
        .filter(|own| !beside.contains(&own.as_str()))
        .collect();
    assert_eq!(used, there);
}

#[test]
fn gateways_find_their_module_policy_and_key() {
    let base = Base::read();
    let gateway = base
        .selected(&serde_json::json!({ "app": "gateway" }))
        .expect("gateways");
    let envoy = &list(&pod(gateway)["containers"])[0];
    let mounts: Vec<_> = list(&envoy["volumeMounts"])
        .iter()
        .map(|own| text(&own["mountPath"]))
        .collect();
    assert_eq!(mounts, ["/etc/envoy", "/etc/mcp-policy", "/module"]);
    let port = port(gateway, &"mcp".into()).expect("a port");
    for part in [
        r#"path: "/etc/mcp-policy/plugin.json""#,
        r#"filename: "/module/mcp-policy.wasm""#,
        &format!(r#"address: "0.0.0.0", port_value: {port}"#),
    ] {
        assert!(base.envoy.contains(part), "{part}");
    }
    let [secret, key] = SECRET;
    let made = format!("create secret generic {secret} --from-literal={key}=");
    assert!(page("envoy/FLEET.md").text.contains(&made), "{made}");
    assert_eq!(labels_of(gateway)["app"], "gateway");
}
