//! Checks the examples of all pages: JSON is a policy, a part of one or a case that the engine accepts, and each command
//! is run by a test or listed with the reason why none runs it.
//!
//! It runs no command itself.

use super::pages::{blocks, commands, page, pages};
use host_tests::root;
use mcp_policy::host::Policy;
use mcp_policy_cases::corpus::parse;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;

/// JSON that is no policy and no case: the page, a text in the block, and the test that checks it.
const OTHER_JSON: &[(&str, &str, &str)] = &[
    (
        "README.md",
        "The limit of 10 calls",
        "docs::the_policy_gives_the_two_answers",
    ),
    (
        "README.md",
        "drop_table",
        "docs::the_policy_gives_the_two_answers",
    ),
    (
        "envoy/APPROVALS.md",
        r#""event": "approval_asked""#,
        "hosts, `envoy::approvals`",
    ),
    (
        "policies/AUDIT.md",
        r#"{"v":1"#,
        "audit::lines_of_the_page_are_described_by_the_schema",
    ),
];

#[test]
fn json_blocks_are_accepted() {
    let mut policies = 0;
    for page in pages() {
        for block in blocks(&page.text, "json") {
            let other = OTHER_JSON
                .iter()
                .any(|(path, text, _)| *path == page.path && block.contains(text));
            if !other {
                let problem = problem_of(&block);
                assert_eq!(problem, None, "{}:\n{block}", page.path);
                policies += 1;
            }
        }
    }
    assert!(policies > 30, "{policies}");
}

/// The reason why a block is neither a case, a policy nor a part of one.
fn problem_of(block: &str) -> Option<String> {
    let mut value: Value = match serde_json::from_str(block) {
        Ok(value) => value,
        Err(error) => return Some(error.to_string()),
    };
    if value.get("policy").is_some() {
        let folder = root().join("policies/limit");
        return parse("example.json", block, &folder).err();
    }
    // Examples leave out the keys that every policy has.
    for (key, value_of_key) in [("version", "1"), ("default", "deny")] {
        if let Some(document) = value.as_object_mut() {
            document.entry(key).or_insert_with(|| json!(value_of_key));
        }
    }
    let errors = Policy::parse(value.to_string().as_bytes()).err()?;
    let errors = errors.iter().map(ToString::to_string);
    Some(errors.collect::<Vec<_>>().join("\n"))
}

