//! Turns the project's pages and the built folders into what accompanies a program: licences, notices, the page and completions.
//!
//! It never changes their text.

use super::archive::Entry;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

/// The shells with a script for the tool: the name, and the name of its file.
const SHELLS: [(&str, &str); 4] = [
    ("bash", "mcp-policy.bash"),
    ("zsh", "_mcp-policy"),
    ("fish", "mcp-policy.fish"),
    ("powershell", "mcp-policy.ps1"),
];

/// The texts of a release.
pub(super) struct Materials {
    pub(super) licence: Vec<u8>,
    /// The notices for the modules, and for the tool.
    pub(super) modules: Vec<u8>,
    pub(super) tool: Vec<u8>,
    pub(super) changes: Vec<u8>,
    page: Vec<u8>,
    completions: Vec<Entry>,
}

impl Materials {
    /// # Errors
    /// When one is missing.
    pub(super) fn read(root: &Path, dist: &Path) -> Result<Self> {
        let text = |path: &str| fs::read(root.join(path)).context(path.to_owned());
        Ok(Self {
            licence: text("LICENSE")?,
            modules: text("plugin/THIRD_PARTY.md")?,
            tool: text("plugin/cli/THIRD_PARTY.md")?,
            changes: text("CHANGELOG.md")?,
            page: text("plugin/cli/README.md")?,
            completions: completions(dist)?,
        })
    }

    /// The pages that a release has as files of their own, by their names.
    pub(super) fn pages(&self) -> [(&'static str, &[u8]); 3] {
        [
            ("LICENSE", &self.licence),
            ("THIRD_PARTY.md", &self.modules),
            ("THIRD_PARTY-tool.md", &self.tool),
        ]
    }

    /// The script of a shell.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn completion(&self, file: &str) -> Result<&[u8]> {
        let mut found = self.completions.iter();
        let found = found.find(|entry| entry.path == file).context("a shell")?;
        Ok(&found.bytes)
    }

    /// The tool's program and all that accompanies it, in a folder.
    pub(super) fn beside(&self, program: Entry, folder: &str) -> Vec<Entry> {
        let completions = self.completions.iter().cloned();
        let mut files = vec![
            program,
            Entry::file("LICENSE", self.licence.clone()),
            Entry::file("README.md", self.page.clone()),
            Entry::file("THIRD_PARTY.md", self.tool.clone()),
        ];
        files.extend(completions.map(|entry| entry.below("completions")));
        files.into_iter().map(|file| file.below(folder)).collect()
    }
}

/// The scripts that `make dist` has the tool write.
fn completions(dist: &Path) -> Result<Vec<Entry>> {
    let read = |(shell, file): (&str, &str)| {
        let path = dist.join("completions").join(shell);
        let script = fs::read(&path).with_context(|| format!("{} is missing", path.display()))?;
        ensure!(!script.is_empty(), "{} is empty", path.display());
        Ok(Entry::file(file, script))
    };
    SHELLS.into_iter().map(read).collect()
}

/// The wheels, sorted.
///
/// # Errors
/// When there is none.
pub(super) fn wheels(dist: &Path) -> Result<Vec<PathBuf>> {
    let folder = dist.join("python");
    let entries = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let paths = entries.flatten().map(|entry| entry.path());
    let mut wheels: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "whl"))
        .collect();
    wheels.sort();
    ensure!(!wheels.is_empty(), "{} has no wheel", folder.display());
    Ok(wheels)
}
