//! The structure lint: turns the source files of a workspace into a report of circles, layers and lengths.
//!
//! It reads sources as text. It never compiles them, so it knows names and paths, not types.

mod circles;
mod edges;
mod floors;
mod lengths;
mod names;
mod report;
mod resolve;
mod strip;
#[cfg(test)]
mod tests;
mod tree;
mod workspace;
mod written;

pub(crate) use report::Report;

use anyhow::Result;
use std::path::Path;

/// Checks every crate of the workspace that contains the folder.
///
/// # Errors
/// When cargo does not know the workspace, or a source file is unreadable or invalid.
pub(crate) fn check(folder: &Path) -> Result<Report> {
    let crates = workspace::crates(folder)?;
    Ok(Report::of(&crates, floors::ENGINE))
}
