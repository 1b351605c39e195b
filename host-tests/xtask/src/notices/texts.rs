//! Turns the crates into the licence texts and notices that must accompany a module.
//!
//! It changes no text beyond space at the ends of lines.

use super::licence::{chosen, file_names};
use super::linked::{Crates, Release};
use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The project's own licence, whose text is the file `LICENSE`.
pub(super) const OWN: &str = "Apache-2.0";

/// The crates with one text, by their names.
pub(super) type Texts = BTreeMap<String, Vec<String>>;

/// The text of each licence but [`OWN`], and each file `NOTICE`.
pub(super) fn texts(root: &Path, crates: &Crates) -> Result<Texts> {
    let folders = folders(root)?;
    let mut texts = Texts::new();
    for (release, linked) in crates {
        let folder = folders
            .get(release)
            .with_context(|| format!("cargo has no {release:?}"))?;
        let others = chosen(&linked.licence)
            .into_iter()
            .filter(|licence| *licence != OWN);
        let mut files: Vec<_> = others
            .map(|licence| text_of(folder, licence))
            .collect::<Result<_>>()?;
        files.extend(fs::read_to_string(folder.join("NOTICE")));
        for text in files {
            texts
                .entry(clean(&text))
                .or_default()
                .push(release.0.clone());
        }
    }
    Ok(texts)
}

fn text_of(folder: &Path, licence: &str) -> Result<String> {
    let mut names = file_names(licence).into_iter();
    let text = names.find_map(|name| fs::read_to_string(folder.join(name)).ok());
    text.with_context(|| format!("{} has no text of {licence}", folder.display()))
}

fn clean(text: &str) -> String {
    let lines: Vec<_> = text.trim().lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// The folder with the sources of each crate.
fn folders(root: &Path) -> Result<BTreeMap<Release, PathBuf>> {
    let mut metadata = MetadataCommand::new();
    metadata
        .current_dir(root)
        .other_options(["--locked".into()]);
    let packages = metadata.exec()?.packages.into_iter();
    let folder = |package: cargo_metadata::Package| {
        let folder = package.manifest_path.parent()?.into();
        Some((
            (package.name.to_string(), package.version.to_string()),
            folder,
        ))
    };
    Ok(packages.filter_map(folder).collect())
}
