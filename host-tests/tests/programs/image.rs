//! The images of a release: Skopeo reads them as a registry would, and Envoy loads the module in each.
//!
//! It never reaches a registry.

use crate::release::{VERSION, folder, release, same};
use crate::shipped::{output, told};
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::require::{ENVOY, RELEASE, SKOPEO, lacks};
use host_tests::root;
use host_tests::rpc::{self, call};
use host_tests::upstream::Upstream;
use host_tests::wire::http1;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The layout of the release, unpacked.
fn layout(name: &str) -> PathBuf {
    let to = folder(name);
    let archive = release().join(format!("mcp-policy-{VERSION}.oci.tar"));
    told(
        Command::new("tar")
            .arg("-xf")
            .arg(archive)
            .arg("-C")
            .arg(&to),
    );
    to
}

fn skopeo(arguments: &[&str]) -> Command {
    let mut skopeo = Command::new(root().join("target/skopeo/skopeo"));
    skopeo
        .args(["--insecure-policy", "--tmpdir"])
        .arg(root().join("target/tmp"));
    skopeo.args(arguments);
    skopeo
}

/// Copies an image into a folder: its manifest and the files of its parts, whose digests are checked on the way.
fn copy(layout: &Path, tag: &str, to: &Path) -> Command {
    let mut copy = skopeo(&["copy", "--quiet"]);
    copy.arg(format!("oci:{}:{tag}", layout.display()));
    copy.arg(format!("dir:{}", to.display()));
    copy
}

fn manifest(copied: &Path) -> Value {
    let text = fs::read(copied.join("manifest.json")).expect("a manifest");
    serde_json::from_slice(&text).expect("JSON")
}

/// The media type of a part, and its file.
fn part(copied: &Path, part: &Value) -> (String, PathBuf) {
    let text = |name: &str| part[name].as_str().expect("a text").to_owned();
    let digest = text("digest").replace("sha256:", "");
    (text("mediaType"), copied.join(digest))
}

fn layers(copied: &Path) -> Vec<(String, PathBuf)> {
    let manifest = manifest(copied);
    let layers = manifest["layers"].as_array().expect("layers");
    layers.iter().map(|layer| part(copied, layer)).collect()
}

/// A module in Envoy: one call is forwarded, and another refused.
fn decides(wasm: &Path) {
    let policy = r#"{ "version": "1", "default": "deny", "tools": { "run": {} } }"#;
    let upstream = Upstream::start().expect("the upstream starts");
    let listener = Listener::new("mcp", policy, upstream.addr(), wasm);
    let envoy = Envoy::start(&Config::new(vec![listener])).expect("Envoy starts");
    let said = |tool: &str| {
        let request = rpc::post(call(tool));
        let answer = http1(envoy.addr("mcp"), &request, Duration::from_secs(10));
        String::from_utf8_lossy(&answer.expect("an answer").body).into_owned()
    };
    assert!(said("run").contains(r#""result""#));
    assert!(said("drop").contains("not_allowed"));
}

#[test]
fn image_of_the_variant_compat_has_one_layer_with_the_module() {
    if lacks(&[RELEASE, SKOPEO, ENVOY]) {
        return;
    }
    let layout = layout("compat");
    let image = format!("oci:{}:{VERSION}", layout.display());
    let seen: Value = serde_json::from_str(&told(&mut skopeo(&["inspect", &image]))).expect("JSON");
    assert_eq!(seen["Os"], "wasip1");
    let to = folder("compat-copied");
    told(&mut copy(&layout, VERSION, &to));
    let annotations = &manifest(&to)["annotations"];
    assert_eq!(annotations["module.wasm.image/variant"], "compat");
    assert_eq!(annotations["org.opencontainers.image.version"], VERSION);
    let layers = layers(&to);
    let [(kind, layer)] = layers.as_slice() else {
        panic!("{layers:?}")
    };
    assert_eq!(kind, "application/vnd.oci.image.layer.v1.tar+gzip");
    told(
        Command::new("tar")
            .arg("-xzf")
            .arg(layer)
            .arg("-C")
            .arg(&to),
    );
    let module = to.join("plugin.wasm");
    same(&module, &release().join("mcp-policy.wasm"));
    decides(&module);
}

/// Istio and Envoy Gateway ask for two layers, and take the one of this kind as it is.
#[test]
fn image_of_the_variant_oci_has_two_layers_and_one_is_the_module() {
    if lacks(&[RELEASE, SKOPEO, ENVOY]) {
        return;
    }
    let to = folder("artifact-copied");
    let tag = format!("{VERSION}-artifact");
    told(&mut copy(&layout("artifact"), &tag, &to));
    let (kind, _) = part(&to, &manifest(&to)["config"]);
    assert_eq!(kind, "application/vnd.module.wasm.config.v1+json");
    let layers = layers(&to);
    assert_eq!(layers.len(), 2);
    let content = "application/vnd.module.wasm.content.layer.v1+wasm";
    let mut found = layers.iter().filter(|(kind, _)| kind == content);
    let (_, module) = found.next().expect("the module");
    same(module, &release().join("mcp-policy.wasm"));
    decides(module);
}

#[test]
fn changed_layer_is_noticed() {
    if lacks(&[RELEASE, SKOPEO]) {
        return;
    }
    let layout = layout("changed");
    for blob in fs::read_dir(layout.join("blobs/sha256"))
        .expect("a folder")
        .flatten()
    {
        let mut bytes = fs::read(blob.path()).expect("a part");
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let last = bytes.last_mut().expect("a byte");
            *last ^= 1;
            fs::write(blob.path(), bytes).expect("a part");
        }
    }
    let copied = output(&mut copy(&layout, VERSION, &folder("changed-copied")));
    assert!(!copied.status.success(), "{copied:?}");
}
