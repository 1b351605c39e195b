//! Turns the gateway's module into a layout of the Open Container Initiative with two images, which Istio and Envoy Gateway fetch.
//!
//! The images are by the Wasm Image Specification, version 0.0.0: its variant *compat*, which every registry takes, and its variant
//! *oci* with media types of its own. It pushes nothing.

use super::archive::{Entry, gzip, tar};
use super::object::with;
use super::stamp::{Time, VERSION};
use super::sums::hex;
use anyhow::Result;
use serde_json::{Value, json};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media types of the variant *compat*.
const IMAGE: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// The media types of the variant *oci*.
const RUNTIME: &str = "application/vnd.module.wasm.config.v1+json";
const CONTENT: &str = "application/vnd.module.wasm.content.layer.v1+wasm";

/// The files of the layout. The images are tagged with the version, and with the version and `-artifact`.
///
/// # Errors
/// None, but those of the libraries.
pub(super) fn layout(module: &[u8], time: Time) -> Result<Vec<Entry>> {
    let mut blobs = Blobs::default();
    let compat = compat(&mut blobs, module, time)?;
    let artifact = artifact(&mut blobs, module, time)?;
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [tagged(compat, VERSION), tagged(artifact, &format!("{VERSION}-artifact"))],
    });
    let mut files = blobs.0;
    files.push(Entry::file("index.json", index.to_string()));
    let layout = json!({ "imageLayoutVersion": "1.0.0" });
    files.push(Entry::file("oci-layout", layout.to_string()));
    Ok(files)
}

/// The image whose only layer is an archive with `plugin.wasm` in it.
fn compat(blobs: &mut Blobs, module: &[u8], time: Time) -> Result<Value> {
    let files = vec![Entry::file("plugin.wasm", module), runtime_config()];
    let unpacked = tar(files, time)?;
    let layer = blobs.add(LAYER, gzip(&unpacked)?);
    let created = time.text()?;
    let config = json!({
        "created": created,
        "architecture": "wasm",
        "os": "wasip1",
        "config": {},
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{}", hex(&unpacked))] },
        "history": [{ "created": created, "comment": "mcp-policy" }],
    });
    let config = blobs.add(IMAGE, config.to_string());
    let annotations = with(annotations(time)?, "module.wasm.image/variant", "compat");
    Ok(blobs.add_manifest(&config, &[layer], &annotations))
}

/// The image whose second layer is the module itself.
fn artifact(blobs: &mut Blobs, module: &[u8], time: Time) -> Result<Value> {
    let runtime = runtime_config();
    let config = blobs.add(RUNTIME, runtime.bytes.clone());
    let titled = |layer: Value, title: &str| {
        let title = json!({ "org.opencontainers.image.title": title });
        with(layer, "annotations", title)
    };
    let first = titled(config.clone(), &runtime.path);
    let second = titled(blobs.add(CONTENT, module), "plugin.wasm");
    Ok(blobs.add_manifest(&config, &[first, second], &annotations(time)?))
}

/// What the runtime should know, by the specification.
fn runtime_config() -> Entry {
    let config = json!({
        "type": "envoy_proxy",
        "abiVersions": ["0.2.1"],
        "config": { "root_ids": ["mcp_policy"] },
    });
    Entry::file("runtime-config.json", config.to_string())
}

fn annotations(time: Time) -> Result<Value> {
    Ok(json!({
        "org.opencontainers.image.created": time.text()?,
        "org.opencontainers.image.description": "A policy in front of MCP tool calls, as a module for Envoy",
        "org.opencontainers.image.licenses": "Apache-2.0",
        "org.opencontainers.image.title": "mcp-policy",
        "org.opencontainers.image.version": VERSION,
    }))
}

fn tagged(descriptor: Value, tag: &str) -> Value {
    let tag = json!({ "org.opencontainers.image.ref.name": tag });
    with(descriptor, "annotations", tag)
}

/// The files that descriptors name by their digests.
#[derive(Default)]
struct Blobs(Vec<Entry>);

impl Blobs {
    /// The descriptor of the bytes. They are kept once.
    fn add(&mut self, kind: &str, bytes: impl Into<Vec<u8>>) -> Value {
        let bytes = bytes.into();
        let digest = hex(&bytes);
        let descriptor =
            json!({ "mediaType": kind, "digest": format!("sha256:{digest}"), "size": bytes.len() });
        let entry = Entry::file(format!("blobs/sha256/{digest}"), bytes);
        if !self.0.contains(&entry) {
            self.0.push(entry);
        }
        descriptor
    }

    fn add_manifest(&mut self, config: &Value, layers: &[Value], annotations: &Value) -> Value {
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config,
            "layers": layers,
            "annotations": annotations,
        });
        self.add(MANIFEST, manifest.to_string())
    }
}
