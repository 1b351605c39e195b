//! The table of dependencies has a row for each direct dependency of each crate, and no other.

use cargo_metadata::{MetadataCommand, Package};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Names of dependencies by crate.
type Dependencies = BTreeMap<String, BTreeSet<String>>;

/// The dependencies in the manifests, without crates of the workspace.
fn declared(packages: &[&Package]) -> Dependencies {
    let own: BTreeSet<&str> = packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let names = |package: &Package| {
        let names = package.dependencies.iter().map(|one| one.name.clone());
        names.filter(|name| !own.contains(name.as_str())).collect()
    };
    packages
        .iter()
        .map(|package| (package.name.to_string(), names(package)))
        .filter(|(_, names): &(_, BTreeSet<String>)| !names.is_empty())
        .collect()
}

/// The dependencies in the document: a heading for each crate, and below it rows such as ``| `serde`
/// | why |``.
fn documented(document: &str) -> Dependencies {
    let mut dependencies = Dependencies::new();
    let mut crate_name = String::new();
    for line in document.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            crate_name = heading.trim_matches('`').to_owned();
        } else if let Some((name, why)) = row(line) {
            assert!(!why.is_empty(), "`{name}` of {crate_name} has no reason");
            let names = dependencies.entry(crate_name.clone()).or_default();
            assert!(
                names.insert(name.to_owned()),
                "`{name}` of {crate_name} stands twice"
            );
        }
    }
    dependencies
}

fn row(line: &str) -> Option<(&str, &str)> {
    let (name, why) = line.strip_prefix("| `")?.split_once("` | ")?;
    Some((name, why.strip_suffix(" |")?.trim()))
}

#[test]
fn every_direct_dependency_has_a_row_and_every_row_a_dependency() {
    let metadata = MetadataCommand::new()
        .no_deps()
        .exec()
        .expect("cargo knows the workspace");
    let document = metadata.workspace_root.join("plugin/DEPENDENCIES.md");
    let document = fs::read_to_string(document).expect("the document can be read");
    assert_eq!(
        documented(&document),
        declared(&metadata.workspace_packages())
    );
}

#[test]
fn row_is_read_with_its_reason() {
    let document =
        "## `one`\n\n| dependency | why |\n|---|---|\n| `serde` | reads `a|b` |\n\n## `two`\n";
    let expected = [("one".to_owned(), BTreeSet::from(["serde".to_owned()]))];
    assert_eq!(documented(document), Dependencies::from(expected));
}
