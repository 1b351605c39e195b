//! Turns the crates that are linked into what a release ships into a bill of materials, in CycloneDX 1.6.
//!
//! It finds the crates as the notices do, and reads no source.

use super::object::with;
use super::stamp::{Time, VERSION};
use crate::notices::{Crates, Linked};
use anyhow::Result;
use serde_json::{Value, json};

/// What is shipped, by the name of its crates in the notices: the name of the file, or of the folder in it.
const SHIPPED: [(&str, &str); 6] = [
    ("plugin", "mcp-policy.wasm"),
    ("component", "mcp-policy.component.wasm"),
    ("JavaScript", "mcp-policy for JavaScript"),
    (
        "command line for JavaScript",
        "mcp-policy for JavaScript, command line",
    ),
    ("Linux", "mcp-policy for Linux"),
    ("Windows", "mcp-policy for Windows"),
];

/// The standard library, which is in all of them: `rust-version` is the version of the compiler.
const STANDARD: &str = concat!("pkg:generic/rust-std@", env!("CARGO_PKG_RUST_VERSION"));

/// The bill, as JSON.
///
/// # Errors
/// When the time is later than the year 9999.
pub(super) fn bill(crates: &Crates, time: Time) -> Result<String> {
    let mut components: Vec<_> = SHIPPED.iter().map(|(_, name)| own(name)).collect();
    components.push(json!({
        "type": "library",
        "bom-ref": STANDARD,
        "name": "rust-std",
        "version": env!("CARGO_PKG_RUST_VERSION"),
        "licenses": [{ "expression": "MIT OR Apache-2.0" }],
        "purl": STANDARD,
    }));
    components.extend(
        crates
            .iter()
            .map(|(release, linked)| third_party(release, linked)),
    );
    let bill = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "timestamp": time.text()?, "component": own("mcp-policy") },
        "components": components,
        "dependencies": dependencies(crates),
    });
    Ok(format!("{bill:#}\n"))
}

fn own(name: &str) -> Value {
    json!({
        "type": "application",
        "bom-ref": name,
        "name": name,
        "version": VERSION,
        "licenses": [{ "license": { "id": "Apache-2.0" } }],
    })
}

fn purl((name, version): &(String, String)) -> String {
    // A `+` begins the build metadata of a version, and is a blank elsewhere in URLs.
    format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"))
}

fn third_party(release: &(String, String), linked: &Linked) -> Value {
    let purl = purl(release);
    let component = json!({
        "type": "library",
        "bom-ref": purl,
        "name": release.0,
        "version": release.1,
        // Old manifests write a slash for `OR`.
        "licenses": [{ "expression": linked.licence.replace('/', " OR ") }],
        "purl": purl,
    });
    if linked.repository.is_empty() {
        return component;
    }
    let place = json!([{ "type": "vcs", "url": linked.repository }]);
    with(component, "externalReferences", place)
}

/// The crates in each thing that is shipped.
fn dependencies(crates: &Crates) -> Vec<Value> {
    let names: Vec<_> = SHIPPED.iter().map(|(_, name)| *name).collect();
    let mut all = vec![json!({ "ref": "mcp-policy", "dependsOn": names })];
    for (module, name) in SHIPPED {
        let inside = crates
            .iter()
            .filter(|(_, linked)| linked.modules.contains(&module));
        let mut inside: Vec<_> = inside.map(|(release, _)| purl(release)).collect();
        inside.push(STANDARD.into());
        all.push(json!({ "ref": name, "dependsOn": inside }));
    }
    all
}
