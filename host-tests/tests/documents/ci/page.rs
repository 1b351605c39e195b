//! Checks the examples of "In CI" by the schemas of the programs that read them, and its table by the inputs of the action.
//!
//! It runs none of them: the other files here do.

use super::workflows::checked;
use crate::pages::{blocks, page};
use host_tests::require::{CI_PROGRAMS, lacks};
use host_tests::root;
use host_tests::yaml::documents;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn section() -> String {
    let page = page("plugin/cli/README.md").text;
    let (_, section) = page.split_once("\n## In CI\n").expect("the section");
    section.split("\n## ").next().expect("a text").to_owned()
}

fn read(file: &str) -> Value {
    let text = fs::read_to_string(root().join(file)).expect("it can be read");
    documents(&text).remove(0)
}

fn keys(value: &Value) -> BTreeSet<&str> {
    let members = value.as_object().expect("an object");
    members.keys().map(String::as_str).collect()
}

#[test]
fn examples_have_the_forms_of_their_readers() {
    if lacks(&[CI_PROGRAMS]) {
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("in-ci");
    fs::create_dir_all(&folder).expect("a folder");
    let examples = blocks(&section(), "yaml");
    let [workflow, config] = &examples[..] else {
        panic!("{examples:?}")
    };
    fs::write(folder.join("workflow.yml"), workflow).expect("a file");
    fs::write(folder.join("config.yaml"), config).expect("a file");
    let schema = [
        "--builtin-schema",
        "vendor.github-workflows",
        "workflow.yml",
    ];
    let (passed, said) = checked("check-jsonschema", &folder, &schema);
    assert!(passed, "{said}");
    let (passed, said) = checked("pre-commit", &folder, &["validate-config", "config.yaml"]);
    assert!(passed, "{said}");
}

#[test]
fn page_names_the_inputs_of_the_action_and_the_ids_of_the_hooks() {
    let section = section();
    let action = read("action.yml");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let rows: BTreeSet<_> = rows.filter_map(|row| row.split('`').next()).collect();
    assert_eq!(rows, keys(&action["inputs"]));
    let examples = blocks(&section, "yaml");
    let workflow = documents(&examples[0]).remove(0);
    let step = &workflow["jobs"]["policies"]["steps"][1];
    assert!(keys(&step["with"]).is_subset(&rows), "{step}");
    let config = documents(&examples[1]).remove(0);
    let ids = |hooks: &Value| -> Vec<String> {
        let hooks = hooks.as_array().expect("hooks").iter();
        hooks.map(|hook| hook["id"].to_string()).collect()
    };
    let own = read(".pre-commit-hooks.yaml");
    assert_eq!(ids(&config["repos"][0]["hooks"]), ids(&own));
    for name in ids(&own) {
        assert!(section.contains(name.trim_matches('"')), "{name}");
    }
}

/// The version of the examples is that of the project.
#[test]
fn page_names_the_version() {
    let version = format!("v{}", env!("CARGO_PKG_VERSION"));
    let section = section();
    assert_eq!(
        section.matches(&format!("mcp-policy@{version}\n")).count(),
        1
    );
    assert_eq!(section.matches(&format!("rev: {version}\n")).count(), 1);
}
