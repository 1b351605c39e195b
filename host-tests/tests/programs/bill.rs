//! The bill of materials of a release: valid by the schema of CycloneDX, and complete by cargo.
//!
//! It never judges a licence: `deny.toml` does.

use crate::release::{VERSION, release};
use crate::shipped::{output, told};
use host_tests::require::{BILLS, RELEASE, lacks};
use host_tests::root;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

fn path() -> PathBuf {
    release().join(format!("mcp-policy-{VERSION}.cdx.json"))
}

fn bill() -> Value {
    serde_json::from_slice(&fs::read(path()).expect("the bill")).expect("JSON")
}

/// Validates the bill in its first argument.
const VALIDATE: &str = "
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
sys.exit(JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read()))
";

fn validated(bill: &std::path::Path) -> Output {
    let mut python = Command::new(root().join("target/venv/bin/python"));
    python.env("PYTHONPATH", root().join("target/bills/package"));
    output(python.args(["-c", VALIDATE]).arg(bill))
}

#[test]
fn bill_is_valid() {
    if lacks(&[RELEASE, BILLS]) {
        return;
    }
    let valid = validated(&path());
    assert!(valid.status.success(), "{valid:?}");
    let mut changed = bill();
    changed["components"][0]["type"] = "policy".into();
    let control = root().join("target/tmp/changed.cdx.json");
    fs::write(&control, changed.to_string()).expect("a file");
    let control = validated(&control);
    assert!(
        String::from_utf8_lossy(&control.stderr).contains("policy"),
        "{control:?}"
    );
}

/// The crates that cargo links, by its own words.
fn linked(package: &str, target: &str) -> BTreeSet<String> {
    let mut cargo = Command::new("cargo");
    cargo
        .current_dir(root())
        .args(["tree", "--locked", "--prefix", "none", "--edges"]);
    cargo.args([
        "normal,no-proc-macro",
        "--package",
        package,
        "--target",
        target,
    ]);
    let tree = told(cargo.args(["--format", "{p}"]));
    let third_party = tree.lines().filter(|line| !line.contains(" ("));
    let purl = |line: &str| {
        let (name, version) = line.split_once(" v").expect("a version");
        format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"))
    };
    let lines = third_party.map(|line| line.trim_end_matches(" (*)"));
    lines.map(purl).collect()
}

fn texts(list: &Value) -> BTreeSet<String> {
    let texts = list.as_array().expect("a list").iter();
    texts
        .map(|text| text.as_str().expect("a text").into())
        .collect()
}

#[test]
fn bill_names_every_crate_that_cargo_links() {
    if lacks(&[RELEASE]) {
        return;
    }
    let bill = bill();
    let components = bill["components"].as_array().expect("a list");
    let purls = components
        .iter()
        .filter_map(|component| component["purl"].as_str());
    let all: BTreeSet<_> = purls.collect();
    let dependencies = bill["dependencies"].as_array().expect("a list");
    for (name, package, target) in [
        ("mcp-policy.wasm", "mcp-policy-proxy-wasm", "wasm32-wasip1"),
        (
            "mcp-policy.component.wasm",
            "mcp-policy-component",
            "wasm32-unknown-unknown",
        ),
        (
            "mcp-policy for JavaScript",
            "mcp-policy-js",
            "wasm32-unknown-unknown",
        ),
        (
            "mcp-policy for Linux",
            "mcp-policy-cli",
            "x86_64-unknown-linux-musl",
        ),
        (
            "mcp-policy for Windows",
            "mcp-policy-cli",
            "x86_64-pc-windows-gnu",
        ),
    ] {
        let inside = dependencies.iter().find(|entry| entry["ref"] == name);
        let mut inside = texts(&inside.expect("what is shipped")["dependsOn"]);
        assert!(
            inside.iter().all(|purl| all.contains(purl.as_str())),
            "{name}"
        );
        inside.retain(|purl| purl.starts_with("pkg:cargo/"));
        assert!(!inside.is_empty());
        assert_eq!(inside, linked(package, target), "{name}");
    }
}