#[test]
fn block_that_is_no_policy_has_a_problem() {
    assert_eq!(problem_of(r#"{ "hide": ["a"] }"#), None);
    for wrong in [
        r#"{ "hidden": ["a"] }"#,
        r#"{ "default": "no" }"#,
        "{",
        "[]",
    ] {
        assert!(problem_of(wrong).is_some(), "{wrong}");
    }
    assert!(problem_of(r#"{ "policy": {}, "steps": [] }"#).is_some());
}

#[test]
fn example_of_a_case_is_in_the_corpus() {
    let example = blocks(&page("policies/CASES.md").text, "json");
    let [example] = &example[..] else {
        panic!("one example of a case")
    };
    let file = root().join("policies/limit/example-of-the-readme.json");
    let file = fs::read_to_string(file).expect("the case can be read");
    let parsed = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert_eq!(parsed(example), parsed(&file));
}

/// The commands of blocks in `sh`: the page, the beginning of a command, and what runs it, or why nothing does.
const COMMANDS: &[(&str, &str, &str)] = &[
    (
        "envoy/APPROVALS.md",
        "mcp-policy envoy render",
        "hosts, `shipped::rendered`",
    ),
    (
        "envoy/APPROVALS.md",
        "cp acme.jwks.json",
        "a copy to a folder of the whole machine",
    ),
    (
        "RELEASING.md",
        "skopeo copy",
        "a registry; programs, `image::`, reads both images of the layout",
    ),
    (
        "RELEASING.md",
        "sha256sum --check",
        "programs, `release::release_has_every_file_that_it_should_and_the_list_has_their_digests`",
    ),
    (
        "RELEASING.md",
        "gh attestation verify",
        "a published release",
    ),
    (
        "README.md",
        "make run",
        "docs::commands_of_the_documents_run",
    ),
    (
        "README.md",
        "make test",
        "docs::commands_of_the_documents_run",
    ),
    (
        "README.md",
        "curl",
        "docs::requests_of_the_pages_get_their_outcomes",
    ),
    (
        "envoy/README.md",
        "curl",
        "docs::requests_of_the_pages_get_their_outcomes",
    ),
    (
        "envoy/README.md",
        "make build",
        "`make test` builds the modules first",
    ),
    (
        "envoy/README.md",
        "make run",
        "docs::commands_of_the_documents_run",
    ),
    (
        "envoy/README.md",
        "mcp-policy envoy render",
        "hosts, `shipped::rendered`",
    ),
    (
        "envoy/README.md",
        "mcp-policy envoy apply",
        "hosts, `shipped`",
    ),
    (
        "envoy/README.md",
        "grep -o",
        "docs::commands_of_the_documents_run",
    ),
    (
        "envoy/FLEET.md",
        "make build hosts",
        "fleet::fleet_of_the_page_counts_together",
    ),
    ("envoy/FLEET.md", "mcp-policy", "kustomize::generated"),
    ("envoy/FLEET.md", "sed", "kustomize::generated"),
    (
        "envoy/FLEET.md",
        "docker",
        "writes to the reader's registry",
    ),
    (
        "envoy/FLEET.md",
        "kubectl",
        "writes to the reader's cluster",
    ),
    (
        "envoy/IDENTITY.md",
        "jq",
        "reads a token of the reader's issuer",
    ),
    (
        "envoy/IDENTITY.md",
        "curl",
        "sends tokens of the reader's issuer; the recipe `teams-by-claims` is the same calls",
    ),
    (
        "envoy/APPROVALS.md",
        "openssl rand",
        "makes a key for the reader's gateway",
    ),
    (
        "envoy/APPROVALS.md",
        "MCP_POLICY_APPROVAL_KEY=",
        "starts the reader's gateway",
    ),
    (
        "envoy/APPROVALS.md",
        "curl",
        "sends tokens of the reader's issuer; the case `approval/once.json` is the same calls",
    ),
    (
        "envoy/APPROVALS.md",
        "mcp-policy approvals",
        "`tests/answers/approvals.rs` of the crate",
    ),
    (
        "plugin/component/README.md",
        "cargo run --package component-gateway",
        "hosts, `component::examples`",
    ),
    (
        "plugin/component/README.md",
        "python -m pip install",
        "`make hosts` installs it",
    ),
    (
        "plugin/component/README.md",
        "python plugin/component/examples",
        "hosts, `component::examples`",
    ),
    (
        "plugin/component/README.md",
        "mkdir my-gateway",
        "copies files of the reader's clone",
    ),
    (
        "plugin/component/README.md",
        "cd my-gateway && npm ci",
        "`make hosts` installs it",
    ),
    (
        "plugin/component/README.md",
        "npx jco transpile",
        "hosts, `component::examples`",
    ),
    (
        "plugin/js/playground/README.md",
        "make playground",
        "clients, `playground::`, on the page that `make hosts` built, from the same server",
    ),
    (
        "plugin/js/README.md",
        "npx mcp-policy",
        "hosts, `npx::`, and the CLI's tests `npm` and `readme`",
    ),
    (
        "plugin/component/README.md",
        "node gateway.mjs",
        "hosts, `component::examples`",
    ),
    (
        "plugin/cli/README.md",
        "cargo install",
        "builds the program once more, in release mode",
    ),
    (
        "plugin/cli/README.md",
        "mcp-policy",
        "its network commands, in `tests/scan` of the crate",
    ),
    (
        "plugin/cli/README.md",
        "zcat",
        "`tests/audit` of the crate hands logs over to the standard input",
    ),
    (
        "plugin/cli/README.md",
        "curl",
        "asks the reader's service; `tests/limits` of the crate has such answers",
    ),
    (
        "plugin/cli/README.md",
        "kubectl",
        "reads the log of the reader's gateway",
    ),
    (
        "policies/AUDIT.md",
        "mcp-policy audit",
        "`tests/audit` of the crate",
    ),
    ("policies/AUDIT.md", "grep -o", "`tests/audit` of the crate"),
    (
        "policies/CASES.md",
        "MODULE=old.wasm cargo test",
        "plays all cases a second time",
    ),
];

#[test]
fn commands_are_run_or_listed_with_a_reason() {
    let mut unused: BTreeSet<_> = COMMANDS
        .iter()
        .map(|(page, start, _)| (*page, *start))
        .collect();
    for page in pages() {
        for command in commands(&page.text) {
            let mut listed = COMMANDS.iter();
            let listed =
                listed.find(|(path, start, _)| *path == page.path && command.starts_with(start));
            let listed =
                listed.unwrap_or_else(|| panic!("{}: no test runs `{command}`", page.path));
            unused.remove(&(listed.0, listed.1));
        }
    }
    assert_eq!(unused, BTreeSet::new(), "no page has these commands");
}

/// A filter that matches nothing passes in silence, so each names a module of the tests.
#[test]
fn filters_of_commands_name_modules_of_the_tests() {
    let mut filters = 0;
    for page in pages() {
        for command in commands(&page.text) {
            let Some((_, test)) = command.split_once("--test ") else {
                continue;
            };
            let mut words = test.split_whitespace();
            let folder = root()
                .join("host-tests/tests")
                .join(words.next().expect("a name"));
            for filter in words.filter_map(|word| word.strip_suffix("::")) {
                let file = folder.join(format!("{filter}.rs"));
                assert!(file.exists() || folder.join(filter).is_dir(), "{command}");
                filters += 1;
            }
        }
    }
    assert!(filters > 0);
}
