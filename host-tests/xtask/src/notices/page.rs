//! Turns crates and licence texts into the page.
//!
//! It reads no file of a crate.

use super::linked::Crates;
use super::texts::Texts;
use std::fmt::Write as _;

const OPENING: &str = "\
# Third-party notices

The shipped modules contain the crates below, the Rust standard library and, in the plugin, parts of a C library. A crate with
alternative licences is used under Apache-2.0 where it offers that one, and under MIT otherwise. The text of Apache-2.0 is in the
file `LICENSE`, which accompanies every module.

<!-- written by `cargo run -p xtask -- notices` -->

## Crates

";

/// The parts that are not crates.
const RUNTIME: &str = include_str!("runtime.md");

/// The list of crates, by which a stale page is found.
pub(super) fn table(crates: &Crates) -> String {
    let mut table =
        String::from("| crate | version | licence | in | repository |\n|---|---|---|---|---|\n");
    for ((name, version), linked) in crates {
        let modules = match linked.modules.len() {
            3 => "all".to_owned(),
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

pub(super) fn page(crates: &Crates, texts: &Texts) -> String {
    let mut page = format!(
        "{OPENING}{}\n{RUNTIME}\n## Licence texts of crates\n",
        table(crates)
    );
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
