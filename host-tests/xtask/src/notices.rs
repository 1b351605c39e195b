//! The third-party notices: turns the crates that are linked into the shipped modules into the page of their licences.
//!
//! It accepts no licence; `deny.toml` lists the accepted ones.

mod licence;
mod linked;
mod page;
#[cfg(test)]
mod tests;
mod texts;

use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;

const PAGE: &str = "plugin/THIRD_PARTY.md";

/// Writes the page, with the licence texts of the crates from cargo's copies of them.
///
/// # Errors
/// When cargo does not list the crates, or a crate lacks the text of its licence.
pub(crate) fn write(root: &Path) -> Result<()> {
    let crates = linked::crates(root)?;
    let texts = texts::texts(root, &crates)?;
    fs::write(root.join(PAGE), page::page(&crates, &texts)).context(PAGE)
}

/// Checks that the page lists the linked crates, with their versions and licences. It reads no licence text.
///
/// # Errors
/// When the list differs, or cargo does not list the crates.
pub(crate) fn check(root: &Path) -> Result<()> {
    let written = fs::read_to_string(root.join(PAGE)).context(PAGE)?;
    let table = page::table(&linked::crates(root)?);
    ensure!(
        written.contains(&table),
        "{PAGE} does not list the crates that are linked now; write it anew with `cargo run -p xtask -- notices`"
    );
    println!("notices: {PAGE} lists the linked crates");
    Ok(())
}
