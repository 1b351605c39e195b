//! Turns the plays of `host-tests/browser/site.mjs` into a test: the links, the catalogue, the search and the looks of the site.
//!
//! It never reads a page itself.

use crate::played::assert_played;
use host_tests::program::Program;
use host_tests::require::{BROWSER, CHROMIUM, NODE, Need, SITE, lacks};
use host_tests::root;
use host_tests::tool::mcp_policy;
use mcp_policy::host::Policy;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const NEEDS: [Need; 4] = [NODE, SITE, CHROMIUM, BROWSER];

/// What must pass, as the program names it.
const PLAYS: [&str; 20] = [
    "anchors_of_documents_are_those_of_their_headings",
    "attacks_call_a_tool_with_the_access_of_their_row",
    "each_page_is_reached_from_the_first",
    "every_attack_is_on_a_page_with_the_rule_that_stops_it",
    "every_pack_has_a_page_with_its_policy",
    "every_tool_of_every_pack_has_a_page_with_its_rule",
    "every_tool_of_every_recorded_list_has_a_page",
    "hostile_names_in_a_starter_policy_are_shown_and_do_nothing",
    "hostile_texts_of_a_server_are_shown_and_do_nothing",
    "hostile_texts_would_do_something_as_markup",
    "keys_alone_reach_the_content_and_a_tool",
    "kinds_of_access_all_have_tools_and_attacks",
    "links_and_anchors_lead_somewhere_on_the_site",
    "links_to_the_playground_hold_the_policy_and_a_call",
    "pages_have_one_heading_landmarks_and_a_strict_policy",
    "search_finds_what_to_do_about_a_tool",
    "site_has_no_mistakes_in_any_scheme_and_width",
    "site_with_a_mistake_has_one",
    "site_without_scripts_is_read_whole",
    "wrong_links_are_mistakes",
];

/// The list of a server that writes markup, orders and hidden characters into each of its texts.
fn hostile_list() -> Value {
    json!({
        "package": "<script>pwned()</script>",
        "version": "</td><img src=x onerror=pwned()>",
        "tools": [{
            "name": "<img src=x onerror=pwned()>",
            "title": "a title <b>",
            "description": "a description </blockquote><script>pwned()</script> [a link](javascript:pwned()) \u{202e}",
            "inputSchema": { "type": "object", "properties": {
                "a parameter <svg onload=pwned()>": { "type": "\"><img src=x onerror=pwned()>", "description": "`</code>` <img src=x onerror=pwned()>" },
                "`](javascript:pwned())": { "type": "string" },
            } },
        }, {
            "name": "constructor",
            "description": "a name that every object of JavaScript has",
        }],
    })
}

/// The list of a server without a policy to copy.
fn hostile_names() -> Value {
    json!({
        "package": "elsewhere",
        "version": "1",
        "tools": [{ "name": "</code></pre><svg onload=pwned()>" }, { "name": "index" }],
    })
}

/// Builds the site into a folder of its own, with the recorded lists of tools or with others.
fn build(name: &str, lists: Option<&Path>) -> PathBuf {
    let folder = root().join("target/site-tests").join(name);
    let mut node = Command::new(root().join("target/node/node"));
    node.arg(root().join("plugin/js/site/build.mjs"));
    node.arg("--root").arg(root());
    node.arg("--tool").arg(mcp_policy().get_program());
    node.arg("--out").arg(&folder);
    if let Some(lists) = lists {
        node.arg("--lists").arg(lists);
    }
    let output = node.output().expect("Node starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    folder
}

/// The site with the tools of a server that deceives, in the place of one that fetches.
fn build_hostile() -> PathBuf {
    let lists = root().join("target/site-tests/lists");
    fs::create_dir_all(&lists).expect("a folder");
    for (file, list) in [
        ("fetch.json", hostile_list()),
        ("elsewhere.json", hostile_names()),
    ] {
        fs::write(lists.join(file), list.to_string()).expect("a list");
    }
    build("hostile", Some(lists.as_path()))
}

fn play() -> Vec<Value> {
    let options = json!({
        "site": build("site", None),
        "hostile": build_hostile(),
        "root": root(),
        "tool": mcp_policy().get_program().to_str(),
        "chromium": root().join("target/chromium/chromium"),
        "screenshots": root().join("target/screenshots"),
    });
    let program = root().join("host-tests/browser/site.mjs");
    Program::lines_of(&program, &options)
}

#[test]
fn site_holds_in_a_real_browser() {
    if lacks(&NEEDS) {
        return;
    }
    let lines = play();
    assert_played(&lines, &PLAYS);
    let policies = lines.iter().find_map(|line| line["policies"].as_object());
    let policies = policies.expect("the policies of pages");
    assert!(policies.len() > 450, "{} policies", policies.len());
    for (address, policy) in policies {
        let parsed = Policy::parse(policy.to_string().as_bytes());
        assert!(parsed.is_ok(), "{address}: {:?}", parsed.err());
    }
}
