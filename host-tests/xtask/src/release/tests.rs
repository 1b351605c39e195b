//! Tests of the files of a release that need nothing built.

use super::archive::{Entry, gzip, tar};
use super::stamp::{Time, VERSION};
use super::{bom, oci, sums};
use crate::notices::{Crates, Linked};
use anyhow::{Context as _, Result};
use serde_json::Value;

const TIME: Time = Time(1_767_225_600);

#[test]
fn archive_is_the_same_whatever_the_order_of_its_files() -> Result<()> {
    let files = [
        Entry::file("b/one", "1"),
        Entry::program("a", "2"),
        Entry::file("b/c/two", "3"),
    ];
    let forwards = tar(files.to_vec(), TIME)?;
    let backwards = tar(files.iter().rev().cloned().collect(), TIME)?;
    assert_eq!(forwards, backwards);
    assert_eq!(gzip(&forwards)?, gzip(&backwards)?);
    let later = tar(files.to_vec(), Time(TIME.0 + 1))?;
    assert_ne!(forwards, later, "the time stands in it");
    Ok(())
}

#[test]
fn archive_has_each_folder_before_its_files_and_root_as_their_owner() -> Result<()> {
    let files = vec![Entry::program("usr/bin/tool", "1"), Entry::file("a", "2")];
    let bytes = tar(files, TIME)?;
    let mut seen = Vec::new();
    for entry in tar::Archive::new(bytes.as_slice()).entries()? {
        let entry = entry?;
        let header = entry.header();
        assert_eq!((header.uid()?, header.gid()?), (0, 0));
        assert_eq!(header.mtime()?, TIME.0);
        seen.push(format!("{} {:o}", entry.path()?.display(), header.mode()?));
    }
    assert_eq!(
        seen,
        ["usr/ 755", "usr/bin/ 755", "a 644", "usr/bin/tool 755"]
    );
    Ok(())
}

fn json(files: &[Entry], path: &str) -> Result<Value> {
    let file = files.iter().find(|file| file.path == path);
    Ok(serde_json::from_slice(
        &file.context(path.to_owned())?.bytes,
    )?)
}

#[test]
fn layout_names_each_part_by_its_digest() -> Result<()> {
    let files = oci::layout(b"\0asm\x01\0\0\0", TIME)?;
    for file in &files {
        if let Some(digest) = file.path.strip_prefix("blobs/sha256/") {
            assert_eq!(sums::hex(&file.bytes), digest);
        }
    }
    let index = json(&files, "index.json")?;
    let manifests = index["manifests"].as_array().context("a list")?;
    let tags = manifests
        .iter()
        .map(|manifest| &manifest["annotations"]["org.opencontainers.image.ref.name"]);
    assert!(tags.eq([VERSION, &format!("{VERSION}-artifact")]));
    for manifest in manifests {
        let path = manifest["digest"].as_str().context("a digest")?;
        let manifest = json(&files, &path.replace("sha256:", "blobs/sha256/"))?;
        let annotations = &manifest["annotations"];
        assert_eq!(annotations["org.opencontainers.image.version"], VERSION);
        assert_eq!(
            annotations["org.opencontainers.image.created"],
            "2026-01-01T00:00:00Z"
        );
    }
    Ok(())
}

#[test]
fn bill_lists_a_crate_once_and_with_what_it_is_in() -> Result<()> {
    let linked = Linked {
        licence: "MIT/Apache-2.0".into(),
        repository: String::new(),
        modules: vec!["plugin", "Linux"],
    };
    let crates = Crates::from([(("one".into(), "1.0.0+2".into()), linked)]);
    let bill: Value = serde_json::from_str(&bom::bill(&crates, TIME)?)?;
    let components = bill["components"].as_array().context("a list")?;
    let ours = components
        .iter()
        .filter(|component| component["name"] == "one");
    let ours: Vec<_> = ours.collect();
    assert_eq!(ours.len(), 1);
    assert_eq!(ours[0]["purl"], "pkg:cargo/one@1.0.0%2B2");
    assert_eq!(ours[0]["licenses"][0]["expression"], "MIT OR Apache-2.0");
    let inside = bill["dependencies"].as_array().context("a list")?.iter();
    let inside = inside.filter(|entry| entry["dependsOn"].to_string().contains("cargo/one@"));
    let inside: Vec<_> = inside.map(|entry| &entry["ref"]).collect();
    assert_eq!(inside, ["mcp-policy.wasm", "mcp-policy for Linux"]);
    Ok(())
}
