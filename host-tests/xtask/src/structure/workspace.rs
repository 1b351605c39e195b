//! Turns a workspace into its crates, each with its trees of modules.
//!
//! It asks cargo for crates and targets, and never builds one.

use super::edges::Edge;
use super::tree::{SourceFile, Tree};
use anyhow::Result;
use cargo_metadata::{Metadata, MetadataCommand, Package, Target};
use std::fs;
use std::path::{Path, PathBuf};

/// A crate of the workspace. Paths begin at the root of the workspace.
pub(crate) struct Crate {
    pub(crate) name: String,
    /// The folder of its library's or program's source files.
    pub(crate) source: PathBuf,
    pub(crate) files: Vec<SourceFile>,
    pub(crate) edges: Vec<Edge>,
}

/// The crates of the workspace that contains the folder, by name.
///
/// # Errors
/// When cargo does not know the workspace, or a source file is unreadable or invalid.
pub(crate) fn crates(folder: &Path) -> Result<Vec<Crate>> {
    let metadata = MetadataCommand::new()
        .current_dir(folder)
        .no_deps()
        .exec()?;
    let mut crates = metadata
        .workspace_packages()
        .into_iter()
        .map(|package| Crate::read(&metadata, package))
        .collect::<Result<Vec<Crate>>>()?;
    crates.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(crates)
}

impl Crate {
    fn read(metadata: &Metadata, package: &Package) -> Result<Self> {
        let root = metadata.workspace_root.as_std_path();
        let folder = package
            .manifest_path
            .parent()
            .map_or(root, |path| path.as_std_path());
        let trees = package
            .targets
            .iter()
            .filter(|target| !target.is_custom_build())
            .map(|target| tree(root, target))
            .collect::<Result<Vec<Tree>>>()?;
        Ok(Self {
            name: package.name.to_string(),
            source: relative(root, &folder.join("src")),
            edges: trees.iter().flat_map(Tree::edges).collect(),
            files: trees.into_iter().flat_map(|tree| tree.files).collect(),
        })
    }
}

fn tree(root: &Path, target: &Target) -> Result<Tree> {
    let path = relative(root, target.src_path.as_std_path());
    Tree::read(&path, &|path| fs::read_to_string(root.join(path)).ok())
}

fn relative(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_owned()
}
