//! Tests that every place with the version of the project has the one of the workspace.
//!
//! What `make dist` writes takes it from there, and `host-tests/tests/programs` looks at that.

use anyhow::{Context, Result, ensure};
use cargo_metadata::MetadataCommand;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &str) -> Result<String> {
    fs::read_to_string(root().join(path)).context(path.to_owned())
}

#[test]
fn package_for_javascript_has_the_version_of_the_workspace() -> Result<()> {
    let path = "plugin/js/package/package.json";
    let package: Value = serde_json::from_str(&text(path)?)?;
    let found = &package["version"];
    ensure!(
        found == VERSION,
        "{path} has version {found}; write {VERSION:?}, as Cargo.toml does"
    );
    Ok(())
}

#[test]
fn package_for_python_takes_its_version_from_the_crate() -> Result<()> {
    let project = text("plugin/cli/pyproject.toml")?;
    ensure!(
        project
            .lines()
            .any(|line| line == r#"dynamic = ["version"]"#)
    );
    ensure!(!project.lines().any(|line| line.starts_with("version")));
    Ok(())
}

/// The interface of the component names it too.
#[test]
fn interface_of_the_component_has_the_version_of_the_workspace() -> Result<()> {
    let path = "plugin/component/wit/engine.wit";
    let expected = format!("package mcp-policy:engine@{VERSION};");
    ensure!(
        text(path)?.lines().any(|line| line == expected),
        "{path} lacks {expected:?}"
    );
    Ok(())
}

#[test]
fn crates_of_the_workspace_have_its_version() -> Result<()> {
    let mut metadata = MetadataCommand::new();
    let metadata = metadata.current_dir(root()).no_deps().exec()?;
    for package in metadata.workspace_packages() {
        let found = package.version.to_string();
        ensure!(found == VERSION, "{} has version {found}", package.name);
    }
    Ok(())
}

/// The newest release of the changelog, or the one under way.
#[test]
fn changelog_begins_with_the_version_of_the_workspace() -> Result<()> {
    let changelog = text("CHANGELOG.md")?;
    let mut heads = changelog
        .lines()
        .filter_map(|line| line.strip_prefix("## "));
    let head = heads.next().context("a release")?;
    let found = head.split(' ').next().unwrap_or_default();
    ensure!(
        found == VERSION,
        "CHANGELOG.md begins with {found}; write {VERSION}, as Cargo.toml does"
    );
    Ok(())
}
