//! Turns the manifests and the lock file into the crates that are linked into each shipped module.
//!
//! It reads `cargo tree` and not `cargo metadata`: only the former knows the features that a module is built with.

use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// A shipped module or program: its name in the page, the crate and the target.
pub(super) type Module = (&'static str, &'static str, &'static str);

/// A name and a version.
pub(crate) type Release = (String, String);

/// A crate that is linked into a module.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Linked {
    /// The SPDX expression.
    pub(crate) licence: String,
    pub(crate) repository: String,
    /// The modules that contain the crate.
    pub(crate) modules: Vec<&'static str>,
}

pub(crate) type Crates = BTreeMap<Release, Linked>;

/// The crates of all modules, without those of the workspace.
pub(super) fn crates(root: &Path, modules: &[Module]) -> Result<Crates> {
    let mut crates = Crates::new();
    for (module, package, target) in modules {
        add(&mut crates, module, &tree(root, package, target)?)?;
    }
    Ok(crates)
}

/// Procedural macros and build scripts run on the machine that builds, so they are in no module.
fn tree(root: &Path, package: &str, target: &str) -> Result<String> {
    let mut cargo = Command::new("cargo");
    cargo
        .current_dir(root)
        .args(["tree", "--locked", "--package", package, "--target", target]);
    cargo.args([
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "none",
        "--format",
        "{p}\t{l}\t{r}",
    ]);
    let output = cargo.output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// Adds the crates of one tree, a line each: the name and the version, the licence and the repository.
pub(super) fn add(crates: &mut Crates, module: &'static str, tree: &str) -> Result<()> {
    for line in tree.lines() {
        let line = line.trim_end_matches(" (*)");
        let mut parts = line.split('\t');
        let (Some(package), Some(licence), repository) = (parts.next(), parts.next(), parts.next())
        else {
            anyhow::bail!("cargo tree: {line}");
        };
        // A crate of the workspace has its folder behind the version.
        if package.contains(" (") {
            continue;
        }
        let (name, version) = package.split_once(" v").with_context(|| line.to_owned())?;
        let linked = crates.entry((name.into(), version.into())).or_default();
        licence.clone_into(&mut linked.licence);
        repository
            .unwrap_or_default()
            .clone_into(&mut linked.repository);
        if !linked.modules.contains(&module) {
            linked.modules.push(module);
        }
    }
    Ok(())
}
