//! The third-party notices: turns the crates that are linked into the shipped modules and programs into the pages of their licences.
//!
//! It accepts no licence; `deny.toml` lists the accepted ones.

mod licence;
mod linked;
mod page;
#[cfg(test)]
mod tests;
mod texts;

use anyhow::{Context, Result, ensure};
use linked::Module;
pub(crate) use linked::{Crates, Linked};
use std::fs;
use std::path::Path;

/// A page of notices.
struct Page {
    path: &'static str,
    /// What the page accompanies.
    modules: &'static [Module],
    /// The texts before and after the list of crates.
    opening: &'static str,
    runtime: &'static str,
}

const BROWSERS: &str = "wasm32-unknown-unknown";

const PAGES: [Page; 2] = [
    Page {
        path: "plugin/THIRD_PARTY.md",
        modules: &[
            ("plugin", "mcp-policy-proxy-wasm", "wasm32-wasip1"),
            ("component", "mcp-policy-component", BROWSERS),
            ("JavaScript", "mcp-policy-js", BROWSERS),
            (
                "command line for JavaScript",
                "mcp-policy-tool-js",
                BROWSERS,
            ),
        ],
        opening: include_str!("notices/modules-opening.md"),
        runtime: include_str!("notices/modules-runtime.md"),
    },
    Page {
        path: "plugin/cli/THIRD_PARTY.md",
        modules: &[
            ("Linux", "mcp-policy-cli", "x86_64-unknown-linux-musl"),
            ("Windows", "mcp-policy-cli", "x86_64-pc-windows-gnu"),
        ],
        opening: include_str!("notices/tool-opening.md"),
        runtime: include_str!("notices/tool-runtime.md"),
    },
];

/// The crates in everything that is shipped.
///
/// # Errors
/// When cargo does not list them.
pub(crate) fn crates(root: &Path) -> Result<Crates> {
    let modules: Vec<_> = PAGES
        .iter()
        .flat_map(|page| page.modules)
        .copied()
        .collect();
    linked::crates(root, &modules)
}

/// Writes the pages, with the licence texts of the crates from cargo's copies of them.
///
/// # Errors
/// When cargo does not list the crates, or a crate lacks the text of its licence.
pub(crate) fn write(root: &Path) -> Result<()> {
    for page in PAGES {
        let crates = linked::crates(root, page.modules)?;
        let texts = texts::texts(root, &crates)?;
        let table = page::table(&crates, page.modules.len());
        let text = page::page(page.opening, &table, page.runtime, &texts);
        fs::write(root.join(page.path), text).context(page.path)?;
    }
    Ok(())
}

/// Checks that each page lists the linked crates, with their versions and licences. It reads no licence text.
///
/// # Errors
/// When a list differs, or cargo does not list the crates.
pub(crate) fn check(root: &Path) -> Result<()> {
    for Page { path, modules, .. } in PAGES {
        let written = fs::read_to_string(root.join(path)).context(path)?;
        let table = page::table(&linked::crates(root, modules)?, modules.len());
        ensure!(
            written.contains(&table),
            "{path} does not list the crates that are linked now; write it anew with `cargo run -p xtask -- notices`"
        );
        println!("notices: {path} lists the linked crates");
    }
    Ok(())
}
