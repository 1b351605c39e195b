//! Turns crates and licence texts into the page.
//!
//! It reads no file of a crate.

use super::linked::Crates;
use super::texts::Texts;
use std::fmt::Write as _;

/// The list of crates, by which a stale page is found. A crate that is in so many modules is in all.
pub(super) fn table(crates: &Crates, all: usize) -> String {
    let mut table =
        String::from("| crate | version | licence | in | repository |\n|---|---|---|---|---|\n");
    for ((name, version), linked) in crates {
        let modules = match linked.modules.len() {
            count if count == all => "all".to_owned(),
            _ => linked.modules.join(", "),
        };
        let (licence, repository) = (&linked.licence, &linked.repository);
        let _ = writeln!(
            table,
            "| `{name}` | {version} | {licence} | {modules} | <{repository}> |"
        );
    }
    table
}

/// The page; `opening` and `runtime`, the parts that are not crates, stand around the table.
pub(super) fn page(opening: &str, table: &str, runtime: &str, texts: &Texts) -> String {
    let mut page = format!("{opening}\n{table}\n{runtime}\n## Licence texts of crates\n");
    let mut texts: Vec<_> = texts
        .iter()
        .map(|(text, names)| (names.join(", "), text))
        .collect();
    texts.sort();
    for (names, text) in texts {
        let _ = write!(page, "\n### {names}\n\n```text\n{text}\n```\n");
    }
    page
}
